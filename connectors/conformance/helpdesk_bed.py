"""A helpdesk with people in it: what a helpdesk's suite runs on, and the words in which its tests are told.

Terms
    bed       a helpdesk with people in it, time that the test lets pass, and connectors for it
    trait     what a product can and cannot do (:class:`HelpdeskTraits`); a test about a thing that a product does not
              have is skipped, and says so
    fault     what goes wrong with the product's next answers (:class:`Fault`)
    people    do what they do in the product itself, past our connector: Anna is an agent, customers file tickets

How to write a bed for a product
    1. Start the product (its sandbox server, or a real one) with agent Anna, the organizations ``Acme`` and ``Globex``,
       the ticket fields of :data:`TICKET_FIELDS` and the organization fields of :data:`ORGANIZATION_FIELDS`.
    2. Configure connectors for it: every name in those two is mapped; the credential is :data:`TOKEN` (or holds it).
    3. Keep :class:`HelpdeskBed`. What people do must go through the product's own state or interface and never through
       the connector under test; :meth:`HelpdeskBed.seen` likewise. Ticket ids are the product's, as text.
    4. State the traits truthfully, and the least requests that the product's interface allows (``requests_to_…``): the
       suite counts what the connector sends.
    5. Derive from :class:`connectors.conformance.helpdesk_suite.HelpdeskSuite` and give the bed as the fixture ``bed``.

A bed over a sandbox begins at :data:`START` and moves its clock; one over a real server keeps real time and lets
:meth:`HelpdeskBed.later` wait only as long as changes need to be told apart (trait ``moves_time``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

import pytest

from connectors.protocols import Helpdesk
from connectors.records import (
    ChangeResult,
    Comment,
    CommentKind,
    FieldValue,
    Organization,
    Person,
    Ticket,
    TicketChange,
    TicketPage,
    TicketStatus,
)

ZONE = ZoneInfo("Europe/Amsterdam")
START = datetime(2026, 10, 26, 12, 0, tzinfo=ZONE)
"""When a bed with a clock of its own begins: noon on the day after summer time ended."""
TOKEN = "a-secret-that-is-never-shown-001"  # noqa: S105
"""The credential that a bed's connector uses: it must turn up in no error and no log line."""
LONG_AGO = timedelta(days=7)

TICKET_FIELDS: Mapping[str, str] = {
    "cause": "one of care, customer, third_party",
    "expected_minutes": "a whole number",
    "fix_adopted": "yes or no",
    "care_scope": "text",
    "care_minutes": "a whole number",
}
"""The ticket fields that every bed has, by our names, and what they hold. They are empty when a ticket is filed."""
ORGANIZATION_FIELDS: Mapping[str, str] = {"sla": "yes or no", "covered_services": "text"}


class Fault(StrEnum):
    """What goes wrong with every answer until the bed is mended.

    ``malformed`` is a page of HTML with status 200, ``null`` the JSON word, ``wrong_shape`` JSON of another shape.
    """

    DOWN = "down"
    LIMITED = "limited"
    CUT_OFF = "cut_off"
    MALFORMED = "malformed"
    WRONG_SHAPE = "wrong_shape"
    NULL = "null"


@dataclass(frozen=True, slots=True)
class HelpdeskTraits:
    """What a product has.

    ``moves_time``              the bed's clock is its own; a real server's is not
    ``has_faults``              answers can be made to fail
    ``has_permissions``         a credential can lack the permission to read tickets
    ``has_webhooks``            webhook calls can be proven genuine
    ``signs_body``              the proof covers the body of the call
    ``signs_time``              the proof covers the time of the call, so that a replay is refused
    ``has_merges``              tickets can be merged, and the one that goes tells where to
    ``tells_deletions``         a reading of changes tells deleted tickets
    ``is_closed_final``         a closed ticket takes no change
    ``has_typed_fields``        fields have types; otherwise every value comes back as text
    ``has_choices``             a field with options refuses others
    ``has_organization_fields`` organizations have fields of their own
    ``side_loads``              a reading of changes brings organizations and people along
    ``hides_references``        our mark on a comment is not part of its text
    ``longest_subject``         characters that a subject can have
    ``longest_comment``         bytes that a comment can have
    """

    moves_time: bool = True
    has_faults: bool = True
    has_permissions: bool = True
    has_webhooks: bool = True
    signs_body: bool = True
    signs_time: bool = True
    has_merges: bool = True
    tells_deletions: bool = True
    is_closed_final: bool = True
    has_typed_fields: bool = True
    has_choices: bool = True
    has_organization_fields: bool = True
    side_loads: bool = True
    hides_references: bool = True
    longest_subject: int = 150
    longest_comment: int = 60_000


