"""Kimai as a time tracker: one site, everybody's time, with one super administrator's token.

Terms
    timesheet   Kimai's word for a time entry
    fast lane   what was made or changed since (``modified_after``); Kimai tells the timesheets and not when that was
    window      every timesheet of a range of days

Promises. The window is complete or an error is raised. The fast lane sees no deletions, which leave no trace, and no
export or invoice, which marks timesheets in bulk without touching their time of change: the window finds both. An
entry is gone when the site, which knows us, has none of that number; one that the token may not see is refused (403).

Times in a request are read in the zone of the token's owner, each timesheet comes in a zone of its own, and before
Kimai 2.45 ``modified_after`` was local too: so more is asked for than is needed, and what is too much is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from pydantic import SecretStr

from connectors.colleagues import Colleagues
from connectors.errors import BadSignature, ConnectorError
from connectors.http import HttpClient, server_time
from connectors.kimai.client import WIDEST_DIFFERENCE, KimaiClient, literal_days
from connectors.kimai.settings import KimaiSettings
from connectors.kimai.translate import PRODUCT, READ, entry_from_api, meta_names
from connectors.protocols import BudgetState, Environment
from connectors.records import CheckResult, EntryPage, TimeEntry, WebhookCall
from connectors.self_check import check_clock, check_that
from connectors.unreadable import TIME_ENTRY, ReadRecords, read_records
from connectors.value_reader import is_number

OVERLAP = timedelta(minutes=5)
"""Changes are kept to the second, and two can share one."""
CHANGES_IN_UTC_SINCE = 24500
"""Kimai 2.45.0."""
NOT_SUPER_ADMINISTRATOR = "Use the API token of a super administrator: others see themselves and the teams they lead."


class KimaiTimeTracker:
    """Keeps :class:`connectors.protocols.TimeTracker` for a Kimai site."""

    def __init__(self, settings: KimaiSettings, environment: Environment) -> None:
        self._settings = settings
        self._now = environment.now
        token = SecretStr(f"Bearer {settings.api_token.get_secret_value()}")
        http = HttpClient(PRODUCT, str(settings.base_url), {"Authorization": token}, environment, network=settings)
        self._client = KimaiClient(http, settings.page_size)
        self._colleagues = Colleagues(PRODUCT, settings.sees_only, self._hidden, environment.now)

    @property
    def product(self) -> str:
        """``kimai``."""
        return PRODUCT

    @property
    def account(self) -> str:
        """The site's address, or the name that the settings give it."""
        return self._settings.account_name

    def changed_entries(self, cursor: str | None, since: datetime) -> Iterator[EntryPage]:
        """Yield what was made or changed since. Pages come by number, so the cursor moves on with the last one only.

        Raises :class:`Invalid` for a cursor that is none of ours.
        """
        after = READ.cursor_instant(cursor) if cursor else since
        self._colleagues.require()
        version, begun_at = self._client.version()
        overlap = OVERLAP if version >= CHANGES_IN_UTC_SINCE else WIDEST_DIFFERENCE
        modified_after = (after.astimezone(UTC) - overlap).strftime("%Y-%m-%dT%H:%M:%S")
        for rows, is_last in self._client.timesheets({"modified_after": modified_after}):
            reached = max(after, begun_at or self._now()).isoformat() if is_last else cursor
            read = self._translated(rows)
            yield EntryPage(tuple(read), reached, last=is_last, unreadable=read.unreadable)

    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        """Yield every entry with ``first <= work_date <= last``, running ones with 0 seconds."""
        self._colleagues.require(anew=True)
        filters = literal_days(datetime.combine(first, time.min), datetime.combine(last, time.max))
        for rows, is_last in self._client.timesheets(filters):
            read = self._translated(rows)
            entries = tuple(entry for entry in read if first <= entry.work_date <= last)
            yield EntryPage(entries, None, last=is_last, unreadable=read.unreadable)

    def entry(self, entry_id: str) -> TimeEntry | None:
        """Read one entry; ``None`` when there is none of that number and the site answers as ourselves."""
        if not is_number(entry_id):
            return None
        timesheet = self._client.timesheet(entry_id)
        if timesheet is None:
            self._client.me()
            return None
        return self._entry(timesheet)

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Refuse: Kimai sends no webhooks, so whoever calls is somebody else."""
        raise BadSignature(PRODUCT, "sends no webhooks", remedy="Remove what calls this address.")

    def budget(self) -> BudgetState | None:
        """``None``: a site limits nobody who has a token."""
        return None

    def check(self) -> Sequence[CheckResult]:
        """Try the token, what it sees, the clock and the meta field, in three requests."""
        try:
            me = self._client.me()
            colleagues = self._colleagues.check()
        except ConnectorError as error:
            return (CheckResult("API token", passed=False, remedy=str(error)),)
        return (
            CheckResult("API token", passed=True),
            colleagues,
            check_clock(self._now(), server_time(me)),
            *self._check_timesheets(),
        )

    def _hidden(self) -> str:
        sees_all = "ROLE_SUPER_ADMIN" in READ.a_list(self._client.me().data.get("roles"), "user.roles")
        return "" if sees_all else NOT_SUPER_ADMINISTRATOR

    def _check_timesheets(self) -> Iterator[CheckResult]:
        try:
            rows = self._client.newest()
        except ConnectorError as error:
            yield CheckResult("timesheets", passed=False, remedy=str(error))
            return
        yield CheckResult("timesheets", passed=True)
        if (name := self._settings.ticket_field) is not None:
            is_there = not rows or any(name in meta_names(row) for row in rows if isinstance(row, dict))
            remedy = "The newest timesheets do not have it; write its internal name, and make it visible."
            yield check_that(f'meta field "{name}"', is_there, remedy)

    def _translated(self, rows: list[Any]) -> ReadRecords[TimeEntry]:
        return read_records(TIME_ENTRY, rows, self._entry)

    def _entry(self, row: object) -> TimeEntry:
        return entry_from_api(row, account=self.account, ticket_field=self._settings.ticket_field)
