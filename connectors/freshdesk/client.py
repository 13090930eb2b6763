"""Freshdesk's calls: what is asked, what comes back as JSON, and how lists go on.

Terms
    list     an array, a page of it by number; the ``link`` header names the next page where there is one
    credit   what a request costs of the minute's limit: one, and two more for each thing included in a list of tickets
    job      an update of many tickets in the background, to be asked after (``/jobs``)

An archived ticket (closed, and untouched for months) is in no list and under its old address no more, but under
``/tickets/archived``; it cannot be changed.

Sources: the API reference (v2), "Rate limit", "Pagination", "Errors", "Tickets", "Conversations", "Archive tickets",
"Companies", "Company fields", "Contacts", "Agents", "Automations"; bodies of jobs as other clients read them.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr

from connectors.errors import Invalid, Malformed, NotFound, PermissionMissing, Unavailable
from connectors.freshdesk.limits import left_of_account
from connectors.freshdesk.settings import FreshdeskAccess
from connectors.http import HttpClient, Limits, Response
from connectors.protocols import Environment
from connectors.value_reader import Object, ValueReader

PRODUCT = "freshdesk"
READ = ValueReader(PRODUCT)
REFUSALS = frozenset({400, 409, 415, 422})
"""Answers that say in their body what is wrong with a write."""
GLOBAL_ACCESS = 1
MOST_ROWS = 100
SEES_TOO_LITTLE = "Give the agent of the API key global access (Admin, Agents, Scope): others see only some tickets."
MOVED = frozenset({301, 302, 303, 307, 308})


def http_client(settings: FreshdeskAccess, environment: Environment) -> HttpClient:
    """An account's requests. Freshdesk takes the key as the user's name, and anything as the password."""
    pair = base64.b64encode(f"{settings.api_key.get_secret_value()}:X".encode()).decode()
    limits = Limits(account=f"{PRODUCT}:{settings.domain}", left=left_of_account, reserve=settings.reserved_requests)
    proof = {"Authorization": SecretStr(f"Basic {pair}")}
    return HttpClient(PRODUCT, settings.address, proof, environment, limits, network=settings)


class FreshdeskClient:
    """The calls of one account. Every method raises :class:`connectors.errors.ConnectorError`."""

    def __init__(self, http: HttpClient, page_size: int) -> None:
        self._http = http
        self.page_size = page_size

    # ---- who and what there is ---------------------------------------------------------------------

    def me(self) -> tuple[Object, Response]:
        """The agent that the key belongs to, and the answer with its headers."""
        answer = self._http.request("GET", "/api/v2/agents/me")
        return READ.an_object(answer.data, "the answer"), answer

    def require_global_access(self) -> None:
        """Make sure that the agent sees every ticket: lists leave out what others do not see, without a word.

        Raises :class:`PermissionMissing`.
        """
        if not sees_everything(self.me()[0]):
            problem = "the agent of the API key does not see every ticket"
            raise PermissionMissing(PRODUCT, problem, remedy=SEES_TOO_LITTLE)

    def require_account(self) -> None:
        """Make sure that the account itself is there: of an address that moved everything is *not found*.

        Raises :class:`Unavailable`.
        """
        try:
            self.me()
        except (NotFound, Invalid) as error:
            problem = "the account does not answer at this address"
            remedy = "Correct domain or base_url in the settings if the account was renamed."
            raise Unavailable(PRODUCT, problem, request=error.request, status=error.status, remedy=remedy) from None

    def agents(self) -> Iterator[Sequence[Object]]:
        """Every agent, in pages."""
        return self._pages("/api/v2/agents", "agents")

    def ticket_fields(self) -> Sequence[Object]:
        """The definitions of ticket fields."""
        return self._list("/api/v2/ticket_fields", "ticket fields")

    def company_fields(self) -> Sequence[Object]:
        """The definitions of company fields."""
        return self._list("/api/v2/company_fields", "company fields")

    def companies(self) -> Iterator[Sequence[Object]]:
        """Every company, in pages."""
        return self._pages("/api/v2/companies", "companies")

    def company(self, company_id: str) -> Object:
        """One company."""
        return self._object("GET", f"/api/v2/companies/{company_id}")

    def contacts(self, since: datetime | None) -> Iterator[tuple[Sequence[Object], Response]]:
        """Contacts that changed since, or every one, in pages, with the answers that brought them."""
        params = {} if since is None else {"_updated_since": stamp(since)}
        return self._answered_pages("/api/v2/contacts", "contacts", params)

    # ---- tickets -----------------------------------------------------------------------------------

    def tickets(self, since: datetime, page: int, filter_name: str | None = None) -> tuple[Sequence[Object], Response]:
        """A page of the tickets that changed since, those that changed first first, and the answer that brought it.

        Without a filter that is neither ``deleted`` nor ``spam`` tickets.
        """
        params: dict[str, Any] = {
            "updated_since": stamp(since),
            "order_by": "updated_at",
            "order_type": "asc",
            "per_page": self.page_size,
            "page": page,
        }
        params |= {"include": "description"} if filter_name is None else {"filter": filter_name}
        answer = self._http.request("GET", "/api/v2/tickets", params=params)
        return READ.objects(answer.data, "tickets"), answer

    def ticket(self, ticket_id: str) -> Object:
        """A ticket that is not archived, deleted and spam ones included. Raises :class:`NotFound`."""
        try:
            return self._object("GET", f"/api/v2/tickets/{ticket_id}")
        except Invalid as error:
            raise _moved(error) from None

    def archived_ticket(self, ticket_id: str) -> Object:
        """An archived ticket. Raises :class:`NotFound`."""
        return self._object("GET", f"/api/v2/tickets/archived/{ticket_id}")

    def conversations(self, ticket_id: str) -> Iterator[Object]:
        """The notes and replies of a ticket, archived or not, the oldest first. Raises :class:`NotFound`."""
        path = f"/api/v2/tickets/{ticket_id}/conversations"
        try:
            yield from (row for page in self._pages(path, "conversations") for row in page)
            return
        except NotFound:
            pass
        except Invalid as error:
            _moved(error)
        path = f"/api/v2/tickets/archived/{ticket_id}/conversations"
        yield from (row for page in self._pages(path, "conversations") for row in page)

    # ---- writing -----------------------------------------------------------------------------------

    def update(self, ticket_id: str, properties: Mapping[str, Any]) -> Object:
        """Change a ticket; gives it as it is then. Raises :class:`Invalid` with the product's words."""
        return self._written("PUT", f"/api/v2/tickets/{ticket_id}", properties)

    def add_note(self, ticket_id: str, html: str) -> None:
        """Add a note that only agents see."""
        self._written("POST", f"/api/v2/tickets/{ticket_id}/notes", {"body": html, "private": True})

    def reply(self, ticket_id: str, html: str) -> None:
        """Write to the customer, by e-mail."""
        self._written("POST", f"/api/v2/tickets/{ticket_id}/reply", {"body": html})

    def update_many(self, ticket_ids: Sequence[str], properties: Mapping[str, Any]) -> str:
        """Change up to a hundred tickets alike, in the background; gives the job's id."""
        path = "/api/v2/tickets/bulk_update"
        action = {"ids": [int(ticket_id) for ticket_id in ticket_ids], "properties": dict(properties)}
        answer = self._http.request("POST", path, json={"bulk_action": action}, accept=REFUSALS)
        job_id = _accepted(answer, path).get("job_id")
        if not isinstance(job_id, str) or not job_id:
            raise Malformed(PRODUCT, "the answer to a write names no job", request=f"POST {path}", uncertain=True)
        return job_id

    def job(self, job_id: str) -> Object:
        """Where a job is. Raises :class:`NotFound`."""
        return self._object("GET", f"/api/v2/jobs/{quote(job_id, safe='')}")

    # ---- time entries ------------------------------------------------------------------------------

    def time_entries(
        self, after: datetime, before: datetime | None = None
    ) -> Iterator[tuple[Sequence[Object], Response]]:
        """Time entries that were executed between these instants, in pages, with the answers that brought them."""
        params = {"executed_after": stamp(after)} | ({"executed_before": stamp(before)} if before else {})
        return self._answered_pages("/api/v2/time_entries", "time entries", params)

    def time_entries_of(self, ticket_id: str) -> Iterator[Sequence[Object]]:
        """Every time entry of a ticket, in pages. Raises :class:`NotFound`."""
        try:
            yield from self._pages(f"/api/v2/tickets/{ticket_id}/time_entries", "time entries")
        except Invalid as error:
            raise _moved(error) from None

    # ---- what administrators make -------------------------------------------------------------------

    def definitions(self, path: str, what: str) -> list[Object]:
        """Every definition of a list: fields, or automation rules (an array, or one in ``rules``)."""
        definitions: dict[str, Object] = {}
        page = 1
        while True:
            data = self._http.request("GET", path, params={"per_page": MOST_ROWS, "page": page}).data
            rows = READ.objects(data.get("rules") if isinstance(data, dict) else data, what)
            # A list that knows no pages gives the same again.
            fresh = {READ.identity(row.get("id"), f"an id of {what}"): row for row in rows}
            if fresh.keys() <= definitions.keys():
                return list(definitions.values())
            definitions |= fresh
            if len(rows) < MOST_ROWS:
                return list(definitions.values())
            page += 1

    def administer(self, method: str, path: str, body: Object | None = None) -> Object:
        """Read, make, change or delete one definition; gives it as it is then, and nothing of what was deleted.

        Raises :class:`Invalid` with the product's words.
        """
        if method == "GET":
            return self._object(method, path)
        if method == "DELETE":
            self._http.request(method, path)
            return {}
        return self._written(method, path, body or {})

    # ---- the wire ----------------------------------------------------------------------------------

    def _written(self, method: str, path: str, body: Mapping[str, Any]) -> Object:
        answer = self._http.request(method, path, json=dict(body), accept=REFUSALS)
        data = _accepted(answer, path)
        if not isinstance(data.get("id"), int):
            raise Malformed(PRODUCT, "the answer to a write has no id", request=f"{method} {path}", uncertain=True)
        return data

    def _object(self, method: str, path: str) -> Object:
        data = READ.an_object(self._http.request(method, path).data, "the answer")
        if "id" not in data:
            raise Malformed(PRODUCT, "the answer has no id", request=f"{method} {path}")
        return data

    def _list(self, path: str, what: str) -> Sequence[Object]:
        return READ.objects(self._http.request("GET", path).data, what)

    def _pages(self, path: str, what: str, params: Mapping[str, Any] | None = None) -> Iterator[Sequence[Object]]:
        return (page for page, _ in self._answered_pages(path, what, params or {}))

    def _answered_pages(
        self, path: str, what: str, params: Mapping[str, Any]
    ) -> Iterator[tuple[Sequence[Object], Response]]:
        page = 1
        while True:
            asked = {**params, "per_page": self.page_size, "page": page}
            answer = self._http.request("GET", path, params=asked)
            rows = READ.objects(answer.data, what, request=f"GET {path}")
            yield rows, answer
            if len(rows) < self.page_size and 'rel="next"' not in answer.headers.get("link", ""):
                return
            if not rows:
                raise Malformed(PRODUCT, f"the pages of {what} lead nowhere", request=f"GET {path}")
            page += 1


