"""Proving the ledger: the hash chain and the invariants, read back from the rows themselves.

What is kept beside the postings for speed (balances, what each entry stands on) is proven against them, and closed
months against the end of the chain that was written down when they closed.

Works through chain and entries in pages; what it keeps in memory grows with the number of accounts, not with history.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from care_sync.ledger.book import chained_hash
from care_sync.model.account import CONTRA
from care_sync.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold: what, and where."""

    subject: str
    message: str


def verify(work: UnitOfWork, *, overdraft_seconds: int | None = 0) -> Iterator[Finding]:
    """Yield everything that is wrong; nothing for a ledger that is whole.

    A card may be ``overdraft_seconds`` below zero (``None``: any number).
    """
    yield from _chain(work)
    yield from _entries(work)
    kept, summed = work.ledger.all_balances(), work.ledger.summed_balances()
    for key in sorted(kept.keys() | summed.keys()):
        if kept.get(key, 0) != summed.get(key, 0):
            yield Finding(
                f"{key[0]} {key[1]}",
                f"the balance kept is {kept.get(key, 0)}, its postings sum to {summed.get(key, 0)}",
            )
        is_limited = key[1].card_id is not None and overdraft_seconds is not None
        if is_limited and summed.get(key, 0) > (overdraft_seconds or 0):
            yield Finding(f"{key[0]} {key[1]}", f"the card is {summed[key]} seconds below zero")


def _entries(work: UnitOfWork) -> Iterator[Finding]:
    """Invariant 1: what an entry's postings sum to is what it stands for, on the accounts that it stands on."""
    for entry_key, summed, seconds in work.ledger.entries_that_differ(CONTRA):
        yield Finding(f"entry {entry_key}", f"its postings sum to {summed} seconds, it stands for {seconds}")
    for standings in work.ledger.each_posted():
        transactions = work.ledger.many(standing.transaction_id for standing in standings)
        for posted in standings:
            transaction = transactions.get(posted.transaction_id)
            legs = () if transaction is None else transaction.legs
            if sorted((leg.account, leg.seconds) for leg in legs if leg.account not in CONTRA) != sorted(
                (leg.account, leg.seconds) for leg in posted.shares
            ):
                yield Finding(
                    f"entry {posted.entry_key}",
                    f"transaction {posted.transaction_id} is not what it is said to stand on",
                )


def _chain(work: UnitOfWork) -> Iterator[Finding]:
    previous, expected = "", 1
    closings = work.periods.closed()
    through = ""
    for transaction in work.ledger.each():
        while closings and closings[0].transaction_id < transaction.transaction_id:
            closing = closings.pop(0)
            through = closing.period
            if (closing.transaction_id, closing.hash) != (expected - 1, previous):
                yield Finding(f"month {closing.period}", "the chain is not the one that it was closed with")
        subject = f"transaction {transaction.transaction_id}"
        if transaction.transaction_id != expected:
            yield Finding(subject, f"transaction {expected} is missing before it")
        if transaction.previous_hash != previous or transaction.hash != chained_hash(transaction):
            yield Finding(subject, "its hash does not follow from its content and the one before it")
        if sum(leg.seconds for leg in transaction.legs) != 0:
            yield Finding(subject, "its legs do not sum to zero")
        if transaction.period <= through:
            yield Finding(subject, f"it was booked in {transaction.period} after that month had closed")
        previous, expected = transaction.hash, transaction.transaction_id + 1
    for closing in closings:
        if (closing.transaction_id, closing.hash) != (expected - 1, previous):
            yield Finding(f"month {closing.period}", "the chain is not the one that it was closed with")
    head = work.ledger.lock_head()
    if (head.transaction_id, head.hash) != (expected - 1, previous):
        yield Finding("the end of the chain", "it does not point at the last transaction")
