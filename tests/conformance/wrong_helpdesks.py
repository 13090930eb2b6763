"""Helpdesks' connectors that are wrong in one way each: the mistakes that people make, for the suite to find.

Each stands before the right connector of a bed and spoils one thing of what that one does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connectors.conformance.helpdesk_bed import HelpdeskBed
from connectors.errors import ConnectorError, PermissionMissing
from connectors.records import (
    ChangeOutcome,
    ChangeResult,
    CommentKind,
    Organization,
    Ticket,
    TicketChange,
    TicketPage,
    TicketStatus,
)


class WrongHelpdesk:
    """Does everything as the right connector does; a subclass does one thing otherwise."""

    def __init__(self, right: Any, bed: HelpdeskBed, clock_ahead: timedelta = timedelta()) -> None:
        self.right = right
        self.bed = bed
        self.clock_ahead = clock_ahead

    def __getattr__(self, name: str) -> Any:
        return getattr(self.right, name)

    def spoilt(self, ticket: Ticket) -> Ticket:
        """One ticket, as it is told."""
        return ticket

    def changed_tickets(self, cursor: str | None, since: datetime) -> Iterator[TicketPage]:
        for page in self.right.changed_tickets(cursor, since):
            yield replace(page, tickets=tuple(self.spoilt(one) for one in page.tickets))

    def tickets(self, ticket_ids: Sequence[str]) -> TicketPage:
        page = self.right.tickets(ticket_ids)
        return replace(page, tickets=tuple(self.spoilt(one) for one in page.tickets))

    def changed(self, change: TicketChange) -> TicketChange:
        """One change, as it is written."""
        return change

    def told(self, result: ChangeResult) -> ChangeResult:
        """What became of it, as it is told."""
        return result

    def apply(self, changes: Sequence[TicketChange]) -> Iterator[ChangeResult]:
        for result in self.right.apply([self.changed(one) for one in changes]):
            yield self.told(result)


# ---- reading ----------------------------------------------------------------------------------------


class DropsTheLastOfAFullPage(WrongHelpdesk):
    def changed_tickets(self, cursor: str | None, since: datetime) -> Iterator[TicketPage]:
        for page in self.right.changed_tickets(cursor, since):
            yield page if page.last else replace(page, tickets=page.tickets[:-1])


class MovesTheCursorBeforeItsLastPage(WrongHelpdesk):
    def changed_tickets(self, cursor: str | None, since: datetime) -> Iterator[TicketPage]:
        pages = list(self.right.changed_tickets(cursor, since))
        for page in pages:
            yield replace(page, cursor=pages[-1].cursor)


class GoesOnBehindTheNewestChange(WrongHelpdesk):
    """What changes later in the same second is never told."""

    def changed_tickets(self, cursor: str | None, since: datetime) -> Iterator[TicketPage]:
        yield from self._since(datetime.fromisoformat(cursor) if cursor else since)

    def _since(self, since: datetime) -> Iterator[TicketPage]:
        pages = list(self.right.changed_tickets(None, since - timedelta(days=8)))
        news = {one.id: one for page in pages for one in page.tickets if one.updated_at > since}
        newest = max([since, *(one.updated_at for one in news.values())])
        yield replace(pages[-1], tickets=tuple(news.values()), cursor=newest.isoformat())


class GoesOnFromItsOwnClock(GoesOnBehindTheNewestChange):
    def _since(self, since: datetime) -> Iterator[TicketPage]:
        (page,) = super()._since(since)
        yield replace(page, cursor=(self.bed.now() + self.clock_ahead).isoformat())


class IgnoresDeletions(WrongHelpdesk):
    def changed_tickets(self, cursor: str | None, since: datetime) -> Iterator[TicketPage]:
        for page in self.right.changed_tickets(cursor, since):
            kept = tuple(one for one in page.tickets if one.status is not TicketStatus.DELETED)
            yield replace(page, tickets=kept)


class ForgetsWhereAMergedTicketWent(WrongHelpdesk):
    def spoilt(self, ticket: Ticket) -> Ticket:
        return replace(ticket, merged_into=None)


class TakesAnErrorForNothing(WrongHelpdesk):
    def tickets(self, ticket_ids: Sequence[str]) -> TicketPage:
        try:
            return self.right.tickets(ticket_ids)
        except ConnectorError:
            return TicketPage((), (), (), None, last=True)

    def organizations(self) -> Iterator[Sequence[Organization]]:
        try:
            yield from self.right.organizations()
        except ConnectorError:
            return


class TakesForbiddenForNoReference(WrongHelpdesk):
    """A note that stands would be written again."""

    def applied_references(self, ticket_id: str, references: frozenset[str]) -> frozenset[str]:
        try:
            return self.right.applied_references(ticket_id, references)
        except PermissionMissing:
            return frozenset()


class TakesAnErrorForNoReference(WrongHelpdesk):
    def applied_references(self, ticket_id: str, references: frozenset[str]) -> frozenset[str]:
        try:
            return self.right.applied_references(ticket_id, references)
        except ConnectorError:
            return frozenset()


# ---- writing ----------------------------------------------------------------------------------------


class ReplacesTheTags(WrongHelpdesk):
    def changed(self, change: TicketChange) -> TicketChange:
        (ticket,) = self.right.tickets([change.ticket_id]).tickets
        return replace(change, remove_tags=change.remove_tags | (ticket.tags - change.add_tags))


class WritesEveryFieldBack(WrongHelpdesk):
    """Fields that an agent changed since the ticket was read get their old value."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.read: dict[str, Ticket] = {}

    def spoilt(self, ticket: Ticket) -> Ticket:
        return self.read.setdefault(ticket.id, ticket)

    def changed(self, change: TicketChange) -> TicketChange:
        read = self.read.get(change.ticket_id)
        return replace(change, fields={**(read.fields if read else {}), **change.fields})


