"""Toggl Track as a time tracker: one workspace, every colleague, with one administrator's token.

Terms
    fast lane   the report ordered by last change (colleagues' edits) and the token owner's own changes
                (with tombstones): two requests when nothing much happened
    window      the whole report over a range of dates
    span        a range of dates that the report accepts at once: at most a year

Promises. Entries of the window are complete or an error is raised; both lanes translate an entry alike, so
that one read here and then there is the same record. The fast lane does not see a colleague's deletion,
nor a change to an entry that began over ninety days ago: the window does. An entry counts as gone only
after the report and the token's own entries were asked **and** the token was seen to be an administrator's,
because without that right colleagues' entries merely disappear from sight.

Toggl books an entry on the date of its start in the zone of its *creator*; here the configured zone holds
for everyone, so the report is read one day wider on both sides and cut locally.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from connectors.errors import ConnectorError, Invalid, Limited, Malformed, PermissionMissing
from connectors.http import HttpClient, Limits, server_time
from connectors.protocols import BudgetState, Environment
from connectors.reading import is_number
from connectors.records import CheckResult, EntryPage, TimeEntry, WebhookCall
from connectors.toggl.client import Position, TogglClient, change_instants
from connectors.toggl.names import NameBook
from connectors.toggl.settings import TogglSettings
from connectors.toggl.translate import PRODUCT, entries_from_row, entry_from_api, instant
from connectors.toggl.webhooks import read_call

OVERLAP = timedelta(minutes=10)
"""How far back the fast lane looks again: reports lag behind, and time stamps are not strictly ordered."""
FURTHEST_CHANGE = timedelta(days=90)
"""The API gives no own changes further back; the fast lane's report covers the same time."""
LONGEST_SPAN = timedelta(days=364)
"""The report refuses more than 366 days."""
LARGEST_CLOCK_DIFFERENCE = timedelta(minutes=2)
NOT_ADMINISTRATOR = "Use the API token of an administrator of the workspace: others do not see colleagues."


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where the fast lane goes on.

    ``since``: changes up to here were read, by the product's own clock. ``own``: the same for the token owner's
    changes, where they lag behind. ``newest`` and ``position``: of a reading under way, up to where it will have
    read when it ends and where its next page begins.
    """

    since: str
    own: str | None = None
    newest: str | None = None
    position: Position | None = None

    def __str__(self) -> str:
        return json.dumps({name: value for name, value in asdict(self).items() if value is not None}, sort_keys=True)


def http_client(settings: TogglSettings, environment: Environment, budget: str) -> HttpClient:
    """An HTTP client of a workspace: its token as Basic authentication, and the ``budget`` of one quota."""
    credentials = f"{settings.api_token.get_secret_value()}:api_token"
    encoded = base64.b64encode(credentials.encode()).decode()
    return HttpClient(
        PRODUCT,
        str(settings.base_url),
        {"Authorization": SecretStr(f"Basic {encoded}")},
        environment,
        Limits(
            account=budget,
            remaining="X-Toggl-Quota-Remaining",
            resets_in="X-Toggl-Quota-Resets-In",
            quota_status=402,
            reserve=settings.reserved_requests,
        ),
    )


class TogglTimeTracker:
    """Keeps :class:`connectors.protocols.TimeTracker` for a Toggl Track workspace.

    The report lags behind the token owner's own entries, so within a reading those win.
    """

    def __init__(self, settings: TogglSettings, environment: Environment) -> None:
        self._settings = settings
        self._now = environment.now
        self._zone = settings.zone
        account = f"{PRODUCT}:{settings.workspace_id}"
        self._http = http_client(settings, environment, account)
        own = http_client(settings, environment, f"{account}:me")
        self._client = TogglClient(self._http, own, settings.workspace_id, settings.report_page_size)
        self._names = NameBook(self._client, environment.now)

    @property
    def product(self) -> str:
        """``toggl``."""
        return PRODUCT

    @property
    def account(self) -> str:
        """The workspace's number."""
        return self._settings.account_name

    def changed_entries(self, cursor: str | None, since: datetime) -> Iterator[EntryPage]:
        """Yield the token owner's changes with tombstones, then everybody's, newest change first.

        When the quota of the token owner's own calls is used up, those wait for another reading. Until the last
        page the cursor keeps the beginning of this reading, so that nothing is lost by a crash.
        Raises :class:`Invalid` for a cursor that is none of ours.
        """
        place = _read_cursor(cursor) if cursor else _Cursor(since.isoformat())
        after = self._after(place.since, overlap=bool(cursor))
        newest = instant(place.newest, "cursor") if place.newest else instant(place.since, "cursor")
        position, own_place = place.position, place.own
        told: set[str] = set()
        if position is None:
            own, own_place = self._own_changes(place, overlap=bool(cursor))
            newest = max([newest, *(entry.source_updated_at for entry in own if entry.source_updated_at)])
            told.update(entry.id for entry in own)
            if own:
                yield EntryPage(tuple(own), str(place), last=False)
        today = self._now().astimezone(self._zone).date()
        first, last = today - FURTHEST_CHANGE, today + timedelta(days=1)
        while True:
            page = self._client.report_page(first, last, position=position, newest_change_first=True)
            stamps = change_instants(page.rows)
            if position is None and page.served_at is not None:
                newest = max(newest, min(page.served_at, self._now()))
            newest = max([newest, *stamps])
            # A row that does not tell when it was changed is no row to pass over: translating it says what is wrong.
            news = [row for row in page.rows if max(change_instants([row]), default=after) >= after]
            entries = [entry for entry in self._translated(news) if entry.id not in told]
            if page.next is None or (stamps and min(stamps) < after):
                yield EntryPage(tuple(entries), str(_Cursor(newest.isoformat(), own_place)), last=True)
                return
            position = page.next
            here = _Cursor(place.since, own_place, newest.isoformat(), position)
            yield EntryPage(tuple(entries), str(here), last=False)

    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        """Yield every entry with ``first <= work_date <= last``, a timer that runs at most as one of 0 seconds."""
        self._names.forget()
        seen: set[str] = set()
        for begin, end in _spans(first - timedelta(days=1), last + timedelta(days=1)):
            for page in self._client.report(begin, end):
                entries = tuple(
                    entry
                    for entry in self._translated(page.rows)
                    if first <= entry.work_date <= last and entry.id not in seen
                )
                seen.update(entry.id for entry in entries)
                yield EntryPage(entries, None, last=page.next is None and end > last)

    def entry(self, entry_id: str) -> TimeEntry | None:
        """Read one entry: from the report, which sees colleagues, else from the token owner's own entries.

        Raises :class:`PermissionMissing` when it is nowhere and the token is not an administrator's.
        """
        if not is_number(entry_id):
            return None
        today = self._now().astimezone(self._zone).date()
        page = self._client.report_page(today - LONGEST_SPAN, today + timedelta(days=1), entry_ids=(int(entry_id),))
        for entry in self._translated(page.rows):
            if entry.id == entry_id:
                return entry
        own = self._client.own_entry(int(entry_id))
        if own is not None and own.get("workspace_id") == self._settings.workspace_id:
            if own.get("server_deleted_at") is not None:
                return None
            return self._own([own])[0]
        if not self._is_administrator():
            raise PermissionMissing(
                PRODUCT,
                f"cannot tell whether entry {entry_id} is gone or out of sight",
                remedy=NOT_ADMINISTRATOR,
            )
        return None

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Prove a webhook call genuine; Toggl's signature carries no time, replays are refused by delivery id."""
        return read_call(headers, body, secret=self._settings.webhook_secret, workspace_id=self._settings.workspace_id)

    def budget(self) -> BudgetState | None:
        """Requests left of the hourly quota, as the last answer told; ``None`` before the first."""
        return self._http.budget()

    def check(self) -> Sequence[CheckResult]:
        """Try the token, the administrator's right, the report and the clock, in three requests."""
        try:
            answer = self._client.me()
        except ConnectorError as error:
            return (CheckResult("API token", passed=False, remedy=str(error)),)
        results = [CheckResult("API token", passed=True), self._check_clock(server_time(answer))]
        try:
            administrator = self._is_administrator()
            results.append(
                CheckResult("sees every colleague", administrator, "" if administrator else NOT_ADMINISTRATOR)
            )
            today = self._now().astimezone(self._zone).date()
            self._client.report_page(today, today)
            results.append(CheckResult("detailed report", passed=True))
        except ConnectorError as error:
            results.append(CheckResult(f"workspace {self.account}", passed=False, remedy=str(error)))
        return tuple(results)

    def _check_clock(self, theirs: datetime | None) -> CheckResult:
        difference = abs(self._now() - theirs) if theirs else timedelta()
        passed = difference <= LARGEST_CLOCK_DIFFERENCE
        told = f"This machine's clock differs by {int(difference.total_seconds())} seconds; set it by NTP."
        return CheckResult("clock", passed, "" if passed else told)

    def _is_administrator(self) -> bool:
        return self._client.workspace().get("admin") is True

    def _own_changes(self, place: _Cursor, *, overlap: bool) -> tuple[list[TimeEntry], str | None]:
        """The token owner's changes, and where those go on if they could not be read now."""
        since = place.own or place.since
        self._http.require_budget("GET /api/v9/me/time_entries")
        try:
            found = self._client.own_entries_since(self._after(since, overlap=overlap))
        except Limited:
            return [], since
        mine = [item for item in found if not isinstance(item, dict) or self._is_here(item)]
        return self._own(mine), None

    def _after(self, since: str, *, overlap: bool) -> datetime:
        oldest = self._now() - FURTHEST_CHANGE + timedelta(hours=1)
        return max(instant(since, "cursor") - (OVERLAP if overlap else timedelta()), oldest)

    def _is_here(self, item: Mapping[str, Any]) -> bool:
        return item.get("workspace_id") == self._settings.workspace_id

    def _own(self, items: list[Any]) -> list[TimeEntry]:
        if not items:
            return []
        names = self._names.names_for(items)
        return [entry_from_api(item, account=self.account, zone=self._zone, names=names) for item in items]

    def _translated(self, rows: list[Any]) -> list[TimeEntry]:
        if not rows:
            return []
        names = self._names.names_for(rows)
        return [
            entry for row in rows for entry in entries_from_row(row, account=self.account, zone=self._zone, names=names)
        ]


def _spans(first: date, last: date) -> Iterator[tuple[date, date]]:
    while first <= last:
        end = min(first + LONGEST_SPAN, last)
        yield first, end
        first = end + timedelta(days=1)


def _read_cursor(text: str) -> _Cursor:
    try:
        found = _Cursor(**json.loads(text))
        for told in (found.since, found.own, found.newest):
            if told is not None:
                instant(told, "cursor")
        if found.position is not None:
            int(found.position["first_row_number"])
    except (ValueError, TypeError, KeyError, Malformed) as error:
        raise Invalid(PRODUCT, "the stored cursor is not one of ours") from error
    return found
