"""What the products prove: that they show and hold what the store says.

Terms
    reading   what a product says now
    window    the days of time entries that are compared as a whole

Promise: only reads. A product that cannot be reached is a difference too: what could not be looked at is not proven.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice

from care_sync.audit.discrepancy import Compared, Discrepancy
from care_sync.model.decision import WHOLE_TICKET, as_decision
from care_sync.model.duration import clock
from care_sync.model.explanation import decided_apart, explain
from care_sync.model.lease import SendState
from care_sync.pipeline.plan import difference
from care_sync.store import UnitOfWork
from care_sync.store.tickets import content_hash
from connectors.errors import ConnectorError
from connectors.protocols import Bookkeeping, Helpdesk, TimeTracker
from connectors.records import EntryState, Ticket, TimeEntry

TICKETS_AT_ONCE = 100


def audit_helpdesk(
    work: UnitOfWork, helpdesk: Helpdesk, tag_prefix: str, compared: Compared | None = None
) -> Iterator[Discrepancy]:
    """Every ticket that can still be written is as it was last read, and shows what the ledger says."""
    compared = compared if compared is not None else Compared()
    what = "tickets that can be written: content, our tags and our fields (not the text of notes)"
    compared.add(helpdesk.product, what, 0)
    try:
        for tickets in _batches(_decided(work)):
            yield from _tickets(work, helpdesk, tickets, tag_prefix)
            compared.add(helpdesk.product, what, len(tickets))
    except ConnectorError as error:
        yield _unreachable(helpdesk.product, error)


def audit_tracker(
    work: UnitOfWork, name: str, tracker: TimeTracker, first: date, last: date, compared: Compared | None = None
) -> Iterator[Discrepancy]:
    """Every entry of the window is in the store as it is in the tracker, and no other is.

    Timers that run are left out: they count nothing, and not every tracker shows them in its window.
    """
    try:
        there = {
            entry.key: entry
            for page in tracker.entries_between(first, last)
            for entry in page.entries
            if entry.state is EntryState.STOPPED
        }
    except ConnectorError as error:
        yield _unreachable(name, error)
        return
    here = {
        stored.entry.key: stored.entry
        for stored in work.entries.live_between(tracker.product, tracker.account, first, last)
        if stored.entry.state is EntryState.STOPPED
    }
    repair = f"care-sync reconcile --tracker {name} --since {first}"
    if compared is not None:
        compared.add(name, f"time entries of {first} to {last}", len(there.keys() | here.keys()))
    for key in sorted(there.keys() | here.keys()):
        message = _entry_differs(there.get(key), here.get(key))
        if message:
            yield Discrepancy(name, key, message, repair)


def audit_bookkeeping(
    work: UnitOfWork, bookkeeping: Bookkeeping, compared: Compared | None = None
) -> Iterator[Discrepancy]:
    """Every draft that was made is there, once sent or not, and comes to what it came to."""
    compared = compared if compared is not None else Compared()
    compared.add(bookkeeping.product, "drafts of invoices", 0)
    try:
        for draft in work.invoice_drafts.all():
            if draft.state is not SendState.DONE:
                continue
            compared.add(bookkeeping.product, "drafts of invoices")
            booked = bookkeeping.invoice(draft.reference)
            if booked is None:
                organization = work.organizations.get(draft.organization_id)
                name = organization.name if organization is not None else draft.organization_id
                repair = f'care-sync invoices push {draft.period} "{name}" --again'
                yield Discrepancy(bookkeeping.product, draft.reference, "its draft is not there any more", repair)
            elif booked.total != draft.total:
                message = f"it comes to {booked.total} euro there and to {draft.total} by the ledger"
                yield Discrepancy(bookkeeping.product, draft.reference, message, f"correct it in {bookkeeping.product}")
    except ConnectorError as error:
        yield _unreachable(bookkeeping.product, error)


def _decided(work: UnitOfWork) -> Iterator[Ticket]:
    return (ticket for ticket in work.tickets.each() if ticket.status.is_writable and ticket.merged_into is None)


def _tickets(work: UnitOfWork, helpdesk: Helpdesk, tickets: Sequence[Ticket], tag_prefix: str) -> Iterator[Discrepancy]:
    ids = [ticket.id for ticket in tickets]
    readings = {ticket.id: ticket for ticket in helpdesk.tickets(ids).tickets}
    decisions = work.decisions.current(ids)
    standing = work.ledger.posted_of_tickets(ids)
    entries = work.entries.of_tickets(standing)
    unfinished = work.outbox.unfinished(ids)
    for ticket in tickets:
        subject, repair = f"#{ticket.number}", f"care-sync sync --ticket {ticket.number}"
        reading = readings.get(ticket.id)
        if reading is None:
            yield Discrepancy(helpdesk.product, subject, "the helpdesk has it no more", repair)
            continue
        if content_hash(reading) != content_hash(ticket):
            changed = ", ".join(_changed(ticket, reading))
            yield Discrepancy(helpdesk.product, subject, f"it has changed since it was last read: {changed}", repair)
            continue
        decision = decisions.get((ticket.id, WHOLE_TICKET))
        if decision is None:
            yield Discrepancy(helpdesk.product, subject, "nothing was decided on it yet", repair)
        elif ticket.id in unfinished:
            states = ", ".join(sorted({row.state.value for row in unfinished[ticket.id]}))
            message = f"a write to it is not made yet ({states})"
            yield Discrepancy(helpdesk.product, subject, message, "care-sync sync")
        else:
            of_ticket = {
                activity: as_decision(taken) for (key, activity), taken in decisions.items() if key == ticket.id
            }
            apart = decided_apart(of_ticket, entries.get(ticket.id, ()))
            explanation = explain(as_decision(decision), standing.get(ticket.id, ()), apart)
            add, remove, fields = difference(reading, explanation, tag_prefix)
            parts = [
                *(f"lacks the tag {tag}" for tag in sorted(add)),
                *(f"has the tag {tag}" for tag in sorted(remove)),
                *(f"shows {name} {reading.fields.get(name)} for {value}" for name, value in sorted(fields.items())),
            ]
            if parts:
                yield Discrepancy(helpdesk.product, subject, f"it {', '.join(parts)}", repair)


def _changed(stored: Ticket, reading: Ticket) -> Iterator[str]:
    """What of a ticket differs, by name."""
    for name in ("subject", "status", "organization_id", "requester_id", "assignee_id", "merged_into", "description"):
        if getattr(stored, name) != getattr(reading, name):
            yield name
    yield from (f"tag {tag}" for tag in sorted(stored.tags ^ reading.tags))
    for name in sorted(stored.fields.keys() | reading.fields.keys()):
        if stored.fields.get(name) != reading.fields.get(name):
            yield name


def _entry_differs(there: TimeEntry | None, here: TimeEntry | None) -> str:
    if there is None and here is not None:
        return f"{clock(here.seconds)} of {here.work_date}: it is not in the tracker any more"
    if here is None and there is not None:
        return f"{clock(there.seconds)} of {there.work_date}: it was never read"
    if there is not None and here is not None and there.fingerprint != here.fingerprint:
        if there.seconds != here.seconds:
            return f"it lasts {clock(there.seconds)} in the tracker and {clock(here.seconds)} in the store"
        return "it was changed in the tracker and not read again"
    return ""


def _unreachable(name: str, error: ConnectorError) -> Discrepancy:
    return Discrepancy(name, "everything", f"it could not be looked at: {error}", "care-sync audit, when it answers")


def _batches(tickets: Iterable[Ticket]) -> Iterator[list[Ticket]]:
    iterator = iter(tickets)
    while batch := list(islice(iterator, TICKETS_AT_ONCE)):
        yield batch
