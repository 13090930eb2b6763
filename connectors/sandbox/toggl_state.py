"""A Toggl workspace in memory: its people, its projects, its time entries, and what people do to them.

Every method that begins with a verb is something a person does in Toggl itself: start and stop a timer,
write down time afterwards, edit, move, delete. Time comes from the clock that is handed in; ids count up
from fixed numbers, so that the same doings give the same workspace. Nothing here knows HTTP.

Terms
    entry      a time entry; a deleted one stays, with ``server_deleted_at``, as in the product
    event      what a webhook subscription is told about a change
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

FIRST_USER, FIRST_CLIENT, FIRST_PROJECT = 9_100_001, 65_000_001, 155_000_001
FIRST_TAG, FIRST_ENTRY, FIRST_EVENT = 16_900_001, 3_730_000_001, 1


@dataclass(slots=True)
class TogglUser:
    """A member of the workspace. Only an administrator's token sees colleagues."""

    id: int
    fullname: str
    email: str
    api_token: str
    timezone: str
    admin: bool = True
    token_ends_at: datetime | None = None


@dataclass(slots=True)
class TogglProject:
    """A project, with a client or without."""

    id: int
    name: str
    client_id: int | None
    created_at: datetime
    active: bool = True


@dataclass(slots=True)
class TogglEntry:
    """A time entry. ``duration`` is in seconds, negative while a timer runs."""

    id: int
    user_id: int
    start: datetime
    stop: datetime | None
    duration: int
    description: str
    project_id: int | None
    tags: list[str]
    billable: bool
    at: datetime
    workspace_id: int
    server_deleted_at: datetime | None = None

    @property
    def is_running(self) -> bool:
        """Whether a timer runs."""
        return self.duration < 0 and self.stop is None


@dataclass(frozen=True, slots=True)
class TogglEvent:
    """A change that a webhook tells: ``created``, ``updated`` or ``deleted``."""

    id: int
    action: str
    at: datetime
    user_id: int
    entry: TogglEntry


