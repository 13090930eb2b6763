"""The doors of the sandbox's Clockify: the core at ``/api/v1`` and the reports at ``/report/v1``.

Authentication is by ``X-Api-Key``. Errors are ``{"message", "code"}`` with a number as code; an unknown or
deleted entry is 400 with code 501, an unknown key 401 with code 4003. The detailed report reads its window
literally when asked in UTC, gives durations in whole seconds, rounds to quarters unless told not to, leaves
running timers out, does not tell what kind of entry a row is, and refuses more than 31 days (the free plan).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.sandbox.clockify_state import ClockifyEntry, ClockifyUser, ClockifyWorkspace
from connectors.sandbox.server import Answer, Request

MOST_DAYS = 31
QUARTER_SECONDS = 900


class ClockifyApi:
    """One workspace behind both hosts. ``most_rows`` caps a report's page, whatever is asked for."""

    def __init__(self, workspace: ClockifyWorkspace, *, most_rows: int = 1000) -> None:
        self.workspace = workspace
        self.most_rows = most_rows

    def answer(self, request: Request) -> Answer:
        """Answer one call."""
        method, path, query = request.method, request.path, request.query
        key = request.headers.get("x-api-key", "")
        user = next((user for user in self.workspace.users.values() if user.api_key == key), None)
        if user is None:
            return _error(401, 4003 if key else 1000, "Api key does not exist")
        for verb, pattern, handle in self._routes():
            matched = re.fullmatch(pattern, path)
            if verb == method and matched:
                if matched.groupdict().get("workspace", self.workspace.workspace_id) != self.workspace.workspace_id:
                    return _error(403, 501, "Access Denied")
                for name, value in matched.groupdict().items():
                    query[name] = value
                    query.ignore(name)
                with self.workspace.lock:
                    return handle(user, query, request.json)
        return _error(404, 3000, "No static resource")

    def _routes(self) -> tuple[tuple[str, str, Callable[[ClockifyUser, Mapping[str, str], Any], Answer]], ...]:
        core = r"/api/v1/workspaces/(?P<workspace>\w+)"
        return (
            ("GET", r"/api/v1/user", self._me),
            ("GET", r"/api/v1/workspaces", self._workspaces),
            ("GET", core, self._workspace),
            ("GET", rf"{core}/time-entries/status/in-progress", self._running),
            ("GET", rf"{core}/time-entries/(?P<id>\w+)", self._entry),
            ("GET", rf"{core}/user/(?P<user>\w+)/time-entries", self._entries_of_user),
            ("POST", r"/report/v1/workspaces/(?P<workspace>\w+)/reports/detailed", self._report),
        )

    def _me(self, user: ClockifyUser, _asked: Mapping[str, str], _body: Any) -> Answer:
        return Answer(data={"id": user.id, "name": user.name, "email": user.email, "status": "ACTIVE"})

    def _workspaces(self, user: ClockifyUser, asked: Mapping[str, str], _body: Any) -> Answer:
        """Those where the user has a role; an administrator here is no owner."""
        is_among_them = {None: True, "WORKSPACE_ADMIN": user.admin}.get(asked.get("roles"), False)
        return Answer(data=[self._workspace(user, asked, None).data] if is_among_them else [])

    def _workspace(self, _user: ClockifyUser, _asked: Mapping[str, str], _body: Any) -> Answer:
        return Answer(data={"id": self.workspace.workspace_id, "name": "Sandbox", "memberships": []})

    def _running(self, user: ClockifyUser, asked: Mapping[str, str], _body: Any) -> Answer:
        size = int(asked.get("page-size", 50))
        begin = (int(asked.get("page", 1)) - 1) * size
        found = [entry for entry in self._seen_by(user) if entry.end is None][begin : begin + size]
        return Answer(data=[self._plain(entry) for entry in found])

    def _entry(self, user: ClockifyUser, asked: Mapping[str, str], _body: Any) -> Answer:
        entry = self.workspace.entries.get(asked["id"])
        if entry is None:
            return _error(400, 501, f"TIMEENTRY with id {asked['id']} doesn't belong to WORKSPACE")
        if not user.admin and entry.user_id != user.id:
            return _error(403, 403, "Access Denied")
        return Answer(data=self._hydrated(entry) if asked.get("hydrated") == "true" else self._plain(entry))

    def _entries_of_user(self, user: ClockifyUser, asked: Mapping[str, str], _body: Any) -> Answer:
        """One person's entries by their start, the newest first; running ones are among them."""
        if not user.admin and asked["user"] != user.id:
            return _error(403, 403, "Access Denied")
        if asked["user"] not in self.workspace.users:
            return _error(400, 501, f"USER with id {asked['user']} doesn't belong to WORKSPACE")
        try:
            first = datetime.fromisoformat(asked.get("start", "2000-01-01T00:00:00Z"))
            last = datetime.fromisoformat(asked.get("end", "2199-01-01T00:00:00Z"))
            page, size = int(asked.get("page", 1)), int(asked.get("page-size", 50))
        except ValueError:
            return _error(400, 3000, "Bad request")
        entries = sorted(
            (
                entry
                for entry in self.workspace.entries.values()
                if entry.user_id == asked["user"] and first <= entry.start <= last
            ),
            key=lambda entry: (entry.start, entry.id),
            reverse=True,
        )
        shown = [self._plain(entry) for entry in entries[(page - 1) * size : page * size]]
        return Answer(data=shown, headers={"Last-Page": str(page * size >= len(entries)).lower()})

    def _report(self, user: ClockifyUser, _asked: Mapping[str, str], body: Any) -> Answer:
        try:
            first = datetime.fromisoformat(body["dateRangeStart"])
            last = datetime.fromisoformat(body["dateRangeEnd"])
            page, size = int(body["detailedFilter"]["page"]), int(body["detailedFilter"].get("pageSize", 50))
        except (KeyError, TypeError, ValueError):
            return _error(400, 3000, "Bad request")
        if last - first > timedelta(days=MOST_DAYS):
            return _error(403, 501, f"Reports are limited to {MOST_DAYS} days on your plan")
        body.ignore("amountShown", "exportType", "timeZone")
        body["detailedFilter"].ignore("sortColumn", "options")
        is_rounded, is_descending = body.get("rounding") is not False, body.get("sortOrder") == "DESCENDING"
        found = [entry for entry in self._seen_by(user) if entry.end is not None and first <= entry.start <= last]
        found.sort(key=lambda entry: (entry.start, entry.id), reverse=is_descending)
        size = min(size, self.most_rows)
        rows = [self._row(entry, rounded=is_rounded) for entry in found]
        total = {"_id": "", "totalTime": sum(entry.seconds or 0 for entry in found), "entriesCount": len(found)}
        return Answer(data={"totals": [total], "timeentries": rows[(page - 1) * size : page * size]})

    def _seen_by(self, user: ClockifyUser) -> list[ClockifyEntry]:
        return [entry for entry in self.workspace.entries.values() if user.admin or entry.user_id == user.id]

    def _row(self, entry: ClockifyEntry, *, rounded: bool) -> dict[str, Any]:
        user, project = self.workspace.users[entry.user_id], self.workspace.projects.get(entry.project_id or "")
        seconds = entry.seconds or 0
        return {
            "_id": entry.id,
            "description": entry.description,
            "userId": user.id,
            "userName": user.name,
            "userEmail": user.email,
            "billable": entry.billable,
            "projectId": project.id if project else None,
            "projectName": project.name if project else None,
            "projectColor": "#03A9F4" if project else None,
            "clientId": project.client_id if project else None,
            "clientName": project.client_name if project else None,
            "taskId": None,
            "taskName": None,
            "tags": [{"id": self.workspace.tags[tag], "name": tag} for tag in entry.tags],
            "locked": entry.locked,
            "approvalRequestId": None,
            "timeInterval": {
                "start": _instant(entry.start),
                "end": _instant(entry.end),
                "duration": -(-seconds // QUARTER_SECONDS) * QUARTER_SECONDS if rounded else seconds,
            },
        }

    def _plain(self, entry: ClockifyEntry) -> dict[str, Any]:
        return {
            "id": entry.id,
            "description": entry.description,
            "tagIds": [self.workspace.tags[tag] for tag in entry.tags] or None,
            "userId": entry.user_id,
            "billable": entry.billable,
            "taskId": None,
            "projectId": entry.project_id,
            "workspaceId": self.workspace.workspace_id,
            "timeInterval": {
                "start": _instant(entry.start),
                "end": _instant(entry.end),
                "duration": _iso_duration(entry.seconds),
            },
            "customFieldValues": [],
            "type": entry.type,
            "kioskId": None,
            "hourlyRate": None,
            "costRate": None,
            "isLocked": entry.locked,
        }

    def _hydrated(self, entry: ClockifyEntry) -> dict[str, Any]:
        user, project = self.workspace.users[entry.user_id], self.workspace.projects.get(entry.project_id or "")
        shown = self._plain(entry)
        shown["user"] = {"id": user.id, "name": user.name, "email": user.email}
        shown["tags"] = [{"id": self.workspace.tags[tag], "name": tag} for tag in entry.tags]
        shown["project"] = (
            {
                "id": project.id,
                "name": project.name,
                "clientId": project.client_id,
                "clientName": project.client_name,
            }
            if project
            else None
        )
        return shown


def _instant(value: datetime | None) -> str | None:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


def _iso_duration(seconds: int | None) -> str | None:
    if seconds is None:
        return None
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = ((hours, "H"), (minutes, "M"), (rest, "S"))
    return "PT" + ("".join(f"{number}{unit}" for number, unit in parts if number) or "0S")


def _error(status: int, code: int, message: str) -> Answer:
    return Answer(status, {"message": message, "code": code})
