"""A Freshdesk account whose agents write their time down, on loopback: what the suites of this tracker run on.

Time is for a ticket and stays with it: each piece of work here has a ticket of its own, and what moves to another
client is the ticket. People choose the day of their work, which Freshdesk keeps as that day's midnight.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Any

from care_sync.clock import ManualClock
from connectors.conformance.environment import Budgets
from connectors.conformance.tracker_bed import START, TOKEN, ZONE, Fault, TrackerBed, TrackerTraits
from connectors.freshdesk.settings import FreshdeskTimeSettings
from connectors.freshdesk.time_tracker import FreshdeskTimeTracker
from connectors.protocols import Environment
from connectors.sandbox.freshdesk import SandboxFreshdesk
from connectors.sandbox.freshdesk_records import RESTRICTED_ACCESS
from connectors.sandbox.freshdesk_state import FreshdeskAccount

USUAL_CUSTOMER = "Sundry"


class FreshdeskTimeBed(TrackerBed):
    """The sandbox's Freshdesk, as a bed of time."""

    traits = TrackerTraits(
        grain_seconds=60,
        has_projects=False,
        has_clock_times=False,
        has_tags=False,
        has_locks=False,
        sets_time_zone=False,
        has_webhooks=False,
    )

    def __init__(self, clock: ManualClock, server: SandboxFreshdesk, page_size: int) -> None:
        self.clock = clock
        self.server = server
        self.account = server.account
        self.people = {name: self.account.add_agent(name) for name in ("Anna", "Bert")}
        self.robot = self.account.add_agent("CareSync", api_key=TOKEN)
        self._page_size = page_size
        self._companies: dict[str, int] = {}

    @classmethod
    @contextmanager
    def open(cls, *, page_size: int = 5) -> Iterator[FreshdeskTimeBed]:
        """Start the sandbox with Anna and Bert, and with an agent whose key the connector has."""
        clock = ManualClock(START)
        with SandboxFreshdesk(FreshdeskAccount(clock.now), requests_a_minute=100_000) as server:
            yield cls(clock, server, page_size)

    def tracker(self, *, clock_ahead: timedelta = timedelta(), **changes: object) -> FreshdeskTimeTracker:
        settings: dict[str, Any] = {
            "domain": "care",
            "base_url": self.server.base_url,
            "api_key": TOKEN,
            "time_zone": ZONE.key,
            "page_size": self._page_size,
            **changes,
        }
        environment = Environment(lambda: self.clock.now() + clock_ahead, self.clock.sleep, Budgets())
        return FreshdeskTimeTracker(FreshdeskTimeSettings.model_validate(settings), environment)

    def tracker_with_wrong_credentials(self) -> FreshdeskTimeTracker:
        return self.tracker(api_key="nobody's")

    def company(self, customer: str) -> int:
        """A customer's company, entered when it is first named."""
        if customer not in self._companies:
            self._companies[customer] = self.account.add_company(f"{customer} BV")
        return self._companies[customer]

    def file_ticket(self, customer: str = USUAL_CUSTOMER) -> int:
        contact = self.account.add_contact(f"Eva of {customer}", company_id=self.company(customer))
        return self.account.file_ticket("Menu broken", "Please help.", contact)

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
        ticket_id = self.file_ticket(project or USUAL_CUSTOMER)
        agent_id = self.people[person]
        entry_id = self.account.write_down(ticket_id, agent_id, seconds // 60, midnight_of(start), note=description)
        return f"{ticket_id}-{entry_id}"

    def edit(
        self,
        entry_id: str,
        *,
        start: datetime | None = None,
        seconds: int | None = None,
        description: str | None = None,
    ) -> None:
        self.account.edit_entry(
            number_of(entry_id),
            minutes=None if seconds is None else seconds // 60,
            executed_at=None if start is None else midnight_of(start),
            note=description,
        )

    def move(self, entry_id: str, project: str) -> None:
        self.account.update(int(entry_id.partition("-")[0]), {"company_id": self.company(project)})

    def delete(self, entry_id: str) -> None:
        self.account.delete_entry(number_of(entry_id))

    def start_timer(self, description: str, *, person: str = "Anna") -> str:
        ticket_id, now = self.file_ticket(), self.clock.now()
        entry_id = self.account.write_down(ticket_id, self.people[person], 0, now, note=description, running=True)
        return f"{ticket_id}-{entry_id}"

    def stop_timer(self, entry_id: str) -> None:
        self.account.toggle_timer(number_of(entry_id))

    def take_permission_away(self) -> None:
        self.account.records.agents[self.robot].scope = RESTRICTED_ACCESS

    def break_down(self, fault: Fault) -> None:
        self.server.faults.add(fault.value)

    def misread(self, written: str, read: str) -> None:
        self.server.misread = (written, read)

    def mend(self) -> None:
        self.server.faults.clear()
        self.server.misread = None

    def absent_id(self) -> str:
        return f"{self.file_ticket()}-999999999"

    def page_size(self) -> int:
        return self._page_size


def midnight_of(start: datetime) -> datetime:
    return datetime.combine(start.astimezone(ZONE).date(), time(), ZONE).astimezone(UTC)


def number_of(entry_id: str) -> int:
    return int(entry_id.partition("-")[2])
