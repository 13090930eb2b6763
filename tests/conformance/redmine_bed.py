"""A Redmine with people in it, on loopback: the sandbox's or a real one, and the same acts in both.

Everything that people do here goes through Redmine's own API, by its administrator's key. What a test makes has names
and numbers of its own, so that any number of tests share one real server.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import requests

from care_sync.clock import ManualClock
from connectors.conformance.environment import Budgets
from connectors.conformance.tracker_bed import START, TOKEN, ZONE, Fault, TrackerBed, TrackerTraits
from connectors.protocols import Environment
from connectors.redmine.connector import RedmineTimeTracker
from connectors.redmine.settings import RedmineSettings
from connectors.sandbox.redmine import SandboxRedmine
from connectors.sandbox.redmine_state import LOG_TIME, VIEW_ISSUES, VIEW_TIME, RedmineSite
from tests.real_servers.redmine import RealRedmine

WEBHOOK_SECRET = "hook-4f1c9a7e2b8d"
TICKET_FIELD, ENTRY_TICKET_FIELD, BILLABLE_FIELD = "Helpdesk ticket", "Ticket of the helpdesk", "Billable"
SEES_EVERYBODY, SEES_ITSELF = "Sees everybody", "Sees only itself"
USUAL_PROJECT = "Sundry"
_numbers = itertools.count(1)


class RedmineBed(TrackerBed):
    """Redmine, as a bed."""

    def __init__(self, url: str, administrator_key: str, page_size: int, server: SandboxRedmine | None = None) -> None:
        self.clock = ManualClock(START)
        self.url = url
        self.administrator_key = administrator_key
        self.traits = TrackerTraits(
            grain_seconds=60,
            longest_description=1024,
            has_clock_times=False,
            has_timers=False,
            has_tags=False,
            has_clients=False,
            has_locks=False,
            sets_time_zone=False,
            has_webhooks=server is not None,
            has_faults=server is not None,
        )
        self._server = server
        self._page_size = page_size
        self._run = f"{next(_numbers)}-{secrets.token_hex(4)}"
        self._people: dict[str, int] = {}
        self._projects: dict[str, int] = {}
        self._memberships: list[int] = []
        self._roles = {one["name"]: one["id"] for one in self.ask("GET", "/roles.json")["roles"]}
        self._fields = {one["name"]: one["id"] for one in self.ask("GET", "/custom_fields.json")["custom_fields"]}
        activities = self.ask("GET", "/enumerations/time_entry_activities.json")["time_entry_activities"]
        self.activities = {one["name"]: one["id"] for one in activities}
        self.key = self._join("Reader", "of CareSync")["api_key"]
        for name in ("Anna", "Bert"):
            self._join(name, "Agent")
        self.project(USUAL_PROJECT)

    @classmethod
    @contextmanager
    def open(cls, *, page_size: int = 5) -> Iterator[RedmineBed]:
        """Start the sandbox, set up as the real server of the tests is."""
        site = RedmineSite(ManualClock(START).now)
        administrator = site.add_user("admin", "Redmine", "Admin", "admin@example.org", admin=True)
        permissions = (VIEW_ISSUES, VIEW_TIME, LOG_TIME)
        site.add_role(SEES_EVERYBODY, permissions=permissions)
        site.add_role(SEES_ITSELF, permissions=permissions, time_entries_visibility="own")
        site.add_field(TICKET_FIELD, "issue")
        site.add_field(ENTRY_TICKET_FIELD, "time_entry")
        site.add_field(BILLABLE_FIELD, "time_entry", default="1")
        with SandboxRedmine(site) as server:
            bed = cls(server.base_url, administrator.api_key, page_size, server)
            site.now = bed.clock.now
            site.users[bed._people["Reader"]].api_key = bed.key = TOKEN
            server.requests.clear()
            yield bed

    @classmethod
    def on(cls, real: RealRedmine, *, page_size: int = 5) -> RedmineBed:
        """People and projects of their own on a real server."""
        return cls(real.url, real.administrator_key, page_size)

    @property
    def server(self) -> SandboxRedmine:
        """The sandbox; a real server has none."""
        assert self._server is not None
        return self._server

    def ask(self, method: str, path: str, *, json: Any = None, expect: int = 200) -> Any:
        """Do something as the administrator."""
        headers = {"X-Redmine-API-Key": self.administrator_key}
        answer = requests.request(method, self.url + path, json=json, headers=headers, timeout=30)
        assert answer.status_code == expect, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json() if answer.content else None

    def tracker(self, *, clock_ahead: timedelta = timedelta(), **changes: object) -> RedmineTimeTracker:
        settings: dict[str, Any] = {
            "base_url": self.url,
            "api_key": self.key,
            "page_size": self._page_size,
            "ticket_field": TICKET_FIELD,
            "webhook_secret": WEBHOOK_SECRET,
            **changes,
        }
        environment = Environment(lambda: self.clock.now() + clock_ahead, self.clock.sleep, Budgets())
        return RedmineTimeTracker(RedmineSettings.model_validate(settings), environment)

    def tracker_with_wrong_credentials(self) -> RedmineTimeTracker:
        return self.tracker(api_key="nobody's")

    def project(self, name: str) -> int:
        """A project of this test, with its people as members; begun when it is first named."""
        if name not in self._projects:
            identifier = f"p-{self._run}-{len(self._projects)}"
            begun = {"name": name, "identifier": identifier, "is_public": False}
            project_id = self.ask("POST", "/projects.json", json={"project": begun}, expect=201)["project"]["id"]
            for person, user_id in self._people.items():
                role_id = self._roles[SEES_EVERYBODY if person == "Reader" else SEES_ITSELF]
                path = f"/projects/{project_id}/memberships.json"
                membership = {"user_id": user_id, "role_ids": [role_id]}
                made = self.ask("POST", path, json={"membership": membership}, expect=201)
                if person == "Reader":
                    self._memberships.append(made["membership"]["id"])
            self._projects[name] = project_id
        return self._projects[name]

    def open_issue(self, subject: str, *, ticket: str = "", project: str = USUAL_PROJECT) -> int:
        """Open an issue; ``ticket`` stands in its custom field."""
        issue: dict[str, Any] = {"project_id": self.project(project), "subject": subject}
        if ticket:
            issue["custom_fields"] = [{"id": self._fields[TICKET_FIELD], "value": ticket}]
        opened: int = self.ask("POST", "/issues.json", json={"issue": issue}, expect=201)["issue"]["id"]
        return opened

    def give_issue_to(self, issue: int, ticket: str) -> None:
        """Write another ticket into an issue's custom field."""
        values = [{"id": self._fields[TICKET_FIELD], "value": ticket}]
        self.ask("PUT", f"/issues/{issue}.json", json={"issue": {"custom_fields": values}}, expect=204)

    def write_down(
        self,
        start: datetime,
        seconds: int,
        description: str = "",
        *,
        person: str = "Anna",
        project: str | None = None,
        tags: tuple[str, ...] = (),
        issue: int | None = None,
        values: Mapping[str, str] | None = None,
    ) -> str:
        place = {"project_id": self.project(project or USUAL_PROJECT)} if issue is None else {"issue_id": issue}
        entry = {
            **place,
            "user_id": self._people[person],
            "hours": _hours_and_minutes(seconds),
            "comments": description,
            "spent_on": start.astimezone(ZONE).date().isoformat(),
            "activity_id": self.activities["Development"],
            "custom_fields": [{"id": self._fields[name], "value": value} for name, value in (values or {}).items()],
        }
        made = self.ask("POST", "/time_entries.json", json={"time_entry": entry}, expect=201)
        return str(made["time_entry"]["id"])

    def edit(
        self,
        entry_id: str,
        *,
        start: datetime | None = None,
        seconds: int | None = None,
        description: str | None = None,
    ) -> None:
        given = {
            "spent_on": start.astimezone(ZONE).date().isoformat() if start else None,
            "hours": _hours_and_minutes(seconds) if seconds is not None else None,
            "comments": description,
        }
        self._change(entry_id, {name: value for name, value in given.items() if value is not None})

    def move(self, entry_id: str, project: str) -> None:
        self._change(entry_id, {"project_id": self.project(project)})

    def delete(self, entry_id: str) -> None:
        self.ask("DELETE", f"/time_entries/{entry_id}.json", expect=204)

    def take_permission_away(self) -> None:
        while self._memberships:
            self.ask("DELETE", f"/memberships/{self._memberships.pop()}.json", expect=204)

    def see_only_oneself(self) -> None:
        """From now on the reader's role shows its own time alone."""
        for membership_id in self._memberships:
            roles = {"role_ids": [self._roles[SEES_ITSELF]]}
            self.ask("PUT", f"/memberships/{membership_id}.json", json={"membership": roles}, expect=204)

    def break_down(self, fault: Fault) -> None:
        self.server.faults.add(fault.value)

    def misread(self, written: str, read: str) -> None:
        self.server.misread = (written, read)

    def mend(self) -> None:
        self.server.faults.clear()
        self.server.misread = None

    def webhook_call(self, entry_id: str) -> tuple[Mapping[str, str], bytes]:
        return self.server.webhook_call(int(entry_id), WEBHOOK_SECRET)

    def absent_id(self) -> str:
        return "999999999"

    def page_size(self) -> int:
        return self._page_size

    def _join(self, firstname: str, lastname: str) -> dict[str, Any]:
        login = f"{firstname}-{self._run}"
        user = {
            "login": login,
            "firstname": firstname,
            "lastname": lastname,
            "mail": f"{login}@example.org",
            "generate_password": True,
        }
        added: dict[str, Any] = self.ask("POST", "/users.json", json={"user": user}, expect=201)["user"]
        self._people[firstname] = added["id"]
        return added

    def _change(self, entry_id: str, changes: Mapping[str, Any]) -> None:
        self.ask("PUT", f"/time_entries/{entry_id}.json", json={"time_entry": changes}, expect=204)


def _hours_and_minutes(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds % 3600 // 60:02}"
