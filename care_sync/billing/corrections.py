"""Which closed month a transaction of an open month is about.

An entry that changed after its month closed is taken back in the oldest open month, and posted again there: both are
about the closed month. A correction cites the transaction that it takes back; what is posted again cites nothing. It is
known by the correction of the same entry in the same month.
"""

from __future__ import annotations

from collections.abc import Iterable

from care_sync.model.month import Month
from care_sync.model.transaction import StoredTransaction
from care_sync.store import UnitOfWork


def corrected_months(work: UnitOfWork, transactions: Iterable[StoredTransaction]) -> dict[str, Month]:
    """The closed month (``yyyy-mm``) of each entry that one of these transactions corrects."""
    cited = {
        transaction.entry_key: transaction.corrects
        for transaction in transactions
        if transaction.entry_key and transaction.corrects is not None
    }
    originals = work.ledger.many(set(cited.values()))
    return {entry_key: originals[number].period for entry_key, number in cited.items() if number in originals}
