"""A Clockify workspace with people in it, on loopback: what the suites of this product run on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from care_sync.clock import ManualClock
from connectors.clockify.connector import ClockifyTimeTracker
from connectors.clockify.settings import ClockifySettings
from connectors.conformance.environment import Budgets
from connectors.conformance.tracker_bed import START, TOKEN, Fault, TrackerBed, TrackerTraits
from connectors.protocols import Environment
from connectors.sandbox.clockify import SandboxClockify
from connectors.sandbox.clockify_state import ClockifyUser, ClockifyWorkspace

WEBHOOK_TOKEN = "hook-token-5e21b7c4"


class ClockifyBed(TrackerBed):
    """The sandbox's Clockify, as a bed."""

    traits = TrackerTraits(signs_body=False)

    def __init__(self, clock: ManualClock, server: SandboxClockify, page_size: int) -> None:
        self.clock = clock
        self.server = server
        self.workspace = server.workspace
        self._page_size = page_size
        self._projects: dict[str, str] = {}

    @classmethod
    @contextmanager
    def open(cls, *, page_size: int = 5, most_rows: int = 1000) -> Iterator[ClockifyBed]:
        """Start the sandbox with Anna, whose key the connector has, and Bert, her colleague."""
        clock = ManualClock(START)
        workspace = ClockifyWorkspace(clock.now)
        workspace.add_user("Anna", api_key=TOKEN)
        workspace.add_user("Bert")
        with SandboxClockify(workspace, most_rows=most_rows) as server:
            yield cls(clock, server, page_size)

    def tracker(self, *, clock_ahead: timedelta = timedelta(), **changes: object) -> ClockifyTimeTracker:
        settings: dict[str, Any] = {
            "workspace_id": self.workspace.workspace_id,
            "api_key": TOKEN,
            "base_url": self.server.core_url,
            "reports_url": self.server.reports_url,
            "webhook_tokens": ["another-token-9d3f0a11", WEBHOOK_TOKEN],
            "report_page_size": self._page_size,
            **changes,
        }
        environment = Environment(lambda: self.clock.now() + clock_ahead, self.clock.sleep, Budgets())
        return ClockifyTimeTracker(ClockifySettings.model_validate(settings), environment)

    def tracker_in(self, zone: str) -> ClockifyTimeTracker:
        return self.tracker(time_zone=zone)

    def tracker_with_wrong_credentials(self) -> ClockifyTimeTracker:
        return self.tracker(api_key="nobody's")

    def person(self, name: str) -> ClockifyUser:
        return next(user for user in self.workspace.users.values() if user.name == name)

    def project(self, name: str) -> str:
        if name not in self._projects:
            self._projects[name] = self.workspace.add_project(name, f"{name} BV")
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
        project_id = self.project(project) if project else None
        user_id = self.person(person).id
        return self.workspace.write_down(user_id, start, seconds, description, project_id=project_id, tags=tags)

    def edit(
        self,
        entry_id: str,
        *,
        start: datetime | None = None,
        seconds: int | None = None,
        description: str | None = None,
    ) -> None:
        given = {"start": start, "description": description}
        changes = {name: value for name, value in given.items() if value is not None}
        self.workspace.edit(entry_id, seconds=seconds, **changes)

    def move(self, entry_id: str, project: str) -> None:
        self.workspace.edit(entry_id, project_id=self.project(project))

    def delete(self, entry_id: str) -> None:
        self.workspace.delete(entry_id)

    def start_timer(self, description: str, *, person: str = "Anna") -> str:
        return self.workspace.start_timer(self.person(person).id, description)

    def stop_timer(self, entry_id: str) -> None:
        self.workspace.stop_timer(entry_id)

    def lock(self, entry_id: str) -> None:
        self.workspace.entries[entry_id].locked = True

    def take_permission_away(self) -> None:
        self.person("Anna").admin = False

    def break_down(self, fault: Fault) -> None:
        self.server.faults.add(fault.value)

    def misread(self, written: str, read: str) -> None:
        self.server.misread = (written, read)

    def mend(self) -> None:
        self.server.faults.clear()
        self.server.misread = None

    def webhook_call(self, entry_id: str) -> tuple[Mapping[str, str], bytes]:
        body = {"id": entry_id, "workspaceId": self.workspace.workspace_id}
        headers = {"clockify-signature": WEBHOOK_TOKEN, "clockify-webhook-event-type": "TIME_ENTRY_UPDATED"}
        return headers, json.dumps(body).encode()

    def absent_id(self) -> str:
        return "f" * 24

    def page_size(self) -> int:
        return self._page_size