@dataclass(slots=True)
class TogglWorkspace:
    """The whole workspace; safe to use from the server's threads.

    ``premium`` says whether ``billable`` means something. ``report_lag`` is how late the report shows a change.
    ``listener`` is called with every event.
    """

    now: Callable[[], datetime]
    workspace_id: int = 2_230_580
    organization_id: int = 2_108_099
    premium: bool = True
    report_lag: timedelta = timedelta()
    users: dict[int, TogglUser] = field(default_factory=dict)
    clients: dict[int, str] = field(default_factory=dict)
    projects: dict[int, TogglProject] = field(default_factory=dict)
    tags: dict[str, int] = field(default_factory=dict)
    entries: dict[int, TogglEntry] = field(default_factory=dict)
    listener: Callable[[TogglEvent], None] | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)
    _ids: dict[str, Iterator[int]] = field(default_factory=dict)

    def add_user(
        self,
        fullname: str,
        *,
        api_token: str | None = None,
        timezone: str = "Europe/Amsterdam",
        admin: bool = True,
    ) -> TogglUser:
        """Let somebody join; without ``api_token`` one is made from the id."""
        user_id = self._next("user", FIRST_USER)
        email = fullname.lower().replace(" ", ".") + "@example.com"
        user = TogglUser(user_id, fullname, email, api_token or f"token-of-{user_id}".ljust(32, "0"), timezone, admin)
        self.users[user_id] = user
        return user

    def add_client(self, name: str) -> int:
        """Enter a client; gives its id."""
        client_id = self._next("client", FIRST_CLIENT)
        self.clients[client_id] = name
        return client_id

    def add_project(self, name: str, client_id: int | None = None) -> int:
        """Enter a project; gives its id."""
        project_id = self._next("project", FIRST_PROJECT)
        self.projects[project_id] = TogglProject(project_id, name, client_id, self.now())
        return project_id

    def write_down(
        self,
        user_id: int,
        start: datetime,
        seconds: int,
        description: str = "",
        *,
        project_id: int | None = None,
        tags: tuple[str, ...] = (),
        billable: bool = False,
        workspace_id: int | None = None,
    ) -> int:
        """Enter time that was worked; gives the entry's id."""
        with self.lock:
            begin = _to_the_second(start)
            entry = TogglEntry(
                id=self._next("entry", FIRST_ENTRY),
                user_id=user_id,
                start=begin,
                stop=begin + timedelta(seconds=seconds),
                duration=seconds,
                description=description,
                project_id=project_id,
                tags=self._known_tags(tags),
                billable=billable and self.premium,
                at=self.now(),
                workspace_id=workspace_id or self.workspace_id,
            )
            return self._enter(entry)

    def start_timer(
        self, user_id: int, description: str = "", *, project_id: int | None = None, tags: tuple[str, ...] = ()
    ) -> int:
        """Start a timer; one that was running stops, as in the product. Gives the new entry's id."""
        with self.lock:
            running = self.running(user_id)
            if running is not None:
                self.stop_timer(running.id)
            begin = _to_the_second(self.now())
            entry = TogglEntry(
                id=self._next("entry", FIRST_ENTRY),
                user_id=user_id,
                start=begin,
                stop=None,
                duration=-int(begin.timestamp()),
                description=description,
                project_id=project_id,
                tags=self._known_tags(tags),
                billable=False,
                at=self.now(),
                workspace_id=self.workspace_id,
            )
            return self._enter(entry)

    def stop_timer(self, entry_id: int) -> None:
        """Stop a running timer."""
        with self.lock:
            entry = self._living(entry_id)
            stop = _to_the_second(self.now())
            self._change(entry, stop=stop, duration=int((stop - entry.start).total_seconds()))

    def edit(self, entry_id: int, **changes: Any) -> None:
        """Change fields of an entry; a new ``duration`` moves ``stop`` unless that is given too."""
        with self.lock:
            entry = self._living(entry_id)
            if "tags" in changes:
                changes["tags"] = self._known_tags(changes["tags"])
            if "start" in changes:
                changes["start"] = _to_the_second(changes["start"])
            if ("duration" in changes or "start" in changes) and "stop" not in changes:
                begin, seconds = changes.get("start", entry.start), changes.get("duration", entry.duration)
                changes["stop"] = begin + timedelta(seconds=seconds) if seconds >= 0 else None
            self._change(entry, **changes)

    def move(self, entry_id: int, project_id: int | None) -> None:
        """Move an entry to another project."""
        self.edit(entry_id, project_id=project_id)

    def delete(self, entry_id: int) -> None:
        """Delete an entry."""
        with self.lock:
            entry = self._living(entry_id)
            entry.server_deleted_at = _to_the_second(self.now())
            entry.at = self.now()
            self._tell("deleted", entry)

    def restore(self, entry_id: int) -> None:
        """Take a deletion back."""
        with self.lock:
            entry = self.entries[entry_id]
            entry.server_deleted_at = None
            entry.at = self.now()
            self._tell("created", entry)

    def rename_project(self, project_id: int, name: str) -> None:
        """Give a project another name; its entries keep their time stamps."""
        self.projects[project_id].name = name

    def delete_project(self, project_id: int) -> None:
        """Delete a project; its entries stay, without a project and with unchanged time stamps."""
        with self.lock:
            del self.projects[project_id]
            for entry in self.entries.values():
                if entry.project_id == project_id:
                    entry.project_id = None

    def running(self, user_id: int) -> TogglEntry | None:
        """The person's running timer."""
        return next((entry for entry in self.living() if entry.user_id == user_id and entry.is_running), None)

    def living(self) -> list[TogglEntry]:
        """Every entry that is not deleted."""
        with self.lock:
            return [entry for entry in self.entries.values() if entry.server_deleted_at is None]

    def local_date(self, entry: TogglEntry) -> str:
        """The date on which the report books it: the start in its creator's own zone."""
        return entry.start.astimezone(ZoneInfo(self.users[entry.user_id].timezone)).date().isoformat()

    def _enter(self, entry: TogglEntry) -> int:
        self.entries[entry.id] = entry
        self._tell("created", entry)
        return entry.id

    def _change(self, entry: TogglEntry, **changes: Any) -> None:
        for name, value in changes.items():
            setattr(entry, name, value)
        entry.at = self.now()
        self._tell("updated", entry)

    def _tell(self, action: str, entry: TogglEntry) -> None:
        if self.listener is not None:
            self.listener(TogglEvent(self._next("event", FIRST_EVENT), action, self.now(), entry.user_id, entry))

    def _living(self, entry_id: int) -> TogglEntry:
        entry = self.entries[entry_id]
        if entry.server_deleted_at is not None:
            raise KeyError(entry_id)
        return entry

    def _known_tags(self, names: tuple[str, ...] | list[str]) -> list[str]:
        for name in names:
            if name not in self.tags:
                self.tags[name] = self._next("tag", FIRST_TAG)
        return list(names)

    def _next(self, kind: str, first: int) -> int:
        return next(self._ids.setdefault(kind, itertools.count(first)))


def _to_the_second(value: datetime) -> datetime:
    return value.astimezone(UTC).replace(microsecond=0)
