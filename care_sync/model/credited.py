"""What of a ticket's time was charged and is given back (I4), read from the ledger. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from care_sync.model.account import Leg
from care_sync.model.explanation import AccountTime, summed
from care_sync.model.month import Month
from care_sync.model.posted_entry import PostedEntry
from care_sync.model.transaction import StoredTransaction


def credited_time(
    transactions: Iterable[StoredTransaction], standing: Iterable[PostedEntry], corrected: Mapping[int, Month]
) -> tuple[tuple[AccountTime, ...], Month | None]:
    """The time that was charged at some moment and is free now, by where it stands; and the closed month, if just one.

    ``transactions`` are those of the ticket, oldest first; ``corrected`` holds the months of those that some correct.
    From the ledger and not from what a pass just posted: the customer hears of it when the quiet time is over. At most
    what an entry lasts now is given back: what a mistyped entry once lasted was nobody's time.
    """
    charged: dict[str, int] = {}
    most: dict[str, int] = {}
    taken_back_in: dict[str, Month | None] = {}
    for transaction in transactions:
        key = transaction.entry_key
        seconds = sum(leg.seconds for leg in transaction.legs if leg.account.is_charged)
        if key is None or not seconds:
            continue
        charged[key] = charged.get(key, 0) + seconds
        most[key] = max(most.get(key, 0), charged[key])
        if seconds < 0:
            taken_back_in[key] = None if transaction.corrects is None else corrected.get(transaction.corrects)
    legs: list[Leg] = []
    months: set[Month | None] = set()
    for posted in standing:
        left = most.get(posted.entry_key, 0) - charged.get(posted.entry_key, 0)
        for share in posted.shares:
            if left > 0 and not share.account.is_charged:
                legs.append(Leg(share.account, min(left, share.seconds)))
                left -= share.seconds
                months.add(taken_back_in.get(posted.entry_key))
    return summed(legs), months.pop() if len(months) == 1 else None
