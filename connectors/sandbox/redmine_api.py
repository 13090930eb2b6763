"""The REST API of the sandbox's Redmine 5.0, to read and to write.

It answers as the real one was recorded to: filters and sorting that Redmine does not know are ignored without a
word, ``limit`` is cut to 100, refusals (401, 403, 404) have an empty body, and a change answers 204 without one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from connectors.sandbox import redmine_shapes as shapes
from connectors.sandbox.redmine_state import (
    ARCHIVED,
    EDIT_TIME,
    LOG_TIME,
    LOG_TIME_FOR_OTHERS,
    STATUSES,
    VIEW_ISSUES,
    VIEW_TIME,
    RedmineEntry,
    RedmineIssue,
    RedmineProject,
    RedmineSite,
    RedmineUser,
)
from connectors.sandbox.server import Answer, Request

MOST_A_PAGE, USUAL_PAGE = 100, 25
_HOURS = re.compile(r"(?:(\d+)\s*(?:h|hours?|:))?\s*(?:(\d+)\s*(?:m|min|minutes?)?)?")


@dataclass(frozen=True, slots=True)
class _Call:
    """One request of a known user; ``id`` is the number in its path, 0 where there is none."""

    user: RedmineUser
    query: Mapping[str, str]
    body: Mapping[str, Any]
    id: int


class _Invalid(Exception):
    """What the product will not save, in its own words."""


NO_CONTENT = Answer(204, is_empty=True)
FORBIDDEN = Answer(403, is_empty=True)
NOT_FOUND = Answer(404, is_empty=True)


class RedmineApi:
    """Every call of one site; ``address`` gives where the site is."""

    def __init__(self, site: RedmineSite, address: Callable[[], str]) -> None:
        self.site = site
        self._address = address
        self._routes: list[tuple[re.Pattern[str], Callable[[_Call], Answer]]] = [
            (re.compile(pattern), does)
            for pattern, does in (
                (r"GET /time_entries\.json", self._list_entries),
                (r"POST /time_entries\.json", self._spend_time),
                (r"GET /time_entries/(\d+)\.json", self._show_entry),
                (r"PUT /time_entries/(\d+)\.json", self._change_entry),
                (r"DELETE /time_entries/(\d+)\.json", self._delete_entry),
                (r"GET /issues\.json", self._list_issues),
                (r"POST /issues\.json", self._open_issue),
                (r"GET /issues/(\d+)\.json", self._show_issue),
                (r"PUT /issues/(\d+)\.json", self._change_issue),
                (r"DELETE /issues/(\d+)\.json", self._delete_issue),
                (r"GET /projects\.json", self._list_projects),
                (r"POST /projects\.json", self._begin_project),
                (r"PUT /projects/(\d+)/archive\.json", self._archive_project),
                (r"POST /projects/(\d+)/memberships\.json", self._add_member),
                (r"PUT /memberships/(\d+)\.json", self._change_membership),
                (r"DELETE /memberships/(\d+)\.json", self._end_membership),
                (r"GET /users/current\.json", self._show_oneself),
                (r"POST /users\.json", self._add_user),
                (r"GET /roles\.json", self._list_roles),
                (r"GET /roles/(\d+)\.json", self._show_role),
                (r"GET /custom_fields\.json", self._list_fields),
                (r"GET /enumerations/time_entry_activities\.json", self._list_activities),
            )
        ]

    def answer(self, request: Request) -> Answer:
        """What Redmine answers."""
        key = request.headers.get("x-redmine-api-key")
        with self.site.lock:
            user = next((user for user in self.site.users.values() if user.api_key == key), None)
            if user is None:
                return Answer(401, headers={"WWW-Authenticate": 'Basic realm="Redmine API"'}, is_empty=True)
            for pattern, does in self._routes:
                if matched := pattern.fullmatch(f"{request.method} {request.path}"):
                    found = int(matched[1]) if matched.groups() else 0
                    try:
                        return does(_Call(user, request.query, request.json or {}, found))
                    except _Invalid as error:
                        return Answer(422, {"errors": [str(error)]})
        return NOT_FOUND

    # ---- time entries ------------------------------------------------------------------------------

    def _list_entries(self, call: _Call) -> Answer:
        found = [entry for entry in self.site.entries.values() if self.site.lists(call.user, entry)]
        for name, value in call.query.items():
            if keeps := _ENTRY_FILTERS.get(name):
                found = [entry for entry in found if keeps(entry, call.user, value)]
        found.sort(key=lambda entry: entry.id)
        column, _, direction = call.query.get("sort", "spent_on:desc").partition(":")
        if column == "spent_on":
            found.sort(key=lambda entry: (entry.spent_on, entry.created_on), reverse=direction == "desc")
        elif column == "created_on":
            found.sort(key=lambda entry: entry.created_on, reverse=direction == "desc")
        return _page("time_entries", found, call.query, lambda entry: shapes.time_entry(self.site, entry))

    def _show_entry(self, call: _Call) -> Answer:
        entry = self.site.entries.get(call.id)
        if entry is None:
            return NOT_FOUND
        if not self.site.may(call.user, VIEW_TIME, entry.project_id):
            return FORBIDDEN
        return Answer(data={"time_entry": shapes.time_entry(self.site, entry)})

    def _spend_time(self, call: _Call) -> Answer:
        given = call.body.get("time_entry", {})
        issue = self.site.issues.get(given.get("issue_id", 0))
        project = self._project(given.get("project_id")) if issue is None else self.site.projects[issue.project_id]
        if project is None:
            raise _Invalid("Project cannot be blank")
        if not self.site.may(call.user, LOG_TIME, project.id):
            return FORBIDDEN
        entry = self.site.spend_time(
            self._worker(given, call.user, project),
            project.id,
            _hours(given.get("hours")),
            date.fromisoformat(given.get("spent_on") or self.site.now().date().isoformat()),
            activity_id=given["activity_id"],
            issue_id=issue.id if issue else None,
            comments=given.get("comments"),
            values=_values(given),
        )
        return self._made("time_entry", "time_entries", entry.id, shapes.time_entry(self.site, entry))

    def _change_entry(self, call: _Call) -> Answer:
        entry, given = self.site.entries.get(call.id), call.body.get("time_entry", {})
        if entry is None:
            return NOT_FOUND
        if not self.site.may(call.user, EDIT_TIME, entry.project_id):
            return FORBIDDEN
        if "hours" in given:
            entry.hours = _hours(given["hours"])
        if "spent_on" in given:
            entry.spent_on = date.fromisoformat(given["spent_on"])
        for name in ("comments", "project_id", "issue_id", "activity_id"):
            if name in given:
                setattr(entry, name, given[name])
        entry.values.update(_values(given))
        entry.updated_on = self.site.now()
        return NO_CONTENT

    def _delete_entry(self, call: _Call) -> Answer:
        entry = self.site.entries.get(call.id)
        if entry is None:
            return NOT_FOUND
        if not self.site.may(call.user, EDIT_TIME, entry.project_id):
            return FORBIDDEN
        del self.site.entries[call.id]
        return NO_CONTENT

    def _worker(self, given: Mapping[str, Any], author: RedmineUser, project: RedmineProject) -> int:
        """Who worked: the author, or a member of the project for whom the author may write."""
        user_id = int(given.get("user_id", author.id))
        worker = self.site.users.get(user_id)
        if worker is not author and (
            worker is None
            or not self.site.may(author, LOG_TIME_FOR_OTHERS, project.id)
            or not self.site.may(worker, LOG_TIME, project.id)
        ):
            raise _Invalid("User is invalid")
        return user_id

    # ---- issues ------------------------------------------------------------------------------------

    def _list_issues(self, call: _Call) -> Answer:
        found = [
            issue for issue in self.site.issues.values() if self.site.may(call.user, VIEW_ISSUES, issue.project_id)
        ]
        if "issue_id" in call.query:
            wanted = set(call.query["issue_id"].split(","))
            found = [record for record in found if str(record.id) in wanted]
        if call.query.get("status_id", "open") != "*":
            found = [record for record in found if not STATUSES[record.status_id][1]]
        found.sort(key=lambda record: record.id, reverse=True)
        return _page("issues", found, call.query, lambda issue: shapes.issue(self.site, issue))

    def _show_issue(self, call: _Call) -> Answer:
        found = self.site.issues.get(call.id)
        if found is None:
            return NOT_FOUND
        if not self.site.may(call.user, VIEW_ISSUES, found.project_id):
            return FORBIDDEN
        return Answer(data={"issue": shapes.issue(self.site, found)})

    def _open_issue(self, call: _Call) -> Answer:
        given = call.body.get("issue", {})
        project = self._project(given.get("project_id"))
        if project is None:
            raise _Invalid("Project cannot be blank")
        opened = self.site.open_issue(project.id, given["subject"], call.user.id, _values(given))
        return self._made("issue", "issues", opened.id, shapes.issue(self.site, opened, is_new=True))

    def _change_issue(self, call: _Call) -> Answer:
        found, given = self.site.issues.get(call.id), call.body.get("issue", {})
        if found is None:
            return NOT_FOUND
        found.subject = given.get("subject", found.subject)
        found.values.update(_values(given))
        self._set_status(found, given.get("status_id", found.status_id))
        found.updated_on = self.site.now()
        return NO_CONTENT

    def _set_status(self, found: RedmineIssue, status_id: int) -> None:
        found.closed_on = self.site.now() if STATUSES[status_id][1] else None
        found.status_id = status_id

    def _delete_issue(self, call: _Call) -> Answer:
        if call.id not in self.site.issues:
            return NOT_FOUND
        if not call.user.admin:
            return FORBIDDEN
        self.site.delete_issue(call.id)
        return NO_CONTENT

    # ---- projects, people, and what is set up --------------------------------------------------------

    def _list_projects(self, call: _Call) -> Answer:
        found = [
            project
            for project in self.site.projects.values()
            if project.status != ARCHIVED and (project.is_public or self.site.may(call.user, VIEW_ISSUES, project.id))
        ]
        return _page("projects", found, call.query, shapes.project)

    def _begin_project(self, call: _Call) -> Answer:
        given = call.body.get("project", {})
        if not call.user.admin:
            return FORBIDDEN
        begun = self.site.add_project(given["name"], given["identifier"], is_public=given.get("is_public", True))
        return self._made("project", "projects", begun.id, {**shapes.project(begun), "homepage": ""})

    def _archive_project(self, call: _Call) -> Answer:
        if not call.user.admin:
            return FORBIDDEN
        self.site.projects[call.id].status = ARCHIVED
        return NO_CONTENT

    def _add_member(self, call: _Call) -> Answer:
        given = call.body.get("membership", {})
        if not call.user.admin:
            return FORBIDDEN
        joined = self.site.add_member(call.id, given["user_id"], tuple(given["role_ids"]))
        shown = shapes.membership(self.site, joined, with_user=True)
        return self._made("membership", "memberships", joined.id, shown)

    def _change_membership(self, call: _Call) -> Answer:
        if not call.user.admin:
            return FORBIDDEN
        self.site.memberships[call.id].role_ids = tuple(call.body["membership"]["role_ids"])
        return NO_CONTENT

    def _end_membership(self, call: _Call) -> Answer:
        if not call.user.admin:
            return FORBIDDEN
        del self.site.memberships[call.id]
        return NO_CONTENT

    def _show_oneself(self, call: _Call) -> Answer:
        shown = shapes.user(call.user, to_administrator=call.user.admin)
        if call.query.get("include") == "memberships":
            shown["memberships"] = [
                shapes.membership(self.site, membership, with_user=False)
                for membership in self.site.memberships.values()
                if membership.user_id == call.user.id
            ]
        return Answer(data={"user": shown})

    def _add_user(self, call: _Call) -> Answer:
        given = call.body.get("user", {})
        if not call.user.admin:
            return FORBIDDEN
        given.ignore("generate_password")
        added = self.site.add_user(given["login"], given["firstname"], given["lastname"], given["mail"])
        return self._made("user", "users", added.id, shapes.user(added, to_administrator=True))

    def _list_roles(self, _: _Call) -> Answer:
        return Answer(data={"roles": [{"id": role.id, "name": role.name} for role in self.site.roles.values()]})

    def _show_role(self, call: _Call) -> Answer:
        found = self.site.roles.get(call.id)
        return NOT_FOUND if found is None else Answer(data={"role": shapes.role(found)})

    def _list_fields(self, call: _Call) -> Answer:
        if not call.user.admin:
            return FORBIDDEN
        shown = [
            {"id": field.id, "name": field.name, "customized_type": field.customized}
            for field in self.site.fields.values()
        ]
        return Answer(data={"custom_fields": shown})

    def _list_activities(self, _: _Call) -> Answer:
        shown = [
            {"id": one, "name": name, "is_default": False, "active": True} for one, name in self.site.activities.items()
        ]
        return Answer(data={"time_entry_activities": shown})

    def _project(self, given: object) -> RedmineProject | None:
        """A project by its number or its identifier."""
        return next(
            (project for project in self.site.projects.values() if given in (project.id, project.identifier)), None
        )

    def _made(self, name: str, names: str, made_id: int, shown: Mapping[str, Any]) -> Answer:
        return Answer(201, {name: shown}, {"Location": f"{self._address()}/{names}/{made_id}"})


def _spent_on(entry: RedmineEntry, _: RedmineUser, value: str) -> bool:
    """The long form of the filter: ``><first|last``."""
    first, _bar, last = value.removeprefix("><").partition("|")
    return first <= entry.spent_on.isoformat() <= (last or first)


_ENTRY_FILTERS: Mapping[str, Callable[[RedmineEntry, RedmineUser, str], bool]] = {
    "from": lambda entry, _, value: entry.spent_on.isoformat() >= value,
    "to": lambda entry, _, value: entry.spent_on.isoformat() <= value,
    "spent_on": _spent_on,
    "issue_id": lambda entry, _, value: str(entry.issue_id) == value,
    "project_id": lambda entry, _, value: str(entry.project_id) == value,
    "user_id": lambda entry, user, value: entry.user_id == (user.id if value == "me" else int(value)),
}


def _page(name: str, found: list[Any], query: Mapping[str, str], shown: Callable[[Any], Mapping[str, Any]]) -> Answer:
    limit = min(int(query.get("limit", USUAL_PAGE)) or USUAL_PAGE, MOST_A_PAGE)
    offset = int(query.get("offset", 0))
    rows = [shown(record) for record in found[offset : offset + limit]]
    return Answer(data={name: rows, "total_count": len(found), "offset": offset, "limit": limit})


def _hours(given: object) -> Fraction:
    """``1.5``, ``"1,5"``, ``"0:23"``, ``"1h50"``, ``"25m"``: every way of writing hours that Redmine reads."""
    if given is None or given == "":
        raise _Invalid("Hours cannot be blank")
    text = str(given).strip().replace(",", ".")
    try:
        exact = Fraction(text)
    except ValueError:
        matched = _HOURS.fullmatch(text)
        if matched is None:
            raise _Invalid("Hours is invalid") from None
        exact = Fraction(int(matched[1] or 0) * 60 + int(matched[2] or 0), 60)
    if exact < 0:
        raise _Invalid("Hours is invalid")
    return exact


def _values(given: Mapping[str, Any]) -> dict[int, str]:
    return {int(value["id"]): str(value["value"]) for value in given.get("custom_fields", [])}
