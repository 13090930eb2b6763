"""The doors of the sandbox's Toggl: authentication, quota, and which call does what.

Error bodies are bare JSON text, as the product's are; 401 has an empty body.

Terms
    quota    requests per organisation in a sliding hour; its breach is 402 with the quota headers
    me quota the same for ``/me`` paths alone (30 an hour on every plan but Enterprise)
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.sandbox import toggl_shapes as shapes
from connectors.sandbox.parameters import Parameters
from connectors.sandbox.server import Answer, Request
from connectors.sandbox.toggl_report import Refused, search
from connectors.sandbox.toggl_state import TogglEntry, TogglUser, TogglWorkspace
from connectors.sandbox.values import Unreadable, choice, flag, instant, numbers, text, texts, whole_number

HOUR = timedelta(hours=1)
FURTHEST_SINCE = timedelta(days=90)
MOST_PROJECTS = 200
DEFAULT_PROJECTS = 151
MOST_ENTRIES = 1000
LATEST_STAMP, LONGEST_SECONDS = 4_102_444_800, 999 * 3600
HINDRANCE = "'since' and 'before' can not be present simultaneously"


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a known user."""

    user: TogglUser
    query: Parameters
    body: Any
    found: Mapping[str, str]


@dataclass(slots=True)
class Quota:
    """Requests in a sliding hour; ``limit`` ``None`` counts nothing."""

    limit: int | None
    now: Callable[[], datetime]
    _taken: deque[datetime] = field(default_factory=deque)

    def take(self) -> bool:
        """Use one request up; false when none is left."""
        while self._taken and self._taken[0] <= self.now() - HOUR:
            self._taken.popleft()
        if self.limit is not None and len(self._taken) >= self.limit:
            return False
        self._taken.append(self.now())
        return True

    def headers(self) -> dict[str, str]:
        """What the product tells about it."""
        if self.limit is None:
            return {}
        oldest = self._taken[0] if self._taken else self.now()
        resets_in = max(0, int((oldest + HOUR - self.now()).total_seconds()))
        return {
            "X-Toggl-Quota-Remaining": str(self.limit - len(self._taken)),
            "X-Toggl-Quota-Resets-In": str(resets_in),
        }


