"""CareSync as an office uses it: what people do to tickets, time, cards and settings, and the pass that follows.

Records go through the functions that every reading goes through, and a pass is a real one; only the products' HTTP is
left out. What a person is refused raises :class:`care_sync.errors.UserError` and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from care_sync.billing.invoice import read_invoice
from care_sync.clock import ManualClock
from care_sync.errors import UserError
from care_sync.ledger import card_changes, cards, recalculation, review
from care_sync.ledger.closing import close_month
from care_sync.messages import Messages
from care_sync.model.decision import WHOLE_TICKET
from care_sync.model.linking import Linking
from care_sync.model.month import Month
from care_sync.model.review import Ruling
from care_sync.model.terms import Terms
from care_sync.pipeline.customer import terms_of
from care_sync.pipeline.ingest import ingest_entries, ingest_organizations, ingest_tickets
from care_sync.pipeline.run import PassKind, Scope, run_pass
from care_sync.pipeline.site import Site
from care_sync.pipeline.unsettled import has_been_read
from care_sync.pipeline.update_customers import update_customers
from care_sync.settings import Settings
from care_sync.settings.agreements import FairUseSection, HourCardSection
from care_sync.settings.facts import FactsSection
from care_sync.settings.model import CompanySection, Connection, LedgerSection
from care_sync.store import Store, UnitOfWork
from connectors.records import (
    EntryKind,
    EntryState,
    Organization,
    Ticket,
    TicketPage,
    TicketReference,
    TicketStatus,
    TimeEntry,
)
from rules.deciding.rule_book import RuleBook
from rules.loading import load_rules
from tests.pipeline.products import FakeHelpdesk

ZONE = ZoneInfo("Europe/Amsterdam")
WRITTEN_BY_US = ("care_scope", "care_route", "care_next_step", "care_minutes", "care_review")
IGNORED = "verlof"


class NoOptions(BaseModel):
    """A product without settings."""


@cache
def rules() -> RuleBook:
    """The shipped rules, read once."""
    return load_rules()


def settings_of(*, free_minutes: Mapping[str, int], carried_months: int, overdraft_hours: Decimal) -> Settings:
    """A site that recalculates by itself, at 100 euro an hour in 2025 and 2026."""
    rates = {date(2025, 1, 1): Decimal(100), date(2026, 1, 1): Decimal(100)}
    return Settings(
        company=CompanySection(name="CARE"),
        helpdesk=Connection("desk", "desk", NoOptions()),
        ledger=LedgerSection(
            hour_card=HourCardSection(rates=rates, recalculation="automatic", overdraft_hours=overdraft_hours),
            fair_use=FairUseSection(minutes_per_month=free_minutes, carried_months=carried_months),
        ),
    )  # type: ignore[call-arg]


@dataclass
class CareSync:
    """One site over one store; ``clock`` is moved by whoever drives it."""

    store: Store
    clock: ManualClock
    settings: Settings
    helpdesk: FakeHelpdesk = field(default_factory=FakeHelpdesk)
    failures: list[str] = field(default_factory=list)

    # What people do in the helpdesk

    def put_organization(self, organization: Organization) -> None:
        """An organization appears or becomes another."""
        self.helpdesk.put_organization(organization)
        with self.store.begin() as work:
            ingest_organizations(work, [organization], self.clock.now())

    def change_organization(self, organization_id: str, **changes: Any) -> None:
        """An organization is renamed, deleted, or agreed with otherwise."""
        self.put_organization(replace(self.helpdesk.customers[organization_id], **changes))

    def put_ticket(self, ticket: Ticket) -> None:
        """A ticket appears or becomes another."""
        self.helpdesk.held[ticket.id] = ticket
        with self.store.begin() as work:
            ingest_tickets(work, TicketPage((ticket,), (), (), None, last=True), self.linking, self.clock.now())

    def file(self, ticket_id: str, organization_id: str | None, facts: Mapping[str, str | None]) -> None:
        """A ticket is filed on the website's support page."""
        now = self.clock.now()
        self.put_ticket(
            Ticket(
                ticket_id,
                ticket_id,
                "Formulier stuk",
                TicketStatus.OPEN,
                now,
                now,
                organization_id=organization_id,
                fields={**dict.fromkeys(WRITTEN_BY_US), **facts},
            )
        )

    def change_ticket(self, ticket_id: str, **changes: Any) -> None:
        """A ticket is edited; ``fields`` are laid over those that it has."""
        before = self.helpdesk.held[ticket_id]
        fields = {**before.fields, **changes.pop("fields", {})}
        self.put_ticket(replace(before, fields=fields, updated_at=self.clock.now(), **changes))

    # What people do in the time trackers

    def put_entry(self, entry: TimeEntry, *, read_at: datetime | None = None) -> None:
        """A tracker shows an entry as it is now, or as it was when a slow page was read."""
        with self.store.begin() as work:
            ingest_entries(work, [entry], self.linking, self.clock.now(), read_at=read_at)

    # What people do with cards and reviewed time

    def with_ledger(self, change: Callable[[UnitOfWork], Any]) -> Any:
        """One command: one transaction."""
        with self.store.begin() as work:
            return change(work)

    def buy(
        self, organization_id: str, *, bought_on: date, seconds: int, rate: Decimal, again: bool, reason: str
    ) -> int:
        """A customer buys a card; returns its number."""
        card = self.with_ledger(
            lambda work: cards.buy(
                work,
                organization_id,
                hours=Decimal(seconds) / 3600,
                rate=rate,
                bought_on=bought_on,
                reference="",
                now=self.clock.now(),
                override_reason=reason,
                again=again,
            )
        )
        return int(card.card_id)

    def change_card(self, change: Callable[..., Any], card_id: int, *values: Any, **named: Any) -> None:
        """A card is voided, moved or corrected, by a function of :mod:`care_sync.ledger.card_changes`."""
        author = card_changes.Author("anna", "because", self.clock.now())
        self.with_ledger(lambda work: change(work, card_id, *values, author, terms=self._terms(work), **named))

    def adjust(self, card_id: int, seconds: int, day: date) -> None:
        """A person gives or takes hours."""
        values = {"day": day, "now": self.clock.now(), "actor": "anna", "reason": "because"}
        self.with_ledger(lambda work: cards.adjust(work, card_id, seconds=seconds, **values))

    def write_off(self, card_id: int, day: date) -> None:
        """A person takes away what is left."""
        values = {"day": day, "now": self.clock.now(), "actor": "anna", "reason": "because"}
        self.with_ledger(lambda work: cards.write_off(work, card_id, seconds=None, **values))

    def decide_recalculation(self, card_id: int, due_on: date, *, approved: bool) -> None:
        """A person approves or declines what is proposed for a due day."""
        named = {"now": self.clock.now(), "actor": "anna", "reason": "because"}

        def decide(work: UnitOfWork) -> None:
            terms = self._terms(work)(cards.require(work, card_id).organization_id)
            if approved:
                recalculation.approve(work, card_id, due_on, terms=terms, **named)
            elif recalculation.require_open(work, card_id).due_on == due_on:
                recalculation.decline(work, card_id, terms=terms, **named)
            else:
                raise UserError("another due day is open", [])

        self.with_ledger(decide)

    def judge(self, entry_key: str, charged_seconds: int, *, anew: bool) -> tuple[int, int] | None:
        """A person judges reviewed time of an entry: (judged, charged) seconds; ``None`` when there is none."""
        with self.store.begin() as work:
            work.ledger.lock_head()
            try:
                item = review.reviewed(work, entry_key)
                most = item.seconds + (item.judged_seconds if anew else 0)
                ruling = Ruling(min(charged_seconds, most))
                verdicts = review.decide(
                    work, [item], ruling, reason="because", actor="anna", now=self.clock.now(), anew=anew
                )
            except UserError:
                return None
        return verdicts[0].judged_seconds, verdicts[0].charged_seconds

    # Settings and passes

    def set_rates(self, rates: Mapping[date, Decimal]) -> None:
        """The hourly rates of the settings become others."""
        self._set_hour_cards(rates=rates)

    def set_recalculation(self, mode: str) -> None:
        """``off``, ``propose`` or ``automatic``."""
        self._set_hour_cards(recalculation=mode)

    def _set_hour_cards(self, **changes: object) -> None:
        section = self.settings.ledger.hour_card.model_copy(update=changes)
        ledger = self.settings.ledger.model_copy(update={"hour_card": section})
        self.settings = self.settings.model_copy(update={"ledger": ledger})

    def map_word(self, fact: str, option: str, word: str) -> None:
        """What an option of the helpdesk means becomes another word of the rules, wherever it stands."""
        values = {fact: {**self.settings.facts.values.get(fact, {}), option: word}}
        self.settings = self.settings.model_copy(update={"facts": FactsSection(values=values)})

    def update(self) -> None:
        """The part of every pass that works off what changed."""
        self.failures += update_customers(self.store, self.site, "p").failures

    def full_pass(self) -> None:
        """A whole pass."""
        self.failures += run_pass(self.store, self.site, Scope(PassKind.FULL, pushes=False)).failures

    def poll(self) -> None:
        """A pass between two nights."""
        self.failures += run_pass(self.store, self.site, Scope(PassKind.POLL, pushes=False)).failures

    def months_to_close(self, last: Month) -> list[Month]:
        """The months that are open up to ``last``, in order."""
        with self.store.read() as work:
            month = work.periods.months().first_open or work.ledger.first_worked_month() or last
        months = []
        while month <= last:
            months.append(month)
            month = month.next
        return months or [last]

    def close(self, month: Month) -> None:
        """`care-sync period close`."""
        with self.store.read() as work:
            if not has_been_read(work, month, ZONE):
                raise UserError("no full pass has run since the month ended", [])
        self.with_ledger(
            lambda work: close_month(
                work,
                month,
                terms=self._terms(work),
                prices=self.settings.ledger.prices,
                now=self.clock.now(),
                today=self.site.today(),
                actor="anna",
            )
        )

    # Answers

    def routes(self) -> dict[tuple[str, str], str]:
        """What is decided, by ticket and kind of work."""
        with self.store.read() as work:
            decisions = work.decisions.current(self.helpdesk.held)
        return {
            (ticket, activity): f"quote:{ticket}" if stored.outcome["route"] == "quote" else stored.outcome["route"]
            for (ticket, activity), stored in decisions.items()
            if activity != WHOLE_TICKET
        }

    def link_states(self, entry_keys: list[str]) -> dict[str, str]:
        """How each entry is linked."""
        with self.store.read() as work:
            return {key: stored.link.state.value for key, stored in work.entries.get_many(entry_keys).items()}

    def balances(self) -> dict[str, dict[str, int]]:
        """Seconds on each account that is no contra account, by customer; of a card what is left on it, negated."""
        balances: dict[str, dict[str, int]] = {key: {} for key in self.helpdesk.customers}
        with self.store.read() as work:
            for (organization_id, account), seconds in work.ledger.all_balances().items():
                if seconds and not account.kind.is_contra:
                    balances[organization_id][str(account)] = seconds
        return balances

    def stands(self, entry_key: str) -> dict[tuple[str, str], int]:
        """Where an entry's seconds stand by everything that was ever booked for it, by customer and account."""
        accounts: dict[tuple[str, str], int] = {}
        with self.store.read() as work:
            for transaction in work.ledger.of_entry(entry_key):
                for leg in transaction.legs:
                    if not leg.account.kind.is_contra:
                        place = (transaction.organization_id, str(leg.account))
                        accounts[place] = accounts.get(place, 0) + leg.seconds
        return {place: seconds for place, seconds in accounts.items() if seconds}

    def invoiced(self, organization_id: str, month: str) -> dict[Decimal, int] | None:
        """Seconds on an invoice by rate; ``None`` when a rate is missing."""
        with self.store.read() as work:
            organization = work.organizations.get(organization_id)
            assert organization is not None
            try:
                invoice = read_invoice(work, organization, Month(month), self.settings)
            except UserError:
                return None
        by_rate: dict[Decimal, int] = {}
        for line in invoice.lines:
            by_rate[line.rate] = by_rate.get(line.rate, 0) + line.seconds
        return {rate: seconds for rate, seconds in by_rate.items() if seconds}

    @property
    def linking(self) -> Linking:
        """How entries find their tickets."""
        return Linking.of(self.settings.linking, self.helpdesk.ticket_url)  # type: ignore[arg-type]

    @property
    def site(self) -> Site:
        """The site by the settings of now."""
        return Site(self.settings, rules(), _messages(), self.helpdesk, {}, self.linking, self.clock)

    def _terms(self, work: UnitOfWork) -> Callable[[str], Terms]:
        return lambda organization_id: terms_of(
            work, self.settings, work.organizations.get(organization_id) or Organization(organization_id, "?")
        )


@cache
def _messages() -> Messages:
    return Messages()


def an_entry(
    tracker: str, name: str, *, ticket: str | None, seconds: int, day: date, start: int, person: str, text: str,
    tags: tuple[str, ...], updated_at: datetime,
) -> TimeEntry:  # fmt: skip
    """An entry as its tracker shows it; ``start`` in seconds after midnight."""
    started_at = datetime.combine(day, time(), ZONE).astimezone(UTC) + timedelta(seconds=start)
    references = (TicketReference("field", ticket_id=ticket),) if ticket is not None else ()
    return TimeEntry(
        tracker, "1", name, EntryState.STOPPED, EntryKind.WORK, seconds, day, text, started_at,
        person_id=person, person_name=person, tags=tags, references=references, source_updated_at=updated_at,
    )  # fmt: skip
