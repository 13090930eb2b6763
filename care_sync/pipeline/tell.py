"""Tell: what the customer of a ticket must be told (I4), as a reply, or by a person where we cannot write one.

Terms
    quiet time   minutes for which a ticket must have been left alone before its customer hears of it: a misclick that
                 is mended meanwhile is told to nobody (``write_back.quiet_minutes``)
    waiting      something is due and the quiet time is not over; the store keeps when it is, and the first pass after
                 that looks at the ticket again
    listed       on the list of a person, because the ticket is closed, replies are off, or no text of ours is true

Promise: told because of how things stand, whichever pass saw them first, and once. What replies that are off keep back
is listed; it is written when they are switched on, unless a person took it off the list: that means that it was told.
What is listed and no longer so leaves the list as if it had never been: nobody was told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from care_sync.messages import ReplyContext, Words
from care_sync.model.credited import credited_time
from care_sync.model.decision import DecisionChange, StoredDecision
from care_sync.model.explanation import AccountTime, Explanation
from care_sync.model.mark import DirtyKind
from care_sync.model.month import Month
from care_sync.model.notices import (
    AFTER_QUIET,
    OUTSIDE_BEFORE,
    Notice,
    NoticeKind,
    due_notices,
    is_charged_outside,
    is_so,
    rests_on_agreement,
    since_credited,
    still_given,
)
from care_sync.model.outbox import Shown
from care_sync.model.posted_entry import PostedEntry
from care_sync.pipeline.customer import Customer
from care_sync.pipeline.references import counted_on, reference_of
from care_sync.pipeline.site import Site
from care_sync.store import UnitOfWork
from connectors.records import Comment, CommentKind, Person, Ticket, TicketChange
from rules.model.words import FactName, Scope

NOT_TOLD = "customer_not_told"
"""The kind of attention for a notice that we do not write: the ticket is closed, replies are off, or no text is true.

