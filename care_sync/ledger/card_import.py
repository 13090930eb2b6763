"""Taking over hour cards and what is left on them from another administration: a CSV file, all of it or nothing.

Terms
    taken over on   the first day whose work CareSync counts; what was used before is booked as one adjustment
    planned card    a line of the file that can be imported
    problem         a cell that cannot be used: its line, its column, what is wrong and what to write

Promise: a file with a problem imports nothing, and so does a file that was imported before. What a card was bought for
stays known, so that its rate and its twelve months (H4) go on counting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from care_sync import spreadsheet
from care_sync.errors import UserError
from care_sync.ledger.cards import move, seconds_of
from care_sync.model.account import ADJUSTED, PURCHASED
from care_sync.model.hour_card import HourCard
from care_sync.model.prices import Rates, rate_on
from care_sync.model.transaction import TransactionKind
from care_sync.spreadsheet import Row, TableError
from care_sync.store import UnitOfWork

COLUMNS = {
    "customer": ("klant", "organization", "organisatie", "debiteur"),
    "bought_on": ("gekocht op", "aankoopdatum", "datum", "date", "purchased"),
    "hours": ("uren", "gekochte uren", "aantal uren"),
    "left": ("over", "resterend", "resterende uren", "saldo", "remaining"),
    "rate": ("tarief", "uurtarief", "hourly rate"),
    "reference": ("referentie", "factuur", "factuurnummer", "invoice", "kenmerk"),
}
OPTIONAL = frozenset({"rate", "reference"})

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class PlannedCard:
    """A card as a line of the file gives it; seconds and euro per hour."""

    line: int
    organization_id: str
    customer: str
    bought_on: date
    seconds: int
    left: int
    rate: Decimal
    reference: str


def read_cards(work: UnitOfWork, data: bytes, *, rates: Rates, today: date, taken_over_on: date) -> list[PlannedCard]:
    """Read a file and check every line against what the store holds.

    ``rates`` stand in for an empty rate, by the day of purchase. Raises :class:`UserError` with every problem.
    """
    try:
        lines = list(spreadsheet.rows(spreadsheet.decoded(data), COLUMNS, OPTIONAL))
    except TableError as error:
        raise UserError("the file cannot be imported", [str(error)]) from error
    if not lines:
        raise UserError("the file cannot be imported", ["it holds a header and no cards"])
    reading = _Reading(work, rates, today, taken_over_on)
    planned = [card for row in lines if (card := reading.card(row)) is not None]
    if reading.problems:
        raise UserError("the file cannot be imported; nothing was written", reading.problems)
    return planned


def import_cards(
    work: UnitOfWork, planned: Iterable[PlannedCard], *, taken_over_on: date, now: datetime, actor: str, source: str
) -> list[HourCard]:
    """Book planned cards: each purchase as it was, and what was used of it since."""
    work.ledger.lock_head()
    months = work.periods.months()
    cards = []
    for planned_card in planned:
        card = work.cards.add(
            planned_card.organization_id,
            planned_card.bought_on,
            planned_card.seconds,
            planned_card.rate,
            planned_card.reference,
            taken_over_on,
        )
        reason = f"taken over from {source}, line {planned_card.line}"
        move(
            work, card, TransactionKind.PURCHASE, PURCHASED, planned_card.seconds,
            period=months.booked(planned_card.bought_on), day=planned_card.bought_on, now=now, actor=actor,
            reason=reason, clauses=("H1",),
        )  # fmt: skip
        if planned_card.left != planned_card.seconds:
            move(
                work, card, TransactionKind.ADJUSTMENT, ADJUSTED, planned_card.left - planned_card.seconds,
                period=months.booked(taken_over_on), day=taken_over_on, now=now, actor=actor,
                reason=f"used before {taken_over_on}; {reason}",
            )  # fmt: skip
        cards.append(card)
    return cards


class _Reading:
    """Lines being read; problems are gathered so that all are told at once."""

    def __init__(self, work: UnitOfWork, rates: Rates, today: date, taken_over_on: date) -> None:
        self._work = work
        self._rates = rates
        self._today = today
        self._taken_over_on = taken_over_on
        self._known = {_identity(card): f"card {card.card_id}" for card in work.cards.all()}
        self.problems: list[str] = []

    def card(self, row: Row) -> PlannedCard | None:
        """The card of a line; ``None`` when something in it cannot be used."""
        customer = self._read(row, "customer", self._customer)
        bought_on = self._read(row, "bought_on", self._bought_on)
        seconds = self._read(row, "hours", _positive_hours)
        left = self._read(row, "left", _hours_left)
        rate = self._read(row, "rate", lambda text: self._rate(text, bought_on))
        if seconds is not None and left is not None and left > seconds:
            self._problem(row, "left", "more hours are left than were bought")
            return None
        if customer is None or bought_on is None or seconds is None or left is None or rate is None:
            return None
        organization_id, name = customer
        planned = PlannedCard(row.line, organization_id, name, bought_on, seconds, left, rate, row.cells["reference"])
        return self._unless_known(row, planned)

    def _unless_known(self, row: Row, planned: PlannedCard) -> PlannedCard | None:
        identity = _identity(
            HourCard(0, planned.organization_id, planned.bought_on, planned.seconds, planned.rate, planned.reference)
        )
        if identity in self._known:
            column = "reference" if planned.reference else "customer"
            self._problem(row, column, f"this card is there already, as {self._known[identity]}")
            return None
        self._known[identity] = f"line {row.line}"
        return planned

    def _read(self, row: Row, column: str, read: Callable[[str], Value]) -> Value | None:
        try:
            return read(row.cells[column])
        except ValueError as error:
            self._problem(row, column, str(error))
            return None

    def _problem(self, row: Row, column: str, told: str) -> None:
        self.problems.append(f"{row.place(column)}: {told}")

    def _customer(self, text: str) -> tuple[str, str]:
        found = self._work.organizations.by_name(text) or self._work.organizations.get(text)
        if not text or found is None or found.deleted:
            raise ValueError(f'there is no customer "{text}"; write its name or id as the helpdesk has it')
        return found.id, found.name

    def _bought_on(self, text: str) -> date:
        day = spreadsheet.day(text)
        if day > min(self._today, self._taken_over_on):
            raise ValueError(f"{day} is after the day of taking over, {self._taken_over_on}; use `care-sync cards buy`")
        if day.year < 2000:
            raise ValueError(f"{day} cannot be right")
        return day

    def _rate(self, text: str, bought_on: date | None) -> Decimal:
        if text:
            rate = spreadsheet.number(text)
            if not 0 < rate < 10_000:
                raise ValueError(f"{rate} euro per hour cannot be right")
            return rate
        day = bought_on or self._today
        configured = rate_on(self._rates, day)
        if configured is None:
            raise ValueError(f"no rate is given here or configured for {day}; set ledger.hour_card.rates.{day.year}")
        return configured


def _positive_hours(text: str) -> int:
    seconds = seconds_of(spreadsheet.hours(text))
    if not 0 < seconds < 100_000 * 3600:
        raise ValueError(f'"{text}" hours cannot be right')
    return seconds


def _hours_left(text: str) -> int:
    seconds = seconds_of(spreadsheet.hours(text))
    if seconds < 0:
        raise ValueError(f'"{text}" hours are left; a card cannot be taken over below zero, invoice that first')
    return seconds


def _identity(card: HourCard) -> tuple[object, ...]:
    """What makes two cards one: the same reference of a customer's purchase, or without one the same purchase."""
    if card.reference:
        return (card.organization_id, card.bought_on, card.reference.casefold())
    return (card.organization_id, card.bought_on, card.seconds, card.rate)