@dataclass(frozen=True, slots=True)
class SeenTicket:
    """A ticket as its agents see it in the product: ``fields`` by our names, comments the oldest first."""

    status: TicketStatus
    tags: frozenset[str]
    fields: Mapping[str, FieldValue]
    comments: tuple[Comment, ...] = field(default=())


class HelpdeskBed(Protocol):
    """People in a helpdesk, and connectors that read and write it."""

    traits: HelpdeskTraits

    # ---- connectors and time -----------------------------------------------------------------------

    def helpdesk(self, *, clock_ahead: timedelta = timedelta()) -> Helpdesk:
        """A new connector with the right credential, as after a restart; its clock differs by ``clock_ahead``."""

    def helpdesk_with_wrong_credentials(self) -> Helpdesk:
        """A connector that the product does not know."""

    def now(self) -> datetime:
        """The product's clock, in UTC."""

    def later(self, by: timedelta) -> None:
        """Let time pass; on a real server only as much as changes need to be told apart."""

    def settle(self) -> None:
        """Let so much time pass that the next reading tells everything that has happened."""

    # ---- what people do ----------------------------------------------------------------------------

    def file_ticket(
        self,
        subject: str,
        body: str = "Please help.",
        *,
        organization: str = "Acme",
        tags: tuple[str, ...] = (),
        **fields: FieldValue,
    ) -> str:
        """A customer of ``organization`` files a ticket, which has these tags and fields at once; gives its id."""

    def edit(
        self, ticket_id: str, *, subject: str | None = None, status: TicketStatus | None = None, **fields: FieldValue
    ) -> None:
        """Anna changes what is given."""

    def tag(self, ticket_id: str, *tags: str) -> None:
        """Anna adds tags."""

    def comment(self, ticket_id: str, comment: Comment) -> None:
        """Anna adds a note or a reply."""

    def close(self, ticket_id: str) -> None:
        """The ticket gets the product's final status."""

    def delete(self, ticket_id: str) -> None:
        """Anna deletes a ticket."""

    def merge(self, ticket_id: str, into: str) -> None:
        """Anna merges a ticket into another."""

    def move(self, ticket_id: str, organization: str) -> None:
        """Anna moves a ticket to another organization."""

    def add_organization(self, name: str, **fields: FieldValue) -> str:
        """An administrator enters an organization; gives its id."""

    def edit_organization(self, name: str, *, new_name: str | None = None, **fields: FieldValue) -> None:
        """An administrator renames an organization or changes its fields."""

    def remove_ticket_field(self, name: str) -> None:
        """An administrator switches the ticket field of that name (ours) off."""

    def take_permission_away(self) -> None:
        """From now on the connector's credential may not read tickets."""

    def seen(self, ticket_id: str) -> SeenTicket:
        """A ticket as agents see it."""

    # ---- the wire ----------------------------------------------------------------------------------

    def webhook_call(self, ticket_id: str) -> tuple[Mapping[str, str], bytes]:
        """The headers (names in lower case) and body of a genuine call about a ticket, sent now."""

    def break_down(self, fault: Fault) -> None:
        """From now on every answer fails in this way."""

    def lose_writes(self, *, after_their_effect: bool) -> None:
        """From now on no answer comes to what writes; it took effect, or did not."""

    def mend(self) -> None:
        """Everything answers again."""

    def page_size(self) -> int:
        """How many tickets the product gives per page to this bed's connectors."""

    def changes_a_call(self) -> int:
        """How many tickets this bed's connectors write with one call."""

    def requests(self) -> int:
        """Requests that came in since the bed began."""

    def requests_to_read(self, tickets: int) -> int:
        """The most requests for a reading of so many changes, besides those of :meth:`requests_to_begin`."""

    def requests_to_read_named(self, tickets: int) -> int:
        """The most requests for reading so many tickets by their ids."""

    def requests_to_write(self, changes: int) -> int:
        """The most requests for so many changes of tags, fields and a comment, of different tickets."""

    def requests_to_begin(self) -> int:
        """The most requests that a new connector sends once (definitions of fields and the like)."""


