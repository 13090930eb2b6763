"""A Zendesk account with people in it, on loopback: what the suites of this product run on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from care_sync.clock import ManualClock
from connectors.conformance.environment import Budgets
from connectors.conformance.helpdesk_bed import START, TOKEN, Fault, HelpdeskBed, HelpdeskTraits, SeenTicket
from connectors.credentials import ForgottenTokens, TokenStorage
from connectors.custom_fields import FieldKind, field_value
from connectors.protocols import Environment
from connectors.records import Comment, CommentKind, FieldValue, TicketStatus
from connectors.sandbox.server import Answer
from connectors.sandbox.zendesk import SandboxZendesk
from connectors.sandbox.zendesk_state import ZendeskAccount
from connectors.sandbox.zendesk_webhooks import Webhook
from connectors.zendesk.connector import ZendeskHelpdesk
from connectors.zendesk.fields import KINDS
from connectors.zendesk.settings import ZendeskSettings

WEBHOOK_SECRET = "hook-4f1c9a7e2b8d"
OPTIONS = {"care": "CARE", "customer": "Klant", "third_party": "Derde partij"}
TITLES = {
    "cause": ("Oorzaak", "tagger"),
    "expected_minutes": ("Verwachte minuten", "integer"),
    "fix_adopted": ("Oplossing overgenomen", "checkbox"),
    "care_scope": ("CARE scope", "text"),
    "care_minutes": ("CARE minuten", "integer"),
}
"""Our names, and the fields' titles and types."""
SHOW_MANY = 100
WRITES = "^(PUT|POST|DELETE) /api/"
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)


