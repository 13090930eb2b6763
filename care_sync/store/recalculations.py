"""Recalculations of hour cards, by card and due day (H4–H6)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, select, update

from care_sync.model.recalculation import Recalculation, RecalculationState
from care_sync.store.schema import recalculations
from care_sync.store.tables import chunks, upsert


class RecalculationRepository:
    """Due days that were judged, and what they come to."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, *records: Recalculation) -> None:
        """Store."""
        upsert(self._connection, recalculations, [_row(record) for record in records])

    def forget(self, record: Recalculation) -> None:
        """A due day that is none any more: the purchase was entered with a wrong date."""
        self._connection.execute(
            recalculations.delete().where(
                recalculations.c.card_id == record.card_id, recalculations.c.due_on == record.due_on
            )
        )

    def keep_through(self, day: date) -> None:
        """Months up to this day are closed: what their due days came to stands. One without a rate goes on waiting."""
        self._connection.execute(
            update(recalculations)
            .where(recalculations.c.due_on <= day, recalculations.c.state != RecalculationState.WAITING.value)
            .values(kept=1)
        )

    def release(self, card_id: int) -> None:
        """What closed months kept of a card is worked out anew: its purchase was entered wrongly."""
        self._connection.execute(update(recalculations).where(recalculations.c.card_id == card_id).values(kept=0))

    def all(self) -> list[Recalculation]:
        """Every due day that was judged, in order."""
        query = select(recalculations).order_by(recalculations.c.due_on, recalculations.c.card_id)
        return [_recalculation(row) for row in self._connection.execute(query)]

    def of_cards(self, card_ids: Iterable[int]) -> list[Recalculation]:
        """The due days of these cards, in order."""
        found = []
        for keys in chunks(card_ids):
            query = select(recalculations).where(recalculations.c.card_id.in_(keys))
            found += [_recalculation(row) for row in self._connection.execute(query)]
        return sorted(found, key=lambda record: (record.due_on, record.card_id))


def _row(record: Recalculation) -> dict[str, Any]:
    return {
        "card_id": record.card_id,
        "due_on": record.due_on,
        "state": record.state.value,
        "left_before": record.left_before,
        "left_after": record.left_after,
        "old_rate": str(record.old_rate),
        "new_rate": None if record.new_rate is None else str(record.new_rate),
        "reason": record.reason,
        "found_at": record.found_at,
        "approved": None if record.approved is None else int(record.approved),
        "approved_change": record.approved_change,
        "actor": record.actor,
        "said": record.said,
        "decided_at": record.decided_at,
        "transaction_id": record.transaction_id,
        "kept": int(record.is_kept),
    }


def _recalculation(row: Row[Any]) -> Recalculation:
    return Recalculation(
        card_id=row.card_id,
        due_on=row.due_on,
        state=RecalculationState(row.state),
        left_before=row.left_before,
        left_after=row.left_after,
        old_rate=Decimal(row.old_rate),
        new_rate=None if row.new_rate is None else Decimal(row.new_rate),
        reason=row.reason,
        found_at=row.found_at,
        approved=None if row.approved is None else bool(row.approved),
        approved_change=row.approved_change,
        actor=row.actor,
        said=row.said,
        decided_at=row.decided_at,
        transaction_id=row.transaction_id,
        is_kept=bool(row.kept),
    )
