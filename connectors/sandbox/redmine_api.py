"""The REST API of the sandbox's Redmine 5.0, to read and to write.

It answers as the real one was recorded to: sorting that Redmine does not know is ignored silently (filters are too,
which a strict server refuses), ``limit`` is cut to 100, and a change answers 204 without a body.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from connectors.sandbox import redmine_shapes as shapes
from connectors.sandbox.redmine_calls import (
    FORBIDDEN,
    NO_CONTENT,
    NOT_FOUND,
    Call,
    Invalid,
    hours_of,
    made,
    page,
    project_of,
    values_of,
    words_of,
)
from connectors.sandbox.redmine_setup import RedmineSetUp
from connectors.sandbox.redmine_state import (
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
from connectors.sandbox.values import Unreadable, day, inside, text, whole_number


class RedmineApi:
    """Every call of one site; ``address`` gives where the site is."""

    def __init__(self, site: RedmineSite, address: Callable[[], str]) -> None:
        self.site = site
        self._address = address
        self._routes: list[tuple[re.Pattern[str], Callable[[Call], Answer]]] = [
            (re.compile(pattern), does)
            for pattern, does in (
                *RedmineSetUp(site, address).routes(),
                (r"GET /time_entries\.json", self._list_entries),
                (r"POST /time_entries\.json", self._spend_time),
                (r"GET /time_entries/([0-9]{1,18})\.json", self._show_entry),
                (r"PUT /time_entries/([0-9]{1,18})\.json", self._change_entry),
                (r"DELETE /time_entries/([0-9]{1,18})\.json", self._delete_entry),
                (r"GET /issues\.json", self._list_issues),
                (r"POST /issues\.json", self._open_issue),
                (r"GET /issues/([0-9]{1,18})\.json", self._show_issue),
                (r"PUT /issues/([0-9]{1,18})\.json", self._change_issue),
                (r"DELETE /issues/([0-9]{1,18})\.json", self._delete_issue),
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
                    word = matched[1] if matched.groups() else ""
                    try:
                        return does(Call(user, request.query, request.json, int(word) if word.isdecimal() else 0, word))
                    except Unreadable as error:
                        return Answer(422, {"errors": [f"{error.name.capitalize()} is invalid"]})
                    except Invalid as error:
                        return Answer(422, {"errors": [str(error)]})
        return NOT_FOUND

    # ---- time entries ------------------------------------------------------------------------------

    def _list_entries(self, call: Call) -> Answer:
        filters = self._entry_filters(call)
        entries = [
            entry
            for entry in self.site.entries.values()
            if self.site.lists(call.user, entry) and all(keeps(entry) for keeps in filters)
        ]
        entries.sort(key=lambda entry: entry.id)
        column, _, direction = text(call.query, "sort", "spent_on:desc").partition(":")
        if column == "spent_on":
            entries.sort(key=lambda entry: (entry.spent_on, entry.created_on), reverse=direction == "desc")
        elif column == "created_on":
            entries.sort(key=lambda entry: entry.created_on, reverse=direction == "desc")
        return page("time_entries", entries, call.query, lambda entry: shapes.time_entry(self.site, entry))

    def _entry_filters(self, call: Call) -> list[Callable[[RedmineEntry], bool]]:
        """The filters that are asked for; a value that cannot be read leaves nothing."""
        query = call.query
        first, last = text(query, "from", ""), text(query, "to", "9999")
        spent_on = text(query, "spent_on", "><0000|9999").removeprefix("><").split("|")
        wanted = text(query, "user_id", None)
        user_id = str(call.user.id) if wanted == "me" else wanted
        issue_id, project_id = text(query, "issue_id", None), text(query, "project_id", None)
        project = None if project_id is None else project_of(self.site, project_id)
        return [
            lambda entry: first <= entry.spent_on.isoformat() <= last,
            lambda entry: spent_on[0] <= entry.spent_on.isoformat() <= spent_on[-1],
            lambda entry: user_id in (None, str(entry.user_id)),
            lambda entry: issue_id in (None, str(entry.issue_id)),
            lambda entry: project_id is None or (project is not None and project.id == entry.project_id),
        ]

    def _show_entry(self, call: Call) -> Answer:
        entry = self.site.entries.get(call.id)
        if entry is None:
            return NOT_FOUND
        if not self.site.may(call.user, VIEW_TIME, entry.project_id):
            return FORBIDDEN
        return Answer(data={"time_entry": shapes.time_entry(self.site, entry)})

    def _spend_time(self, call: Call) -> Answer:
        given = inside(call.body, "time_entry")
        issue = self._issue(given)
        named = given.get("project_id")
        project = project_of(self.site, named) if issue is None else self.site.projects[issue.project_id]
        if project is None:
            raise Invalid("Project cannot be blank")
        if not self.site.may(call.user, LOG_TIME, project.id):
            return FORBIDDEN
        entry = self.site.spend_time(
            self._worker(given, call.user, project),
            project.id,
            hours_of(given.get("hours")),
            day(given, "spent_on", self.site.now().date()),
            activity_id=self._activity(given),
            issue_id=issue.id if issue else None,
            comments=text(given, "comments", None),
            values=values_of(given),
        )
        return made(self._address(), "time_entry", "time_entries", entry.id, shapes.time_entry(self.site, entry))

    def _change_entry(self, call: Call) -> Answer:
        entry, given = self.site.entries.get(call.id), inside(call.body, "time_entry")
        if entry is None:
            return NOT_FOUND
        if not self.site.may(call.user, EDIT_TIME, entry.project_id):
            return FORBIDDEN
        hours = hours_of(given["hours"]) if "hours" in given else entry.hours
        spent_on, comments = day(given, "spent_on", entry.spent_on), text(given, "comments", entry.comments)
        activity_id = self._activity(given) if "activity_id" in given else entry.activity_id
        issue, values = self._issue(given), values_of(given)
        project = project_of(self.site, given.get("project_id")) if "project_id" in given else None
        if "project_id" in given and project is None:
            raise Invalid("Project is invalid")
        entry.hours, entry.spent_on, entry.comments, entry.activity_id = hours, spent_on, comments, activity_id
        if "issue_id" in given:
            entry.issue_id = issue.id if issue else None
            entry.project_id = issue.project_id if issue else entry.project_id
        entry.project_id = project.id if project else entry.project_id
        entry.values.update(values)
        entry.updated_on = self.site.now()
        return NO_CONTENT

    def _activity(self, given: Mapping[str, Any]) -> int:
        """The activity that is named. One that is not there is refused: it would make every later listing fail."""
        activity_id = whole_number(given, "activity_id", 0)
        if activity_id not in self.site.activities:
            raise Invalid("Activity cannot be blank" if not activity_id else "Activity is not included in the list")
        return activity_id

    def _issue(self, given: Mapping[str, Any]) -> RedmineIssue | None:
        issue_id = None if given.get("issue_id") == "" else whole_number(given, "issue_id", None)
        if issue_id is not None and issue_id not in self.site.issues:
            raise Invalid("Issue is invalid")
        return self.site.issues[issue_id] if issue_id is not None else None

    def _delete_entry(self, call: Call) -> Answer:
        entry = self.site.entries.get(call.id)
        if entry is None:
            return NOT_FOUND
        if not self.site.may(call.user, EDIT_TIME, entry.project_id):
            return FORBIDDEN
        del self.site.entries[call.id]
        return NO_CONTENT

    def _worker(self, given: Mapping[str, Any], author: RedmineUser, project: RedmineProject) -> int:
        """Who worked: the author, or a member of the project for whom the author may write."""
        user_id = whole_number(given, "user_id", author.id)
        worker = self.site.users.get(user_id)
        if worker is not author and (
            worker is None
            or not self.site.may(author, LOG_TIME_FOR_OTHERS, project.id)
            or not self.site.may(worker, LOG_TIME, project.id)
        ):
            raise Invalid("User is invalid")
        return user_id

    # ---- issues ------------------------------------------------------------------------------------

    def _list_issues(self, call: Call) -> Answer:
        found = [
            issue for issue in self.site.issues.values() if self.site.may(call.user, VIEW_ISSUES, issue.project_id)
        ]
        wanted, status = text(call.query, "issue_id", None), text(call.query, "status_id", "open")
        project_id = text(call.query, "project_id", None)
        project = None if project_id is None else project_of(self.site, project_id)
        if wanted is not None:
            found = [issue for issue in found if str(issue.id) in wanted.split(",")]
        if project_id is not None:
            found = [issue for issue in found if project is not None and issue.project_id == project.id]
        if status in ("open", "closed"):
            found = [issue for issue in found if STATUSES[issue.status_id][1] == (status == "closed")]
        elif status != "*":
            found = [issue for issue in found if str(issue.status_id) == status]
        text(call.query, "sort", "id:desc")  # by their numbers, the newest first, whatever is asked for
        found.sort(key=lambda issue: issue.id, reverse=True)
        return page("issues", found, call.query, lambda issue: shapes.issue(self.site, issue))

    def _show_issue(self, call: Call) -> Answer:
        found = self.site.issues.get(call.id)
        if found is None:
            return NOT_FOUND
        if not self.site.may(call.user, VIEW_ISSUES, found.project_id):
            return FORBIDDEN
        return Answer(data={"issue": shapes.issue(self.site, found)})

    def _open_issue(self, call: Call) -> Answer:
        given = inside(call.body, "issue")
        project = project_of(self.site, given.get("project_id"))
        if project is None:
            raise Invalid("Project cannot be blank")
        opened = self.site.open_issue(project.id, words_of(given, "subject"), call.user.id, values_of(given))
        return made(self._address(), "issue", "issues", opened.id, shapes.issue(self.site, opened, is_new=True))

    def _change_issue(self, call: Call) -> Answer:
        found, given = self.site.issues.get(call.id), inside(call.body, "issue")
        if found is None:
            return NOT_FOUND
        subject = words_of(given, "subject") if "subject" in given else found.subject
        status_id, values = whole_number(given, "status_id", found.status_id), values_of(given)
        if status_id not in STATUSES:
            raise Invalid("Status is not included in the list")
        found.subject = subject
        found.values.update(values)
        self._set_status(found, status_id)
        found.updated_on = self.site.now()
        return NO_CONTENT

    def _set_status(self, found: RedmineIssue, status_id: int) -> None:
        found.closed_on = self.site.now() if STATUSES[status_id][1] else None
        found.status_id = status_id

    def _delete_issue(self, call: Call) -> Answer:
        if call.id not in self.site.issues:
            return NOT_FOUND
        if not call.user.admin:
            return FORBIDDEN
        self.site.delete_issue(call.id)
        return NO_CONTENT
