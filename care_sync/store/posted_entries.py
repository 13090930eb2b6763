"""What each entry stands on now, kept beside the postings so that a pass need not add up history.

Terms
    standing     the last posting of an entry that nothing has taken back
    corrected    what a closed month had settled for an entry while a correction in an open month takes it back

Both follow from the transactions; the audit proves it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, Text, func, literal, select, type_coerce

from care_sync.model.account import Account, Leg
from care_sync.model.month import Month
from care_sync.model.posted_entry import Basis, PostedEntry
from care_sync.store.columns import decode, encode
from care_sync.store.schema import corrected_standing, entry_standing, postings, transactions
from care_sync.store.tables import CHUNK, chunks, upsert
from rules.model.words import Route


class PostedEntryRepository:
    """What entries stand on."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def posted(self, entry_keys: Iterable[str]) -> dict[str, PostedEntry]:
        """What these entries were last posted for."""
        by_key = {}
        for keys in chunks(entry_keys):
            query = select(entry_standing).where(entry_standing.c.entry_key.in_(keys))
            by_key.update({row.entry_key: _standing(row) for row in self._connection.execute(query)})
        return by_key

    def posted_of_organization(self, organization_id: str, first_period: Month | None = None) -> dict[str, PostedEntry]:
        """What a customer's entries stand on, from a period on."""
        query = select(entry_standing).where(
            entry_standing.c.organization_id == organization_id, entry_standing.c.period >= (first_period or "")
        )
        return {row.entry_key: _standing(row) for row in self._connection.execute(query)}

    def posted_in(self, period: Month) -> list[PostedEntry]:
        """What stands in a month, of every customer."""
        query = select(entry_standing).where(entry_standing.c.period == period)
        ordered = query.order_by(entry_standing.c.organization_id, entry_standing.c.entry_key)
        return [_standing(row) for row in self._connection.execute(ordered)]

    def tickets_since(self, first_period: Month | None) -> list[str]:
        """Ids of all tickets that have time standing in a period from this one on."""
        query = select(entry_standing.c.ticket_id).where(
            entry_standing.c.period >= (first_period or ""), entry_standing.c.ticket_id.is_not(None)
        )
        return sorted(self._connection.execute(query.distinct()).scalars())

    def posted_on(
        self, account: str, *, organization_id: str | None = None, ticket_id: str | None = None
    ) -> list[PostedEntry]:
        """Entries with a share on ``account``, in whatever month; of one customer or ticket, or of all."""
        query = select(entry_standing).where(
            type_coerce(entry_standing.c.shares, Text).contains(f'["{account}",', autoescape=True)
        )
        if organization_id is not None:
            query = query.where(entry_standing.c.organization_id == organization_id)
        if ticket_id is not None:
            query = query.where(entry_standing.c.ticket_id == ticket_id)
        return [_standing(row) for row in self._connection.execute(query.order_by(entry_standing.c.entry_key))]

    def posted_of_tickets(self, ticket_ids: Iterable[str]) -> dict[str, list[PostedEntry]]:
        """What the entries of each of these tickets stand on."""
        by_key: dict[str, list[PostedEntry]] = {}
        for keys in chunks(ticket_ids):
            query = select(entry_standing).where(entry_standing.c.ticket_id.in_(keys))
            for row in self._connection.execute(query):
                by_key.setdefault(row.ticket_id, []).append(_standing(row))
        return by_key

    def each_posted(self) -> Iterator[list[PostedEntry]]:
        """What every entry stands on, in bounded pages."""
        after = ""
        while True:
            query = select(entry_standing).where(entry_standing.c.entry_key > after)
            rows = self._connection.execute(query.order_by(entry_standing.c.entry_key).limit(CHUNK)).all()
            if rows:
                yield [_standing(row) for row in rows]
            if len(rows) < CHUNK:
                return
            after = rows[-1].entry_key

    def entries_that_differ(self, contra: Iterable[str]) -> list[tuple[str, int, int]]:
        """Entries whose postings (``contra`` accounts left out) do not sum to the seconds that they stand for."""
        posted = (
            select(transactions.c.entry_key, func.sum(postings.c.seconds).label("seconds"))
            .join(postings, postings.c.transaction_id == transactions.c.transaction_id)
            .where(transactions.c.entry_key.is_not(None), postings.c.account.not_in(sorted(contra)))
            .group_by(transactions.c.entry_key)
            .subquery()
        )
        stands = func.coalesce(entry_standing.c.seconds, 0)
        of_posted = (
            select(posted.c.entry_key, posted.c.seconds, stands.label("standing"))
            .outerjoin(entry_standing, entry_standing.c.entry_key == posted.c.entry_key)
            .where(posted.c.seconds != stands)
        )
        of_others = (
            select(entry_standing.c.entry_key, literal(0), entry_standing.c.seconds)
            .outerjoin(posted, posted.c.entry_key == entry_standing.c.entry_key)
            .where(posted.c.entry_key.is_(None))
        )
        rows = [*self._connection.execute(of_posted), *self._connection.execute(of_others)]
        return [(key, int(seconds), int(standing)) for key, seconds, standing in rows]

    def put_posted(self, standings: Iterable[PostedEntry]) -> None:
        """Write down what entries stand on now."""
        upsert(self._connection, entry_standing, [_standing_row(standing) for standing in standings])

    def forget(self, entry_keys: Iterable[str]) -> None:
        """These entries stand on nothing any more (they were reversed)."""
        for keys in chunks(entry_keys):
            self._connection.execute(entry_standing.delete().where(entry_standing.c.entry_key.in_(keys)))

    def corrected(self, entry_keys: Iterable[str], period: Month) -> dict[str, PostedEntry]:
        """What closed months had settled for these entries, where ``period`` corrects it."""
        by_key = {}
        for keys in chunks(entry_keys):
            query = select(corrected_standing).where(
                corrected_standing.c.entry_key.in_(keys), corrected_standing.c.corrected_in == period
            )
            by_key.update({row.entry_key: _standing(row) for row in self._connection.execute(query)})
        return by_key

    def corrected_of_organization(self, organization_id: str, period: Month | None) -> dict[str, PostedEntry]:
        """What closed months had settled for a customer's entries, where ``period`` corrects it."""
        if period is None:
            return {}
        query = select(corrected_standing).where(
            corrected_standing.c.organization_id == organization_id, corrected_standing.c.corrected_in == period
        )
        return {row.entry_key: _standing(row) for row in self._connection.execute(query)}

    def keep_corrected(self, standings: Iterable[PostedEntry], period: Month | None) -> None:
        """Keep what a closed month had settled and ``period`` takes back, should it become true again."""
        rows = [{**_standing_row(standing), "corrected_in": period} for standing in standings]
        upsert(self._connection, corrected_standing, rows)

    def forget_corrected(self, period: Month) -> None:
        """The corrections of ``period`` are final: it is being closed."""
        self._connection.execute(corrected_standing.delete().where(corrected_standing.c.corrected_in == period))


