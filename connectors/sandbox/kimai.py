"""A Kimai behind real HTTP on 127.0.0.1: its people, customers, projects and timesheets, and its API below ``/api``.

Methods of :class:`KimaiSite` that begin with a verb are what a person does in Kimai itself. As in the product, a
timesheet is kept in UTC and told in its own zone; filters on ``begin`` are read in the zone of who asks; what is
deleted leaves nothing behind; and an export marks timesheets without touching their time of change. Whoever is no
super administrator sees only their own.
"""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.sandbox.parameters import Parameters
from connectors.sandbox.server import Answer, Faults, Request, SandboxServer

CURRENT_VERSION = 26600
UTC_SINCE = 24500
"""The version (2.45.0) from which on ``modified_after`` is read in UTC, and no longer in the zone of who asks."""
MOST_A_PAGE, USUAL_PAGE = 500, 50
COLORS = {"color": None, "color-safe": "#5319e7"}


@dataclass(slots=True)
class KimaiUser:
    """Somebody with an account; only a super administrator sees colleagues."""

    id: int
    username: str
    token: str
    alias: str | None = None
    timezone: str = "Europe/Amsterdam"
    super_administrator: bool = True


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
        self.projects[project_id] = (name, next(self._ids), customer)
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
            found = KimaiTimesheet(
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
            self.timesheets[found.id] = found
            return found.id

    def edit(self, timesheet_id: int, **changes: Any) -> None:
        """Change fields of a timesheet; ``begin`` moves its end along, ``seconds`` sets it."""
        with self.lock:
            found = self.timesheets[timesheet_id]
            length = found.end - found.begin if found.end else None
            if "seconds" in changes:
                length = timedelta(seconds=changes.pop("seconds") + found.pause_seconds)
            for name, value in changes.items():
                setattr(found, name, value.astimezone(UTC) if isinstance(value, datetime) else value)
            if length is not None and "end" not in changes:
                found.end = found.begin + length
            found.modified_at = self._stamp()

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


class SandboxKimai(SandboxServer):
    """``with SandboxKimai(site) as server: server.base_url``."""

    def __init__(self, site: KimaiSite, *, faults: Faults | None = None, port: int = 0) -> None:
        super().__init__(site.now, faults, port)
        self.site = site

    def answer(self, request: Request) -> Answer:
        """What Kimai answers."""
        token = request.headers.get("authorization", "")
        user = next((user for user in self.site.users.values() if token == f"Bearer {user.token}"), None)
        if user is None:
            return Answer(401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}, is_empty=True)
        with self.site.lock:
            if request.path == "/api/version":
                return Answer(data=_version(self.site.version))
            if request.path == "/api/users/me":
                return Answer(data=_oneself(user))
            if request.path == "/api/timesheets":
                return self._list(user, request.query)
            matched = re.fullmatch(r"/api/timesheets/(\d+)", request.path)
            found = self.site.timesheets.get(int(matched[1])) if matched else None
            if found is None:
                return Answer(404, {"code": 404, "message": "Not Found"})
            if not _sees(user, found):
                return Answer(403, {"code": 403, "message": "Forbidden"})
            return Answer(data=self._entity(found))

    def _list(self, user: KimaiUser, query: Parameters) -> Answer:
        query.ignore("user", "project", "begin", "end", "modified_after")
        size = min(int(query.get("size", USUAL_PAGE)) or USUAL_PAGE, MOST_A_PAGE)
        found = [timesheet for timesheet in self.site.timesheets.values() if self._is_asked_for(timesheet, user, query)]
        order = query.get("orderBy", "begin")
        found.sort(key=lambda record: (getattr(record, order), record.id), reverse=query.get("order", "DESC") == "DESC")
        page, pages = int(query.get("page", 1)), max(1, -(-len(found) // size))
        if page > pages:
            return Answer(404, {"code": 404, "message": "Not Found"})
        headers = {
            "X-Page": str(page),
            "X-Total-Count": str(len(found)),
            "X-Total-Pages": str(pages),
            "X-Per-Page": str(size),
        }
        shown = self._full if query.get("full") in ("1", "true") else self._collected
        return Answer(data=[shown(record) for record in found[(page - 1) * size : page * size]], headers=headers)

    def _is_asked_for(self, one: KimaiTimesheet, user: KimaiUser, query: Mapping[str, str]) -> bool:
        zone = ZoneInfo(user.timezone)
        wanted = query.get("user", str(user.id)) if user.super_administrator else str(user.id)
        modified_zone = ZoneInfo("UTC") if self.site.version >= UTC_SINCE else zone
        return (
            wanted in ("all", str(one.user_id))
            and query.get("project", str(one.project_id)) == str(one.project_id)
            and ("begin" not in query or one.begin >= _local(query["begin"], zone))
            and ("end" not in query or one.begin <= _local(query["end"], zone))
            and ("modified_after" not in query or one.modified_at >= _local(query["modified_after"], modified_zone))
        )

    def _collected(self, one: KimaiTimesheet) -> dict[str, Any]:
        """A timesheet as a list shows it: ids alone."""
        zone = ZoneInfo(one.timezone)
        return {
            "id": one.id,
            "begin": _instant(one.begin, zone),
            "end": _instant(one.end, zone) if one.end else None,
            "duration": one.duration,
            "break": one.pause_seconds,
            "description": one.description,
            "activity": _activity_id(one.activity),
            "project": one.project_id,
            "user": one.user_id,
            "tags": list(one.tags),
            "rate": 0.0,
            "internalRate": 0.0,
            "exported": one.exported,
            "billable": one.billable,
            "metaFields": [{"name": name, "value": value} for name, value in one.meta.items()],
        }

    def _entity(self, one: KimaiTimesheet) -> dict[str, Any]:
        """A timesheet that was asked for by its id."""
        return {**self._collected(one), "fixedRate": None, "hourlyRate": None}

    def _full(self, one: KimaiTimesheet) -> dict[str, Any]:
        """A timesheet of a list with ``full=1``: with its activity, project, customer and user."""
        name, customer_id, customer = self.site.projects[one.project_id]
        common: dict[str, Any] = {
            "visible": True,
            "billable": True,
            "number": None,
            "comment": None,
            "metaFields": [],
            **COLORS,
        }
        return {
            **self._collected(one),
            "activity": {"id": _activity_id(one.activity), "name": one.activity, "project": None, **common},
            "project": {
                "id": one.project_id,
                "name": name,
                "customer": {"id": customer_id, "name": customer, "timezone": "Europe/Amsterdam", **common},
                "orderNumber": None,
                "orderDate": None,
                "globalActivities": True,
                "start": None,
                "end": None,
                **common,
            },
            "user": _person(self.site.users[one.user_id]),
        }


def _sees(user: KimaiUser, one: KimaiTimesheet) -> bool:
    return user.super_administrator or one.user_id == user.id


def _person(user: KimaiUser) -> dict[str, Any]:
    return {
        "id": user.id,
        "username": user.username,
        "alias": user.alias,
        "title": None,
        "initials": user.username[:2].upper(),
        "accountNumber": None,
        "enabled": True,
        "apiToken": False,
        "systemAccount": False,
        "language": "nl",
        "locale": "nl",
        "timezone": user.timezone,
        "avatar": None,
        **COLORS,
    }


def _oneself(user: KimaiUser) -> dict[str, Any]:
    roles = ["ROLE_SUPER_ADMIN", "ROLE_USER"] if user.super_administrator else ["ROLE_USER"]
    return {**_person(user), "roles": roles, "teams": [], "memberships": [], "preferences": [], "supervisor": None}


def _version(number: int) -> dict[str, Any]:
    told = f"{number // 10_000}.{number // 100 % 100}.{number % 100}"
    return {"version": told, "versionId": number, "copyright": f"Kimai {told} by Kevin Papst."}


def _activity_id(name: str) -> int:
    return 1 + sum(name.encode()) % 1000


def _local(text: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def _instant(value: datetime, zone: ZoneInfo) -> str:
    """As PHP writes it: the offset without a colon."""
    return value.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S%z")
