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

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from connectors.colleagues import Colleagues
from connectors.errors import ConnectorError, Malformed, PermissionMissing
from connectors.http import HttpClient
from connectors.protocols import BudgetState, Environment
from connectors.records import CheckResult, EntryPage, TimeEntry, WebhookCall
from connectors.redmine.client import RedmineClient
from connectors.redmine.settings import RedmineSettings
from connectors.redmine.translate import PRODUCT, READ, entry_from_api, field_values, has_field, identifier, issue_of
from connectors.redmine.webhooks import read_call
from connectors.self_check import check_that
from connectors.unreadable import TIME_ENTRY, ReadRecords, id_of_row, read_records, row_key
from connectors.value_reader import Object, is_number

LOOK_BACK = timedelta(days=7)
"""Most edits are to fresh entries, and a week of a company's time is a few requests."""
FAR_FUTURE = date(2999, 1, 1)
A_DAY = timedelta(days=1)
SEES_ISSUES = "Give the key's user the permission to view all issues of the project, or use an administrator's key."
SEES_TIME = "Give its role there the permission to view all time entries and issues, or use an administrator's key."
NO_FIELD = "The newest time entries and their issues do not have it; write its name as Redmine shows it."

Issues = dict[int, Object]
"""The issues that a reading met, by number."""


