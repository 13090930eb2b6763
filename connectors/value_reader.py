"""Taking foreign values apart: each of the type that the product documents and within belief, or :class:`Malformed`.

What is ``null`` where an object should stand, a number where text should, or not there at all is named in the error, so
that an answer of another shape stores nothing. Numbers and instants have bounds here and nowhere else: no year 1026, no
10²⁰ seconds, no ``NaN``. Text is already harmless: :mod:`connectors.json_text` reads every answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connectors.errors import Invalid, Malformed

Object = Mapping[str, Any]
BELIEVABLE_YEARS = range(1970, 2200)
LARGEST_NUMBER = 10**18
MOST_SECONDS = 100_000 * 3600
"""Of one time entry: eleven years."""
LONGEST_IDENTITY = 200
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,30})?")


@dataclass(frozen=True, slots=True)
class ValueReader:
    """Reads one product's values; ``what`` in its methods is how the value is called in an error.

    ``request`` is given where the value is a whole answer: then nothing of it can be read, and no single record is at
    fault.
    """

    product: str

    def an_object(self, value: Any, what: str, *, request: str = "") -> Object:
        """``value`` as an object."""
        if isinstance(value, dict):
            return value
        raise Malformed(self.product, f"{what} should be an object", request=request)

    def object_or_empty(self, value: Any, what: str) -> Object:
        """``value`` as an object; ``null`` is an empty one."""
        return {} if value is None else self.an_object(value, what)

    def a_list(self, value: Any, what: str, *, request: str = "") -> list[Any]:
        """``value`` as a list."""
        if isinstance(value, list):
            return value
        raise Malformed(self.product, f"{what} should be a list", request=request)

    def objects(self, value: Any, what: str, *, request: str = "") -> list[Object]:
        """``value`` as a list of objects."""
        items = self.a_list(value, what, request=request)
        return [self.an_object(item, f"an item of {what}", request=request) for item in items]

    def whole_number(self, value: Any, what: str) -> int:
        """``value`` as a whole number."""
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST_NUMBER:
            return value
        raise Malformed(self.product, f"{what} should be a whole number")

    def decimal(self, value: Any, what: str, *, most: int) -> Decimal:
        """``value``, a number or the text of one, as an exact decimal between ``-most`` and ``most``."""
        number = decimal_of(value)
        if number is None or abs(number) > most:
            raise Malformed(self.product, f"{what} should be a number")
        return number

    def seconds(self, value: Any, what: str) -> int:
        """``value``, a whole number, as the seconds of a time entry; negative ones are for the caller to judge."""
        seconds = self.whole_number(value, what)
        if abs(seconds) > MOST_SECONDS:
            raise Malformed(self.product, f"{what} should be a number of seconds")
        return seconds

    def seconds_of_hours(self, value: Any, what: str, *, grain: int) -> int:
        """``value``, decimal hours, as seconds in steps of ``grain``, never by floating point."""
        hours = self.decimal(None if isinstance(value, str) else value, what, most=MOST_SECONDS // 3600)
        return int((hours * 3600 / grain).to_integral_value(ROUND_HALF_UP)) * grain

    def flag(self, value: Any, what: str) -> bool | None:
        """``value`` as yes or no; ``null`` is neither."""
        if value is None or isinstance(value, bool):
            return value
        raise Malformed(self.product, f"{what} should be yes or no")

    def identity(self, value: Any, what: str) -> str:
        """``value``, a number, as the text of an id."""
        return str(self.whole_number(value, what))

    def identity_or_none(self, value: Any, what: str) -> str | None:
        """As :meth:`identity`; ``null`` is nobody."""
        return None if value is None else self.identity(value, what)

    def text(self, value: Any, what: str) -> str:
        """``value`` as text; ``null`` is empty."""
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        raise Malformed(self.product, f"{what} should be text")

    def text_or_none(self, value: Any, what: str) -> str | None:
        """``value`` as text; ``null`` and empty text are nothing."""
        return self.text(value, what) or None

    def texts(self, value: Any, what: str) -> frozenset[str]:
        """``value`` as a set of texts; ``null`` is empty."""
        return frozenset(self.text_list(value, what))

    def text_list(self, value: Any, what: str) -> tuple[str, ...]:
        """``value`` as texts in their order; ``null`` is empty."""
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise Malformed(self.product, f"{what} should be a list of text")
        return tuple(value)

    def instant(self, value: Any, what: str) -> datetime:
        """``value``, ISO 8601 with its zone, as an aware instant in UTC."""
        return self.local_instant(value, what).astimezone(UTC)

    def instant_or_none(self, value: Any, what: str) -> datetime | None:
        """As :meth:`instant`; ``null`` is none."""
        return None if value is None else self.instant(value, what)

    def local_instant(self, value: Any, what: str) -> datetime:
        """``value``, ISO 8601 with its zone, in that zone."""
        try:
            instant = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise Malformed(self.product, f"{what} should be a time") from None
        if instant.tzinfo is None:
            raise Malformed(self.product, f"{what} should be a time with its zone")
        if instant.year not in BELIEVABLE_YEARS:
            raise Malformed(self.product, f"{what} should be a time of our age, not of the year {instant.year}")
        return instant

    def day(self, value: Any, what: str) -> date:
        """``value``, ISO 8601, as a date."""
        day = day_of(value)
        if day is None:
            raise Malformed(self.product, f"{what} should be a date of our age")
        return day

    def cursor_instant(self, cursor: str) -> datetime:
        """The instant that a stored cursor of ours is. Raises :class:`Invalid` for another one."""
        try:
            return self.instant(cursor, "the cursor")
        except Malformed:
            raise self.not_our_cursor() from None

    def not_our_cursor(self) -> Invalid:
        """The error for a stored cursor that this connector did not make."""
        return Invalid(self.product, "the stored cursor is not one of ours")


def is_number(identity: str) -> bool:
    """Whether an id can be one where ids are numbers: anything else does not exist and is not asked for."""
    return identity.isascii() and identity.isdecimal() and len(identity) < 20


def whole_number_of(value: Any) -> int | None:
    """``value``, a number or the text of one, as a whole number; ``None`` for ``1.9``, ``1_000`` and the like."""
    if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value):
        return int(value)
    number = decimal_of(value) if not isinstance(value, str) else None
    return int(number) if number is not None and number == number.to_integral_value() else None


def decimal_of(value: Any) -> Decimal | None:
    """``value``, a number or the text of one, as an exact decimal; ``None`` for ``nan``, ``1e400`` and the like."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str) and not _DECIMAL.fullmatch(value):
        return None
    number = Decimal(str(value))
    return number if number.is_finite() and abs(number) < LARGEST_NUMBER else None


def day_of(value: Any) -> date | None:
    """``value``, the text of a date, as one; ``None`` for anything else and for days of another age."""
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return day if day.year in BELIEVABLE_YEARS else None
