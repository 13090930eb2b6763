"""A product's stand-in on 127.0.0.1: real HTTP in a thread, a log of requests, and faults on demand.

Terms
    answer    what a product's API gives for a request; the sandbox of each product makes them
    fault     something that goes wrong with an answer: before the product acted, or after
    Date      every answer carries the *sandbox's* clock, as a product carries its own
    strict    a parameter that the sandbox does not know is refused with 501, and leaving the server raises; otherwise
              (in the demo) it is logged

Promise: nothing here waits; a time-out is a connection that breaks before or after the effect, which to a
client is the same uncertainty. No input makes the server fall silent: what an answer did not foresee is 500, and
leaving the server raises it.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from connectors.sandbox.parameters import Parameters, overlooked, read_json

RETRY_AFTER_SECONDS = 90
FORM = "application/x-www-form-urlencoded"
logger = logging.getLogger(__name__)


class SandboxMisused(AssertionError):
    """Somebody sent what the sandbox does not know, or the sandbox itself failed; each line says where."""


class FaultKind(StrEnum):
    """What goes wrong.

    ``lost_before`` and ``lost_after``: no answer comes, or one of the fault's ``status``, and the product did not act,
    or did. A proxy answers so when the line behind it breaks.
    """

    DOWN = "down"
    LIMITED = "limited"
    LOST_BEFORE = "lost_before"
    LOST_AFTER = "lost_after"
    CUT_OFF = "cut_off"
    MALFORMED = "malformed"
    WRONG_SHAPE = "wrong_shape"


@dataclass(slots=True)
class Fault:
    """A fault of the requests whose ``method path`` matches ``route``; ``times`` left, ``None`` without end."""

    kind: FaultKind
    route: re.Pattern[str]
    times: int | None
    status: int | None = None


class Faults:
    """The faults that are switched on."""

    def __init__(self) -> None:
        self._active: list[Fault] = []
        self._lock = threading.Lock()

    def add(
        self, kind: FaultKind | str, *, route: str = "", times: int | None = None, status: int | None = None
    ) -> None:
        """Switch a fault on: for requests whose ``METHOD /path`` holds the pattern ``route``, ``times`` times."""
        self._active.append(Fault(FaultKind(kind), re.compile(route), times, status))

    def clear(self) -> None:
        """Everything works again."""
        self._active.clear()

    def take(self, request: str) -> Fault | None:
        """The fault of this request, which uses one of its times up."""
        with self._lock:
            for fault in self._active:
                if fault.times != 0 and fault.route.search(request):
                    fault.times = None if fault.times is None else fault.times - 1
                    return fault
        return None


@dataclass(frozen=True)
class Request:
    """A request as it came; ``headers`` have names in lower case, ``pairs`` has parameters that come repeatedly."""

    method: str
    path: str
    query: Parameters
    headers: Mapping[str, str]
    body: bytes
    pairs: tuple[tuple[str, str], ...] = ()

    @cached_property
    def json(self) -> Any:
        """The body as JSON; ``None`` when it is empty or none."""
        try:
            return read_json(self.body) if self.body else None
        except ValueError:
            return None

    @property
    def is_malformed(self) -> bool:
        """Whether there is a body, and it is neither JSON nor a form."""
        if not self.body or self.headers.get("content-type", "").startswith(FORM):
            return False
        return self.json is None and self.body.strip() != b"null"

    @cached_property
    def form(self) -> Parameters:
        """The body as a form."""
        return Parameters(parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True))

    def unknown(self) -> list[str]:
        """What was asked for and nobody looked at: parameters of the address, then names in the body."""
        names = list(self.query.overlooked())
        if isinstance(self.json, Parameters) and not self.json.is_opened and not self.form.is_opened:
            names += self.json
        names += overlooked(self.json)
        if self.form.is_opened:
            names += self.form.overlooked()
        return names


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back; ``data`` is sent as JSON unless the body ``is_empty``."""

    status: int = 200
    data: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    is_empty: bool = False

    @property
    def body(self) -> bytes:
        """The bytes that go over the line."""
        return b"" if self.is_empty else json.dumps(self.data).encode()


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """A request that was answered; ``status`` 0 where no answer went out."""

    method: str
    path: str
    query: Mapping[str, str]
    status: int


