"""The custom fields that a site must have, as Request Tracker defines them.

Terms
    definition   a custom field: its name, of which things, of which type, and which other types would serve
    type         Request Tracker's own word ("Select"), with " (several values)" where a thing can have more than one

Yes-or-no facts become a choice of two words. The words of the rules are the values, because Request Tracker shows what
it keeps; what they mean stands beside them, where administrators see it.

Source: "RT::CustomField" of Request Tracker's documentation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from connectors.preparation import Wanted, WantedField, WantedFieldKind
from connectors.request_tracker.settings import RequestTrackerSettings
from connectors.request_tracker.value_reader import READ
from connectors.value_reader import Object

OF_TICKETS = "RT::Queue-RT::Ticket"
OF_TRANSACTIONS = "RT::Queue-RT::Ticket-RT::Transaction"
OF_ASSETS = "RT::Catalog-RT::Asset"
SEVERAL = " (several values)"
DIGITS = r"(?#Digits)^[\d.]*$"
"""Request Tracker's own pattern for numbers, with what it tells people."""
TYPES: Mapping[WantedFieldKind, str] = {
    WantedFieldKind.CHOICE: "Select",
    WantedFieldKind.YES_NO: "Select",
    WantedFieldKind.DATE: "Date",
    WantedFieldKind.WHOLE_NUMBER: "Freeform",
    WantedFieldKind.TEXT: "Freeform",
}
ALIKE: Mapping[WantedFieldKind, frozenset[str]] = {
    WantedFieldKind.CHOICE: frozenset({"Select"}),
    WantedFieldKind.YES_NO: frozenset({"Select"}),
    WantedFieldKind.DATE: frozenset({"Date"}),
    WantedFieldKind.WHOLE_NUMBER: frozenset({"Freeform"}),
    WantedFieldKind.TEXT: frozenset({"Freeform", "Text", "Select", "Combobox", "Autocomplete"}),
}
"""Types of fields that people made which serve as well."""
OF_CUSTOMERS = frozenset({"Freeform", "Combobox", "Autocomplete"})
"""Serve for a choice of customers too: the SLA may be the name of any agreement."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A custom field of ``lookup`` (tickets or assets); ``wanted`` says its name and options."""

    wanted: WantedField
    lookup: str
    type: str
    alike: frozenset[str]

    @property
    def name(self) -> str:
        """The name by which it is written and read."""
        return self.wanted.title

    @property
    def kind(self) -> str:
        """What people call it in a plan."""
        return "ticket field" if self.lookup == OF_TICKETS else "asset field"

    @property
    def creation(self) -> dict[str, Any]:
        """With what one is made, its name, description and options apart."""
        made: dict[str, Any] = {
            "LookupType": self.lookup,
            "Type": self.type.removesuffix(SEVERAL),
            "MaxValues": 0 if self.type.endswith(SEVERAL) else 1,
        }
        if self.type == "Select":
            made["RenderType"] = "Dropdown"
        if self.wanted.kind is WantedFieldKind.WHOLE_NUMBER:
            made["Pattern"] = DIGITS
        return made

    def options(self, words: Iterable[str]) -> list[dict[str, str]]:
        """These of the options, as values of a custom field."""
        return [{"Name": word, "Description": self.wanted.options[word]} for word in words]


def type_of(field: Object) -> str:
    """The type of a custom field that is there."""
    most = READ.whole_number(field.get("MaxValues"), "customfield.MaxValues")
    return READ.text(field.get("Type"), "customfield.Type") + ("" if most == 1 else SEVERAL)


def definitions(wanted: Wanted, settings: RequestTrackerSettings) -> list[Definition]:
    """Every custom field that a site wants, each once: of tickets, the tags among them, and of customers."""
    tickets = [_definition(item, OF_TICKETS) for item in wanted.ticket_fields]
    tags = _definition(WantedField("tags", settings.tags_field, WantedFieldKind.TEXT), OF_TICKETS)
    tickets.append(replace(tags, type=f"Freeform{SEVERAL}", alike=frozenset({f"Freeform{SEVERAL}"})))
    if settings.customers.ticket_field is not None:
        customer = WantedField("customer", settings.customers.ticket_field, WantedFieldKind.TEXT)
        tickets.append(_definition(customer, OF_TICKETS))
    assets = [_definition(item, OF_ASSETS) for item in wanted.organization_fields]
    if settings.customers.key_field is not None:
        assets.append(_definition(WantedField("key", settings.customers.key_field, WantedFieldKind.TEXT), OF_ASSETS))
    once: dict[tuple[str, str], Definition] = {}
    for item in (*tickets, *assets):
        once.setdefault((item.lookup, item.name), item)
    return list(once.values())


def _definition(wanted: WantedField, lookup: str) -> Definition:
    alike = ALIKE[wanted.kind]
    if lookup == OF_ASSETS:
        alike |= OF_CUSTOMERS if wanted.kind is WantedFieldKind.CHOICE else frozenset()
        alike |= {f"{item}{SEVERAL}" for item in alike}
    return Definition(wanted, lookup, TYPES[wanted.kind], alike)
