"""Taking Request Tracker's JSON apart.

Numbers come as text in some answers and as numbers in others, and a thing's number alone or in an object that points
at it; all are read alike.
"""

from __future__ import annotations

from typing import Any

from connectors.value_reader import Object, ValueReader

PRODUCT = "request_tracker"


class RequestTrackerValueReader(ValueReader):
    """Reads values of this product."""

    def whole_number(self, value: Any, what: str) -> int:
        """``value``, a number or the text of one."""
        if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdecimal() and len(value) < 19:
            return int(value)
        return super().whole_number(value, what)

    def identity(self, value: Any, what: str) -> str:
        """``value``, or its ``id`` where it is an object that points at something, as the text of an id."""
        return super().identity(value.get("id") if isinstance(value, dict) else value, what)

    def field_values(self, item: Object) -> dict[str, tuple[str, ...]]:
        """The custom fields of a thing by name, with what stands in each. A value that was emptied is none."""
        fields: dict[str, tuple[str, ...]] = {}
        for field in self.objects(item.get("CustomFields") or [], "CustomFields"):
            values = self.a_list(field.get("values"), "the values of a custom field")
            # Images and files are objects; no field of ours is one.
            texts = [str(value) for value in values if value not in (None, "") and not isinstance(value, (dict, list))]
            fields[self.text(field.get("name"), "the name of a custom field")] = tuple(texts)
        return fields


READ = RequestTrackerValueReader(PRODUCT)
