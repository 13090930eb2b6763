"""Zendesk's definitions of custom fields, and their values in an update.

Terms
    type   ``checkbox``, ``integer``, ``decimal``, ``date``, ``multiselect``, ``tagger`` (a drop-down, whose values are
           tags), ``text``, ``textarea``, ``regexp`` …
    name   a number for ticket fields, a key for organization fields
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.custom_fields import FieldDefinition, FieldKind, FieldMap
from connectors.records import FieldValue
from connectors.value_reader import Object
from connectors.zendesk.settings import PRODUCT
from connectors.zendesk.value_reader import READ

KINDS = {
    "checkbox": FieldKind.YES_OR_NO,
    "integer": FieldKind.WHOLE_NUMBER,
    "decimal": FieldKind.DECIMAL,
    "date": FieldKind.DATE,
    "multiselect": FieldKind.SEVERAL,
}


def ticket_field(item: Object) -> FieldDefinition | None:
    """A definition from ``ticket_fields.json``; ``None`` for one that is switched off."""
    return _definition(item, "ticket_field", READ.identity(item.get("id"), "ticket_field.id"))


def organization_field(item: Object) -> FieldDefinition | None:
    """A definition from ``organization_fields.json``; ``None`` for one that is switched off."""
    return _definition(item, "organization_field", READ.text(item.get("key"), "organization_field.key"))


def custom_fields(fields: FieldMap, values: Mapping[str, FieldValue]) -> list[dict[str, Any]]:
    """What ``custom_fields`` of an update must say. Raises :class:`connectors.errors.Invalid`."""
    return [{"id": int(number), "value": value} for number, value in fields.write(PRODUCT, values).items()]


def _definition(item: Object, what: str, name: str) -> FieldDefinition | None:
    if item.get("active") is False:
        return None
    kind = READ.text(item.get("type"), f"{what}.type")
    return FieldDefinition(name, READ.text(item.get("title"), f"{what}.title"), KINDS.get(kind, FieldKind.TEXT))
