"""Which account every second of a customer's open time stands on: a pure function of the state.

Entries are laid, in the order they were worked, over the cards (oldest purchase first, H2) and the month's fair-use
allowance (K1). Because the result rests on the state and not on the order of arrival, every daemon and every
replay comes to the same balances (``docs/decisions/0001-allocation-is-a-pure-function.md``).

Terms
    demand      an entry's seconds, and where its decision sends them
    capacity    what a card or an allowance still has room for, closed months deducted
    share       seconds of one entry on one account; the shares of an entry sum to its seconds
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from care_sync.ledger import accounts
from care_sync.store.ledger import Leg


class Route(StrEnum):
    """Where a decision sends time. ``hour_card`` and ``invoice`` are both *chargeable*: cards decide (H2)."""

    SLA = "sla"
    HOUR_CARD = "hour_card"
    INVOICE = "invoice"
    QUOTE = "quote"
    FAIR_USE = "fair_use"
    PENDING = "pending"
    REVIEW = "review"

    @property
    def is_chargeable(self) -> bool:
        """Whether the customer pays for it by the hour."""
        return self in (Route.HOUR_CARD, Route.INVOICE)


@dataclass(frozen=True, slots=True)
class Demand:
    """One entry's time.

    ``period`` is the month it is booked in; ``charged_seconds`` is a person's verdict on reviewed time: that much is
    charged, the rest is waived, ``None`` while nobody has judged.
    """

    entry_key: str
    seconds: int
    route: Route
    work_date: date
    period: str
    ticket_id: str
    started_at: datetime | None = None
    charged_seconds: int | None = None

    @property
    def order(self) -> tuple[date, float, str]:
        """Entries are laid down in the order they were worked."""
        moment = self.started_at.timestamp() if self.started_at is not None else 0.0
        return (self.work_date, moment, self.entry_key)


@dataclass(frozen=True, slots=True)
class CardCapacity:
    """A card that may be drawn on; ``left`` is in seconds, without the demands that are being laid."""

    card_id: int
    bought_on: date
    left: int


def allocate(
    demands: Iterable[Demand], cards: Sequence[CardCapacity], allowances: Mapping[str, int]
) -> dict[str, tuple[Leg, ...]]:
    """Lay ``demands`` over ``cards`` and ``allowances`` (seconds left by month).

    Returns the shares of every entry, none of them zero; their sum is the entry's seconds. A card is never drawn
    below zero, and does not cover work from before it was bought.
    """
    ordered_cards = sorted(cards, key=lambda card: (card.bought_on, card.card_id))
    card_left = {card.card_id: card.left for card in ordered_cards}
    allowance_left = dict(allowances)
    shares: dict[str, tuple[Leg, ...]] = {}
    for demand in sorted(demands, key=lambda one: one.order):
        legs: dict[str, int] = {}
        if demand.route.is_chargeable:
            _charge(legs, demand, demand.seconds, ordered_cards, card_left)
        elif demand.route is Route.FAIR_USE:
            covered = min(demand.seconds, max(0, allowance_left.get(demand.period, 0)))
            allowance_left[demand.period] = allowance_left.get(demand.period, 0) - covered
            _add(legs, accounts.fair_use(demand.period), covered)
            _review(legs, demand, demand.seconds - covered, ordered_cards, card_left)
        elif demand.route is Route.REVIEW:
            _review(legs, demand, demand.seconds, ordered_cards, card_left)
        else:
            _add(legs, _whole_account(demand), demand.seconds)
        shares[demand.entry_key] = tuple(Leg(account, seconds) for account, seconds in legs.items())
    return shares


def _whole_account(demand: Demand) -> str:
    if demand.route is Route.SLA:
        return accounts.SLA
    if demand.route is Route.QUOTE:
        return accounts.quote(demand.ticket_id)
    return accounts.PENDING


def _review(
    legs: dict[str, int],
    demand: Demand,
    seconds: int,
    cards: Sequence[CardCapacity],
    card_left: dict[int, int],
) -> None:
    """Reviewed time waits for a person, or goes where the person said (K1, O4, X1)."""
    if demand.charged_seconds is None:
        _add(legs, accounts.REVIEW, seconds)
        return
    charged = min(seconds, demand.charged_seconds)
    _charge(legs, demand, charged, cards, card_left)
    _add(legs, accounts.WAIVED, seconds - charged)


def _charge(
    legs: dict[str, int],
    demand: Demand,
    seconds: int,
    cards: Sequence[CardCapacity],
    card_left: dict[int, int],
) -> None:
    """Oldest card first; what no card covers goes to the month's invoice (H2)."""
    for card in cards:
        if seconds <= 0:
            return
        if card.bought_on > demand.work_date:
            continue
        drawn = min(seconds, max(0, card_left[card.card_id]))
        card_left[card.card_id] -= drawn
        seconds -= drawn
        _add(legs, accounts.card(card.card_id), drawn)
    _add(legs, accounts.invoice(demand.period), seconds)


def _add(legs: dict[str, int], account: str, seconds: int) -> None:
    if seconds > 0:
        legs[account] = legs.get(account, 0) + seconds
