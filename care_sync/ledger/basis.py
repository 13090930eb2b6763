"""What a posting rests on, kept beside it as text, so that nothing is written while that stays the same.

Terms
    money    what the customer pays for: customer, ticket, route, seconds, and a person's verdict where one can matter
    why      the day of the work, and the rules and clauses that led there
    settled  a posting of a closed month that still says what the customer pays

Cards are no part of it: ``hour_card`` and ``invoice`` are one route here, because the cards decide between them (H2).
A closed month would else be corrected when a card runs out long after.
"""

from __future__ import annotations

from dataclasses import dataclass

from care_sync.ledger import accounts
from care_sync.ledger.allocation import Demand, Route
from care_sync.store.columns import decode, encode
from care_sync.store.ledger import Standing


@dataclass(frozen=True, slots=True)
class Worked:
    """An entry's time as it should stand: the demand and why."""

    demand: Demand
    revision: int
    rules: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    reason: str = ""


def basis(organization_id: str, one: Worked) -> str:
    """What a posting of ``one`` rests on."""
    why = (one.demand.work_date.isoformat(), one.rules, one.clauses)
    return encode((_money(organization_id, one.demand), why))


def route_of(standing: Standing) -> Route:
    """The route that a standing entry was decided to go; ``pending`` also after its month charged it (I4).

    Chargeable time is told as ``hour_card``, whether or not a card covers it.
    """
    return Route(decode(standing.basis)[0][2])


def was_charged_while_pending(standing: Standing) -> bool:
    """Whether the closing of a month charged what was still undetermined (I4)."""
    return route_of(standing) is Route.PENDING and any(leg.account != accounts.PENDING for leg in standing.shares)


def is_settled(closed: Standing, one: Worked) -> bool:
    """Whether the posting of a closed month still says what the customer pays."""
    before, now = decode(closed.basis)[0], decode(basis(closed.organization_id, one))[0]
    if before == now:
        return True
    charged_meanwhile = was_charged_while_pending(closed) and one.demand.route.is_chargeable
    return charged_meanwhile and (before[1], before[3]) == (now[1], now[3])


def differs_by_verdict_alone(closed: Standing, one: Worked) -> bool:
    """Whether nothing but a person's judgement of reviewed time is new since the month closed."""
    before, now = decode(closed.basis)[0], decode(basis(closed.organization_id, one))[0]
    return bool(before[:4] == now[:4] and before != now)


def _money(organization_id: str, demand: Demand) -> tuple[object, ...]:
    route = Route.HOUR_CARD if demand.route.is_chargeable else demand.route
    verdict = demand.verdict if demand.route.is_judged else None
    judged = None if verdict is None else (verdict.judged_seconds, verdict.charged_seconds)
    return (organization_id, demand.ticket_id, route.value, demand.seconds, judged)
