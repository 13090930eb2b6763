"""A prepaid hour card as it was bought (H1–H3). What is left on it is the ledger's knowledge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class HourCard:
    """A prepaid hour card as it was bought: whole seconds, euro per hour.

    ``taken_over_on`` is the first day whose work it pays, where another administration has counted what came before.
    """

    card_id: int
    organization_id: str
    bought_on: date
    seconds: int
    rate: Decimal
    reference: str
    taken_over_on: date | None = None

    @property
    def covers_from(self) -> date:
        """The first day whose work it pays."""
        return self.taken_over_on or self.bought_on