class RedmineTimeTracker:
    """Keeps :class:`connectors.protocols.TimeTracker` for a Redmine site."""

    def __init__(self, settings: RedmineSettings, environment: Environment) -> None:
        self._settings = settings
        self._now = environment.now
        http = HttpClient(
            PRODUCT, str(settings.base_url), {"X-Redmine-API-Key": settings.api_key}, environment, network=settings
        )
        self._client = RedmineClient(http, settings.page_size)
        self._colleagues = Colleagues(PRODUCT, settings.sees_only, self._hidden, environment.now)

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
        newest = self._number_of(cursor) if cursor else 0
        self._colleagues.require()
        issues: Issues = {}
        yielded: set[str] = set()
        if cursor:
            after = newest
            first = self._now().date() - LOOK_BACK
            for page in self._client.newest():
                made = [row for row in page.rows if _number_of(row) > after]
                newest = max([newest, *page.numbers])
                yielded.update(map(row_key, made))
                read = self._translated(made, issues)
                yield EntryPage(tuple(read), cursor, last=False, unreadable=read.unreadable)
                if len(made) < len(page.rows):
                    break
        else:
            newest = next((max(page.numbers, default=0) for page in self._client.newest(page_size=1)), 0)
            first = since.date() - A_DAY
        for rows, is_last in self._client.spent(first):
            read = self._translated([row for row in rows if row_key(row) not in yielded], issues)
            reached = str(newest) if is_last else cursor
            yield EntryPage(tuple(read), reached, last=is_last, unreadable=read.unreadable)

    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        """Yield every entry with ``first <= work_date <= last``."""
        self._colleagues.require(anew=True)
        issues: Issues = {}
        for rows, is_last in self._client.spent(first, last):
            read = self._translated(rows, issues)
            yield EntryPage(tuple(read), None, last=is_last, unreadable=read.unreadable)

    def entry(self, entry_id: str) -> TimeEntry | None:
        """Read one entry; ``None`` when there is none of that number and the site answers as ourselves."""
        if not is_number(entry_id):
            return None
        row = self._client.entry(entry_id)
        if row is None:
            self._client.me()
            return None
        issues: Issues = {}
        self._meet_issues([row], issues)
        return self._entry(row, issues)

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Prove a webhook call genuine; its signature carries no time, replays are refused by their content."""
        return read_call(headers, body, secrets=self._settings.webhook_secrets)

    def budget(self) -> BudgetState | None:
        """``None``: a site limits nobody."""
        return None

    def check(self) -> Sequence[CheckResult]:
        """Try the key, what it sees, and the fields that the settings name."""
        try:
            self._client.me()
        except ConnectorError as error:
            return (CheckResult("API key", passed=False, remedy=str(error)),)
        results = [CheckResult("API key", passed=True)]
        try:
            results.append(self._colleagues.check())
            heeded = self._client.total_from(FAR_FUTURE) == 0
            remedy = "The site ignores the dates that are asked for; look at what stands before it."
            results.append(check_that("filters by date", heeded, remedy))
            results.extend(self._check_fields())
        except ConnectorError as error:
            results.append(CheckResult("time entries", passed=False, remedy=str(error)))
        return tuple(results)

    def _hidden(self) -> str:
        """Where the key does not see colleagues, and what to do; empty when it sees them everywhere."""
        me = self._client.me()
        if me.get("admin") is True:
            return ""
        memberships = me.get("memberships")
        if not isinstance(memberships, list) or not memberships:
            return "The key's user is a member of no project; make it one, or use an administrator's key."
        sees: dict[int, bool] = {}
        blind: list[str] = []
        for membership in READ.objects(memberships, "memberships"):
            role_ids = [identifier(role) for role in READ.objects(membership.get("roles") or [], "roles")]
            for role_id in role_ids:
                if role_id not in sees:
                    sees[role_id] = self._sees_everybody(self._client.role(role_id))
            if not any(sees[role_id] for role_id in role_ids):
                blind.append(
                    READ.text(READ.an_object(membership.get("project"), "project").get("name"), "project.name")
                )
        return f"It does not see colleagues in {', '.join(blind)}. {SEES_TIME}" if blind else ""

    def _sees_everybody(self, role: Object) -> bool:
        """Whether a role sees all time entries, and all issues where those tell the ticket."""
        permissions = role.get("permissions")
        if not isinstance(permissions, list) or "view_time_entries" not in permissions:
            return False
        sees_issues = "view_issues" in permissions and role.get("issues_visibility") == "all"
        needs_issues = self._settings.ticket_field is not None
        return role.get("time_entries_visibility") == "all" and (sees_issues or not needs_issues)

    def _check_fields(self) -> Iterator[CheckResult]:
        """Look for the custom fields on the newest entries and their issues; without any, nothing is known."""
        rows = next(self._client.newest()).rows
        numbers = (number for row in rows if (number := issue_of(row)) is not None)
        issues = list(self._client.issues(numbers).values())
        ticket, billable = self._settings.ticket_field, self._settings.billable_field
        if ticket is not None:
            is_there = not issues or any(has_field(item, ticket) for item in [*rows, *issues])
            yield check_that(f'custom field "{ticket}"', is_there, NO_FIELD)
        if billable is not None:
            is_there = not rows or any(has_field(row, billable) for row in rows)
            yield check_that(f'custom field "{billable}"', is_there, NO_FIELD)

    def _translated(self, rows: list[Object], issues: Issues) -> ReadRecords[TimeEntry]:
        self._meet_issues(rows, issues)
        return read_records(TIME_ENTRY, rows, lambda row: self._entry(row, issues))

    def _entry(self, row: Object, issues: Issues) -> TimeEntry:
        return entry_from_api(
            row,
            account=self.account,
            ticket_field=self._settings.ticket_field,
            billable_field=self._settings.billable_field,
            issue=issues.get(issue_of(row) or 0),
        )

    def _meet_issues(self, rows: list[Object], issues: Issues) -> None:
        """Read the issues that have to tell the ticket. One that is out of sight raises: it is not one without."""
        field = self._settings.ticket_field
        if field is None:
            return
        wanted = {number for row in rows if (number := _issue_to_ask(row, field)) is not None and number not in issues}
        issues.update(self._client.issues(wanted))
        if unseen := wanted - set(issues):
            issue = f"issue {min(unseen)}, on which time was spent, "
            if self._client.me().get("admin") is True:
                raise Malformed(PRODUCT, f"{issue}went away while it was read", request="GET /issues.json")
            raise PermissionMissing(PRODUCT, f"{issue}is out of sight", remedy=SEES_ISSUES)

    def _number_of(self, cursor: str) -> int:
        if is_number(cursor):
            return int(cursor)
        raise READ.not_our_cursor()


def _number_of(row: Object) -> int:
    """The number of a row; one without counts as made since, so that it is yielded."""
    number = id_of_row(row)
    return int(number) if number is not None and is_number(number) else sys.maxsize


def _issue_to_ask(row: Object, field: str) -> int | None:
    """The issue that has to tell the ticket of a row, where the row does not; none for a row that cannot be read."""
    try:
        return None if field_values(row, field) else issue_of(row)
    except Malformed:
        return None
