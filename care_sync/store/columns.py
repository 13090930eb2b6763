"""How values lie in a column, so that both databases give back exactly what was put in.

Terms
    instant    an aware moment; whole microseconds since 1970, exact and ordered on every database
    words      any text that a product can send, also what PostgreSQL refuses (NUL) and what is no valid
               Unicode (half an emoji that was cut off); compared and ordered by code point
    JSON       a structured value as ASCII text with sorted keys: equal values are equal text

Promise: what is read is what was written, for every value that a record can hold.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect, Text
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

PLAIN_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Text ordered by code point, as SQLite does by itself; else paging would differ with a server's language."""

_UNSTORABLE = re.compile("[\x00\x1a\ud800-\udfff]")
_ESCAPED = re.compile("\x1a([0-9a-f]{4})")


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Refuse instants without a zone: they would mean something else on another machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant without a time zone cannot be stored: {value!r}")
        return (value - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        return None if value is None else EPOCH + timedelta(microseconds=value)


class Words(TypeDecorator[str]):
    """Text. The few characters that a database refuses are written as U+001A and four hexadecimal digits."""

    impl = PLAIN_TEXT
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Escape what cannot be stored; nearly always there is nothing."""
        if value is None or _UNSTORABLE.search(value) is None:
            return value
        return _UNSTORABLE.sub(lambda found: f"\x1a{ord(found[0]):04x}", value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Undo the escaping."""
        if value is None or "\x1a" not in value:
            return value
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)


class Json(TypeDecorator[Any]):
    """A structured value as JSON text."""

    impl = PLAIN_TEXT
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Encode."""
        return None if value is None else encode(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Decode."""
        return None if value is None else decode(value)


def encode(value: Any) -> str:
    """JSON with sorted keys. Dates and sets keep their type under ``$date`` and ``$set``.

    Lists come back as tuples. Raises :class:`TypeError` for what JSON has no place for, instants among it.
    """
    return json.dumps(value, default=_plain, sort_keys=True, separators=(",", ":"))


def decode(text: str) -> Any:
    """The inverse of :func:`encode`."""
    if "[" not in text and '{"$' not in text:
        return json.loads(text)
    return _revive(json.loads(text))


def _plain(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return {"$date": value.isoformat()}
    if isinstance(value, (set, frozenset)):
        return {"$set": sorted(value)}
    raise TypeError(f"{type(value).__name__} cannot be stored in JSON")


def _revive(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_revive(part) for part in value)
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        if "$date" in value:
            return date.fromisoformat(value["$date"])
        if "$set" in value:
            return frozenset(_revive(part) for part in value["$set"])
    return {name: _revive(one) if isinstance(one, (dict, list)) else one for name, one in value.items()}
