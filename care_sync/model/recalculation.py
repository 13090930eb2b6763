"""The yearly recalculation of what is left on an hour card (H4–H6): an event in the order of work.

At the end of its due day, what a card then holds by work date becomes remaining × old rate ÷ new rate. It is a step of
the allocation (:mod:`care_sync.model.allocation`), so that the same facts give the same balance in whatever order they
became known. When the month of the due day closes, what it came to stands for ever.

States of a due day: ``proposed`` (a person may approve it) and ``waiting`` (for a rate) are open; ``applied`` and
``declined`` are what a person, or the settings, said; ``settled``: there is nothing to recalculate, and why.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from dateutil.relativedelta import relativedelta

from care_sync.model.month import Month

SINCE = date(2024, 1, 1)
"""Cards bought before this day are never recalculated (H4)."""

USED_UP_SHARE = Decimal("0.9")
"""Used more than this at twelve months: no recalculation (H6); exactly this much: recalculated."""


class RecalculationState(StrEnum):
    """Where a due day stands; see the head of this module."""

    PROPOSED = "proposed"
    WAITING = "waiting"
    APPLIED = "applied"
    DECLINED = "declined"
    SETTLED = "settled"

    @property
    def is_open(self) -> bool:
        """Whether a person has still to do something."""
        return self in (RecalculationState.PROPOSED, RecalculationState.WAITING)


@dataclass(frozen=True, slots=True)
class Recalculation:
    """A card's due day that was judged, and what it comes to. Seconds; euro per hour.

    ``left_before`` and ``left_after`` are what the card held at the end of the day by work date, before and after it.
    ``approved`` is what a person, or the settings, said; ``None``: nothing yet. ``approved_change`` is what the
    approval was given for. ``is_kept``: its month is closed, and nothing but a correction of the card changes it.
    """

    card_id: int
    due_on: date
    state: RecalculationState
    left_before: int
    left_after: int
    old_rate: Decimal
    new_rate: Decimal | None
    reason: str
    found_at: datetime
    approved: bool | None = None
    approved_change: int | None = None
    actor: str = ""
    said: str = ""
    decided_at: datetime | None = None
    transaction_id: int | None = None
    is_kept: bool = False

    @property
    def change(self) -> int:
        """Seconds that it puts on the card, or with a negative number takes off it."""
        return self.left_after - self.left_before

    @property
    def key(self) -> tuple[int, date]:
        """The card and the due day."""
        return (self.card_id, self.due_on)


@dataclass(frozen=True, slots=True)
class DueDay:
    """A due day that is worked out while time is laid; ``period`` is the month in which it is booked.

    ``bought`` seconds were really bought. ``held`` is what the card held at the end of the day without any work: with
    what people gave and took up to it, and with recalculations that stand. Of that, work that is not laid anew has
    ``worked``, and ``brought`` was used before the card was taken over from another administration (and is in ``held``
    already).
    """

    card_id: int
    due_on: date
    period: Month
    bought: int
    held: int
    worked: int
    brought: int
    old_rate: Decimal
    new_rate: Decimal | None
    approved: bool | None


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """What a due day comes to; seconds before and after it."""

    state: RecalculationState
    left_before: int
    left_after: int
    old_rate: Decimal
    new_rate: Decimal | None
    reason: str = ""


def work_out(due: DueDay, old_rate: Decimal, *, left: int, used: int, most: int) -> WorkedOut:
    """What a due day comes to when ``left`` seconds are on the card and ``used`` were worked (H5, H6).

    ``most`` seconds can be taken: what a person took off the card since then cannot be taken twice. Hours never grow.
    """
    new = due.new_rate
    state, reason, after = RecalculationState.SETTLED, "", left
    if was_used_up(due.bought, used):
        reason = "more than 90 % was used at twelve months (H6)"
    elif new is None:
        state, reason = RecalculationState.WAITING, f"no hourly rate is configured for {due.due_on}"
    elif new < old_rate:
        state = RecalculationState.WAITING
        reason = f"the rate of {due.due_on.year} ({new}) is lower than the one before ({old_rate}): hours never grow"
    elif new == old_rate:
        reason = f"the rate of {due.due_on.year} is the one before: nothing changes"
    elif left <= 0:
        reason = "nothing is left to recalculate"
    else:
        state = _STATES[due.approved]
        after = left - min(left - recalculated(left, old_rate, new), max(0, most))
    return WorkedOut(state, left, after, old_rate, new, reason)


_STATES = {
    None: RecalculationState.PROPOSED,
    True: RecalculationState.APPLIED,
    False: RecalculationState.DECLINED,
}


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
