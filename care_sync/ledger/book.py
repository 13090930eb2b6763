"""The one way into the ledger.

Every transaction is checked before it is written: its legs sum to zero, its cards are those of its
customer, its month is open, no card falls below zero (or below its overdraft), and it is chained by hash to the one
before it, so that tampering shows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from care_sync.errors import IntegrityError, UserError
from care_sync.model.account import Account
from care_sync.model.months import Months
from care_sync.model.transaction import StoredTransaction, Transaction, TransactionKind
from care_sync.store import UnitOfWork
from care_sync.store.columns import encode


def record(work: UnitOfWork, transaction: Transaction) -> int:
    """Write one transaction; return its number.

    Raises :class:`IntegrityError` when an invariant would break and :class:`UserError` when the month is closed.
    """
    return record_all(work, [transaction])[0]


def record_all(
    work: UnitOfWork, transactions: Sequence[Transaction], *, overdraft_seconds: int | None = 0
) -> list[int]:
    """Write transactions that stand or fall together, in order. Cards are judged at their end.

    A card may pass below zero between two of them (a reversal frees what a posting took). After the last none is lower
    than it was and further below zero than ``overdraft_seconds`` (``None``: without a limit).
    """
    # The head is the queue of all who post: numbers and hashes follow each other without a gap.
    head = work.ledger.lock_head()
    months = work.periods.months()
    customers = sorted({transaction.organization_id for transaction in transactions if _touches_a_card(transaction)})
    before = {customer: work.ledger.balances(customer) for customer in customers}
    written: list[StoredTransaction] = []
    previous = head.hash
    for number, transaction in enumerate(transactions, start=head.transaction_id + 1):
        _check(transaction, months)
        written.append(_chain(transaction, number, previous))
        previous = written[-1].hash
    work.ledger.append(written)
    for customer in customers:
        _check_cards(work, customer, transactions, before[customer], overdraft_seconds)
    return [transaction.transaction_id for transaction in written]


def chained_hash(transaction: StoredTransaction) -> str:
    """The hash that a transaction must carry, given the one before it."""
    content = [
        transaction.transaction_id,
        transaction.kind,
        transaction.organization_id,
        transaction.entry_key,
        transaction.entry_revision,
        transaction.ticket_id,
        list(transaction.rules),
        list(transaction.clauses),
        transaction.period,
        transaction.work_date.isoformat(),
        transaction.booked_at.isoformat(),
        transaction.reverses,
        transaction.corrects,
        transaction.actor,
        transaction.reason,
        [[leg.account, leg.seconds] for leg in transaction.legs],
    ]
    return hashlib.sha256((transaction.previous_hash + encode(content)).encode()).hexdigest()


def _check(transaction: Transaction, months: Months) -> None:
    if not transaction.legs or sum(leg.seconds for leg in transaction.legs) != 0:
        raise IntegrityError(f"the legs of a {transaction.kind} transaction do not sum to zero")
    if months.is_closed(transaction.period):
        raise UserError(
            f"the month {transaction.period} is closed", ["book in an open month; corrections cite what they correct"]
        )
    for leg in transaction.legs:
        if (period := leg.account.month) is not None and months.is_closed(period):
            raise IntegrityError(f"{leg.account} belongs to a closed month")


def _chain(transaction: Transaction, number: int, previous: str) -> StoredTransaction:
    stored = StoredTransaction(
        transaction_id=number,
        kind=transaction.kind,
        organization_id=transaction.organization_id,
        period=transaction.period,
        work_date=transaction.work_date,
        booked_at=transaction.booked_at,
        actor=transaction.actor,
        reason=transaction.reason,
        legs=transaction.legs,
        entry_key=transaction.entry_key,
        entry_revision=transaction.entry_revision,
        ticket_id=transaction.ticket_id,
        rules=transaction.rules,
        clauses=transaction.clauses,
        reverses=transaction.reverses,
        corrects=transaction.corrects,
        previous_hash=previous,
    )
    return replace(stored, hash=chained_hash(stored))


def _touches_a_card(transaction: Transaction) -> bool:
    return any(leg.account.card_id is not None for leg in transaction.legs)


_LEAVES_A_CARD = frozenset(
    {
        TransactionKind.REVERSAL,
        TransactionKind.CORRECTION,
        TransactionKind.SETTLEMENT,
        TransactionKind.VOID,
        TransactionKind.MOVE,
    }
)
"""What may still be booked on a card that was voided or went to another customer: its time goes, and then its hours."""


def _check_cards(
    work: UnitOfWork,
    organization_id: str,
    transactions: Sequence[Transaction],
    before: Mapping[Account, int],
    overdraft_seconds: int | None,
) -> None:
    owned = {card.card_id for card in work.cards.of_organization(organization_id) if not card.voided}
    for transaction in transactions:
        leaves = transaction.kind in _LEAVES_A_CARD or transaction.reverses is not None
        if transaction.organization_id != organization_id or leaves:
            continue
        for leg in transaction.legs:
            if leg.account.card_id is not None and leg.account.card_id not in owned:
                raise IntegrityError(f"card {leg.account.card_id} does not belong to organization {organization_id}")
    for account, balance in work.ledger.balances(organization_id).items():
        if account.card_id is None:
            continue
        if overdraft_seconds is not None and balance > max(overdraft_seconds, before.get(account, 0)):
            raise IntegrityError(f"card {account.card_id} would fall {balance} seconds below zero")
