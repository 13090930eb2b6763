"""Harvest as a time tracker: one account, every colleague, with one administrator's token.

Terms
    fast lane   what changed since (``updated_since``): new and edited entries, never deleted ones
    window      every entry of a range of dates, in the pages that ``links.next`` leads to
    total       how many entries Harvest says there are: fewer that came is an error, not an absence; another total on
                the way says that the pages shifted

Promises. The window is complete or an error is raised. Deletions are found by the window alone: "once
something is deleted, it's gone". An entry counts as gone when Harvest has none of that id **and** the token
is an administrator's, who sees everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from connectors.colleagues import Colleagues
from connectors.errors import BadSignature, ConnectorError, Malformed, NotFound
from connectors.harvest.settings import PRODUCT, HarvestSettings
from connectors.harvest.translate import READ, entry_from_api
from connectors.http import HttpClient, parameters_of, server_time
from connectors.oauth import check_connected, check_connected_end, fixed_or_connected
from connectors.protocols import BudgetState, Environment
from connectors.records import CheckResult, EntryPage, TimeEntry, WebhookCall
from connectors.self_check import check_clock
from connectors.unreadable import TIME_ENTRY, ReadRecords, read_records, row_key
from connectors.value_reader import is_number

OVERLAP = timedelta(minutes=2)
"""Changes are stamped to the second, and two can share one."""
NOT_ADMINISTRATOR = "Use the token of an administrator: managers see their team, others themselves."
READINGS = 4
"""How often a window is begun that changes while it is read."""


@dataclass(frozen=True, slots=True)
class _Page:
    """Part of a list: ``keys`` tell its rows apart, ``total`` is how many the whole list has, ``served_at`` Harvest's
    clock."""

    entries: ReadRecords[TimeEntry]
    keys: frozenset[str]
    total: int
    is_last: bool
    served_at: datetime | None


class HarvestTimeTracker:
    """Keeps :class:`connectors.protocols.TimeTracker` for a Harvest account."""

    def __init__(self, settings: HarvestSettings, environment: Environment) -> None:
        self._settings = settings
        self._now = environment.now
        who = {
            "Harvest-Account-Id": SecretStr(str(settings.account_id)),
            "User-Agent": SecretStr(f"CareSync ({settings.contact})"),
        }
        self._credentials = fixed_or_connected(settings, settings.access_token, environment, who)
        self._http = HttpClient(PRODUCT, str(settings.base_url), self._credentials, environment, network=settings)
        self._colleagues = Colleagues(PRODUCT, settings.sees_only, self._hidden, environment.now)

    @property
    def product(self) -> str:
        """``harvest``."""
        return PRODUCT

    @property
    def account(self) -> str:
        """The account's number."""
        return self._settings.account_name

    def changed_entries(self, cursor: str | None, since: datetime) -> Iterator[EntryPage]:
        """Yield what changed. Pages come by date of work, so the cursor moves on with the last one only.

        Raises :class:`Invalid` for a cursor that is none of ours.
        """
        newest = READ.cursor_instant(cursor) if cursor else since
        self._colleagues.require()
        after = (newest - OVERLAP if cursor else since).astimezone(UTC)
        for page in self._pages({"updated_since": after.strftime("%Y-%m-%dT%H:%M:%SZ")}):
            newest = max([newest, *(entry.source_updated_at for entry in page.entries if entry.source_updated_at)])
            if page.is_last and page.served_at is not None and not page.entries:
                newest = max(newest, min(page.served_at, self._now()))
            reached = newest.isoformat() if page.is_last else cursor
            yield EntryPage(tuple(page.entries), reached, last=page.is_last, unreadable=page.entries.unreadable)

    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        """Yield every entry with ``first <= work_date <= last``, each once, running ones with 0 seconds.

        What is entered or deleted meanwhile shifts the pages behind it, so the window is then read again.
        Raises :class:`Malformed` when it never stands still.
        """
        self._colleagues.require(anew=True)
        yielded: set[str] = set()
        for _ in range(READINGS):
            read: set[str] = set()
            first_total: int | None = None
            for page in self._pages({"from": first.isoformat(), "to": last.isoformat()}):
                first_total = page.total if first_total is None else first_total
                read.update(page.keys)
                if page.total != first_total or (page.is_last and len(read) != page.total):
                    break
                fresh = tuple(entry for entry in page.entries if entry.id not in yielded)
                yielded.update(entry.id for entry in fresh)
                yield EntryPage(fresh, None, last=page.is_last, unreadable=page.entries.unreadable)
                if page.is_last:
                    return
        raise Malformed(PRODUCT, "the entries kept moving while they were read", request="GET /time_entries")

    def entry(self, entry_id: str) -> TimeEntry | None:
        """Read one entry; ``None`` when Harvest has none of that id and the token sees everything."""
        if not is_number(entry_id):
            return None
        try:
            return entry_from_api(self._http.request("GET", f"/time_entries/{entry_id}").data, account=self.account)
        except NotFound:
            pass
        self._colleagues.require_gone(entry_id)
        return None

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Refuse: Harvest sends no webhooks, so whoever calls is somebody else."""
        raise BadSignature(PRODUCT, "sends no webhooks", remedy="Remove what calls this address.")

    def budget(self) -> BudgetState | None:
        """``None``: the limit is 100 requests in 15 seconds and shows only when it is broken."""
        return None

    def check_end(self) -> Sequence[CheckResult]:
        """Whether what replaces a connected token lasts."""
        return tuple(check_connected_end(self._credentials, self._now()))

    def check(self) -> Sequence[CheckResult]:
        """Try the token, the administrator's right and the clock, in three requests."""
        try:
            answer = self._http.request("GET", "/users/me")
            self._http.request("GET", "/time_entries", params={"per_page": 1})
            colleagues = self._colleagues.check()
        except ConnectorError as error:
            return (CheckResult("access token", passed=False, remedy=str(error)),)
        return (
            CheckResult("access token", passed=True),
            *check_connected(self._credentials, self._now()),
            colleagues,
            check_clock(self._now(), server_time(answer)),
        )

    def _hidden(self) -> str:
        return "" if _is_administrator(self._http.request("GET", "/users/me").data) else NOT_ADMINISTRATOR

    def _pages(self, filters: Mapping[str, str]) -> Iterator[_Page]:
        asked: dict[str, str] = {**filters, "per_page": str(self._settings.page_size)}
        read = 0
        while True:
            answer = self._http.request("GET", "/time_entries", params=asked)
            rows, total, following = self._page(answer.data)
            read += len(rows)
            if following is not None and (not rows or following == asked):
                raise Malformed(PRODUCT, "the pages lead nowhere", request="GET /time_entries")
            if following is None and read < total:
                raise Malformed(PRODUCT, "fewer entries came than there are", request="GET /time_entries")
            entries = read_records(TIME_ENTRY, rows, lambda row: entry_from_api(row, account=self.account))
            yield _Page(entries, frozenset(map(row_key, rows)), total, following is None, server_time(answer))
            if following is None:
                return
            asked = following

    def _page(self, data: object) -> tuple[list[Any], int, dict[str, str] | None]:
        """The rows of a page, how many there are in all, and the parameters of the next page."""
        page = data if isinstance(data, dict) else {}
        rows, total, links = page.get("time_entries"), page.get("total_entries"), page.get("links")
        if not isinstance(rows, list) or not isinstance(total, int) or not isinstance(links, dict):
            raise Malformed(PRODUCT, "a page of time entries has another shape", request="GET /time_entries")
        link = links.get("next")
        here = f"{str(self._settings.base_url).rstrip('/')}/time_entries"
        return rows, total, parameters_of(PRODUCT, link, here) if isinstance(link, str) else None


def _is_administrator(me: object) -> bool:
    roles = READ.an_object(me, "user").get("access_roles")
    return "administrator" in READ.a_list(roles, "user.access_roles")
