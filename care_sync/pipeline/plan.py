"""Plan: what a ticket should show against what it shows; the difference is written down in the outbox.

Terms
    shown      the ticket as last read, with our own unfinished writes already applied
    note       one internal comment per changed explanation
    reply      one public comment per notice; which are due is told in :mod:`care_sync.pipeline.tell`

Promise: planned in the same transaction as the postings that caused it. Only our own tags and fields are named, so
that nothing of an agent or another tool is touched. What differs in nothing is not planned. A ticket that is closed or
deleted is left alone; what its customer should have been told is put on the list of a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from care_sync.model.decision import WHOLE_TICKET, StoredDecision, as_decision
from care_sync.model.explanation import Explanation, decided_apart, explain, our_tags
from care_sync.model.outbox import OutboxRow, Shown
from care_sync.pipeline.customer import Customer
from care_sync.pipeline.decide import Decided
from care_sync.pipeline.note import note_context
from care_sync.pipeline.references import counted_on, reference_of
from care_sync.pipeline.site import Site
from care_sync.pipeline.tell import Standing, Teller
from care_sync.store import UnitOfWork
from connectors.records import Comment, CommentKind, FieldValue, Ticket, TicketChange


@dataclass(slots=True)
class Planned:
    """What was planned: changes by ticket, in order; ``skipped`` tickets can no longer be written."""

    changes: list[TicketChange] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def plan_tickets(
    work: UnitOfWork,
    site: Site,
    tickets: Sequence[Ticket],
    decided: Decided,
    customer: Customer | None,
    now: datetime,
) -> Planned:
    """Plan the writes of tickets of one customer."""
    ids = [ticket.id for ticket in tickets]
    told_anew = work.outbox.supersede(ids)
    last_notes = work.outbox.last_notes(told_anew)
    unfinished = work.outbox.unfinished(ids)
    shown = work.shown.get_many(ids)
    posted = work.ledger.posted_of_tickets(ids)
    entries = work.entries.of_tickets(posted)
    by_activity: dict[str, dict[str, StoredDecision]] = {}
    for (ticket_id, activity), stored in work.decisions.current(ids).items():
        by_activity.setdefault(ticket_id, {})[activity] = stored
    teller = Teller.of(work, site, tickets, customer, now)
    planned = Planned()
    kept: list[Shown] = []
    for ticket in tickets:
        time = posted.get(ticket.id, [])
        decisions = {activity: as_decision(stored) for activity, stored in by_activity[ticket.id].items()}
        apart = decided_apart(decisions, entries.get(ticket.id, ()))
        explanation = explain(decided.standing[ticket.id, WHOLE_TICKET], time, apart)
        before = shown.get(ticket.id, Shown(ticket.id))
        after = replace(before, explanation_hash="") if ticket.id in told_anew else before
        wanted: list[TicketChange] = []
        if ticket.status.is_writable:
            expected = _with_unfinished(ticket, unfinished.get(ticket.id, ()))
            last_note = last_notes.get(ticket.id)
            wanted, after = _changes(site, expected, explanation, customer, after, last_note, now)
        else:
            planned.skipped.append(ticket.id)
        standing = Standing(explanation, by_activity[ticket.id][WHOLE_TICKET], decided.turns.get(ticket.id), time)
        replies, after = teller.tell(ticket, standing, after)
        for write in wanted:
            work.outbox.plan(write, "decision", now)
        for reply in replies:
            work.outbox.plan(reply, "notice", now)
        planned.changes.extend((*wanted, *replies))
        if after != before:
            kept.append(after)
    work.shown.put(kept)
    return planned


def difference(
    ticket: Ticket, explanation: Explanation, prefix: str
) -> tuple[frozenset[str], frozenset[str], dict[str, FieldValue]]:
    """Tags to add, tags to remove, and fields to set, so that ``ticket`` shows what it should."""
    wanted = explanation.tags(prefix)
    fields = {
        name: value
        for name, value in explanation.fields().items()
        if name in ticket.fields and not _is_same(ticket.fields[name], value)
    }
    return wanted - ticket.tags, (ticket.tags & our_tags(prefix)) - wanted, fields


def _changes(
    site: Site,
    ticket: Ticket,
    explanation: Explanation,
    customer: Customer | None,
    shown: Shown,
    last_note: str | None,
    now: datetime,
) -> tuple[list[TicketChange], Shown]:
    """What differs, as one write; ``last_note`` is what stands already where a note in between was withdrawn."""
    write_back = site.settings.write_back
    add, remove, fields = difference(ticket, explanation, write_back.tag_prefix)
    comment = None
    if write_back.notes and shown.explanation_hash != explanation.hash:
        body = site.messages.render_note(note_context(ticket, explanation, customer, site))
        comment = Comment(CommentKind.NOTE, body) if body != last_note else None
    shown = replace(shown, explanation_hash=explanation.hash)
    if not (add or remove or fields or comment):
        return [], shown
    shown = counted_on(shown, now)
    return [TicketChange(ticket.id, reference_of(shown), add, remove, fields, comment)], shown


def _with_unfinished(ticket: Ticket, rows: Iterable[OutboxRow]) -> Ticket:
    """The ticket as it will be when what is under way has been written."""
    for row in rows:
        change = row.change
        ticket = replace(
            ticket,
            tags=(ticket.tags | change.add_tags) - change.remove_tags,
            fields={**ticket.fields, **change.fields},
        )
    return ticket


def _is_same(now: FieldValue, wanted: FieldValue) -> bool:
    """Whether a field shows what it should: products give numbers as text, and nothing as empty text."""
    if isinstance(now, Mapping) or now is None or wanted is None:
        return (now or None) == wanted
    if isinstance(wanted, int) and not isinstance(wanted, bool):
        return str(now).strip() in (str(wanted), f"{wanted}.0")
    return str(now) == str(wanted)
