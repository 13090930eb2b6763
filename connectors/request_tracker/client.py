"""The calls of Request Tracker's REST 2 that we make, one method each.

Terms
    TicketSQL    the language of queries; its times are read in the time zone of the token's user, which must be UTC
    position     where a reading of changes is: a time of change, and the last ticket of that second
    text         a part of a transaction: what was written, without what was attached
    ETag         the number of a ticket's newest transaction; a write that names an older one is refused (412)

Lists are asked for from behind the last row that came, never by the number of the page, so that what comes or goes
meanwhile moves no other row. Rows that the user may not see are left out of a page, which is shorter then; a list that
does not tell its total ends with a page without any row.

Sources: "RT::REST2" and "Query Builder" of Request Tracker's documentation, and 5.0.3 as it answered. That a query that
names ``EffectiveId`` tells merged tickets, and that deleted ones are in no list, was tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from connectors.errors import Malformed
from connectors.http import HttpClient, Response
from connectors.protocols import Environment
from connectors.records import CommentKind
from connectors.request_tracker.settings import SiteSettings
from connectors.request_tracker.value_reader import PRODUCT, READ
from connectors.value_reader import Object

ROWS = 100
"""The most that a page has."""
MOST_OF_A_SHORT_LIST = 10_000
"""Queues, catalogs or custom fields: more than any site has."""
TICKET_FIELDS = (
    ("fields", "id,Subject,Status,Created,LastUpdated,EffectiveId,Queue,Owner,Requestor,CustomFields"),
    ("fields[Queue]", "id"),
    ("fields[Owner]", "id,Name"),
    ("fields[Requestor]", "id,Name,RealName,EmailAddress,Organization,Lang"),
)
USER_FIELDS = "id,Name,RealName,EmailAddress,Organization,Lang"
TRANSACTION_FIELDS = (
    ("fields", "id,ObjectId,Type,TimeTaken,Created,Creator,CustomFields"),
    ("fields[Creator]", "id,Name,RealName"),
)
TEXT_TYPES = ("text/", "multipart/")
VERBS = {CommentKind.NOTE: "comment", CommentKind.REPLY: "correspond"}

Pairs = Sequence[tuple[str, str | int]]


@dataclass(frozen=True, slots=True)
class Rows:
    """Part of a list; ``total`` is ``None`` where the user may not see all of it."""

    items: list[Object]
    total: int | None

    @property
    def is_last(self) -> bool:
        """Whether nothing follows: of a list that is asked for from behind the last row."""
        return not self.items if self.total is None else len(self.items) >= self.total


@dataclass(frozen=True, slots=True)
class Position:
    """Behind which change a reading goes on; ``ticket_id`` 0 is before every ticket of that second."""

    at: datetime
    ticket_id: int = 0

    def behind(self, rows: Rows) -> Position:
        """Where the reading goes on after ``rows``. Raises :class:`Malformed` when that is nowhere new."""
        if not rows.items:
            return self
        for row in reversed(rows.items):
            try:
                at, ticket_id = READ.instant(row.get("LastUpdated"), "LastUpdated"), _number(row, "ticket")
            except Malformed:
                continue  # A single row that cannot be read: the one before it says as well where we are.
            if (at, ticket_id) > (self.at, self.ticket_id):
                return Position(at, ticket_id)
            break
        raise Malformed(PRODUCT, "the pages of tickets lead nowhere")


class RequestTrackerClient:
    """One site's calls as the user of its token, ``user_id``. Every method raises :class:`ConnectorError`."""

    def __init__(self, http: HttpClient, user_id: str, page_size: int) -> None:
        self._http = http
        self._user_id = user_id
        self._page_size = page_size

    # ---- the site ----------------------------------------------------------------------------------

    def me(self) -> Response:
        """The user as whom we work, with the headers."""
        return self._http.request("GET", f"/user/{self._user_id}")

    def queues(self) -> dict[str, str]:
        """The queues that we see: their numbers by name."""
        return self._named("/queues/all")

    def catalogs(self) -> dict[str, str]:
        """The catalogs of assets that we see: their numbers by name."""
        return self._named("/catalogs/all")

    def custom_fields(self, kind: str, number: str) -> dict[str, Object]:
        """The custom fields that are applied to a ``queue`` or a ``catalog``, by name; those of transactions too."""
        rows = self.listed(f"/{kind}/{number}/customfields", (("fields", "Name,LookupType,MaxValues"),))
        return {READ.text(row.get("Name"), "customfield.Name"): row for row in rows}

    def assets(self, catalog_id: str) -> Iterator[Rows]:
        """Every asset of a catalog, in pages; deleted ones are left out."""
        last = 0
        while True:
            params = (
                ("query", f"Catalog = {catalog_id} AND id > {last}"),
                ("fields", "id,Name,Status,CustomFields"),
                ("orderby", "id"),
                ("per_page", ROWS),
            )
            rows = self._rows("GET", "/assets", params)
            yield rows
            if rows.is_last:
                return
            last = _behind(last, rows, "asset")

    def users(self, names: Iterable[str]) -> list[Object]:
        """People by their names in Request Tracker."""
        query = [{"field": "Name", "value": name} for name in names]
        if not query:
            return []
        params = (("fields", USER_FIELDS), ("per_page", ROWS))
        return self._rows("POST", "/users", params, body=query).items

    # ---- tickets -----------------------------------------------------------------------------------

    def tickets_from(self, position: Position, queue_ids: Sequence[str]) -> Rows:
        """Tickets that changed, behind ``position``, in the order of their changes; merged ones too."""
        at = stamp(position.at)
        same_second = f"(LastUpdated >= '{at}' AND id > {position.ticket_id})"
        query = f"EffectiveId > 0 AND (LastUpdated > '{at}' OR {same_second}){_in_queues('Queue', queue_ids)}"
        order = (("orderby", "LastUpdated"), ("orderby", "id"), ("per_page", self._page_size))
        return self._rows("GET", "/tickets", (("query", query), *TICKET_FIELDS, *order))

    def tickets(self, ticket_ids: Sequence[str], queue_ids: Sequence[str]) -> list[Object]:
        """Up to a hundred tickets; those that are deleted or do not exist are absent."""
        query = f"EffectiveId > 0 AND {_any('id', ticket_ids)}{_in_queues('Queue', queue_ids)}"
        return self._rows("GET", "/tickets", (("query", query), *TICKET_FIELDS, ("per_page", ROWS))).items

    def newest_ticket(self, queue_ids: Sequence[str]) -> Object | None:
        """The ticket that was filed last, with what we may do with it."""
        query = f"id > 0{_in_queues('Queue', queue_ids)}"
        params = (("query", query), ("fields", "_hyperlinks"), ("orderby", "id"), ("order", "DESC"), ("per_page", 1))
        return next(iter(self._rows("GET", "/tickets", params).items), None)

    def worked_tickets(self, queue_ids: Sequence[str]) -> list[tuple[str, int]]:
        """The newest tickets on which time was booked: their ids, and the minutes that they tell themselves."""
        query = f"TimeWorked > 0{_in_queues('Queue', queue_ids)}"
        order = (("orderby", "id"), ("order", "DESC"), ("per_page", 3))
        rows = self._rows("GET", "/tickets", (("query", query), ("fields", "TimeWorked"), *order))
        return [
            (READ.identity(row.get("id"), "ticket.id"), READ.whole_number(row.get("TimeWorked"), "ticket.TimeWorked"))
            for row in rows.items
        ]

    def merged_with(self, ticket_id: str) -> list[str]:
        """The ids of all tickets that were merged with this one, its own among them."""
        rows = self._rows("GET", "/tickets", (("query", f"EffectiveId > 0 AND id = {ticket_id}"), *TICKET_FIELDS))
        if not rows.items:
            return [ticket_id]
        survivor = READ.identity(rows.items[0].get("EffectiveId"), "ticket.EffectiveId")
        family = self._rows("GET", "/tickets", (("query", f"EffectiveId = {survivor}"), ("per_page", ROWS)))
        return sorted({ticket_id, *(READ.identity(row.get("id"), "ticket.id") for row in family.items)}, key=int)

    def ticket(self, ticket_id: str) -> Response:
        """One ticket, deleted or not, with its ETag; of a merged one the ticket that took it over comes.

        Raises :class:`NotFound` and :class:`PermissionMissing`.
        """
        return self._http.request("GET", f"/ticket/{ticket_id}")

    def gone_since(self, at: datetime, queue_ids: Sequence[str]) -> list[str]:
        """The ids of tickets that were deleted or merged since; also of those that took others over."""
        gone = "((Type = 'Status' AND NewValue = 'deleted') OR (Type = 'AddLink' AND Field = 'MergedInto'))"
        rows = self.transactions(f"Created >= '{stamp(at)}' AND {gone}", queue_ids)
        return list(dict.fromkeys(READ.identity(row.get("ObjectId"), "transaction.ObjectId") for row in rows))

    # ---- transactions ------------------------------------------------------------------------------

    def transactions(
        self, condition: str, queue_ids: Sequence[str] = (), *, after: int = 0, most: int | None = None
    ) -> Iterator[Object]:
        """Every transaction of a ticket that meets ``condition``, in the order in which they were made.

        ``most``: more than so many there cannot be.
        """
        while True:
            query = f"ObjectType = 'RT::Ticket' AND {condition}{_in_queues('TicketQueue', queue_ids)}"
            params = (*TRANSACTION_FIELDS, ("orderby", "id"), ("per_page", ROWS))
            rows = self._rows("GET", "/transactions", (("query", f"{query} AND id > {after}"), *params))
            yield from rows.items
            if rows.is_last or len(rows.items) == most:
                return
            after = _behind(after, rows, "transaction")

    def newest_transaction(self) -> int:
        """The number of the newest transaction of any ticket; 0 when there is none."""
        params = (("query", "ObjectType = 'RT::Ticket'"), ("orderby", "id"), ("order", "DESC"), ("per_page", 1))
        rows = self._rows("GET", "/transactions", params)
        return max((_number(row, "transaction") for row in rows.items), default=0)

    def transaction_exists(self, transaction_id: str) -> bool:
        """Whether there is a transaction of that number. Raises :class:`PermissionMissing` for one out of sight.

        5.0.3 says "Internal Server Error" (500) to a number that no transaction has.
        """
        answer = self._http.request("GET", f"/transaction/{transaction_id}", accept=frozenset({404, 500}))
        if answer.status == 200:
            READ.identity(READ.an_object(answer.data, "transaction").get("id"), "transaction.id")
        return answer.status == 200

    def of_tickets(self, ticket_ids: Sequence[str], condition: str) -> list[Object]:
        """The transactions of these tickets that meet ``condition``."""
        return list(self.transactions(f"{condition} AND {_any('ObjectId', ticket_ids)}"))

    def creations(self, ticket_ids: Sequence[str]) -> list[Object]:
        """The transactions by which up to a hundred tickets were made."""
        query = f"ObjectType = 'RT::Ticket' AND Type = 'Create' AND {_any('ObjectId', ticket_ids)}"
        return self._rows(
            "GET", "/transactions", (("query", query), ("fields", "id,ObjectId"), ("per_page", ROWS))
        ).items

    def our_comments(self, ticket_id: str) -> list[Object]:
        """The comments and replies of our own on a ticket."""
        said = f"Creator = {self._user_id} AND (Type = 'Comment' OR Type = 'Correspond')"
        return self.of_tickets([ticket_id], said)

    def texts(self, transaction_ids: Sequence[str]) -> dict[str, list[Object]]:
        """What was written in these transactions, by their ids: each part in its order, without other files."""
        texts: dict[str, list[Object]] = {}
        for start in range(0, len(transaction_ids), ROWS):
            wanted = [
                *({"field": "TransactionId", "value": number} for number in transaction_ids[start : start + ROWS]),
                *({"field": "ContentType", "operator": "STARTSWITH", "value": kind} for kind in TEXT_TYPES),
            ]
            last = 0
            while True:
                behind = {"field": "id", "operator": ">", "value": last}
                fields = ("fields", "id,TransactionId,ContentType,Filename,Headers,Content")
                params = (fields, ("orderby", "id"), ("per_page", ROWS))
                rows = self._rows("POST", "/attachments", params, body=[*wanted, behind])
                for part in rows.items:
                    transaction_id = READ.identity(part.get("TransactionId"), "attachment.TransactionId")
                    texts.setdefault(transaction_id, []).append(part)
                if rows.is_last or len(rows.items) < ROWS:
                    break
                last = READ.whole_number(rows.items[-1].get("id"), "attachment.id")
        return texts

    # ---- writing -----------------------------------------------------------------------------------

    def set_fields(self, ticket_id: str, values: Mapping[str, Any], etag: str) -> Response:
        """Write custom fields of a ticket that is still at ``etag``; 412 when it is not. Never repeated.

        What was refused is said in words, with status 200.
        """
        headers = {"If-Match": etag} if etag else {}
        body = {"CustomFields": dict(values)}
        path = f"/ticket/{ticket_id}"
        return self._http.request("PUT", path, json=body, headers=headers, accept=frozenset({412}))

    def say(self, ticket_id: str, kind: CommentKind, words: str) -> Response:
        """Add a comment for agents or a reply to the customer; 400 when it was refused. Never repeated."""
        body = {"Content": words, "ContentType": "text/plain"}
        return self._http.request("POST", f"/ticket/{ticket_id}/{VERBS[kind]}", json=body, accept=frozenset({400}))

    def administer(self, method: str, path: str, body: Object) -> Response:
        """Change what an administrator sets up; 400 when it was refused. Never repeated."""
        return self._http.request(method, path, json=body, accept=frozenset({400}))

    # ---- lists -------------------------------------------------------------------------------------

    def _named(self, path: str) -> dict[str, str]:
        rows = self.listed(path, (("fields", "Name"),))
        return {READ.text(row.get("Name"), f"Name of {path}"): READ.identity(row.get("id"), path) for row in rows}

    def listed(self, path: str, params: Pairs) -> Iterator[Object]:
        """A short list that hardly changes, page by page."""
        page, read = 1, 0
        while True:
            rows = self._rows("GET", path, (*params, ("per_page", ROWS), ("page", page)))
            yield from rows.items
            read += len(rows.items)
            if len(rows.items) < ROWS or read >= (rows.total or MOST_OF_A_SHORT_LIST):
                return
            page += 1

    def _rows(self, method: str, path: str, params: Pairs, body: Any = None) -> Rows:
        answer = self._http.request(method, path, params=params, json=body, safe=True)
        data = READ.an_object(answer.data, f"the answer of {path}")
        total = data.get("total")
        items = READ.objects(data.get("items"), f"items of {path}")
        return Rows(items, None if total is None else READ.whole_number(total, "total"))


