"""The HTTP routes of the daemon.

    POST /webhooks/helpdesk/{product}   the helpdesk tells that a ticket changed
    POST /webhooks/tracker/{name}       a time tracker tells that an entry changed (``name`` as in the settings)
    GET  /health                        alive, how late, the last pass, whether changed rules were refused

Promise: webhooks are answered at once, without reading from a product. Bodies over ``LARGEST_BODY`` are refused
before they are read whole. What goes wrong inside is logged and answered with 503, which products repeat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from care_sync.clock import Clock
from care_sync.logs import logger
from care_sync.status import read_status
from care_sync.store import Store
from care_sync.web.webhooks import Answer, take_helpdesk_call, take_tracker_call
from connectors.protocols import Helpdesk, TimeTracker

LARGEST_BODY = 1_000_000
"""Bytes; the largest webhook of any product is a fraction of it."""

RETRY_SECONDS = 30
VERSION = version("care-sync")


class BodyTooLarge(Exception):
    """A request whose body is over the limit."""


@dataclass(frozen=True, slots=True)
class WebContext:
    """What the routes work with. ``wake`` tells the scheduler that there is work; it returns at once."""

    store: Store
    clock: Clock
    helpdesk: Helpdesk
    trackers: Mapping[str, TimeTracker]
    wake: Callable[[], None]
    late_after_seconds: int


def create_app(context: WebContext) -> FastAPI:
    """Return the application; it has no pages of documentation, which would tell strangers what runs here."""
    app = FastAPI(title="CareSync", version=VERSION, docs_url=None, redoc_url=None, openapi_url=None)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        logger(__name__).error("request failed", path=request.url.path, exc_info=error)
        headers = {"Retry-After": str(RETRY_SECONDS)}
        return JSONResponse({"error": "temporarily unavailable"}, status_code=503, headers=headers)

    @app.exception_handler(BodyTooLarge)
    async def too_large(_request: Request, _error: Exception) -> Response:
        return JSONResponse({"error": f"the body is larger than {LARGEST_BODY} bytes"}, status_code=413)

    @app.post("/webhooks/helpdesk/{product}")
    async def helpdesk_webhook(product: str, request: Request) -> Response:
        if product != context.helpdesk.product:
            return _unknown_product()
        body = await _body(request)
        return await run_in_threadpool(_helpdesk_call, context, _headers(request), body)

    @app.post("/webhooks/tracker/{name}")
    async def tracker_webhook(name: str, request: Request) -> Response:
        if name not in context.trackers:
            return _unknown_product()
        body = await _body(request)
        return await run_in_threadpool(_tracker_call, context, name, _headers(request), body)

    @app.get("/health")
    def health() -> Response:
        status = read_status(context.store, context.clock.now(), passes=1)
        late = status.lag_seconds is None or status.lag_seconds > context.late_after_seconds
        last = status.last_good_pass
        return JSONResponse(
            {
                "status": "late" if late else "ok",
                "version": VERSION,
                "lag_seconds": status.lag_seconds,
                "last_pass_at": last.started_at.isoformat() if last else None,
                "due_writes": status.due_writes,
                "attention": len(status.attention),
                "rules": "refused" if status.rules_refused else "ok",
            }
        )

    return app


def _helpdesk_call(context: WebContext, headers: Mapping[str, str], body: bytes) -> Response:
    return _respond(context, *take_helpdesk_call(context.store, context.helpdesk, headers, body, context.clock.now()))


def _tracker_call(context: WebContext, name: str, headers: Mapping[str, str], body: bytes) -> Response:
    tracker = context.trackers[name]
    return _respond(context, *take_tracker_call(context.store, name, tracker, headers, body, context.clock.now()))


def _respond(context: WebContext, answer: Answer, has_work: bool) -> Response:
    if has_work:
        context.wake()
    return JSONResponse(dict(answer.body), status_code=answer.status)


def _unknown_product() -> Response:
    return JSONResponse({"error": "no such connection is configured"}, status_code=404)


def _headers(request: Request) -> dict[str, str]:
    """Names in lower case, as connectors expect; a header that comes twice is joined as HTTP says."""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        lower = name.lower()
        headers[lower] = f"{headers[lower]}, {value}" if lower in headers else value
    return headers


async def _body(request: Request) -> bytes:
    """The body, unless it is too large: told by its length, or found out while it comes in."""
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > LARGEST_BODY:
        raise BodyTooLarge
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise BodyTooLarge
    return bytes(body)
