"""A decision as it was taken, with the facts and the rules that made it.

Terms
    subject   a ticket and an activity; the empty activity is the ticket as a whole
    change    a subject that is decided differently from before: what notices to customers rest on
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rules.model.decision import Decision

WHOLE_TICKET = ""
"""The activity of a decision on the ticket as a whole."""


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """One decision. ``outcome`` is the decision as JSON; ``activity`` is empty for the ticket as a whole."""

    ticket_id: str
    activity: str
    facts: Mapping[str, Any]
    sources: Mapping[str, str]
    rules_hash: str
    outcome: Mapping[str, Any]
    decided_at: datetime
    pass_id: str
    decision_id: int = 0


@dataclass(frozen=True, slots=True)
class DecisionChange:
    """A ticket as a whole that is decided differently from before; ``before`` is ``None`` the first time.

    ``differing`` are the facts that are other ones now, or known now.
    """

    ticket_id: str
    before: Decision | None
    after: Decision
    differing: frozenset[str] = frozenset()


def as_decision(stored: StoredDecision) -> Decision:
    """A stored decision as the rules gave it."""
    outcome: Mapping[str, Any] = stored.outcome
    return Decision(
        scope=outcome["scope"],
        route=outcome["route"],
        next_step=outcome["next_step"],
        questions=tuple(outcome["questions"]),
        rules=tuple(outcome["rules"]),
        clauses=tuple(outcome["clauses"]),
        reason=dict(outcome["reason"]),
    )


def differing_facts(before: Mapping[str, Any], after: Mapping[str, Any]) -> frozenset[str]:
    """Names of the facts that differ, or that only one of the two knows."""
    return frozenset(name for name in {*before, *after} if before.get(name) != after.get(name))
