"""An entry's time and where its decision sends it: what the ledger is asked to make true."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from care_sync.model.posted_entry import Basis, PostedEntry
from care_sync.model.review import Verdict
from care_sync.model.transaction import StoredTransaction
from rules.model.words import Route


@dataclass(frozen=True, slots=True)
class DecidedTime:
    """One entry's time as it should stand: so many ``seconds`` of a ticket, and why they go where they go.

    ``activity`` is the kind of work that was decided. ``route_as_settled``, where it is known, is where today's rules
    and settings would send the entry by the facts with which its month closed.
    """

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
    activity: str = ""
    route_as_settled: Route | None = None

    @classmethod
    def as_posted(cls, posted: PostedEntry, transaction: StoredTransaction) -> DecidedTime:
        """An entry as ``transaction`` posted it."""
        return cls(
            entry_key=posted.entry_key,
            seconds=posted.seconds,
            route=posted.basis.route,
            work_date=posted.work_date,
            ticket_id=posted.ticket_id,
            revision=transaction.entry_revision or 0,
            started_at=posted.started_at,
            rules=transaction.rules,
            clauses=transaction.clauses,
            reason=transaction.reason,
            activity=posted.activity or "",
        )

    def basis(self, organization_id: str, verdict: Verdict | None) -> Basis:
        """What a posting of it would rest on."""
        judged = None
        if verdict is not None and self.route.is_judged:
            judged = (verdict.judged_seconds, verdict.charged_seconds)
        route = Route.HOUR_CARD if self.route.is_chargeable else self.route
        return Basis(
            organization_id, self.ticket_id, route, self.seconds, judged, self.work_date, self.rules, self.clauses
        )
