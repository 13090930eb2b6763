"""Quantities and comparisons as people write them: ``45 minutes``, ``more than 4 hours``, ``before 2026-01-01``.

Numbers are kept in one unit per kind: minutes, months, a date as its ordinal, or a bare number. Comparisons are written
in words; ``and`` joins two: ``at least 45 minutes and at most quote_above``.
"""

from __future__ import annotations

import re
from datetime import date

_UNITS = {
    "minute": ("minutes", 1),
    "minutes": ("minutes", 1),
    "hour": ("minutes", 60),
    "hours": ("minutes", 60),
    "day": ("days", 1),
    "days": ("days", 1),
    "month": ("months", 1),
    "months": ("months", 1),
    "year": ("months", 12),
    "years": ("months", 12),
}
_QUANTITY = re.compile(r"(-?\d{1,9}(?:\.\d{1,4})?)(?:\s+([a-z]+))?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_COMPARISON = re.compile(
    r"(less than|at most|exactly|at least|more than|before|on or before|on or after|after|on)\s+(\S.*)"
)
_OPERATORS = {
    "less than": "<",
    "before": "<",
    "at most": "<=",
    "on or before": "<=",
    "exactly": "=",
    "on": "=",
    "at least": ">=",
    "on or after": ">=",
    "more than": ">",
    "after": ">",
}
COMPARISON_WORDS = "less than, at most, exactly, at least or more than"
DATE_WORDS = "before, on or before, on, on or after or after"

_SAID = {
    "nl": {
        "minutes": ("minuut", "minuten"),
        "hours": ("uur", "uur"),
        "months": ("maand", "maanden"),
        "days": ("dag", "dagen"),
    },
    "en": {
        "minutes": ("minute", "minutes"),
        "hours": ("hour", "hours"),
        "months": ("month", "months"),
        "days": ("day", "days"),
    },
}


def read_quantity(text: str) -> tuple[float, str]:
    """``4 hours`` → ``(240, "minutes")``; the unit is ``date`` for a date and empty for a bare number.

    Raises ``ValueError`` for anything else.
    """
    written = text.strip()
    if _DATE.fullmatch(written):
        return date.fromisoformat(written).toordinal(), "date"
    match = _QUANTITY.fullmatch(written)
    if match is None:
        raise ValueError(f"{written!r} is neither a quantity such as '45 minutes' nor a date such as 2026-01-31")
    number, unit = float(match[1]), ""
    if match[2] is not None:
        if match[2] not in _UNITS:
            raise ValueError(f"{match[2]!r} is not a unit; units are {', '.join(sorted(_UNITS))}")
        unit, factor = _UNITS[match[2]]
        number *= factor
    return (int(number) if number == int(number) else number), unit


def read_comparisons(text: str) -> list[tuple[str, str]]:
    """``at least a and less than 4 hours`` → ``[(">=", "a"), ("<", "4 hours")]``. Raises ``ValueError``."""
    comparisons: list[tuple[str, str]] = []
    for part in text.strip().split(" and "):
        match = _COMPARISON.fullmatch(part.strip())
        if match is None:
            raise ValueError(
                f"{part.strip()!r} is not a comparison: it begins with {COMPARISON_WORDS}, for dates with {DATE_WORDS}"
            )
        comparisons.append((_OPERATORS[match[1]], match[2].strip()))
    return comparisons


def in_words(number: float, unit: str, language: str) -> str:
    """A quantity as people read it: ``4 uur``, ``45 minutes``, ``2026-01-31``."""
    if unit == "date":
        return date.fromordinal(int(number)).isoformat()
    if unit == "minutes" and number >= 60 and number % 60 == 0:
        number, unit = number / 60, "hours"
    digits = f"{number:g}"
    if language == "nl":
        digits = digits.replace(".", ",")
    if not unit:
        return digits
    singular, plural = _SAID[language][unit]
    return f"{digits} {singular if number == 1 else plural}"
