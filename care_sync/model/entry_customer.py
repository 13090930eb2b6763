"""Which customer a time entry says that it is for: by its project or its client in the time tracker. Pure.

Terms
    place       where a name stands: ``linking.clients.Acme*``, ``linking.projects.Onderhoud *``, or, for a name that is
                an organization's own, ``client Acme`` and ``project Acme``
    unresolved  a name in the settings that means no organization, or more than one
    unmatched   a client that neither the settings nor an organization's name explains

Promise: a customer is not its name. A name that meant one organization goes on to mean it, whatever the organization is
called later; it is looked up anew when the setting says something else. An unresolved name proves nothing: nobody is
another customer because of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from care_sync.model.link_rules import LinkRules
from care_sync.model.patterns import compile_wildcards
from connectors.records import TimeEntry


class CustomerLookup(Protocol):
    """What is asked about customers."""

    def organizations_meant(self, place: str, name: str) -> frozenset[str]:
        """Ids of the live organizations that ``name`` means at a place; the one that it meant before, if any."""

    def organization_name(self, organization_id: str) -> str | None:
        """What an organization is called."""


@dataclass(frozen=True, slots=True)
class EntryCustomer:
    """``organization_ids`` is ``None`` when nothing tells the customer; ``name`` is what the entry says.

    ``unresolved`` and ``unmatched`` say, in words, why the customer cannot be told although the entry names one.
    """

    organization_ids: frozenset[str] | None = None
    name: str = ""
    unresolved: str = ""
    unmatched: str = ""

    @property
    def only(self) -> str | None:
        """The organization, when there is just one it can be."""
        return next(iter(self.organization_ids)) if self.organization_ids and len(self.organization_ids) == 1 else None

    def may_be(self, organization_id: str | None) -> bool:
        """Whether the entry can be for this organization."""
        return self.organization_ids is None or organization_id in self.organization_ids


def customer_of(entry: TimeEntry, lookup: CustomerLookup, settings: LinkRules) -> EntryCustomer:
    """Configured projects first, then configured clients, then what has the very name of an organization."""
    for rule in settings.projects:
        if rule.organization and compile_wildcards(rule.project).match(entry.project_name or ""):
            return _configured(f"linking.projects.{rule.project}", rule.organization, "project", lookup)
    for pattern, organization in settings.clients.items():
        if entry.client_name and compile_wildcards(pattern).match(entry.client_name):
            return _configured(f"linking.clients.{pattern}", organization, "client", lookup)
    for what, name in (("client", entry.client_name), ("project", entry.project_name)):
        if name and (organization_ids := lookup.organizations_meant(f"{what} {name}", name)):
            return EntryCustomer(organization_ids, name)
    if entry.client_name:
        why = (
            f"the client {entry.client_name} is no organization that we know, "
            "so whether the ticket is of the same customer could not be checked"
        )
        return EntryCustomer(unmatched=why)
    return EntryCustomer()


def configured_names(settings: LinkRules) -> Iterator[tuple[str, str]]:
    """Every customer's name in the settings, with its place."""
    for rule in settings.projects:
        if rule.organization:
            yield f"linking.projects.{rule.project}", rule.organization
    for pattern, organization in settings.clients.items():
        yield f"linking.clients.{pattern}", organization


def unresolved(place: str, name: str, organization_ids: frozenset[str]) -> str:
    """Why a configured name means nobody, and what to do; empty when it means one organization."""
    if len(organization_ids) == 1:
        return ""
    what = f"{len(organization_ids)} organizations" if organization_ids else "no organization"
    return f'{place}: "{name}" is the name of {what} of the helpdesk'


def _configured(place: str, name: str, what: str, lookup: CustomerLookup) -> EntryCustomer:
    organization_ids = lookup.organizations_meant(place, name)
    if why := unresolved(place, name, organization_ids):
        return EntryCustomer(unresolved=why)
    return EntryCustomer(organization_ids, f"{name} (by its {what})")
