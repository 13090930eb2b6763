"""An entry's time and where its decision sends it: what the ledger is asked to make true."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from care_sync.model.posted_entry import Basis, PostedEntry
from care_sync.model.review import Verdict
from rules.model.words import Route


@dataclass(frozen=True, slots=True)
class DecidedTime:
    """One entry's time as it should stand: so many ``seconds`` of a ticket, and why they go where they go."""

    entry_key: str
    seconds: int
    route: Route
    work_date: date
    ticket_id: str
    revision: int
    started_at: datetime | None = None
    rules: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    reason: str = ""

    def basis(self, organization_id: str, verdict: Verdict | None) -> Basis:
        """What a posting of it would rest on."""
        judged = None
        if verdict is not None and self.route.is_judged:
            judged = (verdict.judged_seconds, verdict.charged_seconds)
        route = Route.HOUR_CARD if self.route.is_chargeable else self.route
        return Basis(
            organization_id, self.ticket_id, route, self.seconds, judged, self.work_date, self.rules, self.clauses
        )


def is_settled(closed: PostedEntry, basis: Basis) -> bool:
    """Whether the posting of a closed month still says what the customer pays.

    What was charged because its month closed while the cause was unknown stays settled when the cause turns out to be
    one that is charged (I4).
    """
    before = closed.basis
    if before.money == basis.money:
        return True
    charged_meanwhile = closed.was_charged_while_pending and basis.route.is_chargeable
    return charged_meanwhile and (before.ticket_id, before.seconds) == (basis.ticket_id, basis.seconds)


def differs_by_verdict_alone(closed: PostedEntry, basis: Basis) -> bool:
    """Whether nothing but a person's judgement of reviewed time is new since the month closed."""
    before = closed.basis
    return before.money != basis.money and before.money[:4] == basis.money[:4]
