"""The page on a server of its own, for this machine alone, until Ctrl-C."""

import errno
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["LessonServer"]

_HOST = "127.0.0.1"


class LessonServer(ThreadingHTTPServer):
    """Answers GET / with the page, and everything else with an error.

    It listens on the loopback only, and a request has to name it by its own address: a page from elsewhere
    whose name was made to point here gets nothing.

    Parameters
    ----------
    page : str
    port : int
        0 for any that is free.

    Raises
    ------
    OSError
        If the port is in use; the message says what to do.
    """

    daemon_threads = True

    def __init__(self, page: str, port: int = 0) -> None:
        self.page = page.encode()
        try:
            super().__init__((_HOST, port), _Handler)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            raise OSError(
                f"port {port} cannot be had ({error.strerror}); name another, or 0 for any that is free"
            ) from None

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://{_HOST}:{self.server_port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing where a browser has gone before its answer was there."""


class _Handler(BaseHTTPRequestHandler):
    server: LessonServer
    server_version, sys_version = "triceptron", ""

    def do_GET(self) -> None:
        port = self.server.server_port
        if self.headers.get("Host") not in (f"{_HOST}:{port}", f"localhost:{port}"):
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
        elif self.path.partition("?")[0] != "/":
            self.send_error(HTTPStatus.NOT_FOUND)
        else:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(self.server.page)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Content-Security-Policy", "frame-ancestors 'none'")
            self.end_headers()
            self.wfile.write(self.server.page)

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent: the terminal is the user's."""
