"""A transaction of the ledger: textbook double entry, its legs sum to zero.

Terms
    transaction   what is to be booked
    stored        the same as it stands in the ledger: numbered, and chained by its hash to the one before it
    reverses      the transaction that it takes back
    corrects      the transaction of a closed month that it takes back in an open one
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from care_sync.model.account import Leg
from care_sync.model.month import Month

SYSTEM = "care-sync"
"""The actor of everything that no person decided."""


class TransactionKind(StrEnum):
    """What a transaction is about.

    ``entry``          a time entry's seconds on the accounts where they stand
    ``reversal``       a posting of an open month, taken back where it stood
    ``correction``     a posting of a closed month, taken back in the oldest open month
    ``purchase``       hours bought on a card (H1)
    ``recalculation``  a card's hours at the new rate (H4, H5)
    ``adjustment``     hours that a person added to a card or took off it
    ``write_off``      hours that a person took off a card for good
    ``settlement``     what a newer card takes over of an overdrawn one
    ``void``           a purchase that a person took back, with everything that was on the card
    ``move``           what was on a card that a person gave to another customer: off the one, onto the other
    ``purchase_correction``  hours of a purchase that were written down wrongly
    """

    ENTRY = "entry"
    REVERSAL = "reversal"
    CORRECTION = "correction"
    PURCHASE = "purchase"
    RECALCULATION = "recalculation"
    ADJUSTMENT = "adjustment"
    WRITE_OFF = "write_off"
    SETTLEMENT = "settlement"
    VOID = "void"
    MOVE = "move"
    PURCHASE_CORRECTION = "purchase_correction"


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction that is to be booked; see ``docs/architecture.md`` for its fields."""

    kind: TransactionKind
    organization_id: str
    period: Month
    work_date: date
    booked_at: datetime
    legs: tuple[Leg, ...]
    actor: str = SYSTEM
    reason: str = ""
    entry_key: str | None = None
    entry_revision: int | None = None
    ticket_id: str | None = None
    rules: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    reverses: int | None = None
    corrects: int | None = None


@dataclass(frozen=True, slots=True)
class StoredTransaction:
    """One ledger transaction with its legs; see ``docs/architecture.md``."""

    transaction_id: int
    kind: TransactionKind
    organization_id: str
    period: Month
    work_date: date
    booked_at: datetime
    actor: str
    reason: str
    legs: tuple[Leg, ...]
    entry_key: str | None = None
    entry_revision: int | None = None
    ticket_id: str | None = None
    rules: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    reverses: int | None = None
    corrects: int | None = None
    previous_hash: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the hash chain."""

    transaction_id: int
    hash: str
