"""A Freshdesk account with people in it, on loopback: what the suites of this product run on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from care_sync.clock import ManualClock
from connectors.conformance.environment import Budgets
from connectors.conformance.helpdesk_bed import START, TOKEN, Fault, HelpdeskBed, HelpdeskTraits, SeenTicket
from connectors.freshdesk.connector import FreshdeskHelpdesk
from connectors.freshdesk.settings import FreshdeskSettings
from connectors.html_text import text_of
from connectors.protocols import Environment
from connectors.records import Comment, CommentKind, FieldValue, TicketStatus
from connectors.sandbox import freshdesk_shapes as shapes
from connectors.sandbox.freshdesk import SandboxFreshdesk
from connectors.sandbox.freshdesk_records import CLOSED, OPEN, PENDING, RESOLVED, RESTRICTED_ACCESS
from connectors.sandbox.freshdesk_state import ARCHIVED_AFTER, FreshdeskAccount
from connectors.sandbox.freshdesk_webhooks import Rule
from connectors.sandbox.server import Answer

WEBHOOK_SECRET = "a-long-hook-secret-0001"
FIELDS = {
    "cause": ("cf_oorzaak", "Oorzaak", "custom_dropdown", ("care", "customer", "third_party")),
    "expected_minutes": ("cf_verwachte_minuten", "Verwachte minuten", "custom_number", ()),
    "fix_adopted": ("cf_oplossing_overgenomen", "Oplossing overgenomen", "custom_checkbox", ()),
    "care_scope": ("cf_care_scope", "CARE scope", "custom_text", ()),
    "care_minutes": ("cf_care_minuten", "CARE minuten", "custom_number", ()),
}
"""Our names, and the fields' names, labels, types and choices."""
STATUSES = {TicketStatus.OPEN: OPEN, TicketStatus.PENDING: PENDING, TicketStatus.SOLVED: RESOLVED}
WRITES = "^(PUT|POST|DELETE) "


