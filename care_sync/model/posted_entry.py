"""What an entry stands on now, and what that rests on.

Terms
    standing   the last posting of an entry that nothing has taken back
    share      seconds of the entry on one account; its shares sum to its seconds
    basis      what a posting rests on, kept beside it so that nothing is written while that stays the same

Cards are no part of the basis: ``hour_card`` and ``invoice`` are one route there, because cards decide between them
(H2). A closed month would otherwise be corrected when a card runs out long after.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from care_sync.model.account import PENDING, AccountKind, Leg
from care_sync.model.month import Month
from rules.model.words import Route


@dataclass(frozen=True, slots=True)
class Basis:
    """What a posting rests on. ``judged`` is a verdict's ``(judged, charged)`` seconds, where one can matter."""

    organization_id: str
    ticket_id: str
    route: Route
    seconds: int
    judged: tuple[int, int] | None
    work_date: date
    rules: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PostedEntry:
    """What an entry was last posted for. ``shares`` are its legs without the contra account.

    ``work_date`` and ``started_at`` say where it comes in the order of work. ``activity`` is the kind of work that was
    decided, ``None`` where it was posted before that was kept.
    """

    entry_key: str
    organization_id: str
    ticket_id: str
    period: Month
    basis: Basis
    seconds: int
    shares: tuple[Leg, ...]
    transaction_id: int
    work_date: date
    started_at: datetime | None = None
    activity: str | None = None

    @property
    def was_charged_while_pending(self) -> bool:
        """Whether the closing of a month charged what was still undetermined (I4)."""
        return self.basis.route is Route.PENDING and any(leg.account != PENDING for leg in self.shares)

    def seconds_on(self, kind: AccountKind) -> int:
        """Its seconds on accounts of a kind."""
        return sum(leg.seconds for leg in self.shares if leg.account.kind is kind)