class WritesTagsFromWhatItReadBefore(WrongHelpdesk):
    """A tag that an agent added since the ticket was read is lost."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.read: dict[str, frozenset[str]] = {}

    def spoilt(self, ticket: Ticket) -> Ticket:
        self.read.setdefault(ticket.id, ticket.tags)
        return ticket

    def changed(self, change: TicketChange) -> TicketChange:
        standing = self.bed.seen(change.ticket_id).tags
        news = standing - self.read.get(change.ticket_id, standing)
        return replace(change, remove_tags=change.remove_tags | news)


class WritesAgainAtOnce(WrongHelpdesk):
    """An answer was lost, so everything is sent again."""

    def apply(self, changes: Sequence[TicketChange]) -> Iterator[ChangeResult]:
        for change in changes:
            (result,) = self.right.apply([change])
            if result.outcome is ChangeOutcome.UNCERTAIN:
                self.bed.mend()
                (result,) = self.right.apply([change])
            yield result


class CallsDoubtAFailure(WrongHelpdesk):
    def told(self, result: ChangeResult) -> ChangeResult:
        is_doubtful = result.outcome is ChangeOutcome.UNCERTAIN
        return replace(result, outcome=ChangeOutcome.FAILED) if is_doubtful else result


class CallsEverythingApplied(WrongHelpdesk):
    def told(self, result: ChangeResult) -> ChangeResult:
        return replace(result, outcome=ChangeOutcome.APPLIED)


class DropsWhatItCannotRead(WrongHelpdesk):
    """What is odd is left out, and nobody hears of it."""

    def changed_tickets(self, cursor: str | None, since: datetime) -> Iterator[TicketPage]:
        for page in self.right.changed_tickets(cursor, since):
            yield replace(page, unreadable=())


class PassesEscapesOn(WrongHelpdesk):
    def spoilt(self, ticket: Ticket) -> Ticket:
        return replace(ticket, subject=ticket.subject.replace("\ufffd", "\x1b"))


class TakesAServerErrorForNothingDone(WrongHelpdesk):
    def told(self, result: ChangeResult) -> ChangeResult:
        is_uncertain = result.outcome is ChangeOutcome.UNCERTAIN
        return replace(result, outcome=ChangeOutcome.FAILED) if is_uncertain else result


class TriesAClosedTicketForever(WrongHelpdesk):
    def told(self, result: ChangeResult) -> ChangeResult:
        is_closed = result.outcome is ChangeOutcome.REFUSED_CLOSED
        return replace(result, outcome=ChangeOutcome.FAILED) if is_closed else result


class TellsTheCustomer(WrongHelpdesk):
    """A note to colleagues goes out as a reply."""

    def changed(self, change: TicketChange) -> TicketChange:
        said = change.comment
        return replace(change, comment=replace(said, kind=CommentKind.REPLY)) if said else change


class StopsAtTheFirstThatIsRefused(WrongHelpdesk):
    def apply(self, changes: Sequence[TicketChange]) -> Iterator[ChangeResult]:
        is_over = False
        for change in changes:
            result = ChangeResult(change.ticket_id, change.reference, ChangeOutcome.FAILED)
            if not is_over:
                (result,) = self.right.apply([change])
            is_over = is_over or result.outcome is not ChangeOutcome.APPLIED
            yield result


class MixesUpTheResults(WrongHelpdesk):
    def apply(self, changes: Sequence[TicketChange]) -> Iterator[ChangeResult]:
        yield from reversed(list(self.right.apply(changes)))


class LosesFieldsThatNobodyConfigured(WrongHelpdesk):
    """What cannot be written is left out, and nobody hears of it."""

    def changed(self, change: TicketChange) -> TicketChange:
        return replace(change, fields={name: value for name, value in change.fields.items() if "no_such" not in name})


class CutsLongNotes(WrongHelpdesk):
    def changed(self, change: TicketChange) -> TicketChange:
        said = change.comment
        return replace(change, comment=replace(said, body=said.body[:1000])) if said else change


class ReopensTickets(WrongHelpdesk):
    """As products do by themselves when a comment is added by the wrong call."""

    def told(self, result: ChangeResult) -> ChangeResult:
        self.bed.edit(result.ticket_id, status=TicketStatus.OPEN)
        return result
