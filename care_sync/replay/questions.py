"""Which fact is worth asking: how often each unknown fact left a ticket undetermined, how long, and what was at stake.

Terms
    open question   a fact that a decision named as missing
    waiting         the time from the decision that first asked to the one that no longer did, or to now
    at stake        seconds of the tickets' time that stood on ``pending`` or could not be told while it was asked
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from care_sync.model.decision import WHOLE_TICKET, StoredDecision
from rules.model.words import NextStep, Route, Scope


@dataclass(slots=True)
class FactCost:
    """What one fact cost: ``tickets`` that it left open, ``waited_seconds`` in all, ``still_open`` now."""

    fact: str
    tickets: set[str] = field(default_factory=set)
    still_open: set[str] = field(default_factory=set)
    waited_seconds: int = 0
    seconds_at_stake: int = 0


def fact_costs(
    decisions: Iterable[StoredDecision], seconds_by_ticket: Mapping[str, int], now: datetime
) -> list[FactCost]:
    """Add up the history (oldest first) of tickets as wholes; the costliest fact first."""
    costs: dict[str, FactCost] = {}
    asked: dict[tuple[str, str], datetime] = {}
    for decision in decisions:
        if decision.activity != WHOLE_TICKET:
            continue
        questions = set(decision.outcome["questions"]) if _is_open(decision) else set()
        for ticket_id, fact in [key for key in asked if key[0] == decision.ticket_id and key[1] not in questions]:
            _waited(costs[fact], asked.pop((ticket_id, fact)), decision.decided_at)
        for fact in questions:
            cost = costs.setdefault(fact, FactCost(fact))
            if decision.ticket_id not in cost.tickets:
                cost.tickets.add(decision.ticket_id)
                cost.seconds_at_stake += seconds_by_ticket.get(decision.ticket_id, 0)
            asked.setdefault((decision.ticket_id, fact), decision.decided_at)
    for (ticket_id, fact), since in asked.items():
        costs[fact].still_open.add(ticket_id)
        _waited(costs[fact], since, now)
    return sorted(costs.values(), key=lambda cost: (-cost.seconds_at_stake, -len(cost.tickets), cost.fact))


def _is_open(decision: StoredDecision) -> bool:
    outcome = decision.outcome
    return bool(
        outcome["scope"] == Scope.UNDETERMINED
        or outcome["route"] == Route.PENDING
        or outcome["next_step"] == NextStep.ASK
    )


def _waited(cost: FactCost, since: datetime, until: datetime) -> None:
    cost.waited_seconds += max(0, int((until - since).total_seconds()))
