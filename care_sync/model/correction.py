"""What of an entry that a closed month settled stays as it was, and what of it is laid anew in the open month (B).

A closed month is corrected by the difference. What the customer pays for by the facts of today is compared with what
was settled, and only what differs moves: extra seconds are laid in the open month, fewer are taken from what was
settled last, another verdict moves what it judges otherwise. Rules, settings and merges of tickets are no facts: what
they change is no difference.

Terms
    settled   the shares of the closed posting, in the order in which they were laid
    kept      shares that stay exactly where they were
    pieces    what is to be laid anew: seconds, and where they go; several where a part of an entry moves
    alike     routes by which the customer pays the same: a card and an invoice, because cards decide between them
              (H2), and what was charged because its cause was unknown when the month closed (I4)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import Enum, auto

from care_sync.model.account import WAIVED, Account, Leg
from care_sync.model.decided_time import DecidedTime
from care_sync.model.posted_entry import PostedEntry
from care_sync.model.review import Verdict
from rules.model.words import Route


@dataclass(frozen=True, slots=True)
class Piece:
    """Seconds that are laid anew, by what route, and what a person said of them as reviewed time."""

    seconds: int
    route: Route
    judged_seconds: int = 0
    charged_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Correction:
    """``kept`` shares stay as they were settled; ``pieces`` are laid anew beside them.

    ``moves`` says that something must be booked: an entry that a person gave to another ticket is shown there, also
    where its money stays.
    """

    kept: tuple[Leg, ...]
    pieces: tuple[Piece, ...]
    moves: bool


@dataclass(frozen=True, slots=True)
class Place:
    """What decides, besides the entry itself, where charged time goes.

    ``rate_of`` is the hourly rate of a day, as it was kept for days of closed months; ``cards_of`` the cards that may
    pay work of a day. ``lives_on`` tells which ticket another one was merged into.
    """

    rate_of: Callable[[date], Decimal | None]
    cards_of: Callable[[date], tuple[int, ...]]
    lives_on: Callable[[str], str] = str


def correction(closed: PostedEntry, time: DecidedTime, verdict: Verdict | None, place: Place) -> Correction:
    """Compare what a closed month settled for an entry of the same customer with what it is now.

    ``verdict`` is the one that holds at the entry's customer and ticket now. The kept shares and the pieces sum to the
    entry's seconds of today.
    """
    if not _pays_alike(closed, time, place):
        return Correction((), _whole(time, verdict), moves=True)
    kept = _shortened(closed.shares, closed.seconds - time.seconds)
    pieces: list[Piece] = []
    if time.route.is_judged and closed.basis.route is time.route:
        kept, judged = _judged_anew(kept, closed, verdict)
        pieces += judged
    pieces += _extra(closed, time, verdict)
    kept, redated = _dated_anew(kept, closed, time, place)
    pieces = [*redated, *pieces]
    stays = not pieces and kept == closed.shares and _is_same_ticket(closed, time, place)
    return Correction(kept, tuple(pieces), moves=not stays)


def pays_alike(one: Route, other: Route) -> bool:
    """Whether a customer pays the same by both routes, once the month is closed."""
    return _as_settled(one) is _as_settled(other)


def _pays_alike(closed: PostedEntry, time: DecidedTime, place: Place) -> bool:
    if time.route is Route.QUOTE and not _is_same_ticket(closed, time, place):
        return False  # another quote
    # Where the facts as they were settled would come to today's outcome too, no fact has changed since then: rules and
    # settings have, and they do not reach closed months.
    by_rules_alone = time.route_as_settled is not None and pays_alike(time.route_as_settled, time.route)
    return by_rules_alone or pays_alike(closed.basis.route, time.route)


def _is_same_ticket(closed: PostedEntry, time: DecidedTime, place: Place) -> bool:
    return place.lives_on(closed.ticket_id) == place.lives_on(time.ticket_id)


def _as_settled(route: Route) -> Route:
    """Closing charges what is undetermined (I4), and what becomes undetermined after it stays charged."""
    return Route.HOUR_CARD if route.is_chargeable or route is Route.PENDING else route


def _whole(time: DecidedTime, verdict: Verdict | None) -> tuple[Piece, ...]:
    judged, charged = _said(verdict)
    return (Piece(time.seconds, time.route, judged, charged),) if time.seconds else ()


def _said(verdict: Verdict | None) -> tuple[int, int]:
    return (0, 0) if verdict is None else (verdict.judged_seconds, verdict.charged_seconds)


def _shortened(shares: tuple[Leg, ...], fewer: int) -> tuple[Leg, ...]:
    """Without so many seconds of what was settled last."""
    kept: list[Leg] = []
    for leg in reversed(shares):
        gone = min(max(0, fewer), leg.seconds)
        fewer -= gone
        if leg.seconds > gone:
            kept.append(replace(leg, seconds=leg.seconds - gone))
    return tuple(reversed(kept))


def _judged_anew(
    kept: tuple[Leg, ...], closed: PostedEntry, verdict: Verdict | None
) -> tuple[tuple[Leg, ...], list[Piece]]:
    """Move reviewed seconds by what the verdict of today differs from the one that was settled."""
    judged, charged = _said(verdict)
    if (closed.basis.judged or (0, 0)) == (judged, charged):
        return kept, []
    by_kind = {kind: tuple(leg for leg in kept if _reviewed_as(leg.account) is kind) for kind in _Reviewed}
    total = sum(leg.seconds for kind in (_CHARGED, _WAIVED, _WAITING) for leg in by_kind[kind])
    to_charge = min(charged, judged, total)
    to_waive = min(judged, total) - to_charge
    wanted = {_CHARGED: to_charge, _WAIVED: to_waive, _WAITING: total - to_charge - to_waive}
    stays = by_kind[_FREE]
    pieces: list[Piece] = []
    for kind, seconds in wanted.items():
        more = seconds - sum(leg.seconds for leg in by_kind[kind])
        stays += _shortened(by_kind[kind], -more)
        if more > 0:
            route = Route.HOUR_CARD if kind is _CHARGED else Route.REVIEW
            pieces.append(Piece(more, route, judged_seconds=more if kind is _WAIVED else 0))
    return stays, pieces


class _Reviewed(Enum):
    """What became of reviewed seconds."""

    FREE = auto()
    CHARGED = auto()
    WAIVED = auto()
    WAITING = auto()


_FREE, _CHARGED, _WAIVED, _WAITING = _Reviewed


def _reviewed_as(account: Account) -> _Reviewed:
    if account.is_fair_use:
        return _FREE
    if account.is_charged:
        return _CHARGED
    return _WAIVED if account == WAIVED else _WAITING


def _extra(closed: PostedEntry, time: DecidedTime, verdict: Verdict | None) -> list[Piece]:
    """Seconds that came after the month closed go by the route of today."""
    extra = time.seconds - closed.seconds
    if extra <= 0:
        return []
    judged, charged = _said(verdict)
    reviewed = sum(leg.seconds for leg in closed.shares if not leg.account.is_fair_use)
    return [
        Piece(extra, time.route, max(0, judged - reviewed), max(0, charged - min(charged, judged, reviewed)))
        if time.route.is_judged
        else Piece(extra, time.route)
    ]


def _dated_anew(
    kept: tuple[Leg, ...], closed: PostedEntry, time: DecidedTime, place: Place
) -> tuple[tuple[Leg, ...], list[Piece]]:
    """The day of the work chooses rate and cards, so that another day can be other money."""
    before, now = closed.work_date, time.work_date
    charged = tuple(leg for leg in kept if leg.account.is_charged)
    if before == now or not charged:
        return kept, []
    invoiced = any(leg.account.card_id is None for leg in charged)
    other_rate = invoiced and place.rate_of(before) != place.rate_of(now)
    if not other_rate and place.cards_of(before) == place.cards_of(now):
        return kept, []
    pieces = [Piece(sum(leg.seconds for leg in charged), Route.HOUR_CARD)]
    return tuple(leg for leg in kept if not leg.account.is_charged), pieces
