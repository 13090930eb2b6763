"""A prepaid hour card as it was bought (H1–H3). What is left on it is the ledger's knowledge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class HourCard:
    """A prepaid hour card as it was bought: whole seconds, euro per hour.

    ``taken_over_on`` is the first day whose work it pays, where another administration has counted what came before.
    A ``voided`` card was taken back: it pays nothing and holds nothing.
    """

    card_id: int
    organization_id: str
    bought_on: date
    seconds: int
    rate: Decimal
    reference: str
    taken_over_on: date | None = None
    voided: bool = False

    @property
    def covers_from(self) -> date:
        """The first day whose work it pays."""
        return self.taken_over_on or self.bought_on


class CardChangeKind(StrEnum):
    """What a person changed of a card: took the purchase back, gave it to another customer, or mended a slip."""

    VOIDED = "voided"
    MOVED = "moved"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class CardChange:
    """What a person changed of a card, by whom and why; ``before`` and ``after`` are the whole card."""

    kind: CardChangeKind
    before: HourCard
    after: HourCard
    changed_at: datetime
    actor: str
    reason: str
