"""What a replay works on, read from the store: subjects with their facts, time, and customers with their cards.

Terms
    subject   a ticket as a whole, or one kind of work on it, with the facts that decided it last
    worked    an entry's time, as the ledger would lay it down, but for its route
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from care_sync.model.allocation import CardCapacity
from care_sync.model.hour_card import HourCard
from care_sync.model.terms import Terms
from care_sync.pipeline.customer import read_customer
from care_sync.settings import Settings
from care_sync.store import UnitOfWork
from connectors.records import Organization, Ticket


@dataclass(frozen=True, slots=True)
class Subject:
    """What was decided; ``activity`` is empty for the ticket as a whole, ``on`` the day whose rules hold."""

    ticket_id: str
    activity: str
    facts: Mapping[str, Any]
    on: date
    organization_id: str | None


@dataclass(frozen=True, slots=True)
class WorkedTime:
    """An entry's seconds; ``activity`` tells which subject of its ticket sends it somewhere."""

    entry_key: str
    ticket_id: str
    activity: str
    seconds: int
    work_date: date
    started_at: datetime | None


@dataclass(frozen=True, slots=True)
class CustomerHistory:
    """A customer with its time since the first day, and its cards as if none of that time had been laid on them."""

    organization: Organization
    cards: tuple[HourCard, ...]
    capacities: tuple[CardCapacity, ...]
    terms: Terms
    worked: tuple[WorkedTime, ...]


@dataclass(frozen=True, slots=True)
class History:
    """Everything since a day. Tickets count that were reported or worked on since then."""

    since: date
    subjects: tuple[Subject, ...]
    customers: Mapping[str, CustomerHistory]
    tickets: Mapping[str, Ticket]


def read_history(work: UnitOfWork, settings: Settings, since: date) -> History:
    """Read the history since a local date."""
    worked: dict[str, list[WorkedTime]] = {}
    worked_on: set[str] = set()
    for stored in work.entries.counting_since(since):
        if stored.link.organization_id is None or stored.link.ticket_id is None:
            continue
        entry = stored.entry
        worked_on.add(stored.link.ticket_id)
        worked.setdefault(stored.link.organization_id, []).append(
            WorkedTime(
                entry.key, stored.link.ticket_id, stored.activity, entry.seconds, entry.work_date, entry.started_at
            )
        )
    first = datetime.combine(since, time(), settings.company.zone)
    tickets = {
        ticket.id: ticket for ticket in work.tickets.each() if ticket.created_at >= first or ticket.id in worked_on
    }
    subjects = tuple(
        Subject(
            decision.ticket_id,
            decision.activity,
            decision.facts,
            tickets[decision.ticket_id].created_at.astimezone(settings.company.zone).date(),
            tickets[decision.ticket_id].organization_id,
        )
        for decision in work.decisions.each_current()
        if decision.ticket_id in tickets
    )
    organizations = work.organizations.get_many(worked)
    customers = {
        key: _customer(work, settings, organizations[key], tuple(many))
        for key, many in worked.items()
        if key in organizations
    }
    return History(since, subjects, customers, tickets)


def _customer(
    work: UnitOfWork, settings: Settings, organization: Organization, worked: tuple[WorkedTime, ...]
) -> CustomerHistory:
    customer = read_customer(work, settings, organization)
    freed: dict[int, int] = {}
    for posted in work.ledger.posted(entry.entry_key for entry in worked).values():
        for leg in posted.shares:
            card_id = leg.account.card_id
            if card_id is not None:
                freed[card_id] = freed.get(card_id, 0) + leg.seconds
    return CustomerHistory(
        organization=organization,
        cards=customer.cards,
        capacities=tuple(
            CardCapacity(
                card.card_id,
                card.bought_on,
                customer.left[card.card_id] + freed.get(card.card_id, 0),
                card.covers_from,
            )
            for card in customer.cards
        ),
        terms=customer.terms,
        worked=worked,
    )
