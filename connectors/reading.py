"""Taking a product's JSON apart: each value of the type that the product documents, or :class:`Malformed`.

What is ``null`` where an object should stand, a number where text should, or not there at all is told by name, so
that an answer of another shape stores nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.errors import Malformed

Object = Mapping[str, Any]
BELIEVABLE_YEARS = range(1970, 2200)


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads one product's values; ``what`` in its methods is how the value is called in an error."""

    product: str

    def an_object(self, value: Any, what: str) -> Object:
        """``value`` as an object."""
        if isinstance(value, dict):
            return value
        raise Malformed(self.product, f"{what} should be an object")

    def objects(self, value: Any, what: str) -> list[Object]:
        """``value`` as a list of objects."""
        if not isinstance(value, list):
            raise Malformed(self.product, f"{what} should be a list")
        return [self.an_object(item, f"an item of {what}") for item in value]

    def whole_number(self, value: Any, what: str) -> int:
        """``value`` as a whole number."""
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise Malformed(self.product, f"{what} should be a whole number")

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

    def texts(self, value: Any, what: str) -> frozenset[str]:
        """``value`` as a set of texts; ``null`` is empty."""
        if value is None:
            return frozenset()
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise Malformed(self.product, f"{what} should be a list of text")
        return frozenset(value)

    def instant(self, value: Any, what: str) -> datetime:
        """``value``, ISO 8601, as an aware instant in UTC."""
        try:
            read = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise Malformed(self.product, f"{what} should be a time") from None
        if read.tzinfo is None or read.year not in BELIEVABLE_YEARS:
            raise Malformed(self.product, f"{what} should be a time with its zone")
        return read.astimezone(UTC)


def is_number(identity: str) -> bool:
    """Whether an id can be one where ids are numbers: anything else does not exist and is not asked for."""
    return identity.isascii() and identity.isdecimal() and len(identity) < 20