def sees_everything(me: Object) -> bool:
    """Whether an agent has global access."""
    READ.identity(me.get("id"), "agent.id")
    return READ.whole_number(me.get("ticket_scope"), "agent.ticket_scope") == GLOBAL_ACCESS


def stamp(instant: datetime) -> str:
    """An instant as Freshdesk's filters take it, to the second."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def words_of(data: Any) -> str:
    """What an error body says, cut short: the description and each field with its message."""
    if not isinstance(data, dict):
        return "no reason given"
    errors = data.get("errors")
    words = [str(data.get("description") or data.get("message") or "refused")]
    words += [
        f"{error.get('field', '')}: {error.get('message', error.get('code', ''))}".strip(": ")
        for error in (errors if isinstance(errors, list) else [])
        if isinstance(error, dict)
    ]
    return "; ".join(words)[:400]


def _accepted(answer: Response, path: str) -> Object:
    if answer.status in REFUSALS:
        raise Invalid(PRODUCT, words_of(answer.data), request=path, status=answer.status)
    if not isinstance(answer.data, dict):
        raise Malformed(PRODUCT, "an object was expected and something else came", request=path, uncertain=True)
    return answer.data


def _moved(error: Invalid) -> NotFound:
    """A ticket that answers from another address is archived: not here any more. Raises ``error`` otherwise."""
    if error.status not in MOVED:
        raise error
    return NotFound(PRODUCT, "has nothing there any more", request=error.request, status=error.status)
