"""What administrators make in the sandbox's Zendesk through the API: fields, webhooks, triggers and views.

Bodies and answers as recorded from the live service; a webhook's signing secret is made with it and told by a call of
its own. A trigger that was made here calls its webhook for what others than its ``role is_not`` changed.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from connectors.sandbox.parameters import Parameters
from connectors.sandbox.server import Answer
from connectors.sandbox.zendesk_records import ZendeskField, ZendeskUser
from connectors.sandbox.zendesk_shapes import ZendeskShapes, instant
from connectors.sandbox.zendesk_state import ZendeskAccount

NOT_FOUND = Answer(404, {"error": "RecordNotFound", "description": "Not found"})
NO_CONTENT = Answer(204, is_empty=True)
FIELD_TYPES = frozenset(
    {"text", "textarea", "checkbox", "date", "integer", "decimal", "regexp", "multiselect", "tagger", "dropdown"}
)


def invalid(name: str, told: str) -> Answer:
    """A record that the product does not take."""
    details = {name: [{"description": f"{name.capitalize()}: {told}", "error": "InvalidValue"}]}
    return Answer(422, {"error": "RecordInvalid", "description": "Record validation errors", "details": details})


class ZendeskAdmin:
    """The calls of administrators; each gives an answer."""

    def __init__(self, account: ZendeskAccount, shapes: ZendeskShapes) -> None:
        self._account = account
        self._shapes = shapes

    # ---- fields ------------------------------------------------------------------------------------

    def create_field(self, what: str, body: Any) -> Answer:
        """Make a ticket field or an organization field."""
        given = _inside(body, what)
        title, kind = given.get("title"), given.get("type")
        if not isinstance(title, str) or not title.strip():
            return invalid("title", "cannot be blank")
        if kind not in FIELD_TYPES:
            return invalid("type", "is not a valid type of field")
        options = _options(given)
        taken = {value for field in self._fields("ticket_field").values() for value in field.options}
        if what == "ticket_field" and taken & options.keys():
            return invalid("base", "a tag is already used in another custom field")
        if what == "ticket_field":
            field_id = self._account.add_ticket_field(title, str(kind), options=options)
        else:
            if not isinstance(given.get("key"), str) or given["key"] in {
                field.key for field in self._fields(what).values()
            }:
                return invalid("key", "has already been taken")
            field_id = self._account.add_organization_field(given["key"], str(kind), title=title, options=options)
        field = self._fields(what)[field_id]
        descriptions = given.get("agent_description"), given.get("description")
        field.description = descriptions[0] or descriptions[1]
        return Answer(201, {what: self._shown(what, field)})

    def change_field(self, what: str, field_id: int, body: Any) -> Answer:
        """Change a field's options, or switch it on or off."""
        field = self._fields(what).get(field_id)
        if field is None:
            return NOT_FOUND
        given = _inside(body, what)
        if "custom_field_options" in given:
            field.options = _options(given)
        field.active = given.get("active", field.active)
        return Answer(200, {what: self._shown(what, field)})

    def delete_field(self, what: str, field_id: int) -> Answer:
        """Delete a field; what tickets held in it is gone."""
        if self._fields(what).pop(field_id, None) is None:
            return NOT_FOUND
        for ticket in self._account.records.tickets.values():
            ticket.custom_fields.pop(field_id, None)
        return NO_CONTENT

    def _fields(self, what: str) -> dict[int, ZendeskField]:
        records = self._account.records
        return records.ticket_fields if what == "ticket_field" else records.organization_fields

    def _shown(self, what: str, field: ZendeskField) -> dict[str, Any]:
        return self._shapes.ticket_field(field) if what == "ticket_field" else self._shapes.organization_field(field)

    # ---- webhooks, triggers, views -----------------------------------------------------------------

    def made(self, kind: str) -> dict[str, dict[str, Any]]:
        """What was made of a kind (``webhook``, ``trigger``, ``view``), by id."""
        return self._account.records.made.setdefault(kind, {})

    def create(self, kind: str, user: ZendeskUser, body: Any) -> Answer:
        """Make a webhook, trigger or view."""
        given = dict(_inside(body, kind))
        name = "name" if kind == "webhook" else "title"
        if not isinstance(given.get(name), str) or not given[name].strip():
            return invalid(name, "cannot be blank")
        now, number = instant(self._account.now()), self._account.records.next_id("webhook")
        item = {**given, "created_at": now}
        if kind == "webhook":
            item |= {"id": f"01HANA{number:020d}", "created_by": str(user.id)}
        else:
            conditions = {"all": given.pop("all", []), "any": given.pop("any", [])}
            item = {**given, "id": 6_164_200_000_000 + number, "created_at": now, "updated_at": now}
            item |= {"conditions": conditions, "active": given.get("active", True)}
            item["url"] = self._shapes.url(f"{kind}s/{item['id']}")
        self.made(kind)[str(item["id"])] = item
        return Answer(201, {kind: item})

    def change(self, kind: str, item_id: str, body: Any) -> Answer:
        """Change a trigger or view."""
        item = self.made(kind).get(item_id)
        if item is None:
            return NOT_FOUND
        item |= _inside(body, kind)
        return Answer(200, {kind: item})

    def delete(self, kind: str, item_id: str) -> Answer:
        """Delete a webhook, trigger or view."""
        return NO_CONTENT if self.made(kind).pop(item_id, None) is not None else NOT_FOUND

    def signing_secret(self, webhook_id: str) -> Answer:
        """The secret that calls of a webhook are signed with."""
        if webhook_id not in self.made("webhook"):
            return NOT_FOUND
        return Answer(200, {"signing_secret": {"secret": secret_of(webhook_id), "algorithm": "SHA256"}})


def secret_of(webhook_id: str) -> str:
    """A webhook's secret: made from its id, so that the same doings give the same account."""
    return base64.b64encode(hashlib.sha256(webhook_id.encode()).digest()).decode()


def _inside(body: Any, kind: str) -> Mapping[str, Any]:
    inside = body.get(kind) if isinstance(body, dict) else None
    return inside if isinstance(inside, dict) else {}


def _options(given: Mapping[str, Any]) -> dict[str, str]:
    options = given.get("custom_field_options") or []
    for option in options:
        # A listing gives options back with these; who sends them again keeps the option as it is.
        if isinstance(option, Parameters):
            option.ignore("id", "raw_name", "default", "position", "url")
    return {str(option["value"]): str(option["name"]) for option in options}
