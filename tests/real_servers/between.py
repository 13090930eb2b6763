"""A go-between on loopback, in front of a real server: passes everything on, and fails on demand.

What a sandbox cannot show is what the *product* made of a write whose answer was lost, or of an agent who came between;
so the real server does what it does, and only the way to it fails.
"""

from __future__ import annotations

from dataclasses import dataclass

import requests

from care_sync.clock import SystemClock
from connectors.sandbox.server import Answer, Request, SandboxServer

TIMEOUT_SECONDS = 60
OF_ONE_CONNECTION = frozenset({"connection", "content-length", "transfer-encoding", "content-encoding", "host"})
"""Headers that are not passed on, in either direction."""


@dataclass(frozen=True)
class PassedOn(Answer):
    """An answer of the real server, byte for byte."""

    content: bytes = b""

    @property
    def body(self) -> bytes:
        return self.content


class Between(SandboxServer):
    """In front of the server at ``url``; links in its answers lead through here too."""

    takes_anything = True

    def __init__(self, url: str) -> None:
        super().__init__(SystemClock().now)
        self._url = url

    def answer(self, request: Request) -> Answer:
        kept = {name: value for name, value in request.headers.items() if name not in OF_ONE_CONNECTION}
        answer = requests.request(
            request.method,
            self._url + request.path,
            params=request.pairs,
            data=request.body,
            headers=kept,
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )
        headers = {name: value for name, value in answer.headers.items() if name.lower() not in OF_ONE_CONNECTION}
        content = answer.content.replace(self._url.encode(), self.base_url.encode())
        return PassedOn(answer.status_code, headers=headers, content=content)
