"""The agency's Zendesk and Toggl Track, on loopback, and people at work in them.

Terms
    workplace   both products with everybody's accounts in them
    doing       what a person does in a product at an instant: write to us, fill in fields, write down time

Everything that CareSync sees of them it sees over HTTP, as of the real products.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from care_sync.clock import ManualClock
from care_sync.demo.agency import ACTIVITY_TAGS, INTERNAL, PEOPLE, Agency, FiledTicket, Worked
from care_sync.demo.customers import Customer
from care_sync.demo.fields import FIELDS, OURS, SLA_LEVELS
from connectors.sandbox.server import LoggedRequest
from connectors.sandbox.toggl import SandboxToggl
from connectors.sandbox.toggl_state import TogglWorkspace
from connectors.sandbox.zendesk import SandboxZendesk
from connectors.sandbox.zendesk_oauth import TOKENS
from connectors.sandbox.zendesk_records import ZendeskTicket
from connectors.sandbox.zendesk_state import ZendeskAccount

ZENDESK_CLIENT = "care-sync"
ZENDESK_SECRET = f"secret-of-{ZENDESK_CLIENT}"  # as the sandbox makes it
AGENT_TOKEN = "token-of-an-agent"  # noqa: S105 - of a sandbox on loopback
TOGGL_TOKEN = "toggl-token-of-the-demo-0000000000"  # noqa: S105 - of a sandbox on loopback
TOGGL_REQUESTS_AN_HOUR = 240
"""What Toggl's Starter plan allows."""

TOGGL_OWN_REQUESTS_AN_HOUR = 30
CHANNELS = {"email": "email", "web": "web", "chat": "chat", "phone": "voice"}
LOCALES = {"nl": "nl", "en": "en-GB"}

Doing = Callable[[], None]


