"""A Harvest account behind real HTTP on 127.0.0.1: its people, its time entries, and API v2 below ``/v2``.

Methods of :class:`HarvestAccount` that begin with a verb are what a person does in Harvest itself. Hours are
kept in hundredths, as the product keeps them; a deleted entry leaves nothing behind; an entry that an
ordinary member may not see is simply not found.
"""

from __future__ import annotations

import base64
import binascii
import itertools
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import urlencode

from connectors.sandbox.parameters import Parameters
from connectors.sandbox.server import Answer, Faults, Request, SandboxServer

MOST_A_PAGE = 2000
DEFAULT_TASK = "Programming"


@dataclass(slots=True)
class HarvestUser:
    """A member. Only an administrator's token sees colleagues."""

    id: int
    name: str
    access_token: str
    administrator: bool = True


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
    entries: dict[int, HarvestEntry] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(636_700_001))

    def add_user(self, name: str, *, access_token: str | None = None) -> HarvestUser:
        """Let somebody join."""
        user_id = next(self._ids)
        self.users[user_id] = HarvestUser(user_id, name, access_token or f"token-of-{user_id}")
        return self.users[user_id]

    def add_project(self, name: str, client_name: str) -> int:
        """Enter a project of a client; gives its id."""
        project_id = next(self._ids)
        self.projects[project_id] = (name, next(self._ids), client_name)
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
            entry_id, now = next(self._ids), self.now().replace(microsecond=0)
            self.entries[entry_id] = HarvestEntry(
                entry_id, user_id, spent_date, _hours(seconds), notes, project_id, task, now, now
            )
            self.entries[entry_id].external_reference = external_reference
            return entry_id

    def start_timer(self, user_id: int, spent_date: date, notes: str = "", *, project_id: int) -> int:
        """Start a timer; gives the entry's id."""
        entry_id = self.write_down(user_id, spent_date, 0, notes, project_id=project_id)
        self.entries[entry_id].timer_started_at = self.now().replace(microsecond=0)
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
            entry.updated_at = self.now().replace(microsecond=0)

    def delete(self, entry_id: int) -> None:
        """Delete an entry; nothing stays behind."""
        with self.lock:
            del self.entries[entry_id]

    def hours(self, entry: HarvestEntry) -> Decimal:
        """Hours so far, the running part included."""
        if entry.timer_started_at is None:
            return entry.hours
        return entry.hours + _hours(int((self.now() - entry.timer_started_at).total_seconds()))


class SandboxHarvest(SandboxServer):
    """``with SandboxHarvest(account) as server: server.api_url``."""

    def __init__(self, account: HarvestAccount, *, faults: Faults | None = None, port: int = 0) -> None:
        super().__init__(account.now, faults, port)
        self.account = account

    @property
    def api_url(self) -> str:
        """Where API v2 is."""
        return f"{self.base_url}/v2"

    def answer(self, request: Request) -> Answer:
        """What Harvest answers."""
        account_id = request.headers.get("harvest-account-id")
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        user = next((user for user in self.account.users.values() if user.access_token == token), None)
        if user is None or account_id != str(self.account.account_id):
            told = "The access token provided is expired, revoked, malformed or invalid for other reasons."
            return Answer(401, {"error": "invalid_token", "error_description": told})
        if "@" not in request.headers.get("user-agent", ""):
            return Answer(400, {"message": "User-Agent header with an address is required"})
        with self.account.lock:
            if request.path == "/v2/users/me":
                roles = ["administrator"] if user.administrator else ["member"]
                return Answer(data={"id": user.id, "first_name": user.name, "access_roles": roles})
            if request.path == "/v2/time_entries":
                return self._list(user, request.query)
            matched = re.fullmatch(r"/v2/time_entries/(\d+)", request.path)
            entry = self.account.entries.get(int(matched[1])) if matched else None
            if entry is None or not _sees(user, entry):
                return Answer(404, {"status": 404, "error": "Not Found"})
            return Answer(data=self._shown(entry))

    def _list(self, user: HarvestUser, query: Parameters) -> Answer:
        query.ignore("from", "to", "ref")
        size = int(query.get("per_page", MOST_A_PAGE))
        if size > MOST_A_PAGE:
            return Answer(422, {"message": "per_page must be less than or equal to 2000"})
        since = datetime.fromisoformat(query.get("updated_since", "1970-01-01T00:00:00+00:00"))
        found = [
            entry
            for entry in self.account.entries.values()
            if _sees(user, entry)
            and entry.updated_at >= since
            and query.get("from", "") <= entry.spent_date.isoformat() <= query.get("to", "9999")
        ]
        found.sort(key=lambda entry: (entry.spent_date, entry.id), reverse=True)
        begin = _position(query.get("cursor"))
        link = None
        if begin + size < len(found):
            following = base64.urlsafe_b64encode(str(begin + size).encode()).decode()
            filters = {name: value for name, value in query.whole().items() if name not in ("cursor", "ref", "page")}
            link = f"{self.api_url}/time_entries?{urlencode({**filters, 'cursor': following, 'ref': 'next_cursor'})}"
        page = {
            "time_entries": [self._shown(entry) for entry in found[begin : begin + size]],
            "per_page": size,
            "total_pages": max(1, -(-len(found) // size)),
            "total_entries": len(found),
            "next_page": None,
            "previous_page": None,
            "page": None,
            "links": {"first": f"{self.api_url}/time_entries", "next": link, "previous": None, "last": None},
        }
        return Answer(data=page)

    def _shown(self, entry: HarvestEntry) -> dict[str, Any]:
        user = self.account.users[entry.user_id]
        project, client_id, client = self.account.projects[entry.project_id]
        hours = self.account.hours(entry)
        stamps = {"created_at": _instant(entry.created_at), "updated_at": _instant(entry.updated_at)}
        return {
            "id": entry.id,
            "spent_date": entry.spent_date.isoformat(),
            "user": {"id": user.id, "name": user.name},
            "client": {"id": client_id, "name": client},
            "project": {"id": entry.project_id, "name": project},
            "task": {"id": 8_083_365, "name": entry.task},
            "user_assignment": {"id": 1, "is_project_manager": False, "is_active": True, "budget": None, **stamps},
            "task_assignment": {"id": 1, "billable": True, "is_active": True, "budget": None, **stamps},
            "hours": float(hours),
            "hours_without_timer": float(entry.hours),
            "rounded_hours": float(-(-hours * 4 // 1) / 4),
            "notes": entry.notes or None,
            **stamps,
            "is_locked": entry.billed,
            "locked_reason": "Item Invoiced" if entry.billed else None,
            "is_closed": False,
            "is_billed": entry.billed,
            "timer_started_at": _instant(entry.timer_started_at) if entry.timer_started_at else None,
            "started_time": None,
            "ended_time": None,
            "is_running": entry.timer_started_at is not None,
            "invoice": {"id": 1, "number": "1"} if entry.billed else None,
            "external_reference": entry.external_reference,
            "billable": True,
            "budgeted": True,
            "billable_rate": 100.0,
            "cost_rate": 50.0,
        }


def _sees(user: HarvestUser, entry: HarvestEntry) -> bool:
    return user.administrator or entry.user_id == user.id


def _position(cursor: str | None) -> int:
    try:
        return int(base64.urlsafe_b64decode(cursor or "MA=="))
    except (binascii.Error, ValueError):
        return 0


def _hours(seconds: int) -> Decimal:
    return (Decimal(seconds) / 3600).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