def _standing(row: Row[Any]) -> PostedEntry:
    shares = tuple(Leg(Account(account), seconds) for account, seconds in row.shares)
    return PostedEntry(
        row.entry_key,
        row.organization_id,
        row.ticket_id,
        Month(row.period),
        _basis(row.basis),
        row.seconds,
        shares,
        row.transaction_id,
        row.work_date,
        row.started_at,
        row.activity,
    )


def _standing_row(standing: PostedEntry) -> dict[str, Any]:
    return {
        "entry_key": standing.entry_key,
        "organization_id": standing.organization_id,
        "ticket_id": standing.ticket_id,
        "period": standing.period,
        "basis": _encoded_basis(standing.basis),
        "seconds": standing.seconds,
        "shares": [[leg.account, leg.seconds] for leg in standing.shares],
        "transaction_id": standing.transaction_id,
        "work_date": standing.work_date,
        "started_at": standing.started_at,
        "activity": standing.activity,
    }


def _encoded_basis(basis: Basis) -> str:
    why = (basis.work_date.isoformat(), basis.rules, basis.clauses)
    money = (basis.organization_id, basis.ticket_id, basis.route, basis.seconds, basis.judged)
    return encode((money, why))


def _basis(text: str) -> Basis:
    (organization_id, ticket_id, route, seconds, judged), (work_date, rules, clauses) = decode(text)
    return Basis(
        organization_id, ticket_id, Route(route), seconds, judged, date.fromisoformat(work_date), rules, clauses
    )
