"""A customer's books, filled through the ledger's own doors: what every test of invoices and statements begins with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from care_sync.ledger import cards
from care_sync.ledger.posting import PostingReport, post_customer
from care_sync.model.decided_time import DecidedTime
from care_sync.model.month import Month
from care_sync.model.terms import Terms
from care_sync.model.time_entry import Link, LinkState
from care_sync.settings import Settings
from care_sync.settings.model import Connection
from care_sync.store import UnitOfWork
from connectors.records import EntryKind, EntryState, Organization, Ticket, TicketStatus, TimeEntry
from rules.model.words import Route

NOW = datetime(2026, 11, 2, tzinfo=UTC)
TODAY = date(2026, 11, 2)
HOUR = 3600

SELLER = {
    "legal_name": "CARE Internet B.V.",
    "street": "Hoofdstraat 12",
    "postal_code": "1234 AB",
    "city": "Amsterdam",
    "kvk_number": "12345678",
    "vat_number": "NL123456789B01",
    "iban": "NL91 ABNA 0417 1643 00",
    "email": "administratie@care.example",
}
BUYER = {
    "street": "Dorpsweg 3",
    "postal_code": "9876 XY",
    "city": "Groningen",
    "kvk_number": "87654321",
    "vat_number": "NL987654321B01",
}
CUSTOMER = Organization("5", "Bakkerij Van Dam", BUYER, "nl")
NORTHWIND = Organization(
    "6", "Northwind Trading", {**BUYER, "oin_number": "00000001234567890000", "kvk_number": None}, "en-GB"
)


class NoOptions(BaseModel):
    """The settings of a helpdesk that nobody talks to."""


def settings(**invoice: Any) -> Settings:
    """Settings with a rate of 95.00 in 2026 and everything about the seller, unless told otherwise."""
    section = {"rates": {2025: "90.00", 2026: "95.00"}, "number_prefix": "CS", "seller": SELLER, **invoice}
    return Settings(
        company={"name": "CARE"},  # type: ignore[arg-type]
        helpdesk=Connection("desk", "desk", NoOptions()),
        ledger={"invoice": section},  # type: ignore[arg-type]
    )


def worked(
    key: str,
    seconds: int,
    route: Route = Route.INVOICE,
    day: date = date(2026, 10, 5),
    ticket: str = "1",
    clauses: tuple[str, ...] = ("Q5",),
) -> DecidedTime:
    """An entry's time as it was decided."""
    return DecidedTime(key, seconds, route, day, ticket, revision=1, rules=("R",), clauses=clauses)


def post(
    work: UnitOfWork,
    *time: DecidedTime,
    organization_id: str = "5",
    gone: tuple[str, ...] = (),
    closing: Month | None = None,
    allowance: int = 0,
    overdraft: int = 0,
    now: datetime = NOW,
) -> PostingReport:
    """Make the ledger say it."""
    return post_customer(
        work,
        organization_id,
        time,
        terms=Terms(allowance=lambda _: allowance, overdraft_seconds=overdraft),
        now=now,
        gone=gone,
        closing=closing,
    )


def close(work: UnitOfWork, period: str, *time: DecidedTime, organization_id: str = "5", allowance: int = 0) -> None:
    """Close a month with this time in it."""
    post(work, *time, organization_id=organization_id, closing=Month(period), allowance=allowance)
    work.periods.close(Month(period), NOW, "anna")


def buy(work: UnitOfWork, hours: int, bought_on: date = date(2026, 9, 1), organization_id: str = "5") -> int:
    """Sell a card; gives its number."""
    return cards.buy(
        work, organization_id, hours=Decimal(hours), rate=Decimal("92.50"), bought_on=bought_on, reference="F1",
        again=True, now=NOW, actor="anna", override_reason="test" if hours < 50 else "",
    ).card_id  # fmt: skip


def fill(work: UnitOfWork, *organizations: Organization, tickets: Iterable[Ticket] = ()) -> None:
    """Store customers and tickets 1 to 3."""
    work.organizations.upsert(organizations or (CUSTOMER, NORTHWIND), NOW)
    work.tickets.upsert(tickets or (ticket("1"), ticket("2", "Nieuwe pagina"), ticket("3", "Vraag")), NOW)


def ticket(number: str, subject: str = "Contactformulier werkt niet", organization_id: str = "5") -> Ticket:
    """A ticket; its number is a thousand more than its id."""
    return Ticket(
        id=number, number=str(1000 + int(number)), subject=subject, status=TicketStatus.OPEN,
        created_at=NOW, updated_at=NOW, organization_id=organization_id,
    )  # fmt: skip


def enter(
    work: UnitOfWork,
    key: str,
    seconds: int,
    description: str = "gebeld",
    person: str = "Anna de Wit",
    day: date = date(2026, 10, 5),
    ticket_id: str = "1",
    organization_id: str = "5",
    state: EntryState = EntryState.STOPPED,
) -> TimeEntry:
    """Store a time entry as its tracker has it, linked to its ticket; its key is ``toggl:1:<key>``."""
    entry = TimeEntry(
        tracker="toggl", account="1", id=key, state=state, kind=EntryKind.WORK, seconds=seconds, work_date=day,
        description=description, person_id="7", person_name=person,
    )  # fmt: skip
    work.entries.upsert([entry], NOW)
    work.entries.set_links(
        {entry.key: Link(LinkState.LINKED, ticket_id, organization_id, None, "number", f"#{ticket_id}")}
    )
    return entry
