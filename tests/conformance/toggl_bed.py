"""A Toggl workspace with people in it, on loopback: what the suites of this product run on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from care_sync.clock import ManualClock
from connectors.conformance.environment import Budgets
from connectors.conformance.tracker_bed import START, TOKEN, Fault, TrackerBed, TrackerTraits
from connectors.protocols import Environment
from connectors.sandbox.toggl import SandboxToggl
from connectors.sandbox.toggl_state import TogglUser, TogglWorkspace
from connectors.sandbox.toggl_webhooks import Subscription
from connectors.toggl.connector import TogglTimeTracker
from connectors.toggl.settings import TogglSettings

WEBHOOK_SECRET = "hook-4f1c9a7e2b8d"
CALLS = re.compile(
    r"/api/v9/(?:workspaces/\d+/)?(?P<v9>[a-z_]+(?:/[a-z_]+)*)|/reports/.*/(?P<report>search)/time_entries"
)


class TogglBed(TrackerBed):
    """The sandbox's Toggl, as a bed."""

    traits = TrackerTraits(has_locks=False)

    def __init__(self, clock: ManualClock, server: SandboxToggl, page_size: int, reserved_requests: int) -> None:
        self.clock = clock
        self.server = server
        self.workspace = server.workspace
        self.api = server.api
        self.budgets = Budgets()
        self._page_size = page_size
        self._reserved_requests = reserved_requests
        self._projects: dict[str, int] = {}

    @classmethod
    @contextmanager
    def open(
        cls,
        *,
        page_size: int = 5,
        quota: int | None = None,
        me_quota: int | None = None,
        reserved_requests: int = 0,
    ) -> Iterator[TogglBed]:
        """Start the sandbox with Anna, whose token the connector has, and Bert, her colleague."""
        clock = ManualClock(START)
        workspace = TogglWorkspace(clock.now)
        workspace.add_user("Anna", api_token=TOKEN)
        workspace.add_user("Bert")
        with SandboxToggl(workspace, quota=quota, me_quota=me_quota) as server:
            yield cls(clock, server, page_size, reserved_requests)

    def tracker(self, *, clock_ahead: timedelta = timedelta(), **changes: object) -> TogglTimeTracker:
        settings: dict[str, Any] = {
            "workspace_id": self.workspace.workspace_id,
            "api_token": TOKEN,
            "base_url": self.server.base_url,
            "time_zone": "Europe/Amsterdam",
            "webhook_secret": WEBHOOK_SECRET,
            "report_page_size": self._page_size,
            "reserved_requests": self._reserved_requests,
            **changes,
        }
        environment = Environment(lambda: self.clock.now() + clock_ahead, self.clock.sleep, self.budgets)
        return TogglTimeTracker(TogglSettings.model_validate(settings), environment)

    def tracker_in(self, zone: str) -> TogglTimeTracker:
        return self.tracker(time_zone=zone)

    def tracker_with_wrong_credentials(self) -> TogglTimeTracker:
        return self.tracker(api_token="nobody's")

    def person(self, name: str) -> TogglUser:
        return next(user for user in self.workspace.users.values() if user.fullname == name)

    def project(self, name: str) -> int:
        if name not in self._projects:
            self._projects[name] = self.workspace.add_project(name, self.workspace.add_client(f"{name} BV"))
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
        return str(
            self.workspace.write_down(
                self.person(person).id,
                start,
                seconds,
                description,
                project_id=self.project(project) if project else None,
                tags=tags,
            )
        )

    def edit(
        self,
        entry_id: str,
        *,
        start: datetime | None = None,
        seconds: int | None = None,
        description: str | None = None,
    ) -> None:
        given = {"start": start, "duration": seconds, "description": description}
        self.workspace.edit(int(entry_id), **{name: value for name, value in given.items() if value is not None})

    def move(self, entry_id: str, project: str) -> None:
        self.workspace.move(int(entry_id), self.project(project))

    def delete(self, entry_id: str) -> None:
        self.workspace.delete(int(entry_id))

    def start_timer(self, description: str, *, person: str = "Anna") -> str:
        return str(self.workspace.start_timer(self.person(person).id, description))

    def stop_timer(self, entry_id: str) -> None:
        self.workspace.stop_timer(int(entry_id))

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
        event = next(event for event in self.server.webhooks.waiting if str(event.entry.id) == entry_id)
        subscription = Subscription(1, "http://127.0.0.1/hook", WEBHOOK_SECRET, validated=True)
        delivery = self.server.webhooks.call(event, subscription)
        return delivery.headers, delivery.body

    def absent_id(self) -> str:
        return "999999999999"

    def page_size(self) -> int:
        return self._page_size

    def calls(self) -> dict[str, int]:
        """How often each kind of call was made."""
        counts: Counter[str] = Counter()
        for request in self.server.requests:
            matched = CALLS.match(request.path)
            assert matched is not None, request.path
            counts["report" if matched["report"] else matched["v9"]] += 1
        return dict(counts)

    def forget_calls(self) -> None:
        self.server.requests.clear()

    def use_up_the_quota(self) -> None:
        while self.api.quota.take():
            self.clock.advance(timedelta(seconds=1))

    def server_stops(self) -> None:
        self.server.stop()
