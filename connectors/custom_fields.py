"""Custom fields: our names ⇄ a product's names, and their values both ways.

Terms
    definition   a ticket field or organization field as the product defines it
    name         how the product's API calls a field (``cf_cause``)
    label        how people see it ("Oorzaak")
    kind         what a field holds, in words that products share

Promise: a value is read by the kind of its field; one that does not fit (text in a numeric field) comes through as the
text that it is, so that the rules can ask about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from connectors.errors import Invalid
from connectors.records import FieldValue


class FieldKind(StrEnum):
    """What a field holds; ``text`` is whatever else there is, one choice of several included."""

    TEXT = "text"
    YES_OR_NO = "yes_or_no"
    WHOLE_NUMBER = "whole_number"
    DECIMAL = "decimal"
    DATE = "date"
    SEVERAL = "several"


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """A field as the product defines it.

    ``choices`` are the values that it takes, where the product itself refuses no other; empty: any.
    """

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    choices: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FieldMap:
    """Our names and the fields they stand for; ``missing`` are names whose field is not there or is not active."""

    by_name: Mapping[str, FieldDefinition]
    missing: Mapping[str, str]

    def read(self, values: Mapping[str, Any]) -> dict[str, FieldValue]:
        """The configured fields out of ``values`` (by the product's name); an empty one is there with ``None``."""
        return {name: field_value(values.get(field.name), field.kind) for name, field in self.by_name.items()}

    def write(self, product: str, values: Mapping[str, FieldValue]) -> dict[str, Any]:
        """``values`` by the product's names. Raises :class:`Invalid` for a name without a field, and for a choice that
        a field does not have."""
        if unknown := sorted(set(values) - set(self.by_name)):
            raise Invalid(
                product,
                f"the ticket field of {', '.join(unknown)} does not exist",
                remedy=f"Make the field in {product.capitalize()} or mend its name in helpdesk.fields.",
            )
        for name, value in values.items():
            self._require_choice(product, self.by_name[name], value)
        return {self.by_name[name].name: _to_api(value, self.by_name[name].kind) for name, value in values.items()}

    def differing(self, wanted: Mapping[str, FieldValue], values: Mapping[str, Any]) -> dict[str, FieldValue]:
        """What of ``wanted`` (by our names, each with a field) does not stand in ``values`` (by the product's)."""
        standing = self.read(values)
        return {name: value for name, value in wanted.items() if self._as_read(name, value) != standing[name]}

    def _require_choice(self, product: str, field: FieldDefinition, value: FieldValue) -> None:
        chosen = {str(one) for one in (value if isinstance(value, tuple) else (value,)) if one not in (None, "")}
        if field.choices and (strange := sorted(chosen - field.choices)):
            told = f'"{field.label}" has no choice {", ".join(strange)}; it has {", ".join(sorted(field.choices))}'
            raise Invalid(product, told, remedy="Make the choice, or see that the field is the one that is meant.")

    def _as_read(self, name: str, value: FieldValue) -> FieldValue:
        kind = self.by_name[name].kind
        return field_value(_to_api(value, kind), kind)


def mapped(names: Mapping[str, str], definitions: Sequence[FieldDefinition]) -> FieldMap:
    """Find each configured field by its name, or else by its label (whatever its capitals)."""
    by_name = {field.name: field for field in definitions}
    by_label = {field.label.casefold(): field for field in reversed(definitions)}
    found: dict[str, FieldDefinition] = {}
    missing: dict[str, str] = {}
    for name, wanted in names.items():
        field = by_name.get(wanted) or by_label.get(wanted.casefold())
        if field is None:
            missing[name] = wanted
        else:
            found[name] = field
    return FieldMap(found, missing)


def field_value(value: Any, kind: FieldKind) -> FieldValue:
    """One value as the product gave it, by the kind of its field."""
    if value is None or value in ("", []):
        return None
    if kind is FieldKind.YES_OR_NO:
        return value if isinstance(value, bool) else str(value).lower() in ("true", "1", "yes")
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    try:
        if kind is FieldKind.WHOLE_NUMBER:
            return int(value)
        if kind is FieldKind.DECIMAL:
            return float(value)
        if kind is FieldKind.DATE:
            return date.fromisoformat(str(value)[:10])
    except (TypeError, ValueError):
        return str(value)
    return value if isinstance(value, (bool, int, float)) else str(value)


def _to_api(value: FieldValue, kind: FieldKind) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value) if kind is FieldKind.SEVERAL else ", ".join(value)
    if kind is FieldKind.TEXT and isinstance(value, (bool, int, float)):
        return str(value).lower()
    return value
