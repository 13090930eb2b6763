"""What is not settled yet when a month is about to close: everything that could still move its money.

Terms
    read        a full pass without failures that began after the month had ended: nothing of the month is unknown
    unsettled   something that a person, or a pass, has still to do, with the command that does it
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from care_sync.model.lease import SendState
from care_sync.model.month import Month
from care_sync.pipeline.run import PassKind
from care_sync.pipeline.unreadable import UNREADABLE
from care_sync.pipeline.update_customers import NO_CUSTOMER, NOT_SETTLED
from care_sync.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Something of which ``count`` are left to do, in words, and the command that shows or does it."""

    kind: str
    count: int
    what: str
    command: str


def has_been_read(work: UnitOfWork, period: Month, zone: ZoneInfo) -> bool:
    """Whether a full pass without failures has begun since the month ended."""
    ended = datetime.combine(period.next.first_day, time(), zone)
    return work.passes.has_gone_well_since(PassKind.FULL.value, ended)


def unsettled(work: UnitOfWork, period: Month, zone: ZoneInfo) -> list[Unsettled]:
    """Everything that is left to do before ``period`` closes, what stops most first."""
    return [item for item in _each(work, period, zone) if item.count]


def _each(work: UnitOfWork, period: Month, zone: ZoneInfo) -> Iterator[Unsettled]:
    first, after = period.first_day, period.next.first_day
    if not has_been_read(work, period, zone):
        what = f"no full pass without failures has run since {period} ended"
        yield Unsettled("not_read", 1, what, "care-sync sync")
    marks = sum(work.dirty.count().values())
    yield Unsettled("to_do", marks, "changes were read and not yet posted", "care-sync sync")
    for kind, what in (
        (NOT_SETTLED, "customers could not be worked off"),
        (NO_CUSTOMER, "tickets with time have no customer"),
        (UNREADABLE, "records could not be read"),
    ):
        yield Unsettled(kind, len(work.attention.all(kind)), what, "care-sync attention list")
    missing = [stored for stored in work.entries.all_missing() if first <= stored.entry.work_date < after]
    yield Unsettled("missing", len(missing), "time entries are missing in their tracker", "care-sync reconcile")
    running = work.entries.running_between(first, after)
    yield Unsettled("running", running, "timers of the month are still running", "care-sync sync")
    due = [record for record in work.recalculations.all() if record.state.is_open and record.due_on < after]
    yield Unsettled("recalculations", len(due), "hour cards wait for a recalculation", "care-sync cards recalculate")
    unmade = [SendState.PLANNED, SendState.SENDING, SendState.UNCERTAIN, SendState.FAILED]
    counts = work.outbox.counts()
    writes = sum(counts.get(state.value, 0) for state in unmade)
    yield Unsettled("writes", writes, "writes to tickets are not made yet", "care-sync sync")
