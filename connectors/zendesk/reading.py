"""Taking Zendesk's JSON apart: each value of the type that Zendesk documents, or :class:`Malformed`.

What is ``null`` where an object should stand, a number where text should, or not there at all is told by name, so
that an answer of another shape stores nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.errors import Malformed

PRODUCT = "zendesk"


def an_object(value: Any, what: str) -> Mapping[str, Any]:
    """``value`` as an object."""
    if isinstance(value, dict):
        return value
    raise Malformed(PRODUCT, f"{what} should be an object")


def objects(value: Any, what: str) -> list[Mapping[str, Any]]:
    """``value`` as a list of objects."""
    if not isinstance(value, list):
        raise Malformed(PRODUCT, f"{what} should be a list")
    return [an_object(item, f"an item of {what}") for item in value]


def identity(value: Any, what: str) -> str:
    """``value``, a number, as the text of an id."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Malformed(PRODUCT, f"{what} should be a number")


def identity_or_none(value: Any, what: str) -> str | None:
    """As :func:`identity`; ``null`` is nobody."""
    return None if value is None else identity(value, what)


def text(value: Any, what: str) -> str:
    """``value`` as text; ``null`` is empty."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    raise Malformed(PRODUCT, f"{what} should be text")


def instant(value: Any, what: str) -> datetime:
    """``value``, ISO 8601, as an aware instant in UTC."""
    try:
        read = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Malformed(PRODUCT, f"{what} should be a time") from None
    if read.tzinfo is None:
        raise Malformed(PRODUCT, f"{what} should be a time with its zone")
    return read.astimezone(UTC)
