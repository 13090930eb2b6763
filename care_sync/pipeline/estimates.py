"""Estimates: the agent is told how much of what was agreed is used (M3, M4).

Terms
    estimate    expected minutes that the customer agreed to (facts ``estimate`` and ``expected_minutes``)
    worked      time on the work itself: alignment beforehand is outside the estimate (M5), and so are intake,
                administration and extra work
    mark        a percentage at which the agent is told, once for each size of the estimate

Promise: told by a note on the ticket, in the transaction that posts the time. Of several marks reached at once the
highest is told. An estimate that is raised is a new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from care_sync.messages import EstimateContext, MemoKind
from care_sync.model.decision import WHOLE_TICKET
from care_sync.model.time_entry import StoredEntry
from care_sync.pipeline.references import plan_comment
from care_sync.pipeline.site import Site
from care_sync.store import UnitOfWork
from connectors.records import Comment, CommentKind, Ticket
from rules.model.words import Activity, Estimate, FactName

TELLING = "estimate"
"""The kind of telling; its subject is the ticket, its key ``<percent>:<minutes of the estimate>``."""

WORK = Activity.WORK.value


def agreed_seconds(facts: Mapping[str, Any]) -> int | None:
    """The agreed estimate of a ticket's facts, in seconds; ``None`` where nothing was agreed. Pure."""
    minutes = facts.get(FactName.EXPECTED_MINUTES)
    if (
        facts.get(FactName.ESTIMATE) != Estimate.AGREED
        or not isinstance(minutes, int)
        or isinstance(minutes, bool)
        or minutes <= 0
    ):
        return None
    return minutes * 60


def worked_seconds(entries: Iterable[StoredEntry]) -> int:
    """Seconds that count against the estimate. Pure."""
    return sum(entry.entry.seconds for entry in entries if entry.counts and (entry.link.activity or WORK) == WORK)


def reached(estimated: int, worked: int, marks: Sequence[int]) -> list[int]:
    """The marks, in percent, that ``worked`` has reached of ``estimated``, lowest first. Pure."""
    return sorted(mark for mark in set(marks) if worked * 100 >= estimated * mark)


def tell_estimates(work: UnitOfWork, site: Site, tickets: Iterable[Ticket], customer: str | None, now: datetime) -> int:
    """Tell the agents of these tickets what they have reached; return how many notes were planned."""
    marks = site.settings.estimates.told_at_percent
    writable = {ticket.id: ticket for ticket in tickets if ticket.status.is_writable}
    if not marks or not writable or not site.settings.write_back.notes:
        return 0
    decisions = work.decisions.current(writable)
    agreed = {
        ticket_id: seconds
        for ticket_id in writable
        if (decision := decisions.get((ticket_id, WHOLE_TICKET))) is not None
        and (seconds := agreed_seconds(decision.facts)) is not None
    }
    if not agreed:
        return 0
    entries = work.entries.of_tickets(agreed)
    notes = 0
    for ticket_id, estimated in sorted(agreed.items()):
        worked = worked_seconds(entries.get(ticket_id, ()))
        new = [
            mark
            for mark in reached(estimated, worked, marks)
            if work.tellings.tell(TELLING, ticket_id, f"{mark}:{estimated // 60}", now)
        ]
        if new:
            context = EstimateContext(writable[ticket_id].number, max(new), estimated, worked, customer)
            body = site.messages.render_memo(MemoKind.ESTIMATE, context)
            plan_comment(work, ticket_id, Comment(CommentKind.NOTE, body), TELLING, now)
            notes += 1
    return notes
