"""Plan: what a ticket should show against what it shows; the difference is written down in the outbox.

Terms
    shown      the ticket as last read, with our own unfinished writes already applied
    note       one internal comment per changed explanation
    reply      one public comment per notice

Promise: planned in the same transaction as the postings that caused it. Only our own tags and fields are named, so
that nothing of an agent or another tool is touched. What differs in nothing is not planned. A ticket that is closed or
deleted is left alone; what its customer should have been told is put on the list of a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from care_sync.messages import ReplyContext, Words
from care_sync.model.decision import WHOLE_TICKET, as_decision
from care_sync.model.explanation import Explanation, decided_apart, explain, our_tags
from care_sync.model.notices import Notice, NoticeKind, due_notices
from care_sync.model.outbox import OutboxRow, Shown
from care_sync.model.posted_change import PostedChange
from care_sync.pipeline.customer import Customer
from care_sync.pipeline.decide import Decided
from care_sync.pipeline.note import note_context
from care_sync.pipeline.references import counted_on, reference_of
from care_sync.pipeline.site import Site
from care_sync.store import UnitOfWork
from connectors.records import Comment, CommentKind, FieldValue, Person, Ticket, TicketChange
from rules.model.decision import Decision

NOT_TOLD = "customer_not_told"
"""The kind of attention for a notice that we do not write: the ticket is closed, or no text of ours is true.