# ---- the words of the tests --------------------------------------------------------------------------


def needs(trait: bool, reason: str) -> None:
    if not trait:
        pytest.skip(reason)


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
    return Read(
        tickets={ticket.id: ticket for page in pages for ticket in page.tickets},
        organizations={one.id: one for page in pages for one in page.organizations},
        people={one.id: one for page in pages for one in page.people},
        cursor=pages[-1].cursor,
        pages=pages,
    )


def named(helpdesk: Helpdesk, *ticket_ids: str) -> dict[str, Ticket]:
    """Read tickets as they are now."""
    page = helpdesk.tickets(ticket_ids)
    assert page.last
    assert page.cursor is None
    found = {ticket.id: ticket for ticket in page.tickets}
    assert len(found) == len(page.tickets)
    return found


def ticket_of(helpdesk: Helpdesk, ticket_id: str) -> Ticket:
    """One ticket as it is now."""
    return named(helpdesk, ticket_id)[ticket_id]


def organizations(helpdesk: Helpdesk) -> dict[str, Organization]:
    """Every organization by its name."""
    listed = [one for page in helpdesk.organizations() for one in page if not one.deleted]
    assert len({one.id for one in listed}) == len(listed)
    return {one.name: one for one in listed}


def content(ticket: Ticket) -> Ticket:
    """A ticket without what the product may move although nothing changed."""
    return replace(ticket, updated_at=datetime(1970, 1, 1, tzinfo=UTC))


def contents(tickets: Mapping[str, Ticket]) -> dict[str, Ticket]:
    return {ticket_id: content(ticket) for ticket_id, ticket in tickets.items()}


def apply(helpdesk: Helpdesk, *changes: TicketChange) -> list[ChangeResult]:
    """Write, after the results' own promise was seen to hold: one each."""
    results = list(helpdesk.apply(changes))
    assert [(one.ticket_id, one.reference) for one in results] == [(one.ticket_id, one.reference) for one in changes]
    return results


def outcomes(results: Iterable[ChangeResult]) -> list[str]:
    return [result.outcome.value for result in results]


def note(body: str) -> Comment:
    return Comment(CommentKind.NOTE, body)


def reply(body: str) -> Comment:
    return Comment(CommentKind.REPLY, body)


def says(seen: SeenTicket, comment: Comment) -> int:
    """How often a comment stands on a ticket; where references show, they follow the text."""
    return sum(one.kind is comment.kind and one.body.startswith(comment.body) for one in seen.comments)


def same_value(bed: HelpdeskBed, found: FieldValue, expected: FieldValue) -> bool:
    """Whether a field holds a value; products without types give it as text."""
    if bed.traits.has_typed_fields or found is None or expected is None:
        return found == expected and type(found) is type(expected)
    words = {True: ("true", "yes", "1"), False: ("false", "no", "0", "")}
    if isinstance(expected, bool):
        return str(found).lower() in words[expected]
    return str(found) == str(expected)


@contextmanager
def at_most(bed: HelpdeskBed, requests: int) -> Iterator[None]:
    """Within, no more than so many requests go out."""
    before = bed.requests()
    yield
    assert bed.requests() - before <= requests
