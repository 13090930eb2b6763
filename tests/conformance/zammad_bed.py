"""A Zammad site with people in it, on loopback: what the suites of this product run on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from care_sync.clock import ManualClock
from connectors.conformance.environment import Budgets
from connectors.conformance.helpdesk_bed import START, TOKEN, Fault, HelpdeskBed, HelpdeskTraits, SeenTicket
from connectors.protocols import Environment
from connectors.records import Comment, CommentKind, FieldValue, TicketStatus
from connectors.sandbox.server import Answer
from connectors.sandbox.zammad import SandboxZammad
from connectors.sandbox.zammad_records import CLOSED, MERGED, NEW, OPEN, PENDING
from connectors.sandbox.zammad_state import ZammadEvent, ZammadSite
from connectors.sandbox.zammad_webhooks import Webhook
from connectors.zammad.connector import ZammadHelpdesk
from connectors.zammad.settings import ZammadSettings

WEBHOOK_SECRET = "a-signature-token-of-the-webhook"
OPTIONS = {"care": "CARE", "customer": "Klant", "third_party": "Derde partij"}
FIELDS: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "cause": ("oorzaak", "Oorzaak", "select", OPTIONS),
    "expected_minutes": ("verwachte_minuten", "Verwachte minuten", "integer", {}),
    "fix_adopted": ("oplossing_overgenomen", "Oplossing overgenomen", "boolean", {}),
    "care_scope": ("care_scope", "CARE scope", "input", {}),
    "care_minutes": ("care_minuten", "CARE minuten", "integer", {}),
}
"""Our names, and the attributes' names, displays, types and options."""
STATES = {TicketStatus.OPEN: OPEN, TicketStatus.PENDING: PENDING, TicketStatus.SOLVED: CLOSED}
WRITES = "^(PUT|POST|DELETE) (?!.*/search)"