def connect(settings: SiteSettings, environment: Environment) -> RequestTrackerClient:
    """The calls of a site, as the user of its token."""
    proof = {"Authorization": SecretStr(f"token {settings.token.get_secret_value()}")}
    http = HttpClient(PRODUCT, f"{settings.address}/REST/2.0", proof, environment, network=settings)
    return RequestTrackerClient(http, settings.user_id, settings.page_size)


def stamp(at: datetime) -> str:
    """An instant as queries want it, in UTC and without its zone."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def body_of(answer: Response) -> Object:
    """The object that an answer holds."""
    return READ.an_object(answer.data, "the answer")


def words_of(answer: Response) -> str:
    """What an answer to a write says for people: a list of messages, or an error's message."""
    data = answer.data.get("message") if isinstance(answer.data, dict) else answer.data
    messages = [str(message) for message in data if message] if isinstance(data, list) else [str(data or "")]
    return "; ".join(messages)[:500]


def _number(row: Object, what: str) -> int:
    return READ.whole_number(row.get("id"), f"{what}.id")


def _behind(last: int, rows: Rows, what: str) -> int:
    """The number behind which a list goes on after ``rows``."""
    number = _number(rows.items[-1], what)
    if number <= last:
        raise Malformed(PRODUCT, f"the pages of {what}s lead nowhere")
    return number


def _any(field: str, numbers: Sequence[str]) -> str:
    return f"({' OR '.join(f'{field} = {int(number)}' for number in numbers)})"


def _in_queues(field: str, queue_ids: Sequence[str]) -> str:
    return f" AND {_any(field, queue_ids)}" if queue_ids else ""
