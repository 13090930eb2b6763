"""Logs: readable on a terminal, one JSON object a line elsewhere, one id through a whole pass, no secret ever.

Everything that logs (our own modules through structlog, libraries through ``logging``) goes through the same
processors to standard error; standard output belongs to what a command answers.

Terms
    pass id     the id of the pass under way, on each line that is logged during it
    redaction   what replaces a secret: ``[hidden]``

Promise: a value that the settings know as a secret never appears, wherever it stands in a line: in a message, in a
nested value, in a traceback; nor does anything under a name such as ``authorization`` or ``token``. A terminal shows
foreign text and obeys none of it (:mod:`care_sync.terminal`).
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Collection, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from care_sync.terminal import harmless, json_text, one_line, takes_colors

REDACTED = "[hidden]"
SECRET_NAMES = frozenset(
    {"authorization", "password", "token", "api_token", "api_key", "secret", "webhook_secret", "cookie"}
)
SHORTEST_SECRET = 4
"""Characters; replacing shorter ones would hide half of every line and protect nothing."""

QUIET = {"apscheduler": "ERROR", "uvicorn": "WARNING", "urllib3": "WARNING", "alembic": "WARNING"}
"""Libraries that tell in detail what we tell ourselves, and from which level on they are of interest.

APScheduler warns each time a job is due while it still runs, which is what we want of it.
"""


TRACES = frozenset({"exception", "stack"})
"""What has several lines in the text for people."""


class Now(Protocol):
    """Where the time stamps come from."""

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""


class Redaction:
    """A processor that takes secrets out of a line, however deep they stand."""

    def __init__(self, secrets: Collection[str]) -> None:
        # The longest first: a secret can contain another.
        usable = {secret for secret in secrets if len(secret) >= SHORTEST_SECRET}
        self._secrets = sorted(usable, key=len, reverse=True)

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        """Return the line without secrets."""
        return {name: self._value(name, value) for name, value in event.items()}

    def text(self, text: str) -> str:
        """Return ``text`` without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, REDACTED)
        return text

    def _value(self, name: str, value: Any) -> Any:
        if name.lower() in SECRET_NAMES and value is not None:
            return REDACTED
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self._value(str(key), item) for key, item in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self._value("", item) for item in value]
        if isinstance(value, (int, float, bool)) or value is None:
            return value
        return self.text(str(value))


def configure_logs(
    *,
    clock: Now,
    level: str = "info",
    style: str = "auto",
    secrets: Collection[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Send all logs to ``stream`` (standard error): ``style`` is ``console``, ``json`` or ``auto``.

    ``auto`` is for people on a terminal and for machines elsewhere. May be called again with other settings.
    """
    stream = stream or sys.stderr
    for_people = style == "console" or (style == "auto" and stream.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        _stamped(clock),
        structlog.processors.StackInfoRenderer(),
    ]
    renderers: list[Processor] = (
        [_only_shown, structlog.dev.ConsoleRenderer(colors=takes_colors(stream), pad_event_to=40)]
        if for_people
        else [structlog.processors.JSONRenderer(serializer=_as_json, sort_keys=True)]
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            Redaction(secrets),
            *renderers,
        ],
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(least)


@contextmanager
def bound(**values: str) -> Iterator[None]:
    """Put ``values`` (such as ``pass_id``) on every line that is logged inside the block."""
    with structlog.contextvars.bound_contextvars(**values):
        yield


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module."""
    return structlog.stdlib.get_logger(name)


def _only_shown(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Foreign text as text that a terminal shows and does not obey; a traceback keeps its lines."""
    return {
        name: harmless(value) if name in TRACES and isinstance(value, str) else _shown(value)
        for name, value in event.items()
    }


def _shown(value: Any) -> Any:
    return value if isinstance(value, (int, float)) or value is None else one_line(value)


def _as_json(event: EventDict, **options: Any) -> str:
    return json_text(json.dumps(event, ensure_ascii=False, **options))


def _stamped(clock: Now) -> Processor:
    def stamp(_logger: WrappedLogger, _method: str, event: MutableMapping[str, Any]) -> EventDict:
        event["timestamp"] = clock.now().isoformat(timespec="milliseconds")
        return event

    return stamp
