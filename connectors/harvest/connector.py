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
from urllib.parse import parse_qsl, urlsplit

from pydantic import SecretStr

from connectors.errors import BadSignature, ConnectorError, Invalid, Malformed, NotFound, PermissionMissing
from connectors.harvest.settings import HarvestSettings
from connectors.harvest.translate import PRODUCT, entry_from_api, instant
from connectors.http import HttpClient, server_time
from connectors.protocols import BudgetState, Environment
from connectors.reading import is_number
from connectors.records import CheckResult, EntryPage, TimeEntry, WebhookCall

OVERLAP = timedelta(minutes=2)
"""Changes are told to the second, and two can share one."""
LARGEST_CLOCK_DIFFERENCE = timedelta(minutes=2)
NOT_ADMINISTRATOR = "Use the token of an administrator: managers see their team, others themselves."
READINGS = 4
"""How often a window is begun that changes while it is read."""


@dataclass(frozen=True, slots=True)
class _Page:
    """Part of a list: ``total`` is how many entries the whole of it has, ``served_at`` Harvest's clock."""

    entries: tuple[TimeEntry, ...]
    total: int
    is_last: bool
    served_at: datetime | None


class HarvestTimeTracker:
    """Keeps :class:`connectors.protocols.TimeTracker` for a Harvest account."""

    def __init__(self, settings: HarvestSettings, environment: Environment) -> None:
        self._settings = settings
        self._now = environment.now
        self._http = HttpClient(
            PRODUCT,
            str(settings.base_url),
            {
                "Authorization": SecretStr(f"Bearer {settings.access_token.get_secret_value()}"),
                "Harvest-Account-Id": SecretStr(str(settings.account_id)),
                "User-Agent": SecretStr(f"CareSync ({settings.contact})"),
            },
            environment,
        )

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
        newest = _read_cursor(cursor) if cursor else since
        after = (newest - OVERLAP if cursor else since).astimezone(UTC)
        for page in self._pages({"updated_since": after.strftime("%Y-%m-%dT%H:%M:%SZ")}):
            newest = max([newest, *(entry.source_updated_at for entry in page.entries if entry.source_updated_at)])
            if page.is_last and page.served_at is not None and not page.entries:
                newest = max(newest, min(page.served_at, self._now()))
            yield EntryPage(page.entries, newest.isoformat() if page.is_last else cursor, last=page.is_last)

    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        """Yield every entry with ``first <= work_date <= last``, each once, running ones with 0 seconds.

        What is entered or deleted meanwhile shifts the pages behind it, so the window is then read anew.
        Raises :class:`Malformed` when it never stands still.
        """
        told: set[str] = set()
        for _ in range(READINGS):
            read: set[str] = set()
            first_total: int | None = None
            for page in self._pages({"from": first.isoformat(), "to": last.isoformat()}):
                first_total = page.total if first_total is None else first_total
                read.update(entry.id for entry in page.entries)
                if page.total != first_total or (page.is_last and len(read) != page.total):
                    break
                fresh = tuple(entry for entry in page.entries if entry.id not in told)
                told.update(entry.id for entry in fresh)
                yield EntryPage(fresh, None, last=page.is_last)
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
        if not self._is_administrator():
            told = f"cannot tell whether entry {entry_id} is gone or out of sight"
            raise PermissionMissing(PRODUCT, told, remedy=NOT_ADMINISTRATOR)
        return None

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Refuse: Harvest sends no webhooks, so whoever calls is somebody else."""
        raise BadSignature(PRODUCT, "sends no webhooks", remedy="Remove what calls this address.")

    def budget(self) -> BudgetState | None:
        """``None``: the limit is 100 requests in 15 seconds and is told only when it is broken."""
        return None

    def check(self) -> Sequence[CheckResult]:
        """Try the token, the administrator's right and the clock, in two requests."""
        try:
            answer = self._http.request("GET", "/users/me")
            self._http.request("GET", "/time_entries", params={"per_page": 1})
        except ConnectorError as error:
            return (CheckResult("access token", passed=False, remedy=str(error)),)
        administrator = _is_administrator(answer.data)
        theirs = server_time(answer)
        difference = abs(self._now() - theirs) if theirs else timedelta()
        agrees = difference <= LARGEST_CLOCK_DIFFERENCE
        told = f"This machine's clock differs by {int(difference.total_seconds())} seconds; set it by NTP."
        return (
            CheckResult("access token", passed=True),
            CheckResult("sees every colleague", administrator, "" if administrator else NOT_ADMINISTRATOR),
            CheckResult("clock", agrees, "" if agrees else told),
        )

    def _is_administrator(self) -> bool:
        return _is_administrator(self._http.request("GET", "/users/me").data)

    def _pages(self, filters: Mapping[str, str]) -> Iterator[_Page]:
        params: dict[str, Any] = {**filters, "per_page": self._settings.page_size}
        read = 0
        while True:
            answer = self._http.request("GET", "/time_entries", params=params)
            rows, total, following = _page(answer.data)
            read += len(rows)
            if following is not None and (not rows or following == params):
                raise Malformed(PRODUCT, "the pages lead nowhere", request="GET /time_entries")
            if following is None and read < total:
                raise Malformed(PRODUCT, "fewer entries came than there are", request="GET /time_entries")
            entries = tuple(entry_from_api(row, account=self.account) for row in rows)
            yield _Page(entries, total, following is None, server_time(answer))
            if following is None:
                return
            params = following


def _page(data: object) -> tuple[list[Any], int, dict[str, Any] | None]:
    """The rows of a page, how many there are in all, and the parameters of the next page."""
    page = data if isinstance(data, dict) else {}
    rows, total, links = page.get("time_entries"), page.get("total_entries"), page.get("links")
    if not isinstance(rows, list) or not isinstance(total, int) or not isinstance(links, dict):
        raise Malformed(PRODUCT, "a page of time entries has another shape", request="GET /time_entries")
    following = links.get("next")
    return rows, total, dict(parse_qsl(urlsplit(following).query)) if isinstance(following, str) else None


def _is_administrator(me: object) -> bool:
    roles = me.get("access_roles") if isinstance(me, dict) else None
    return isinstance(roles, list) and "administrator" in roles


def _read_cursor(text: str) -> datetime:
    try:
        return instant(text, "cursor")
    except Malformed as error:
        raise Invalid(PRODUCT, "the stored cursor is not one of ours") from error
