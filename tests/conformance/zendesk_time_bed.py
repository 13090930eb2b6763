"""A Zendesk account whose agents use the Time Tracking app, on loopback: what the suites of this tracker run on.

Time is for a ticket: each piece of work here has one of its own. The day of a piece of work is that of its ticket's
first update, so that tickets of other days are brought in from the past, as an import does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from care_sync.clock import ManualClock
from connectors.conformance.environment import Budgets
from connectors.conformance.tracker_bed import START, TOKEN, Fault, TrackerBed, TrackerTraits
from connectors.protocols import Environment
from connectors.sandbox.zendesk import SandboxZendesk
from connectors.sandbox.zendesk_state import ZendeskAccount
from connectors.zendesk.settings import ZendeskTimeSettings
from connectors.zendesk.time_tracker import ZendeskTimeTracker

TOTAL, LAST_UPDATE = "Total time spent (sec)", "Time spent last update (sec)"
USUAL_CUSTOMER = "Sundry"
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)


class ZendeskTimeBed(TrackerBed):
    """The Time Tracking app in the sandbox's Zendesk, as a bed."""

    traits = TrackerTraits(
        has_projects=False,
        has_descriptions=False,
        moves_days=False,
        has_clock_times=False,
        has_timers=False,
        has_tags=False,
        has_locks=False,
        has_webhooks=False,
        tells_forbidden_from_gone=False,
    )

    def __init__(self, clock: ManualClock, server: SandboxZendesk, page_size: int) -> None:
        self.clock = clock
        self.server = server
        self.account = server.account
        self.fields = {title: self.account.add_ticket_field(title, "integer") for title in (TOTAL, LAST_UPDATE)}
        self.people = {name: self.account.add_user(name, "agent") for name in ("Anna", "Bert")}
        self.reader = self.account.add_user("Reader", "admin", email="reader@example.com")
        self._page_size = page_size
        self._requesters: dict[str, int] = {}
        self._way_in: dict[str, Any] = {"email": "reader@example.com", "api_token": TOKEN}

    @classmethod
    @contextmanager
    def open(cls, *, page_size: int = 5) -> Iterator[ZendeskTimeBed]:
        """Start the sandbox with Anna and Bert, agents, and an administrator whose token the connector has."""
        clock = ManualClock(START)
        account = ZendeskAccount(clock.now)
        account.records.api_tokens.add(TOKEN)
        account.records.api_tokens_stop = FOREVER  # the suites move the clock over years
        with SandboxZendesk(account, requests_a_minute=10_000, exports_a_minute=1_000) as server:
            yield cls(clock, server, page_size)

    def tracker(self, *, clock_ahead: timedelta = timedelta(), **changes: object) -> ZendeskTimeTracker:
        settings: dict[str, Any] = {
            "subdomain": "care",
            "base_url": self.server.base_url,
            **self._way_in,
            "export_page_size": self._page_size,
            **changes,
        }
        environment = Environment(lambda: self.clock.now() + clock_ahead, self.clock.sleep, Budgets())
        return ZendeskTimeTracker(ZendeskTimeSettings.model_validate(settings), environment)

    def come_in_by_oauth(self) -> None:
        """From now on the connector comes in as a client, whose tokens last half an hour."""
        self.account.records.api_tokens.clear()
        reader = next(user.id for user in self.account.records.users.values() if user.email == "reader@example.com")
        self.server.oauth.register("care-sync", reader)
        self._way_in = {"auth": {"client_id": "care-sync", "client_secret": "secret-of-care-sync"}}

    def tracker_in(self, zone: str) -> ZendeskTimeTracker:
        return self.tracker(time_zone=zone)

    def tracker_with_wrong_credentials(self) -> ZendeskTimeTracker:
        if "auth" in self._way_in:
            return self.tracker(auth={"client_id": "care-sync", "client_secret": "nobody's"})
        return self.tracker(api_token="nobody's")

    def file_ticket(self, customer: str = USUAL_CUSTOMER, *, at: datetime | None = None, **fields: int) -> int:
        """File a ticket of a customer, which gets an organization of its own name."""
        if customer not in self._requesters:
            organization_id = self.account.add_organization(f"{customer} BV")
            self._requesters[customer] = self.account.add_user(f"Eva of {customer}", organization_id=organization_id)
        given = [{"id": self.fields[title], "value": value} for title, value in fields.items()]
        return self.account.file_ticket("Menu", "Broken.", self._requesters[customer], at=at, custom_fields=given)

    def submit(self, ticket_id: int, seconds: int, *, person: str = "Anna") -> str:
        """Submit an update of a ticket with the time that it took, as the app does; gives the entry's id."""
        total = self.total(ticket_id) + seconds
        fields = {TOTAL: total, LAST_UPDATE: seconds}
        self.account.set_fields(ticket_id, self.people[person], **fields)
        return f"{ticket_id}-{self.account.records.audits[ticket_id][-1].id}"

    def set_total(self, ticket_id: int, seconds: int, *, person: str = "Anna") -> None:
        """Write another total into the ticket by hand."""
        self.account.set_fields(ticket_id, self.people[person], **{TOTAL: seconds})

    def total(self, ticket_id: int) -> int:
        """All seconds that the ticket says were spent on it."""
        return int(self.account.records.tickets[ticket_id].custom_fields.get(self.fields[TOTAL]) or 0)

    def write_down(
        self,
        start: datetime,
        seconds: int,
        description: str = "",
        *,
        person: str = "Anna",
        project: str | None = None,
        tags: tuple[str, ...] = (),
    ) -> str:
        ticket_id = self.file_ticket(project or USUAL_CUSTOMER, at=start)
        if start.date() == self.clock.now().date():
            entry_id = self.submit(ticket_id, seconds, person=person)
        else:
            entry_id = self._bring_in(ticket_id, seconds, person)
        self._settle()
        return entry_id

    def edit(
        self,
        entry_id: str,
        *,
        start: datetime | None = None,
        seconds: int | None = None,
        description: str | None = None,
    ) -> None:
        assert seconds is not None, "only the length of an entry can be changed"
        self.set_total(int(entry_id.split("-", maxsplit=1)[0]), seconds)
        self._settle()

    def move(self, entry_id: str, project: str) -> None:
        ticket_id = int(entry_id.split("-", maxsplit=1)[0])
        self.file_ticket(project)
        organization_id = self.account.records.users[self._requesters[project]].organization_id
        self.account.update(ticket_id, self.people["Anna"], {"organization_id": organization_id})
        self._settle()

    def delete(self, entry_id: str) -> None:
        self.set_total(int(entry_id.split("-", maxsplit=1)[0]), 0)
        self._settle()

    def take_permission_away(self) -> None:
        self.account.records.users[self.reader].role = "agent"

    def break_down(self, fault: Fault) -> None:
        self.server.faults.add(fault.value)

    def misread(self, written: str, read: str) -> None:
        self.server.misread = (written, read)

    def mend(self) -> None:
        self.server.faults.clear()
        self.server.misread = None

    def absent_id(self) -> str:
        return "99999-99999"

    def page_size(self) -> int:
        return self._page_size

    def _bring_in(self, ticket_id: int, seconds: int, person: str) -> str:
        """Let the ticket's first update, which lies in the past, have taken this long."""
        (audit,) = self.account.records.audits[ticket_id]
        audit.author_id = self.people[person]
        for title in (TOTAL, LAST_UPDATE):
            name = str(self.fields[title])
            event_id = self.account.records.next_id("audit")
            audit.events.append({"id": event_id, "type": "Create", "field_name": name, "value": str(seconds)})
            self.account.records.tickets[ticket_id].custom_fields[self.fields[title]] = seconds
        self.account.touch(ticket_id)
        return f"{ticket_id}-{audit.id}"

    def _settle(self) -> None:
        """The export leaves out what changed within the minute before the request."""
        self.clock.advance(timedelta(seconds=61))
