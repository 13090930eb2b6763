"""The doors of the sandbox's Clockify: the core at ``/api/v1`` and the reports at ``/report/v1``.

Authentication is by ``X-Api-Key``. Errors are ``{"message", "code"}`` with a number as code; an unknown or
deleted entry is 400 with code 501, an unknown key 401 with code 4003, a value that cannot be read 400 with code 3000.
The detailed report reads its window as a wall clock in ``timeZone``, gives durations in whole seconds, rounds to
quarters unless told not to, leaves running timers out, does not tell what kind of entry a row is, and refuses more than
31 days (the free plan) and more than 200 rows a page. Source: the vendor's OpenAPI description.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.sandbox import clockify_shapes as shapes
from connectors.sandbox.clockify_state import ClockifyEntry, ClockifyUser, ClockifyWorkspace
from connectors.sandbox.parameters import Parameters
from connectors.sandbox.server import Answer, Request
from connectors.sandbox.values import Unreadable, choice, flag, inside, instant, text, texts, whole_number

MOST_DAYS = 31
MOST_ROWS, USUAL_ROWS = 200, 50
BEGINNING, END = datetime(2000, 1, 1, tzinfo=UTC), datetime(2199, 1, 1, tzinfo=UTC)
Keep = Callable[[ClockifyEntry], bool]


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a known user; ``parts`` are those of its path."""

    user: ClockifyUser
    query: Parameters
    body: Any
    parts: Mapping[str, str]


