"""What stands before the page: no file of the server can be named, and a browser loads nothing from elsewhere."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# All that a browser may load, besides what the page holds itself. WebSocket and blobs: uploads and the camera.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; "
    "connect-src 'self' data: blob: ws: wss:"
)
JSON_LIMIT = 4_000_000  # bytes of a request that is no upload


class Guard:
    """ASGI middleware: refuses requests that name a file which was not uploaded, and restricts what a page may load.

    Gradio itself refuses files outside of its uploads, with a traceback in the log, and downloads web addresses that
    are sent in place of a file. Here both are answered with one line.

    Args:
        app: the application behind it.
        uploads: folder of uploaded files.
        max_bytes: integer, largest body of a request.
    """

    def __init__(self, app: Any, uploads: str | Path, max_bytes: int):
        self.app = app
        self.uploads = Path(uploads).resolve()
        self.max_bytes = max_bytes

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self.max_bytes:
            await _refuse(send, 413, f"A request may have {self.max_bytes // 10**6} MB. Send a smaller picture.")
            return
        is_json = scope["method"] == "POST" and b"multipart/form-data" not in headers.get(b"content-type", b"")
        if is_json:
            body, is_whole = await _read(receive)
            if not is_whole:
                await _refuse(send, 413, "The request is too long.")
                return
            wrong = next((path for path in _paths(_parse(body)) if not self._is_upload(path)), None)
            if wrong is not None:
                await _refuse(send, 400, "Only uploaded files can be used. Upload the picture first.")
                return
            receive = _replay(body, receive)

        async def send_with_policy(message: Any) -> None:
            if message["type"] == "http.response.start":
                added = [(b"content-security-policy", POLICY.encode()), (b"x-content-type-options", b"nosniff")]
                message = {**message, "headers": [*message.get("headers", []), *added]}
            await send(message)

        await self.app(scope, receive, send_with_policy)

    def _is_upload(self, path: Any) -> bool:
        if not isinstance(path, str) or "\0" in path:
            return False
        try:
            return Path(path).is_absolute() and Path(path).resolve().is_relative_to(self.uploads)
        except (OSError, RuntimeError):  # a name that is too long, or links in a circle
            return False


def _paths(value: Any) -> Iterator[Any]:
    """All that a request names as the path of a file."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            if item.get("path") is not None:
                yield item["path"]
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # the application says what is wrong with it
        return None


async def _read(receive: Any) -> tuple[bytes, bool]:
    """The body of a request, and whether it ends within the limit."""
    body = b""
    while len(body) <= JSON_LIMIT:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body, len(body) <= JSON_LIMIT
    return b"", False


def _replay(body: bytes, receive: Any) -> Any:
    """A function like `receive` that gives the body once more, and afterwards what comes."""
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Any:
        return pending.pop() if pending else await receive()

    return replay


async def _refuse(send: Any, status: int, message: str) -> None:
    body = json.dumps({"detail": message}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