class ZammadBed(HelpdeskBed):
    """The sandbox's Zammad, as a bed."""

    traits = HelpdeskTraits(signs_time=False, tells_deletions=False, is_closed_final=False, hides_references=False)

    def __init__(self, clock: ManualClock, server: SandboxZammad, page_size: int) -> None:
        self.clock = clock
        self.server = server
        self.site = server.site
        self._page_size = page_size
        self._organizations: dict[str, int] = {}
        self._customers: dict[str, int] = {}
        self.attributes: dict[str, int] = {}
        self.groups = [self.site.add_group(name) for name in ("Support", "Sales")]
        self.anna = self.site.add_agent("Anna", "Agent")
        self.robot = self.site.add_agent("CareSync", token=TOKEN)

    @classmethod
    @contextmanager
    def open(cls, *, page_size: int = 5) -> Iterator[ZammadBed]:
        """Start the sandbox with Anna, and with an agent whose token the connector has."""
        clock = ManualClock(START)
        with SandboxZammad(ZammadSite(clock.now)) as server:
            bed = cls(clock, server, page_size)
            for name, definition in FIELDS.items():
                bed.attributes[name] = bed.site.add_attribute("Ticket", *definition)
            bed.site.add_attribute("Organization", "sla", "SLA", "boolean")
            bed.site.add_attribute("Organization", "diensten", "Diensten", "textarea")
            bed.add_organization("Acme")
            bed.add_organization("Globex")
            yield bed

    # ---- connectors and time -----------------------------------------------------------------------

    def helpdesk(self, *, clock_ahead: timedelta = timedelta(), **changes: object) -> ZammadHelpdesk:
        settings: dict[str, Any] = {
            "base_url": self.server.base_url,
            "api_token": TOKEN,
            "webhook_secret": WEBHOOK_SECRET,
            "fields": {name: display for name, (_, display, _, _) in FIELDS.items()},
            "organization_fields": {"sla": "sla", "covered_services": "Diensten"},
            "page_size": self._page_size,
            **changes,
        }
        environment = Environment(lambda: self.clock.now() + clock_ahead, self.clock.sleep, Budgets())
        return ZammadHelpdesk(ZammadSettings.model_validate(settings), environment)

    def helpdesk_with_wrong_credentials(self) -> ZammadHelpdesk:
        return self.helpdesk(api_token="nobody's")

    def now(self) -> datetime:
        return self.clock.now()

    def later(self, by: timedelta) -> None:
        self.clock.advance(by)

    def settle(self) -> None:
        self.clock.advance(timedelta(seconds=61))

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
        if organization not in self._customers:
            organization_id = self._organizations[organization]
            self._customers[organization] = self.site.add_customer(
                f"Eva {organization}", organization_id=organization_id
            )
        given = {"tags": list(tags), **self._given(fields)}
        return str(self.site.file_ticket(subject, body, self._customers[organization], **given))

    def edit(
        self, ticket_id: str, *, subject: str | None = None, status: TicketStatus | None = None, **fields: FieldValue
    ) -> None:
        properties: dict[str, Any] = self._given(fields)
        properties |= {"title": subject} if subject is not None else {}
        properties |= {"state_id": STATES[status]} if status is not None else {}
        self.site.update(int(ticket_id), self.anna, properties)

    def tag(self, ticket_id: str, *tags: str) -> None:
        self.site.tag(int(ticket_id), *tags)

    def comment(self, ticket_id: str, comment: Comment) -> None:
        article = {"body": comment.body, "type": "note", "internal": comment.kind is CommentKind.NOTE}
        self.site.update(int(ticket_id), self.anna, {"article": article})

    def close(self, ticket_id: str) -> None:
        self.site.update(int(ticket_id), self.anna, {"state_id": CLOSED})

    def delete(self, ticket_id: str) -> None:
        self.site.delete(int(ticket_id))

    def merge(self, ticket_id: str, into: str) -> None:
        self.site.merge(int(ticket_id), int(into), self.anna)

    def move(self, ticket_id: str, organization: str) -> None:
        moved = {"organization_id": self._organizations[organization]}
        self.site.update(int(ticket_id), self.anna, moved)

    def add_organization(self, name: str, **fields: FieldValue) -> str:
        self._organizations[name] = self.site.add_organization(name, **_organization_fields(fields))
        return str(self._organizations[name])

    def edit_organization(self, name: str, *, new_name: str | None = None, **fields: FieldValue) -> None:
        self.site.edit_organization(self._organizations[name], name=new_name, **_organization_fields(fields))

    def remove_ticket_field(self, name: str) -> None:
        self.site.records.attributes[self.attributes[name]].active = False

    def take_permission_away(self) -> None:
        self.site.give_access(self.robot, {})

    def seen(self, ticket_id: str) -> SeenTicket:
        ticket = self.site.records.tickets[int(ticket_id)]
        words = {number: status for status, number in STATES.items()} | {NEW: TicketStatus.NEW}
        words[MERGED] = TicketStatus.CLOSED
        return SeenTicket(
            status=words[ticket.state_id],
            tags=frozenset(ticket.tags),
            fields={name: ticket.attributes.get(attribute) for name, (attribute, *_) in FIELDS.items()},
            comments=tuple(
                Comment(CommentKind.NOTE if one.internal else CommentKind.REPLY, one.body)
                for one in self.site.records.articles_of(int(ticket_id))
            ),
        )

    # ---- the wire ----------------------------------------------------------------------------------

    def webhook_call(self, ticket_id: str) -> tuple[Mapping[str, str], bytes]:
        event = ZammadEvent(int(ticket_id), None, self.now())
        call = self.server.webhooks.call(Webhook("https://care-sync.example/hook", WEBHOOK_SECRET), event)
        return call.headers, call.body

    def break_down(self, fault: Fault) -> None:
        if fault is Fault.NULL:
            self.server.answers_instead = Answer(data=None)
        else:
            self.server.faults.add(fault.value)

    def lose_writes(self, *, after_their_effect: bool, status: int | None = None) -> None:
        fault = "lost_after" if after_their_effect else "lost_before"
        self.server.faults.add(fault, route=WRITES, status=status)

    def while_we_write(self, act: Callable[[], object]) -> None:
        self.server.before_next(WRITES, act)

    def misread(self, written: str, read: str) -> None:
        self.server.misread = (written, read)

    def mend(self) -> None:
        self.server.faults.clear()
        self.server.answers_instead = None
        self.server.misread = None

    def page_size(self) -> int:
        return self._page_size

    def changes_a_call(self) -> int:
        return 1

    def requests(self) -> int:
        return len(self.server.requests)

    def requests_to_read(self, tickets: int) -> int:
        """Who we are, and the groups; pages as :mod:`connectors.paged_changes` reads them; each ticket itself."""
        pages = tickets // self._page_size + 1
        return 2 + (1 + 2 * pages if pages > 1 else 1) + tickets

    def requests_to_read_named(self, tickets: int) -> int:
        """Zammad gives tags and texts one ticket at a time."""
        return tickets

    def requests_to_write(self, changes: int) -> int:
        """For each ticket: read it, add the tag, write fields and article together."""
        return 3 * changes

    def requests_to_begin(self) -> int:
        """The states, and the definitions of attributes."""
        return 2

    def calls(self) -> dict[str, int]:
        """How often each kind of call was made."""
        return dict(Counter(f"{one.method} {one.path.removeprefix('/api/v1/')}" for one in self.server.requests))

    def _given(self, fields: Mapping[str, FieldValue]) -> dict[str, FieldValue]:
        return {FIELDS[name][0]: value for name, value in fields.items()}


def _organization_fields(fields: Mapping[str, FieldValue]) -> dict[str, FieldValue]:
    return {"diensten" if name == "covered_services" else name: value for name, value in fields.items()}
