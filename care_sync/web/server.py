"""Serving the routes from a thread of the daemon.

Promise: after ``start`` the port is listening, or :class:`care_sync.errors.UserError` said why not; after ``stop``
every request that was taken has been answered.
"""

from __future__ import annotations

import socket
import threading

import uvicorn
from fastapi import FastAPI

from care_sync.errors import UserError

STOP_SECONDS = 5


class WebServer:
    """uvicorn in a thread, on a socket that is bound before it starts."""

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
                timeout_graceful_shutdown=STOP_SECONDS,
                timeout_keep_alive=STOP_SECONDS,
            )
        )
        self._thread: threading.Thread | None = None
        self.address = ""

    def start(self) -> None:
        """Listen. ``address`` then tells where, which matters for port 0."""
        try:
            listening = socket.create_server(
                (self._host, self._port),
                family=socket.AF_INET6 if ":" in self._host else socket.AF_INET,
                backlog=128,
            )
        except OSError as error:
            raise UserError(
                f"web.host and web.port: cannot listen on {self._host}:{self._port}: {error.strerror or error}",
                ["choose another web.port, or stop what uses it"],
            ) from None
        host, port = listening.getsockname()[:2]
        self.address = f"http://{host}:{port}"
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listening]}, name="web", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Answer what was taken, then stop listening."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(timeout=2 * STOP_SECONDS)
