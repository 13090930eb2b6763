"""Push: planned writes into the helpdesk, at least once, and looked for before they are made again.

Terms
    claim      the row by which one daemon takes a planned write for a while; others pass it by
    uncertain  nobody knows whether the write took effect: the ticket is read before anything is written again
    later      when a write that failed is tried again; the wait doubles from a minute to an hour
    gone       a deleted ticket shows nobody what was written in it; what is uncertain of it waits, for it may come back

Promise: a write that took effect is not made twice, however often the answer is lost or the process dies. Writes of one
ticket go in the order in which they were planned. A product that is down for a night loses nothing; a write that the
product refuses, or that fails for days, is given up and put on the list of a person. What was written is taken over
into the store, so that it does not come back as news.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from care_sync.logs import logger
from care_sync.model.lease import GIVE_UP_AFTER, LONGEST_WAIT, SendState, wait_after
from care_sync.model.outbox import OutboxRow
from care_sync.pipeline.site import Site
from care_sync.store import Store, UnitOfWork
from connectors.errors import ConnectorError, Limited
from connectors.records import ChangeOutcome, ChangeResult, CommentKind, TicketStatus

LEASE = timedelta(minutes=15)
"""Longer than the longest wait for a bulk job; a claim whose daemon died is free after it."""

ROWS_A_CLAIM = 100

REFUSED = "write_refused"
"""The kind of attention for a write that was given up; its subject is the ticket's id, for a reply its reference."""

SHOWN_OF_REPLY = 200
"""Characters of a reply that a person is shown."""


@dataclass(slots=True)
class PushReport:
    """How planned writes ended. ``later``: they failed and are tried again, the last for what ``why`` says.

    ``error`` is what ended the push early.
    """

    written: int = 0
    found: int = 0
    closed: int = 0
    refused: int = 0
    later: int = 0
    why: str = ""
    error: ConnectorError | None = None
    references: list[str] = field(default_factory=list)


def push_outbox(
    store: Store,
    site: Site,
    *,
    only: Collection[str] | None = None,
    progress: Callable[[int], None] = lambda _count: None,
) -> PushReport:
    """Make every planned write that is due, or just those of the tickets in ``only``."""
    report = PushReport()
    while report.error is None:
        now = site.now()
        with store.begin() as work:
            rows = work.outbox.claim(now, now + LEASE, ROWS_A_CLAIM, only)
        if not rows:
            break
        doubtful = [row for row in rows if row.state is SendState.UNCERTAIN]
        planned = [row for row in rows if row.state is not SendState.UNCERTAIN]
        if doubtful:
            _look_for(store, site, doubtful, report)
        if planned and report.error is None:
            _write(store, site, planned, report)
        elif planned:
            _put_back(store, site, planned, report)
        progress(len(rows))
    return report


def _look_for(store: Store, site: Site, rows: Sequence[OutboxRow], report: PushReport) -> None:
    """Settle uncertain writes by what the tickets show."""
    for place, row in enumerate(rows):
        change = row.change
        try:
            is_there = change.reference in site.helpdesk.applied_references(
                change.ticket_id, frozenset({change.reference})
            )
            is_gone = not is_there and _is_gone(site, change.ticket_id)
        except ConnectorError as error:
            report.error = error
            with store.begin() as work:
                for left in rows[place:]:
                    work.outbox.finish(
                        left, SendState.UNCERTAIN, error=str(error), due_at=_later(left, site.now(), error)
                    )
            return
        with store.begin() as work:
            if is_there:
                _done(work, row, site.now())
                report.found += 1
                report.references.append(change.reference)
            elif not is_gone:
                work.outbox.finish(row, SendState.PLANNED, due_at=site.now())
            elif site.now() - row.created_at < GIVE_UP_AFTER:
                work.outbox.finish(
                    row, SendState.UNCERTAIN, error="the ticket is deleted", due_at=site.now() + LONGEST_WAIT
                )
            else:
                work.outbox.finish(row, SendState.REFUSED, error="the ticket is deleted")
                if change.comment is not None and change.comment.kind is CommentKind.REPLY:
                    _give_up(work, row, "the ticket is deleted, and nobody knows whether it stands there", site.now())


def _is_gone(site: Site, ticket_id: str) -> bool:
    page = site.helpdesk.tickets([ticket_id])
    return all(ticket.id != ticket_id or ticket.status is TicketStatus.DELETED for ticket in page.tickets)


