"""A Kimai with people in it, on loopback: what the suites of this product run on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from care_sync.clock import ManualClock
from connectors.conformance.environment import Budgets
from connectors.conformance.tracker_bed import START, TOKEN, Fault, TrackerBed, TrackerTraits
from connectors.kimai.connector import KimaiTimeTracker
from connectors.kimai.settings import KimaiSettings
from connectors.protocols import Environment
from connectors.sandbox.kimai import SandboxKimai
from connectors.sandbox.kimai_state import CURRENT_VERSION, KimaiSite, KimaiUser

USUAL_PROJECT = "Sundry"
"""Kimai has no timesheets without a project."""


class KimaiBed(TrackerBed):
    """The sandbox's Kimai, as a bed."""

    traits = TrackerTraits(has_webhooks=False, sets_time_zone=False)

    def __init__(self, clock: ManualClock, server: SandboxKimai, page_size: int) -> None:
        self.clock = clock
        self.server = server
        self.kimai = server.site
        self._page_size = page_size
        self._projects: dict[str, int] = {}

    @classmethod
    @contextmanager
    def open(
        cls, *, page_size: int = 5, version: int = CURRENT_VERSION, time_zone: str = "Europe/Amsterdam"
    ) -> Iterator[KimaiBed]:
        """Start the sandbox with Anna, Bert, and the reader whose token the connector has, in ``time_zone``."""
        clock = ManualClock(START)
        site = KimaiSite(clock.now, version)
        site.add_user("Reader", token=TOKEN, timezone=time_zone)
        for name in ("Anna", "Bert"):
            site.add_user(name)
        with SandboxKimai(site) as server:
            yield cls(clock, server, page_size)

    def tracker(self, *, clock_ahead: timedelta = timedelta(), **changes: object) -> KimaiTimeTracker:
        settings: dict[str, Any] = {
            "base_url": self.server.base_url,
            "api_token": TOKEN,
            "page_size": self._page_size,
            **changes,
        }
        environment = Environment(lambda: self.clock.now() + clock_ahead, self.clock.sleep, Budgets())
        return KimaiTimeTracker(KimaiSettings.model_validate(settings), environment)

    def tracker_with_wrong_credentials(self) -> KimaiTimeTracker:
        return self.tracker(api_token="nobody's")

    def person(self, name: str) -> KimaiUser:
        return next(user for user in self.kimai.users.values() if user.username == name)

    def project(self, name: str) -> int:
        if name not in self._projects:
            self._projects[name] = self.kimai.add_project(name, f"{name} BV")
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
        user_id, project_id = self.person(person).id, self.project(project or USUAL_PROJECT)
        return str(self.kimai.write_down(user_id, start, seconds, description, project_id=project_id, tags=tags))

    def edit(
        self,
        entry_id: str,
        *,
        start: datetime | None = None,
        seconds: int | None = None,
        description: str | None = None,
    ) -> None:
        given = {"begin": start, "seconds": seconds, "description": description}
        self.kimai.edit(int(entry_id), **{name: value for name, value in given.items() if value is not None})

    def move(self, entry_id: str, project: str) -> None:
        self.kimai.edit(int(entry_id), project_id=self.project(project))

    def delete(self, entry_id: str) -> None:
        self.kimai.delete(int(entry_id))

    def start_timer(self, description: str, *, person: str = "Anna") -> str:
        user_id, project_id = self.person(person).id, self.project(USUAL_PROJECT)
        return str(self.kimai.write_down(user_id, self.clock.now(), None, description, project_id=project_id))

    def stop_timer(self, entry_id: str) -> None:
        self.kimai.stop(int(entry_id))

    def lock(self, entry_id: str) -> None:
        self.kimai.edit(int(entry_id), exported=True)

    def take_permission_away(self) -> None:
        self.person("Reader").super_administrator = False

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
