"""What happened to a customer's hour cards in a month: what was on them, what went off and why, what is left.

Terms
    left        seconds on the cards; what a movement does to it is its ``seconds``, negative for what goes off
    movement    one thing that happened: a time entry's deduction, a correction, a purchase, a recalculation …
    correction  a movement about a month that was closed before (:mod:`care_sync.billing.corrections`)
    elsewhere   the month's time that went off no card: the SLA, fair use, the invoice …

Promise: opening balance and movements give the closing balance, to the second, together and for each card; a closed
month's statement never changes its numbers; the same ledger gives the same statement.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from care_sync.billing.corrections import corrected_months
from care_sync.model.account import CONTRA, Account
from care_sync.model.hour_card import HourCard
from care_sync.model.month import Month
from care_sync.model.time_entry import StoredEntry
from care_sync.model.transaction import StoredTransaction
from care_sync.store import UnitOfWork
from connectors.records import Organization, Ticket

DEDUCTION, CORRECTION = "deduction", "correction"
"""Kinds of movements; what moved a card and is neither has the ledger's own kind."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One thing that happened. ``day`` is when it was worked or done, ``cards`` what it did to each card."""

    kind: str
    day: date
    seconds: int
    cards: Mapping[int, int]
    ticket_number: str = ""
    subject: str = ""
    who: str = ""
    what: str = ""
    clauses: tuple[str, ...] = ()
    corrects: Month | None = None
    entry_key: str | None = None
    transactions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CardLine:
    """A card with what was left on it when the month began and ended."""

    card: HourCard
    opening: int
    closing: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A customer's month.

    ``elsewhere`` is time by the kind of account that it went to (``sla``, ``invoice`` …).
    """

    organization: Organization
    period: Month
    is_closed: bool
    cards: tuple[CardLine, ...]
    movements: tuple[Movement, ...]
    elsewhere: Mapping[str, int]

    @property
    def opening(self) -> int:
        """Seconds left on all cards when the month began."""
        return sum(line.opening for line in self.cards)

    @property
    def closing(self) -> int:
        """Seconds left on all cards when it ended, or now."""
        return sum(line.closing for line in self.cards)

    @property
    def days(self) -> Sequence[date]:
        """The days of the month."""
        year, month = (int(part) for part in self.period.split("-"))
        return [date(year, month, day) for day in range(1, calendar.monthrange(year, month)[1] + 1)]

    @property
    def deductions(self) -> list[Movement]:
        """What time of this month took off the cards."""
        return [movement for movement in self.movements if movement.kind == DEDUCTION]

    @property
    def corrections(self) -> list[Movement]:
        """What corrects months that were closed before."""
        return [movement for movement in self.movements if movement.kind == CORRECTION]

    @property
    def others(self) -> list[Movement]:
        """Purchases, recalculations, and what people did to a card."""
        return [movement for movement in self.movements if movement.kind not in (DEDUCTION, CORRECTION)]

    def by_day(self) -> list[int]:
        """What was left at the end of each day of the month. What lies outside it counts on its first or last day."""
        days = self.days
        moved = dict.fromkeys(days, 0)
        for movement in self.movements:
            moved[min(max(movement.day, days[0]), days[-1])] += movement.seconds
        left, found = self.opening, []
        for day in days:
            left += moved[day]
            found.append(left)
        return found


def read_statement(work: UnitOfWork, organization: Organization, period: Month) -> Statement:
    """Read a customer's month from the ledger."""
    transactions = work.ledger.of_organization(organization.id, period)
    before = work.ledger.balances_before(organization.id, period)
    movements = _movements(work, transactions)
    moved: dict[int, int] = {}
    for movement in movements:
        for card_id, seconds in movement.cards.items():
            moved[card_id] = moved.get(card_id, 0) + seconds
    lines = []
    owned = work.cards.of_organization(organization.id)
    passed_on = work.cards.formerly_of_organization(organization.id)
    for card in sorted((*owned, *passed_on), key=lambda card: (card.bought_on, card.card_id)):
        account = Account.card(card.card_id)
        if account in before or card.card_id in moved:
            opening = -before.get(account, 0)
            lines.append(CardLine(card, opening, opening + moved.get(card.card_id, 0)))
    return Statement(
        organization=organization,
        period=period,
        is_closed=work.periods.months().is_closed(period),
        cards=tuple(lines),
        movements=movements,
        elsewhere=_elsewhere(transactions),
    )


def read_statements(work: UnitOfWork, period: Month) -> list[Statement]:
    """The month of every customer who has an hour card, or had time on an account; by name."""
    found = (read_statement(work, organization, period) for organization in work.organizations.all())
    return [statement for statement in found if statement.cards or statement.elsewhere]


