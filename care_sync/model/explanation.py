"""What a ticket should tell: the words of its decision, its minutes and its note. Pure.

Terms
    explanation   scope, route, next step, questions and rules; a note is written when it changes, not for each minute
    shown route   the decision's route, but what the ledger had to send on to review is shown as review
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from care_sync.model.account import REVIEW, Account, Leg
from care_sync.model.posted_entry import PostedEntry
from connectors.records import FieldValue
from rules.model.decision import Decision
from rules.model.words import NextStep, Route, Scope


@dataclass(frozen=True, slots=True)
class AccountTime:
    """Time of this ticket that stands on one account of the customer."""

    account: Account
    seconds: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that a ticket should show; ``time`` is its seconds by account, largest first."""

    decision: Decision
    route: str
    time: tuple[AccountTime, ...]

    @property
    def seconds(self) -> int:
        """All of the ticket's time that counts."""
        return sum(part.seconds for part in self.time)

    @property
    def card_seconds(self) -> int:
        """What of it stands on hour cards."""
        return sum(part.seconds for part in self.time if part.account.card_id is not None)

    @property
    def hash(self) -> str:
        """The same for the same explanation."""
        decision = self.decision
        content = [decision.scope, self.route, decision.next_step, list(decision.questions), list(decision.rules)]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def tags(self, prefix: str) -> frozenset[str]:
        """Our tags: one for scope, route and next step each."""
        return frozenset(
            {
                f"{prefix}sla_{self.decision.scope}",
                f"{prefix}route_{self.route}",
                f"{prefix}next_{self.decision.next_step}",
            }
        )

    def fields(self) -> dict[str, FieldValue]:
        """Our fields by name; minutes are whole ones."""
        return {
            "care_scope": self.decision.scope,
            "care_route": self.route,
            "care_next_step": self.decision.next_step,
            "care_minutes": self.seconds // 60,
            "care_card_minutes": self.card_seconds // 60,
            "care_questions": ", ".join(self.decision.questions) or None,
        }


def our_tags(prefix: str) -> frozenset[str]:
    """Every tag that can be ours; no other is ever touched."""
    words: tuple[tuple[str, Iterable[str]], ...] = (("sla", Scope), ("route", Route), ("next", NextStep))
    return frozenset(f"{prefix}{group}_{word}" for group, all_words in words for word in all_words)


def explain(decision: Decision, standing: Iterable[PostedEntry]) -> Explanation:
    """Put together what a ticket should show."""
    time = time_by_account(standing)
    is_overflowing = decision.route == Route.FAIR_USE and any(part.account == REVIEW for part in time)
    return Explanation(decision, Route.REVIEW.value if is_overflowing else decision.route, time)


def time_by_account(standing: Iterable[PostedEntry]) -> tuple[AccountTime, ...]:
    """Seconds that entries stand for by account, the largest first."""
    return summed(leg for posted in standing for leg in posted.shares)


def summed(legs: Iterable[Leg]) -> tuple[AccountTime, ...]:
    """Seconds by account, the largest first."""
    seconds: dict[Account, int] = {}
    for leg in legs:
        seconds[leg.account] = seconds.get(leg.account, 0) + leg.seconds
    ordered = sorted(seconds.items(), key=lambda item: (-item[1], item[0]))
    return tuple(AccountTime(account, amount) for account, amount in ordered if amount)
