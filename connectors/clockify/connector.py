"""Clockify as a time tracker: one workspace, every colleague, with one administrator's key.

Terms
    fast lane   the report over the last days and the timers that run: Clockify lists no changes and keeps no
                time of change
    window      the whole report over a range of dates

    types       what an entry is (work, a break, leave): the report does not tell, so the core is asked before an entry
                counts, person by person, and what it said is remembered

Promises. The window is complete or an error is raised. The fast lane sees changes to entries of the last
:data:`LOOK_BACK` only, and no deletions; the window finds the rest. (Clockify's experimental feed of
deletions leaves out what was made and deleted between two readings, so it is not relied upon.) An entry is
gone when the workspace says that it has none of that id; a key that may not see it gets 403, which raises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from connectors.clockify.client import ClockifyClient
from connectors.clockify.settings import ClockifySettings
from connectors.clockify.translate import PRODUCT, READ, entry_from_api, entry_from_row, row_id
from connectors.clockify.types import EntryTypes
from connectors.clockify.webhooks import read_call
from connectors.colleagues import Colleagues
from connectors.errors import ConnectorError
from connectors.http import HttpClient, Limits
from connectors.protocols import BudgetState, Environment
from connectors.records import CheckResult, EntryPage, TimeEntry, WebhookCall
from connectors.self_check import check_reading
from connectors.unreadable import TIME_ENTRY, ReadRecords, read_records

LOOK_BACK = timedelta(days=2)
"""The report over two days is one request in most workspaces, and most edits are to fresh entries."""
AHEAD = timedelta(days=1)
"""People write down time that lies ahead, and clocks differ."""
AN_HOUR_SECONDS = 3600.0
NOT_ADMINISTRATOR = "Use the key of an owner or administrator of the workspace: others do not see colleagues."


class ClockifyTimeTracker:
    """Keeps :class:`connectors.protocols.TimeTracker` for a Clockify workspace."""

    def __init__(self, settings: ClockifySettings, environment: Environment) -> None:
        self._settings = settings
        self._now = environment.now
        self._zone = settings.zone
        key = {"X-Api-Key": settings.api_key}
        hourly = settings.requests_an_hour
        limits = Limits(
            account=None if hourly is None else f"{PRODUCT}:{settings.workspace_id}",
            counted=None if hourly is None else (hourly, AN_HOUR_SECONDS),
            reserve=settings.reserved_requests,
        )
        self._core = HttpClient(PRODUCT, str(settings.base_url), key, environment, limits, network=settings)
        reports = HttpClient(PRODUCT, str(settings.reports_url), key, environment, limits, network=settings)
        self._client = ClockifyClient(self._core, reports, settings.workspace_id, settings.report_page_size)
        self._types = EntryTypes(self._client)
        self._colleagues = Colleagues(PRODUCT, settings.sees_only, self._hidden, environment.now)

    @property
    def product(self) -> str:
        """``clockify``."""
        return PRODUCT

    @property
    def account(self) -> str:
        """The workspace's id."""
        return self._settings.account_name

    def changed_entries(self, cursor: str | None, since: datetime) -> Iterator[EntryPage]:
        """Yield the timers that run and every entry of the last days; the first time those since ``since``.

        The cursor is the instant up to which entries were read. Raises :class:`Invalid` for another one.
        """
        now = self._now()
        if cursor:
            since = min(READ.cursor_instant(cursor), now - LOOK_BACK)
        self._colleagues.require()
        running = read_records(TIME_ENTRY, self._client.running(), self._from_api)
        yield EntryPage(tuple(running), cursor, last=False, unreadable=running.unreadable)
        for rows in self._client.report(since.astimezone(UTC), now + AHEAD):
            entries = self._from_rows(rows)
            yield EntryPage(tuple(entries), cursor, last=False, unreadable=entries.unreadable)
        yield EntryPage((), now.isoformat(), last=True)

    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        """Yield every entry with ``first <= work_date <= last``, in pages; a timer that runs may be missing."""
        self._colleagues.require(anew=True)
        self._types.forget()
        begin = datetime.combine(first, time(), self._zone).astimezone(UTC)
        end = datetime.combine(last + timedelta(days=1), time(), self._zone).astimezone(UTC) - timedelta(seconds=1)
        seen: set[str] = set()
        for rows in self._client.report(begin, end):
            read = self._from_rows(rows)
            entries = tuple(entry for entry in read if first <= entry.work_date <= last and entry.id not in seen)
            seen.update(entry.id for entry in entries)
            yield EntryPage(entries, None, last=False, unreadable=read.unreadable)
        yield EntryPage((), None, last=True)

    def entry(self, entry_id: str) -> TimeEntry | None:
        """Read one entry as it is now; ``None`` when the workspace has none of that id."""
        item = self._client.entry(entry_id)
        return None if item is None else self._from_api(item)

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Prove a webhook call genuine by its token and read what it points at."""
        settings = self._settings
        return read_call(headers, body, tokens=settings.webhook_tokens, workspace_id=settings.workspace_id, now=now)

    def budget(self) -> BudgetState | None:
        """Requests left of ``requests_an_hour`` by our own count; ``None`` where that is not set."""
        return self._core.budget()

    def check(self) -> Sequence[CheckResult]:
        """Try the key, the workspace, the administrator's right and the report, in four requests or five."""
        results: list[CheckResult] = []
        for subject, attempt in (
            ("API key", self._client.me),
            (f"workspace {self.account}", self._client.workspace),
        ):
            results.append(check_reading(subject, attempt))
            if not results[-1].passed:
                return tuple(results)
        try:
            results.append(self._colleagues.check())
        except ConnectorError as error:
            return (*results, CheckResult("sees every colleague", passed=False, remedy=str(error)))
        return (*results, check_reading("detailed report", self._try_report))

    def _hidden(self) -> str:
        return "" if self._client.is_administrator() else NOT_ADMINISTRATOR

    def _try_report(self) -> None:
        now = self._now()
        for _ in self._client.report(now - AHEAD, now):
            return

    def _from_api(self, item: object) -> TimeEntry:
        return entry_from_api(item, account=self.account, zone=self._zone)

    def _from_rows(self, rows: list[Any]) -> ReadRecords[TimeEntry]:
        """Translate rows; one that was deleted since the report was made is left out."""
        types = self._types.of(rows)
        living = [row for row in rows if row_id(row) not in types.gone]
        return read_records(
            TIME_ENTRY,
            living,
            lambda row: entry_from_row(row, kind=types.type_of(row), account=self.account, zone=self._zone),
            lambda row: row_id(row) if isinstance(row, dict) else None,
        )