Its subject is ``<ticket id>:<notice>``."""

BEGAN = "began"
"""The name of the cursor that holds when CareSync was first opened on its store."""

KNOWN_AT_ONCE = frozenset(
    {
        FactName.KIND,
        FactName.CHANNEL,
        FactName.REPORTED_ON,
        FactName.SLA,
        FactName.COVERED_SERVICES,
        FactName.HOUR_CARD,
        FactName.FAIR_USE_LEFT_MINUTES,
    }
)
"""Facts that are there when a ticket comes in; whatever else decides its scope becomes clear later (I4)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand with a ticket: its decision and the turn that led to it, if it just turned, and its time."""

    explanation: Explanation
    stored: StoredDecision
    turn: DecisionChange | None
    time: Sequence[PostedEntry]


@dataclass(frozen=True, slots=True)
class Teller:
    """What the tickets of one customer have in common when they are told of.

    ``listed`` are the notices on the list of a person, ``changed_at`` is when somebody last changed it, both by ticket;
    ``people`` are the requesters by id.
    """

    work: UnitOfWork
    site: Site
    customer: Customer | None
    now: datetime
    closed_through: Month | None
    began: datetime | None
    listed: Mapping[str, Collection[str]]
    changed_at: Mapping[str, datetime]
    people: Mapping[str, Person]

    @classmethod
    def of(
        cls, work: UnitOfWork, site: Site, tickets: Sequence[Ticket], customer: Customer | None, now: datetime
    ) -> Teller:
        """Read what is needed for these tickets."""
        began = work.cursors.get(BEGAN)
        listed: dict[str, set[str]] = {}
        for attention in work.attention.all(NOT_TOLD):
            ticket_id, _, key = attention.subject.partition(":")
            listed.setdefault(ticket_id, set()).add(key)
        return cls(
            work,
            site,
            customer,
            now,
            work.periods.months().closed_through,
            datetime.fromisoformat(began) if began else None,
            listed,
            work.tickets.changed_at([ticket.id for ticket in tickets]),
            work.people.get_many({ticket.requester_id for ticket in tickets if ticket.requester_id}),
        )

    def tell(self, ticket: Ticket, standing: Standing, shown: Shown) -> tuple[list[TicketChange], Shown]:
        """The replies to write now; what is told and what waits is kept in what is shown."""
        shown = replace(shown, notices=still_given(standing.explanation.decision, shown.notices))
        shown = self._retract(ticket, standing, shown)
        due = self._due(ticket, standing, shown)
        until = self._quiet_until(ticket, standing, due, shown)
        if until is not None and self.now < until:
            return [], replace(shown, waits_until=until)
        shown = replace(shown, waits_until=None)
        replies = []
        for notice in due:
            if notice.kind is NoticeKind.TURNED_OUTSIDE and not notice.by_person and self._was_outside_before(ticket):
                shown = replace(shown, notices=(*shown.notices, *notice.also_told, OUTSIDE_BEFORE))
                continue
            why_not = self._why_by_person(ticket, notice)
            if why_not is not None:
                self._list(ticket, notice, why_not)
            elif self.site.settings.write_back.replies:
                reply, shown = self._reply(ticket, standing, notice, shown)
                replies.append(reply)
                self.work.attention.resolve(NOT_TOLD, [_subject(ticket.id, key) for key in notice.keys])
            else:
                self._list(ticket, notice, "replies are off (write_back.replies)")
                continue
            shown = replace(shown, notices=(*shown.notices, *notice.keys))
        return replies, shown

    def _due(self, ticket: Ticket, standing: Standing, shown: Shown) -> list[Notice]:
        return due_notices(
            standing.explanation.decision,
            standing.turn,
            standing.time,
            shown.notices,
            self.closed_through,
            is_open_at_first=self._is_open_at_first(ticket, standing),
        )

    def _is_open_at_first(self, ticket: Ticket, standing: Standing) -> bool:
        """Whether what was known when the ticket came in left it open if it is inside: else nothing became clear."""
        if not is_charged_outside(standing.explanation.decision):
            return False
        facts = {name: value for name, value in standing.stored.facts.items() if name in KNOWN_AT_ONCE}
        on = self.site.local_date(ticket.created_at)
        outcomes = self.site.rules.outcomes(facts, on=on, organization=ticket.organization_id)
        return outcomes.scope == Scope.UNDETERMINED

    def _quiet_until(self, ticket: Ticket, standing: Standing, due: Sequence[Notice], shown: Shown) -> datetime | None:
        """When what is due may be told; ``None`` for what does not wait: a month that closed, and what a person tells.

        Counted from the last change of the ticket by somebody else than us. Where the agreement with the customer is
        another, the ticket tells nothing of when that was changed: from when it was seen.
        """
        if not any(notice.kind in AFTER_QUIET and not notice.by_person for notice in due):
            return None
        quiet = timedelta(minutes=self.site.settings.write_back.quiet_minutes)
        until = self.changed_at.get(ticket.id, ticket.updated_at) + quiet
        if standing.turn is not None and rests_on_agreement(standing.turn):
            until = max(until, self.now + quiet)
        return max(until, shown.waits_until) if shown.waits_until is not None else until

    def _retract(self, ticket: Ticket, standing: Standing, shown: Shown) -> Shown:
        """Take off the list what is no longer so: nobody was told of it, and nothing follows from it."""
        decision = standing.explanation.decision
        over = {key for key in self.listed.get(ticket.id, ()) if not is_so(key, decision)}
        self.work.attention.resolve(NOT_TOLD, [_subject(ticket.id, key) for key in over])
        return replace(shown, notices=tuple(key for key in shown.notices if key not in over))

    def _was_outside_before(self, ticket: Ticket) -> bool:
        """Whether nobody has changed the ticket since CareSync is here: what was known before is no news from us."""
        return self.began is not None and self.changed_at.get(ticket.id, ticket.updated_at) < self.began

    def _why_by_person(self, ticket: Ticket, notice: Notice) -> str | None:
        if notice.by_person:
            return (
                "not because a cause became clear: what was agreed with its customer is another. Tell the customer why"
            )
        if not ticket.status.is_writable:
            return (
                f"the ticket is {ticket.status.value}: it takes no comment any more. Tell the customer in another way"
            )
        return None

    def _list(self, ticket: Ticket, notice: Notice, why: str) -> None:
        subject = _subject(ticket.id, notice.key)
        self.work.attention.resolve(NOT_TOLD, [_subject(ticket.id, key) for key in notice.also_told])
        self.work.attention.raise_(
            NOT_TOLD,
            subject,
            f"The customer of #{ticket.number} must be told ({notice.key}, clause I4), and {why}, then run "
            f"`care-sync attention settle {NOT_TOLD} {subject}`.",
            self.now,
        )

    def _reply(self, ticket: Ticket, standing: Standing, notice: Notice, shown: Shown) -> tuple[TicketChange, Shown]:
        requester = self.people.get(ticket.requester_id) if ticket.requester_id else None
        time, period = notice.time, notice.period
        if notice.kind is NoticeKind.CREDITED_BACK:
            time, period = credited_of(self.work, ticket, standing.time)
        context = ReplyContext(
            ticket_number=ticket.number,
            company=self.site.settings.company.name,
            requester=requester.name if requester else None,
            customer=self.customer.organization.name if self.customer else None,
            time=time,
            reason=None if notice.kind is NoticeKind.CHARGED_UNDETERMINED else self._why(ticket, standing),
            period=period,
        )
        body = self.site.messages.render_reply(notice.kind, context, self._locale(requester))
        shown = counted_on(shown, self.now)
        return TicketChange(ticket.id, reference_of(shown), comment=Comment(CommentKind.REPLY, body)), shown

    def _why(self, ticket: Ticket, standing: Standing) -> Words | None:
        """Why a ticket is inside or outside: what concerns the customer, and not what the agent is to do next."""
        on = self.site.local_date(ticket.created_at)
        decision = standing.explanation.decision
        why = self.site.rules.why(decision, "scope", on=on, organization=ticket.organization_id)
        return why if any(why.values()) else None

    def _locale(self, requester: Person | None) -> str | None:
        if requester is not None and requester.locale:
            return requester.locale
        return self.customer.organization.locale if self.customer else None


def was_told_by_person(work: UnitOfWork, subject: str) -> None:
    """A person told the customer what stood on the list: we tell it no more, also when replies are switched on."""
    ticket_id, _, key = subject.partition(":")
    shown = work.shown.get_many([ticket_id]).get(ticket_id, Shown(ticket_id))
    if key not in since_credited(shown.notices):
        work.shown.put([replace(shown, notices=(*shown.notices, key))])


def mark_what_has_been_quiet(work: UnitOfWork, now: datetime) -> None:
    """Look again at tickets whose quiet time is over: nothing else of them may ever change."""
    work.dirty.mark(DirtyKind.TICKET, work.shown.waiting_until(now), "its quiet time is over", now)


def remember_beginning(work: UnitOfWork, now: datetime) -> None:
    """Keep when CareSync was first opened on its store."""
    if work.cursors.get(BEGAN) is None:
        work.cursors.set(BEGAN, now.isoformat(), now)


def credited_of(
    work: UnitOfWork, ticket: Ticket, standing: Sequence[PostedEntry]
) -> tuple[tuple[AccountTime, ...], Month | None]:
    """What of a ticket's time was charged once and is not any more, where it stands now, and the closed month of it."""
    transactions = work.ledger.of_ticket(ticket.id)
    corrected = work.ledger.many({entry.corrects for entry in transactions if entry.corrects is not None})
    return credited_time(transactions, standing, {key: entry.period for key, entry in corrected.items()})


def _subject(ticket_id: str, key: str) -> str:
    return f"{ticket_id}:{key}"
