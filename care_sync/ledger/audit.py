"""Proving the ledger: the hash chain and the invariants, read back from the rows themselves.

Works through the chain in pages; what it keeps in memory grows with the number of accounts, not with history.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from care_sync.ledger import accounts
from care_sync.ledger.book import chained_hash
from care_sync.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold: what, and where."""

    subject: str
    message: str


def verify(work: UnitOfWork) -> Iterator[Finding]:
    """Yield everything that is wrong; nothing for a ledger that is whole."""
    yield from _chain(work)
    kept, summed = work.ledger.all_balances(), work.ledger.summed_balances()
    for key in sorted(kept.keys() | summed.keys()):
        if kept.get(key, 0) != summed.get(key, 0):
            yield Finding(
                f"{key[0]} {key[1]}",
                f"the balance kept is {kept.get(key, 0)}, its postings sum to {summed.get(key, 0)}",
            )
        if accounts.card_of(key[1]) is not None and summed.get(key, 0) > 0:
            yield Finding(f"{key[0]} {key[1]}", f"the card is {summed[key]} seconds below zero")


def _chain(work: UnitOfWork) -> Iterator[Finding]:
    previous, expected = "", 1
    for transaction in work.ledger.each():
        subject = f"transaction {transaction.transaction_id}"
        if transaction.transaction_id != expected:
            yield Finding(subject, f"transaction {expected} is missing before it")
        if transaction.previous_hash != previous or transaction.hash != chained_hash(transaction):
            yield Finding(subject, "its hash does not follow from its content and the one before it")
        if sum(leg.seconds for leg in transaction.legs) != 0:
            yield Finding(subject, "its legs do not sum to zero")
        previous, expected = transaction.hash, transaction.transaction_id + 1
    head = work.ledger.lock_head()
    if (head.transaction_id, head.hash) != (expected - 1, previous):
        yield Finding("the end of the chain", "it does not point at the last transaction")
