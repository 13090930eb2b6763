"""Decisions as they were taken, with the facts and the rules that made them. Append-only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from care_sync.model.decision import StoredDecision
from care_sync.store.schema import decisions, rule_versions
from care_sync.store.tables import CHUNK, chunks, insert


class DecisionRepository:
    """Decisions and the rules files that made them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep_rules(self, rules_hash: str, text: str, now: datetime) -> None:
        """Keep a rules file, so that what it decided can be replayed to the letter."""
        statement = insert(self._connection, rule_versions).on_conflict_do_nothing()
        self._connection.execute(statement, [{"rules_hash": rules_hash, "text": text, "first_used_at": now}])

    def append(self, rows: Iterable[StoredDecision]) -> None:
        """Add decisions."""
        values = [
            {
                "ticket_id": row.ticket_id,
                "activity": row.activity,
                "facts": dict(row.facts),
                "sources": dict(row.sources),
                "rules_hash": row.rules_hash,
                "outcome": dict(row.outcome),
                "decided_at": row.decided_at,
                "pass_id": row.pass_id,
            }
            for row in rows
        ]
        if values:
            self._connection.execute(decisions.insert(), values)

    def current(self, ticket_ids: Iterable[str]) -> dict[tuple[str, str], StoredDecision]:
        """The newest decision of each subject ``(ticket_id, activity)`` of these tickets."""
        by_key: dict[tuple[str, str], StoredDecision] = {}
        for keys in chunks(ticket_ids):
            newest = (
                select(func.max(decisions.c.decision_id))
                .where(decisions.c.ticket_id.in_(keys))
                .group_by(decisions.c.ticket_id, decisions.c.activity)
            )
            query = select(decisions).where(decisions.c.decision_id.in_(newest))
            for row in self._connection.execute(query):
                by_key[row.ticket_id, row.activity] = _stored(row)
        return by_key

    def each_current(self) -> Iterator[StoredDecision]:
        """The newest decision of every subject, in the order in which they were taken, in bounded pages."""
        newer = decisions.alias("newer")
        is_replaced = (
            select(newer.c.decision_id)
            .where(
                newer.c.ticket_id == decisions.c.ticket_id,
                newer.c.activity == decisions.c.activity,
                newer.c.decision_id > decisions.c.decision_id,
            )
            .exists()
        )
        after = 0
        while True:
            query = select(decisions).where(decisions.c.decision_id > after, ~is_replaced)
            rows = self._connection.execute(query.order_by(decisions.c.decision_id).limit(CHUNK)).all()
            yield from map(_stored, rows)
            if len(rows) < CHUNK:
                return
            after = rows[-1].decision_id

    def history(self, ticket_id: str) -> list[StoredDecision]:
        """Everything ever decided on a ticket, oldest first."""
        query = select(decisions).where(decisions.c.ticket_id == ticket_id).order_by(decisions.c.decision_id)
        return [_stored(row) for row in self._connection.execute(query)]

    def since(self, instant: datetime) -> Iterator[StoredDecision]:
        """Every decision taken since ``instant``, oldest first, in bounded pages."""
        after = 0
        while True:
            query = (
                select(decisions)
                .where(decisions.c.decision_id > after, decisions.c.decided_at >= instant)
                .order_by(decisions.c.decision_id)
                .limit(CHUNK)
            )
            rows = self._connection.execute(query).all()
            yield from map(_stored, rows)
            if len(rows) < CHUNK:
                return
            after = rows[-1].decision_id


def _stored(row: Row[Any]) -> StoredDecision:
    return StoredDecision(
        row.ticket_id,
        row.activity,
        row.facts,
        row.sources,
        row.rules_hash,
        row.outcome,
        row.decided_at,
        row.pass_id,
        row.decision_id,
    )