class ZendeskBed(HelpdeskBed):
    """The sandbox's Zendesk, as a bed."""

    traits = HelpdeskTraits(hides_references=False)

    def __init__(self, clock: ManualClock, server: SandboxZendesk, page_size: int, changes_a_call: int) -> None:
        self.clock = clock
        self.server = server
        self.account = server.account
        self.budgets = Budgets()
        self.tokens: TokenStorage = ForgottenTokens()
        self._page_size = page_size
        self._changes_a_call = changes_a_call
        self._organizations: dict[str, int] = {}
        self._requesters: dict[str, int] = {}
        self.field_ids: dict[str, int] = {}
        self.anna = 0
        self._way_in: dict[str, Any] = {"email": "anna@example.com", "api_token": TOKEN}

    @classmethod
    @contextmanager
    def open(
        cls,
        *,
        page_size: int = 5,
        changes_a_call: int = 3,
        requests_a_minute: int = 2500,
        exports_a_minute: int = 100,
    ) -> Iterator[ZendeskBed]:
        """Start the sandbox with Anna, whose token the connector has."""
        clock = ManualClock(START)
        account = ZendeskAccount(clock.now)
        account.records.api_tokens.add(TOKEN)
        account.records.api_tokens_stop = FOREVER  # the suites move the clock over years
        limits = {"requests_a_minute": requests_a_minute, "exports_a_minute": exports_a_minute}
        with SandboxZendesk(account, **limits) as server:
            bed = cls(clock, server, page_size, changes_a_call)
            bed.anna = account.add_user("Anna", "admin", email="anna@example.com")
            for name, (title, kind) in TITLES.items():
                options = OPTIONS if name == "cause" else None
                bed.field_ids[name] = account.add_ticket_field(title, kind, options=options)
            account.add_organization_field("sla", "checkbox")
            account.add_organization_field("covered_services", "text", title="Diensten")
            bed.add_organization("Acme")
            bed.add_organization("Globex")
            yield bed

    # ---- connectors and time -----------------------------------------------------------------------

    def helpdesk(self, *, clock_ahead: timedelta = timedelta(), **changes: object) -> ZendeskHelpdesk:
        settings: dict[str, Any] = {
            "subdomain": "care",
            "base_url": self.server.base_url,
            **self._way_in,
            "webhook_secret": WEBHOOK_SECRET,
            "fields": {name: title for name, (title, _) in TITLES.items()},
            "organization_fields": {"sla": "sla", "covered_services": "Diensten"},
            "export_page_size": self._page_size,
            "changes_a_call": self._changes_a_call,
            **changes,
        }
        environment = Environment(lambda: self.clock.now() + clock_ahead, self.clock.sleep, self.budgets, self.tokens)
        return ZendeskHelpdesk(ZendeskSettings.model_validate(settings), environment)

    def helpdesk_with_wrong_credentials(self) -> ZendeskHelpdesk:
        if "auth" in self._way_in:
            return self.helpdesk(auth={"client_id": "care-sync", "client_secret": "nobody's"})
        return self.helpdesk(api_token="nobody's")

    def come_in_by_oauth(self) -> None:
        """From now on the connector comes in as a client, whose tokens last half an hour."""
        self.account.records.api_tokens.clear()
        self.server.oauth.register("care-sync", self.anna)
        self._way_in = {"auth": {"client_id": "care-sync", "client_secret": "secret-of-care-sync"}}

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
        if organization not in self._requesters:
            self._requesters[organization] = self.account.add_user(
                f"Eva of {organization}", organization_id=self._organizations[organization], locale="nl"
            )
        given = {"tags": list(tags), "custom_fields": self._given(fields)}
        return str(self.account.file_ticket(subject, body, self._requesters[organization], **given))

    def edit(
        self, ticket_id: str, *, subject: str | None = None, status: TicketStatus | None = None, **fields: FieldValue
    ) -> None:
        update: dict[str, Any] = {"custom_fields": self._given(fields)}
        update |= {"subject": subject} if subject is not None else {}
        update |= {"status": status.value} if status is not None else {}
        self.account.update(int(ticket_id), self.anna, update)

    def tag(self, ticket_id: str, *tags: str) -> None:
        self.account.update(int(ticket_id), self.anna, {"additional_tags": list(tags)})

    def comment(self, ticket_id: str, comment: Comment) -> None:
        public = comment.kind is CommentKind.REPLY
        self.account.comment(int(ticket_id), self.anna, comment.body, public=public)

    def close(self, ticket_id: str) -> None:
        self.account.close(int(ticket_id))

    def delete(self, ticket_id: str) -> None:
        self.account.delete(int(ticket_id))

    def merge(self, ticket_id: str, into: str) -> None:
        self.account.merge([int(ticket_id)], int(into), self.anna)

    def move(self, ticket_id: str, organization: str) -> None:
        moved = {"organization_id": self._organizations[organization]}
        self.account.update(int(ticket_id), self.anna, moved)

    def add_organization(self, name: str, **fields: FieldValue) -> str:
        self._organizations[name] = self.account.add_organization(name, **fields)
        return str(self._organizations[name])

    def edit_organization(self, name: str, *, new_name: str | None = None, **fields: FieldValue) -> None:
        self.account.edit_organization(self._organizations[name], name=new_name, **fields)

    def remove_ticket_field(self, name: str) -> None:
        self.account.records.ticket_fields[self.field_ids[name]].active = False

    def take_permission_away(self) -> None:
        self.account.records.users[self.anna].role = "agent"

    def seen(self, ticket_id: str) -> SeenTicket:
        self.account.catch_up()
        ticket = self.account.records.tickets[int(ticket_id)]
        return SeenTicket(
            status=TicketStatus(ticket.status),
            tags=frozenset(ticket.tags),
            fields={
                name: field_value(ticket.custom_fields.get(field_id), KINDS.get(TITLES[name][1], FieldKind.TEXT))
                for name, field_id in self.field_ids.items()
            },
            comments=tuple(
                Comment(CommentKind.REPLY if one["public"] else CommentKind.NOTE, one["body"])
                for one in self.account.comments(int(ticket_id))
            ),
        )

    # ---- the wire ----------------------------------------------------------------------------------

    def webhook_call(self, ticket_id: str, *, by_trigger: bool = False) -> tuple[Mapping[str, str], bytes]:
        event = next(one for one in self.server.webhooks.waiting if str(one.ticket_id) == ticket_id)
        delivery = self.server.webhooks.call(event, Webhook(1, "http://127.0.0.1/hook", WEBHOOK_SECRET, by_trigger))
        return delivery.headers, delivery.body

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
        return self._changes_a_call

    def requests(self) -> int:
        return sum(request.path != "/oauth/tokens" for request in self.server.requests)

    def requests_to_read(self, tickets: int) -> int:
        """A page of the export holds so many; the last may be empty."""
        return max(math.ceil(tickets / self._page_size), 1)

    def requests_to_read_named(self, tickets: int) -> int:
        return math.ceil(tickets / SHOW_MANY)

    def requests_to_write(self, changes: int) -> int:
        """A call and a look per batch, and a question after all jobs of a wave, which take a second."""
        return 2 * math.ceil(changes / self._changes_a_call) + math.ceil(changes / (10 * self._changes_a_call))

    def requests_to_begin(self) -> int:
        """The definitions of ticket fields and of organization fields."""
        return 2

    def calls(self) -> dict[str, int]:
        """How often each kind of call was made."""
        paths = (
            f"{one.method} {one.path.removeprefix('/api/v2/').removesuffix('.json')}" for one in self.server.requests
        )
        return dict(Counter(paths))

    def _given(self, fields: Mapping[str, FieldValue]) -> list[dict[str, Any]]:
        return [{"id": self.field_ids[name], "value": value} for name, value in fields.items()]
