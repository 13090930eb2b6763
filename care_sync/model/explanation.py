"""What a ticket should tell: the words of its decision, its minutes and its note. Pure.

Terms
    explanation   scope, route, next step, questions and rules; a note is written when it changes, not for each minute
    own time      the ticket's time without work of a kind that is decided apart from it: intake, extra work …
    shown route   where the ledger holds the ticket's own time; the decision's route while there is none
    further       the decision's route, where the time that stands is elsewhere: the next minute goes there
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from care_sync.model.account import Account, AccountKind, Leg
from care_sync.model.decision import WHOLE_TICKET
from care_sync.model.posted_entry import PostedEntry
from care_sync.model.time_entry import StoredEntry
from connectors.records import FieldValue
from rules.model.decision import Decision
from rules.model.words import NextStep, Route, Scope

WAIVED = AccountKind.WAIVED.value
"""The word that is shown for time that a person let go: no rule sends time there."""

_ROUTES = {AccountKind.CARD: Route.HOUR_CARD.value}
"""The word for accounts of a kind, where it is not the name of the kind."""
_IN_ORDER = (*Route, WAIVED)
"""Which word comes first where two hold as much."""


@dataclass(frozen=True, slots=True)
class AccountTime:
    """Time of this ticket that stands on one account of the customer."""

    account: Account
    seconds: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that a ticket should show.

    ``time`` is its seconds by account, largest first. ``routes`` are the words for where its own time stands, ``route``
    the one of them that tag and field show.
    """

    decision: Decision
    route: str
    time: tuple[AccountTime, ...]
    routes: tuple[str, ...] = ()

    @property
    def further(self) -> str | None:
        """Where the next minute goes, when that is not where the time so far stands."""
        is_elsewhere = self.route not in (self.decision.route, Route.REVIEW)
        return self.decision.route if is_elsewhere else None

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
        if len(self.routes) > 1:
            content.append(list(self.routes))
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
    words: tuple[tuple[str, Iterable[str]], ...] = (("sla", Scope), ("route", _IN_ORDER), ("next", NextStep))
    return frozenset(f"{prefix}{group}_{word}" for group, all_words in words for word in all_words)


def explain(decision: Decision, standing: Iterable[PostedEntry], apart: Collection[str] = ()) -> Explanation:
    """Put together what a ticket should show; ``apart`` are entries of work that is decided apart from it."""
    standing = list(standing)
    seconds: dict[str, int] = {}
    for part in time_by_account(posted for posted in standing if posted.entry_key not in apart):
        word = _ROUTES.get(part.account.kind, part.account.kind.value)
        seconds[word] = seconds.get(word, 0) + part.seconds
    routes = tuple(word for word in _IN_ORDER if seconds.get(word, 0) > 0)
    return Explanation(decision, _leading(routes, seconds) or decision.route, time_by_account(standing), routes)


def decided_apart(decisions: Mapping[str, Decision], entries: Iterable[StoredEntry]) -> frozenset[str]:
    """Keys of a ticket's entries that another one pays for than for the ticket, because of the kind of work (C1, W1).

    ``decisions`` are the ticket's, by activity. Card and invoice are one payer: cards decide between them (H2).
    """
    payers = {activity: _payer(decision) for activity, decision in decisions.items()}
    whole = payers.get(WHOLE_TICKET)
    return frozenset(entry.key for entry in entries if payers.get(entry.activity, whole) != whole)


def _leading(routes: Collection[str], seconds: Mapping[str, int]) -> str | None:
    """What waits for a person comes first, then where most of the time stands; what was let go tells the least."""
    for waiting in (Route.REVIEW, Route.PENDING):
        if waiting in routes:
            return waiting.value
    return max(routes, key=lambda word: (word != WAIVED, seconds[word]), default=None)


def _payer(decision: Decision) -> str:
    return Route.HOUR_CARD if decision.route == Route.INVOICE else decision.route


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
