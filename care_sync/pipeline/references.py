"""The references by which our own writes are found again: ``CS-<ticket id>-<number>``, counted by ticket."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from care_sync.model.outbox import Shown
from care_sync.store import UnitOfWork
from connectors.records import Comment, TicketChange

FIRST_MINUTE = datetime(2026, 1, 1, tzinfo=UTC)
"""Where the numbers of references are counted from."""


def counted_on(shown: Shown, now: datetime) -> Shown:
    """Count on. The minute keeps references unique, too, where the count began anew: a restored or rebuilt store."""
    return replace(shown, sequence=max(shown.sequence + 1, int((now - FIRST_MINUTE) / timedelta(minutes=1))))


def reference_of(shown: Shown) -> str:
    """The reference of the write that ``shown`` was counted on for."""
    return f"CS-{shown.ticket_id}-{shown.sequence}"


def plan_comment(work: UnitOfWork, ticket_id: str, comment: Comment, cause: str, now: datetime) -> TicketChange:
    """Plan a comment beside what the ticket shows of its decision.

    The ledger's head must have been taken, so that nobody counts on for the same ticket meanwhile.
    """
    shown = counted_on(work.shown.get_many([ticket_id]).get(ticket_id, Shown(ticket_id)), now)
    change = TicketChange(ticket_id, reference_of(shown), comment=comment)
    work.outbox.plan(change, cause, now)
    work.shown.put([shown])
    return change
