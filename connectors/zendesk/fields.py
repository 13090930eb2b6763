"""Custom fields: our names ⇄ Zendesk's numbers and keys, and their values both ways.

Terms
    definition   a ticket field or organization field as Zendesk defines it (``ticket_fields.json``)
    type         ``checkbox``, ``integer``, ``decimal``, ``date``, ``multiselect``, ``tagger`` (a drop-down, whose
                 values are tags), ``text``, ``textarea``, ``regexp`` …

Promise: a value is read by the type of its field; one that does not fit (an option that was renamed, text in a
numeric field) comes through as the text that it is, so that the rules can ask about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from connectors.errors import Invalid
from connectors.records import FieldValue
from connectors.zendesk.reading import PRODUCT, identity, text


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """A field as Zendesk defines it; ``id`` is a number for tickets and a key for organizations."""

    id: str
    title: str
    type: str


@dataclass(frozen=True, slots=True)
class FieldMap:
    """Our names and the fields they stand for; ``missing`` are names whose field is not there or is not active."""

    by_name: Mapping[str, FieldDefinition]
    missing: Mapping[str, str]

    def read(self, values: Mapping[str, Any]) -> dict[str, FieldValue]:
        """The configured fields out of ``values`` (by Zendesk's id); an empty one is there with ``None``."""
        return {name: field_value(values.get(field.id), field.type) for name, field in self.by_name.items()}

    def write(self, values: Mapping[str, FieldValue]) -> list[dict[str, Any]]:
        """What ``custom_fields`` of an update must say. Raises :class:`Invalid` for a name without a field."""
        unknown = sorted(set(values) - set(self.by_name))
        if unknown:
            raise Invalid(
                PRODUCT,
                f"the ticket field of {', '.join(unknown)} does not exist",
                remedy="Make the field in Zendesk or mend its title in helpdesk.fields.",
            )
        return [{"id": int(self.by_name[name].id), "value": _to_api(value)} for name, value in values.items()]


def ticket_field(item: Mapping[str, Any]) -> FieldDefinition | None:
    """A definition from ``ticket_fields.json``; ``None`` for one that is switched off."""
    if item.get("active") is False:
        return None
    return FieldDefinition(
        identity(item.get("id"), "ticket_field.id"),
        text(item.get("title"), "ticket_field.title"),
        text(item.get("type"), "ticket_field.type"),
    )


def organization_field(item: Mapping[str, Any]) -> FieldDefinition | None:
    """A definition from ``organization_fields.json``; ``None`` for one that is switched off."""
    if item.get("active") is False:
        return None
    key = text(item.get("key"), "organization_field.key")
    title = text(item.get("title"), "organization_field.title")
    return FieldDefinition(key, title, text(item.get("type"), "organization_field.type"))


def mapped(names: Mapping[str, str | int], definitions: Sequence[FieldDefinition]) -> FieldMap:
    """Find each configured field by its number or key, or else by its title (whatever its capitals)."""
    by_id = {field.id: field for field in definitions}
    by_title = {field.title.casefold(): field for field in reversed(definitions)}
    found: dict[str, FieldDefinition] = {}
    missing: dict[str, str] = {}
    for name, wanted in names.items():
        field = by_id.get(str(wanted)) or by_title.get(str(wanted).casefold())
        if field is None:
            missing[name] = str(wanted)
        else:
            found[name] = field
    return FieldMap(found, missing)


def field_value(value: Any, kind: str) -> FieldValue:
    """One value as Zendesk gave it, by the type of its field."""
    if value is None or value in ("", []):
        return None
    if kind == "checkbox":
        return value if isinstance(value, bool) else str(value).lower() in ("true", "1", "yes")
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    try:
        if kind == "integer":
            return int(value)
        if kind == "decimal":
            return float(value)
        if kind == "date":
            return date.fromisoformat(str(value)[:10])
    except (TypeError, ValueError):
        return str(value)
    return value if isinstance(value, (bool, int, float)) else str(value)


def _to_api(value: FieldValue) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
