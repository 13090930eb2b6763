"""The yearly recalculation of what is left on an hour card (H4–H6), and what became of a due day.

States of a due day: ``proposed`` and ``waiting`` (for a rate) are open; ``applied``, ``declined`` (by a person) and
``settled`` (nothing to recalculate, and why) are final.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from dateutil.relativedelta import relativedelta

SINCE = date(2024, 1, 1)
"""Cards bought before this day are never recalculated (H4)."""

USED_UP_SHARE = Decimal("0.9")
"""Used more than this at twelve months: no recalculation (H6); exactly this much: recalculated."""


class RecalculationState(StrEnum):
    """Where a due day stands; see :mod:`care_sync.ledger.recalculation`."""

    PROPOSED = "proposed"
    WAITING = "waiting"
    APPLIED = "applied"
    DECLINED = "declined"
    SETTLED = "settled"

    @property
    def is_final(self) -> bool:
        """Whether nothing becomes of it any more."""
        return self not in (RecalculationState.PROPOSED, RecalculationState.WAITING)


@dataclass(frozen=True, slots=True)
class Recalculation:
    """What became of a card's due day. Seconds; euro per hour."""

    card_id: int
    due_on: date
    state: RecalculationState
    left_then: int
    left_before: int
    left_after: int
    old_rate: Decimal
    new_rate: Decimal | None
    reason: str
    found_at: datetime
    actor: str = ""
    decided_at: datetime | None = None
    transaction_id: int | None = None


def due_days(bought_on: date, until: date, *, yearly: bool = False) -> Iterator[date]:
    """The due days of a card up to and with ``until``; none for cards from before 2024.

    A card bought on 29 February falls due on 28 February, in leap years on the 29th again.
    """
    years = 1
    while bought_on >= SINCE and (due := bought_on + relativedelta(months=12 * years)) <= until:
        yield due
        if not yearly:
            return
        years += 1


def was_used_up(bought_seconds: int, used_seconds: int) -> bool:
    """Whether more than 90 % of what was bought was worked (H6)."""
    return Decimal(used_seconds) > Decimal(bought_seconds) * USED_UP_SHARE


def recalculated(left: int, old_rate: Decimal, new_rate: Decimal) -> int:
    """What ``left`` is worth at the new rate, to the nearest second (H5)."""
    return int((Decimal(left) * old_rate / new_rate).to_integral_value(ROUND_HALF_UP))
