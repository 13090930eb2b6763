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

from care_sync.messages import AccountTime, NoticeKind, ReplyContext
from care_sync.pipeline.customer import Customer
from care_sync.pipeline.decide import Decided, Turn
from care_sync.pipeline.explanation import (
    Telling,
    charged_periods,
    charged_time,
    credited_time,
    due_notice,
    note_context,
    our_tags,
    telling,
)
from care_sync.pipeline.site import Site
from care_sync.store import UnitOfWork
from care_sync.store.decisions import WHOLE_TICKET
from care_sync.store.outbox import OutboxRow, Shown
from care_sync.store.standing import Standing
from connectors.records import Comment, CommentKind, FieldValue, Person, Ticket, TicketChange

NOT_TOLD = "customer_not_told"
"""The kind of attention for a notice that a closed ticket cannot carry; its subject is ``<ticket id>:<notice>``."""


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
    work.outbox.supersede(ids)
    unfinished = work.outbox.unfinished(ids)
    shown = work.shown.get_many(ids)
    standing = work.ledger.standing_of_tickets(ids)
    people = work.people.get_many({ticket.requester_id for ticket in tickets if ticket.requester_id})
    planned = Planned()
    kept: list[Shown] = []
    for ticket in tickets:
        time = standing.get(ticket.id, [])
        told = telling(decided.standing[ticket.id, WHOLE_TICKET], time)
        before = shown.get(ticket.id, Shown(ticket.id))
        notice = _notice(site, decided.turns.get(ticket.id), time, before)
        if not ticket.status.is_writable:
            planned.skipped.append(ticket.id)
            if notice is not None:
                _tell_a_person(work, ticket, notice, now)
                kept.append(replace(before, notices=(*before.notices, notice.value)))
            continue
        after = before
        expected = _with_unfinished(ticket, unfinished.get(ticket.id, ()))
        changes, after = _changes(site, expected, told, customer, after)
        if notice is not None:
            requester = people.get(ticket.requester_id) if ticket.requester_id else None
            about = _time_of_notice(work, ticket, notice, time, now)
            reply, after = _reply(site, ticket, notice, told, about, customer, requester, after)
            changes.append(reply)
        for change in changes:
            work.outbox.plan(change, "notice" if _is_reply(change) else "decision", now)
        planned.changes.extend(changes)
        if after != before:
            kept.append(after)
    work.shown.put(kept)
    return planned


def difference(
    ticket: Ticket, told: Telling, prefix: str
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
    site: Site, ticket: Ticket, told: Telling, customer: Customer | None, shown: Shown
) -> tuple[list[TicketChange], Shown]:
    write_back = site.settings.write_back
    add, remove, fields = difference(ticket, told, write_back.tag_prefix)
    comment = None
    if write_back.notes and shown.explanation_hash != told.hash:
        body = site.messages.render_note(note_context(ticket, told, customer, site.rules))
        comment = Comment(CommentKind.NOTE, body)
    shown = replace(shown, explanation_hash=told.hash)
    if not (add or remove or fields or comment):
        return [], shown
    shown = replace(shown, sequence=shown.sequence + 1)
    return [TicketChange(ticket.id, _reference(ticket, shown), add, remove, fields, comment)], shown


def _reply(
    site: Site,
    ticket: Ticket,
    notice: NoticeKind,
    told: Telling,
    about: tuple[str | None, tuple[AccountTime, ...]],
    customer: Customer | None,
    requester: Person | None,
    shown: Shown,
) -> tuple[TicketChange, Shown]:
    period, time = about
    context = ReplyContext(
        ticket_number=ticket.number,
        company=site.settings.company.name,
        requester=requester.name if requester else None,
        customer=customer.organization.name if customer else None,
        time=time,
        reason=told.decision.reason if notice is not NoticeKind.CHARGED_UNDETERMINED else None,
        period=period,
    )
    body = site.messages.render_reply(notice, context, _locale(requester, customer))
    shown = replace(shown, sequence=shown.sequence + 1, notices=(*shown.notices, notice.value))
    return TicketChange(ticket.id, _reference(ticket, shown), comment=Comment(CommentKind.REPLY, body)), shown


def _time_of_notice(
    work: UnitOfWork, ticket: Ticket, notice: NoticeKind, standing: Sequence[Standing], now: datetime
) -> tuple[str | None, tuple[AccountTime, ...]]:
    """The closed month that a notice is about, if it is about one, and the time that it charges or gives back."""
    if notice is NoticeKind.CHARGED_UNDETERMINED and (charged := charged_periods(standing)):
        period = max(charged)
        return period, charged[period]
    if notice is NoticeKind.CREDITED_BACK:
        return None, credited_time(one for one in work.ledger.of_ticket(ticket.id) if one.booked_at == now)
    return None, charged_time(standing)


def _notice(site: Site, turn: Turn | None, standing: Sequence[Standing], shown: Shown) -> NoticeKind | None:
    return due_notice(turn, standing, shown.notices) if site.settings.write_back.replies else None


def _tell_a_person(work: UnitOfWork, ticket: Ticket, notice: NoticeKind, now: datetime) -> None:
    work.attention.raise_(
        NOT_TOLD,
        f"{ticket.id}:{notice.value}",
        f"The customer of #{ticket.number} must be told ({notice.value}, clause I4), and the ticket is "
        f"{ticket.status.value}: it takes no comment any more. Tell the customer in another way, then run "
        f"`care-sync attention settle {NOT_TOLD} {ticket.id}:{notice.value}`.",
        now,
    )


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


def _reference(ticket: Ticket, shown: Shown) -> str:
    return f"CS-{ticket.id}-{shown.sequence}"


def _locale(requester: Person | None, customer: Customer | None) -> str | None:
    if requester is not None and requester.locale:
        return requester.locale
    return customer.organization.locale if customer else None


def _is_reply(change: TicketChange) -> bool:
    return change.comment is not None and change.comment.kind is CommentKind.REPLY


def _is_same(now: FieldValue, wanted: FieldValue) -> bool:
    """Whether a field shows what it should: products give numbers as text, and nothing as empty text."""
    if isinstance(now, Mapping) or now is None or wanted is None:
        return (now or None) == wanted
    if isinstance(wanted, int) and not isinstance(wanted, bool):
        return str(now).strip() in (str(wanted), f"{wanted}.0")
    return str(now) == str(wanted)
