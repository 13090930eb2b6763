"""One customer of a site, without any product: tickets and time go into a real store, and a step is run on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from pydantic import BaseModel

from care_sync.clock import ManualClock
from care_sync.ledger import cards
from care_sync.messages import Messages
from care_sync.model.account import Account
from care_sync.model.link_rules import LinkRules
from care_sync.model.linking import Linking
from care_sync.model.time_entry import Link, LinkState
from care_sync.pipeline.customer import Customer, read_customer
from care_sync.pipeline.decide_and_post import DecidedAndPosted, decide_and_post
from care_sync.pipeline.ingest import ingest_organizations
from care_sync.pipeline.site import Site
from care_sync.settings import Settings
from care_sync.settings.model import CompanySection, Connection
from care_sync.store import Store, UnitOfWork
from connectors.records import EntryKind, EntryState, Organization, Ticket, TicketStatus, TimeEntry
from rules.loading import load_rules
from tests.pipeline.products import FakeHelpdesk

NOW = datetime(2026, 10, 12, 9, tzinfo=UTC)
HOUR = 3600


class NoOptions(BaseModel):
    """A product without settings."""


@dataclass
class Desk:
    """Tickets of one customer with an SLA, unless it says otherwise."""

    store: Store
    site: Site
    organization: Organization
    tickets: dict[str, Ticket] = field(default_factory=dict)

    def file(self, ticket_id: str, **fields: object) -> Ticket:
        """A ticket with these facts in its fields, of this customer."""
        shown = dict.fromkeys(("care_scope", "care_route", "care_next_step", "care_minutes"))
        ticket = Ticket(
            ticket_id, ticket_id, "Formulier stuk", TicketStatus.OPEN, NOW, NOW, organization_id=self.organization.id,
            fields={**shown, **fields},
        )  # fmt: skip
        self.tickets[ticket_id] = ticket
        with self.store.begin() as work:
            work.tickets.upsert([ticket], self.site.now())
        return ticket

    def work(self, ticket_id: str, key: str, seconds: int, day: int = 5, activity: str | None = None) -> None:
        """Somebody writes down time on a ticket."""
        entry = TimeEntry("fake", "1", key, EntryState.STOPPED, EntryKind.WORK, seconds, date(2026, 10, day))
        link = Link(LinkState.LINKED, ticket_id, self.organization.id, activity)
        with self.store.begin() as work:
            work.entries.upsert([entry], self.site.now())
            work.entries.set_links({entry.key: link})

    def buy(self, hours: int, bought_on: date = date(2026, 9, 1)) -> int:
        """The customer buys a card; returns its number."""
        with self.store.begin() as work:
            card = cards.buy(
                work, self.organization.id, hours=Decimal(hours), rate=Decimal("92.50"), bought_on=bought_on,
                reference="", now=self.site.now(), override_reason="" if hours >= 50 else "trial",
            )  # fmt: skip
        return card.card_id

    def decide_and_post(self, work: UnitOfWork, *ticket_ids: str) -> DecidedAndPosted:
        """Bring decisions and postings of these tickets to agree."""
        work.ledger.lock_head()
        return decide_and_post(
            work, self.site, self.organization, ticket_ids or tuple(self.tickets), (), everything=False, pass_id="p",
            now=self.site.now(),
        )  # fmt: skip

    def customer(self, work: UnitOfWork) -> Customer:
        """The customer as the ledger has it."""
        return read_customer(work, self.site.settings, self.organization)

    def balances(self) -> dict[Account, int]:
        """What stands on the customer's accounts, contra accounts left out."""
        with self.store.read() as work:
            balances = work.ledger.balances(self.organization.id)
        return {account: seconds for account, seconds in balances.items() if not account.kind.is_contra and seconds}


def open_desk(store: Store, clock: ManualClock, *, sla: bool | None = True, **sections: object) -> Desk:
    """A site with the shipped rules and one customer."""
    settings = Settings(
        company=CompanySection(name="CARE"), helpdesk=Connection("desk", "desk", NoOptions()), **sections
    )  # type: ignore[arg-type]
    helpdesk = FakeHelpdesk()
    rules: LinkRules = settings.linking
    site = Site(settings, load_rules(), Messages(), helpdesk, {}, Linking.of(rules, helpdesk.ticket_url), clock)  # type: ignore[arg-type]
    organization = Organization("5", "Bakkerij Van Dam", {"sla": sla})
    with store.begin() as work:
        ingest_organizations(work, [organization], clock.now())
    return Desk(store, site, organization)
