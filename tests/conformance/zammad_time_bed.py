"""A Zammad site whose agents account their time, on loopback: what the suites of this tracker run on.

Time is for a ticket: each piece of work here has one of its own, and what moves to another client is the ticket. The
day of a piece of work is the day on which it was entered, so that of other days it is brought in from the past.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from care_sync.clock import ManualClock
from connectors.conformance.environment import Budgets
from connectors.conformance.tracker_bed import START, TOKEN, ZONE, Fault, TrackerBed, TrackerTraits
from connectors.protocols import Environment
from connectors.sandbox.zammad import SandboxZammad
from connectors.sandbox.zammad_state import ZammadSite
from connectors.zammad.settings import ZammadTimeSettings
from connectors.zammad.time_tracker import ZammadTimeTracker

USUAL_CUSTOMER = "Sundry"


class ZammadTimeBed(TrackerBed):
    """The sandbox's Zammad, as a bed of time that is counted in minutes."""

    traits = TrackerTraits(
        has_projects=False,
        has_descriptions=False,
        moves_days=False,
        has_clock_times=False,
        has_timers=False,
        has_tags=False,
        has_locks=False,
        has_webhooks=False,
    )

    def __init__(self, clock: ManualClock, server: SandboxZammad, page_size: int) -> None:
        self.clock = clock
        self.server = server
        self.site = server.site
        self.group = self.site.add_group("Support")
        self.people = {name: self.site.add_agent(name) for name in ("Anna", "Bert")}
        self.robot = self.site.add_agent("CareSync", token=TOKEN)
        self._page_size = page_size
        self._organizations: dict[str, int] = {}

    @classmethod
    @contextmanager
    def open(cls, *, page_size: int = 5) -> Iterator[ZammadTimeBed]:
        """Start the sandbox with Anna and Bert, and with an agent whose token the connector has."""
        clock = ManualClock(START)
        with SandboxZammad(ZammadSite(clock.now)) as server:
            yield cls(clock, server, page_size)

    def tracker(self, *, clock_ahead: timedelta = timedelta(), **changes: object) -> ZammadTimeTracker:
        settings: dict[str, Any] = {
            "base_url": self.server.base_url,
            "api_token": TOKEN,
            "unit_minutes": 1,
            "time_zone": ZONE.key,
            "page_size": self._page_size,
            **changes,
        }
        environment = Environment(lambda: self.clock.now() + clock_ahead, self.clock.sleep, Budgets())
        return ZammadTimeTracker(ZammadTimeSettings.model_validate(settings), environment)

    def tracker_in(self, zone: str) -> ZammadTimeTracker:
        return self.tracker(time_zone=zone)

    def tracker_with_wrong_credentials(self) -> ZammadTimeTracker:
        return self.tracker(api_token="nobody's")

    def organization(self, customer: str) -> int:
        """A customer's organization, entered when it is first named."""
        if customer not in self._organizations:
            self._organizations[customer] = self.site.add_organization(f"{customer} BV")
        return self._organizations[customer]

    def file_ticket(self, customer: str = USUAL_CUSTOMER) -> int:
        eva = self.site.add_customer(f"Eva {customer}", organization_id=self.organization(customer))
        return self.site.file_ticket("Menu broken", "Please help.", eva)

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
        units = Decimal(seconds) / 60
        return f"{ticket_id}-{self.site.account_time(ticket_id, self.people[person], units, at=start)}"

    def edit(
        self,
        entry_id: str,
        *,
        start: datetime | None = None,
        seconds: int | None = None,
        description: str | None = None,
    ) -> None:
        assert start is None
        assert description is None
        if seconds is not None:
            self.site.edit_time(number_of(entry_id), Decimal(seconds) / 60)

    def move(self, entry_id: str, project: str) -> None:
        moved = {"organization_id": self.organization(project)}
        self.site.update(int(entry_id.partition("-")[0]), self.people["Anna"], moved)

    def delete(self, entry_id: str) -> None:
        self.site.delete_time(number_of(entry_id))

    def take_permission_away(self) -> None:
        self.site.give_access(self.robot, {})

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


def number_of(entry_id: str) -> int:
    return int(entry_id.partition("-")[2])
