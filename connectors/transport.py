"""How bytes come from a product: over connections whose answers must be whole in time and of a bounded size.

A time-out between two parts of an answer is not enough: a product that sends one byte a second would hold its reader
for hours. So each answer, its headers included, has a deadline, and what is read of it is counted after decompression.

Terms
    deadline   when the whole answer must have come, counted from when we begin to wait for it
"""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Callable
from http.client import HTTPResponse
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

DEADLINE_SECONDS = 120.0
LARGEST_ANSWER = 64 * 1024 * 1024
"""A page of a thousand long tickets is a tenth of it."""
_PART = 64 * 1024


class AnswerTooLarge(Exception):
    """An answer goes beyond :data:`LARGEST_ANSWER`."""


class DirectSession(requests.Session):
    """Requests that lead nowhere else: no redirect is followed, nor looked at."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None, whatever the answer says."""
        return None


class DeadlineAdapter(HTTPAdapter):
    """Answers that are not whole after ``seconds`` time out."""

    def __init__(self, seconds: float = DEADLINE_SECONDS) -> None:
        self._seconds = seconds
        super().__init__(pool_maxsize=4)

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        """Make the pools of plain and of encrypted connections."""
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = _pools(self._seconds)

    def proxy_manager_for(self, proxy: Any, **named: Any) -> Any:
        """Make those of connections through a proxy."""
        manager = super().proxy_manager_for(proxy, **named)
        manager.pool_classes_by_scheme = _pools(self._seconds)
        return manager


def content_of(answer: requests.Response, largest: int = LARGEST_ANSWER) -> bytes:
    """The whole body of an answer that was asked for as a stream, decompressed.

    Raises :class:`AnswerTooLarge`, and what ``requests`` raises for a connection that breaks.
    """
    parts: list[bytes] = []
    size = 0
    for part in answer.iter_content(_PART):
        size += len(part)
        if size > largest:
            answer.close()
            raise AnswerTooLarge
        parts.append(part)
    return b"".join(parts)


def _pools(seconds: float) -> dict[str, Any]:
    response = type("DeadlineResponse", (_DeadlineResponse,), {"seconds": seconds})
    plain = type("DeadlineConnection", (HTTPConnection,), {"response_class": response})
    encrypted = type("DeadlineTlsConnection", (HTTPSConnection,), {"response_class": response})
    return {
        "http": type("DeadlinePool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("DeadlineTlsPool", (HTTPSConnectionPool,), {"ConnectionCls": encrypted}),
    }


class _DeadlineResponse(HTTPResponse):
    seconds = DEADLINE_SECONDS

    def __init__(self, sock: socket.socket, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        plain = self.fp.detach()
        self.fp = io.BufferedReader(_DeadlineStream(sock, plain, self.seconds, time.monotonic))


class _DeadlineStream(io.RawIOBase):
    """Reads from a socket, waiting each time no longer than is left until the deadline."""

    def __init__(
        self, sock: socket.socket, plain: io.RawIOBase, seconds: float, monotonic: Callable[[], float]
    ) -> None:
        self._sock = sock
        self._plain = plain
        self._monotonic = monotonic
        self._ends_at = monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._ends_at - self._monotonic()
        if left <= 0:
            raise TimeoutError("the answer is not whole in time")
        between_parts = self._sock.gettimeout()
        try:
            self._sock.settimeout(left if between_parts is None else min(between_parts, left))
            return self._plain.readinto(buffer)
        finally:
            if self._sock.fileno() >= 0:
                self._sock.settimeout(between_parts)

    def close(self) -> None:
        self._plain.close()
        super().close()
