"""The calls of Clockify that we make, one method each.

Terms
    core      ``https://api.clockify.me/api/v1``: one entry, the timers that run, and one person's entries, whose types
              the report does not tell
    reports   ``https://reports.api.clockify.me/v1``: the detailed report, the only call that shows everyone

The report is asked in UTC, because its window is otherwise read as a wall clock in the account's zone, and
always without rounding. Its totals say how many entries there are, so that a page that the server made
smaller than asked for is not mistaken for the last. Free workspaces give at most 31 days at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from connectors.clockify.translate import PRODUCT, READ, is_entry_id
from connectors.errors import Invalid, Malformed, NotFound
from connectors.http import HttpClient, Response
from connectors.value_reader import Object

LONGEST_REPORT = timedelta(days=31)
ROWS_A_PAGE = 200
WIDEST_DIFFERENCE = timedelta(hours=14)
"""Lists of one person read their window as a wall clock in the account's zone, whatever zone is written."""
READINGS = 4
"""How often a report is begun that changes while it is read."""
NOT_IN_WORKSPACE = 501
"""The ``code`` with which 400 (not 404) tells that an entry is not, or no longer, in the workspace."""


class ClockifyClient:
    """One workspace's calls."""

    def __init__(self, core: HttpClient, reports: HttpClient, workspace_id: str, page_size: int) -> None:
        self._core = core
        self._reports = reports
        self._workspace_id = workspace_id
        self._page_size = page_size

    def me(self) -> Response:
        """Read who the key belongs to."""
        return self._core.request("GET", "/user")

    def workspace(self) -> Response:
        """Read the workspace."""
        return self._core.request("GET", f"/workspaces/{self._workspace_id}")

    def is_administrator(self) -> bool:
        """Whether the key is an owner's or an administrator's ("Get all my workspaces", which knows owners apart)."""
        for role in ("WORKSPACE_ADMIN", "OWNER"):
            path = "/workspaces"
            listed = self._core.request("GET", path, params={"roles": role}).data
            if any(workspace.get("id") == self._workspace_id for workspace in READ.objects(listed, "workspaces")):
                return True
        return False

    def entry(self, entry_id: str) -> Object | None:
        """Read one entry with its names; ``None`` when the workspace has none of that id."""
        if not is_entry_id(entry_id):
            return None
        path = f"/workspaces/{self._workspace_id}/time-entries/{entry_id}"
        try:
            answer = self._core.request("GET", path, params={"hydrated": "true"}, accept=frozenset({400}))
        except NotFound:
            return None
        entry = READ.an_object(answer.data, "the answer")
        if answer.status != 400:
            return entry
        if entry.get("code") == NOT_IN_WORKSPACE:
            return None
        raise Invalid(PRODUCT, "rejects the request (400)", request=f"GET {path}", status=400)

    def running(self) -> list[Any]:
        """Read the timers that run, everybody's."""
        return list(self._pages(f"/workspaces/{self._workspace_id}/time-entries/status/in-progress", {}))

    def entries_of(self, user_id: str, first: datetime, last: datetime) -> Iterator[Object]:
        """Read one person's entries that began from ``first`` to ``last``, and some before and after, as the core
        tells them."""
        path = f"/workspaces/{self._workspace_id}/user/{quote(user_id, safe='')}/time-entries"
        window = {"start": _literal(first - WIDEST_DIFFERENCE), "end": _literal(last + WIDEST_DIFFERENCE)}
        for entry in self._pages(path, window):
            yield READ.an_object(entry, "a time entry")

    def _pages(self, path: str, filters: Mapping[str, str]) -> Iterator[Any]:
        page = 1
        while True:
            params = {**filters, "page": page, "page-size": ROWS_A_PAGE}
            listed = self._core.request("GET", path, params=params).data
            if not isinstance(listed, list):
                raise Malformed(PRODUCT, "a list was expected and something else came", request=f"GET {path}")
            yield from listed
            if len(listed) < ROWS_A_PAGE:
                return
            page += 1

    def report(self, first: datetime, last: datetime) -> Iterator[list[Any]]:
        """Read every entry that began from ``first`` to ``last`` (both in UTC), page by page.

        Raises :class:`Malformed` when fewer entries come than the report's own total says.
        """
        while first < last:
            end = min(first + LONGEST_REPORT - timedelta(seconds=1), last)
            yield from self._span(first, end)
            first = end + timedelta(seconds=1)

    def _span(self, first: datetime, last: datetime) -> Iterator[list[Any]]:
        """Yield the pages of one report. Pages are numbered: what is entered or deleted meanwhile shifts those behind
        it and changes the total, and the report is read again; rows then come again."""
        for _ in range(READINGS):
            read, page, first_total = 0, 1, None
            while True:
                rows, total = self._report_page(first, last, page)
                first_total = total if first_total is None else first_total
                if total != first_total:
                    break
                read += len(rows)
                if read < total and not rows:
                    raise Malformed(PRODUCT, "the report ends before its own total", request=self._report_request)
                if rows:
                    yield rows
                if read >= total:
                    return
                page += 1
        raise Malformed(PRODUCT, "the report kept changing while it was read", request=self._report_request)

    @property
    def _report_request(self) -> str:
        return f"POST {self._report_path}"

    @property
    def _report_path(self) -> str:
        return f"/workspaces/{self._workspace_id}/reports/detailed"

    def _report_page(self, first: datetime, last: datetime, page: int) -> tuple[list[Any], int]:
        """The rows of a page, and how many entries the report has in all."""
        body = {
            "dateRangeStart": _literal(first),
            "dateRangeEnd": _literal(last),
            "timeZone": "UTC",
            "rounding": False,
            "amountShown": "HIDE_AMOUNT",
            "sortOrder": "ASCENDING",
            "exportType": "JSON",
            "detailedFilter": {
                "page": page,
                "pageSize": self._page_size,
                "sortColumn": "DATE",
                "options": {"totals": "CALCULATE"},
            },
        }
        answer = READ.an_object(
            self._reports.request("POST", self._report_path, json=body, safe=True).data, "the answer"
        )
        rows = answer.get("timeentries")
        if not isinstance(rows, list):
            raise Malformed(PRODUCT, "the report has no list of entries", request=self._report_request)
        return rows, _total(answer.get("totals"))


def _total(totals: object) -> int:
    """How many entries the report says it has; an empty report has no totals."""
    if not totals:
        return 0
    first = totals[0] if isinstance(totals, list) else None
    if first is None and isinstance(totals, list):
        return 0  # an empty period comes as [null]
    count = first.get("entriesCount") if isinstance(first, dict) else None
    if isinstance(count, int):
        return count
    raise Malformed(PRODUCT, "the report does not tell how many entries it has")


def _literal(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.000Z")
