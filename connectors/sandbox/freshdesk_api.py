"""The doors of the sandbox's Freshdesk: authentication, the minute's limit, lists, and which call does what.

Terms
    credit   what a request costs of the limit: one, and two more for each thing that a list of tickets includes

Nothing tells when the minute ends, and requests that are refused cost as well.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from connectors.sandbox import freshdesk_shapes as shapes
from connectors.sandbox.freshdesk_admin import FreshdeskAdmin
from connectors.sandbox.freshdesk_records import GLOBAL_ACCESS, FreshdeskPerson, FreshdeskTicket
from connectors.sandbox.freshdesk_state import FreshdeskAccount
from connectors.sandbox.freshdesk_writes import FORBIDDEN, NOT_FOUND, FreshdeskWrites, invalid
from connectors.sandbox.minute_budget import MinuteBudget
from connectors.sandbox.parameters import Parameters
from connectors.sandbox.server import Answer, Request

UNKNOWN = Answer(401, {"code": "invalid_credentials", "message": "You have to be logged in to perform this action."})
USUAL_ROWS, MOST_ROWS = 30, 100
CREATED_WITHIN = timedelta(days=30)
"""Without ``updated_since`` a list of tickets holds those alone."""
CREDITS_FOR_INCLUDED = 2


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a known agent; ``number`` is the id in its path."""

    agent: FreshdeskPerson
    path: str
    query: Parameters
    body: Any
    found: Mapping[str, str]

    @property
    def number(self) -> int:
        """The id that the path names."""
        return int(self.found["id"])

    @property
    def include(self) -> frozenset[str]:
        """What is asked for besides."""
        return frozenset(filter(None, self.query.get("include", "").split(",")))


