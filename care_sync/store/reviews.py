"""What a person judged of reviewed time, and what was last taken over from a ticket in which an agent decides."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from care_sync.model.review import Verdict
from care_sync.store.schema import rulings, verdicts
from care_sync.store.tables import chunks, upsert


class VerdictRepository:
    """Judgements; all of them are kept, and the last one on an entry at a customer and ticket stands there."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def decide(self, verdict: Verdict) -> None:
        """Add a judgement."""
        self._connection.execute(
            verdicts.insert().values(
                entry_key=verdict.entry_key,
                organization_id=verdict.organization_id,
                ticket_id=verdict.ticket_id,
                judged_seconds=verdict.judged_seconds,
                charged_seconds=verdict.charged_seconds,
                reason=verdict.reason,
                actor=verdict.actor,
                decided_at=verdict.decided_at,
            )
        )

    def get_many(self, entry_keys: Iterable[str]) -> dict[str, list[Verdict]]:
        """Every judgement of these entries wherever they were, oldest first, by entry."""
        by_entry: dict[str, list[Verdict]] = {}
        for keys in chunks(entry_keys):
            query = select(verdicts).where(verdicts.c.entry_key.in_(keys)).order_by(verdicts.c.verdict_id)
            for row in self._connection.execute(query):
                by_entry.setdefault(row.entry_key, []).append(_verdict(row))
        return by_entry


class RulingRepository:
    """What was last taken over from a ticket in which an agent decides on reviewed time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get_many(self, ticket_ids: Iterable[str]) -> dict[str, str]:
        """What each of these tickets said."""
        by_key: dict[str, str] = {}
        for keys in chunks(ticket_ids):
            query = select(rulings.c.ticket_id, rulings.c.said).where(rulings.c.ticket_id.in_(keys))
            by_key.update({row.ticket_id: row.said for row in self._connection.execute(query)})
        return by_key

    def keep(self, ticket_id: str, said: str, now: datetime) -> None:
        """Remember that this was taken over."""
        upsert(self._connection, rulings, [{"ticket_id": ticket_id, "said": said, "taken_at": now}])

    def forget(self, ticket_ids: Iterable[str]) -> None:
        """These tickets say nothing any more: what they say next is new."""
        for keys in chunks(ticket_ids):
            self._connection.execute(rulings.delete().where(rulings.c.ticket_id.in_(keys)))


def _verdict(row: Row[Any]) -> Verdict:
    return Verdict(
        row.entry_key,
        row.organization_id,
        row.ticket_id,
        row.judged_seconds,
        row.charged_seconds,
        row.reason,
        row.actor,
        row.decided_at,
    )
