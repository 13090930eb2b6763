"""Hour cards as they were bought, and what people changed of them since. What is left is the ledger's knowledge.

A purchase is never changed: a change is a row of its own, and the newest row of a card says what it is now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select, true

from care_sync.model.hour_card import CardChange, CardChangeKind, HourCard
from care_sync.store.schema import card_changes, cards
from care_sync.store.tables import chunks


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

    def change(self, change: CardChange) -> None:
        """Write down that a card is another one from now on. The ledger's head must have been locked."""
        after = change.after
        self._connection.execute(
            card_changes.insert().values(
                card_id=after.card_id,
                kind=change.kind.value,
                organization_id=after.organization_id,
                bought_on=after.bought_on,
                seconds=after.seconds,
                voided=int(after.voided),
                changed_at=change.changed_at,
                actor=change.actor,
                reason=change.reason,
            )
        )

    def get(self, card_id: int) -> HourCard | None:
        """One card."""
        row = self._connection.execute(_current(cards.c.card_id == card_id)).one_or_none()
        return None if row is None else _card(row)

    def of_organization(self, organization_id: str) -> list[HourCard]:
        """The cards that a customer has, voided ones too, oldest purchase first (H2)."""
        return self._cards(_owner == organization_id)

    def formerly_of_organization(self, organization_id: str) -> list[HourCard]:
        """Cards that were this customer's and went to another one, as they are now; oldest purchase first."""
        passed_on = select(card_changes.c.card_id).where(card_changes.c.organization_id == organization_id)
        was_owner = (cards.c.organization_id == organization_id) | cards.c.card_id.in_(passed_on)
        return self._cards(was_owner & (_owner != organization_id))

    def all(self) -> list[HourCard]:
        """Every card, voided ones too, oldest purchase first."""
        return self._cards(true())

    def changes(self, card_ids: Iterable[int]) -> dict[int, list[CardChange]]:
        """What people changed of these cards, oldest first; a card of which nothing was changed is absent."""
        by_card: dict[int, list[CardChange]] = {}
        for keys in chunks(card_ids):
            bought = self._connection.execute(select(cards).where(cards.c.card_id.in_(keys)))
            before = {row.card_id: _bought(row) for row in bought}
            query = select(card_changes).where(card_changes.c.card_id.in_(keys)).order_by(card_changes.c.change_id)
            for row in self._connection.execute(query):
                after = replace(
                    before[row.card_id],
                    organization_id=row.organization_id,
                    bought_on=row.bought_on,
                    seconds=row.seconds,
                    voided=bool(row.voided),
                )
                kind = CardChangeKind(row.kind)
                change = CardChange(kind, before[row.card_id], after, row.changed_at, row.actor, row.reason)
                by_card.setdefault(row.card_id, []).append(change)
                before[row.card_id] = after
        return by_card

    def _cards(self, condition: ColumnElement[bool]) -> list[HourCard]:
        ordered = _current(condition).order_by(_bought_on, cards.c.card_id)
        return [_card(row) for row in self._connection.execute(ordered)]


_newest = (
    select(card_changes.c.card_id, func.max(card_changes.c.change_id).label("change_id"))
    .group_by(card_changes.c.card_id)
    .subquery()
)
_owner: ColumnElement[str] = func.coalesce(card_changes.c.organization_id, cards.c.organization_id)
_bought_on: ColumnElement[date] = func.coalesce(card_changes.c.bought_on, cards.c.bought_on)


def _current(condition: ColumnElement[bool]) -> Select[Any]:
    """Cards with the newest change of each, where there is one."""
    joined = cards.outerjoin(_newest, _newest.c.card_id == cards.c.card_id).outerjoin(
        card_changes, card_changes.c.change_id == _newest.c.change_id
    )
    columns = (
        cards.c.card_id,
        cards.c.rate,
        cards.c.reference,
        cards.c.taken_over_on,
        _owner.label("organization_id"),
        _bought_on.label("bought_on"),
        func.coalesce(card_changes.c.seconds, cards.c.seconds).label("seconds"),
        func.coalesce(card_changes.c.voided, 0).label("voided"),
    )
    return select(*columns).select_from(joined).where(condition)


def _card(row: Row[Any]) -> HourCard:
    return replace(_bought(row), voided=bool(row.voided))


def _bought(row: Row[Any]) -> HourCard:
    return HourCard(
        row.card_id,
        row.organization_id,
        row.bought_on,
        row.seconds,
        Decimal(row.rate),
        row.reference,
        row.taken_over_on,
    )
