"""A Request Tracker with people in it, on loopback: the sandbox's or a real one, and the same acts in both.

Everything that people do here goes through Request Tracker's own API: Anna and the administrator by their passwords.
What a test makes has names of its own (a queue, a catalog of customers, people), so that any number of tests share one
real server; what is changed for all is changed back when the bed is closed.
"""

from __future__ import annotations

import itertools
import math
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any

import requests

from care_sync.clock import Clock, ManualClock, SystemClock
from connectors.conformance.environment import Budgets
from connectors.conformance.helpdesk_bed import (
    START,
    TICKET_FIELDS,
    TOKEN,
    Fault,
    HelpdeskBed,
    HelpdeskTraits,
    SeenTicket,
)
from connectors.protocols import Environment
from connectors.records import Comment, CommentKind, FieldValue, TicketStatus
from connectors.request_tracker.connector import RequestTrackerHelpdesk
from connectors.request_tracker.settings import RequestTrackerSettings
from connectors.sandbox.request_tracker import SandboxRequestTracker, signed
from connectors.sandbox.request_tracker_state import (
    CREATE_TICKET,
    LOOKING,
    MODIFY_TICKET,
    ROOT,
    WRITING,
    RequestTrackerSite,
)
from connectors.sandbox.server import Answer, SandboxServer
from tests.real_servers import request_tracker
from tests.real_servers.between import Between
from tests.real_servers.request_tracker import RealRequestTracker

