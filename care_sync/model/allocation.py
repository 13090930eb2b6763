"""Which account every second of a customer's open time stands on: a pure function of the state.

Entries are laid, in the order they were worked, over the cards (oldest purchase first, H2) and the month's fair-use
allowance (K1). Because the result rests on the state and not on the order of arrival, every daemon and every
replay comes to the same balances (``docs/decisions/0001-allocation-is-a-pure-function.md``).

Terms
    demand      an entry's seconds, and where its decision sends them
    capacity    what a card still has room for, closed months deducted
    share       seconds of one entry on one account; the shares of an entry sum to its seconds
    overdraft   how far a card may be drawn below zero; a card that is bought later settles it
    due day     the end of the day on which a card is recalculated (H4-H6): a step in the order of work like an entry
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from care_sync.model.account import PENDING, REVIEW, SLA, WAIVED, Account, Leg
from care_sync.model.month import Month
from care_sync.model.recalculation import DueDay, RecalculationState, WorkedOut, work_out
from care_sync.model.terms import FairUse, Terms
from rules.model.words import Route

_Order = tuple[Month, date, float, str]

END_OF_DAY = float("inf")
"""A moment after every other of the day."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Time of one entry: ``period`` is the month it is booked in.

    Of its seconds as reviewed time a person judged ``judged_seconds``, and charges ``charged_seconds`` of those.
    """

    entry_key: str
    seconds: int
    route: Route
    work_date: date
    period: Month
    ticket_id: str
    started_at: datetime | None = None
    judged_seconds: int = 0
    charged_seconds: int = 0

    @property
    def order(self) -> _Order:
        """Entries are laid down month by month, in the order they were worked."""
        moment = self.started_at.timestamp() if self.started_at is not None else 0.0
        return (self.period, self.work_date, moment, self.entry_key)


@dataclass(frozen=True, slots=True)
class CardCapacity:
    """A card that may be drawn on; ``left`` is in seconds, without the demands that are being laid.

    It is below zero when closed months have overdrawn it. ``covers_from`` is the first day whose work the card pays;
    that of its purchase when not given.
    """

    card_id: int
    bought_on: date
    left: int
    covers_from: date | None = None

    def covers(self, day: date) -> bool:
        """Whether it pays work of that day."""
        return (self.covers_from or self.bought_on) <= day


@dataclass(frozen=True, slots=True)
class Settlement:
    """Seconds of an overdrawn card that a card bought later takes over."""

    overdrawn_card: int
    settling_card: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Laid:
    """The shares of every entry, and what became of each due day by card and day."""

    shares: dict[str, tuple[Leg, ...]]
    due_days: dict[tuple[int, date], WorkedOut]


def allocate(
    demands: Iterable[Demand],
    cards: Sequence[CardCapacity],
    terms: Terms,
    absorbed: Mapping[Month, int],
    due_days: Iterable[DueDay] = (),
) -> Laid:
    """Lay ``demands`` over ``cards`` and the allowances of ``terms``.

    ``absorbed`` holds the seconds that fair use took already, by month. No share is zero; those of an entry sum to the
    seconds of its demands. A card is never drawn below zero but for the overdraft, and
    does not cover work from before it was bought but to settle what is overdrawn.
    """
    # In the order of work and not of arrival, or two daemons would come to different balances (invariant 3).
    laying = _Laying(cards, terms, absorbed)
    laid = Laid({}, {})
    steps: list[tuple[_Order, Demand | DueDay]] = [(demand.order, demand) for demand in demands]
    steps += [((due.period, due.due_on, END_OF_DAY, str(due.card_id)), due) for due in due_days]
    for _, step in sorted(steps, key=lambda step: step[0]):
        if isinstance(step, DueDay):
            laid.due_days[step.card_id, step.due_on] = laying.recalculate(step)
        else:
            laid.shares[step.entry_key] = laid.shares.get(step.entry_key, ()) + laying.lay(step)
    return laid


def settle_overdrafts(cards: Sequence[CardCapacity]) -> list[Settlement]:
    """What cards that were bought later take over of cards that closed months have overdrawn."""
    ordered = _by_purchase(cards)
    left = {card.card_id: card.left for card in ordered}
    found = []
    for place, overdrawn in enumerate(ordered):
        for later in ordered[place + 1 :]:
            seconds = min(-left[overdrawn.card_id], left[later.card_id])
            if seconds > 0:
                left[overdrawn.card_id] += seconds
                left[later.card_id] -= seconds
                found.append(Settlement(overdrawn.card_id, later.card_id, seconds))
    return found


def _by_purchase(cards: Iterable[CardCapacity]) -> list[CardCapacity]:
    return sorted(cards, key=lambda card: (card.bought_on, card.card_id))


class _Laying:
    """What is left of cards and allowances while demands are laid, one after the other."""

    def __init__(self, cards: Sequence[CardCapacity], terms: Terms, absorbed: Mapping[Month, int]) -> None:
        self._cards = _by_purchase(cards)
        self._left = {card.card_id: card.left for card in self._cards}
        self._overdrawn = {card.card_id: max(0, -card.left) for card in self._cards}
        self._drawn = dict.fromkeys(self._left, 0)
        self._recalculated = dict.fromkeys(self._left, 0)
        self._rates: dict[int, Decimal] = {}
        self._limit = terms.overdraft_seconds
        self._fair_use = FairUse(terms, absorbed)

    def recalculate(self, due: DueDay) -> WorkedOut:
        """At the end of a due day what is left is worth what it was bought for (H5), unless it was used up (H6)."""
        card_id = due.card_id
        drawn = due.worked + self._drawn[card_id]
        left = max(0, due.held + self._recalculated[card_id] - drawn)
        old_rate = self._rates.get(card_id, due.old_rate)
        result = work_out(due, old_rate, left=left, used=drawn + due.brought, most=self._left[card_id])
        if result.state is RecalculationState.APPLIED and result.new_rate is not None:
            change = result.left_after - result.left_before
            self._left[card_id] += change
            self._recalculated[card_id] += change
            self._rates[card_id] = result.new_rate
        return result

    def lay(self, demand: Demand) -> tuple[Leg, ...]:
        """The shares of one entry."""
        legs: dict[Account, int] = {}
        if demand.route.is_chargeable:
            self._charge(legs, demand, demand.seconds)
        elif demand.route is Route.FAIR_USE:
            covered = min(demand.seconds, self._fair_use.left(demand.period))
            self._fair_use.take(demand.period, covered)
            _add(legs, Account.fair_use(demand.period), covered)
            self._judge(legs, demand, demand.seconds - covered)
        elif demand.route is Route.REVIEW:
            self._judge(legs, demand, demand.seconds)
        else:
            _add(legs, _whole_account(demand), demand.seconds)
        return tuple(Leg(account, seconds) for account, seconds in legs.items())

    def _judge(self, legs: dict[Account, int], demand: Demand, seconds: int) -> None:
        """Reviewed time goes where a person said (K1, O4, X1); what nobody has judged waits."""
        # An entry that grew since it was judged: the verdict covers what there was, the rest waits for its own.
        judged = min(seconds, demand.judged_seconds)
        charged = min(judged, demand.charged_seconds)
        self._charge(legs, demand, charged)
        _add(legs, WAIVED, judged - charged)
        _add(legs, REVIEW, seconds - judged)

    def _charge(self, legs: dict[Account, int], demand: Demand, seconds: int) -> None:
        """Oldest card first, then the overdraft; what no card covers goes to the month's invoice (H2)."""
        # A card pays no work from before its purchase (H2): the customer did not have it then.
        owned = [card.card_id for card in self._cards if card.covers(demand.work_date)]
        for card_id in owned:
            seconds -= self._draw(legs, card_id, seconds)
        # Only the newest card is overdrawn: an older one that is empty stays empty, and H6 can be judged by it.
        if owned and seconds > 0 and self._limit != 0:
            seconds -= self._overdraw(legs, owned[-1], demand.work_date, seconds)
        _add(legs, Account.invoice(demand.period), seconds)

    def _overdraw(self, legs: dict[Account, int], card_id: int, work_date: date, seconds: int) -> int:
        """Let the newest card be overdrawn as far as it may; cards bought since then settle that at once."""
        room = seconds if self._limit is None else max(0, self._limit - self._overdrawn[card_id])
        overdrawn = min(seconds, room)
        self._overdrawn[card_id] += overdrawn
        rest = overdrawn
        for later in self._cards:
            if not later.covers(work_date):
                rest -= self._draw(legs, later.card_id, rest)
        self._left[card_id] -= rest
        self._drawn[card_id] += rest
        _add(legs, Account.card(card_id), rest)
        return overdrawn

    def _draw(self, legs: dict[Account, int], card_id: int, seconds: int) -> int:
        drawn = min(seconds, max(0, self._left[card_id]))
        self._left[card_id] -= drawn
        self._drawn[card_id] += drawn
        _add(legs, Account.card(card_id), drawn)
        return drawn


def _whole_account(demand: Demand) -> Account:
    if demand.route is Route.SLA:
        return SLA
    if demand.route is Route.QUOTE:
        return Account.quote(demand.ticket_id)
    return PENDING


def _add(legs: dict[Account, int], account: Account, seconds: int) -> None:
    if seconds > 0:
        legs[account] = legs.get(account, 0) + seconds