class FreshdeskApi:
    """API v2 of one account.

    ``since_is_exclusive``: ``updated_since`` leaves its own second out. ``not_yet_shown``: tickets that lists leave
    out, because a change of this moment may show behind a later one. ``archived_status``: the answer for an archived
    ticket under its old address. ``before_answering`` is called with each request, so that people can act in between.
    """

    def __init__(self, account: FreshdeskAccount, base_url: str, limit: MinuteBudget, most_pages: int) -> None:
        self.account = account
        self.writes = FreshdeskWrites(account, base_url)
        self.admin = FreshdeskAdmin(account)
        self.limit = limit
        self.since_is_exclusive = False
        self.not_yet_shown: set[int] = set()
        self.archived_status = 404
        self.before_answering: Callable[[Request], None] = lambda request: None
        self._base_url = base_url
        self._most_pages = most_pages
        self._routes = self._all_routes()

    def answer(self, request: Request) -> Answer:
        """Answer one call."""
        self.before_answering(request)
        agent = self._agent(request.headers.get("authorization", ""))
        if agent is None:
            return UNKNOWN
        included = len(list(filter(None, request.query.get("include", "").split(","))))
        cost = 1 + (CREDITS_FOR_INCLUDED * included if request.path.endswith("/tickets") else 0)
        told = {"X-Freshdesk-API-Version": "latest=v2; requested=v2", "X-RateLimit-Total": str(self.limit.total)}
        if not self.limit.take(cost):
            refused = {"message": "You have exceeded the limit of requests per minute"}
            return Answer(429, refused, {**told, "Retry-After": str(self.limit.resets_in)})
        answer = self._routed(request, agent)
        told |= {
            "X-RateLimit-Remaining": str(self.limit.remaining),
            "X-RateLimit-Used-CurrentRequest": str(cost),
        }
        return Answer(answer.status, answer.data, {**told, **answer.headers}, answer.is_empty)

    def _routed(self, request: Request, agent: FreshdeskPerson) -> Answer:
        for verb, pattern, handle in self._routes:
            matched = pattern.fullmatch(request.path)
            if verb == request.method and matched:
                with self.account.lock:
                    self.writes.catch_up()
                    return handle(Call(agent, request.path, request.query, request.json, matched.groupdict()))
        return NOT_FOUND

    def _agent(self, authorization: str) -> FreshdeskPerson | None:
        scheme, _, given = authorization.partition(" ")
        try:
            key, _, _ = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        records = self.account.records
        return records.agents.get(records.api_keys.get(key, 0)) if scheme == "Basic" else None

    def _all_routes(self) -> list[tuple[str, re.Pattern[str], Callable[[Call], Answer]]]:
        writes, account = self.writes, self.account
        ticket, entry = r"tickets/(?P<id>\d+)", r"time_entries/(?P<id>\d+)"
        routes: tuple[tuple[str, str, Callable[[Call], Answer]], ...] = (
            ("GET", "agents/me", lambda call: Answer(data=shapes.agent(call.agent))),
            ("GET", "agents", self._agents),
            ("GET", "groups", lambda call: self._list(call, [])),
            ("GET", "roles", lambda call: self._list(call, [shapes.role(self.account.second())])),
            ("GET", "contacts", self._contacts),
            ("GET", r"contacts/(?P<id>\d+)", self._contact),
            ("GET", "companies", self._companies),
            ("GET", r"companies/(?P<id>\d+)", self._company),
            ("GET", "ticket_fields", self._ticket_fields),
            ("GET", "company_fields", self._company_fields),
            ("GET", "tickets", self._tickets),
            ("POST", "tickets", lambda call: writes.create(call.agent, call.body)),
            ("PUT", "tickets/merge", lambda call: writes.merge(call.agent, call.body)),
            ("POST", "tickets/bulk_update", lambda call: writes.update_many(call.agent, call.body)),
            ("GET", r"jobs/(?P<job>\w+)", lambda call: writes.job(call.found["job"])),
            ("GET", ticket, self._ticket),
            ("PUT", ticket, lambda call: writes.update(call.agent, call.number, call.body)),
            ("DELETE", ticket, lambda call: writes.delete(call.agent, call.number)),
            ("PUT", f"{ticket}/restore", lambda call: writes.restore(call.number)),
            ("GET", f"{ticket}/conversations", self._conversations),
            ("GET", r"tickets/archived/(?P<id>\d+)", self._archived),
            ("GET", r"tickets/archived/(?P<id>\d+)/conversations", self._archived_conversations),
            ("POST", f"{ticket}/notes", lambda call: writes.converse(call.agent, call.number, "note", call.body)),
            ("POST", f"{ticket}/reply", lambda call: writes.converse(call.agent, call.number, "reply", call.body)),
            ("GET", "time_entries", self._time_entries),
            ("GET", f"{ticket}/time_entries", self._time_entries_of),
            ("POST", f"{ticket}/time_entries", lambda call: writes.create_entry(call.agent, call.number, call.body)),
            ("PUT", entry, lambda call: writes.update_entry(call.number, call.body)),
            ("DELETE", entry, lambda call: writes.change_entry(call.number, account.delete_entry)),
            ("PUT", f"{entry}/toggle_timer", lambda call: writes.change_entry(call.number, account.toggle_timer)),
        )
        all_routes = (*routes, *self._admin_routes())
        return [(verb, re.compile(f"/api/v2/{pattern}"), handle) for verb, pattern, handle in all_routes]

    def _admin_routes(self) -> list[tuple[str, str, Callable[[Call], Answer]]]:
        admin = self.admin
        rules, rule = r"automations/(?P<on>[134])/rules", r"automations/(?P<on>[134])/rules/(?P<id>\d+)"
        routes: list[tuple[str, str, Callable[[Call], Answer]]] = [
            ("GET", "admin/ticket_fields", lambda call: self._administered(call, admin.fields("ticket"))),
            ("GET", rules, lambda call: self._administered(call, admin.rules(int(call.found["on"])))),
            ("POST", rules, lambda call: admin.create_rule(call.agent, int(call.found["on"]), call.body)),
            ("PUT", rule, lambda call: admin.change_rule(call.agent, int(call.found["on"]), call.number, call.body)),
            ("DELETE", rule, lambda call: admin.delete_rule(call.agent, int(call.found["on"]), call.number)),
        ]
        for path, of in (("admin/ticket_fields", "ticket"), ("company_fields", "company")):
            routes += self._field_routes(path, of)
        return routes

    def _field_routes(self, path: str, of: str) -> list[tuple[str, str, Callable[[Call], Answer]]]:
        admin, one = self.admin, rf"{path}/(?P<id>\d+)"
        return [
            ("POST", path, lambda call: admin.create_field(call.agent, of, call.body)),
            ("GET", one, lambda call: admin.field(call.agent, of, call.number)),
            ("PUT", one, lambda call: admin.change_field(call.agent, of, call.number, call.body)),
            ("DELETE", one, lambda call: admin.delete_field(call.agent, of, call.number)),
        ]

    def _administered(self, call: Call, rows: Sequence[Any]) -> Answer:
        return self._list(call, rows) if call.agent.may_administer else FORBIDDEN

    # ---- lists -------------------------------------------------------------------------------------

    def _list(self, call: Call, rows: Any, most_pages: int | None = None) -> Answer:
        try:
            page, size = int(call.query.get("page", 1)), int(call.query.get("per_page", USUAL_ROWS))
        except ValueError:
            page, size = 0, 0
        if page < 1 or not 1 <= size <= MOST_ROWS:
            name = "page" if page < 1 else "per_page"
            told = "It should be a Positive Integer" + ("" if page < 1 else f" less than or equal to {MOST_ROWS}")
            return invalid([{"field": name, "message": told, "code": "invalid_value"}])
        if most_pages is not None and page > most_pages:
            told = f"You cannot access tickets beyond the {most_pages}th page. Please provide a smaller page number."
            return invalid([{"field": "page", "message": told, "code": "invalid_value"}])
        listed: Sequence[Any] = list(rows)
        shown = listed[(page - 1) * size : page * size]
        headers = {}
        if page * size < len(listed):
            following = urlencode({**call.query, "page": page + 1})
            headers["link"] = f'<{self._base_url}{call.path}?{following}>;rel="next"'
        return Answer(data=shown, headers=headers)

    def _agents(self, call: Call) -> Answer:
        if not call.agent.may_list_agents:
            return FORBIDDEN
        return self._list(call, map(shapes.agent, self.account.records.agents.values()))

    def _contacts(self, call: Call) -> Answer:
        since = call.query.get("_updated_since")
        found = [
            contact
            for contact in self.account.records.contacts.values()
            if since is None or contact.updated_at >= datetime.fromisoformat(since)
        ]
        return self._list(call, map(shapes.contact, found))

    def _contact(self, call: Call) -> Answer:
        one = self.account.records.contacts.get(call.number)
        return Answer(data=shapes.contact(one)) if one else NOT_FOUND

    def _companies(self, call: Call) -> Answer:
        records = self.account.records
        found = sorted(records.companies.values(), key=lambda company: company.name.casefold())
        return self._list(call, (shapes.company(records, record) for record in found))

    def _company(self, call: Call) -> Answer:
        one = self.account.records.companies.get(call.number)
        return Answer(data=shapes.company(self.account.records, one)) if one else NOT_FOUND

    def _ticket_fields(self, call: Call) -> Answer:
        call.query.ignore("page", "per_page")  # all come at once, whatever is asked for
        made_at = min((one.created_at for one in self.account.records.agents.values()), default=self.account.second())
        own = enumerate(self.account.records.ticket_fields.values(), start=3)
        fields = [*shapes.system_fields(made_at), *(shapes.field(field, position) for position, field in own)]
        return Answer(data=fields)

    def _company_fields(self, call: Call) -> Answer:
        call.query.ignore("page", "per_page")
        own = enumerate(self.account.records.company_fields.values(), start=1)
        return Answer(data=[shapes.field(field, position) for position, field in own])

    # ---- tickets -----------------------------------------------------------------------------------

    def _seen(self, agent: FreshdeskPerson, one: FreshdeskTicket) -> bool:
        return agent.scope == GLOBAL_ACCESS or one.responder_id == agent.id

    def _tickets(self, call: Call) -> Answer:
        name, since = call.query.get("filter"), call.query.get("updated_since")
        found = [
            ticket
            for ticket in self.account.records.tickets.values()
            if not ticket.archived
            and ticket.id not in self.not_yet_shown
            and self._seen(call.agent, ticket)
            and (ticket.deleted, ticket.spam and not ticket.deleted) == (name == "deleted", name == "spam")
            and self._is_within(ticket, since)
        ]
        key = call.query.get("order_by", "created_at")
        found.sort(key=lambda record: (getattr(record, key), record.id))
        if call.query.get("order_type", "desc") == "desc":
            found.reverse()
        shown = (shapes.ticket(self.account.records, record, include=call.include, listed=True) for record in found)
        return self._list(call, shown, self._most_pages)

    def _is_within(self, one: FreshdeskTicket, since: str | None) -> bool:
        if since is None:
            return one.created_at >= self.account.second() - CREATED_WITHIN
        start = datetime.fromisoformat(since)
        return one.updated_at > start if self.since_is_exclusive else one.updated_at >= start

    def _ticket(self, call: Call) -> Answer:
        one = self.account.records.tickets.get(call.number)
        if one is None:
            return NOT_FOUND
        if one.archived:
            return self._moved(call)
        if not self._seen(call.agent, one):
            return FORBIDDEN
        return Answer(data=shapes.ticket(self.account.records, one, include=call.include, listed=False))

    def _moved(self, call: Call) -> Answer:
        if self.archived_status == 404:
            return NOT_FOUND
        address = self._base_url + call.path.replace("/tickets/", "/tickets/archived/")
        return Answer(self.archived_status, headers={"Location": address}, is_empty=True)

    def _archived(self, call: Call) -> Answer:
        one = self.account.records.tickets.get(call.number)
        if one is None or not one.archived:
            return NOT_FOUND
        return Answer(data=shapes.ticket(self.account.records, one, include=call.include, listed=False))

    def _conversations(self, call: Call) -> Answer:
        one = self.account.records.tickets.get(call.number)
        if one is None:
            return NOT_FOUND
        return self._moved(call) if one.archived else self._conversations_of(call)

    def _archived_conversations(self, call: Call) -> Answer:
        one = self.account.records.tickets.get(call.number)
        return self._conversations_of(call) if one is not None and one.archived else NOT_FOUND

    def _conversations_of(self, call: Call) -> Answer:
        return self._list(call, map(shapes.conversation, self.account.records.conversations[call.number]))

    # ---- time entries ------------------------------------------------------------------------------

    def _time_entries(self, call: Call) -> Answer:
        after, before = call.query.get("executed_after"), call.query.get("executed_before")
        records = self.account.records
        found = [
            time_entry
            for time_entry in records.time_entries.values()
            if (after is None or time_entry.executed_at >= datetime.fromisoformat(after))
            and (before is None or time_entry.executed_at <= datetime.fromisoformat(before))
            and self._seen(call.agent, records.tickets[time_entry.ticket_id])
        ]
        found.sort(key=lambda record: (record.created_at, record.id), reverse=True)
        return self._list(call, (shapes.time_entry(records, record) for record in found))

    def _time_entries_of(self, call: Call) -> Answer:
        records = self.account.records
        ticket = records.tickets.get(call.number)
        if ticket is None or ticket.archived:
            return NOT_FOUND if ticket is None else self._moved(call)
        if not self._seen(call.agent, ticket):
            return FORBIDDEN
        found = [time_entry for time_entry in records.time_entries.values() if time_entry.ticket_id == call.number]
        return self._list(call, (shapes.time_entry(records, record) for record in found))
