"""Hour cards as they were bought. What is left on them is the ledger's knowledge."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, select

from care_sync.model.hour_card import HourCard
from care_sync.store.schema import cards


class CardRepository:
    """Hour cards. What is left on them is the ledger's knowledge."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        organization_id: str,
        bought_on: date,
        seconds: int,
        rate: Decimal,
        reference: str,
        taken_over_on: date | None = None,
    ) -> HourCard:
        """Add a card; its number is given here."""
        result = self._connection.execute(
            cards.insert().values(
                organization_id=organization_id,
                bought_on=bought_on,
                seconds=seconds,
                rate=str(rate),
                reference=reference,
                taken_over_on=taken_over_on,
            )
        )
        key = result.inserted_primary_key
        assert key is not None
        return HourCard(int(key[0]), organization_id, bought_on, seconds, rate, reference, taken_over_on)

    def get(self, card_id: int) -> HourCard | None:
        """One card."""
        row = self._connection.execute(select(cards).where(cards.c.card_id == card_id)).one_or_none()
        return None if row is None else _card(row)

    def of_organization(self, organization_id: str) -> list[HourCard]:
        """A customer's cards, oldest purchase first (H2)."""
        query = select(cards).where(cards.c.organization_id == organization_id)
        ordered = query.order_by(cards.c.bought_on, cards.c.card_id)
        return [_card(row) for row in self._connection.execute(ordered)]

    def all(self) -> list[HourCard]:
        """Every card, oldest purchase first."""
        query = select(cards).order_by(cards.c.bought_on, cards.c.card_id)
        return [_card(row) for row in self._connection.execute(query)]


def _card(row: Row[Any]) -> HourCard:
    return HourCard(
        row.card_id,
        row.organization_id,
        row.bought_on,
        row.seconds,
        Decimal(row.rate),
        row.reference,
        row.taken_over_on,
    )
