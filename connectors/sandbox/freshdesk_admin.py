"""What administrators make in the sandbox's Freshdesk through the API: ticket fields, company fields, automation rules.

Names of fields come from their labels: ``Oorzaak`` becomes ``cf_oorzaak``, for companies ``oorzaak``. Lists of fields
show no choices of dropdowns; a field by itself does, each with its number. A rule that was made here calls its webhook
for what its events name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.sandbox import freshdesk_shapes as shapes
from connectors.sandbox.freshdesk_records import FreshdeskField, FreshdeskPerson
from connectors.sandbox.freshdesk_state import FreshdeskAccount
from connectors.sandbox.freshdesk_writes import FORBIDDEN, NOT_FOUND, invalid
from connectors.sandbox.parameters import plain
from connectors.sandbox.server import Answer
from connectors.sandbox.values import rows

FIELD_TYPES = frozenset(
    {
        "custom_text",
        "custom_paragraph",
        "custom_checkbox",
        "custom_number",
        "custom_decimal",
        "custom_date",
        "custom_dropdown",
    }
)
OF_FIELDS = frozenset({"label", "type", "position", "choices", "required_for_agents"})
OF_TICKET_FIELDS = OF_FIELDS | {
    "label_for_customers",
    "displayed_to_customers",
    "customers_can_edit",
    "required_for_customers",
    "required_for_closure",
}
OF_COMPANY_FIELDS = OF_FIELDS | {"agents_can_edit", "displayed_for_agents", "quick_add_for_agent", "unique"}
OF_RULES = frozenset({"name", "description", "position", "active", "performer", "events", "conditions", "actions"})
ON_CREATION, ON_UPDATE = 1, 4
NEEDED = {ON_CREATION: ("conditions",), ON_UPDATE: ("performer", "events")}
OF_WEBHOOKS = ("request_type", "content_type", "content_layout", "url", "content", "custom_headers")
Refusals = list[dict[str, Any]]


class FreshdeskAdmin:
    """The calls of administrators; each gives an answer, and refuses other agents."""

    def __init__(self, account: FreshdeskAccount) -> None:
        self._account = account

    # ---- fields ------------------------------------------------------------------------------------

    def fields(self, of: str) -> list[dict[str, Any]]:
        """The fields of ``ticket`` or ``company``."""
        return [self._shown(of, field, with_choices=False) for field in self._fields(of).values()]

    def field(self, agent: FreshdeskPerson, of: str, field_id: int) -> Answer:
        """One field with its choices."""
        found = self._field(of, field_id)
        return _allowed(agent) or (Answer(data=self._shown(of, found)) if found else NOT_FOUND)

    def create_field(self, agent: FreshdeskPerson, of: str, body: Any) -> Answer:
        """Make a field; its name comes from its label."""
        given = body if isinstance(body, dict) else {}
        label = str(given.get("label") or "")
        errors = [_blank(name) for name in ("label", "type") if not given.get(name)]
        errors += self._field_errors(of, given)
        if given.get("type") == "custom_dropdown" and not given.get("choices"):
            errors.append(_blank("choices"))
        if label.casefold() in {field.label.casefold() for field in self._fields(of).values()}:
            errors.append({"field": "label", "message": "It should be a unique value", "code": "duplicate_value"})
        if refused := _allowed(agent) or _refused(errors):
            return refused
        name = re.sub(r"\W+", "_", label.casefold()).strip("_")
        name = f"cf_{name}" if of == "ticket" else name
        words = _choices(given)
        if of == "ticket":
            self._account.add_ticket_field(name, label, given["type"], words)
        else:
            self._account.add_company_field(name, label, given["type"], words)
        made = self._fields(of)[name]
        made.label_for_customers = given.get("label_for_customers") or label
        return Answer(201, self._shown(of, made))

    def change_field(self, agent: FreshdeskPerson, of: str, field_id: int, body: Any) -> Answer:
        """Change a field; choices that are not named stay away."""
        given = body if isinstance(body, dict) else {}
        found = self._field(of, field_id)
        if refused := _allowed(agent) or (None if found else NOT_FOUND) or _refused(self._field_errors(of, given)):
            return refused
        assert found is not None
        if "choices" in given:
            found.choices = tuple(_choices(given))
        found.label = given.get("label", found.label)
        found.label_for_customers = given.get("label_for_customers", found.label_for_customers)
        return Answer(data=self._shown(of, found))

    def delete_field(self, agent: FreshdeskPerson, of: str, field_id: int) -> Answer:
        """Delete a field, with what stood in it."""
        found = self._field(of, field_id)
        if refused := _allowed(agent) or (None if found else NOT_FOUND):
            return refused
        assert found is not None
        if of == "ticket":
            self._account.remove_ticket_field(found.name)
        else:
            del self._account.records.company_fields[found.name]
        return Answer(204, is_empty=True)

    def _fields(self, of: str) -> dict[str, FreshdeskField]:
        records = self._account.records
        return records.ticket_fields if of == "ticket" else records.company_fields

    def _field(self, of: str, field_id: int) -> FreshdeskField | None:
        return next((field for field in self._fields(of).values() if field.id == field_id), None)

    def _shown(self, of: str, one: FreshdeskField, *, with_choices: bool = True) -> dict[str, Any]:
        position = list(self._fields(of)).index(one.name) + 1
        shown = {**shapes.field(one, position), "label_for_customers": one.label_for_customers or one.label}
        shown.pop("choices", None)
        if of == "ticket":
            shown["archived"] = one.is_archived
        else:
            for name in ("label_for_customers", "displayed_to_customers", "customers_can_edit", "description"):
                del shown[name]
        if with_choices and one.choices:
            shown["choices"] = [
                {"id": one.id * 100 + place, "value": word, "label": word, "position": place}
                for place, word in enumerate(one.choices, start=1)
            ]
        return shown

    def _field_errors(self, of: str, given: Mapping[str, Any]) -> Refusals:
        errors = _unknown(given, OF_TICKET_FIELDS if of == "ticket" else OF_COMPANY_FIELDS)
        if given.get("type", "custom_text") not in FIELD_TYPES:
            told = f"It should be one of these values: '{','.join(sorted(FIELD_TYPES))}'"
            errors.append({"field": "type", "message": told, "code": "invalid_value"})
        words = [value.get("value") for value in given.get("choices") or [] if isinstance(value, dict)]
        if len(words) != len({str(word).casefold() for word in words} - {"None"}):
            errors.append({"field": "choices", "message": "It should be a unique value", "code": "duplicate_value"})
        return errors

    # ---- automation rules --------------------------------------------------------------------------

    def rules(self, occasion: int) -> list[dict[str, Any]]:
        """The rules that run on an occasion, in their order."""
        return self._account.records.rules.setdefault(occasion, [])

    def create_rule(self, agent: FreshdeskPerson, occasion: int, body: Any) -> Answer:
        """Make a rule, at its position or at the end."""
        given = body if isinstance(body, dict) else {}
        needed = ("name", "actions", *NEEDED.get(occasion, ()))
        errors = [_blank(name) for name in needed if not given.get(name)] + _rule_errors(given)
        if given.get("name") in {rule["name"] for rule in self.rules(occasion)}:
            errors.append({"field": "name", "message": "It should be a unique value", "code": "duplicate_value"})
        if refused := _allowed(agent) or _refused(errors):
            return refused
        now = shapes.instant(self._account.second())
        made = {"active": True, **plain(given), "id": self._account.records.next_id("rule"), "created_at": now}
        rules = self.rules(occasion)
        rules.insert(max(0, given.get("position", len(rules) + 1) - 1), made)
        return Answer(201, made)

    def change_rule(self, agent: FreshdeskPerson, occasion: int, rule_id: int, body: Any) -> Answer:
        """Change what is given of a rule."""
        given = body if isinstance(body, dict) else {}
        found = next((rule for rule in self.rules(occasion) if rule["id"] == rule_id), None)
        if refused := _allowed(agent) or (None if found else NOT_FOUND) or _refused(_rule_errors(given)):
            return refused
        assert found is not None
        found |= plain(given)
        return Answer(data=found)

    def delete_rule(self, agent: FreshdeskPerson, occasion: int, rule_id: int) -> Answer:
        """Delete a rule."""
        rules = self.rules(occasion)
        left = [rule for rule in rules if rule["id"] != rule_id]
        if refused := _allowed(agent) or (NOT_FOUND if len(left) == len(rules) else None):
            return refused
        rules[:] = left
        return Answer(204, is_empty=True)


def _allowed(agent: FreshdeskPerson) -> Answer | None:
    return None if agent.may_administer else FORBIDDEN


def _refused(errors: Refusals) -> Answer | None:
    return invalid(errors) if errors else None


def _choices(given: Mapping[str, Any]) -> list[str]:
    """The values of a dropdown; numbers, labels and positions are made from their order here."""
    choices = rows(given, "choices")
    for choice in choices:
        choice.ignore("id", "label", "position")
    return [str(choice.get("value")) for choice in choices]


def _unknown(given: Mapping[str, Any], known: frozenset[str]) -> Refusals:
    told = "Unexpected/invalid field in request"
    return [{"field": name, "message": told, "code": "invalid_field"} for name in sorted(set(given) - known)]


def _blank(name: str) -> dict[str, Any]:
    told = "It should not be blank as this is a mandatory field"
    return {"field": name, "message": told, "code": "missing_field"}


def _rule_errors(given: Mapping[str, Any]) -> Refusals:
    errors = _unknown(given, OF_RULES)
    for action in given.get("actions") or []:
        if action.get("field_name") == "trigger_webhook":
            errors += [_blank(f"actions.{name}") for name in OF_WEBHOOKS if not action.get(name)]
    return errors