class TogglApi:
    """API v9 and Reports v3 over one workspace.

    ``most_rows`` caps a report's page. Some things go wrong when told to: ``report_is_in_plan`` (402 without
    quota headers), ``skips_rows`` (a page begins later than asked for), ``repeats_pages`` (a page leads to itself).
    """

    def __init__(
        self,
        workspace: TogglWorkspace,
        *,
        quota: int | None = None,
        me_quota: int | None = None,
        most_rows: int = 1000,
    ) -> None:
        self.workspace = workspace
        self.quota = Quota(quota, workspace.now)
        self.me_quota = Quota(me_quota, workspace.now)
        self.most_rows = most_rows
        self.report_is_in_plan = True
        self.skips_rows = False
        self.repeats_pages = False

    def answer(self, request: Request) -> Answer:
        """Answer one call."""
        method, path, query = request.method, request.path, request.query
        user = self._user(request.headers.get("authorization", ""))
        if user is None:
            return Answer(401, is_empty=True)
        quota = self.me_quota if path.startswith("/api/v9/me") and self.me_quota.limit is not None else self.quota
        if path != "/api/v9/me/quota" and not quota.take():
            told = "You have hit your hourly limit for API calls. Please try again later."
            return Answer(402, told, quota.headers())
        for verb, pattern, handle in self._routes():
            matched = re.fullmatch(pattern, path)
            if verb == method and matched:
                try:
                    with self.workspace.lock:
                        answer = handle(Call(user, query, request.json, matched.groupdict()))
                except Unreadable as error:
                    answer = Answer(400, f"Invalid value of '{error.name}'")
                return Answer(answer.status, answer.data, {**quota.headers(), **answer.headers})
        return Answer(404, "Not found", quota.headers())

    def _routes(self) -> tuple[tuple[str, str, Callable[[Call], Answer]], ...]:
        workspace = rf"/api/v9/workspaces/{self.workspace.workspace_id}"
        entries = rf"{workspace}/time_entries"
        return (
            ("GET", r"/api/v9/me", self._me),
            ("GET", r"/api/v9/me/quota", self._quotas),
            ("GET", r"/api/v9/me/time_entries", self._my_entries),
            ("GET", r"/api/v9/me/time_entries/current", self._my_timer),
            ("GET", r"/api/v9/me/time_entries/(?P<id>[0-9]{1,18})", self._my_entry),
            ("GET", r"/api/v9/me/logged", lambda call: Answer(is_empty=True)),
            ("GET", r"/api/v9/me/projects", self._my_projects),
            ("GET", r"/api/v9/me/clients", lambda call: Answer(data=shapes.clients_json(self.workspace))),
            ("GET", r"/api/v9/me/tags", lambda call: Answer(data=shapes.tags_json(self.workspace))),
            ("GET", r"/api/v9/me/workspaces", self._workspaces),
            ("GET", r"/api/v9/workspaces", self._workspaces),
            ("GET", r"/api/v9/me/organizations", lambda call: Answer(data=shapes.organizations_json(self.workspace))),
            ("GET", workspace, lambda call: Answer(data=shapes.workspace_json(self.workspace, call.user))),
            ("GET", rf"{workspace}/projects", self._projects),
            ("GET", rf"{workspace}/projects/(?P<id>[0-9]{{1,18}})", self._project),
            ("GET", rf"{workspace}/clients", self._clients),
            ("GET", rf"{workspace}/tags", lambda call: Answer(data=shapes.tags_json(self.workspace))),
            ("GET", rf"{workspace}/users", lambda call: Answer(data=shapes.users_json(self.workspace))),
            ("POST", entries, self._create),
            ("PUT", rf"{entries}/(?P<id>[0-9]{{1,18}})", self._change),
            ("PATCH", rf"{entries}/(?P<id>[0-9]{{1,18}})/stop", self._stop),
            ("DELETE", rf"{entries}/(?P<id>[0-9]{{1,18}})", self._delete),
            (
                "POST",
                rf"/reports/api/v3/workspace/{self.workspace.workspace_id}/search/time_entries",
                self._report,
            ),
            ("POST", r"/reports/api/v3/workspace/[0-9]{1,18}/search/time_entries", self._another_workspace),
        )

    def _user(self, authorization: str) -> TogglUser | None:
        scheme, _, encoded = authorization.partition(" ")
        try:
            token, _, word = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        if scheme != "Basic" or word != "api_token":
            return None
        user = next((user for user in self.workspace.users.values() if user.api_token == token), None)
        if user is not None and user.token_ends_at is not None and self.workspace.now() >= user.token_ends_at:
            return None
        return user

    def _me(self, call: Call) -> Answer:
        flag(call.query, "with_related_data", False)
        return Answer(data=shapes.me_json(self.workspace, call.user))

    def _quotas(self, call: Call) -> Answer:
        told = [
            {"organization_id": organization, "remaining": quota.limit - len(quota._taken), "total": quota.limit}
            for organization, quota in ((self.workspace.organization_id, self.quota), (None, self.me_quota))
            if quota.limit is not None
        ]
        return Answer(data=told)

    def _my_entries(self, call: Call) -> Answer:
        query, now = call.query, self.workspace.now()
        mine = [entry for entry in self.workspace.entries.values() if entry.user_id == call.user.id]
        if "since" in query and "before" in query:
            return Answer(400, HINDRANCE)
        has_names = flag(query, "meta", False)
        flag(query, "include_sharing", False)
        if "since" in query:
            since = datetime.fromtimestamp(whole_number(query, "since", least=0, most=LATEST_STAMP), UTC)
            if since < now - FURTHEST_SINCE:
                return Answer(400, "since must not be older than 3 months")
            entries = [entry for entry in mine if entry.at >= since]
        else:
            first, last = instant(query, "start_date", None), instant(query, "end_date", None)
            before = instant(query, "before", None)
            is_last_day = len(str(query.get("end_date"))) == len("2026-12-01")
            last = last + timedelta(days=1) if last is not None and is_last_day else last
            entries = [
                entry
                for entry in mine
                if entry.server_deleted_at is None
                and (first is None or entry.start >= first)
                and (last is None or entry.start < last)
                and (before is None or entry.start < before)
            ]
        entries.sort(key=lambda entry: entry.start, reverse=True)
        shown = [shapes.entry_json(self.workspace, entry, meta=has_names) for entry in entries[:MOST_ENTRIES]]
        return Answer(data=shown)

    def _my_timer(self, call: Call) -> Answer:
        running = self.workspace.running(call.user.id)
        return Answer(data=shapes.entry_json(self.workspace, running) if running else None)

    def _my_entry(self, call: Call) -> Answer:
        entry, has_names = self._own(call), flag(call.query, "meta", False)
        flag(call.query, "include_sharing", False)
        if entry is None:
            return Answer(404, "Time entry not found/accessible")
        return Answer(data=shapes.entry_json(self.workspace, entry, meta=has_names))

    def _projects(self, call: Call) -> Answer:
        query = call.query
        size = whole_number(query, "per_page", DEFAULT_PROJECTS, least=1, most=MOST_PROJECTS)
        begin = (whole_number(query, "page", 1, least=1) - 1) * size
        wanted = choice(query, "active", ("true", "false", "both", "True", "False"), "true").lower()
        name, client_ids = text(query, "name", ""), numbers(query, "client_ids")
        listed = [
            project
            for project in shapes.projects_json(self.workspace)
            if wanted in ("both", str(project["active"]).lower())
            and name.casefold() in project["name"].casefold()
            and (client_ids is None or project["client_id"] in client_ids)
        ]
        return Answer(data=listed[begin : begin + size])

    def _my_projects(self, call: Call) -> Answer:
        includes_archived = flag(call.query, "include_archived", False)
        listed = shapes.projects_json(self.workspace)
        return Answer(data=[project for project in listed if project["active"] or includes_archived])

    def _project(self, call: Call) -> Answer:
        project_id = int(call.found["id"])
        listed = shapes.projects_json(self.workspace)
        project = next((project for project in listed if project["id"] == project_id), None)
        return Answer(404, "Project not found/accessible") if project is None else Answer(data=project)

    def _clients(self, call: Call) -> Answer:
        """None is archived here."""
        status = choice(call.query, "status", ("active", "archived", "both"), "active")
        name = text(call.query, "name", "").casefold()
        listed = shapes.clients_json(self.workspace) if status != "archived" else []
        return Answer(data=[client for client in listed if name in client["name"].casefold()])

    def _workspaces(self, call: Call) -> Answer:
        return Answer(data=[shapes.workspace_json(self.workspace, call.user)])

    def _report(self, call: Call) -> Answer:
        if not self.report_is_in_plan:
            return Answer(402, "Workspace needs to have this feature enabled")
        if not isinstance(call.body, Parameters):
            return Answer(400, "At least one parameter must be set")
        try:
            rows, headers = search(self.workspace, call.user, self._lied_to(call.body), self.most_rows)
        except Refused as refused:
            return Answer(400, str(refused))
        if self.repeats_pages and "first_row_number" in call.body:
            headers = {**headers, "X-Next-Row-Number": str(call.body["first_row_number"])}
            headers |= {"X-Next-ID": str(call.body["first_id"]), "X-Next-Timestamp": str(call.body["first_timestamp"])}
        return Answer(data=rows, headers=headers)

    def _lied_to(self, body: Parameters) -> Parameters:
        if self.skips_rows and "first_row_number" in body:
            body["first_row_number"] = whole_number(body, "first_row_number") + 1
        return body

    def _another_workspace(self, call: Call) -> Answer:
        return Answer(403, "Workspace not found/accessible")

    def _create(self, call: Call) -> Answer:
        body = call.body if isinstance(call.body, Parameters) else Parameters()
        if not body.get("start") or not body.get("created_with"):
            return Answer(400, "created_with needs to be provided an a valid string")
        start = instant(body, "start")
        seconds = whole_number(body, "duration", 0, least=-LATEST_STAMP, most=LONGEST_SECONDS)
        description, project_id = text(body, "description", ""), self._known_project(body)
        body.ignore("wid", "workspace_id", "billable", "tag_ids", "task_id", "duronly", "user_id")
        tags = tuple(texts(body, "tags") or ())
        entry_id = self.workspace.write_down(
            call.user.id, start, max(seconds, 0), description, project_id=project_id, tags=tags
        )
        entry = self.workspace.entries[entry_id]
        if seconds < 0:
            entry.duration, entry.stop = -int(entry.start.timestamp()), None
        shown = shapes.entry_json(self.workspace, entry)
        return Answer(data=shown | ({"stop": None} if seconds <= 0 else {}))

    def _known_project(self, body: Parameters) -> int | None:
        project_id = whole_number(body, "project_id", None)
        if project_id is not None and project_id not in self.workspace.projects:
            raise Unreadable("project_id", project_id, "a project of this workspace")
        return project_id

    def _change(self, call: Call) -> Answer:
        entry, body = self._own(call), call.body
        if entry is None or not isinstance(body, Parameters):
            return Answer(404, "Time entry not found/accessible")
        changes: dict[str, Any] = {}
        for name, read in (("description", text), ("billable", flag), ("tags", texts), ("start", instant)):
            if body.get(name) is not None:
                changes[name] = read(body, name)
        if "duration" in body:
            changes["duration"] = whole_number(body, "duration", least=-LATEST_STAMP, most=LONGEST_SECONDS)
        if "project_id" in body:
            changes["project_id"] = self._known_project(body)
        body.ignore("wid", "workspace_id", "created_with", "tag_ids", "task_id", "duronly", "user_id")
        self.workspace.edit(entry.id, **changes)
        return Answer(data=shapes.entry_json(self.workspace, entry))

    def _stop(self, call: Call) -> Answer:
        entry = self._own(call)
        if entry is None:
            return Answer(404, "Time entry not found/accessible")
        if not entry.is_running:
            return Answer(409, "Time entry already stopped")
        self.workspace.stop_timer(entry.id)
        return Answer(data=shapes.entry_json(self.workspace, entry))

    def _delete(self, call: Call) -> Answer:
        entry = self._own(call)
        if entry is None:
            return Answer(404, "Time entry not found/accessible")
        self.workspace.delete(entry.id)
        return Answer(data=None)

    def _own(self, call: Call) -> TogglEntry | None:
        entry = self.workspace.entries.get(int(call.found["id"]))
        if entry is None or entry.user_id != call.user.id or entry.server_deleted_at is not None:
            return None
        return entry
