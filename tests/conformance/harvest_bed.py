"""A Harvest account with people in it, on loopback: what the suites of this product run on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from care_sync.clock import ManualClock
from connectors.conformance.environment import Budgets
from connectors.conformance.tracker_bed import START, TOKEN, ZONE, Fault, TrackerBed, TrackerTraits
from connectors.harvest.connector import HarvestTimeTracker
from connectors.harvest.settings import HarvestSettings
from connectors.protocols import Environment
from connectors.sandbox.harvest import SandboxHarvest
from connectors.sandbox.harvest_state import HarvestAccount, HarvestUser

USUAL_PROJECT = "Sundry"
"""Harvest has no entries without a project."""


class HarvestBed(TrackerBed):
    """The sandbox's Harvest, as a bed."""

    traits = TrackerTraits(
        grain_seconds=36, has_clock_times=False, has_tags=False, sets_time_zone=False, has_webhooks=False
    )

    def __init__(self, clock: ManualClock, server: SandboxHarvest, page_size: int) -> None:
        self.clock = clock
        self.server = server
        self.harvest = server.account
        self._page_size = page_size
        self._projects: dict[str, int] = {}

    @classmethod
    @contextmanager
    def open(cls, *, page_size: int = 5) -> Iterator[HarvestBed]:
        """Start the sandbox with Anna, whose token the connector has, and Bert, her colleague."""
        clock = ManualClock(START)
        account = HarvestAccount(clock.now)
        account.add_user("Anna", access_token=TOKEN)
        account.add_user("Bert")
        with SandboxHarvest(account) as server:
            yield cls(clock, server, page_size)

    def tracker(self, *, clock_ahead: timedelta = timedelta(), **changes: object) -> HarvestTimeTracker:
        settings: dict[str, Any] = {
            "account_id": self.harvest.account_id,
            "access_token": TOKEN,
            "contact": "operations@example.com",
            "base_url": self.server.api_url,
            "page_size": self._page_size,
            **changes,
        }
        environment = Environment(lambda: self.clock.now() + clock_ahead, self.clock.sleep, Budgets())
        return HarvestTimeTracker(HarvestSettings.model_validate(settings), environment)

    def tracker_with_wrong_credentials(self) -> HarvestTimeTracker:
        return self.tracker(access_token="nobody's")

    def person(self, name: str) -> HarvestUser:
        return next(user for user in self.harvest.users.values() if user.name == name)

    def project(self, name: str) -> int:
        if name not in self._projects:
            self._projects[name] = self.harvest.add_project(name, f"{name} BV")
        return self._projects[name]

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
        day = start.astimezone(ZONE).date()
        user_id, project_id = self.person(person).id, self.project(project or USUAL_PROJECT)
        return str(self.harvest.write_down(user_id, day, seconds, description, project_id=project_id))

    def edit(
        self,
        entry_id: str,
        *,
        start: datetime | None = None,
        seconds: int | None = None,
        description: str | None = None,
    ) -> None:
        day = start.astimezone(ZONE).date() if start else None
        given = {"spent_date": day, "seconds": seconds, "notes": description}
        self.harvest.edit(int(entry_id), **{name: value for name, value in given.items() if value is not None})

    def move(self, entry_id: str, project: str) -> None:
        self.harvest.edit(int(entry_id), project_id=self.project(project))

    def delete(self, entry_id: str) -> None:
        self.harvest.delete(int(entry_id))

    def start_timer(self, description: str, *, person: str = "Anna") -> str:
        day, user_id = self.clock.now().astimezone(ZONE).date(), self.person(person).id
        return str(self.harvest.start_timer(user_id, day, description, project_id=self.project(USUAL_PROJECT)))

    def stop_timer(self, entry_id: str) -> None:
        self.harvest.stop_timer(int(entry_id))

    def lock(self, entry_id: str) -> None:
        self.harvest.entries[int(entry_id)].billed = True

    def take_permission_away(self) -> None:
        self.person("Anna").administrator = False

    def break_down(self, fault: Fault) -> None:
        self.server.faults.add(fault.value)

    def misread(self, written: str, read: str) -> None:
        self.server.misread = (written, read)

    def mend(self) -> None:
        self.server.faults.clear()
        self.server.misread = None

    def absent_id(self) -> str:
        return "999999999"

    def page_size(self) -> int:
        return self._page_size
