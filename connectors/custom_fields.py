"""Custom fields: our names ⇄ a product's names, and their values both ways.

Terms
    definition   a ticket field or organization field as the product defines it
    name         how the product's API calls a field (``cf_cause``, or a number)
    label        how people see it ("Oorzaak")
    kind         what a field holds, in words that products share

Promise: a value is read by the kind of its field; one that does not fit (text, ``nan`` or ``1.9`` where a whole number
belongs) comes through as the text that it is, so that the rules can ask about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from connectors.errors import Invalid
from connectors.records import FieldValue
from connectors.value_reader import day_of, decimal_of, whole_number_of


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
                remedy=f"Create the field in {product.capitalize()} or correct its name in helpdesk.fields.",
            )
        for name, value in values.items():
            self._require_choice(product, self.by_name[name], value)
        return {self.by_name[name].name: _to_api(value, self.by_name[name].kind) for name, value in values.items()}

    def differing(self, wanted: Mapping[str, FieldValue], values: Mapping[str, Any]) -> dict[str, FieldValue]:
        """What of ``wanted`` (by our names, each with a field) does not stand in ``values`` (by the product's)."""
        present = self.read(values)
        return {name: value for name, value in wanted.items() if self._as_read(name, value) != present[name]}

    def _require_choice(self, product: str, field: FieldDefinition, value: FieldValue) -> None:
        chosen = {
            str(choice) for choice in (value if isinstance(value, tuple) else (value,)) if choice not in (None, "")
        }
        if field.choices and (unknown := sorted(chosen - field.choices)):
            problem = f'"{field.label}" has no choice {", ".join(unknown)}; it has {", ".join(sorted(field.choices))}'
            raise Invalid(product, problem, remedy="Add the choice, or check that this is the field you mean.")

    def _as_read(self, name: str, value: FieldValue) -> FieldValue:
        kind = self.by_name[name].kind
        return field_value(_to_api(value, kind), kind)


def mapped(names: Mapping[str, str | int], definitions: Sequence[FieldDefinition]) -> FieldMap:
    """Find each configured field by its name, or otherwise by its label (whatever its capitals)."""
    by_name = {field.name: field for field in definitions}
    by_label = {field.label.casefold(): field for field in reversed(definitions)}
    fields: dict[str, FieldDefinition] = {}
    missing: dict[str, str] = {}
    for name, wanted in names.items():
        field = by_name.get(str(wanted)) or by_label.get(str(wanted).casefold())
        if field is None:
            missing[name] = str(wanted)
        else:
            fields[name] = field
    return FieldMap(fields, missing)


def field_value(value: Any, kind: FieldKind) -> FieldValue:
    """One value as the product gave it, by the kind of its field."""
    if value is None or value in ("", []):
        return None
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    read = _read_by_kind(value, kind)
    if read is not None:
        return read
    return value if kind is FieldKind.TEXT and isinstance(value, (bool, int, float)) else str(value)


def _read_by_kind(value: Any, kind: FieldKind) -> bool | int | float | date | None:
    if kind is FieldKind.YES_OR_NO:
        return value if isinstance(value, bool) else _YES_OR_NO.get(str(value).lower())
    if kind is FieldKind.WHOLE_NUMBER:
        return whole_number_of(value)
    if kind is FieldKind.DECIMAL:
        number = decimal_of(value)
        return None if number is None else float(number)
    return day_of(str(value)[:10]) if kind is FieldKind.DATE else None


def _to_api(value: FieldValue, kind: FieldKind) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value) if kind is FieldKind.SEVERAL else ", ".join(value)
    if kind is FieldKind.TEXT and isinstance(value, (bool, int, float)):
        return str(value).lower()
    return value


_YES_OR_NO = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