class Workplace:
    """Both products, and what people do in them. People and customers are named; a ticket is named by its number."""

    def __init__(self, clock: ManualClock, zendesk: SandboxZendesk, toggl: SandboxToggl) -> None:
        self.clock = clock
        self.zendesk = zendesk
        self.toggl = toggl
        self.account = zendesk.account
        self.workspace = toggl.workspace
        self.us = self.account.add_user("CareSync", "admin", email="care-sync@care.example")
        self._agents: dict[str, int] = {}
        self._users: dict[str, int] = {}
        self._organizations: dict[str, int] = {}
        self._requesters: dict[str, int] = {}
        self._projects: dict[str | None, int | None] = {None: None}
        self._fields: dict[str, int] = {}

    @classmethod
    @contextmanager
    def open(cls, clock: ManualClock) -> Iterator[Workplace]:
        """Start both products, with nobody in them yet."""
        account = ZendeskAccount(clock.now)
        workspace = TogglWorkspace(clock.now)
        toggl = SandboxToggl(workspace, quota=TOGGL_REQUESTS_AN_HOUR, me_quota=TOGGL_OWN_REQUESTS_AN_HOUR)
        with SandboxZendesk(account) as zendesk, toggl:
            zendesk.is_strict = toggl.is_strict = False  # people may try what the sandboxes do not know: it is logged
            yield cls(clock, zendesk, toggl)

    # ---- who and what there is -----------------------------------------------------------------------

    def move_in(self, agency: Agency) -> None:
        """Give everybody an account, enter the customers, and make the fields that agents fill in."""
        for name, one in FIELDS.items():
            self._fields[name] = self.account.add_ticket_field(one.title, one.type, options=one.tags(name))
        self.account.add_organization_field("sla", "dropdown", title="SLA", options=SLA_LEVELS)
        self.account.add_organization_field("covered_services", "text", title="Diensten in SLA")
        self.zendesk.oauth.register(ZENDESK_CLIENT, self.us)
        for person in agency.people:
            self._agents[person] = self.account.add_user(person, "agent")
            if person == PEOPLE[0]:
                self.zendesk.oauth.issue(self._agents[person], AGENT_TOKEN, scopes=frozenset({"read", "write"}))
            token = TOGGL_TOKEN if person == PEOPLE[0] else None
            self._users[person] = self.workspace.add_user(person, api_token=token, admin=token is not None).id
        self._projects[INTERNAL] = self.workspace.add_project(INTERNAL)
        for customer in agency.customers:
            self._enter(customer)

    def _enter(self, customer: Customer) -> None:
        covered = ", ".join(("website", *customer.covers)) if customer.covers else None
        organization = self.account.add_organization(customer.name, sla=f"sla_{customer.sla}", covered_services=covered)
        self._organizations[customer.name] = organization
        for person in customer.people:
            self._requester(person, customer.locale, organization)
        client = self.workspace.add_client(customer.client)
        self._projects[customer.name] = self.workspace.add_project(f"{customer.client} - support", client)

    def _requester(self, name: str, locale: str, organization: int | None) -> int:
        if name not in self._requesters:
            self._requesters[name] = self.account.add_user(name, organization_id=organization, locale=LOCALES[locale])
        return self._requesters[name]

    # ---- a month -------------------------------------------------------------------------------------

    def live_through(self, agency: Agency) -> None:
        """Let everything of the month happen, in order of time; nobody is listening yet."""
        doings = [*self._doings_with_tickets(agency), *self._doings_with_time(agency.worked)]
        doings.sort(key=lambda doing: doing[0])
        for instant, doing in doings:
            if instant > self.clock.now():
                self.clock.move_to(instant)
            doing()
        self.zendesk.webhooks.waiting.clear()
        self.toggl.webhooks.waiting.clear()

    def _doings_with_tickets(self, agency: Agency) -> Iterator[tuple[datetime, Doing]]:
        ended: dict[int, datetime] = {}
        for entry in agency.worked:
            if entry.ticket_number is not None and not entry.is_running:
                ended[entry.ticket_number] = max(entry.written_at, ended.get(entry.ticket_number, entry.written_at))
        for ticket in agency.tickets:
            yield ticket.reported_at, partial(self._file, ticket)
            yield ticket.judged_at, partial(self._judge, ticket)
            last = max(ended.get(ticket.number, ticket.judged_at), ticket.judged_at)
            yield last + timedelta(minutes=3), partial(self._end, ticket)

    def _file(self, ticket: FiledTicket) -> None:
        organization = self._organizations.get(ticket.customer or "")
        by_phone = ticket.channel == "phone"
        self.account.file_ticket(
            ticket.subject,
            ticket.description,
            self._requester(ticket.requester, ticket.locale, organization),
            channel=CHANNELS[ticket.channel],
            filed_by=self._agents[ticket.assignee] if by_phone else None,
            number=ticket.number,
            tags=list(ticket.tags),
        )

    def _judge(self, ticket: FiledTicket) -> None:
        """Somebody takes the ticket and fills in what is known of it."""
        agent = self._agents[ticket.assignee]
        if ticket.is_deleted:
            self.account.delete(ticket.number)
        elif ticket.merged_into is not None:
            self.account.merge([ticket.number], ticket.merged_into, agent)
        elif ticket.status != "new":
            fields = self._given(ticket.facts)
            self.account.update(ticket.number, agent, {"assignee_id": agent, "custom_fields": fields})

    def _end(self, ticket: FiledTicket) -> None:
        """Leave it as it stands at the end of the month."""
        if ticket.is_deleted or ticket.merged_into is not None or ticket.status in ("new", "open"):
            return
        status = "solved" if ticket.status == "closed" else ticket.status
        self.account.update(ticket.number, self._agents[ticket.assignee], {"status": status})
        if ticket.status == "closed":
            self.account.close(ticket.number)

    def _doings_with_time(self, worked: Iterable[Worked]) -> Iterator[tuple[datetime, Doing]]:
        for entry in worked:
            if entry.is_running:
                yield entry.started_at, partial(self._start, entry)
                continue
            written: list[int] = []
            yield entry.written_at, partial(self._write, entry, written)
            if entry.edited_from_seconds is not None:
                yield entry.written_at + timedelta(minutes=20), partial(self._correct, written, entry.seconds)
            if entry.is_deleted:
                yield entry.written_at + timedelta(minutes=35), partial(self._delete, written)

    def _write(self, entry: Worked, written: list[int]) -> None:
        """Write an entry down; ``written`` gets its id."""
        entry_id = self.workspace.write_down(
            self._users[entry.person],
            entry.started_at,
            entry.edited_from_seconds or entry.seconds,
            entry.description,
            project_id=self._projects[entry.customer],
            tags=entry.tags,
        )
        written.append(entry_id)

    def _correct(self, written: list[int], seconds: int) -> None:
        self.edit_entry(written[0], duration=seconds)

    def _delete(self, written: list[int]) -> None:
        self.delete_entry(written[0])

    def _start(self, entry: Worked) -> None:
        user, project = self._users[entry.person], self._projects[entry.customer]
        self.workspace.start_timer(user, entry.description, project_id=project, tags=entry.tags)

    # ---- what people do, one by one ------------------------------------------------------------------

    def fill_in(self, number: int, person: str, **values: Any) -> None:
        """An agent fills in fields of a ticket."""
        self.account.update(number, self._agents[person], {"custom_fields": self._given(values)})

    def hand_over(self, number: int, person: str, customer: str, requester: str, locale: str) -> None:
        """An agent corrects whose ticket it is."""
        organization = self._organizations[customer]
        update = {"organization_id": organization, "requester_id": self._requester(requester, locale, organization)}
        self.account.update(number, self._agents[person], update)

    def merge(self, number: int, into: int, person: str) -> None:
        """An agent merges a ticket into another."""
        self.account.merge([number], into, self._agents[person])

    def call_in(self, number: int, person: str, requester: str, customer: str, locale: str, subject: str) -> None:
        """A customer rings, and an agent enters it."""
        asked = self._requester(requester, locale, self._organizations[customer])
        agent = self._agents[person]
        self.account.file_ticket(subject, subject, asked, channel="voice", filed_by=agent, number=number)

    def work(self, number: int, person: str, customer: str, minutes: int, text: str, *, activity: str = "work") -> int:
        """Somebody writes down work that ends now; gives the entry's id."""
        tag = ACTIVITY_TAGS.get(activity)
        return self.workspace.write_down(
            self._users[person],
            self.clock.now() - timedelta(minutes=minutes),
            minutes * 60,
            f"#{number} {text}",
            project_id=self._projects[customer],
            tags=(tag,) if tag else (),
        )

    def edit_entry(self, entry_id: int, **changes: Any) -> None:
        """Somebody corrects an entry: ``description``, ``duration`` (seconds) and so on, as Toggl names them."""
        self.workspace.edit(entry_id, **changes)

    def move_entry(self, entry_id: int, customer: str) -> None:
        """Somebody moves an entry to another customer's project."""
        self.workspace.move(entry_id, self._projects[customer])

    def delete_entry(self, entry_id: int) -> None:
        """Somebody deletes an entry."""
        self.workspace.delete(entry_id)

    def running_timer(self, person: str) -> int:
        """The entry of a timer that runs."""
        running = self.workspace.running(self._users[person])
        assert running is not None, f"no timer of {person} runs"
        return running.id

    # ---- looking -------------------------------------------------------------------------------------

    def ticket(self, number: int) -> ZendeskTicket:
        """A ticket as it stands in Zendesk."""
        return self.account.records.tickets[number]

    def field_number(self, name: str) -> int:
        """The number that Zendesk gave the field of a fact."""
        return self._fields[name]

    def our_fields(self, number: int) -> dict[str, Any]:
        """What the fields that CareSync fills in hold, by title; empty ones are left out."""
        values = self.ticket(number).custom_fields
        ours = {FIELDS[name].title: values.get(one) for name, one in self._fields.items() if name in OURS}
        return {title: value for title, value in ours.items() if value is not None}

    def our_comments(self, number: int) -> list[Mapping[str, Any]]:
        """Comments that CareSync wrote, the oldest first."""
        return [comment for comment in self.account.comments(number) if comment["author_id"] == self.us]

    def written(self) -> Written:
        """What CareSync wrote so far."""
        audits = [
            record for many in self.account.records.audits.values() for record in many if record.author_id == self.us
        ]
        comments = [event for audit in audits for event in audit.events if event["type"] == "Comment"]
        replies = sum(event["public"] for event in comments)
        return Written(len({audit.ticket_id for audit in audits}), len(audits), len(comments) - replies, replies)

    def calls(self) -> Calls:
        """Every API call so far."""
        return Calls(*_counted(self.zendesk.requests), *_counted(self.toggl.requests))

    def _given(self, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [{"id": self._fields[name], "value": FIELDS[name].value(name, value)} for name, value in values.items()]


@dataclass(frozen=True, slots=True)
class Written:
    """Tickets that CareSync wrote to, its updates of them, and among those internal notes and replies to customers."""

    tickets: int
    updates: int
    notes: int
    replies: int


@dataclass(frozen=True, slots=True)
class Calls:
    """API calls that CareSync made: requests that read and requests that write, by product."""

    zendesk_reads: int = 0
    zendesk_writes: int = 0
    toggl_reads: int = 0
    toggl_writes: int = 0

    def since(self, before: Calls) -> Calls:
        """Those that were made after ``before`` was counted."""
        return Calls(
            self.zendesk_reads - before.zendesk_reads,
            self.zendesk_writes - before.zendesk_writes,
            self.toggl_reads - before.toggl_reads,
            self.toggl_writes - before.toggl_writes,
        )


def _counted(requests: Sequence[LoggedRequest]) -> tuple[int, int]:
    """Requests that read and requests that write. Toggl's report is asked for by POST and changes nothing.

    Requests for tokens are left out: how many there are is a matter of time and not of work.
    """
    requests = [request for request in requests if request.path != TOKENS]
    writes = sum(request.method != "GET" and not request.path.startswith("/reports/") for request in requests)
    return len(requests) - writes, writes
