"""A Redmine site as people know it: projects with their members and roles, issues, and time spent.

Terms
    role           what a member of a project may do there; ``time_entries_visibility`` says whose time is seen
    administrator  may do and see everything, but for what is archived
    activity       what kind of work an entry was

Promise: a deleted entry leaves nothing behind, and a deleted issue takes its entries along, as in the product.
Safe to use from the server's threads.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

ACTIVE, ARCHIVED = 1, 9
STATUSES: Mapping[int, tuple[str, bool]] = {1: ("New", False), 2: ("In Progress", False), 5: ("Closed", True)}
"""Name, and whether an issue in it is closed."""
VIEW_ISSUES, VIEW_TIME, LOG_TIME = "view_issues", "view_time_entries", "log_time"
LOG_TIME_FOR_OTHERS, EDIT_TIME = "log_time_for_other_users", "edit_time_entries"


@dataclass(frozen=True, slots=True)
class RedmineRole:
    """What a member may do. Permissions are Redmine's own words."""

    id: int
    name: str
    permissions: tuple[str, ...]
    time_entries_visibility: str = "all"


@dataclass(slots=True)
class RedmineUser:
    """Somebody with an account."""

    id: int
    login: str
    firstname: str
    lastname: str
    mail: str
    api_key: str
    created_on: datetime
    admin: bool = False

    @property
    def name(self) -> str:
        """As people see it."""
        return f"{self.firstname} {self.lastname}"


@dataclass(slots=True)
class RedmineProject:
    """A project; an archived one is out of everybody's sight."""

    id: int
    name: str
    identifier: str
    created_on: datetime
    is_public: bool = False
    status: int = ACTIVE


@dataclass(slots=True)
class RedmineMembership:
    """A user's roles in a project."""

    id: int
    project_id: int
    user_id: int
    role_ids: tuple[int, ...]


@dataclass(slots=True)
class RedmineIssue:
    """An issue; ``values`` are those of its custom fields, by the field's id."""

    id: int
    project_id: int
    subject: str
    author_id: int
    created_on: datetime
    updated_on: datetime
    status_id: int = 1
    closed_on: datetime | None = None
    values: dict[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class RedmineEntry:
    """Time spent: on a project, and mostly on an issue of it. ``hours`` are exact."""

    id: int
    project_id: int
    issue_id: int | None
    user_id: int
    activity_id: int
    hours: Fraction
    comments: str | None
    spent_on: date
    created_on: datetime
    updated_on: datetime
    values: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RedmineField:
    """A custom field of issues or of time entries (``customized``)."""

    id: int
    name: str
    customized: str
    default: str | None = None


@dataclass(slots=True)
class RedmineSite:
    """The whole site. ``first_ids`` says where the numbers of a kind of thing begin, when not at 1."""

    now: Callable[[], datetime]
    first_ids: Mapping[str, int] = field(default_factory=dict)
    activities: dict[int, str] = field(default_factory=lambda: {8: "Design", 9: "Development"})
    roles: dict[int, RedmineRole] = field(default_factory=dict)
    fields: dict[int, RedmineField] = field(default_factory=dict)
    users: dict[int, RedmineUser] = field(default_factory=dict)
    projects: dict[int, RedmineProject] = field(default_factory=dict)
    memberships: dict[int, RedmineMembership] = field(default_factory=dict)
    issues: dict[int, RedmineIssue] = field(default_factory=dict)
    entries: dict[int, RedmineEntry] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _ids: dict[str, Iterator[int]] = field(default_factory=dict)

    def add_role(self, name: str, *, permissions: tuple[str, ...], time_entries_visibility: str = "all") -> RedmineRole:
        """Define a role."""
        role = RedmineRole(self._next("role"), name, permissions, time_entries_visibility)
        self.roles[role.id] = role
        return role

    def add_field(self, name: str, customized: str, *, default: str | None = None) -> RedmineField:
        """Define a custom field of every ``issue`` or every ``time_entry``."""
        found = RedmineField(self._next("field"), name, customized, default)
        self.fields[found.id] = found
        return found

    def add_user(self, login: str, firstname: str, lastname: str, mail: str, *, admin: bool = False) -> RedmineUser:
        """Give somebody an account, with an API key."""
        user_id = self._next("user")
        key = f"{user_id:040x}"
        self.users[user_id] = RedmineUser(user_id, login, firstname, lastname, mail, key, self.now(), admin)
        return self.users[user_id]

    def add_project(self, name: str, identifier: str, *, is_public: bool = False) -> RedmineProject:
        """Begin a project."""
        project = RedmineProject(self._next("project"), name, identifier, self.now(), is_public)
        self.projects[project.id] = project
        return project

    def add_member(self, project_id: int, user_id: int, role_ids: tuple[int, ...]) -> RedmineMembership:
        """Let a user join a project."""
        membership = RedmineMembership(self._next("membership"), project_id, user_id, role_ids)
        self.memberships[membership.id] = membership
        return membership

    def open_issue(self, project_id: int, subject: str, author_id: int, values: Mapping[int, str]) -> RedmineIssue:
        """Open an issue."""
        now = self.now()
        issue = RedmineIssue(self._next("issue"), project_id, subject, author_id, now, now, values=dict(values))
        self.issues[issue.id] = issue
        return issue

    def spend_time(
        self,
        user_id: int,
        project_id: int,
        hours: Fraction,
        spent_on: date,
        *,
        activity_id: int,
        issue_id: int | None = None,
        comments: str | None = None,
        values: Mapping[int, str] | None = None,
    ) -> RedmineEntry:
        """Enter time that was worked."""
        now = self.now()
        defaults = {item.id: item.default for item in self.fields_of("time_entry") if item.default is not None}
        entry = RedmineEntry(
            self._next("entry"), project_id, issue_id, user_id, activity_id, hours, comments, spent_on, now, now
        )
        entry.values = {**defaults, **(values or {})}
        self.entries[entry.id] = entry
        return entry

    def delete_issue(self, issue_id: int) -> None:
        """Delete an issue, and all time that was spent on it."""
        del self.issues[issue_id]
        for entry in [entry for entry in self.entries.values() if entry.issue_id == issue_id]:
            del self.entries[entry.id]

    def fields_of(self, customized: str) -> list[RedmineField]:
        """The custom fields of issues or of time entries."""
        return [field for field in self.fields.values() if field.customized == customized]

    def may(self, user: RedmineUser, permission: str, project_id: int) -> bool:
        """Whether a user has a permission in a project."""
        if self.projects[project_id].status == ARCHIVED:
            return False
        return user.admin or any(permission in role.permissions for role in self._roles(user, project_id))

    def lists(self, user: RedmineUser, entry: RedmineEntry) -> bool:
        """Whether an entry stands in the lists of a user: whose time is listed depends on the role."""
        if not self.may(user, VIEW_TIME, entry.project_id):
            return False
        sees_all = user.admin or any(
            VIEW_TIME in role.permissions and role.time_entries_visibility == "all"
            for role in self._roles(user, entry.project_id)
        )
        return sees_all or entry.user_id == user.id

    def _roles(self, user: RedmineUser, project_id: int) -> list[RedmineRole]:
        return [
            self.roles[role_id]
            for membership in self.memberships.values()
            if (membership.user_id, membership.project_id) == (user.id, project_id)
            for role_id in membership.role_ids
        ]

    def _next(self, kind: str) -> int:
        with self.lock:
            return next(self._ids.setdefault(kind, itertools.count(self.first_ids.get(kind, 1))))
