"""The ledger's rows. Only ``care_sync.ledger.book`` calls :meth:`LedgerRepository.append`.

Transactions and postings are append-only; ``balances`` (their running sums), what each entry stands on
(:mod:`care_sync.store.posted_entries`) and the chain's head are kept beside them in the same transaction and proven
against them by the audit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from care_sync.model.account import Account, AccountKind, Leg
from care_sync.model.month import Month
from care_sync.model.transaction import Head, StoredTransaction, TransactionKind
from care_sync.store.posted_entries import PostedEntryRepository
from care_sync.store.schema import balances, ledger_head, postings, transactions
from care_sync.store.tables import CHUNK, chunks, insert, locks_rows


class LedgerRepository(PostedEntryRepository):
    """Transactions, postings and balances, and what each entry stands on."""

    def lock_head(self) -> Head:
        """Take the end of the chain; until this transaction ends no other daemon can post."""
        query = select(ledger_head).where(ledger_head.c.singleton == 1)
        if locks_rows(self._connection):
            query = query.with_for_update()
        row = self._connection.execute(query).one()
        return Head(row.transaction_id, row.hash)

    def append(self, written: Sequence[StoredTransaction]) -> None:
        """Add transactions with their legs, in order, and move the balances and the head along."""
        if not written:
            return
        self._connection.execute(transactions.insert(), [_row(transaction) for transaction in written])
        self._connection.execute(
            postings.insert(),
            [
                {
                    "transaction_id": transaction.transaction_id,
                    "line": line,
                    "account": leg.account,
                    "seconds": leg.seconds,
                }
                for transaction in written
                for line, leg in enumerate(transaction.legs, start=1)
            ],
        )
        moved: dict[tuple[str, str], int] = {}
        for transaction in written:
            for leg in transaction.legs:
                key = (transaction.organization_id, leg.account)
                moved[key] = moved.get(key, 0) + leg.seconds
        statement = insert(self._connection, balances)
        statement = statement.on_conflict_do_update(
            index_elements=["organization_id", "account"],
            set_={"seconds": balances.c.seconds + statement.excluded.seconds},
        )
        self._connection.execute(
            statement,
            [
                {"organization_id": organization_id, "account": account, "seconds": seconds}
                for (organization_id, account), seconds in sorted(moved.items())
            ],
        )
        last = written[-1]
        self._connection.execute(ledger_head.update().values(transaction_id=last.transaction_id, hash=last.hash))

    def balances(self, organization_id: str) -> dict[Account, int]:
        """A customer's balances, debit positive, by account."""
        query = select(balances.c.account, balances.c.seconds).where(balances.c.organization_id == organization_id)
        return {Account(name): value for name, value in self._connection.execute(query)}

    def balances_of_cards(self) -> dict[Account, int]:
        """The balances of all cards' accounts, of whatever customer, by account."""
        summed = func.sum(balances.c.seconds)  # a card that was moved has an account at each of its customers
        query = select(balances.c.account, summed).where(balances.c.account.startswith("card:"))
        rows = self._connection.execute(query.group_by(balances.c.account))
        return {Account(name): int(value) for name, value in rows}

    def all_balances(self) -> dict[tuple[str, Account], int]:
        """Every customer's balances by ``(organization_id, account)``."""
        rows = self._connection.execute(select(balances))
        return {(row.organization_id, Account(row.account)): row.seconds for row in rows}

    def summed_balances(self) -> dict[tuple[str, Account], int]:
        """The same, added up from the postings themselves (for the audit)."""
        query = (
            select(
                transactions.c.organization_id,
                postings.c.account,
                func.sum(postings.c.seconds).label("seconds"),
            )
            .join(transactions, transactions.c.transaction_id == postings.c.transaction_id)
            .group_by(transactions.c.organization_id, postings.c.account)
        )
        rows = self._connection.execute(query)
        return {(row.organization_id, Account(row.account)): int(row.seconds) for row in rows}

    def transaction(self, transaction_id: int) -> StoredTransaction | None:
        """One transaction."""
        found = self._transactions(transactions.c.transaction_id == transaction_id)
        return found[0] if found else None

    def many(self, transaction_ids: Iterable[int]) -> dict[int, StoredTransaction]:
        """Transactions by number."""
        by_key: dict[int, StoredTransaction] = {}
        for keys in chunks(sorted(transaction_ids)):
            of_these = self._transactions(transactions.c.transaction_id.in_(keys))
            by_key.update({transaction.transaction_id: transaction for transaction in of_these})
        return by_key

    def unreversed(self, organization_id: str, kind: TransactionKind, first_period: Month) -> list[StoredTransaction]:
        """A customer's transactions of a kind, from a period on, that nothing has taken back; oldest first."""
        later = transactions.alias("later")
        reversed_later = select(later.c.transaction_id).where(later.c.reverses == transactions.c.transaction_id)
        return self._transactions(
            (transactions.c.organization_id == organization_id)
            & (transactions.c.period >= first_period)
            & (transactions.c.kind == kind.value)
            & transactions.c.reverses.is_(None)
            & ~reversed_later.exists()
        )

    def card_worked(self, card_id: int, *, until: date) -> int:
        """Seconds of work until a day that a card paid, also what it took over of an overdrawn card."""
        is_work = transactions.c.entry_key.is_not(None) | (transactions.c.kind == TransactionKind.SETTLEMENT)
        return self._on_card(card_id, is_work & (transactions.c.work_date <= until))

    def card_held(self, card_id: int, *, until: date) -> int:
        """Seconds that a card held at the end of a day without any work: by its purchase, by people, recalculated.

        A recalculation of that very day is not among them.
        """
        is_other = transactions.c.entry_key.is_(None) & (transactions.c.kind != TransactionKind.SETTLEMENT)
        is_before = (transactions.c.work_date < until) | (
            (transactions.c.work_date == until) & (transactions.c.kind != TransactionKind.RECALCULATION)
        )
        return -self._on_card(card_id, is_other & is_before)

    def card_brought(self, card_id: int) -> int:
        """Seconds that were used of a card before it was taken over from another administration: use, for H6."""
        first_booked = (
            select(func.min(transactions.c.booked_at))
            .join(postings, postings.c.transaction_id == transactions.c.transaction_id)
            .where(postings.c.account == Account.card(card_id))
            .scalar_subquery()
        )
        # What a card brings with it is booked together with its purchase.
        is_brought = (transactions.c.kind == TransactionKind.ADJUSTMENT) & (transactions.c.booked_at == first_booked)
        return self._on_card(card_id, is_brought)

    def _on_card(self, card_id: int, condition: ColumnElement[bool]) -> int:
        query = (
            select(func.coalesce(func.sum(postings.c.seconds), 0))
            .join(transactions, transactions.c.transaction_id == postings.c.transaction_id)
            .where((postings.c.account == Account.card(card_id)) & condition)
        )
        return int(self._connection.execute(query).scalar_one())

    def first_worked_month(self) -> Month | None:
        """The earliest month in which time was booked; cards may have been bought before."""
        query = select(func.min(transactions.c.period)).where(transactions.c.entry_key.is_not(None))
        first: str | None = self._connection.execute(query).scalar_one()
        return None if first is None else Month(first)

    def on_account(self, organization_id: str, account: str) -> list[StoredTransaction]:
        """A customer's transactions that have a leg on ``account``, oldest first."""
        touching = select(postings.c.transaction_id).where(postings.c.account == account)
        return self._transactions(
            (transactions.c.organization_id == organization_id) & transactions.c.transaction_id.in_(touching)
        )

    def free_time_settled(self, organization_id: str, first_open: Month) -> dict[Month, int]:
        """Seconds of fair use that closed months settled, by month; what corrections gave back has lapsed."""
        of_entry = (
            select(postings.c.account, func.sum(postings.c.seconds).label("seconds"))
            .join(transactions, transactions.c.transaction_id == postings.c.transaction_id)
            .where(
                transactions.c.organization_id == organization_id,
                transactions.c.period < first_open,
                postings.c.account.startswith(f"{AccountKind.FAIR_USE}:", autoescape=True),
            )
            .group_by(postings.c.account, transactions.c.entry_key)
            .subquery()
        )
        query = select(of_entry.c.account, func.sum(of_entry.c.seconds).label("seconds")).where(of_entry.c.seconds > 0)
        rows = self._connection.execute(query.group_by(of_entry.c.account))
        return {month: int(row.seconds) for row in rows if (month := Account(row.account).month) is not None}

    def balances_before(self, organization_id: str, period: Month) -> dict[Account, int]:
        """A customer's balances as the months before ``period`` left them, added up from their postings."""
        query = (
            select(postings.c.account, func.sum(postings.c.seconds).label("seconds"))
            .join(transactions, transactions.c.transaction_id == postings.c.transaction_id)
            .where(transactions.c.organization_id == organization_id, transactions.c.period < period)
            .group_by(postings.c.account)
        )
        return {Account(row.account): int(row.seconds) for row in self._connection.execute(query)}

    def touched(self, account: str) -> list[str]:
        """Ids of the customers of whom something ever stood on ``account``."""
        query = select(balances.c.organization_id).where(balances.c.account == account)
        return list(self._connection.execute(query.order_by(balances.c.organization_id)).scalars())

    def of_entry(self, entry_key: str) -> list[StoredTransaction]:
        """The story of an entry, oldest first."""
        return self._transactions(transactions.c.entry_key == entry_key)

    def of_ticket(self, ticket_id: str) -> list[StoredTransaction]:
        """The story of a ticket's time, oldest first."""
        return self._transactions(transactions.c.ticket_id == ticket_id)

    def of_organization(self, organization_id: str, period: Month | None = None) -> list[StoredTransaction]:
        """A customer's transactions, of one period or all, oldest first."""
        condition = transactions.c.organization_id == organization_id
        if period is not None:
            condition &= transactions.c.period == period
        return self._transactions(condition)

    def each(self, after: int = 0) -> Iterator[StoredTransaction]:
        """The chain in order, whole or behind a transaction, in bounded pages."""
        while True:
            page = self._transactions(transactions.c.transaction_id > after, limit=CHUNK)
            yield from page
            if len(page) < CHUNK:
                return
            after = page[-1].transaction_id

    def count(self) -> int:
        """How many transactions there are."""
        return self._connection.execute(select(func.count()).select_from(transactions)).scalar_one()

    def _transactions(self, condition: Any, limit: int | None = None) -> list[StoredTransaction]:
        query = select(transactions).where(condition).order_by(transactions.c.transaction_id)
        if limit is not None:
            query = query.limit(limit)
        rows = self._connection.execute(query).all()
        legs = self._legs([row.transaction_id for row in rows])
        return [_transaction(row, tuple(legs.get(row.transaction_id, ()))) for row in rows]

    def _legs(self, transaction_ids: list[int]) -> Mapping[int, list[Leg]]:
        legs: dict[int, list[Leg]] = {}
        for keys in chunks(transaction_ids):
            query = (
                select(postings)
                .where(postings.c.transaction_id.in_(keys))
                .order_by(postings.c.transaction_id, postings.c.line)
            )
            for row in self._connection.execute(query):
                legs.setdefault(row.transaction_id, []).append(Leg(Account(row.account), row.seconds))
        return legs


