"""The calls of Toggl Track that we make, one method each.

Terms
    report     ``POST /reports/api/v3/workspace/{id}/search/time_entries``: the only way to see colleagues
    position   where the next page of a report begins, as the answer's headers tell it
    quota      requests left this hour: per organisation (30, 240 or 600, by plan), and 30 for ``/me`` paths,
               whose calls therefore go through an HTTP client with a budget of its own

Reading a report is a POST that changes nothing and is therefore safe to repeat. Breaking the quota gives
402 with quota headers; 402 without them says that the plan lacks a feature ("API quotas", help centre).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from connectors.errors import Malformed, NotFound, PermissionMissing
from connectors.http import HttpClient, Response, server_time
from connectors.toggl.translate import PRODUCT, READ
from connectors.value_reader import Object

PROJECTS_A_PAGE = 200
"""The most that ``/workspaces/{id}/projects`` gives at once."""

Position = Mapping[str, int]
"""Part of a report's body: ``first_row_number``, ``first_id``, ``first_timestamp``, as far as told."""

_POSITION_HEADERS = {
    "first_row_number": "X-Next-Row-Number",
    "first_id": "X-Next-ID",
    "first_timestamp": "X-Next-Timestamp",
}


@dataclass(frozen=True, slots=True)
class ReportPage:
    """Rows of a report, where the next page begins (``None``: this was the last), and the product's own clock."""

    rows: list[Any]
    next: Position | None
    served_at: datetime | None


class TogglClient:
    """One workspace's calls; ``own`` makes those below ``/me``."""

    def __init__(self, http: HttpClient, own: HttpClient, workspace_id: int, page_size: int) -> None:
        self._http = http
        self._own = own
        self._workspace_id = workspace_id
        self._page_size = page_size

    def me(self) -> Response:
        """Read who the token belongs to."""
        return self._own.request("GET", "/api/v9/me")

    def workspace(self) -> Object:
        """Read the workspace: ``admin`` and ``premium`` among others."""
        try:
            answer = self._http.request("GET", f"/api/v9/workspaces/{self._workspace_id}")
        except NotFound as error:
            problem = f"does not show the workspace {self._workspace_id} to the owner of the token"
            remedy = "Correct workspace_id, or use a token of its administrator."
            raise PermissionMissing(PRODUCT, problem, request=error.request, status=404, remedy=remedy) from None
        workspace = READ.an_object(answer.data, "workspace")
        if READ.flag(workspace.get("admin"), "workspace.admin") is None:
            raise Malformed(PRODUCT, "the workspace does not say whether the token is an administrator's")
        return workspace

    def projects(self) -> list[Any]:
        """Read every project, archived ones too."""
        projects: list[Any] = []
        while True:
            page = 1 + len(projects) // PROJECTS_A_PAGE
            params: dict[str, str | int] = {"active": "both", "per_page": PROJECTS_A_PAGE, "page": page}
            listed = self._list("projects", params)
            projects += listed
            if len(listed) < PROJECTS_A_PAGE:
                return projects

    def clients(self) -> list[Any]:
        """Read every client, archived ones too."""
        return self._list("clients", {"status": "both"})

    def tags(self) -> list[Any]:
        """Read every tag."""
        return self._list("tags", {})

    def own_entries_since(self, since: datetime) -> list[Any]:
        """Read the token owner's entries that changed since, tombstones included (at most 90 days back)."""
        params = {"since": int(since.timestamp()), "meta": "true"}
        return _rows(self._own.request("GET", "/api/v9/me/time_entries", params=params).data)

    def own_entry(self, entry_id: int) -> Object | None:
        """Read one of the token owner's entries; ``None`` when there is none of that id."""
        try:
            answer = self._own.request("GET", f"/api/v9/me/time_entries/{entry_id}", params={"meta": "true"})
        except NotFound:
            return None
        return None if answer.data is None else READ.an_object(answer.data, "time entry")

    def report_page(
        self,
        first: date,
        last: date,
        *,
        position: Position | None = None,
        newest_change_first: bool = False,
        entry_ids: tuple[int, ...] = (),
    ) -> ReportPage:
        """Read a page of the detailed report over ``first`` to ``last``, both included.

        Durations are unrounded whatever the user's preference. Raises :class:`Malformed` when the page does
        not begin where it was asked to.
        """
        body: dict[str, Any] = {
            "start_date": first.isoformat(),
            "end_date": last.isoformat(),
            "page_size": self._page_size,
            "order_by": "last_update" if newest_change_first else "date",
            "order_dir": "DESC" if newest_change_first else "ASC",
            "grouped": False,
            "hide_amounts": True,
            "enrich_response": True,
            "rounding": 0,
            "rounding_minutes": 0,
            **(position or {}),
        }
        if entry_ids:
            body["time_entry_ids"] = list(entry_ids)
        path = f"/reports/api/v3/workspace/{self._workspace_id}/search/time_entries"
        answer = self._http.request("POST", path, json=body, safe=True)
        rows = _rows(answer.data)
        following = _position(answer.headers)
        if following is not None and (not rows or following == position):
            raise Malformed(PRODUCT, "the report's pages lead nowhere", request=f"POST {path}")
        _check_beginning(rows, position, path)
        return ReportPage(rows, following, server_time(answer))

    def report(self, first: date, last: date) -> Iterator[ReportPage]:
        """Read a whole report, page by page."""
        position: Position | None = None
        while True:
            page = self.report_page(first, last, position=position)
            yield page
            if page.next is None:
                return
            position = page.next

    def _list(self, what: str, params: Mapping[str, str | int]) -> list[Any]:
        path = f"/api/v9/workspaces/{self._workspace_id}/{what}"
        return _rows(self._http.request("GET", path, params=dict(params)).data)


def changed_at(part: tuple[Object, Object]) -> datetime | None:
    """When an entry of the report was last changed; ``None`` where it does not say, or nobody can read it."""
    try:
        return READ.instant_or_none(part[1].get("at"), "at")
    except Malformed:
        return None


def _position(headers: Mapping[str, str]) -> Position | None:
    """The next page's beginning, or ``None`` on the last page."""
    try:
        position = {name: int(value) for name, header in _POSITION_HEADERS.items() if (value := headers.get(header))}
    except ValueError as error:
        raise Malformed(PRODUCT, "the headers that lead to the next page are no numbers") from error
    return position if "first_row_number" in position else None


def _check_beginning(rows: list[Any], position: Position | None, path: str) -> None:
    wanted = position["first_row_number"] if position else None
    first = rows[0].get("row_number") if rows and isinstance(rows[0], dict) else None
    if wanted is not None and first is not None and first != wanted:
        raise Malformed(PRODUCT, "a page of the report begins at another row than asked for", request=f"POST {path}")


def _rows(data: object) -> list[Any]:
    """Toggl answers ``null`` for an empty list here and there."""
    if data is None:
        return []
    if isinstance(data, list):
        return data
    raise Malformed(PRODUCT, "a list was expected and something else came")
