"""Recalculations of hour cards, by card and due day (H4–H6)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, select

from care_sync.model.recalculation import Recalculation, RecalculationState
from care_sync.store.schema import recalculations
from care_sync.store.tables import upsert


class RecalculationRepository:
    """Due days and what became of them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, one: Recalculation) -> None:
        """Store."""
        upsert(
            self._connection,
            recalculations,
            [
                {
                    "card_id": one.card_id,
                    "due_on": one.due_on,
                    "state": one.state.value,
                    "left_then": one.left_then,
                    "left_before": one.left_before,
                    "left_after": one.left_after,
                    "old_rate": str(one.old_rate),
                    "new_rate": None if one.new_rate is None else str(one.new_rate),
                    "reason": one.reason,
                    "found_at": one.found_at,
                    "actor": one.actor,
                    "decided_at": one.decided_at,
                    "transaction_id": one.transaction_id,
                }
            ],
        )

    def all(self) -> list[Recalculation]:
        """Every due day that was looked at, in order."""
        query = select(recalculations).order_by(recalculations.c.due_on, recalculations.c.card_id)
        return [_recalculation(row) for row in self._connection.execute(query)]

    def of_card(self, card_id: int) -> list[Recalculation]:
        """A card's due days, in order."""
        query = select(recalculations).where(recalculations.c.card_id == card_id).order_by(recalculations.c.due_on)
        return [_recalculation(row) for row in self._connection.execute(query)]


def _recalculation(row: Row[Any]) -> Recalculation:
    return Recalculation(
        row.card_id,
        row.due_on,
        RecalculationState(row.state),
        row.left_then,
        row.left_before,
        row.left_after,
        Decimal(row.old_rate),
        None if row.new_rate is None else Decimal(row.new_rate),
        row.reason,
        row.found_at,
        row.actor,
        row.decided_at,
        row.transaction_id,
    )
