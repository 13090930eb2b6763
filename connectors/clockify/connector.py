"""Clockify as a time tracker: one workspace, every colleague, with one administrator's key.

Terms
    fast lane   the report over the last days and the timers that run: Clockify lists no changes and keeps no
                time of change
    window      the whole report over a range of dates

Promises. The window is complete or an error is raised. The fast lane sees changes to entries of the last
:data:`LOOK_BACK` only, and no deletions; the window finds the rest. (Clockify's experimental feed of
deletions leaves out what was made and deleted between two readings, so it is not relied upon.) An entry is
gone when the workspace says that it has none of that id; a key that may not see it gets 403, which raises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from connectors.clockify.client import ClockifyClient
from connectors.clockify.settings import ClockifySettings
from connectors.clockify.translate import PRODUCT, entry_from_api, entry_from_row, instant
from connectors.clockify.webhooks import read_call
from connectors.errors import ConnectorError, Invalid, Malformed, PermissionMissing
from connectors.http import HttpClient
from connectors.protocols import BudgetState, Environment
from connectors.records import CheckResult, EntryPage, TimeEntry, WebhookCall

LOOK_BACK = timedelta(days=2)
"""The report over two days is one request in most workspaces, and most edits are to fresh entries."""
AHEAD = timedelta(days=1)
"""People write down time that lies ahead, and clocks differ."""
NOT_ADMINISTRATOR = "Use the key of an owner or administrator of the workspace: others do not see colleagues."


class ClockifyTimeTracker:
    """Keeps :class:`connectors.protocols.TimeTracker` for a Clockify workspace."""

    def __init__(self, settings: ClockifySettings, environment: Environment) -> None:
        self._settings = settings
        self._now = environment.now
        self._zone = settings.zone
        key = {"X-Api-Key": settings.api_key}
        core = HttpClient(PRODUCT, str(settings.base_url), key, environment)
        reports = HttpClient(PRODUCT, str(settings.reports_url), key, environment)
        self._client = ClockifyClient(core, reports, settings.workspace_id, settings.report_page_size)

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
            since = min(_read_cursor(cursor), now - LOOK_BACK)
        running = tuple(entry_from_api(item, account=self.account, zone=self._zone) for item in self._client.running())
        yield EntryPage(running, cursor, last=False)
        for rows in self._client.report(since.astimezone(UTC), now + AHEAD):
            yield EntryPage(tuple(self._translated(rows)), cursor, last=False)
        yield EntryPage((), now.isoformat(), last=True)

    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        """Yield every entry with ``first <= work_date <= last``, in pages; a timer that runs may be missing."""
        begin = datetime.combine(first, time(), self._zone).astimezone(UTC)
        end = datetime.combine(last + timedelta(days=1), time(), self._zone).astimezone(UTC) - timedelta(seconds=1)
        seen: set[str] = set()
        for rows in self._client.report(begin, end):
            entries = tuple(
                entry for entry in self._translated(rows) if first <= entry.work_date <= last and entry.id not in seen
            )
            seen.update(entry.id for entry in entries)
            yield EntryPage(entries, None, last=False)
        yield EntryPage((), None, last=True)

    def entry(self, entry_id: str) -> TimeEntry | None:
        """Read one entry as it is now; ``None`` when the workspace has none of that id."""
        found = self._client.entry(entry_id)
        return None if found is None else entry_from_api(found, account=self.account, zone=self._zone)

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Prove a webhook call genuine by its token and read what it points at."""
        settings = self._settings
        return read_call(headers, body, tokens=settings.webhook_tokens, workspace_id=settings.workspace_id, now=now)

    def budget(self) -> BudgetState | None:
        """``None``: Clockify tells nobody how many requests are left."""
        return None

    def check(self) -> Sequence[CheckResult]:
        """Try the key, the workspace, the administrator's right and the report, in four requests or five."""
        results: list[CheckResult] = []
        for subject, attempt in (
            ("API key", self._client.me),
            (f"workspace {self.account}", self._client.workspace),
            ("sees every colleague", self._require_administrator),
            ("detailed report", self._try_report),
        ):
            try:
                attempt()
            except ConnectorError as error:
                results.append(CheckResult(subject, passed=False, remedy=str(error)))
                break
            results.append(CheckResult(subject, passed=True))
        return tuple(results)

    def _require_administrator(self) -> None:
        if not self._client.is_administrator():
            raise PermissionMissing(PRODUCT, "shows the key its own time alone", remedy=NOT_ADMINISTRATOR)

    def _try_report(self) -> None:
        now = self._now()
        for _ in self._client.report(now - AHEAD, now):
            return

    def _translated(self, rows: list[object]) -> list[TimeEntry]:
        return [entry_from_row(row, account=self.account, zone=self._zone) for row in rows]


def _read_cursor(text: str) -> datetime:
    try:
        return instant(text, "cursor")
    except Malformed as error:
        raise Invalid(PRODUCT, "the stored cursor is not one of ours") from error
