"""A Kimai behind real HTTP on 127.0.0.1: ``with SandboxKimai(site) as server: …``, the API below ``/api``.

As in the product: filters on ``begin`` are read in the zone of who asks, ``modified_after`` in UTC since 2.45;
``size`` above 500 is cut without a word; a page behind the last is 404; whoever is no super administrator sees only
their own timesheets and no colleagues. A value that a filter cannot read is 400. Source: Kimai 2.66, ``src/API``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from connectors.sandbox import kimai_shapes as shapes
from connectors.sandbox.kimai_state import UTC_SINCE, KimaiSite, KimaiTimesheet, KimaiUser
from connectors.sandbox.parameters import Parameters
from connectors.sandbox.server import Answer, Faults, Request, SandboxServer
from connectors.sandbox.values import Unreadable, choice, instant, numbers, text, whole_number

MOST_A_PAGE, USUAL_PAGE = 500, 50
NOT_FOUND = Answer(404, {"code": 404, "message": "Not Found"})
FORBIDDEN = Answer(403, {"code": 403, "message": "Forbidden"})
UNAUTHORIZED = Answer(401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}, is_empty=True)
LOCAL = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?")
ORDERS: dict[str, Callable[[KimaiTimesheet], Any]] = {
    "id": lambda timesheet: timesheet.id,
    "begin": lambda timesheet: timesheet.begin,
    "end": lambda timesheet: (timesheet.end is None, timesheet.end or timesheet.begin),
    "rate": lambda timesheet: 0,
}


class SandboxKimai(SandboxServer):
    """Serves one site's API."""

    def __init__(self, site: KimaiSite, *, faults: Faults | None = None, port: int = 0) -> None:
        super().__init__(site.now, faults, port)
        self.site = site

    def answer(self, request: Request) -> Answer:
        """What Kimai answers."""
        with self.site.lock:
            user = self._user(request.headers.get("authorization", ""))
            if user is None:
                return UNAUTHORIZED
            try:
                return self._routed(request, user)
            except Unreadable as error:
                return Answer(400, {"code": 400, "message": f"Invalid value for {error.name}: not {error.expected}"})

    def _user(self, authorization: str) -> KimaiUser | None:
        given = (user for user in self.site.users.values() if authorization == f"Bearer {user.token}")
        user = next(given, None)
        if user is not None and user.token_ends_at is not None and self.site.now() >= user.token_ends_at:
            return None
        return user

    def _routed(self, request: Request, user: KimaiUser) -> Answer:
        if request.method != "GET":
            return Answer(405, {"code": 405, "message": "Method Not Allowed"})
        if request.path == "/api/version":
            return Answer(data=shapes.version(self.site.version))
        if request.path == "/api/users/me":
            return Answer(data=shapes.oneself(user))
        if request.path == "/api/timesheets":
            return self._timesheets(user, request.query)
        if matched := re.fullmatch(r"/api/timesheets/([0-9]{1,18})", request.path):
            return self._timesheet(user, int(matched[1]))
        site = self.site
        lists: dict[str, Callable[[], Iterable[dict[str, Any]]]] = {
            "/api/customers": self._customers,
            "/api/projects": lambda: [shapes.project(site, project_id) for project_id in site.projects],
            "/api/activities": lambda: map(
                shapes.activity, dict.fromkeys(each.activity for each in site.timesheets.values())
            ),
            "/api/users": lambda: map(shapes.person, site.users.values()),
        }
        if request.path == "/api/tags":
            tags = dict.fromkeys(tag for timesheet in site.timesheets.values() for tag in timesheet.tags)
            name = text(request.query, "name", "")
            return Answer(data=[tag for tag in tags if name in tag])
        if request.path not in lists:
            return NOT_FOUND
        if request.path == "/api/users" and not user.super_administrator:
            return FORBIDDEN
        return self._list(request.query, list(lists[request.path]()))

    def _customers(self) -> list[dict[str, Any]]:
        names = {customer_id: name for _, customer_id, name in self.site.projects.values()}
        return [shapes.customer(customer_id, name) for customer_id, name in names.items()]

    def _list(self, query: Parameters, rows: list[dict[str, Any]]) -> Answer:
        """Everything at once; ``visible`` is 1 (the usual), 2 for what is hidden, 3 for both."""
        visible, term = choice(query, "visible", ("1", "2", "3"), "1"), text(query, "term", "")
        name = "username" if rows and "username" in rows[0] else "name"
        order_by = choice(query, "orderBy", ("id", "name", "username", "alias"), name)
        is_descending = choice(query, "order", ("ASC", "DESC"), "ASC") == "DESC"
        customer_ids = numbers(query, "customer") or numbers(query, "customers[]") or []
        kept = [
            row
            for row in rows
            if visible != "2"
            and term.casefold() in str(row[name]).casefold()
            and (not customer_ids or row.get("customer") in customer_ids)
        ]
        kept.sort(key=lambda row: (row.get(order_by) is None, row.get(order_by) or 0), reverse=is_descending)
        return Answer(data=kept)

    # ---- timesheets ----------------------------------------------------------------------------------

    def _timesheet(self, user: KimaiUser, timesheet_id: int) -> Answer:
        timesheet = self.site.timesheets.get(timesheet_id)
        if timesheet is None:
            return NOT_FOUND
        if not user.super_administrator and timesheet.user_id != user.id:
            return FORBIDDEN
        return Answer(data=shapes.single(timesheet))

    def _timesheets(self, user: KimaiUser, query: Parameters) -> Answer:
        size = min(whole_number(query, "size", USUAL_PAGE, least=1), MOST_A_PAGE)
        page = whole_number(query, "page", 1, least=1)
        order = ORDERS[choice(query, "orderBy", ORDERS, "begin")]
        is_descending = choice(query, "order", ("ASC", "DESC"), "DESC") == "DESC"
        is_full = choice(query, "full", ("0", "1", "true", "false"), "0") in ("1", "true")
        filters = self._filters(user, query)
        kept = [timesheet for timesheet in self.site.timesheets.values() if all(keeps(timesheet) for keeps in filters)]
        kept.sort(key=lambda timesheet: (order(timesheet), timesheet.id), reverse=is_descending)
        pages = max(1, -(-len(kept) // size))
        if page > pages:
            return NOT_FOUND
        headers = {
            "X-Page": str(page),
            "X-Total-Count": str(len(kept)),
            "X-Total-Pages": str(pages),
            "X-Per-Page": str(size),
        }
        rows = kept[(page - 1) * size : page * size]
        shown = [shapes.full(self.site, row) if is_full else shapes.listed(row) for row in rows]
        return Answer(data=shown, headers=headers)

    def _filters(self, user: KimaiUser, query: Parameters) -> list[Callable[[KimaiTimesheet], bool]]:
        """The filters that are asked for; without one for people, everybody gets their own."""
        zone = ZoneInfo(user.timezone)
        wanted = text(query, "user", str(user.id))
        user_ids = None if wanted == "all" else numbers({"user": wanted}, "user")
        user_ids = [user.id] if not user.super_administrator else user_ids
        project_ids, customer_ids = numbers(query, "project"), numbers(query, "customer")
        begin, end = _local(query, "begin", zone), _local(query, "end", zone)
        modified = _local(query, "modified_after", ZoneInfo("UTC") if self.site.version >= UTC_SINCE else zone)
        active, exported = (choice(query, name, ("0", "1"), None) for name in ("active", "exported"))
        billable, term = choice(query, "billable", ("0", "1"), None), text(query, "term", "")
        projects = self.site.projects
        return [
            lambda timesheet: user_ids is None or timesheet.user_id in user_ids,
            lambda timesheet: project_ids is None or timesheet.project_id in project_ids,
            lambda timesheet: customer_ids is None or projects[timesheet.project_id][1] in customer_ids,
            lambda timesheet: begin is None or timesheet.begin >= begin,
            lambda timesheet: end is None or timesheet.begin <= end,
            lambda timesheet: modified is None or timesheet.modified_at >= modified,
            lambda timesheet: active in (None, "1" if timesheet.end is None else "0"),
            lambda timesheet: exported in (None, "1" if timesheet.exported else "0"),
            lambda timesheet: billable in (None, "1" if timesheet.billable else "0"),
            lambda timesheet: term.casefold() in (timesheet.description or "").casefold(),
        ]


def _local(query: Parameters, name: str, zone: tzinfo) -> datetime | None:
    """A wall clock in a zone; one with an offset is refused, as the product's ``HTML5_FORMAT`` does."""
    value = text(query, name, None)
    if value is not None and not LOCAL.fullmatch(value):
        raise Unreadable(name, value, "a date and time such as 2026-12-01T09:00:00")
    return instant(query, name, None, zone=zone)