class SandboxServer(ABC):
    """Serves one product's answers while it is entered: ``with SandboxToggl(…) as server: server.base_url``.

    ``misuse`` says of each request that the sandbox could not do justice to what was wrong with it; a strict server
    raises it as :class:`SandboxMisused` when it is left.
    """

    is_strict = True
    takes_anything = False
    """Whether this stands for no product, so that nothing is unknown to it."""

    def __init__(self, now: Callable[[], datetime], faults: Faults | None = None, port: int = 0) -> None:
        self.faults = faults or Faults()
        self.requests: list[LoggedRequest] = []
        self.misuse: list[str] = []
        self.answers_instead: Answer | None = None
        """Given to every request when it is set."""
        self.misread: tuple[str, str] | None = None
        """A text that stands in answers as another one: one odd value among many."""
        self._before: tuple[re.Pattern[str], Callable[[], object]] | None = None
        self._now = now
        self._server = _QuietServer(("127.0.0.1", port), _handler_for(self))
        self._thread: threading.Thread | None = None

    @abstractmethod
    def answer(self, request: Request) -> Answer:
        """What the product answers."""

    @property
    def base_url(self) -> str:
        """Where the product is."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self.misuse and self.is_strict and error is None:
            raise SandboxMisused("\n".join(self.misuse))

    def stop(self) -> None:
        """Serve no more; a second time does nothing."""
        if self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._thread = None

    def before_next(self, route: str, act: Callable[[], object]) -> None:
        """Do ``act`` when the next request whose ``METHOD /path`` holds ``route`` has come and did nothing yet."""
        self._before = (re.compile(route), act)

    def handled(self, request: Request) -> tuple[Answer | None, FaultKind | None]:
        """The answer to a request and what goes wrong with it; no answer: the connection breaks."""
        if self._before and self._before[0].search(f"{request.method} {request.path}"):
            (_, act), self._before = self._before, None
            act()
        taken = self.faults.take(f"{request.method} {request.path}")
        fault = None if taken is None else taken.kind
        instead = None if taken is None or taken.status is None else Answer(taken.status, {"error": "Bad Gateway"})
        answer: Answer | None
        if fault is FaultKind.DOWN:
            answer = instead or Answer(503, {"error": "Service Unavailable"})
        elif fault is FaultKind.LIMITED:
            answer = Answer(429, {"error": "Too Many Requests"}, {"Retry-After": str(RETRY_AFTER_SECONDS)})
        elif fault is FaultKind.LOST_BEFORE:
            answer = instead
        else:
            answer = self.answers_instead or self._answer_strictly(request)
        if fault is FaultKind.LOST_AFTER:
            answer = instead
        self.requests.append(LoggedRequest(request.method, request.path, request.query, answer.status if answer else 0))
        return answer, fault

    def _answer_strictly(self, request: Request) -> Answer:
        """The product's answer, unless it passed something over or failed."""
        try:
            answer = self.answer(request)
            answer.body  # noqa: B018 - what cannot be written fails here, where it is noticed
        except Exception as error:
            logger.exception("the sandbox failed")
            return self._misused(request, 500, f"the sandbox failed: {type(error).__name__}: {error}")
        if answer.status < 300 and not self.takes_anything and (names := request.unknown()):
            told = f"the sandbox does not know {', '.join(names)}"
            if self.is_strict:
                return self._misused(request, 501, told)
            logger.warning("%s %s: %s", request.method, request.path, told)
        return answer

    def _misused(self, request: Request, status: int, told: str) -> Answer:
        self.misuse.append(f"{request.method} {request.path}: {told}")
        return Answer(status, {"error": "SandboxMisused", "description": told})

    def date(self) -> str:
        """The sandbox's clock as a ``Date`` header."""
        return format_datetime(self._now().astimezone(UTC), usegmt=True)


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that breaks off is nothing to tell."""


def _handler_for(sandbox: SandboxServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """The log of requests is ``SandboxServer.requests``."""

        def serve(self) -> None:
            """Answer one request."""
            length = self.headers.get("Content-Length", "0")
            try:
                parts = urlsplit(self.path)
                pairs = tuple(parse_qsl(parts.query, keep_blank_values=True))
            except ValueError:
                length = ""
            if not re.fullmatch("[0-9]{1,9}", length):
                self.close_connection = True
                self._send(Answer(400, {"error": "Bad Request"}), None)
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(length))
            request = Request(self.command, parts.path, Parameters(pairs), headers, body, pairs)
            answer, fault = sandbox.handled(request)
            if answer is None:
                self.close_connection = True
                return
            self._send(answer, fault)

        def _send(self, answer: Answer, fault: FaultKind | None) -> None:
            body = answer.body
            if sandbox.misread is not None:
                written, read = sandbox.misread
                body = body.replace(written.encode(), read.encode())
            if fault is FaultKind.MALFORMED:
                body = b"<html><body>Bad gateway</body></html>"
            elif fault is FaultKind.WRONG_SHAPE:
                body = b'{"unexpected": [true]}'
            self.send_response_only(answer.status)
            sent = {"Date": sandbox.date(), "Content-Type": "application/json; charset=utf-8", **answer.headers}
            for name, value in sent.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body) + (1 if fault is FaultKind.CUT_OFF else 0)))
            self.end_headers()
            if fault is FaultKind.CUT_OFF:
                self.close_connection = True
                body = body[: len(body) // 2]
            self.wfile.write(body)

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        setattr(Handler, f"do_{method}", Handler.serve)
    return Handler
