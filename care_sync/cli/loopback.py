"""Where a browser comes back to on this machine: one address on 127.0.0.1 that waits for one call (RFC 8252, 7.3)."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from typing import Self

from care_sync.errors import UserError

PATH = "/callback"
PATIENCE_SECONDS = 300
PAGE = (
    b"<!doctype html><title>CareSync</title><p>CareSync has its answer. You can close this page and go back to the "
    b"terminal.</p>"
)


class Loopback:
    """Listens on a port of this machine, for nobody else."""

    def __init__(self, port: int) -> None:
        self._came_back: str | None = None
        listener = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                is_answer = self.path.split("?")[0] == PATH
                self.send_response(200 if is_answer else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Referrer-Policy", "no-referrer")
                self.end_headers()
                if is_answer:
                    self.wfile.write(PAGE)
                    listener._came_back = self.path

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                """Say nothing: the address holds a code."""

        class Server(HTTPServer):
            timeout = PATIENCE_SECONDS

            def handle_timeout(self) -> None:
                raise UserError(
                    "no browser came back within five minutes",
                    ["begin again; --paste needs no browser on this machine"],
                )

        try:
            self._server = Server(("127.0.0.1", port), Handler)
        except OSError:
            raise UserError(
                f"port {port} of this machine is in use",
                ["give another with --port, and register its address with the client"],
            ) from None
        self.address = f"http://127.0.0.1:{self._server.server_port}{PATH}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.server_close()

    def wait(self) -> str:
        """The address to which a browser came back. Raises :class:`UserError` when none does."""
        while self._came_back is None:
            self._server.handle_request()
        return self._came_back
