"""A Kimai in memory: its people, customers, projects and timesheets, and what people do to them.

Methods of :class:`KimaiSite` that begin with a verb are what a person does in Kimai itself. As in the product, a
timesheet is kept in UTC with its own zone; what is deleted leaves nothing behind; an export marks timesheets without
touching their time of change. Nothing here knows HTTP.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

CURRENT_VERSION = 26600
UTC_SINCE = 24500
"""The version (2.45.0) from which on ``modified_after`` is read in UTC, and no longer in the zone of who asks."""


@dataclass(slots=True)
class KimaiUser:
    """Somebody with an account; only a super administrator sees colleagues."""

    id: int
    username: str
    token: str
    alias: str | None = None
    timezone: str = "Europe/Amsterdam"
    super_administrator: bool = True
    token_ends_at: datetime | None = None


@dataclass(slots=True)
class KimaiTimesheet:
    """Time that was worked; ``end`` is ``None`` while it runs. Instants are in UTC."""

    id: int
    user_id: int
    begin: datetime
    end: datetime | None
    description: str | None
    project_id: int
    activity: str
    timezone: str
    modified_at: datetime
    tags: tuple[str, ...] = ()
    pause_seconds: int = 0
    exported: bool = False
    billable: bool = True
    meta: dict[str, str] = field(default_factory=dict)

    @property
    def duration(self) -> int | None:
        """Booked seconds: without the break; none while it runs."""
        return None if self.end is None else int((self.end - self.begin).total_seconds()) - self.pause_seconds


@dataclass(slots=True)
class KimaiSite:
    """The whole site; safe to use from the server's threads. ``version`` is the release's number (26600 is 2.66.0)."""

    now: Callable[[], datetime]
    version: int = CURRENT_VERSION
    users: dict[int, KimaiUser] = field(default_factory=dict)
    projects: dict[int, tuple[str, int, str]] = field(default_factory=dict)
    timesheets: dict[int, KimaiTimesheet] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def add_user(self, username: str, *, token: str | None = None, timezone: str = "Europe/Amsterdam") -> KimaiUser:
        """Give somebody an account with an API token."""
        user_id = next(self._ids)
        self.users[user_id] = KimaiUser(user_id, username, token or f"token-of-{user_id}", timezone=timezone)
        return self.users[user_id]

    def add_project(self, name: str, customer: str) -> int:
        """Begin a project of a customer; gives its id."""
        project_id = next(self._ids)
        known = (customer_id for _, customer_id, name in self.projects.values() if name == customer)
        self.projects[project_id] = (name, next(known, None) or next(self._ids), customer)
        return project_id

    def write_down(
        self,
        user_id: int,
        begin: datetime,
        seconds: int | None,
        description: str | None = None,
        *,
        project_id: int,
        activity: str = "Development",
        tags: tuple[str, ...] = (),
    ) -> int:
        """Enter time that was worked, or start a timer (``seconds`` is ``None``); gives the timesheet's id."""
        with self.lock:
            begun = begin.astimezone(UTC).replace(microsecond=0)
            end = None if seconds is None else begun + timedelta(seconds=seconds)
            timesheet = KimaiTimesheet(
                next(self._ids),
                user_id,
                begun,
                end,
                description or None,
                project_id,
                activity,
                self.users[user_id].timezone,
                self._stamp(),
                tags,
            )
            self.timesheets[timesheet.id] = timesheet
            return timesheet.id

    def edit(self, timesheet_id: int, **changes: Any) -> None:
        """Change fields of a timesheet; ``begin`` moves its end along, ``seconds`` sets it."""
        with self.lock:
            timesheet = self.timesheets[timesheet_id]
            length = timesheet.end - timesheet.begin if timesheet.end else None
            if "seconds" in changes:
                length = timedelta(seconds=changes.pop("seconds") + timesheet.pause_seconds)
            for name, value in changes.items():
                setattr(timesheet, name, value.astimezone(UTC) if isinstance(value, datetime) else value)
            if length is not None and "end" not in changes:
                timesheet.end = timesheet.begin + length
            timesheet.modified_at = self._stamp()

    def stop(self, timesheet_id: int) -> None:
        """Stop a timer."""
        self.edit(timesheet_id, end=self._stamp())

    def export(self, *timesheet_ids: int) -> None:
        """Mark timesheets as exported, as an invoice does: in bulk, and without a trace in their time of change."""
        for timesheet_id in timesheet_ids:
            self.timesheets[timesheet_id].exported = True

    def delete(self, timesheet_id: int) -> None:
        """Delete a timesheet; nothing stays behind."""
        with self.lock:
            del self.timesheets[timesheet_id]

    def _stamp(self) -> datetime:
        return self.now().astimezone(UTC).replace(microsecond=0)
