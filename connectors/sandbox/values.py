"""Reading what a request gives: numbers, days, instants, choices and objects.

Each function raises :class:`Unreadable`; the sandbox of each product turns it into that product's own error. Nothing
else that a request holds can make an answer fail.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from connectors.sandbox.parameters import Parameters

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
EARLIEST_YEAR, LATEST_YEAR = 100, 9900
"""So far from the ends that no time zone leads beyond them."""
MISSING: Any = object()
"""The default of what must be given."""


class Unreadable(ValueError):
    """A value that cannot be read; ``name`` says of what, ``expected`` what it has to be."""

    def __init__(self, name: str, value: Any, expected: str) -> None:
        super().__init__(f"{name}: {value!r} is not {expected}")
        self.name = name
        self.value = value
        self.expected = expected


def whole_number(
    given: Mapping[str, Any], name: str, default: Any = MISSING, *, least: int | None = None, most: int | None = None
) -> int:
    """A whole number, as number or as text; ``default`` where nothing is given."""
    value = given.get(name)
    if value is None and default is not MISSING:
        number: int = default
        return number
    number = read_number(value, name)
    if (least is not None and number < least) or (most is not None and number > most):
        raise Unreadable(name, value, f"between {least} and {most}" if most is not None else f"at least {least}")
    return number


def read_number(value: Any, name: str) -> int:
    """A whole number, as number or as text."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value)
    raise Unreadable(name, value, "a whole number")


def day(given: Mapping[str, Any], name: str, default: Any = MISSING) -> date:
    """A date as ``2026-12-01``."""
    value = given.get(name)
    if value is None and default is not MISSING:
        chosen: date = default
        return chosen
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise Unreadable(name, value, "a date")


def instant(given: Mapping[str, Any], name: str, default: Any = MISSING, *, zone: tzinfo = UTC) -> datetime:
    """A point in time in ISO 8601, in UTC; one without an offset is read in ``zone``, a date as its midnight."""
    value = given.get(name)
    if value is None and default is not MISSING:
        moment: datetime = default
        return moment
    try:
        if isinstance(value, str):
            read = datetime.fromisoformat(value)
            if EARLIEST_YEAR <= read.year <= LATEST_YEAR:
                return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
    except ValueError:
        pass
    raise Unreadable(name, value, "a point in time")


def choice(given: Mapping[str, Any], name: str, choices: Collection[str], default: Any = MISSING) -> str:
    """One of several words."""
    value = given.get(name)
    if value is None and default is not MISSING:
        word: str = default
        return word
    if isinstance(value, str) and value in choices:
        return value
    raise Unreadable(name, value, f"one of {', '.join(sorted(choices))}")


def flag(given: Mapping[str, Any], name: str, default: Any = MISSING) -> bool:
    """True or false, as JSON or as ``true``, ``false``, ``1``, ``0``."""
    value = given.get(name)
    if value is None and default is not MISSING:
        is_set: bool = default
        return is_set
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false", "1", "0"):
        return value.lower() in ("true", "1")
    raise Unreadable(name, value, "true or false")


def text(given: Mapping[str, Any], name: str, default: Any = MISSING) -> str:
    """A text."""
    value = given.get(name)
    if value is None and default is not MISSING:
        words: str = default
        return words
    if isinstance(value, str):
        return value
    raise Unreadable(name, value, "a text")


def numbers(given: Mapping[str, Any], name: str) -> list[int] | None:
    """A list of whole numbers, as JSON or with commas between; none where nothing is given."""
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list):
        raise Unreadable(name, value, "a list of whole numbers")
    return [read_number(item, name) for item in value]


def texts(given: Mapping[str, Any], name: str) -> list[str] | None:
    """A list of texts; none where nothing is given."""
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    raise Unreadable(name, value, "a list of texts")


def inside(body: Any, name: str) -> Parameters:
    """The object ``name`` of a body; an empty one where the body holds none."""
    part = body.get(name) if isinstance(body, Parameters) else None
    return part if isinstance(part, Parameters) else Parameters()


def rows(given: Mapping[str, Any], name: str) -> list[Parameters]:
    """A list of objects; empty where nothing is given."""
    value = given.get(name)
    if value is None:
        return []
    if isinstance(value, list) and all(isinstance(item, Parameters) for item in value):
        return value
    raise Unreadable(name, value, "a list of objects")