FIELDS = {name: request_tracker.FIELDS[name].name for name in TICKET_FIELDS}
ORGANIZATION_FIELDS = {name: field.name for name, field in request_tracker.ORGANIZATION_FIELDS.items()}
TAGS, CUSTOMER = request_tracker.TAGS.name, request_tracker.CUSTOMER.name
WORKED_ON, ACTIVITY = request_tracker.WORKED_ON.name, request_tracker.ACTIVITY.name
PASSWORD, WEBHOOK_SECRET = "of-everybody", "hook-4f1c9a7e2b8d"
WORDS = {
    TicketStatus.NEW: "new",
    TicketStatus.OPEN: "open",
    TicketStatus.PENDING: "stalled",
    TicketStatus.SOLVED: "resolved",
    TicketStatus.DELETED: "deleted",
}
SAYS = {"Comment": CommentKind.NOTE, "Correspond": CommentKind.REPLY}
WebhookCalls = Callable[[str, str | None], tuple[Mapping[str, str], bytes]]
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a site is, and what opens it; ``calls`` gives the newest call of its webhook
    about a ticket, or about a booking on it."""

    url: str
    root_password: str
    agent_password: str
    token: str
    administrator_token: str
    webhook_secret: str
    calls: WebhookCalls
    requests: Callable[[], int]

    @property
    def user_id(self) -> str:
        """The number of the user whose token it is."""
        return self.token.split("-")[1]

    @classmethod
    def real(cls, real: RealRequestTracker) -> Place:
        """A real server."""

        def calls(ticket_id: str, worked: str | None) -> tuple[Mapping[str, str], bytes]:
            call = real.receiver.call_about(ticket_id, worked)
            return call.headers, call.body

        def count() -> int:
            return len(real.access_log.read_text().splitlines())

        tokens = (real.token, real.administrator_token)
        opens = (real.url, real.root_password, real.agent_password, *tokens, real.webhook_secret)
        return cls(*opens, calls, count)


WRITES = r"^(PUT|POST) /REST/2\.0/ticket/"


class RequestTrackerBed(HelpdeskBed):
    """Request Tracker, as a bed."""

    def __init__(
        self,
        place: Place,
        clock: Clock,
        *,
        page_size: int = 5,
        server: SandboxRequestTracker | None = None,
        between: Between | None = None,
    ) -> None:
        self.place = place
        self.clock = clock
        self.way: SandboxServer | None = server or between
        self.traits = HelpdeskTraits(
            moves_time=server is not None,
            has_faults=self.way is not None,
            is_closed_final=False,
            has_typed_fields=False,
            hides_references=False,
            longest_subject=200,
        )
        self.budgets = Budgets()
        self._server = server
        self._page_size = page_size
        self._asked = 0
        self._run = f"{next(_numbers)}-{secrets.token_hex(4)}"
        self._undo: list[Callable[[], object]] = []
        self._requestors: dict[str, str] = {}
        self._assets: dict[str, str] = {}
        self.queue = self._begin("queue", "Support")
        self.catalog = self._begin("catalog", "Customers", Lifecycle="assets")
        for name in ("Acme", "Globex"):
            self.add_organization(name)

    @classmethod
    @contextmanager
    def open(cls, *, page_size: int = 5) -> Iterator[RequestTrackerBed]:
        """Start the sandbox, set up as the real server of the tests is."""
        clock = ManualClock(START)
        with sandbox(clock) as (server, place):
            yield cls(place, clock, page_size=page_size, server=server)

    @classmethod
    @contextmanager
    def on(
        cls, real: RealRequestTracker, *, page_size: int = 5, between: Between | None = None
    ) -> Iterator[RequestTrackerBed]:
        """A queue, customers and people of their own on a real server; connectors reach it through ``between``."""
        bed = cls(Place.real(real), SystemClock(), page_size=page_size, between=between)
        try:
            yield bed
        finally:
            bed.undo()

    @property
    def server(self) -> SandboxRequestTracker:
        """The sandbox; a real server has none."""
        assert self._server is not None
        return self._server

    def undo(self) -> None:
        """Change back what was changed for all."""
        while self._undo:
            self._undo.pop()()

    def ask(self, method: str, path: str, *, by: str = "root", json: Any = None, expect: int = 200, **more: Any) -> Any:
        """Do something in the product as ``root``, ``anna`` or ``bert``."""
        answer = self.send(method, path, by=by, json=json, expect=expect, **more)
        return answer.json() if answer.content else None

    def send(self, method: str, path: str, *, by: str, json: Any, expect: int, **more: Any) -> requests.Response:
        """As :meth:`ask`, with the headers of the answer."""
        password = self.place.root_password if by == "root" else self.place.agent_password
        url = f"{self.place.url}/REST/2.0{path}"
        answer = requests.request(method, url, json=json, auth=(by, password), timeout=30, **more)
        self._asked += 1
        assert answer.status_code == expect, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer

    def _begin(self, kind: str, name: str, **given: str) -> str:
        """Make a queue or a catalog, which is switched off afterwards; gives its name."""
        name = f"{name} {self._run}"
        number = self.ask("POST", f"/{kind}", json={"Name": name, **given}, expect=201)["id"]
        self._undo.append(lambda: self.ask("DELETE", f"/{kind}/{number}", expect=204))
        return name

    # ---- connectors and time -----------------------------------------------------------------------

    def helpdesk(self, *, clock_ahead: timedelta = timedelta(), **changes: object) -> RequestTrackerHelpdesk:
        settings: dict[str, Any] = {
            "base_url": self.way.base_url if self.way else self.place.url,
            "token": self.place.token,
            "queues": [self.queue],
            "fields": FIELDS,
            "tags_field": TAGS,
            "customers": {"catalog": self.catalog, "ticket_field": CUSTOMER},
            "organization_fields": ORGANIZATION_FIELDS,
            "webhook_secret": self.place.webhook_secret,
            "page_size": self._page_size,
            **changes,
        }
        # On a real server's clock nobody waits either: what was refused is refused again.
        environment = Environment(lambda: self.clock.now() + clock_ahead, self._sleep, self.budgets)
        return RequestTrackerHelpdesk(RequestTrackerSettings.model_validate(settings), environment)

    def _sleep(self, seconds: float) -> None:
        if isinstance(self.clock, ManualClock):
            self.clock.sleep(seconds)

    def helpdesk_with_wrong_credentials(self) -> RequestTrackerHelpdesk:
        return self.helpdesk(token=f"1-{self.place.user_id}-nobodys")

    def now(self) -> datetime:
        return self.clock.now()

    def later(self, by: timedelta) -> None:
        """A real server numbers its transactions: nothing has to pass for changes to be told apart."""
        if isinstance(self.clock, ManualClock):
            self.clock.advance(by)

    def settle(self) -> None:
        """Every change is told at once."""
        self.later(timedelta(seconds=1))

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
        ticket = {
            "Queue": self.queue,
            "Subject": subject,
            "Content": body,
            "Requestor": self.requestor(organization),
            "CustomFields": {**_given(fields), **({TAGS: list(tags)} if tags else {})},
        }
        return str(self.ask("POST", "/ticket", by="anna", json=ticket, expect=201)["id"])

    def mail(self, subject: str, body: str, *, organization: str) -> str:
        """A customer of ``organization`` writes an e-mail, as mail servers hand it over; gives the ticket's id."""
        sender = self.requestor(organization)
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = sender, "support@example.org", subject
        letter["Message-ID"] = make_msgid(domain="example.org")
        letter.set_content(body)
        handed_over = {"queue": self.queue, "action": "correspond", "message": letter.as_string()}
        url = f"{self.place.url}/REST/1.0/NoAuth/mail-gateway"
        assert requests.post(url, data={"SessionType": "REST", **handed_over}, timeout=30).text.startswith("ok")
        newest = {"query": f"Queue = '{self.queue}'", "orderby": "id", "order": "DESC", "per_page": 1}
        return str(self.ask("GET", "/tickets", params=newest)["items"][0]["id"])

    def requestor(self, organization: str) -> str:
        """Somebody who works at a customer's."""
        if organization not in self._requestors:
            name = f"eva-{len(self._requestors)}-{self._run}@example.org"
            person = {"Name": name, "EmailAddress": name, "RealName": f"Eva of {organization}", "Lang": "nl"}
            self.ask("POST", "/user", json={**person, "Organization": organization, "Privileged": 0}, expect=201)
            self._requestors[organization] = name
        return self._requestors[organization]

    def edit(
        self, ticket_id: str, *, subject: str | None = None, status: TicketStatus | None = None, **fields: FieldValue
    ) -> None:
        changes: dict[str, Any] = {"CustomFields": _given(fields)}
        changes |= {"Subject": subject} if subject is not None else {}
        changes |= {"Status": WORDS[status]} if status is not None else {}
        self.ask("PUT", f"/ticket/{ticket_id}", by="anna", json=changes)

    def tag(self, ticket_id: str, *tags: str) -> None:
        present = self.values(ticket_id)[TAGS]
        changes = {"CustomFields": {TAGS: [*present, *tags]}}
        self.ask("PUT", f"/ticket/{ticket_id}", by="anna", json=changes)

    def comment(self, ticket_id: str, comment: Comment) -> None:
        verb = "comment" if comment.kind is CommentKind.NOTE else "correspond"
        said = {"Content": comment.body, "ContentType": "text/plain"}
        self.ask("POST", f"/ticket/{ticket_id}/{verb}", by="anna", json=said, expect=201)

    def book(
        self,
        ticket_id: str,
        minutes: int,
        *,
        by: str = "anna",
        words: str = "Looked at it.",
        worked_on: date | None = None,
        activities: Sequence[str] = (),
    ) -> str:
        """Somebody comments and books time with it; gives the number of the transaction."""
        values = {WORKED_ON: worked_on.isoformat() if worked_on else None, ACTIVITY: list(activities)}
        booked = {
            "Content": words,
            "ContentType": "text/plain",
            "TimeTaken": minutes,
            "TxnCustomFields": {name: value for name, value in values.items() if value},
        }
        answer = self.send("POST", f"/ticket/{ticket_id}/comment", by=by, json=booked, expect=201)
        return answer.headers["Location"].rpartition("/")[2]

    def set_time_worked(self, ticket_id: str, minutes: int, *, by: str = "anna") -> None:
        """Somebody writes another total into "Time Worked"."""
        self.ask("PUT", f"/ticket/{ticket_id}", by=by, json={"TimeWorked": minutes})

    def time_worked(self, ticket_id: str) -> int:
        """What the ticket tells."""
        return int(self.ask("GET", f"/ticket/{ticket_id}")["TimeWorked"])

    def close(self, ticket_id: str) -> None:
        self.edit(ticket_id, status=TicketStatus.SOLVED)

    def delete(self, ticket_id: str) -> None:
        self.ask("DELETE", f"/ticket/{ticket_id}", by="anna", expect=204)

    def merge(self, ticket_id: str, into: str) -> None:
        self.ask("PUT", f"/ticket/{ticket_id}", by="anna", json={"MergeInto": into})

    def move(self, ticket_id: str, organization: str) -> None:
        self.ask("PUT", f"/ticket/{ticket_id}", by="anna", json={"CustomFields": {CUSTOMER: organization}})

    def add_organization(self, name: str, **fields: FieldValue) -> str:
        given = {ORGANIZATION_FIELDS[field]: _text(value) for field, value in fields.items()}
        asset = {"Name": name, "Catalog": self.catalog, "CustomFields": given}
        self._assets[name] = str(self.ask("POST", "/asset", json=asset, expect=201)["id"])
        return self._assets[name]

    def edit_organization(self, name: str, *, new_name: str | None = None, **fields: FieldValue) -> None:
        given = {ORGANIZATION_FIELDS[field]: _text(value) for field, value in fields.items()}
        changes = {"Name": new_name or name, "CustomFields": given}
        self._assets[new_name or name] = self._assets.pop(name)
        self.ask("PUT", f"/asset/{self._assets[new_name or name]}", json=changes)

    def remove_organization(self, name: str) -> None:
        """An administrator takes a customer out."""
        self.ask("PUT", f"/asset/{self._assets[name]}", json={"Status": "deleted"})

    def remove_ticket_field(self, name: str) -> None:
        query = f'[{{"field": "Name", "value": "{FIELDS[name]}"}}]'
        (field,) = self.ask("GET", "/customfields", params={"query": query})["items"]
        self.ask("DELETE", f"/customfield/{field['id']}", expect=204)
        self._undo.append(lambda: self.ask("PUT", f"/customfield/{field['id']}", json={"Disabled": 0}))

    def take_permission_away(self) -> None:
        query = '[{"field": "Name", "value": "CareSync"}]'
        (group,) = self.ask("GET", "/groups", params={"query": query})["items"]
        user_id = self.place.user_id
        self.ask("DELETE", f"/user/{user_id}/group/{group['id']}", expect=204)
        self._undo.append(lambda: self.ask("PUT", f"/group/{group['id']}/members", json=[user_id]))

    def seen(self, ticket_id: str) -> SeenTicket:
        ticket = self.ask("GET", f"/ticket/{ticket_id}")
        values = self.values(ticket_id)
        return SeenTicket(
            status=next(status for status, word in WORDS.items() if word == ticket["Status"]),
            tags=frozenset(values.get(TAGS, ())),
            fields={name: next(iter(values.get(field, ())), None) for name, field in FIELDS.items()},
            comments=tuple(self.comments(ticket_id)),
        )

    def values(self, ticket_id: str) -> dict[str, list[str]]:
        """What stands in a ticket's custom fields, by their names."""
        listed = self.ask("GET", f"/ticket/{ticket_id}")["CustomFields"]
        return {one["name"]: [value for value in one["values"] if value] for one in listed}

    def comments(self, ticket_id: str, *, by: str | None = None) -> Iterator[Comment]:
        """What was said on a ticket after it was filed, by everybody or by one."""
        wanted = {"fields": "Type,Creator", "per_page": 100}
        history = self.ask("GET", f"/ticket/{ticket_id}/history", params=wanted)
        fields = {"fields": "Content,TransactionId", "per_page": 100}
        texts = self.ask("GET", f"/ticket/{ticket_id}/attachments", params=fields)
        for one in history["items"]:
            if (kind := SAYS.get(one["Type"])) is not None and by in (None, one["Creator"]["id"]):
                (body,) = [text["Content"] for text in texts["items"] if str(text["TransactionId"]) == str(one["id"])]
                yield Comment(kind, body)

    # ---- the wire ----------------------------------------------------------------------------------

    def webhook_call(self, ticket_id: str) -> tuple[Mapping[str, str], bytes]:
        return self.place.calls(ticket_id, None)

    def sign(self, stamp: str, body: bytes) -> Mapping[str, str]:
        """The headers with which a body is genuine."""
        return signed(stamp, body, self.place.webhook_secret)

    def break_down(self, fault: Fault) -> None:
        assert self.way is not None
        if fault is Fault.NULL:
            self.way.answers_instead = Answer(data=None)
        else:
            self.way.faults.add(fault.value)

    def lose_writes(self, *, after_their_effect: bool, status: int | None = None) -> None:
        assert self.way is not None
        fault = "lost_after" if after_their_effect else "lost_before"
        self.way.faults.add(fault, route=WRITES, status=status)

    def while_we_write(self, act: Callable[[], object]) -> None:
        assert self.way is not None
        self.way.before_next(WRITES, act)

    def misread(self, written: str, read: str) -> None:
        self.way.misread = (written, read)

    def mend(self) -> None:
        if self.way is not None:
            self.way.faults.clear()
            self.way.answers_instead = None
        self.way.misread = None

    def page_size(self) -> int:
        return self._page_size

    def changes_a_call(self) -> int:
        return 1

    def requests(self) -> int:
        return self.place.requests() - self._asked

    def requests_to_read(self, tickets: int) -> int:
        """The user, the queues, the catalogs, the customers, and what was deleted or merged; and for each page the
        tickets, their first transactions and the texts of those. What changed last always comes again, because times
        are whole seconds: in this suite that are three pages."""
        return 5 + 3 * max(math.ceil(tickets / self._page_size), 3)

    def requests_to_read_named(self, tickets: int) -> int:
        return 3 * math.ceil(tickets / 100)

    def requests_to_write(self, changes: int) -> int:
        """A look, a write of fields and tags, another look, and the comment; a write names no more than a ticket."""
        return 4 * changes

    def requests_to_begin(self) -> int:
        """Whether we see our own first comment."""
        return 1