class FreshdeskBed(HelpdeskBed):
    """The sandbox's Freshdesk, as a bed.

    Freshdesk's *Closed* is not final; what the suite calls closed is a ticket that was archived.
    """

    traits = HelpdeskTraits(
        signs_body=False, signs_time=False, hides_references=False, adds_tags=False, longest_subject=255
    )

    def __init__(self, clock: ManualClock, server: SandboxFreshdesk, page_size: int) -> None:
        self.clock = clock
        self.server = server
        self.account = server.account
        self.budgets = Budgets()
        self._page_size = page_size
        self._companies: dict[str, int] = {}
        self._contacts: dict[str, int] = {}
        self.anna = self.account.add_agent("Anna")
        self.robot = self.account.add_agent("CareSync", api_key=TOKEN)

    @classmethod
    @contextmanager
    def open(
        cls, *, page_size: int = 5, requests_a_minute: int = 100_000, most_pages: int = 300
    ) -> Iterator[FreshdeskBed]:
        """Start the sandbox with Anna, and with an agent whose key the connector has."""
        clock = ManualClock(START)
        account = FreshdeskAccount(clock.now)
        limits = {"requests_a_minute": requests_a_minute, "most_pages": most_pages}
        with SandboxFreshdesk(account, **limits) as server:
            bed = cls(clock, server, page_size)
            for name, label, kind, choices in FIELDS.values():
                account.add_ticket_field(name, label, kind, choices)
            account.add_company_field("sla", "SLA", "custom_checkbox")
            account.add_company_field("diensten", "Diensten", "custom_paragraph")
            bed.add_organization("Acme")
            bed.add_organization("Globex")
            yield bed

    # ---- connectors and time -----------------------------------------------------------------------

    def helpdesk(self, *, clock_ahead: timedelta = timedelta(), **changes: object) -> FreshdeskHelpdesk:
        settings: dict[str, Any] = {
            "domain": "care",
            "base_url": self.server.base_url,
            "api_key": TOKEN,
            "webhook_secret": WEBHOOK_SECRET,
            "fields": {name: label for name, (_, label, _, _) in FIELDS.items()},
            "organization_fields": {"sla": "sla", "covered_services": "Diensten"},
            "page_size": self._page_size,
            **changes,
        }
        environment = Environment(lambda: self.clock.now() + clock_ahead, self.clock.sleep, self.budgets)
        return FreshdeskHelpdesk(FreshdeskSettings.model_validate(settings), environment)

    def helpdesk_with_wrong_credentials(self) -> FreshdeskHelpdesk:
        return self.helpdesk(api_key="nobody's")

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
        if organization not in self._contacts:
            company_id = self._companies[organization]
            name = f"Eva of {organization}"
            self._contacts[organization] = self.account.add_contact(name, company_id=company_id, language="nl")
        given: dict[str, Any] = {"tags": list(tags), "custom_fields": self._given(fields)}
        return str(self.account.file_ticket(subject, body, self._contacts[organization], **given))

    def edit(
        self, ticket_id: str, *, subject: str | None = None, status: TicketStatus | None = None, **fields: FieldValue
    ) -> None:
        properties: dict[str, Any] = {"custom_fields": self._given(fields)}
        properties |= {"subject": subject} if subject is not None else {}
        properties |= {"status": STATUSES[status]} if status is not None else {}
        self.account.update(int(ticket_id), properties)

    def tag(self, ticket_id: str, *tags: str) -> None:
        self.account.tag(int(ticket_id), *tags)

    def comment(self, ticket_id: str, comment: Comment) -> None:
        add = self.account.reply if comment.kind is CommentKind.REPLY else self.account.note
        add(int(ticket_id), self.anna, shapes.html_of(comment.body))

    def close(self, ticket_id: str) -> None:
        """It is closed, left alone for months, and archived by night."""
        self.account.update(int(ticket_id), {"status": CLOSED})
        self.clock.advance(ARCHIVED_AFTER)
        self.account.archive()

    def delete(self, ticket_id: str) -> None:
        self.account.delete(int(ticket_id))

    def merge(self, ticket_id: str, into: str) -> None:
        self.account.merge([int(ticket_id)], int(into), self.anna)

    def move(self, ticket_id: str, organization: str) -> None:
        self.account.update(int(ticket_id), {"company_id": self._companies[organization]})

    def add_organization(self, name: str, **fields: FieldValue) -> str:
        self._companies[name] = self.account.add_company(name, **_company_fields(fields))
        return str(self._companies[name])

    def edit_organization(self, name: str, *, new_name: str | None = None, **fields: FieldValue) -> None:
        self.account.edit_company(self._companies[name], name=new_name, **_company_fields(fields))

    def remove_ticket_field(self, name: str) -> None:
        self.account.remove_ticket_field(FIELDS[name][0])

    def take_permission_away(self) -> None:
        self.account.records.agents[self.robot].scope = RESTRICTED_ACCESS

    def seen(self, ticket_id: str) -> SeenTicket:
        ticket = self.account.records.tickets[int(ticket_id)]
        words = {number: status for status, number in STATUSES.items()}
        return SeenTicket(
            status=words.get(ticket.status, TicketStatus.CLOSED),
            tags=frozenset(ticket.tags),
            fields={name: ticket.custom_fields.get(field) for name, (field, *_) in FIELDS.items()},
            comments=tuple(
                Comment(CommentKind.NOTE if one.private else CommentKind.REPLY, text_of(one.body))
                for one in self.account.records.conversations[int(ticket_id)]
            ),
        )

    # ---- the wire ----------------------------------------------------------------------------------

    def webhook_call(self, ticket_id: str, *, is_simple: bool = False) -> tuple[Mapping[str, str], bytes]:
        rule = Rule("https://care-sync.example/hook", {"X-CareSync-Secret": WEBHOOK_SECRET}, is_simple)
        call = self.server.webhooks.call(rule, int(ticket_id))
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
        """Who we are, contacts, trash and spam, one each; and the pages of living tickets.

        A page leads to the second in which tickets begin to fill more than one, and those pages are read twice
        (:mod:`connectors.paged_changes`).
        """
        pages = tickets // self._page_size + 1
        return 4 + (1 + 2 * pages if pages > 1 else 1)

    def requests_to_read_named(self, tickets: int) -> int:
        """Freshdesk gives them one by one alone."""
        return tickets

    def requests_to_write(self, changes: int) -> int:
        """For each ticket: read it, write tags and fields, add the comment."""
        return 3 * changes

    def requests_to_begin(self) -> int:
        """The definitions of ticket fields and of company fields, and the company that tickets bring along."""
        return 3

    def calls(self) -> dict[str, int]:
        """How often each kind of call was made."""
        return dict(Counter(f"{one.method} {one.path.removeprefix('/api/v2/')}" for one in self.server.requests))

    def _given(self, fields: Mapping[str, FieldValue]) -> dict[str, FieldValue]:
        return {FIELDS[name][0]: value for name, value in fields.items()}


def _company_fields(fields: Mapping[str, FieldValue]) -> dict[str, FieldValue]:
    return {"diensten" if name == "covered_services" else name: value for name, value in fields.items()}
