"""What the sandbox's Redmine answers about projects, members, people, roles, fields and what else is set up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from connectors.sandbox import redmine_shapes as shapes
from connectors.sandbox.redmine_calls import (
    FORBIDDEN,
    NO_CONTENT,
    NOT_FOUND,
    Call,
    Invalid,
    made,
    page,
    project_of,
    words_of,
)
from connectors.sandbox.redmine_state import ARCHIVED, STATUSES, VIEW_ISSUES, RedmineSite
from connectors.sandbox.server import Answer
from connectors.sandbox.values import flag, inside, numbers, text, whole_number


class RedmineSetUp:
    """The calls about one site's set-up; ``address`` gives where the site is."""

    def __init__(self, site: RedmineSite, address: Callable[[], str]) -> None:
        self.site = site
        self._address = address

    def routes(self) -> Iterator[tuple[str, Callable[[Call], Answer]]]:
        """What is answered here."""
        yield r"GET /projects\.json", self._list_projects
        yield r"POST /projects\.json", self._begin_project
        yield r"GET /projects/([\w-]+)\.json", self._show_project
        yield r"GET /users\.json", self._list_users
        yield r"GET /users/([0-9]{1,18})\.json", self._show_user
        yield r"GET /issue_statuses\.json", self._list_statuses
        yield r"GET /trackers\.json", self._list_trackers
        yield r"PUT /projects/([0-9]{1,18})/archive\.json", self._archive_project
        yield r"POST /projects/([0-9]{1,18})/memberships\.json", self._add_member
        yield r"PUT /memberships/([0-9]{1,18})\.json", self._change_membership
        yield r"DELETE /memberships/([0-9]{1,18})\.json", self._end_membership
        yield r"GET /users/current\.json", self._show_oneself
        yield r"POST /users\.json", self._add_user
        yield r"GET /roles\.json", self._list_roles
        yield r"GET /roles/([0-9]{1,18})\.json", self._show_role
        yield r"GET /custom_fields\.json", self._list_fields
        yield r"GET /enumerations/time_entry_activities\.json", self._list_activities

    def _list_projects(self, call: Call) -> Answer:
        found = [
            project
            for project in self.site.projects.values()
            if project.status != ARCHIVED and (project.is_public or self.site.may(call.user, VIEW_ISSUES, project.id))
        ]
        return page("projects", found, call.query, shapes.project)

    def _begin_project(self, call: Call) -> Answer:
        given = inside(call.body, "project")
        if not call.user.admin:
            return FORBIDDEN
        begun = self.site.add_project(
            words_of(given, "name"), words_of(given, "identifier"), is_public=flag(given, "is_public", True)
        )
        return made(self._address(), "project", "projects", begun.id, {**shapes.project(begun), "homepage": ""})

    def _archive_project(self, call: Call) -> Answer:
        if not call.user.admin:
            return FORBIDDEN
        if call.id not in self.site.projects:
            return NOT_FOUND
        self.site.projects[call.id].status = ARCHIVED
        return NO_CONTENT

    def _add_member(self, call: Call) -> Answer:
        given = inside(call.body, "membership")
        if not call.user.admin:
            return FORBIDDEN
        if call.id not in self.site.projects:
            return NOT_FOUND
        user_id, role_ids = whole_number(given, "user_id", 0), self._role_ids(given)
        if user_id not in self.site.users:
            raise Invalid("Principal cannot be blank")
        joined = self.site.add_member(call.id, user_id, role_ids)
        shown = shapes.membership(self.site, joined, with_user=True)
        return made(self._address(), "membership", "memberships", joined.id, shown)

    def _change_membership(self, call: Call) -> Answer:
        if not call.user.admin:
            return FORBIDDEN
        if call.id not in self.site.memberships:
            return NOT_FOUND
        self.site.memberships[call.id].role_ids = self._role_ids(inside(call.body, "membership"))
        return NO_CONTENT

    def _end_membership(self, call: Call) -> Answer:
        if not call.user.admin:
            return FORBIDDEN
        if call.id not in self.site.memberships:
            return NOT_FOUND
        del self.site.memberships[call.id]
        return NO_CONTENT

    def _role_ids(self, given: Mapping[str, Any]) -> tuple[int, ...]:
        role_ids = tuple(numbers(given, "role_ids") or ())
        if not role_ids or not set(role_ids) <= set(self.site.roles):
            raise Invalid("Role cannot be empty")
        return role_ids

    def _show_project(self, call: Call) -> Answer:
        """A project, by its number or its identifier."""
        project = project_of(self.site, call.word)
        if project is None or project.status == ARCHIVED:
            return NOT_FOUND if project is None else FORBIDDEN
        if not project.is_public and not self.site.may(call.user, VIEW_ISSUES, project.id):
            return FORBIDDEN
        text(call.query, "include", "")
        return Answer(data={"project": {**shapes.project(project), "homepage": ""}})

    def _list_users(self, call: Call) -> Answer:
        if not call.user.admin:
            return FORBIDDEN
        name, status = text(call.query, "name", "").casefold(), text(call.query, "status", "1")
        people = [
            user
            for user in self.site.users.values()
            if status in ("1", "*", "") and name in f"{user.login} {user.name} {user.mail}".casefold()
        ]
        return page("users", people, call.query, lambda user: shapes.user(user, to_administrator=True))

    def _show_user(self, call: Call) -> Answer:
        user = self.site.users.get(call.id)
        if user is None:
            return NOT_FOUND
        text(call.query, "include", "")
        return Answer(data={"user": shapes.user(user, to_administrator=call.user.admin)})

    def _list_statuses(self, _: Call) -> Answer:
        shown = [{"id": number, "name": name, "is_closed": closed} for number, (name, closed) in STATUSES.items()]
        return Answer(data={"issue_statuses": shown})

    def _list_trackers(self, _: Call) -> Answer:
        return Answer(data={"trackers": [{"id": 1, "name": "Bug", "default_status": {"id": 1, "name": "New"}}]})

    def _show_oneself(self, call: Call) -> Answer:
        shown = shapes.user(call.user, to_administrator=call.user.admin)
        if call.query.get("include") == "memberships":
            shown["memberships"] = [
                shapes.membership(self.site, membership, with_user=False)
                for membership in self.site.memberships.values()
                if membership.user_id == call.user.id
            ]
        return Answer(data={"user": shown})

    def _add_user(self, call: Call) -> Answer:
        given = inside(call.body, "user")
        if not call.user.admin:
            return FORBIDDEN
        given.ignore("generate_password")
        names = ("login", "firstname", "lastname", "mail")
        added = self.site.add_user(*(words_of(given, name) for name in names))
        return made(self._address(), "user", "users", added.id, shapes.user(added, to_administrator=True))

    def _list_roles(self, _: Call) -> Answer:
        return Answer(data={"roles": [{"id": role.id, "name": role.name} for role in self.site.roles.values()]})

    def _show_role(self, call: Call) -> Answer:
        found = self.site.roles.get(call.id)
        return NOT_FOUND if found is None else Answer(data={"role": shapes.role(found)})

    def _list_fields(self, call: Call) -> Answer:
        if not call.user.admin:
            return FORBIDDEN
        shown = [
            {"id": field.id, "name": field.name, "customized_type": field.customized}
            for field in self.site.fields.values()
        ]
        return Answer(data={"custom_fields": shown})

    def _list_activities(self, _: Call) -> Answer:
        shown = [
            {"id": one, "name": name, "is_default": False, "active": True} for one, name in self.site.activities.items()
        ]
        return Answer(data={"time_entry_activities": shown})
