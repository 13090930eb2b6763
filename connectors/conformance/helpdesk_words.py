"""The vocabulary of a helpdesk's suite; each reading sees the records' own promises hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from connectors.conformance.forms import check_form
from connectors.conformance.helpdesk_bed import LONG_AGO, HelpdeskBed, SeenTicket
from connectors.protocols import Helpdesk
from connectors.records import (
    ChangeOutcome,
    ChangeResult,
    Comment,
    CommentKind,
    FieldValue,
    Organization,
    Person,
    Ticket,
    TicketChange,
    TicketPage,
)


@dataclass(frozen=True, slots=True)
class Read:
    """What a reading told, to its end: the record read last of each stands."""

    tickets: dict[str, Ticket]
    organizations: dict[str, Organization]
    people: dict[str, Person]
    cursor: str | None
    pages: tuple[TicketPage, ...]


def drain(bed: HelpdeskBed, helpdesk: Helpdesk, cursor: str | None = None, *, since: datetime | None = None) -> Read:
    """Read changes to their end, as the daemon does: the cursor of the last page is kept."""
    pages = tuple(helpdesk.changed_tickets(cursor, since or bed.now() - LONG_AGO))
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
    for page in pages:
        _check_forms(page)
    return Read(
        tickets={ticket.id: ticket for page in pages for ticket in page.tickets},
        organizations={item.id: item for page in pages for item in page.organizations},
        people={item.id: item for page in pages for item in page.people},
        cursor=pages[-1].cursor,
        pages=pages,
    )


def named(helpdesk: Helpdesk, *ticket_ids: str) -> dict[str, Ticket]:
    """Read tickets as they are now."""
    page = helpdesk.tickets(ticket_ids)
    assert page.last
    assert page.cursor is None
    _check_forms(page)
    read = {ticket.id: ticket for ticket in page.tickets}
    assert len(read) == len(page.tickets)
    return read


def ticket_of(helpdesk: Helpdesk, ticket_id: str) -> Ticket:
    """One ticket as it is now."""
    return named(helpdesk, ticket_id)[ticket_id]


def organizations(helpdesk: Helpdesk) -> dict[str, Organization]:
    """Every organization by its name."""
    listed = [item for page in helpdesk.organizations() for item in page if not item.deleted]
    assert len({item.id for item in listed}) == len(listed)
    for item in listed:
        check_form(item)
    return {item.name: item for item in listed}


def content(ticket: Ticket) -> Ticket:
    """A ticket without what the product may move although nothing changed."""
    return replace(ticket, updated_at=datetime(1970, 1, 1, tzinfo=UTC))


def contents(tickets: Mapping[str, Ticket]) -> dict[str, Ticket]:
    return {ticket_id: content(ticket) for ticket_id, ticket in tickets.items()}


def apply(helpdesk: Helpdesk, *changes: TicketChange) -> list[ChangeResult]:
    """Write, after the results' own promise was seen to hold: one each."""
    results = list(helpdesk.apply(changes))
    assert [(item.ticket_id, item.reference) for item in results] == [
        (item.ticket_id, item.reference) for item in changes
    ]
    return results


def write_once(bed: HelpdeskBed, change: TicketChange) -> None:
    """Write until it stands, as the daemon does: what is uncertain is looked for before it is written again."""
    for _ in range(3):
        outcome = apply(bed.helpdesk(), change)[0].outcome
        if outcome is ChangeOutcome.APPLIED:
            return
        bed.settle()
        if outcome is ChangeOutcome.UNCERTAIN:
            standing = bed.helpdesk().applied_references(change.ticket_id, frozenset({change.reference}))
            if standing:
                return
    raise AssertionError(f"after three attempts it is {outcome}")


def outcomes(results: Iterable[ChangeResult]) -> list[str]:
    return [result.outcome.value for result in results]


def note(body: str) -> Comment:
    return Comment(CommentKind.NOTE, body)


def reply(body: str) -> Comment:
    return Comment(CommentKind.REPLY, body)


def says(seen: SeenTicket, comment: Comment) -> int:
    """How often a comment stands on a ticket; where references show, they follow the text."""
    return sum(item.kind is comment.kind and item.body.startswith(comment.body) for item in seen.comments)


def same_value(bed: HelpdeskBed, read: FieldValue, expected: FieldValue) -> bool:
    """Whether a field holds a value; products without types give it as text."""
    if bed.traits.has_typed_fields or read is None or expected is None:
        return read == expected and type(read) is type(expected)
    words = {True: ("true", "yes", "1"), False: ("false", "no", "0", "")}
    if isinstance(expected, bool):
        return str(read).lower() in words[expected]
    return str(read) == str(expected)


def _check_forms(page: TicketPage) -> None:
    for record in (*page.tickets, *page.organizations, *page.people):
        check_form(record)


@contextmanager
def at_most(bed: HelpdeskBed, requests: int) -> Iterator[None]:
    """Within, no more than so many requests go out."""
    before = bed.requests()
    yield
    assert bed.requests() - before <= requests
