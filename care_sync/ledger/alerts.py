"""When a customer's hour cards run low: which levels were crossed, and when the cards will be empty.

Terms
    level       seconds, of what all cards of a customer hold together, at which somebody is told
    crossing    coming down to a level or below it; told once, until the cards hold clearly more again
    forecast    the day on which the cards will be empty at the current rate

Promise: a crossing is told once, whoever looks and however often. Of several levels crossed at once the lowest is told.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from care_sync.ledger.cards import LOWERED, CardState, all_states, states
from care_sync.model.month import Month
from care_sync.model.posted_entry import PostedEntry
from care_sync.store import UnitOfWork

LOW_BALANCE = "low_balance"
"""The kind of telling, and of attention; its subject is the customer, its key the level in seconds."""

REARMED_ABOVE = 3600
"""So many seconds above a level the cards must hold before coming down to it is news again."""

LONGEST_FORECAST = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class Crossing:
    """A customer's cards that came down to a level.

    ``ticket_id`` is the ticket whose work was deducted last; ``runs_out_on`` is ``None`` when the cards are empty, or
    when nothing says when they will be. ``by_work`` says that nothing but work brought them there.
    """

    organization_id: str
    level: int
    cards: tuple[CardState, ...]
    ticket_id: str | None
    runs_out_on: date | None
    by_work: bool = True

    @property
    def left(self) -> int:
        """Seconds left on all cards together."""
        return sum(card.left for card in self.cards)

    @property
    def running_low(self) -> CardState:
        """The card that is used now: the oldest that holds time, or the newest."""
        return next((card for card in self.cards if card.left > 0), self.cards[-1])


def take_crossings(
    work: UnitOfWork, levels: Sequence[int], *, forecast_days: int, today: date, now: datetime
) -> list[Crossing]:
    """Find the levels that customers crossed since the last look, and write down that they are told."""
    by_customer = {
        organization_id: standing
        for organization_id, cards in all_states(work).items()
        if (standing := [state for state in cards if not state.card.voided])
    }
    lowered = work.tellings.told(LOWERED, sorted(by_customer))
    told_keys = work.tellings.told(LOW_BALANCE, sorted(by_customer))
    found = []
    for organization_id, cards in sorted(by_customer.items()):
        left = sum(card.left for card in cards)
        before = told_keys.get(organization_id, set())
        rearmed = [key for key in before if left > int(key) + REARMED_ABOVE or int(key) not in levels]
        work.tellings.forget(LOW_BALANCE, organization_id, rearmed)
        crossed = [level for level in levels if left <= level and str(level) not in before]
        new = [level for level in crossed if work.tellings.tell(LOW_BALANCE, organization_id, str(level), now)]
        if new:
            runs_out_on = forecast(work, organization_id, left, days=forecast_days, today=today)
            ticket_id = _last_deducted(work, organization_id)
            by_work = organization_id not in lowered
            found.append(Crossing(organization_id, min(new), tuple(cards), ticket_id, runs_out_on, by_work))
        work.tellings.forget(LOWERED, organization_id, lowered.get(organization_id, ()))
    return found


def take_as_told(work: UnitOfWork, organization_ids: Iterable[str], levels: Sequence[int], now: datetime) -> None:
    """Customers whose cards came from elsewhere are not told anew what they know already."""
    for organization_id in sorted(set(organization_ids)):
        left = sum(state.left for state in states(work, organization_id))
        for level in levels:
            if left <= level:
                work.tellings.tell(LOW_BALANCE, organization_id, str(level), now)


def forecast(work: UnitOfWork, organization_id: str, left: int, *, days: int, today: date) -> date | None:
    """When ``left`` seconds will be used up, at the chargeable time of the last ``days`` days.

    ``None`` when nothing is left, nothing was used, or it would take years.
    """
    first = today - timedelta(days=days - 1)
    recent = work.ledger.posted_of_organization(organization_id, Month.of(first)).values()
    used = sum(_chargeable(posted) for posted in recent if first <= posted.work_date <= today)
    began = work.entries.first_work_date(organization_id) or first
    span = min(days, (today - began).days + 1)
    return runs_out(left, used, span, today)


def runs_out(left: int, used: int, days: int, today: date) -> date | None:
    """The day on which ``left`` is used up when ``used`` went in ``days`` days up to and with ``today``. Pure."""
    if left <= 0 or used <= 0 or days <= 0:
        return None
    ahead = math.ceil(left * days / used)
    return None if ahead > LONGEST_FORECAST.days else today + timedelta(days=ahead)


def _chargeable(standing: PostedEntry) -> int:
    return sum(
        leg.seconds for leg in standing.shares if leg.account.card_id is not None or leg.account.startswith("invoice:")
    )


def _last_deducted(work: UnitOfWork, organization_id: str) -> str | None:
    """The ticket of the newest work that stands on a card in an open month."""
    opened = work.ledger.posted_of_organization(organization_id, work.periods.months().first_open).values()
    on_cards = [posted for posted in opened if any(leg.account.card_id is not None for leg in posted.shares)]
    if not on_cards:
        return None
    return max(on_cards, key=_order).ticket_id


def _order(standing: PostedEntry) -> tuple[date, float, str]:
    started = standing.started_at.timestamp() if standing.started_at is not None else 0.0
    return (standing.work_date, started, standing.entry_key)