@dataclass(slots=True)
class _Gathered:
    """What one time entry did to the cards."""

    day: date
    cards: dict[int, int] = field(default_factory=dict)
    ticket_id: str = ""
    clauses: tuple[str, ...] = ()
    transactions: list[int] = field(default_factory=list)


def _movements(work: UnitOfWork, transactions: Sequence[StoredTransaction]) -> tuple[Movement, ...]:
    # What was booked and taken back within the month is nothing; what takes back an earlier month is a movement here.
    of_the_month = {transaction.transaction_id for transaction in transactions}
    undone = {
        transaction.reverses
        for transaction in transactions
        if transaction.reverses is not None and transaction.entry_key is None
    }
    others = [
        _of_card(transaction)
        for transaction in transactions
        if transaction.entry_key is None
        and transaction.reverses not in of_the_month
        and transaction.transaction_id not in undone
        and _on_cards(transaction)
    ]
    return (*sorted(others, key=_order), *sorted(_of_entries(work, transactions), key=_order))


def _of_card(one: StoredTransaction) -> Movement:
    """A purchase, a recalculation, or what a person did to a card."""
    cards = _on_cards(one)
    return Movement(
        kind=one.kind,
        day=one.work_date,
        seconds=sum(cards.values()),
        cards=cards,
        who=one.actor,
        what=one.reason,
        clauses=one.clauses,
        transactions=(one.transaction_id,),
    )


def _of_entries(work: UnitOfWork, transactions: Sequence[StoredTransaction]) -> list[Movement]:
    """What each time entry took off the cards, all in all; what was posted and taken back again is nothing."""
    corrected = corrected_months(work, transactions)
    gathered: dict[tuple[str, str], _Gathered] = {}
    for transaction in transactions:
        if transaction.entry_key is None:
            continue
        cards = _on_cards(transaction)
        if not cards:
            continue
        entry = gathered.setdefault(
            (transaction.entry_key, transaction.ticket_id or ""), _Gathered(transaction.work_date)
        )
        entry.day, entry.ticket_id, entry.clauses = (
            transaction.work_date,
            transaction.ticket_id or "",
            transaction.clauses,
        )
        entry.transactions.append(transaction.transaction_id)
        for card_id, seconds in cards.items():
            entry.cards[card_id] = entry.cards.get(card_id, 0) + seconds
    moved = {key: entry for key, entry in gathered.items() if any(entry.cards.values())}
    entries = work.entries.get_many(sorted({key for key, _ in moved}))
    tickets = work.tickets.get_many({entry.ticket_id for entry in moved.values() if entry.ticket_id})
    return [
        _of_entry(key, entry, corrected.get(key), entries.get(key), tickets.get(entry.ticket_id))
        for (key, _), entry in moved.items()
    ]


def _of_entry(
    key: str, gathered: _Gathered, corrects: Month | None, stored: StoredEntry | None, ticket: Ticket | None
) -> Movement:
    cards = {card_id: seconds for card_id, seconds in gathered.cards.items() if seconds}
    return Movement(
        kind=CORRECTION if corrects else DEDUCTION,
        day=gathered.day,
        seconds=sum(cards.values()),
        cards=cards,
        ticket_number=ticket.number if ticket else gathered.ticket_id,
        subject=ticket.subject if ticket else "",
        who=(stored.entry.person_name or stored.entry.person_id or "") if stored else "",
        what=stored.entry.description if stored else "",
        clauses=gathered.clauses,
        corrects=corrects,
        entry_key=key,
        transactions=tuple(gathered.transactions),
    )


def _on_cards(one: StoredTransaction) -> dict[int, int]:
    """What a transaction does to what is left on each card."""
    on_cards: dict[int, int] = {}
    for leg in one.legs:
        card_id = leg.account.card_id
        if card_id is not None:
            on_cards[card_id] = on_cards.get(card_id, 0) - leg.seconds
    return on_cards


def _elsewhere(transactions: Iterable[StoredTransaction]) -> dict[str, int]:
    """Time by the kind of account, cards and contra accounts left out, in the order of the ledger's page."""
    summed: dict[str, int] = {}
    for transaction in transactions:
        for leg in transaction.legs:
            kind = leg.account.partition(":")[0]
            if leg.account not in CONTRA and kind != "card":
                summed[kind] = summed.get(kind, 0) + leg.seconds
    ordered = ("sla", "fair_use", "quote", "invoice", "pending", "review", "waived")
    return {kind: summed[kind] for kind in ordered if summed.get(kind)}


def _order(one: Movement) -> tuple[str, date, int, int]:
    """Corrections after deductions, by month; each by day, then in the order in which they were booked."""
    return (one.corrects or "", one.day, min(one.transactions), len(one.transactions))
