"""What a person names: a customer by name or id, a ticket by number or id."""

from __future__ import annotations

from care_sync.errors import UserError
from care_sync.store import UnitOfWork
from connectors.records import Organization, Ticket


def find_organization(work: UnitOfWork, wanted: str) -> Organization:
    """Return the customer by name or by id. Raises :class:`UserError` when there is none."""
    organization = work.organizations.by_name(wanted) or work.organizations.get(wanted)
    if organization is None:
        near = [other.name for other in work.organizations.all() if wanted.casefold() in other.name.casefold()][:5]
        hint = f"did you mean {', '.join(near)}?" if near else "run `care-sync sync` to read the customers first"
        raise UserError(f'there is no customer "{wanted}"', [hint])
    return organization


def find_ticket(work: UnitOfWork, wanted: str) -> Ticket:
    """Return the ticket by its number (with or without ``#``) or id. Raises :class:`UserError` when there is none."""
    name = wanted.removeprefix("#")
    ticket = work.tickets.by_number(name) or work.tickets.get(name)
    if ticket is None:
        raise UserError(f"there is no ticket {wanted}", [f"read it with `care-sync sync --ticket {name}`"])
    return ticket