def _row(transaction: StoredTransaction) -> dict[str, Any]:
    return {
        "transaction_id": transaction.transaction_id,
        "kind": transaction.kind.value,
        "organization_id": transaction.organization_id,
        "entry_key": transaction.entry_key,
        "entry_revision": transaction.entry_revision,
        "ticket_id": transaction.ticket_id,
        "rules": list(transaction.rules),
        "clauses": list(transaction.clauses),
        "period": transaction.period,
        "work_date": transaction.work_date,
        "booked_at": transaction.booked_at,
        "reverses": transaction.reverses,
        "corrects": transaction.corrects,
        "actor": transaction.actor,
        "reason": transaction.reason,
        "previous_hash": transaction.previous_hash,
        "hash": transaction.hash,
    }


def _transaction(row: Row[Any], legs: tuple[Leg, ...]) -> StoredTransaction:
    return StoredTransaction(
        transaction_id=row.transaction_id,
        kind=TransactionKind(row.kind),
        organization_id=row.organization_id,
        period=Month(row.period),
        work_date=row.work_date,
        booked_at=row.booked_at,
        actor=row.actor,
        reason=row.reason,
        legs=legs,
        entry_key=row.entry_key,
        entry_revision=row.entry_revision,
        ticket_id=row.ticket_id,
        rules=tuple(row.rules),
        clauses=tuple(row.clauses),
        reverses=row.reverses,
        corrects=row.corrects,
        previous_hash=row.previous_hash,
        hash=row.hash,
    )
