"""Both offices: an event happens in CareSync, the model hears it with what CareSync decided, and balances are compared.

What the model leaves to whoever drives it is done here. Routes are those that the product decided: a subject that was
never decided before is told first, a changed one afterwards, with the reason for the change. Whether an entry is
ignored or a copy is read from its link. What the product refuses, the model must refuse, and the other way round.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import singledispatchmethod
from typing import Any

from care_sync.clock import ManualClock
from care_sync.errors import UserError
from care_sync.ledger import card_changes
from care_sync.model.month import Month
from care_sync.store import Store
from connectors.records import EntryState, Organization, TicketStatus, TimeEntry
from tests.properties.office import IGNORED, ZONE, CareSync, an_entry, settings_of
from tests.reference import events as heard
from tests.reference.histories import CUSTOMERS, HOUR, ROUTES, TICKETS
from tests.reference.office import Office
from tests.reference.world import month_after

BEGINNING = datetime.fromisoformat("2026-07-20 12:00")
"""Local time at which both offices open; nobody works before that month."""

LONG_AGO = datetime(2026, 7, 21, tzinfo=UTC)
"""When a page was read that is stored only now."""

TRACKERS = ("clock", "timer")
ACTIVITIES = ("work", "administration", "extra_work")
WITHOUT_SLA = "c"
FIRST_HOURS = 4

FACTS: Mapping[str, Mapping[str, str | None]] = {
    "sla": {"kind": "incident", "cause": "care"},
    "hour_card": {"kind": "change"},
    "invoice": {"kind": "incident", "cause": "third_party"},
    "quote:Q1": {"kind": "new_build", "quote": "accepted"},
    "quote:Q2": {"kind": "change", "quote": "accepted"},
    "fair_use": {"kind": "short_question"},
    "pending": {"kind": "incident", "cause": None},
    "review": {"kind": "other"},
}
"""Facts that lead to a route at a customer with an SLA, beside those that every ticket has."""
EVERY_TICKET: Mapping[str, str | None] = {
    "service": "website", "worked_before": "yes", "expected_minutes": "10", "clear": "yes", "cause": "care",
    "quote": "none", "quote_basis": "fixed", "estimate": "none", "acceptance": "none",
}  # fmt: skip


class Disagreement(AssertionError):
    """The product and the model do not come to the same."""


@dataclass(frozen=True)
class Site:
    """What stands in the settings of an example from its first day on."""

    carried_months: int = 0
    overdraft_hours: int = 0


@dataclass
class Both:
    """CareSync and the model, side by side."""

    store: Store
    terms: Site = field(default_factory=Site)
    not_yet: Mapping[str, str] = field(default_factory=dict)
    at: datetime = BEGINNING
    cards: dict[int, int] = field(default_factory=dict)
    rates: dict[date, Decimal] = field(default_factory=dict)
    records: dict[str, TimeEntry] = field(default_factory=dict)
    recorded: dict[str, heard.EntryRecorded] = field(default_factory=dict)
    told: dict[tuple[str, str], str] = field(default_factory=dict)
    because: str = "facts"

    def __post_init__(self) -> None:
        free = {f"level {hours}": hours * 60 for hours in range(1, 16)}
        settings = settings_of(
            free_minutes={**free, "default": 0, "none": 0},
            carried_months=self.terms.carried_months,
            overdraft_hours=Decimal(self.terms.overdraft_hours),
        )
        self.rates = dict(settings.ledger.hour_card.rates)
        self.clock = ManualClock(self.at.replace(tzinfo=ZONE).astimezone(UTC))
        self.product = CareSync(self.store, self.clock, settings)
        self.model = Office()
        self._open()

    def _open(self) -> None:
        self._hear(heard.SettingChanged("recalculation", "automatic"))
        for first_day, rate in self.rates.items():
            self._hear(heard.RateSet(first_day, rate))
        month = self.at.date().replace(day=1)
        for customer in CUSTOMERS:
            level = None if customer == WITHOUT_SLA else FIRST_HOURS
            sla = False if level is None else f"level {level}"
            self.product.put_organization(Organization(customer, f"Klant {customer}", {"sla": sla}))
            self._hear(heard.CustomerAppeared(customer, f"Klant {customer}"))
            self._hear(heard.Agreed(customer, "fair_use_seconds", (level or 0) * HOUR, month))
            self._hear(heard.Agreed(customer, "carried_months", self.terms.carried_months, month))
            self._hear(heard.Agreed(customer, "overdraft_seconds", self.terms.overdraft_hours * HOUR, date.min))
        for index, ticket in enumerate(TICKETS):
            customer = CUSTOMERS[index % len(CUSTOMERS)]
            self.product.file(ticket, customer, {**EVERY_TICKET, **FACTS[ROUTES[index]]})
            self._hear(heard.TicketPlaced(ticket, customer))
        self.product.full_pass()
        self._hear(heard.PassMade())

    def on(self, store: Store) -> Both:
        """The same two offices on a copy of the store, so that a beginning is lived through once."""
        both = copy.deepcopy(self, {id(self.store): store, id(self.not_yet): self.not_yet})
        assert both.product.store is store
        return both

    # One step

    def happen(self, at: datetime, event: heard.Event) -> None:
        """Something happens in the product; the model hears it. Raises :class:`Disagreement`."""
        self.at = at
        self.clock.sleep((at.replace(tzinfo=ZONE) - self.clock.now()).total_seconds())
        self.because = "facts"
        try:
            happened = self._do(event)
        except UserError as error:
            self._expect_refusal(event, str(error))
            return
        if not isinstance(event, heard.PassMade):
            self.product.update()
        if self.product.failures:
            raise Disagreement(f"after {event!r} the product failed: {self.product.failures}")
        routes = self.product.routes()
        changed = {key: route for key, route in routes.items() if self.told.get(key) != route}
        # A merge looks at a subject that nobody worked on for long: what it says by now was so before.
        is_first = {key for key in changed if key not in self.told or isinstance(event, heard.TicketsMerged)}
        self._tell_routes({key: route for key, route in changed.items() if key in is_first}, "facts")
        for one in happened:
            try:
                self._hear(one)
            except heard.Refused as refused:
                raise Disagreement(f"the model refuses {one!r}: {refused.why}") from None
        self._tell_routes({key: route for key, route in changed.items() if key not in is_first}, self.because)
        self._tell_links()
        self.compare(event)

    def _expect_refusal(self, event: heard.Event, why: str) -> None:
        asked = self._named(event)
        if asked is None:
            return
        try:
            self._hear(asked)
        except heard.Refused:
            return
        raise Disagreement(f"the product refuses {asked!r}: {why}; the model takes it")

    def _hear(self, event: heard.Event) -> None:
        self.model.hear(self.at, event)

    def _tell_routes(self, routes: Mapping[tuple[str, str], str], because: str) -> None:
        for (ticket, activity), route in sorted(routes.items()):
            self.told[ticket, activity] = route
            self._hear(heard.Decided(ticket, route, activity, because))  # type: ignore[arg-type]

    def _tell_links(self) -> None:
        """Tell which entries are copies or count again, by their links."""
        states = {"ignored": "ignored", "copy": "copy"}
        for key, state in self.product.link_states(list(self.recorded)).items():
            record = self.recorded[key]
            standing = states.get(state, "counts")
            if standing != record.standing and not self.model.world.entries[key].deleted:
                self._record(replace(record, standing=standing))

    def _record(self, event: heard.EntryRecorded) -> None:
        known = self.model.world.entries.get(event.entry)
        self.recorded[event.entry] = replace(event, version=known.version + 1 if known else 1)
        self._hear(self.recorded[event.entry])
        if "guards" in self.not_yet:
            self._hear(heard.EntriesAccepted((event.entry,)))

    # What happens in the product, and what the model hears of it

    @singledispatchmethod
    def _do(self, event: heard.Event) -> list[heard.Event]:
        raise TypeError(f"nobody does this: {event!r}")

    def _named(self, event: Any) -> heard.Event | None:
        """The event with the product's number of the card; ``None`` when there is no such card."""
        number = self.cards.get(event.card) if hasattr(event, "card") else 0
        if isinstance(event, heard.CardBought) or not hasattr(event, "card"):
            return event  # type: ignore[no-any-return]
        return None if number is None else replace(event, card=number)

    @_do.register
    def _agreed(self, event: heard.Agreed) -> list[heard.Event]:
        if event.term != "fair_use_seconds" or event.customer == WITHOUT_SLA:
            return []
        self.product.change_organization(event.customer, fields={"sla": f"level {event.value // HOUR}"})
        return [replace(event, since=self.at.date())]

    @_do.register
    def _customer_renamed(self, event: heard.CustomerRenamed) -> list[heard.Event]:
        self.product.change_organization(event.customer, name=event.name)
        return [event]

    @_do.register
    def _organizations_merged(self, event: heard.OrganizationsMerged) -> list[heard.Event]:
        if event.old == event.new or {event.old, event.new} & self.model.world.deleted:
            return []
        self.product.change_organization(event.old, deleted=True)
        placed: list[heard.Event] = []
        for ticket in TICKETS:
            if self.product.helpdesk.held[ticket].organization_id == event.old:
                self.product.change_ticket(ticket, organization_id=event.new)
                placed.append(heard.TicketPlaced(ticket, event.new))
        return [event, *placed]

    @_do.register
    def _rate_set(self, event: heard.RateSet) -> list[heard.Event]:
        self.rates.pop(event.first_day, None)
        if event.rate is not None:
            self.rates[event.first_day] = event.rate
        self.product.set_rates(dict(self.rates))
        self.product.poll()
        return [event]

    @_do.register
    def _setting_changed(self, event: heard.SettingChanged) -> list[heard.Event]:
        if event.name != "recalculation":
            return []
        self.product.set_recalculation(str(event.value))
        return [event]

    @_do.register
    def _card_bought(self, event: heard.CardBought) -> list[heard.Event]:
        if event.card in self.cards:
            return []
        number = self.product.buy(
            event.customer,
            bought_on=event.bought_on,
            seconds=event.seconds,
            rate=event.rate,
            again=event.again,
            reason=event.reason,
        )
        self.cards[event.card] = number
        return [replace(event, card=number)]

    @_do.register
    def _card_corrected(self, event: heard.CardCorrected) -> list[heard.Event]:
        named = self._named(event)
        if not isinstance(named, heard.CardCorrected) or not self._says_something_new(named):
            return []
        self.product.change_card(card_changes.correct, named.card, seconds=named.seconds, bought_on=named.bought_on)
        return [named]

    def _says_something_new(self, event: heard.CardCorrected) -> bool:
        card = self.model.world.cards[event.card]
        return (event.seconds or card.seconds, event.bought_on or card.bought_on) != (card.seconds, card.bought_on)

    @_do.register
    def _card_adjusted(self, event: heard.CardAdjusted) -> list[heard.Event]:
        named = self._named(event)
        if not isinstance(named, heard.CardAdjusted) or not named.seconds:
            return []
        self.product.adjust(named.card, named.seconds, named.on)
        return [named]

    @_do.register
    def _card_written_off(self, event: heard.CardWrittenOff) -> list[heard.Event]:
        named = self._named(event)
        if not isinstance(named, heard.CardWrittenOff):
            return []
        self.product.write_off(named.card, named.on)
        return [named]

    @_do.register
    def _card_voided(self, event: heard.CardVoided) -> list[heard.Event]:
        named = self._named(event)
        if not isinstance(named, heard.CardVoided):
            return []
        self.product.change_card(card_changes.void, named.card)
        return [named]

    @_do.register
    def _card_moved(self, event: heard.CardMoved) -> list[heard.Event]:
        named = self._named(event)
        if not isinstance(named, heard.CardMoved) or self.model.world.cards[named.card].customer == named.customer:
            return []
        self._move(named.card, named.customer)
        return [named]

    def _move(self, card: int, customer: str) -> None:
        def move(work: Any, card_id: int, author: Any, *, terms: Any) -> Any:
            return card_changes.move_to(work, card_id, customer, author, terms=terms)

        self.product.change_card(move, card)

    @_do.register
    def _recalculation_decided(self, event: heard.RecalculationDecided) -> list[heard.Event]:
        named = self._named(event)
        if not isinstance(named, heard.RecalculationDecided):
            return []
        self.product.decide_recalculation(named.card, named.due_on, approved=named.approved)
        return [named]

    @_do.register
    def _ticket_placed(self, event: heard.TicketPlaced) -> list[heard.Event]:
        if self._is_merged(event.ticket) or event.customer in self.model.world.deleted:
            return []
        self.product.change_ticket(event.ticket, organization_id=event.customer)
        return [event]

    @_do.register
    def _tickets_merged(self, event: heard.TicketsMerged) -> list[heard.Event]:
        stays = self.model.world.ticket_that_stays(event.into)
        if self._is_merged(event.ticket) or stays == event.ticket:
            return []
        self.product.change_ticket(event.ticket, status=TicketStatus.CLOSED, merged_into=stays)
        return [replace(event, into=stays)]

    def _is_merged(self, ticket: str) -> bool:
        return ticket in self.model.world.merged_tickets

    @_do.register
    def _decided(self, event: heard.Decided) -> list[heard.Event]:
        """The facts of a ticket, or what a word of it means by the settings, lead to another route."""
        self.because = event.because
        if self._is_merged(event.ticket):
            return []
        if event.because == "facts":
            self.product.change_ticket(event.ticket, fields={**EVERY_TICKET, **FACTS[event.route]})
        else:
            option = self.product.helpdesk.held[event.ticket].fields["kind"]
            self.product.map_word("kind", str(option), str(FACTS[event.route]["kind"]))
            self.product.poll()
        return []

    @_do.register
    def _entry_recorded(self, event: heard.EntryRecorded) -> list[heard.Event]:
        event = self._as_kept(event)
        key = event.entry
        if not event.version and key in self.records:
            self.product.put_entry(self._shown(event, LONG_AGO), read_at=LONG_AGO)
            return [event]
        self.records[key] = self._shown(event, self.clock.now())
        self.product.put_entry(self.records[key])
        standing = "ignored" if event.standing == "ignored" else "counts"
        self._record(replace(event, standing=standing))  # type: ignore[arg-type]
        return []

    def _shown(self, event: heard.EntryRecorded, updated_at: datetime) -> TimeEntry:
        tracker, _, name = event.entry.split(":")
        tags = (event.activity,) if event.activity != "work" else ()
        return an_entry(
            tracker,
            name,
            ticket=event.ticket,
            seconds=event.seconds,
            day=event.day,
            start=event.start,
            person=event.person,
            text=event.text,
            tags=(*tags, IGNORED) if event.standing == "ignored" else tags,
            updated_at=updated_at,
        )

    def _as_kept(self, event: heard.EntryRecorded) -> heard.EntryRecorded:
        """In one of two trackers; a copy is made of an entry of the other one, where there is any."""
        number = int(event.entry.removeprefix("e"))
        tracker = TRACKERS[number % len(TRACKERS)]
        event = replace(event, entry=f"{tracker}:1:{event.entry}")
        if event.standing != "copy":
            return event
        others = [key for key, record in self.records.items() if record.tracker != tracker and key in self.recorded]
        if not others:
            return replace(event, standing="counts")
        original = self.recorded[min(others)]
        return replace(original, entry=event.entry, version=1, standing="counts")

    @_do.register
    def _entry_deleted(self, event: heard.EntryDeleted) -> list[heard.Event]:
        for key, record in self.records.items():
            if key.endswith(f":{event.entry}") and not self.model.world.entries[key].deleted:
                if not event.version:
                    late = replace(record, state=EntryState.DELETED, source_updated_at=LONG_AGO)
                    self.product.put_entry(late, read_at=LONG_AGO)
                    return [heard.EntryDeleted(key, 0)]
                self.product.put_entry(replace(record, state=EntryState.DELETED))
                return [heard.EntryDeleted(key, self.model.world.entries[key].version + 1)]
        return []

    @_do.register
    def _judged(self, event: heard.Judged) -> list[heard.Event]:
        for key in self.records:
            if key.endswith(f":{event.entry}"):
                anew = event.judged_seconds % (2 * HOUR) == 0
                verdict = self.product.judge(key, event.charged_seconds, anew=anew)
                return [] if verdict is None else [heard.Judged(key, *verdict)]
        return []

    @_do.register
    def _review_filled_in(self, event: heard.ReviewFilledIn) -> list[heard.Event]:
        if self._is_merged(event.ticket):
            return []
        word = event.charge if isinstance(event.charge, str) else str(event.charge // 60)
        for said in (None, word):  # emptied first: a word that stood there already is no new one
            self.product.change_ticket(event.ticket, fields={"care_review": said})
            self.product.update()
        return [event]

    @_do.register
    def _pass_made(self, event: heard.PassMade) -> list[heard.Event]:
        if event.full:
            self.product.full_pass()
        else:
            self.product.poll()
        return [event]

    @_do.register
    def _month_closed(self, event: heard.MonthClosed) -> list[heard.Event]:
        closed: list[heard.Event] = []
        for month in self.product.months_to_close(Month(event.month)):
            self.product.close(month)
            closed.append(heard.MonthClosed(str(month)))
        return closed

    # Comparing

    def compare(self, event: heard.Event | None = None) -> None:
        """Raise :class:`Disagreement` unless every account holds the same."""
        expected = self.expected()
        actual = self.product.balances()
        if expected != actual:
            raise Disagreement(f"after {event!r}:\n{self.difference(expected, actual)}")

    def expected(self) -> dict[str, dict[str, int]]:
        """What the model says, as the ledger keeps it: of a card, what is left, negated."""
        expected = {
            customer: {
                account: seconds
                for account, seconds in self.model.balances(customer).items()
                if not account.startswith("card:")
            }
            for customer in CUSTOMERS
        }
        for number, left in self.model.laid().left.items():
            holder = self.model.world.holder(self.model.world.cards[number].customer)
            if left:
                expected[holder][f"card:{number}"] = -left
        return expected

    def difference(self, expected: Mapping[str, Mapping[str, int]], actual: Mapping[str, Mapping[str, int]]) -> str:
        """The accounts that differ, and where the entries stand."""
        lines = []
        for customer in CUSTOMERS:
            accounts = sorted({*expected[customer], *actual[customer]})
            for account in accounts:
                pair = (expected[customer].get(account, 0), actual[customer].get(account, 0))
                if pair[0] != pair[1]:
                    lines.append(
                        f"  {customer} {account}: the model {pair[0] / HOUR:g} h, CareSync {pair[1] / HOUR:g} h"
                    )
        lines += [f"  {key} stands, by the model, at {self.model.entry(key)}" for key in self.recorded]
        return "\n".join(lines)

    def compare_entries(self) -> None:
        """Raise :class:`Disagreement` unless every entry stands where the model has it.

        Not where cards may be overdrawn: what a newer card takes over is booked from card to card, for no entry.
        """
        for key in self.recorded if not self.terms.overdraft_hours else ():
            expected, actual = self.model.entry(key), self.product.stands(key)
            if expected != actual:
                raise Disagreement(f"{key} stands at {expected}, in CareSync at {actual}")

    def compare_invoices(self) -> None:
        """Raise :class:`Disagreement` unless every invoice holds the same seconds at the same rates."""
        for customer, accounts in self.expected().items():
            for account in accounts:
                if account.startswith("invoice:"):
                    month = account.removeprefix("invoice:")
                    by_rate = self.model.invoice(customer, month).seconds_by_rate
                    actual = self.product.invoiced(customer, month)
                    if actual != (None if None in by_rate else by_rate):
                        raise Disagreement(f"invoice of {customer} for {month}: {by_rate}, CareSync {actual}")


def play(both: Both, history: list[heard.Event]) -> None:
    """Let a history happen, a few hours between any two events, and compare after each."""
    at = BEGINNING + timedelta(days=31)
    for event in history:
        at += timedelta(hours=7)
        if isinstance(event, heard.MonthClosed):
            at = max(at, datetime.fromisoformat(f"{month_after(event.month)}-01 09:00"))
            both.happen(at, heard.PassMade())
        both.happen(at, event)
        if isinstance(event, heard.MonthClosed | heard.RateSet):
            both.compare_invoices()
    both.compare_invoices()
    both.compare_entries()


def settled(both: Both, arrival: list[heard.Event]) -> dict[str, dict[str, int]]:
    """The balances when everything has become known, in this order, and the last pass has run.

    Cards are called by the numbers of the history: those of the product follow the order in which they were entered.
    """
    at = BEGINNING + timedelta(days=31)
    for event in arrival:
        at += timedelta(days=4)
        both.happen(at, event)
    both.happen(datetime.fromisoformat("2026-12-30 12:00"), heard.PassMade())
    names = {f"card:{number}": f"card {name}" for name, number in both.cards.items()}
    return {
        customer: {names.get(account, account): seconds for account, seconds in accounts.items()}
        for customer, accounts in both.product.balances().items()
    }
