"""A customer's due days while its time is laid anew: what goes into the allocation, and what is booked afterwards.

Terms
    judged    a due day that a full pass has read past; only then it is looked at
    kept      its month is closed: what it came to stands, and its booking is not touched
    lifted    a booking of a recalculation that is taken off the card, to be worked out anew
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from care_sync.ledger.posting_batch import PostingBatch
from care_sync.model.account import RECALCULATED, Account, Leg
from care_sync.model.duration import clock
from care_sync.model.hour_card import HourCard
from care_sync.model.months import Months
from care_sync.model.recalculation import DueDay, Recalculation, RecalculationState, WorkedOut, due_days
from care_sync.model.terms import Terms
from care_sync.model.transaction import SYSTEM, StoredTransaction, Transaction, TransactionKind
from care_sync.store import UnitOfWork

NO_RATE = "recalculation_rate"
"""The kind of attention for a card whose due day lacks a usable rate; its subject is ``<card>:<due day>``."""

CHANGED = "recalculation_changed"
"""The kind of attention for an approved recalculation that comes to another amount now; its subject is the same."""

CLAUSES = ("H4", "H5")


@dataclass(slots=True)
class DueDays:
    """The judged due days of a customer's cards. ``booked`` are the bookings that are lifted."""

    work: UnitOfWork
    organization_id: str
    cards: Mapping[int, HourCard]
    months: Months
    open: list[Recalculation] = field(default_factory=list)
    kept: list[Recalculation] = field(default_factory=list)
    gone: list[Recalculation] = field(default_factory=list)
    booked: dict[int, StoredTransaction] = field(default_factory=dict)

    @classmethod
    def read(cls, work: UnitOfWork, organization_id: str, cards: Sequence[HourCard], months: Months) -> DueDays:
        """Read them. A day that is no due day of the card any more, because its purchase was corrected, goes."""
        result = cls(work, organization_id, {card.card_id: card for card in cards}, months)
        for record in work.recalculations.of_cards(result.cards):
            card = result.cards[record.card_id]
            if record.is_kept:
                result.kept.append(record)
            elif record.due_on in due_days(card.bought_on, record.due_on, yearly=True):
                result.open.append(record)
            else:
                result.gone.append(record)
        lifted = [record.transaction_id for record in (*result.open, *result.gone) if record.transaction_id is not None]
        result.booked = work.ledger.many(lifted) if lifted else {}
        return result

    def lifted(self) -> list[tuple[date, Leg]]:
        """What is taken off the cards, with the day that it was booked for."""
        return [
            (booked.work_date, leg)
            for booked in self.booked.values()
            for leg in booked.legs
            if leg.account.card_id is not None
        ]

    def steps(
        self, terms: Terms, worked: Callable[[int, date], int], lifted: Callable[[int, date], int]
    ) -> list[DueDay]:
        """What goes into the allocation.

        ``worked`` gives the seconds of work on a card up to a day that are not laid anew, ``lifted`` the seconds of
        recalculations up to a day that are taken off.
        """
        return [self._step(record, terms, worked, lifted) for record in self.open]

    def _step(
        self,
        record: Recalculation,
        terms: Terms,
        worked: Callable[[int, date], int],
        lifted: Callable[[int, date], int],
    ) -> DueDay:
        card = self.cards[record.card_id]
        standing = [
            kept
            for kept in self.kept
            if kept.card_id == card.card_id
            and kept.due_on < record.due_on
            and kept.state is RecalculationState.APPLIED
            and kept.new_rate is not None
        ]
        brought = self.work.ledger.card_brought(card.card_id)
        return DueDay(
            card_id=card.card_id,
            due_on=record.due_on,
            period=self.months.booked(record.due_on),
            bought=card.seconds,
            held=self.work.ledger.card_held(card.card_id, until=record.due_on) - lifted(card.card_id, record.due_on),
            worked=worked(card.card_id, record.due_on),
            brought=brought,
            old_rate=(standing[-1].new_rate or card.rate) if standing else card.rate,
            new_rate=terms.card_rate_of(record.due_on),
            approved=record.approved,
        )

    def book(
        self, writing: PostingBatch, worked_out: Mapping[tuple[int, date], WorkedOut], now: datetime
    ) -> Callable[[Sequence[int]], None]:
        """Book what differs from what stands. Call what is returned with the numbers that were given, to keep it."""
        kept: list[tuple[Recalculation, int | None]] = []
        for record in self.gone:
            self._undo(writing, record, "the purchase is of another day")
        for record in self.open:
            result = worked_out[record.key]
            change = result.left_after - result.left_before if result.state is RecalculationState.APPLIED else 0
            stands = self._standing_change(record)
            after = replace(
                record,
                state=result.state,
                left_before=result.left_before,
                left_after=result.left_after,
                old_rate=result.old_rate,
                new_rate=result.new_rate,
                reason=result.reason,
                approved_change=change
                if record.approved and record.approved_change is None
                else record.approved_change,
            )
            place: int | None = None
            if change != stands:
                self._undo(writing, record, "what is left at the due day has changed")
                after = replace(after, transaction_id=None)
                if change:
                    place = writing.add(self._transaction(after, change, now))
            kept.append((after, place))

        def keep(numbers: Sequence[int]) -> None:
            for record in self.gone:
                self.work.recalculations.forget(record)
                self.work.attention.resolve(NO_RATE, [subject(record)])
                self.work.attention.resolve(CHANGED, [subject(record)])
            for record, place in kept:
                after = record if place is None else replace(record, transaction_id=numbers[place])
                if after not in self.open:
                    self.work.recalculations.put(after)
                tell(self.work, self.cards[record.card_id], after, now)

        return keep

    def _standing_change(self, record: Recalculation) -> int:
        booked = self.booked.get(record.transaction_id or 0)
        return 0 if booked is None else -_on_cards(booked)

    def _undo(self, writing: PostingBatch, record: Recalculation, reason: str) -> None:
        booked = self.booked.get(record.transaction_id or 0)
        if booked is not None:
            writing.add(undoing(booked, self.months, writing.now, reason))

    def _transaction(self, record: Recalculation, change: int, now: datetime) -> Transaction:
        return booking(self.organization_id, record, change, self.months, now)


