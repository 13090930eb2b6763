"""A helpdesk with people in it: what a helpdesk's suite runs on.

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
    3. Derive from :class:`HelpdeskBed`. What people do must go through the product's own state or interface and never
       through the connector under test; :meth:`HelpdeskBed.seen` likewise. Ticket ids are the product's, as text.
    4. State the traits truthfully, and the least requests that the product's interface allows (``requests_to_…``): the
       suite counts what the connector sends.
    5. Derive from :class:`connectors.conformance.helpdesk_suite.HelpdeskSuite` and give the bed as the fixture ``bed``.

A bed over a sandbox begins at :data:`START` and moves its clock; one over a real server keeps real time and lets
:meth:`HelpdeskBed.later` wait only as long as changes need to be told apart (trait ``moves_time``).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from connectors.conformance.traits import trait
from connectors.protocols import Helpdesk
from connectors.records import (
    Comment,
    FieldValue,
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
    """What a product has; each says what there is without it.

    ``moves_time``              the bed's clock is its own; a real server's is not
    ``tells_time``              the product's answers tell its clock
    ``has_faults``              answers can be made to fail, and people can act in the middle of a write
    ``has_credentials``         the product knows who asks
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
    ``adds_tags``               a tag is added alone; otherwise tags are replaced as a whole, and one that somebody adds
                                in the moment between our reading and our writing is lost
    ``side_loads``              a reading of changes brings organizations and people along
    ``hides_references``        our mark on a comment is not part of its text
    ``has_pages``               a reading of many changes comes in pages
    ``counts_requests``         it is known how many requests came in
    ``longest_subject``         characters that a subject can have
    ``longest_comment``         bytes that a comment can have
    """

    moves_time: bool = trait("the product's clock is not moved")
    tells_time: bool = trait("the product does not tell its clock")
    has_faults: bool = trait("the product does not fail on demand")
    has_credentials: bool = trait("the product knows nobody")
    has_permissions: bool = trait("the product knows no such permission")
    has_webhooks: bool = trait("the product has no webhooks")
    signs_body: bool = trait("the product does not sign the body of its calls")
    signs_time: bool = trait("the product does not sign the time of its calls")
    has_merges: bool = trait("the product merges no tickets")
    tells_deletions: bool = trait("the product does not tell deletions")
    is_closed_final: bool = trait("the product has no final status")
    has_typed_fields: bool = trait("fields have no types")
    has_choices: bool = trait("the product has no fields with options")
    has_organization_fields: bool = trait("organizations have no fields")
    adds_tags: bool = trait("tags are replaced as a whole")
    side_loads: bool = trait("the product brings nothing along")
    hides_references: bool = trait("the product has no hidden marks: references show")
    has_pages: bool = trait("the product gives everything at once")
    counts_requests: bool = trait("requests cannot be counted")
    longest_subject: int = 150
    longest_comment: int = 60_000


@dataclass(frozen=True, slots=True)
class SeenTicket:
    """A ticket as its agents see it in the product: ``fields`` by our names, comments the oldest first."""

    status: TicketStatus
    tags: frozenset[str]
    fields: Mapping[str, FieldValue]
    comments: tuple[Comment, ...] = field(default=())


class HelpdeskBed(ABC):
    """People in a helpdesk, and connectors that read and write it.

    A bed states its ``traits``. What the traits say that the product does not have is never asked for, and need not be
    written.
    """

    traits: HelpdeskTraits

    # ---- connectors and time -----------------------------------------------------------------------

    @abstractmethod
    def helpdesk(self, *, clock_ahead: timedelta = timedelta()) -> Helpdesk:
        """A new connector with the right credential, as after a restart; its clock differs by ``clock_ahead``."""

    @abstractmethod
    def helpdesk_with_wrong_credentials(self) -> Helpdesk:
        """A connector that the product does not know; without credentials, one that finds nothing to read."""

    @abstractmethod
    def now(self) -> datetime:
        """The product's clock, in UTC."""

    @abstractmethod
    def later(self, by: timedelta) -> None:
        """Let time pass; on a real server only as much as changes need to be told apart."""

    @abstractmethod
    def settle(self) -> None:
        """Let so much time pass that the next reading tells everything that has happened."""

    # ---- what people do ----------------------------------------------------------------------------

    @abstractmethod
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

    @abstractmethod
    def edit(
        self, ticket_id: str, *, subject: str | None = None, status: TicketStatus | None = None, **fields: FieldValue
    ) -> None:
        """Anna changes what is given."""

    @abstractmethod
    def tag(self, ticket_id: str, *tags: str) -> None:
        """Anna adds tags."""

    @abstractmethod
    def comment(self, ticket_id: str, comment: Comment) -> None:
        """Anna adds a note or a reply."""

    @abstractmethod
    def close(self, ticket_id: str) -> None:
        """The ticket gets the product's final status."""

    @abstractmethod
    def delete(self, ticket_id: str) -> None:
        """Anna deletes a ticket."""

    def merge(self, ticket_id: str, into: str) -> None:
        """Anna merges a ticket into another."""
        raise NotImplementedError("has_merges")

    @abstractmethod
    def move(self, ticket_id: str, organization: str) -> None:
        """Anna moves a ticket to another organization."""

    @abstractmethod
    def add_organization(self, name: str, **fields: FieldValue) -> str:
        """An administrator enters an organization; gives its id."""

    @abstractmethod
    def edit_organization(self, name: str, *, new_name: str | None = None, **fields: FieldValue) -> None:
        """An administrator renames an organization or changes its fields."""

    @abstractmethod
    def remove_ticket_field(self, name: str) -> None:
        """An administrator switches the ticket field of that name (ours) off."""

    def take_permission_away(self) -> None:
        """From now on the connector's credential may not read tickets."""
        raise NotImplementedError("has_permissions")

    @abstractmethod
    def seen(self, ticket_id: str) -> SeenTicket:
        """A ticket as agents see it."""

    # ---- the wire ----------------------------------------------------------------------------------

    def webhook_call(self, ticket_id: str) -> tuple[Mapping[str, str], bytes]:
        """The headers (names in lower case) and body of a genuine call about a ticket, sent now."""
        raise NotImplementedError("has_webhooks")

    def break_down(self, fault: Fault) -> None:
        """From now on every answer fails in this way."""
        raise NotImplementedError("has_faults")

    def lose_writes(self, *, after_their_effect: bool, status: int | None = None) -> None:
        """From now on no answer comes to what writes, or one of ``status``; it took effect, or did not."""
        raise NotImplementedError("has_faults")

    def while_we_write(self, act: Callable[[], object]) -> None:
        """Somebody does ``act`` when our next write is on its way: after we looked, and before it takes effect."""
        raise NotImplementedError("has_faults")

    def misread(self, written: str, read: str) -> None:
        """From now on ``written`` stands in every answer as ``read``."""
        raise NotImplementedError("has_faults")

    def mend(self) -> None:
        """Everything answers again, and as it is."""
        raise NotImplementedError("has_faults")

    def page_size(self) -> int:
        """How many tickets the product gives per page to this bed's connectors; any number where it has no pages."""
        return 5

    def changes_a_call(self) -> int:
        """How many tickets this bed's connectors write with one call."""
        return 1

    def requests(self) -> int:
        """Requests that came in since the bed began."""
        raise NotImplementedError("counts_requests")

    def requests_to_read(self, tickets: int) -> int:
        """The most requests for a reading of so many changes, besides those of :meth:`requests_to_begin`."""
        raise NotImplementedError("counts_requests")

    def requests_to_read_named(self, tickets: int) -> int:
        """The most requests for reading so many tickets by their ids."""
        raise NotImplementedError("counts_requests")

    def requests_to_write(self, changes: int) -> int:
        """The most requests for so many changes of tags, fields and a comment, of different tickets."""
        raise NotImplementedError("counts_requests")

    def requests_to_begin(self) -> int:
        """The most requests that a new connector sends once (definitions of fields and the like)."""
        raise NotImplementedError("counts_requests")
