"""Gathering what one posting writes, so that all of it stands or falls together.

Terms
    reversal     a posting of an open month taken back where it stood
    correction   a posting of a closed month taken back in the oldest open month; it cites what it corrects
    returned     the shares that taking back gives back: those of a month's account on the open month's account
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime

from care_sync.errors import IntegrityError
from care_sync.ledger.book import record_all
from care_sync.model.account import WORKED, Account, Leg
from care_sync.model.allocation import Settlement
from care_sync.model.decided_time import DecidedTime
from care_sync.model.month import Month
from care_sync.model.months import Months
from care_sync.model.posted_entry import Basis, PostedEntry
from care_sync.model.transaction import StoredTransaction, Transaction, TransactionKind
from care_sync.store import UnitOfWork


def returned(standing: PostedEntry, months: Months) -> tuple[Leg, ...]:
    """Where a standing's shares are taken back."""
    if not months.is_closed(standing.period):
        return standing.shares
    return moved(standing.shares, months)


def moved(shares: tuple[Leg, ...], months: Months) -> tuple[Leg, ...]:
    """Shares of a closed month as they stand in the oldest open one."""
    if months.first_open is None:
        return shares
    return tuple(Leg(leg.account.in_month(months.first_open), leg.seconds) for leg in shares)


@dataclass(slots=True)
class PostingBatch:
    """Transactions being gathered, with what stands after each."""

    work: UnitOfWork
    now: datetime
    months: Months
    transactions: list[Transaction] = field(default_factory=list)
    standing: list[PostedEntry | None] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    corrected: list[PostedEntry] = field(default_factory=list)

    def take_back(self, standing: PostedEntry, original: StoredTransaction, reason: str) -> None:
        """Take a posting back: where it stood, or in the open month when its own is closed."""
        is_closed = self.months.is_closed(standing.period)
        legs = [Leg(leg.account, -leg.seconds) for leg in returned(standing, self.months)]
        self._add(
            Transaction(
                kind=TransactionKind.CORRECTION if is_closed else TransactionKind.REVERSAL,
                organization_id=standing.organization_id,
                period=self.months.correcting(standing.period),
                work_date=original.work_date,
                booked_at=self.now,
                legs=(*legs, Leg(WORKED, standing.seconds)),
                reason=reason,
                entry_key=standing.entry_key,
                entry_revision=original.entry_revision,
                ticket_id=standing.ticket_id,
                rules=original.rules,
                clauses=original.clauses,
                reverses=standing.transaction_id,
                corrects=standing.transaction_id if is_closed else None,
            )
        )
        self.removed.append(standing.entry_key)
        if is_closed:
            self.corrected.append(standing)

    def post(self, time: DecidedTime, period: Month, basis: Basis, shares: tuple[Leg, ...], reason: str) -> None:
        """Post an entry's shares in a month."""
        self._add(
            Transaction(
                kind=TransactionKind.ENTRY,
                organization_id=basis.organization_id,
                period=period,
                work_date=time.work_date,
                booked_at=self.now,
                legs=(*shares, Leg(WORKED, -time.seconds)),
                reason=reason,
                entry_key=time.entry_key,
                entry_revision=time.revision,
                ticket_id=time.ticket_id,
                rules=time.rules,
                clauses=basis.clauses,
            ),
            PostedEntry(
                entry_key=time.entry_key,
                organization_id=basis.organization_id,
                ticket_id=time.ticket_id,
                period=period,
                basis=basis,
                seconds=time.seconds,
                shares=shares,
                transaction_id=0,
                work_date=time.work_date,
                started_at=time.started_at,
                activity=time.activity,
            ),
        )

    def undo_settlement(self, settlement: StoredTransaction) -> None:
        """Take a settlement of an open month back."""
        self._add(
            Transaction(
                kind=TransactionKind.SETTLEMENT,
                organization_id=settlement.organization_id,
                period=settlement.period,
                work_date=settlement.work_date,
                booked_at=self.now,
                legs=tuple(Leg(leg.account, -leg.seconds) for leg in settlement.legs),
                reason="what was overdrawn has changed",
                reverses=settlement.transaction_id,
            )
        )

    def settle(self, organization_id: str, settlement: Settlement, bought_on: date) -> None:
        """Let a card, bought that day, take over what an older one is overdrawn."""
        self._add(
            Transaction(
                kind=TransactionKind.SETTLEMENT,
                organization_id=organization_id,
                period=self._correction_month(),
                work_date=bought_on,
                booked_at=self.now,
                legs=settlement_legs(settlement),
                reason=f"card {settlement.settling_card} settles what card {settlement.overdrawn_card} is overdrawn",
            )
        )

    def _correction_month(self) -> Month:
        if self.months.first_open is None:
            raise IntegrityError("nothing is overdrawn by closed months while no month is closed")
        return self.months.first_open

    def write(self, overdraft_seconds: int | None) -> list[int]:
        """Write everything at once; a card is judged when all of it stands."""
        if not self.transactions:
            return []
        ledger = self.work.ledger
        numbers = record_all(self.work, self.transactions, overdraft_seconds=overdraft_seconds)
        posted = [
            replace(standing, transaction_id=number)
            for number, standing in zip(numbers, self.standing, strict=True)
            if standing is not None
        ]
        ledger.forget(self.removed)
        ledger.put_posted(posted)
        ledger.keep_corrected(self.corrected, self.months.first_open)
        return numbers

    def add(self, transaction: Transaction) -> int:
        """Add a transaction that no entry stands on; return its place among those that are written."""
        self._add(transaction)
        return len(self.transactions) - 1

    def _add(self, transaction: Transaction, standing: PostedEntry | None = None) -> None:
        self.transactions.append(transaction)
        self.standing.append(standing)


def settlement_legs(settlement: Settlement) -> tuple[Leg, Leg]:
    """The older card gets back what the newer one gives."""
    return (
        Leg(Account.card(settlement.overdrawn_card), -settlement.seconds),
        Leg(Account.card(settlement.settling_card), settlement.seconds),
    )
