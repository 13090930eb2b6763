"""The office: hears what becomes known, one event after the other, and answers what should stand.

    office = Office()
    office.hear(datetime.fromisoformat("2026-10-21 02:30"), PassMade())
    office.balances("acme")        {"card:7": 3600, "invoice:2026-10": 1800}   seconds of work on each account
    office.card_left(7)            seconds
    office.entry("e1")             {("acme", "card:7"): 3600}   where an entry's seconds stand
    office.invoice("acme", "2026-10").euros     exact, before any rounding; `None` waits for a rate

What cannot be taken raises `Refused` and changes nothing. Readings:

- **Closing** (E): months close in order, when they are over and a full pass without failures has read past their end.
  The first month to close closes everything before it. Rates are kept as they are then.
- **Settings, rules and ticket merges** shift what closed time is compared with, and so move nothing of it (B).
- **Telling** (I4, I): a customer is told at a pass when the state has asked for it longer than the quiet time and
  nobody told them; while replies are off it is attention, and nothing is lost.
- **`care_review`** judges what waits at that moment, in the order of work, and is spent (D).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import singledispatchmethod

from tests.reference import events as heard
from tests.reference.answers import Answers
from tests.reference.events import Event, Refused
from tests.reference.laying import Laid, lay
from tests.reference.settled import Basis, basis_now, means_the_same
from tests.reference.tellings import Tellings
from tests.reference.world import Card, Entry, Verdict, last_day, month_after, month_of

SMALLEST_CARD = 50 * heard.HOUR


class Office(Answers):
    def __init__(self) -> None:
        super().__init__()
        self.history: list[tuple[datetime, Event]] = []
        self.told = Tellings()
        self.answered: list[tuple[str, str]] = []  # what an agent who filled in `care_review` is answered

    # Hearing

    def hear(self, at: datetime, event: Event) -> None:
        self.world.today = max(self.world.today, at.date())
        before = self._bases()
        self._laid = None
        try:
            self._take(event, at)
        finally:
            self._laid = None
        if isinstance(event, heard.TicketsMerged) or (isinstance(event, heard.Decided) and event.because == "settings"):
            self._shift_bases(before)
        self.history.append((at, event))

    def to_be_told(self) -> set[tuple[str, str]]:
        """Notices that are due now and were not sent: attention while replies are off."""
        return self.told.due(self.history[-1][0], self.world)

    @singledispatchmethod
    def _take(self, event: Event, at: datetime) -> None:
        raise TypeError(f"no event: {event!r}")

    def _bases(self) -> dict[str, Basis | None]:
        return {key: basis_now(self.world, self.world.entries[key]) for key in self.books.bases}

    def _shift_bases(self, before: dict[str, Basis | None]) -> None:
        after = self._bases()
        for key, basis in self.books.bases.items():
            old, new = before[key], after[key]
            if old is None or new is None:
                continue
            same_verdict = (basis.judged, basis.charged) == (old.judged, old.charged)
            self.books.bases[key] = Basis(
                new.customer if basis.customer == old.customer else basis.customer,
                new.route if means_the_same(basis.route, old.route) else basis.route,
                basis.day,
                *((new.judged, new.charged) if same_verdict else (basis.judged, basis.charged)),
            )

    # Customers

    @_take.register
    def _customer_appeared(self, event: heard.CustomerAppeared, at: datetime) -> None:
        self.world.names[event.customer] = event.name

    @_take.register
    def _customer_renamed(self, event: heard.CustomerRenamed, at: datetime) -> None:
        self.world.names[event.customer] = event.name

    @_take.register
    def _customer_deleted(self, event: heard.CustomerDeleted, at: datetime) -> None:
        self.world.deleted.add(event.customer)

    @_take.register
    def _organizations_merged(self, event: heard.OrganizationsMerged, at: datetime) -> None:
        self.world.deleted.add(event.old)

    @_take.register
    def _customers_merged(self, event: heard.CustomersMerged, at: datetime) -> None:
        if self.world.holder(event.new) == self.world.holder(event.old) or event.new in self.world.deleted:
            raise Refused("a customer is merged into another one that exists")
        self.world.merged_customers[event.old] = event.new

    @_take.register
    def _customers_merge_reversed(self, event: heard.CustomersMergeReversed, at: datetime) -> None:
        if self.world.merged_customers.pop(event.old, None) is None:
            raise Refused("this customer was not merged")

    @_take.register
    def _agreed(self, event: heard.Agreed, at: datetime) -> None:
        self.world.agreed.setdefault((event.customer, event.term), {})[event.since] = event.value

    @_take.register
    def _rate_set(self, event: heard.RateSet, at: datetime) -> None:
        self.world.rates.pop(event.first_day, None)
        if event.rate is not None:
            self.world.rates[event.first_day] = event.rate

    @_take.register
    def _setting_changed(self, event: heard.SettingChanged, at: datetime) -> None:
        self.world.settings[event.name] = event.value

    # Cards

    @_take.register
    def _card_bought(self, event: heard.CardBought, at: datetime) -> None:
        if event.card in self.world.cards:
            return
        if event.seconds < SMALLEST_CARD and not event.reason:
            raise Refused("a card has at least 50 h (H1)")
        standing = [card for card in self.world.cards.values() if not card.void]
        alike = (event.customer, event.bought_on, event.seconds)
        most = self.world.settings["most_card_hours"]
        asked = (
            any(card.reference == event.reference for card in standing if event.reference)
            or any((card.customer, card.bought_on, card.seconds) == alike for card in standing)
            or (isinstance(most, int) and event.seconds > most * heard.HOUR)
        )
        if asked and not event.again:
            raise Refused("asks whether this is meant (H)")
        self.world.cards[event.card] = Card(
            event.card, event.customer, event.bought_on, event.seconds, event.rate, event.reference
        )

    @_take.register
    def _card_corrected(self, event: heard.CardCorrected, at: datetime) -> None:
        card = self._standing_card(event.card)
        seconds = card.seconds if event.seconds is None else event.seconds
        if seconds + sum(adjusted for adjusted, _ in card.adjustments) < 0:
            raise Refused("more was taken from the card by hand than was bought")
        self.books.due_days = {key: due for key, due in self.books.due_days.items() if key[0] != card.number}
        self.world.change_card(card.number, seconds=seconds, bought_on=event.bought_on or card.bought_on)

    @_take.register
    def _card_adjusted(self, event: heard.CardAdjusted, at: datetime) -> None:
        card = self._standing_card(event.card)
        if event.seconds < 0 and self.card_left(card.number) + event.seconds < 0:
            raise Refused("there is not so much left on the card")
        self.world.change_card(card.number, adjustments=(*card.adjustments, (event.seconds, event.on)))

    @_take.register
    def _card_written_off(self, event: heard.CardWrittenOff, at: datetime) -> None:
        left = self.card_left(self._standing_card(event.card).number)
        if left <= 0:
            raise Refused("nothing is left on the card")
        self._card_adjusted(heard.CardAdjusted(event.card, -left, event.on), at)

    @_take.register
    def _card_voided(self, event: heard.CardVoided, at: datetime) -> None:
        self.world.change_card(self._standing_card(event.card).number, void=True)

    @_take.register
    def _card_moved(self, event: heard.CardMoved, at: datetime) -> None:
        if event.customer in self.world.deleted:
            raise Refused("this customer was deleted")
        self.world.change_card(self._standing_card(event.card).number, customer=event.customer)

    @_take.register
    def _recalculation_decided(self, event: heard.RecalculationDecided, at: datetime) -> None:
        key = (event.card, event.due_on)
        due = self.recalculations().get(key)
        if due is None or due.state != "proposed":
            raise Refused("nothing is proposed for this card and day")
        if key in self.books.due_days:
            most = max(0, self.card_left(event.card) + self._drawn_in_open_months(event.card))
            self.books.due_days[key] = replace(due, change=max(due.change, -most))
        self.world.decided_dues[key] = event.approved

    def _drawn_in_open_months(self, card: int) -> int:
        return sum(posting.seconds for posting in self.laid().postings if posting.account == f"card:{card}")

    def _standing_card(self, number: int) -> Card:
        card = self.world.cards.get(number)
        if card is None or card.void:
            raise Refused("there is no such card")
        return card

    # Tickets and time

    @_take.register
    def _ticket_placed(self, event: heard.TicketPlaced, at: datetime) -> None:
        self.world.tickets[event.ticket] = event.customer

    @_take.register
    def _tickets_merged(self, event: heard.TicketsMerged, at: datetime) -> None:
        if self.world.ticket_that_stays(event.into) == self.world.ticket_that_stays(event.ticket):
            return
        self.world.merged_tickets[event.ticket] = event.into

    @_take.register
    def _decided(self, event: heard.Decided, at: datetime) -> None:
        key = (event.ticket, event.activity)
        if event.activity == "work":
            self.told.decided(event.ticket, event.route, event.tell, at)
        self.world.routes[key] = event.route

    @_take.register
    def _entry_recorded(self, event: heard.EntryRecorded, at: datetime) -> None:
        values = {**vars(event), "key": event.entry}
        del values["entry"]
        self._read(Entry(**values))

    @_take.register
    def _entry_deleted(self, event: heard.EntryDeleted, at: datetime) -> None:
        entry = self.world.entries.get(event.entry, Entry(event.entry, 0))
        self._read(replace(entry, version=event.version, deleted=True))

    def _read(self, entry: Entry) -> None:
        known = self.world.entries.get(entry.key)
        if known is None or entry.version > known.version:
            self.world.entries[entry.key] = entry

    @_take.register
    def _entries_accepted(self, event: heard.EntriesAccepted, at: datetime) -> None:
        for key in event.entries:
            self.world.accepted[key] = self.world.entries[key].accepted_as

    @_take.register
    def _judged(self, event: heard.Judged, at: datetime) -> None:
        entry = self.world.entries[event.entry]
        customer = self.world.customer_of(entry)
        if customer is None or entry.ticket is None:
            raise Refused("this is nobody's time")
        if not 0 <= event.charged_seconds <= event.judged_seconds:
            raise Refused("more is charged than was judged")
        verdict = Verdict(customer, entry.ticket, event.judged_seconds, event.charged_seconds)
        self.world.verdicts.setdefault(entry.key, []).append(verdict)

    @_take.register
    def _review_filled_in(self, event: heard.ReviewFilledIn, at: datetime) -> None:
        stays = self.world.ticket_that_stays(event.ticket)
        reviewed = {
            entry: kinds
            for entry in self.world.entries.values()
            if entry.ticket is not None and self.world.ticket_that_stays(entry.ticket) == stays
            if self.world.customer_of(entry) is not None
            if (kinds := self.seconds_by_kind(entry.key))["review"] > 0
        }
        if not reviewed:
            self.answered.append((event.ticket, "nothing waits"))
            return
        waiting = sum(kinds["review"] for kinds in reviewed.values())
        rest = {"all": waiting, "none": 0}[event.charge] if isinstance(event.charge, str) else event.charge
        for entry, kinds in sorted(reviewed.items(), key=lambda item: (item[0].day, item[0].start, item[0].key)):
            charged = min(rest, kinds["review"])
            rest -= charged
            judged = kinds["review"] + kinds["judged"] + kinds["waived"]
            self._judged(heard.Judged(entry.key, judged, kinds["judged"] + charged), at)

    # Time passing

    @_take.register
    def _pass_made(self, event: heard.PassMade, at: datetime) -> None:
        if event.full:
            self.world.passed = max(self.world.passed, at.date() - timedelta(days=1))
            mode = str(self.world.settings["recalculation"])
            for card in self.world.cards.values():
                for due in self.world.due_days(card, self.world.passed) if mode != "off" else []:
                    self.world.judged_dues.setdefault((card.number, due), mode)
            self._keep_due_days(self.laid(), self.world.closed_through)
            self.told.recalculated(self.recalculations())
        self.told.at_a_pass(at, self.world)

    def _keep_due_days(self, laid: Laid, through: str) -> None:
        for key, due in laid.due_days.items():
            if month_of(key[1]) <= through and due.state != "waits":
                self.books.due_days.setdefault(key, due)

    @_take.register
    def _month_closed(self, event: heard.MonthClosed, at: datetime) -> None:
        closed = self.world.closed_through
        if closed and event.month != month_after(closed):
            raise Refused("months close in order")
        if at.date() <= last_day(event.month):
            raise Refused("the month is not over")
        if self.world.passed < last_day(event.month):
            raise Refused("no full pass has run since the month ended", self.unsettled())
        laid = lay(self.world, self.books, closing=event.month)
        settled = [posting for posting in laid.postings if posting.month <= event.month]
        for posting in settled:
            self.books.settle(posting)
            entry = self.world.entries[posting.entry]
            basis = basis_now(self.world, entry)
            if basis is not None:
                self.books.bases[posting.entry] = basis
                if basis.route == "pending" and posting.is_money and posting.seconds > 0:
                    self.told.charged(self.world.ticket_that_stays(posting.ticket), event.month)
        self.books.bases = {key: basis for key, basis in self.books.bases.items() if self.books.pieces.get(key)}
        self.books.kept_rates.append((event.month, dict(self.world.rates)))
        self.world.closed_through = event.month
        self._keep_due_days(laid, event.month)
