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

from pydantic import SecretStr

from connectors.colleagues import Colleagues
from connectors.errors import ConnectorError, Limited, Malformed
from connectors.http import HttpClient, Limits, server_time
from connectors.protocols import BudgetState, Environment
from connectors.records import CheckResult, EntryPage, TimeEntry, WebhookCall
from connectors.self_check import check_clock
from connectors.toggl.client import Position, TogglClient, changed_at
from connectors.toggl.names import NameBook
from connectors.toggl.settings import TogglSettings
from connectors.toggl.translate import PRODUCT, READ, Names, entry_from_api, entry_from_part, parts_of_row
from connectors.toggl.webhooks import read_call
from connectors.unreadable import TIME_ENTRY, ReadRecords, id_of_row, read_records
from connectors.value_reader import Object, is_number

OVERLAP = timedelta(minutes=10)
"""How far back the fast lane looks again: reports lag behind, and time stamps are not strictly ordered."""
FURTHEST_CHANGE = timedelta(days=90)
"""The API gives no own changes further back; the fast lane's report covers the same time."""
LONGEST_SPAN = timedelta(days=364)
"""The report refuses more than 366 days."""
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
        network=settings,
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
        self._colleagues = Colleagues(PRODUCT, settings.sees_only, self._hidden, environment.now)

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
        self._colleagues.require()
        after = self._after(place.since, overlap=bool(cursor))
        newest = READ.instant(place.newest or place.since, "cursor")
        position, own_place = place.position, place.own
        yielded: set[str] = set()
        if position is None:
            own, own_place = self._own_changes(place, overlap=bool(cursor))
            newest = max([newest, *(entry.source_updated_at for entry in own if entry.source_updated_at)])
            yielded.update(entry.id for entry in own)
            if own or own.unreadable:
                yield EntryPage(tuple(own), str(place), last=False, unreadable=own.unreadable)
        today = self._now().astimezone(self._zone).date()
        first, last = today - FURTHEST_CHANGE, today + timedelta(days=1)
        while True:
            page = self._client.report_page(first, last, position=position, newest_change_first=True)
            parts = [part for row in page.rows for part in parts_of_row(row)]
            stamps = [stamp for part in parts if (stamp := changed_at(part)) is not None]
            if position is None and page.served_at is not None:
                newest = max(newest, min(page.served_at, self._now()))
            newest = max([newest, *stamps])
            # An entry that does not say when it was changed is none to pass over: translating it says what is wrong.
            news = self._translated([part for part in parts if (changed_at(part) or after) >= after])
            entries = tuple(entry for entry in news if entry.id not in yielded)
            if page.next is None or (stamps and min(stamps) < after):
                end = str(_Cursor(newest.isoformat(), own_place))
                yield EntryPage(entries, end, last=True, unreadable=news.unreadable)
                return
            position = page.next
            here = _Cursor(place.since, own_place, newest.isoformat(), position)
            yield EntryPage(entries, str(here), last=False, unreadable=news.unreadable)

    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        """Yield every entry with ``first <= work_date <= last``, a timer that runs at most as one of 0 seconds."""
        self._names.forget()
        self._colleagues.require(anew=True)
        seen: set[str] = set()
        for begin, end in _spans(first - timedelta(days=1), last + timedelta(days=1)):
            for page in self._client.report(begin, end):
                read = self._translated([part for row in page.rows for part in parts_of_row(row)])
                entries = tuple(entry for entry in read if first <= entry.work_date <= last and entry.id not in seen)
                seen.update(entry.id for entry in entries)
                is_last = page.next is None and end > last
                yield EntryPage(entries, None, last=is_last, unreadable=read.unreadable)

    def entry(self, entry_id: str) -> TimeEntry | None:
        """Read one entry: from the report, which sees colleagues, else from the token owner's own entries.

        Raises :class:`PermissionMissing` when it is nowhere and the token is not an administrator's.
        """
        if not is_number(entry_id):
            return None
        today = self._now().astimezone(self._zone).date()
        page = self._client.report_page(today - LONGEST_SPAN, today + timedelta(days=1), entry_ids=(int(entry_id),))
        for part in [part for row in page.rows for part in parts_of_row(row)]:
            if id_of_row(part[1]) in (entry_id, None):
                return self._entry(part)  # One without a number was asked for by it: it is there, and raises.
        own = self._client.own_entry(int(entry_id))
        if own is not None and own.get("workspace_id") == self._settings.workspace_id:
            if own.get("server_deleted_at") is not None:
                return None
            return entry_from_api(own, account=self.account, zone=self._zone, names=self._names.names_for([own]))
        self._colleagues.require_gone(entry_id)
        return None

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Prove a webhook call genuine; Toggl's signature carries no time, replays are refused by delivery id."""
        settings = self._settings
        return read_call(headers, body, secrets=settings.webhook_secrets, workspace_id=settings.workspace_id)

    def budget(self) -> BudgetState | None:
        """Requests left of the hourly quota, as the last answer told; ``None`` before the first."""
        return self._http.budget()

    def check(self) -> Sequence[CheckResult]:
        """Try the token, the administrator's right, the report and the clock, in three requests."""
        try:
            answer = self._client.me()
        except ConnectorError as error:
            return (CheckResult("API token", passed=False, remedy=str(error)),)
        results = [CheckResult("API token", passed=True), check_clock(self._now(), server_time(answer))]
        try:
            results.append(self._colleagues.check())
            today = self._now().astimezone(self._zone).date()
            self._client.report_page(today, today)
            results.append(CheckResult("detailed report", passed=True))
        except ConnectorError as error:
            results.append(CheckResult(f"workspace {self.account}", passed=False, remedy=str(error)))
        return tuple(results)

    def _hidden(self) -> str:
        return "" if self._names.is_administrators() else NOT_ADMINISTRATOR

    def _own_changes(self, place: _Cursor, *, overlap: bool) -> tuple[ReadRecords[TimeEntry], str | None]:
        """The token owner's changes, and where those go on if they could not be read now."""
        since = place.own or place.since
        self._http.require_budget("GET /api/v9/me/time_entries")
        try:
            items = self._client.own_entries_since(self._after(since, overlap=overlap))
        except Limited:
            return ReadRecords(), since
        here = [
            item
            for item in items
            if not isinstance(item, dict) or item.get("workspace_id") == self._settings.workspace_id
        ]
        names = self._names.names_for(here) if here else None
        return read_records(
            TIME_ENTRY,
            here,
            lambda item: entry_from_api(item, account=self.account, zone=self._zone, names=names or Names()),
        ), None

    def _after(self, since: str, *, overlap: bool) -> datetime:
        oldest = self._now() - FURTHEST_CHANGE + timedelta(hours=1)
        return max(READ.instant(since, "cursor") - (OVERLAP if overlap else timedelta()), oldest)

    def _translated(self, parts: list[tuple[Object, Object]]) -> ReadRecords[TimeEntry]:
        if not parts:
            return ReadRecords()
        self._names.names_for([row for row, _ in parts])
        return read_records(TIME_ENTRY, parts, self._entry, lambda part: id_of_row(part[1]))

    def _entry(self, part: tuple[Object, Object]) -> TimeEntry:
        return entry_from_part(part, account=self.account, zone=self._zone, names=self._names.names_for([part[0]]))


def _spans(first: date, last: date) -> Iterator[tuple[date, date]]:
    while first <= last:
        end = min(first + LONGEST_SPAN, last)
        yield first, end
        first = end + timedelta(days=1)


def _read_cursor(text: str) -> _Cursor:
    try:
        place = _Cursor(**json.loads(text))
        for instant in (place.since, place.own, place.newest):
            if instant is not None:
                READ.instant(instant, "cursor")
        if place.position is not None:
            int(place.position["first_row_number"])
    except (ValueError, TypeError, KeyError, RecursionError, Malformed):
        raise READ.not_our_cursor() from None
    return place