def _write(store: Store, site: Site, rows: Sequence[OutboxRow], report: PushReport) -> None:
    """What was told is settled at once for all; of what a dying process did not settle, its lease tells."""
    waiting = {row.change.reference: row for row in rows}
    answers: list[tuple[OutboxRow, ChangeResult]] = []
    try:
        for result in site.helpdesk.apply([row.change for row in rows]):
            answers.append((waiting.pop(result.reference), result))
            if _has_run_out(rows[0], site.now()):
                break  # somebody else may have taken the rest
    except ConnectorError as error:
        report.error = error
    with store.begin() as work:
        for row, result in answers:
            _take(work, row, result, site.now(), report)
    _put_back(store, site, waiting.values(), report)


def _put_back(store: Store, site: Site, rows: Iterable[OutboxRow], report: PushReport) -> None:
    """Writes of which nothing was told: to be looked for if they can have happened, else to be made later."""
    error = report.error
    rows = list(rows)
    if not rows:
        return
    now = site.now()
    is_uncertain = error is None or error.uncertain
    with store.begin() as work:
        for row in rows:
            state = SendState.UNCERTAIN if is_uncertain else SendState.PLANNED
            work.outbox.finish(row, state, error=str(error or ""), due_at=_later(row, now, error))
    report.later += len(rows)


def _take(work: UnitOfWork, row: OutboxRow, result: ChangeResult, now: datetime, report: PushReport) -> None:
    if result.outcome is ChangeOutcome.APPLIED:
        _done(work, row, now)
        report.written += 1
        report.references.append(row.change.reference)
    elif result.outcome is ChangeOutcome.REFUSED_CLOSED:
        work.outbox.finish(row, SendState.REFUSED, error=result.message or "the ticket is closed")
        report.closed += 1
        if row.change.comment is not None:
            _give_up(work, row, result.message or "the ticket was closed meanwhile", now)
    elif result.outcome is ChangeOutcome.UNCERTAIN:
        work.outbox.finish(row, SendState.UNCERTAIN, error=result.message, due_at=_later(row, now, None))
        report.later += 1
    elif result.outcome is ChangeOutcome.FAILED and now - row.created_at < GIVE_UP_AFTER:
        work.outbox.finish(row, SendState.PLANNED, error=result.message, due_at=_later(row, now, None))
        report.later += 1
    else:
        is_refused = result.outcome is ChangeOutcome.REFUSED
        state = SendState.REFUSED if is_refused else SendState.FAILED
        work.outbox.finish(row, state, error=result.message)
        _give_up(work, row, result.message, now)
        report.refused += 1
    if result.outcome is not ChangeOutcome.APPLIED:
        report.why = result.message
        logger(__name__).warning(
            "write not made", ticket=row.change.ticket_id, reference=row.change.reference, why=result.message
        )


def _has_run_out(row: OutboxRow, now: datetime) -> bool:
    return row.leased_until is None or row.leased_until <= now


def _done(work: UnitOfWork, row: OutboxRow, now: datetime) -> None:
    work.outbox.finish(row, SendState.DONE)
    work.tickets.note_written(row.change, now=now)
    work.attention.resolve(REFUSED, [row.change.ticket_id])


def _give_up(work: UnitOfWork, row: OutboxRow, why: str, now: datetime) -> None:
    """Tell a person, and see to it that what is missing is written with the next change, but for a reply."""
    change = row.change
    if change.comment is not None and change.comment.kind is CommentKind.REPLY:
        message = f"The customer of ticket {change.ticket_id} was not told what had to be told: {why}. "
        message += f"Tell the customer in another way. It began: {change.comment.body[:SHOWN_OF_REPLY]}"
        work.attention.raise_(REFUSED, change.reference, message, now)
        return
    what = "note" if change.comment is not None else "tags and fields"
    remedy = "See that the ticket's fields and their options are as the settings say, then run"
    message = (
        f"The {what} for ticket {change.ticket_id} could not be written: {why}. {remedy} `care-sync sync --ticket "
    )
    work.attention.raise_(REFUSED, change.ticket_id, f"{message}{change.ticket_id}`.", now)
    if change.comment is not None and not work.outbox.unfinished([change.ticket_id]):
        work.shown.forget_explanation(change.ticket_id)


def _later(row: OutboxRow, now: datetime, error: ConnectorError | None) -> datetime:
    if isinstance(error, Limited):
        return now + timedelta(seconds=error.retry_after_seconds)
    return now + wait_after(row.attempts)
