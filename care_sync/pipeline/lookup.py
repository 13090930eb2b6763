"""What linking asks about the helpdesk, answered from the store."""

from __future__ import annotations

from datetime import datetime

from care_sync.store import UnitOfWork
from connectors.records import Organization, Ticket


class StoreLookup:
    """Keeps :class:`care_sync.model.linking.TicketLookup` on one unit of work; remembers what it read.

    ``helpdesk`` is the account whose organizations are meant. A name that means one organization is remembered in the
    store as of ``now``; without ``now`` nothing is written.
    """

    def __init__(self, work: UnitOfWork, helpdesk: str, now: datetime | None = None) -> None:
        self._work = work
        self._helpdesk = helpdesk
        self._now = now
        self._tickets: dict[str, Ticket | None] = {}
        self._numbered: dict[str, Ticket | None] = {}
        self._organizations: dict[str, Organization] | None = None
        self._ids: dict[str, set[str]] = {}
        self._meant: dict[str, tuple[str, str]] | None = None

    def ticket(self, ticket_id: str) -> Ticket | None:
        """The ticket with this id."""
        if ticket_id not in self._tickets:
            self._tickets[ticket_id] = self._work.tickets.get(ticket_id)
        return self._tickets[ticket_id]

    def ticket_numbered(self, number: str) -> Ticket | None:
        """The ticket with this number, as people see it."""
        if number not in self._numbered:
            self._numbered[number] = self._work.tickets.by_number(number)
        return self._numbered[number]

    def organizations_meant(self, place: str, name: str) -> frozenset[str]:
        """Ids of the live organizations that ``name`` means at a place: the one that it meant before, if there is one.

        Upper and lower case are alike. A name whose organization was deleted is looked up anew.
        """
        folded = _folded(name)
        meant_name, meant_id = self._names().get(place, ("", ""))
        if meant_name == folded and self._is_live(meant_id):
            return frozenset({meant_id})
        named = frozenset(self._live().get(folded, ()))
        if len(named) == 1 and self._now is not None:
            (organization_id,) = named
            self._names()[place] = (folded, organization_id)
            self._work.customer_names.remember(self._helpdesk, place, folded, organization_id, self._now)
        return named

    def organization_name(self, organization_id: str) -> str | None:
        """What an organization is called."""
        organization = self._all().get(organization_id)
        return organization.name if organization else None

    def _names(self) -> dict[str, tuple[str, str]]:
        if self._meant is None:
            self._meant = self._work.customer_names.all(self._helpdesk)
        return self._meant

    def _is_live(self, organization_id: str) -> bool:
        organization = self._all().get(organization_id)
        return organization is not None and not organization.deleted

    def _all(self) -> dict[str, Organization]:
        if self._organizations is None:
            self._organizations = {organization.id: organization for organization in self._work.organizations.all()}
        return self._organizations

    def _live(self) -> dict[str, set[str]]:
        if not self._ids:
            for organization in self._all().values():
                if not organization.deleted:
                    self._ids.setdefault(_folded(organization.name), set()).add(organization.id)
        return self._ids


def _folded(name: str) -> str:
    return name.strip().casefold()
