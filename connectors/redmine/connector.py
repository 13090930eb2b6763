"""Redmine as a time tracker: one site, everybody's time, with one key that sees it.

Terms
    fast lane   entries that were made since, and every entry of the last days: Redmine lists no changes
    window      every entry of a range of days
    issue       what an entry was spent on; it may name the helpdesk's ticket in a custom field

Promises. The window is complete or an error is raised. The fast lane sees changes to entries of the last
:data:`LOOK_BACK` only, and no deletions: those leave no trace, and the window finds them. An entry is gone when the
site, which knows us, has none of that number; one that the key may not see is refused (403), and so is one of an
archived project. Nothing depends on the two machines' clocks: the cursor is the number of the newest entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from connectors.errors import ConnectorError, Invalid, Malformed, PermissionMissing
from connectors.http import HttpClient
from connectors.protocols import BudgetState, Environment
from connectors.reading import is_number
from connectors.records import CheckResult, EntryPage, TimeEntry, WebhookCall
from connectors.redmine.client import RedmineClient
from connectors.redmine.settings import RedmineSettings
from connectors.redmine.translate import (
    PRODUCT,
    entry_from_api,
    field_values,
    has_field,
    identifier,
    issue_of,
    object_of,
)
from connectors.redmine.webhooks import read_call

LOOK_BACK = timedelta(days=7)
"""Most edits are to fresh entries, and a week of a company's time is a few requests."""
FAR_FUTURE = date(2999, 1, 1)
A_DAY = timedelta(days=1)
SEES_ISSUES = "Give the key's user the permission to view all issues of the project, or use an administrator's key."
SEES_TIME = "Give its role there the permission to view all time entries and issues, or use an administrator's key."
NO_FIELD = "The newest time entries and their issues do not have it; write its name as Redmine shows it."

Issues = dict[int, dict[str, Any]]
"""The issues that a reading met, by number."""


