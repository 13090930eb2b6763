"""A Harvest account behind real HTTP on 127.0.0.1: API v2 below ``/v2``, and the tokens' own server below ``/api/v2``.

As in the product: lists give 2000 rows a page and are walked by ``page`` and ``next_page``, or by ``links.next``, whose
cursor leaves both empty; an entry that an ordinary member may not see is simply not found; every
request needs a ``User-Agent``, whatever it says. OAuth (``server.oauth``, see :mod:`connectors.sandbox.oauth`) is at
``POST /api/v2/oauth2/token`` with access tokens of two weeks, and at ``GET /oauth2/authorize``. Sources: API v2
"Introduction", "Pagination", "Time Entries", "Authentication".
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from connectors.sandbox import harvest_shapes as shapes
from connectors.sandbox.harvest_state import HarvestAccount, HarvestEntry, HarvestUser
from connectors.sandbox.oauth import OauthRecords, OauthServer, OauthTerms
from connectors.sandbox.parameters import Parameters
from connectors.sandbox.server import Answer, Faults, Request, SandboxServer
from connectors.sandbox.values import Unreadable, day, flag, instant, text, whole_number

MOST_A_PAGE = 2000
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
TWO_WEEKS = 1_209_599
TERMS = OauthTerms(
    access_seconds=TWO_WEEKS, access_bounds=(0, TWO_WEEKS), refresh_bounds=(0, 10 * TWO_WEEKS), rotates=False
)
NOT_FOUND = Answer(404, {"status": 404, "error": "Not Found"})
Keep = Callable[[HarvestEntry], bool]


class SandboxHarvest(SandboxServer):
    """``with SandboxHarvest(account) as server: server.api_url``."""

    def __init__(self, account: HarvestAccount, *, faults: Faults | None = None, port: int = 0) -> None:
        super().__init__(account.now, faults, port)
        self.account = account
        self.oauth = OauthServer(OauthRecords(), account.now, terms=TERMS, default_scopes=frozenset({"harvest:all"}))

    @property
    def api_url(self) -> str:
        """Where API v2 is."""
        return f"{self.base_url}/v2"

    def answer(self, request: Request) -> Answer:
        """What Harvest answers."""
        with self.account.lock:
            if not request.headers.get("user-agent"):
                return Answer(400, {"message": "User-Agent header is required"})
            if (request.method, request.path) == ("POST", "/api/v2/oauth2/token"):
                is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
                given = request.form if is_form else request.json
                return self.oauth.token(given if isinstance(given, Parameters) else Parameters())
            if (request.method, request.path) == ("GET", "/oauth2/authorize"):
                return self.oauth.authorize(request.query)
            user = self._user(request.headers)
            if user is None:
                told = "The access token provided is expired, revoked, malformed or invalid for other reasons."
                return Answer(401, {"error": "invalid_token", "error_description": told})
            if request.path == "/api/v2/accounts":
                account = {"id": self.account.account_id, "name": "CARE", "product": "harvest"}
                return Answer(data={"user": {"id": user.id}, "accounts": [account]})
            if request.headers.get("harvest-account-id") != str(self.account.account_id):
                return Answer(401, {"error": "invalid_token", "error_description": "No access to this account."})
            try:
                return self._routed(request, user)
            except Unreadable as error:
                return Answer(422, {"message": f"{error.name} must be {error.expected}"})

    def _user(self, headers: Mapping[str, str]) -> HarvestUser | None:
        given = headers.get("authorization", "").removeprefix("Bearer ")
        if (token := self.oauth.living(given)) is not None:
            return self.account.users.get(token.user_id)
        user = next((user for user in self.account.users.values() if user.access_token == given), None)
        if user is None or (user.token_ends_at is not None and self.account.now() >= user.token_ends_at):
            return None
        return user

    def _routed(self, request: Request, user: HarvestUser) -> Answer:
        matched = re.fullmatch(r"/v2/([a-z_]+)(?:/(me|[0-9]{1,18}))?", request.path)
        if matched is None or request.method != "GET":
            return NOT_FOUND
        kind, number = matched.groups()
        if (kind, number) == ("users", "me"):
            return Answer(data=shapes.user(self.account, user))
        if kind == "time_entries":
            return self._entries(request, user) if number is None else self._entry(user, int(number))
        rows = {
            "users": lambda: [shapes.user(self.account, person) for person in self.account.users.values()],
            "clients": self._clients,
            "projects": lambda: [shapes.project(self.account, project_id) for project_id in self.account.projects],
            "tasks": self._tasks,
        }.get(kind)
        if rows is None or number == "me":
            return NOT_FOUND
        if not user.administrator:
            return Answer(403, {"message": "You are not authorized to perform that action."})
        if number is None:
            return self._list(request, kind, self._filtered(request.query, kind, rows()))
        row = next((row for row in rows() if row["id"] == int(number)), None)
        return NOT_FOUND if row is None else Answer(data=row)

    # ---- people, clients, projects -------------------------------------------------------------------

    def _clients(self) -> list[dict[str, Any]]:
        names = {client_id: name for _, client_id, name in self.account.projects.values()}
        return [shapes.client(self.account, client_id, name) for client_id, name in names.items()]

    def _tasks(self) -> list[dict[str, Any]]:
        names = dict.fromkeys(entry.task for entry in self.account.entries.values())
        return [shapes.task(self.account, name) for name in names]

    def _filtered(self, query: Parameters, kind: str, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        since, is_active = instant(query, "updated_since", BEGINNING), flag(query, "is_active", None)
        client_id = whole_number(query, "client_id", None) if kind == "projects" else None
        return [
            row
            for row in rows
            if datetime.fromisoformat(row["updated_at"]) >= since
            and is_active in (None, row["is_active"])
            and (client_id is None or row["client"]["id"] == client_id)
        ]

    # ---- time entries --------------------------------------------------------------------------------

    def _entry(self, user: HarvestUser, entry_id: int) -> Answer:
        entry = self.account.entries.get(entry_id)
        if entry is None or not _sees(user, entry):
            return NOT_FOUND
        return Answer(data=shapes.time_entry(self.account, entry))

    def _entries(self, request: Request, user: HarvestUser) -> Answer:
        keeps = self._entry_filters(request.query)
        entries = [
            entry
            for entry in self.account.entries.values()
            if _sees(user, entry) and all(keep(entry) for keep in keeps)
        ]
        entries.sort(key=lambda entry: (entry.spent_date, entry.id), reverse=True)
        return self._list(request, "time_entries", [shapes.time_entry(self.account, entry) for entry in entries])

    def _entry_filters(self, query: Parameters) -> list[Keep]:
        """The filters that are asked for ("List all time entries")."""
        since = instant(query, "updated_since", BEGINNING)
        first, last = day(query, "from", None), day(query, "to", None)
        user_id, project_id = whole_number(query, "user_id", None), whole_number(query, "project_id", None)
        client_id, task_id = whole_number(query, "client_id", None), whole_number(query, "task_id", None)
        is_billed, is_running = flag(query, "is_billed", None), flag(query, "is_running", None)
        reference = text(query, "external_reference_id", None)
        projects = self.account.projects
        return [
            lambda entry: entry.updated_at >= since,
            lambda entry: first is None or entry.spent_date >= first,
            lambda entry: last is None or entry.spent_date <= last,
            lambda entry: user_id in (None, entry.user_id),
            lambda entry: project_id in (None, entry.project_id),
            lambda entry: client_id in (None, projects[entry.project_id][1]),
            lambda entry: task_id in (None, shapes.task_id(entry.task)),
            lambda entry: is_billed in (None, entry.billed),
            lambda entry: is_running in (None, entry.timer_started_at is not None),
            lambda entry: reference is None or str((entry.external_reference or {}).get("id")) == reference,
        ]

    # ---- pages ---------------------------------------------------------------------------------------

    def _list(self, request: Request, name: str, rows: Sequence[Mapping[str, Any]]) -> Answer:
        """A page, by its number or by a cursor; either leads on to the next."""
        query = request.query
        query.ignore("ref")  # where the link to this page stood
        size = whole_number(query, "per_page", MOST_A_PAGE, least=1)
        if size > MOST_A_PAGE:
            return Answer(422, {"message": f"per_page must be less than or equal to {MOST_A_PAGE}"})
        cursor = text(query, "cursor", None)
        page = whole_number(query, "page", 1, least=1) if cursor is None else None
        begin = (page - 1) * size if page is not None else _position(cursor)
        end, total = begin + size, len(rows)
        filters = {name: value for name, value in query.whole().items() if name not in ("cursor", "ref", "page")}

        def link(**where: Any) -> str:
            return f"{self.base_url}{request.path}?{urlencode({**filters, **where})}"

        has_more = end < total
        at = base64.urlsafe_b64encode(str(end).encode()).decode()
        data = {
            name: list(rows[begin:end]),
            "per_page": size,
            "total_pages": max(1, -(-total // size)),
            "total_entries": total,
            "next_page": page + 1 if page is not None and has_more else None,
            "previous_page": page - 1 if page is not None and page > 1 else None,
            "page": page,
            "links": {
                "first": link(page=1, ref="first"),
                "next": link(cursor=at, ref="next_cursor") if has_more else None,
                "previous": None,
                "last": link(page=max(1, -(-total // size)), ref="last"),
            },
        }
        return Answer(data=data)


def _sees(user: HarvestUser, entry: HarvestEntry) -> bool:
    return user.administrator or entry.user_id == user.id


def _position(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        position = int(base64.urlsafe_b64decode(cursor))
    except (binascii.Error, ValueError):
        position = -1
    if not 0 <= position < 10**9:
        raise Unreadable("cursor", cursor, "a cursor of an answer")
    return position