class ClockifyApi:
    """One workspace behind both hosts. ``most_rows`` caps a report's page, whatever is asked for."""

    def __init__(self, workspace: ClockifyWorkspace, *, most_rows: int = 1000) -> None:
        self.workspace = workspace
        self.most_rows = most_rows
        core = r"/api/v1/workspaces/(?P<workspace>[0-9a-zA-Z]+)"
        part = "[0-9a-zA-Z]+"
        self._routes: tuple[tuple[str, str, Callable[[Call], Answer]], ...] = (
            ("GET", r"/api/v1/user", self._me),
            ("GET", r"/api/v1/workspaces", self._workspaces),
            ("GET", core, self._workspace),
            ("GET", rf"{core}/users", self._users),
            ("GET", rf"{core}/(?P<kind>projects|clients|tags)", self._named),
            ("GET", rf"{core}/time-entries/status/in-progress", self._running),
            ("GET", rf"{core}/time-entries/(?P<id>{part})", self._entry),
            ("GET", rf"{core}/user/(?P<user>{part})/time-entries", self._entries_of_user),
            ("POST", rf"/report/v1/workspaces/(?P<workspace>{part})/reports/detailed", self._report),
        )

    def answer(self, request: Request) -> Answer:
        """Answer one call."""
        key = request.headers.get("x-api-key", "")
        user = next((user for user in self.workspace.users.values() if user.api_key == key), None)
        if user is None or (user.key_ends_at is not None and self.workspace.now() >= user.key_ends_at):
            return _error(401, 4003 if key else 1000, "Api key does not exist")
        for verb, pattern, handle in self._routes:
            matched = re.fullmatch(pattern, request.path)
            if verb == request.method and matched:
                if matched.groupdict().get("workspace", self.workspace.workspace_id) != self.workspace.workspace_id:
                    return _error(403, 501, "Access Denied")
                try:
                    with self.workspace.lock:
                        return handle(Call(user, request.query, request.json, matched.groupdict()))
                except Unreadable as error:
                    return _error(400, 3000, f"{error.name} is not {error.expected}")
        return _error(404, 3000, "No static resource")

    # ---- who and what there is -----------------------------------------------------------------------

    def _me(self, call: Call) -> Answer:
        flag(call.query, "include-memberships", False)
        return Answer(data=shapes.user(call.user, self.workspace))

    def _workspaces(self, call: Call) -> Answer:
        """Those where the user has a role; an administrator here is no owner."""
        roles = {None: True, "WORKSPACE_ADMIN": call.user.admin}
        return Answer(data=[self._workspace(call).data] if roles.get(text(call.query, "roles", None), False) else [])

    def _workspace(self, call: Call) -> Answer:
        return Answer(data={"id": self.workspace.workspace_id, "name": "Sandbox", "memberships": []})

    def _users(self, call: Call) -> Answer:
        name, email = text(call.query, "name", ""), text(call.query, "email", "")
        status = choice(call.query, "status", ("ACTIVE", "PENDING", "DECLINED", "INACTIVE", "ALL"), "ALL")
        people = [
            shapes.user(person, self.workspace)
            for person in self.workspace.users.values()
            if name.casefold() in person.name.casefold() and email in person.email and status in ("ALL", "ACTIVE")
        ]
        return self._page(call, people)

    def _named(self, call: Call) -> Answer:
        """Projects, clients or tags: none is archived here."""
        workspace, projects = self.workspace, self.workspace.projects.values()
        clients = {project.client_id: project.client_name for project in projects}
        rows = {
            "projects": [shapes.project(project, workspace) for project in projects],
            "clients": [shapes.client(client_id, name, workspace) for client_id, name in clients.items()],
            "tags": [shapes.tag(tag_id, name, workspace) for name, tag_id in workspace.tags.items()],
        }[call.parts["kind"]]
        name, is_strict = text(call.query, "name", ""), flag(call.query, "strict-name-search", False)
        is_archived = flag(call.query, "archived", False)
        kept = [
            row
            for row in rows
            if not is_archived
            and (row["name"] == name if is_strict else name.casefold() in str(row["name"]).casefold())
        ]
        return self._page(call, kept)

    def _page(self, call: Call, rows: Sequence[Any]) -> Answer:
        size = whole_number(call.query, "page-size", USUAL_ROWS, least=1, most=5000)
        page = whole_number(call.query, "page", 1, least=1)
        headers = {"Last-Page": str(page * size >= len(rows)).lower()}
        return Answer(data=list(rows[(page - 1) * size : page * size]), headers=headers)

    # ---- entries -------------------------------------------------------------------------------------

    def _running(self, call: Call) -> Answer:
        running = [entry for entry in self._seen_by(call.user) if entry.end is None]
        return self._page(call, [shapes.plain(self.workspace, entry) for entry in running])

    def _entry(self, call: Call) -> Answer:
        entry, is_hydrated = self.workspace.entries.get(call.parts["id"]), flag(call.query, "hydrated", False)
        if entry is None:
            return _error(400, 501, f"TIMEENTRY with id {call.parts['id']} doesn't belong to WORKSPACE")
        if not call.user.admin and entry.user_id != call.user.id:
            return _error(403, 403, "Access Denied")
        show = shapes.hydrated if is_hydrated else shapes.plain
        return Answer(data=show(self.workspace, entry))

    def _entries_of_user(self, call: Call) -> Answer:
        """One person's entries by their start, the newest first; running ones are among them."""
        user_id, query = call.parts["user"], call.query
        if not call.user.admin and user_id != call.user.id:
            return _error(403, 403, "Access Denied")
        if user_id not in self.workspace.users:
            return _error(400, 501, f"USER with id {user_id} doesn't belong to WORKSPACE")
        first, last = instant(query, "start", BEGINNING), instant(query, "end", END)
        project_id, words = text(query, "project", None), text(query, "description", "")
        is_running, show = flag(query, "in-progress", False), shapes.plain
        if flag(query, "hydrated", False):
            show = shapes.hydrated
        entries = [
            entry
            for entry in self.workspace.entries.values()
            if entry.user_id == user_id
            and first <= entry.start <= last
            and project_id in (None, entry.project_id)
            and words.casefold() in entry.description.casefold()
            and (entry.end is None or not is_running)
        ]
        entries.sort(key=lambda entry: (entry.start, entry.id), reverse=True)
        return self._page(call, [show(self.workspace, entry) for entry in entries])

    def _report(self, call: Call) -> Answer:
        if not isinstance(call.body, Parameters):
            return _error(400, 3000, "Bad request")
        body, paging = call.body, inside(call.body, "detailedFilter")
        zone = _zone(text(body, "timeZone", "UTC"))
        first, last = (_wall_clock(body, name, zone) for name in ("dateRangeStart", "dateRangeEnd"))
        page = whole_number(paging, "page", 1, least=1)
        size = min(whole_number(paging, "pageSize", USUAL_ROWS, least=1, most=MOST_ROWS), self.most_rows)
        is_rounded = flag(body, "rounding", True)
        is_descending = choice(body, "sortOrder", ("ASCENDING", "DESCENDING"), "DESCENDING") == "DESCENDING"
        choice(body, "exportType", ("JSON", "JSON_V1"), "JSON")
        choice(body, "amountShown", ("EARNED", "COST", "PROFIT", "HIDE_AMOUNT", "EXPORT"), "EARNED")
        choice(paging, "sortColumn", ("ID", "DATE", "ZONED_DATE", "NATURAL", "USER_DATE"), "DATE")
        choice(inside(paging, "options"), "totals", ("CALCULATE", "EXCLUDE"), "CALCULATE")
        keeps = self._report_filters(body)
        if last - first > timedelta(days=MOST_DAYS):
            return _error(403, 501, f"Reports are limited to {MOST_DAYS} days on your plan")
        entries = [
            entry
            for entry in self._seen_by(call.user)
            if entry.end is not None and first <= entry.start <= last and all(keep(entry) for keep in keeps)
        ]
        entries.sort(key=lambda entry: (entry.start, entry.id), reverse=is_descending)
        rows = [shapes.row(self.workspace, entry, rounded=is_rounded, zone=zone) for entry in entries]
        total = {"_id": "", "totalTime": sum(entry.seconds or 0 for entry in entries), "entriesCount": len(entries)}
        return Answer(data={"totals": [total], "timeentries": rows[(page - 1) * size : page * size]})

    def _report_filters(self, body: Parameters) -> list[Keep]:
        """The filters of a report that are asked for: people, projects, clients, text, billable and approved."""
        people, projects, clients = (self._chosen(body, name) for name in ("users", "projects", "clients"))
        words, is_billable = text(body, "description", ""), flag(body, "billable", None)
        approval = choice(body, "approvalState", ("APPROVED", "UNAPPROVED", "ALL"), "ALL")
        known = self.workspace.projects

        def client_of(entry: ClockifyEntry) -> str | None:
            project = known.get(entry.project_id or "")
            return project.client_id if project else None

        return [
            lambda entry: people(entry.user_id),
            lambda entry: projects(entry.project_id),
            lambda entry: clients(client_of(entry)),
            lambda entry: words.casefold() in entry.description.casefold(),
            lambda entry: is_billable in (None, entry.billable),
            lambda entry: approval == "ALL" or entry.locked == (approval == "APPROVED"),
        ]

    def _chosen(self, body: Parameters, name: str) -> Callable[[str | None], bool]:
        """``{"ids": […], "contains": "CONTAINS"}``: whether an id is among them, or is not."""
        given = inside(body, name)
        ids = texts(given, "ids")
        contains = choice(given, "contains", ("CONTAINS", "DOES_NOT_CONTAIN"), "CONTAINS") == "CONTAINS"
        choice(given, "status", ("ALL", "ACTIVE", "ARCHIVED", "INACTIVE"), "ALL")
        return lambda value: ids is None or (value in ids) is contains

    def _seen_by(self, user: ClockifyUser) -> list[ClockifyEntry]:
        return [entry for entry in self.workspace.entries.values() if user.admin or entry.user_id == user.id]


def _wall_clock(body: Parameters, name: str, zone: ZoneInfo) -> datetime:
    """A bound of a report: its clock is read in the report's zone, whatever zone is written."""
    return instant(body, name).replace(tzinfo=zone).astimezone(UTC)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Unreadable("timeZone", name, "a time zone") from None


def _error(status: int, code: int, message: str) -> Answer:
    return Answer(status, {"message": message, "code": code})