class RedmineTimeTracker:
    """Keeps :class:`connectors.protocols.TimeTracker` for a Redmine site."""

    def __init__(self, settings: RedmineSettings, environment: Environment) -> None:
        self._settings = settings
        self._now = environment.now
        http = HttpClient(PRODUCT, str(settings.base_url), {"X-Redmine-API-Key": settings.api_key}, environment)
        self._client = RedmineClient(http, settings.page_size)

    @property
    def product(self) -> str:
        """``redmine``."""
        return PRODUCT

    @property
    def account(self) -> str:
        """The site's address, or the name that the settings give it."""
        return self._settings.account_name

    def changed_entries(self, cursor: str | None, since: datetime) -> Iterator[EntryPage]:
        """Yield the entries that were made since, and those of the last days; the first time those since ``since``.

        Raises :class:`Invalid` for a cursor that is none of ours.
        """
        issues: Issues = {}
        told: set[int] = set()
        if cursor:
            newest = _read_cursor(cursor)
            first = self._now().date() - LOOK_BACK
            for page in self._client.newest():
                made = [row for row in page.rows if identifier(row) > newest]
                told.update(identifier(row) for row in made)
                yield EntryPage(tuple(self._translated(made, issues)), cursor, last=False)
                if len(made) < len(page.rows):
                    break
            newest = max([newest, *told])
        else:
            newest = next((max(page.ids, default=0) for page in self._client.newest(page_size=1)), 0)
            first = since.date() - A_DAY
        for rows, is_last in self._client.spent(first):
            fresh = [row for row in rows if identifier(row) not in told]
            entries = tuple(self._translated(fresh, issues))
            yield EntryPage(entries, str(newest) if is_last else cursor, last=is_last)

    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        """Yield every entry with ``first <= work_date <= last``."""
        issues: Issues = {}
        for rows, is_last in self._client.spent(first, last):
            yield EntryPage(tuple(self._translated(rows, issues)), None, last=is_last)

    def entry(self, entry_id: str) -> TimeEntry | None:
        """Read one entry; ``None`` when there is none of that number and the site answers as ourselves."""
        if not is_number(entry_id):
            return None
        found = self._client.entry(entry_id)
        if found is None:
            self._client.me()
            return None
        return self._translated([found], {})[0]

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Prove a webhook call genuine; its signature carries no time, replays are refused by their content."""
        return read_call(headers, body, secret=self._settings.webhook_secret)

    def budget(self) -> BudgetState | None:
        """``None``: a site limits nobody."""
        return None

    def check(self) -> Sequence[CheckResult]:
        """Try the key, what it sees, and the fields that the settings name."""
        try:
            me = self._client.me()
        except ConnectorError as error:
            return (CheckResult("API key", passed=False, remedy=str(error)),)
        results = [CheckResult("API key", passed=True)]
        try:
            out_of_sight = self._projects_out_of_sight(me)
            results.append(CheckResult("sees every colleague", not out_of_sight, out_of_sight))
            heeded = self._client.total_from(FAR_FUTURE) == 0
            told = "" if heeded else "The site ignores the dates that are asked for; look at what stands before it."
            results.append(CheckResult("filters by date", heeded, told))
            results.extend(self._check_fields())
        except ConnectorError as error:
            results.append(CheckResult("time entries", passed=False, remedy=str(error)))
        return tuple(results)

    def _projects_out_of_sight(self, me: Mapping[str, Any]) -> str:
        """Where the key does not see colleagues, and what to do; empty when it sees them everywhere."""
        if me.get("admin") is True:
            return ""
        memberships = me.get("memberships")
        if not isinstance(memberships, list) or not memberships:
            return "The key's user is a member of no project; make it one, or use an administrator's key."
        sees: dict[int, bool] = {}
        blind: list[str] = []
        for membership in (object_of(one, "membership") for one in memberships):
            role_ids = [identifier(object_of(role, "role")) for role in membership.get("roles", [])]
            for role_id in role_ids:
                if role_id not in sees:
                    sees[role_id] = self._sees_everybody(self._client.role(role_id))
            if not any(sees[role_id] for role_id in role_ids):
                blind.append(str(object_of(membership.get("project"), "project").get("name")))
        return f"It does not see colleagues in {', '.join(blind)}. {SEES_TIME}" if blind else ""

    def _sees_everybody(self, role: Mapping[str, Any]) -> bool:
        """Whether a role sees all time entries, and all issues where those tell the ticket."""
        permissions = role.get("permissions")
        if not isinstance(permissions, list) or "view_time_entries" not in permissions:
            return False
        sees_issues = "view_issues" in permissions and role.get("issues_visibility") == "all"
        needs_issues = self._settings.ticket_field is not None
        return role.get("time_entries_visibility") == "all" and (sees_issues or not needs_issues)

    def _check_fields(self) -> Iterator[CheckResult]:
        """Look for the custom fields on the newest entries and their issues; without any, nothing can be told."""
        rows = next(self._client.newest()).rows
        issues = list(self._client.issues(found for row in rows if (found := issue_of(row)) is not None).values())
        ticket, billable = self._settings.ticket_field, self._settings.billable_field
        if ticket is not None:
            there = not issues or any(has_field(one, ticket) for one in [*rows, *issues])
            yield CheckResult(f'custom field "{ticket}"', there, "" if there else NO_FIELD)
        if billable is not None:
            there = not rows or any(has_field(one, billable) for one in rows)
            yield CheckResult(f'custom field "{billable}"', there, "" if there else NO_FIELD)

    def _translated(self, rows: list[dict[str, Any]], issues: Issues) -> list[TimeEntry]:
        self._meet_issues(rows, issues)
        return [
            entry_from_api(
                row,
                account=self.account,
                ticket_field=self._settings.ticket_field,
                billable_field=self._settings.billable_field,
                issue=issues.get(issue_of(row) or 0),
            )
            for row in rows
        ]

    def _meet_issues(self, rows: list[dict[str, Any]], issues: Issues) -> None:
        """Read the issues that have to tell the ticket. One that is out of sight raises: it is not one without."""
        field = self._settings.ticket_field
        if field is None:
            return
        wanted = {
            number
            for row in rows
            if (number := issue_of(row)) is not None and number not in issues and not field_values(row, field)
        }
        issues.update(self._client.issues(wanted))
        if unseen := wanted - set(issues):
            told = f"issue {min(unseen)}, on which time was spent, "
            if self._client.me().get("admin") is True:
                raise Malformed(PRODUCT, f"{told}went away while it was read", request="GET /issues.json")
            raise PermissionMissing(PRODUCT, f"{told}is out of sight", remedy=SEES_ISSUES)


def _read_cursor(text: str) -> int:
    if text.isdecimal():
        return int(text)
    raise Invalid(PRODUCT, "the stored cursor is not one of ours")