def booking(organization_id: str, record: Recalculation, change: int, months: Months, now: datetime) -> Transaction:
    """The transaction of an applied recalculation: ``change`` seconds on the card, negative ones off it."""
    rates = f"{record.old_rate} → {record.new_rate} per hour"
    return Transaction(
        kind=TransactionKind.RECALCULATION,
        organization_id=organization_id,
        period=months.booked(record.due_on),
        work_date=record.due_on,
        booked_at=now,
        legs=(Leg(Account.card(record.card_id), -change), Leg(RECALCULATED, change)),
        actor=record.actor or SYSTEM,
        reason=f"{rates}; {record.said}" if record.said else rates,
        clauses=CLAUSES,
    )


def undoing(booked: StoredTransaction, months: Months, now: datetime, reason: str) -> Transaction:
    """The transaction that takes a booked recalculation back, in the open month when its own is closed."""
    return Transaction(
        kind=TransactionKind.RECALCULATION,
        organization_id=booked.organization_id,
        period=months.correcting(booked.period),
        work_date=booked.work_date,
        booked_at=now,
        legs=tuple(Leg(leg.account, -leg.seconds) for leg in booked.legs),
        actor=SYSTEM,
        reason=reason,
        clauses=booked.clauses,
        reverses=booked.transaction_id,
    )


def subject(record: Recalculation) -> str:
    """What attention about a due day is filed under."""
    return f"{record.card_id}:{record.due_on}"


def tell(work: UnitOfWork, card: HourCard, record: Recalculation, now: datetime) -> None:
    """Report what a person must know of a due day, and take off the list what is in order again."""
    bought = f"Card {card.card_id}, bought on {card.bought_on}"
    if record.state is RecalculationState.WAITING:
        work.attention.raise_(
            NO_RATE,
            subject(record),
            f"{bought}, fell due for recalculation on {record.due_on}: {record.reason}. Set "
            f"ledger.hour_card.rates.{record.due_on.year}, or run "
            f"`care-sync cards recalculate {card.card_id} --decline --reason …`.",
            now,
        )
    else:
        work.attention.resolve(NO_RATE, [subject(record)])
    approved = record.approved_change
    comes_to = record.change if record.state is RecalculationState.APPLIED else 0
    if record.approved and approved is not None and comes_to != approved:
        why = record.reason or f"{clock(record.left_before)} hours were left on that day by what is known now"
        work.attention.raise_(
            CHANGED,
            subject(record),
            f"{bought}: its recalculation of {record.due_on} took {clock(-approved)} hours when it was approved and "
            f"takes {clock(-comes_to)} now: {why}. Tell the customer where they were told otherwise.",
            now,
        )
    else:
        work.attention.resolve(CHANGED, [subject(record)])


def _on_cards(booked: StoredTransaction) -> int:
    return sum(leg.seconds for leg in booked.legs if leg.account.card_id is not None)