def _given(fields: Mapping[str, FieldValue]) -> dict[str, str]:
    return {request_tracker.FIELDS[name].name: _text(value) for name, value in fields.items()}


def _text(value: FieldValue) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


@contextmanager
def sandbox(clock: ManualClock) -> Iterator[tuple[SandboxRequestTracker, Place]]:
    """A site with Anna, Bert and CareSync's user, and the custom fields of the real one."""
    site = RequestTrackerSite(clock.now)
    administrator = f"1-{ROOT}-{TOKEN}"
    site.users[ROOT].password, site.users[ROOT].token = PASSWORD, administrator
    reader = site.add_user("caresync", real_name="CareSync", email="caresync@example.org", timezone="UTC")
    reader.token = f"1-{reader.id}-{TOKEN}"
    site.open_nothing.add(reader.id)
    agents = [
        site.add_user(name.lower(), real_name=name, email=f"{name.lower()}@example.org", password=PASSWORD)
        for name in ("Anna", "Bert")
    ]
    site.add_queue("General")
    for name in ("Customers", "General assets"):
        site.add_catalog(name)
    site.add_group("CareSync", (*LOOKING, *WRITING), reader)
    site.add_group("Agents", (*LOOKING, *WRITING, MODIFY_TICKET, CREATE_TICKET), *agents)
    for field in request_tracker.EVERY_FIELD:
        site.add_field(field.name, field.of, options=field.options, most_values=0 if field.several else 1)
    with SandboxRequestTracker(site) as server:

        def calls(ticket_id: str, worked: str | None) -> tuple[Mapping[str, str], bytes]:
            return server.webhook_call(int(ticket_id), WEBHOOK_SECRET)

        opens = (server.base_url, PASSWORD, PASSWORD, reader.token, administrator, WEBHOOK_SECRET)
        yield server, Place(*opens, calls, lambda: len(server.requests))
