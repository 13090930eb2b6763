"""Zendesk's calls: what is asked, what comes back as JSON, and how pages follow each other.

Terms
    export      the incremental export of tickets by cursor (``/incremental/tickets/cursor``)
    audit       one update of a ticket, with its metadata and events
    job         a write in the background, to be asked after (``/job_statuses``)

Sources: the Support API reference ("Incremental exports", "Tickets", "Job statuses", "Ticket audits", "Tags") and
"Using the incremental export API".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.errors import Malformed
from connectors.http import HttpClient, Response
from connectors.zendesk.settings import PRODUCT
from connectors.zendesk.value_reader import READ

ROWS_A_PAGE = 100
YOUNGEST_START = timedelta(minutes=6)
"""The export refuses a start that is too recent: less than a minute old by the present reference, less than five by
older editions of it. The rest is for clocks that differ."""

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ExportPage:
    """A page of the export; ``cursor`` leads to the next, ``is_last`` says that nothing newer was there."""

    tickets: Sequence[Object]
    users: Sequence[Object]
    organizations: Sequence[Object]
    cursor: str | None
    is_last: bool


class ZendeskClient:
    """The calls of one account; ``exports`` makes those that have a budget of their own.

    Every method raises :class:`connectors.errors.ConnectorError`.
    """

    def __init__(self, http: HttpClient, exports: HttpClient, export_page_size: int) -> None:
        self._http = http
        self._exports = exports
        self._export_page_size = export_page_size

    def me(self) -> Response:
        """Who we are, with the headers."""
        return self._http.request("GET", "/api/v2/users/me.json")

    def current_token(self) -> Object:
        """The OAuth token that asks."""
        return self._object("GET", "/api/v2/oauth/tokens/current.json")

    def ticket_fields(self) -> Iterator[Object]:
        """Every ticket field."""
        return self._pages("/api/v2/ticket_fields.json", "ticket_fields")

    def organization_fields(self) -> Iterator[Object]:
        """Every organization field."""
        return self._pages("/api/v2/organization_fields.json", "organization_fields")

    def organizations(self) -> Iterator[Sequence[Object]]:
        """Every organization, in pages."""
        return self._lists("/api/v2/organizations.json", "organizations")

    def export(self, cursor: str | None, since: datetime, now: datetime) -> ExportPage:
        """One page of the tickets that changed, behind ``cursor`` or else since ``since``.

        What changed within the minute before the request is left out by the product; it comes with a later one.
        """
        params: dict[str, Any] = {"include": "users,organizations", "per_page": self._export_page_size}
        if cursor is None:
            params["start_time"] = max(0, int(min(since, now - YOUNGEST_START).timestamp()))
        else:
            params["cursor"] = cursor
        data = self._object("GET", "/api/v2/incremental/tickets/cursor.json", params, through=self._exports)
        following, is_last = data.get("after_cursor"), data.get("end_of_stream")
        if not isinstance(is_last, bool) or not isinstance(following, (str, type(None))):
            raise Malformed(PRODUCT, "a page of the export does not tell how it goes on")
        if not is_last and following in (None, cursor):
            raise Malformed(PRODUCT, "the pages of the export lead nowhere")
        return ExportPage(
            READ.objects(data.get("tickets"), "tickets"),
            READ.objects(data.get("users") or [], "users"),
            READ.objects(data.get("organizations") or [], "organizations"),
            following,
            is_last,
        )

    def show_many(self, ticket_ids: Sequence[str]) -> ExportPage:
        """Up to a hundred tickets as they are now; those that do not exist are absent."""
        params = {"ids": ",".join(ticket_ids), "include": "users,organizations"}
        data = self._object("GET", "/api/v2/tickets/show_many.json", params)
        return ExportPage(
            READ.objects(data.get("tickets"), "tickets"),
            READ.objects(data.get("users") or [], "users"),
            READ.objects(data.get("organizations") or [], "organizations"),
            None,
            is_last=True,
        )

    def audits(self, ticket_id: str) -> Iterator[Object]:
        """Every audit of a ticket, the oldest first."""
        return self._pages(f"/api/v2/tickets/{ticket_id}/audits.json", "audits")

    def audits_with_authors(self, ticket_id: str) -> Iterator[tuple[Sequence[Object], Sequence[Object]]]:
        """Every audit of a ticket, the oldest first, in pages, each with the users that it mentions."""
        path = f"/api/v2/tickets/{ticket_id}/audits.json"
        for data in self._answers(path, "audits", {"include": "users"}):
            audits = READ.objects(data.get("audits"), "audits", request=f"GET {path}")
            yield audits, READ.objects(data.get("users") or [], "users", request=f"GET {path}")

    def newest_changed(self) -> Iterator[ExportPage]:
        """Tickets by their last update, the newest first, in pages; archived and deleted ones are not among them."""
        more = {"sort": "-updated_at", "include": "organizations"}
        for data in self._answers("/api/v2/tickets.json", "tickets", more):
            tickets = READ.objects(data.get("tickets"), "tickets")
            yield ExportPage(
                tickets, (), READ.objects(data.get("organizations") or [], "organizations"), None, is_last=False
            )

    def update_many(self, tickets: Sequence[Object]) -> str:
        """Queue a write of up to a hundred tickets, each with its own changes; gives the job's id. Never repeated."""
        path = "/api/v2/tickets/update_many.json"
        job = self._object("PUT", path, body={"tickets": list(tickets)}).get("job_status")
        if not isinstance(job, dict) or not isinstance(job.get("id"), str):
            raise Malformed(PRODUCT, "the answer to a write names no job", request=f"PUT {path}", uncertain=True)
        return str(job["id"])

    def jobs(self, job_ids: Sequence[str]) -> Sequence[Object]:
        """Where these jobs are; one that disappeared is absent."""
        data = self._object("GET", "/api/v2/job_statuses/show_many.json", {"ids": ",".join(job_ids)})
        return READ.objects(data.get("job_statuses"), "job_statuses")

    def every_job(self) -> Iterator[Object]:
        """Every job that the account knows, other programs' too."""
        return self._pages("/api/v2/job_statuses.json", "job_statuses")

    def add_tags(self, ticket_id: str, tags: Sequence[str]) -> None:
        """Put tags on a ticket and leave the others alone. Repeating it does no harm."""
        self._http.request("PUT", f"/api/v2/tickets/{ticket_id}/tags.json", json={"tags": list(tags)}, safe=True)

    def remove_tags(self, ticket_id: str, tags: Sequence[str]) -> None:
        """Take tags off a ticket and leave the others alone. Repeating it does no harm."""
        self._http.request("DELETE", f"/api/v2/tickets/{ticket_id}/tags.json", json={"tags": list(tags)}, safe=True)

    def _pages(self, path: str, what: str) -> Iterator[Object]:
        for page in self._lists(path, what):
            yield from page

    def _lists(self, path: str, what: str) -> Iterator[Sequence[Object]]:
        for data in self._answers(path, what, {}):
            yield READ.objects(data.get(what), what, request=f"GET {path}")

    def _answers(self, path: str, what: str, more: Mapping[str, Any]) -> Iterator[Object]:
        """The pages of a list, by cursor; an answer without ``meta`` is whole (archived tickets' audits are)."""
        params: dict[str, Any] = {"page[size]": ROWS_A_PAGE, **more}
        while True:
            data = self._object("GET", path, params)
            yield data
            meta = READ.an_object(data.get("meta") or {}, "meta", request=f"GET {path}")
            if not meta.get("has_more"):
                return
            following = meta.get("after_cursor")
            if not isinstance(following, str) or following == params.get("page[after]"):
                raise Malformed(PRODUCT, f"the pages of {what} lead nowhere", request=f"GET {path}")
            params = {**params, "page[after]": following}

    def _object(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        through: HttpClient | None = None,
    ) -> Object:
        answer = (through or self._http).request(method, path, params=params, json=body)
        is_write = method != "GET"
        if not isinstance(answer.data, dict):
            raise Malformed(
                PRODUCT,
                "an object was expected and something else came",
                request=f"{method} {path}",
                uncertain=is_write,
            )
        return answer.data
