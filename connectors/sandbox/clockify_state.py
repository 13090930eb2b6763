"""A Clockify workspace in memory: its people, projects and time entries, and what people do to them.

Methods that begin with a verb are what a person does in Clockify itself. Time comes from the clock that is
handed in; ids count up as 24 hexadecimal digits, so that the same doings give the same workspace. Nothing
here knows HTTP.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

WORKSPACE = "64a687e29ae1f428e7ebe303"


@dataclass(slots=True)
class ClockifyUser:
    """A member. Only an administrator's key sees colleagues."""

    id: str
    name: str
    email: str
    api_key: str
    admin: bool = True
    key_ends_at: datetime | None = None


@dataclass(slots=True)
class ClockifyProject:
    """A project of a client."""

    id: str
    name: str
    client_id: str
    client_name: str


@dataclass(slots=True)
class ClockifyEntry:
    """A time entry; ``end`` is ``None`` while its timer runs."""

    id: str
    user_id: str
    start: datetime
    end: datetime | None
    description: str
    project_id: str | None
    tags: list[str]
    billable: bool = True
    type: str = "REGULAR"
    locked: bool = False

    @property
    def seconds(self) -> int | None:
        """How long it took, in whole seconds."""
        return None if self.end is None else int((self.end - self.start).total_seconds())


@dataclass(slots=True)
class ClockifyWorkspace:
    """The whole workspace; safe to use from the server's threads."""

    now: Callable[[], datetime]
    workspace_id: str = WORKSPACE
    users: dict[str, ClockifyUser] = field(default_factory=dict)
    projects: dict[str, ClockifyProject] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    entries: dict[str, ClockifyEntry] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def add_user(self, name: str, *, api_key: str | None = None, admin: bool = True) -> ClockifyUser:
        """Let somebody join."""
        user_id = self._next()
        email = name.lower().replace(" ", ".") + "@example.com"
        self.users[user_id] = ClockifyUser(user_id, name, email, api_key or f"key-of-{user_id}", admin)
        return self.users[user_id]

    def add_project(self, name: str, client_name: str) -> str:
        """Enter a project of a client; gives its id."""
        project_id = self._next()
        known = (each.client_id for each in self.projects.values() if each.client_name == client_name)
        client_id = next(known, None) or self._next()
        self.projects[project_id] = ClockifyProject(project_id, name, client_id, client_name)
        return project_id

    def write_down(
        self,
        user_id: str,
        start: datetime,
        seconds: int,
        description: str = "",
        *,
        project_id: str | None = None,
        tags: tuple[str, ...] = (),
        kind: str = "REGULAR",
    ) -> str:
        """Enter time that was worked (or a break, or leave); gives the entry's id."""
        begin = _whole_second(start)
        return self._enter(user_id, begin, begin + timedelta(seconds=seconds), description, project_id, tags, kind)

    def start_timer(self, user_id: str, description: str = "", *, project_id: str | None = None) -> str:
        """Start a timer; gives the entry's id."""
        return self._enter(user_id, _whole_second(self.now()), None, description, project_id, (), "REGULAR")

    def stop_timer(self, entry_id: str) -> None:
        """Stop a running timer."""
        self.edit(entry_id, end=_whole_second(self.now()))

    def edit(self, entry_id: str, *, seconds: int | None = None, **changes: Any) -> None:
        """Change fields of an entry; a new start keeps the duration unless that is given too."""
        with self.lock:
            entry = self.entries[entry_id]
            duration = entry.seconds if seconds is None else seconds
            if ("start" in changes or seconds is not None) and duration is not None:
                changes["start"] = _whole_second(changes.get("start", entry.start))
                changes["end"] = changes["start"] + timedelta(seconds=duration)
            for name, value in changes.items():
                setattr(entry, name, value)

    def delete(self, entry_id: str) -> None:
        """Delete an entry; nothing stays behind."""
        with self.lock:
            del self.entries[entry_id]

    def _enter(
        self,
        user_id: str,
        start: datetime,
        end: datetime | None,
        description: str,
        project_id: str | None,
        tags: tuple[str, ...],
        kind: str,
    ) -> str:
        with self.lock:
            for tag in tags:
                self.tags.setdefault(tag, self._next())
            entry_id = self._next()
            self.entries[entry_id] = ClockifyEntry(
                entry_id, user_id, start, end, description, project_id, list(tags), type=kind
            )
            return entry_id

    def _next(self) -> str:
        return f"64c777ddd3fcab07{next(self._ids):08x}"


def _whole_second(value: datetime) -> datetime:
    return value.astimezone(UTC).replace(microsecond=0)
