"""A Harvest account in memory: its people, clients, projects and time entries, and what people do to them.

Methods of :class:`HarvestAccount` that begin with a verb are what a person does in Harvest itself. Hours are
kept in hundredths, as the product keeps them; a deleted entry leaves nothing behind. Nothing here knows HTTP.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

DEFAULT_TASK = "Programming"


@dataclass(slots=True)
class HarvestUser:
    """A member. Only an administrator's token sees colleagues."""

    id: int
    name: str
    access_token: str
    created_at: datetime
    administrator: bool = True
    token_ends_at: datetime | None = None


@dataclass(slots=True)
class HarvestEntry:
    """A time entry; ``timer_started_at`` is set while it runs."""

    id: int
    user_id: int
    spent_date: date
    hours: Decimal
    notes: str
    project_id: int
    task: str
    updated_at: datetime
    created_at: datetime
    timer_started_at: datetime | None = None
    billed: bool = False
    external_reference: Mapping[str, Any] | None = None


@dataclass(slots=True)
class HarvestAccount:
    """The whole account; safe to use from the server's threads."""

    now: Callable[[], datetime]
    account_id: int = 1_234_567
    users: dict[int, HarvestUser] = field(default_factory=dict)
    projects: dict[int, tuple[str, int, str]] = field(default_factory=dict)
    made_at: dict[int, datetime] = field(default_factory=dict)
    """When each client and project was entered, by its id."""
    entries: dict[int, HarvestEntry] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(636_700_001))

    def add_user(self, name: str, *, access_token: str | None = None) -> HarvestUser:
        """Let somebody join."""
        user_id = next(self._ids)
        self.users[user_id] = HarvestUser(user_id, name, access_token or f"token-of-{user_id}", self._second())
        return self.users[user_id]

    def add_project(self, name: str, client_name: str) -> int:
        """Enter a project of a client; gives its id."""
        project_id = next(self._ids)
        known = (client_id for _, client_id, client in self.projects.values() if client == client_name)
        client_id = next(known, None) or next(self._ids)
        self.projects[project_id] = (name, client_id, client_name)
        self.made_at.setdefault(client_id, self._second())
        self.made_at[project_id] = self._second()
        return project_id

    def write_down(
        self,
        user_id: int,
        spent_date: date,
        seconds: int,
        notes: str = "",
        *,
        project_id: int,
        task: str = DEFAULT_TASK,
        external_reference: Mapping[str, Any] | None = None,
    ) -> int:
        """Enter time that was worked; gives the entry's id."""
        with self.lock:
            entry_id, now = next(self._ids), self._second()
            self.entries[entry_id] = HarvestEntry(
                entry_id, user_id, spent_date, _hours(seconds), notes, project_id, task, now, now
            )
            self.entries[entry_id].external_reference = external_reference
            return entry_id

    def start_timer(self, user_id: int, spent_date: date, notes: str = "", *, project_id: int) -> int:
        """Start a timer; gives the entry's id."""
        entry_id = self.write_down(user_id, spent_date, 0, notes, project_id=project_id)
        self.entries[entry_id].timer_started_at = self._second()
        return entry_id

    def stop_timer(self, entry_id: int) -> None:
        """Stop a running timer."""
        self.edit(entry_id, hours=self.hours(self.entries[entry_id]), timer_started_at=None)

    def edit(self, entry_id: int, **changes: Any) -> None:
        """Change fields of an entry; ``seconds`` sets its hours."""
        with self.lock:
            entry = self.entries[entry_id]
            if "seconds" in changes:
                changes["hours"] = _hours(changes.pop("seconds"))
            for name, value in changes.items():
                setattr(entry, name, value)
            entry.updated_at = self._second()

    def delete(self, entry_id: int) -> None:
        """Delete an entry; nothing stays behind."""
        with self.lock:
            del self.entries[entry_id]

    def hours(self, entry: HarvestEntry) -> Decimal:
        """Hours so far, the running part included."""
        if entry.timer_started_at is None:
            return entry.hours
        return entry.hours + _hours(int((self.now() - entry.timer_started_at).total_seconds()))

    def _second(self) -> datetime:
        return self.now().replace(microsecond=0)


def _hours(seconds: int) -> Decimal:
    return (Decimal(seconds) / 3600).quantize(Decimal("0.01"), ROUND_HALF_UP)
