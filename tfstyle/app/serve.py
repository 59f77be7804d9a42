"""The page as a server on this machine."""

import os
import shutil
import socket
import tempfile
from pathlib import Path

from tfstyle.app.checks import StudioError
from tfstyle.app.guard import Guard
from tfstyle.app.studio import Studio

PORTS = range(7860, 7960)
LOCAL = ("127.0.0.1", "localhost", "::1")
MAX_UPLOAD = 40_000_000  # bytes of a picture
FORM = 1_000_000  # bytes around it in a request
KEPT = (600, 7200)  # seconds between two looks for old uploads, and their age


class Server:
    """A page to be served.

    Args:
        studio: what the page is of. It is closed with the server.
        host: address to listen on.
        port: integer, or None for the first free one from 7860 on.

    Attributes:
        url: string, the address of the page.

    Raises:
        StudioError: if the port or the host cannot be used.
    """

    def __init__(self, studio: Studio, host: str = "127.0.0.1", port: int | None = None):
        self._studio = studio
        self._socket = _listen(host, PORTS if port is None else [port])
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._socket.getsockname()[1]}/"
        self._uploads = Path(tempfile.mkdtemp(prefix="tfstyle-uploads-"))
        # Gradio reads these when it is imported: no statistics are sent, and uploads have a folder of their own.
        os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
        os.environ["GRADIO_TEMP_DIR"] = str(self._uploads)
        os.environ["HF_HUB_OFFLINE"] = "1"
        import gradio as gr
        import uvicorn
        from fastapi import FastAPI
        from starlette.middleware.trustedhost import TrustedHostMiddleware

        from tfstyle.app.page import CSS, build_page, theme

        page = build_page(studio)
        page.delete_cache = KEPT
        app = gr.mount_gradio_app(
            FastAPI(docs_url=None, redoc_url=None, openapi_url=None),
            page,
            path="/",
            server_name=host,
            server_port=self._socket.getsockname()[1],
            max_file_size=MAX_UPLOAD,
            allowed_paths=[],
            show_error=False,
            footer_links=[],
            run_history=False,
            enable_monitoring=False,
            ssr_mode=False,
            mcp_server=False,
            pwa=False,
            theme=theme(),
            css=CSS,
            head=f"<style>{CSS}</style>",  # Gradio rewrites `css`, and loses what depends on the width
        )
        app.add_middleware(Guard, uploads=self._uploads, max_bytes=MAX_UPLOAD + FORM)
        if host in LOCAL:  # or a page elsewhere could reach this one under a name of its own
            app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*LOCAL, "[::1]"])
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))

    def run(self) -> None:
        """Serves the page until `stop` or Ctrl-C, and deletes what was uploaded and painted."""
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()
            self._studio.close()
            shutil.rmtree(self._uploads, ignore_errors=True)

    def stop(self) -> None:
        """Ends `run`, which another thread is in."""
        self._server.should_exit = True


def _listen(host: str, ports) -> socket.socket:
    """A socket on the first free port."""
    reason = "no port is free"
    for port in ports:
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            return socket.create_server((host, port), family=family)
        except OSError as error:
            reason = error.strerror or str(error)
    place = f"{host}:{ports[0]}" if len(ports) == 1 else host
    raise StudioError(f"The page cannot be served on {place} ({reason}). Choose another `port` or `host`.")
