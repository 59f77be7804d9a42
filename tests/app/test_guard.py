"""What stands before the page, without Gradio."""

import asyncio
import json

import pytest

from tfstyle.app.guard import Guard


def answer(folder, body, method=b"POST", content_type=b"application/json", length=None):
    """Status, headers and body of the guarded application's answer, which is what it was sent."""

    async def echo(scope, receive, send):
        message = await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": message["body"]})

    sent = []

    async def send(message):
        sent.append(message)

    parts = [body[:10], body[10:]]

    async def receive():
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    headers = [(b"content-type", content_type), (b"content-length", str(length or len(body)).encode())]
    scope = {"type": "http", "method": method.decode(), "headers": headers}
    asyncio.run(Guard(echo, folder, 10**7)(scope, receive, send))
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


def test_uploads_pass(tmp_path):
    body = json.dumps({"data": [{"path": str(tmp_path / "a" / "photo.png")}, {"path": None}, 3]}).encode()
    status, headers, echoed = answer(tmp_path, body)
    assert (status, echoed) == (200, body)
    assert b"default-src 'self'" in headers[b"content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "setup.cfg",
        "{folder}/../secret.png",
        "{folder}/link",
        "http://example.com/a.png",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "{folder}/a\0b.png",
        "{folder}/" + "a/" * 5000,
        ["/etc/passwd"],
        7,
        "",
    ],
)
def test_nothing_but_uploads_can_be_named(tmp_path, path):
    (tmp_path / "link").symlink_to("/etc/passwd")
    path = path.replace("{folder}", str(tmp_path)) if isinstance(path, str) else path
    body = json.dumps({"data": [{"nested": [{"path": path}]}]}).encode()
    status, _, answered = answer(tmp_path, body)
    # A long name is below the folder, and leads nowhere.
    assert status == 400 or "a/a/a" in path
    if status == 400:
        assert json.loads(answered) == {"detail": "Only uploaded files can be used. Upload the picture first."}


def test_the_type_of_a_request_hides_nothing(tmp_path):
    body = json.dumps({"path": "/etc/passwd"}).encode()
    assert answer(tmp_path, body, content_type=b"text/plain")[0] == 400


def test_long_requests(tmp_path):
    assert answer(tmp_path, b"x", length=10**8)[0] == 413
    assert answer(tmp_path, b"[" + b"1," * 3_000_000 + b"1]")[0] == 413


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_for_the_application(tmp_path, body):
    assert answer(tmp_path, body)[0::2] == (200, body)
