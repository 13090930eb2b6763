"""Values of custom fields both ways. Request Tracker keeps text, whatever a field is for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from connectors.records import FieldValue

WORDS = {True: "yes", False: "no"}
"""How yes and no are written; a field for them offers these two."""


def field_value(values: Sequence[str]) -> FieldValue:
    """What stands in a field: nothing, text, or several texts."""
    return None if not values else values[0] if len(values) == 1 else tuple(values)


def written(value: FieldValue) -> list[str]:
    """The texts with which a value is written; none empties the field."""
    if value is None or value == "":
        return []
    if isinstance(value, tuple):
        return [str(item) for item in value if item]
    if isinstance(value, bool):
        return [WORDS[value]]
    return [value.isoformat() if isinstance(value, date) else str(value)]


def to_api(texts: Sequence[str], present: Sequence[str]) -> Any:
    """What a write must say so that a field that holds ``present`` holds ``texts``."""
    if len(texts) > 1 or len(present) > 1:
        return list(texts)
    return texts[0] if texts else None


def same(texts: Sequence[str], present: Sequence[str]) -> bool:
    """Whether a field holds these texts. An option is kept as its administrator wrote it, whatever we wrote."""
    return sorted(item.strip().casefold() for item in texts) == sorted(item.strip().casefold() for item in present)