Its subject is ``<ticket id>:<notice>``."""


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
    posted: Iterable[PostedChange] = (),
) -> Planned:
    """Plan the writes of tickets of one customer; ``posted`` is what just changed of their time."""
    ids = [ticket.id for ticket in tickets]
    told_anew = work.outbox.supersede(ids)
    last_notes = work.outbox.last_notes(told_anew)
    unfinished = work.outbox.unfinished(ids)
    shown = work.shown.get_many(ids)
    standing = work.ledger.posted_of_tickets(ids)
    entries = work.entries.of_tickets(standing)
    by_activity: dict[str, dict[str, Decision]] = {}
    for (ticket_id, activity), stored in work.decisions.current(ids).items():
        by_activity.setdefault(ticket_id, {})[activity] = as_decision(stored)
    people = work.people.get_many({ticket.requester_id for ticket in tickets if ticket.requester_id})
    closed_through = work.periods.months().closed_through
    changes: dict[str | None, list[PostedChange]] = {}
    for change in posted:
        changes.setdefault(change.ticket_id, []).append(change)
    planned = Planned()
    kept: list[Shown] = []
    for ticket in tickets:
        time = standing.get(ticket.id, [])
        apart = decided_apart(by_activity[ticket.id], entries.get(ticket.id, ()))
        told = explain(decided.standing[ticket.id, WHOLE_TICKET], time, apart)
        before = shown.get(ticket.id, Shown(ticket.id))
        if ticket.id in told_anew:
            before = replace(before, explanation_hash="")
        due: list[Notice] = []
        if site.settings.write_back.replies:
            turn, of_ticket = decided.turns.get(ticket.id), changes.get(ticket.id, ())
            due = due_notices(told.decision, turn, time, of_ticket, before.notices, closed_through)
        if not ticket.status.is_writable:
            planned.skipped.append(ticket.id)
            if due:
                _tell_a_person(work, ticket, due, now)
                kept.append(_with_notices(before, due))
            continue
        expected = _with_unfinished(ticket, unfinished.get(ticket.id, ()))
        wanted, after = _changes(site, expected, told, customer, before, last_notes.get(ticket.id), now)
        if due and due[0].kind is NoticeKind.CREDITED_BACK and _take_off(work, ticket):
            after, due = _with_notices(after, due), []  # nobody was told what is taken back now
        by_person = [notice for notice in due if notice.by_person]
        if by_person:
            _tell_a_person(work, ticket, by_person, now)
            after = _with_notices(after, by_person)
        for notice in (notice for notice in due if not notice.by_person):
            requester = people.get(ticket.requester_id) if ticket.requester_id else None
            reply, after = _reply(site, ticket, notice, told, customer, requester, after, now)
            wanted.append(reply)
        for write in wanted:
            work.outbox.plan(write, "notice" if _is_reply(write) else "decision", now)
        planned.changes.extend(wanted)
        if after != before:
            kept.append(after)
    work.shown.put(kept)
    return planned


def difference(
    ticket: Ticket, told: Explanation, prefix: str
) -> tuple[frozenset[str], frozenset[str], dict[str, FieldValue]]:
    """Tags to add, tags to remove, and fields to set, so that ``ticket`` shows what it should."""
    wanted = told.tags(prefix)
    fields = {
        name: value
        for name, value in told.fields().items()
        if name in ticket.fields and not _is_same(ticket.fields[name], value)
    }
    return wanted - ticket.tags, (ticket.tags & our_tags(prefix)) - wanted, fields


def _changes(
    site: Site,
    ticket: Ticket,
    told: Explanation,
    customer: Customer | None,
    shown: Shown,
    last_note: str | None,
    now: datetime,
) -> tuple[list[TicketChange], Shown]:
    """What differs, as one write; ``last_note`` is what stands already where a note in between was withdrawn."""
    write_back = site.settings.write_back
    add, remove, fields = difference(ticket, told, write_back.tag_prefix)
    comment = None
    if write_back.notes and shown.explanation_hash != told.hash:
        body = site.messages.render_note(note_context(ticket, told, customer, site))
        comment = Comment(CommentKind.NOTE, body) if body != last_note else None
    shown = replace(shown, explanation_hash=told.hash)
    if not (add or remove or fields or comment):
        return [], shown
    shown = counted_on(shown, now)
    return [TicketChange(ticket.id, reference_of(shown), add, remove, fields, comment)], shown


def _reply(
    site: Site,
    ticket: Ticket,
    notice: Notice,
    told: Explanation,
    customer: Customer | None,
    requester: Person | None,
    shown: Shown,
    now: datetime,
) -> tuple[TicketChange, Shown]:
    context = ReplyContext(
        ticket_number=ticket.number,
        company=site.settings.company.name,
        requester=requester.name if requester else None,
        customer=customer.organization.name if customer else None,
        time=notice.time,
        reason=_why(site, ticket, told) if notice.kind is not NoticeKind.CHARGED_UNDETERMINED else None,
        period=notice.period,
    )
    body = site.messages.render_reply(notice.kind, context, _locale(requester, customer))
    shown = counted_on(_with_notices(shown, [notice]), now)
    return TicketChange(ticket.id, reference_of(shown), comment=Comment(CommentKind.REPLY, body)), shown


def _with_notices(shown: Shown, given: Sequence[Notice]) -> Shown:
    return replace(shown, notices=(*shown.notices, *(key for notice in given for key in notice.keys)))


def _tell_a_person(work: UnitOfWork, ticket: Ticket, due: Sequence[Notice], now: datetime) -> None:
    for notice in due:
        why = f"the ticket is {ticket.status.value}: it takes no comment any more. Tell the customer in another way"
        if notice.by_person:
            why = (
                "not because a cause became clear: what was agreed with its customer is another. Tell the customer why"
            )
        work.attention.raise_(
            NOT_TOLD,
            f"{ticket.id}:{notice.key}",
            f"The customer of #{ticket.number} must be told ({notice.key}, clause I4), and {why}, then run "
            f"`care-sync attention settle {NOT_TOLD} {ticket.id}:{notice.key}`.",
            now,
        )


def _take_off(work: UnitOfWork, ticket: Ticket) -> bool:
    """Take off the list that the customer must be told that the ticket is outside; tells whether it stood there."""
    subject = f"{ticket.id}:{NoticeKind.TURNED_OUTSIDE.value}"
    stood = any(attention.subject == subject for attention in work.attention.all(NOT_TOLD))
    work.attention.resolve(NOT_TOLD, [subject])
    return stood


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


def _locale(requester: Person | None, customer: Customer | None) -> str | None:
    if requester is not None and requester.locale:
        return requester.locale
    return customer.organization.locale if customer else None


def _why(site: Site, ticket: Ticket, told: Explanation) -> Words | None:
    """Why a ticket is inside or outside: what concerns the customer, and not what the agent is to do next."""
    on = site.local_date(ticket.created_at)
    why = site.rules.why(told.decision, "scope", on=on, organization=ticket.organization_id)
    return why if any(why.values()) else None


def _is_reply(change: TicketChange) -> bool:
    return change.comment is not None and change.comment.kind is CommentKind.REPLY


def _is_same(now: FieldValue, wanted: FieldValue) -> bool:
    """Whether a field shows what it should: products give numbers as text, and nothing as empty text."""
    if isinstance(now, Mapping) or now is None or wanted is None:
        return (now or None) == wanted
    if isinstance(wanted, int) and not isinstance(wanted, bool):
        return str(now).strip() in (str(wanted), f"{wanted}.0")
    return str(now) == str(wanted)
