"""The doors of the sandbox's Zammad: authentication, access to groups, searches, and which call does what.

A search is by condition alone (``ticket.updated_at``, after and before), as the database answers it; one by words would
need a search index. Errors are ``{"error": …, "error_human": …}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.sandbox import zammad_shapes as shapes
from connectors.sandbox.server import Answer, Request
from connectors.sandbox.zammad_admin import ZammadAdmin
from connectors.sandbox.zammad_attributes import ZammadAttributes
from connectors.sandbox.zammad_calls import FORBIDDEN, NOT_PERMITTED, UNKNOWN, Call, absent, failed
from connectors.sandbox.zammad_records import STATES, ZammadAttribute, ZammadTicket, ZammadUser
from connectors.sandbox.zammad_state import ZammadSite

MOST_FOUND = 200
USUAL_FOUND = 50
Route = tuple[tuple[str, ...], re.Pattern[str], Callable[[Call], Answer], str | None]
"""Verbs, path, what answers, and the permission that it takes."""
READING = frozenset({"full", "read"})
CHANGING = frozenset({"full", "change"})


class ZammadApi:
    """The API of one site.

    ``before_answering`` is called with each request, so that
    people can act in between; ``not_yet_shown`` are tickets that searches leave out, as if their change were not
    committed.
    """

    def __init__(self, site: ZammadSite) -> None:
        self.site = site
        self.before_answering: Callable[[Request], None] = lambda request: None
        self.not_yet_shown: set[int] = set()
        self.admin = ZammadAdmin(site)
        self._routes = self._all_routes()

    def answer(self, request: Request) -> Answer:
        """Answer one call."""
        self.before_answering(request)
        matched = re.fullmatch(r"Token token=(.+)", request.headers.get("authorization", ""))
        records = self.site.records
        user = records.users.get(records.tokens.get(matched[1], 0)) if matched else None
        if user is None:
            return UNKNOWN
        for verbs, pattern, handle, permission in self._routes:
            found = pattern.fullmatch(request.path)
            if request.method in verbs and found:
                if permission is not None and not user.is_permitted(permission):
                    return NOT_PERMITTED
                with self.site.lock:
                    return handle(Call(user, request.query, request.json, found.groupdict()))
        return failed(404, "No route matches")

    def _all_routes(self) -> list[Route]:
        ticket, time = r"tickets/(?P<id>\d+)", r"tickets/(?P<id>\d+)/time_accountings"
        routes: tuple[tuple[str, str, Callable[[Call], Answer]], ...] = (
            ("GET", "users/me", self._me),
            ("GET", r"users/(?P<id>\d+)", self._user),
            ("GET", "organizations", self._organizations),
            ("GET", "ticket_states", self._states),
            ("GET", "tickets", self._tickets),
            ("POST", "tickets", self._create),
            ("GET POST", "tickets/search", self._search),
            ("GET", ticket, self._ticket),
            ("PUT", ticket, self._update),
            ("DELETE", ticket, self._delete),
            ("PUT", r"ticket_merge/(?P<id>\d+)/(?P<target>\d+)", self._merge),
            ("GET", r"ticket_articles/by_ticket/(?P<id>\d+)", self._articles),
            ("POST", "ticket_articles", self._add_article),
            ("GET", "tags", self._tags),
            ("POST", "tags/add", self._add_tag),
            ("DELETE", "tags/remove", self._remove_tag),
            ("GET", time, self._times),
            ("POST", time, self._account_time),
            ("PUT", rf"{time}/(?P<entry>\d+)", self._edit_time),
            ("DELETE", rf"{time}/(?P<entry>\d+)", self._delete_time),
        )
        attributes = ZammadAttributes(self.site)
        of_attributes = (
            ("GET", "object_manager_attributes", attributes.show),
            ("POST", "object_manager_attributes", attributes.create),
            ("PUT", r"object_manager_attributes/(?P<id>\d+)", attributes.change),
            ("DELETE", r"object_manager_attributes/(?P<id>\d+)", attributes.delete),
            ("POST", "object_manager_attributes_execute_migrations", attributes.migrate),
        )
        permitted = (
            ("GET", "groups", self._groups, "admin.group"),
            *((*route, "admin.object") for route in of_attributes),
            *self.admin.routes(),
        )
        return [
            (tuple(verbs.split()), re.compile(f"/api/v1/{path}"), handle, permission)
            for verbs, path, handle, permission in (*((*route, None) for route in routes), *permitted)
        ]

    # ---- who and what there is ---------------------------------------------------------------------

    def _me(self, call: Call) -> Answer:
        wanted = shapes.full_user(self.site.records, call.user) if call.wants("full") else shapes.user(call.user)
        return Answer(data=wanted)

    def _user(self, call: Call) -> Answer:
        user = self.site.records.users.get(call.number)
        return Answer(data=shapes.user(user)) if user else absent("User", call.number)

    def _groups(self, call: Call) -> Answer:
        return call.page([shapes.group(group) for group in self.site.records.groups.values()])

    def _organizations(self, call: Call) -> Answer:
        call.wants("expand")
        records = self.site.records
        return call.page(
            [shapes.organization(records, organization) for organization in records.organizations.values()]
        )

    def _states(self, call: Call) -> Answer:
        return call.page([shapes.state(number, expand=call.wants("expand")) for number in STATES])

    # ---- tickets -----------------------------------------------------------------------------------

    def _may(self, user: ZammadUser, ticket: ZammadTicket, rights: frozenset[str]) -> bool:
        return self.site.records.may(user, ticket.group_id, rights)

    def _found(self, call: Call, rights: frozenset[str] = READING) -> ZammadTicket | Answer:
        ticket = self.site.records.tickets.get(call.number)
        if ticket is None:
            return absent("Ticket", call.number)
        return ticket if self._may(call.user, ticket, rights) else FORBIDDEN

    def _tickets(self, call: Call) -> Answer:
        is_expanded, records = call.wants("expand"), self.site.records
        seen = [one for one in records.tickets.values() if self._may(call.user, one, READING)]
        return call.page([shapes.ticket(records, one, expand=is_expanded) for one in seen], 100, 100)

    def _search(self, call: Call) -> Answer:
        condition = call.given.get("condition")
        if not isinstance(condition, dict):
            return failed(422, "this sandbox searches by condition alone")
        found = [
            ticket
            for ticket in self.site.records.tickets.values()
            if self._may(call.user, ticket, READING)
            and ticket.id not in self.not_yet_shown
            and all(_holds(ticket, name, wanted) for name, wanted in condition.items())
        ]
        sort_by, order_by = call.given.get("sort_by", "updated_at"), call.given.get("order_by", "desc")
        is_expanded = call.wants("expand")
        found.sort(key=lambda one: getattr(one, sort_by), reverse=order_by == "desc")
        shown = [shapes.ticket(self.site.records, one, expand=is_expanded) for one in found]
        return call.page(shown, MOST_FOUND, USUAL_FOUND)

    def _shown(self, ticket: ZammadTicket, call: Call) -> dict[str, Any]:
        return shapes.ticket(self.site.records, ticket, expand=call.wants("expand"))

    def _ticket(self, call: Call) -> Answer:
        ticket = self._found(call)
        if isinstance(ticket, Answer):
            return ticket
        is_whole = call.wants("all")
        return Answer(data=shapes.whole(self.site.records, ticket) if is_whole else self._shown(ticket, call))

    def _create(self, call: Call) -> Answer:
        article, customer = call.given.get("article"), str(call.given.get("customer", call.given.get("customer_id")))
        people = self.site.records.users.values()
        customer_id = next((person.id for person in people if customer in (person.email, str(person.id))), None)
        if customer_id is None or not isinstance(article, dict) or not article.get("body"):
            return failed(422, 'Need at least article: { body: "some text" }')
        body, kind = str(article["body"]), article.get("type", "note")
        title = str(call.given.get("title") or "-")
        article.get("subject"), article.get("internal"), call.given.get("group")
        ticket_id = self.site.file_ticket(title, body, customer_id, article_type=kind)
        return Answer(201, self._shown(self.site.records.tickets[ticket_id], call))

    def _update(self, call: Call) -> Answer:
        ticket = self._found(call, CHANGING)
        if isinstance(ticket, Answer):
            return ticket
        properties = dict(call.given)
        states = {name: number for number, (name, _) in STATES.items()}
        if "state" in properties:
            properties["state_id"] = states.get(properties.pop("state"), 0)
        article = properties.get("article")
        if properties.get("state_id", 1) not in STATES:
            return failed(422, "The required value 'state_id' is missing.")
        if article is not None and not (isinstance(article, dict) and article.get("body")):
            return failed(422, 'Need at least article: { body: "some text" }')
        for column in self.site.records.columns("Ticket"):
            if (wrong := _wrong_value(column, properties.get(column.name))) is not None:
                return failed(422, f"{column.display} {wrong}")
        self.site.update(ticket.id, call.user.id, properties)
        return Answer(data=self._shown(ticket, call))

    def _delete(self, call: Call) -> Answer:
        ticket = self._found(call, frozenset({"full"}))
        if isinstance(ticket, Answer):
            return ticket
        self.site.delete(ticket.id)
        return Answer(is_empty=True)

    def _merge(self, call: Call) -> Answer:
        source = self.site.records.tickets.get(call.number)
        numbers = {ticket.number: ticket for ticket in self.site.records.tickets.values()}
        target = numbers.get(call.found["target"])
        if source is None or target is None:
            return Answer(data={"result": "failed", "message": "The target ticket number could not be found."})
        self.site.merge(source.id, target.id, call.user.id)
        return Answer(data={"result": "success", "target_ticket": {}, "source_ticket": {}})

    def _articles(self, call: Call) -> Answer:
        ticket = self._found(call)
        if isinstance(ticket, Answer):
            return ticket
        call.wants("expand")
        records = self.site.records
        return Answer(data=[shapes.article(records, record) for record in records.articles_of(ticket.id)])

    def _add_article(self, call: Call) -> Answer:
        ticket = self.site.records.tickets.get(int(call.given.get("ticket_id", 0)))
        if ticket is None or not self._may(call.user, ticket, CHANGING):
            return absent("Ticket", 0) if ticket is None else FORBIDDEN
        self.site.update(ticket.id, call.user.id, {"article": call.given})
        return Answer(201, shapes.article(self.site.records, self.site.records.articles_of(ticket.id)[-1]))

    # ---- tags --------------------------------------------------------------------------------------

    def _tagged(self, call: Call) -> ZammadTicket | None:
        if (call.given.get("object") or call.query.get("object")) != "Ticket":
            return None
        return self.site.records.tickets.get(int(call.given.get("o_id") or call.query.get("o_id") or 0))

    def _tags(self, call: Call) -> Answer:
        ticket = self._tagged(call)
        return Answer(data={"tags": list(ticket.tags) if ticket else []})

    def _add_tag(self, call: Call) -> Answer:
        ticket = self._tagged(call)
        if ticket is None:
            return absent("Ticket", 0)
        self.site.tag(ticket.id, str(call.given["item"]))
        return Answer(201, True)

    def _remove_tag(self, call: Call) -> Answer:
        ticket = self._tagged(call)
        if ticket is None:
            return absent("Ticket", 0)
        self.site.untag(ticket.id, str(call.given["item"]))
        return Answer(201, True)

    # ---- time --------------------------------------------------------------------------------------

    def _times(self, call: Call) -> Answer:
        ticket = self._found(call)
        if isinstance(ticket, Answer):
            return ticket
        records = self.site.records
        is_expanded = call.wants("expand")
        shown = [shapes.time(records, one, expand=is_expanded) for one in records.times_of(ticket.id)]
        return call.page(shown)

    def _account_time(self, call: Call) -> Answer:
        ticket, units = self._found(call, CHANGING), _units(call.given.get("time_unit"))
        if isinstance(ticket, Answer) or units is None:
            return ticket if isinstance(ticket, Answer) else failed(422, "Validation failed: time_unit is not a number")
        time_id = self.site.account_time(ticket.id, call.user.id, units, type_id=call.given.get("type_id"))
        return Answer(201, shapes.time(self.site.records, self.site.records.times[time_id]))

    def _edit_time(self, call: Call) -> Answer:
        time, units = self.site.records.times.get(int(call.found["entry"])), _units(call.given.get("time_unit"))
        if time is None or units is None:
            return absent("Ticket::TimeAccounting", 0)
        self.site.edit_time(time.id, units)
        return Answer(data=shapes.time(self.site.records, time))

    def _delete_time(self, call: Call) -> Answer:
        if int(call.found["entry"]) not in self.site.records.times:
            return absent("Ticket::TimeAccounting", 0)
        self.site.delete_time(int(call.found["entry"]))
        return Answer(is_empty=True)


def _holds(ticket: ZammadTicket, name: str, wanted: Any) -> bool:
    value, told = getattr(ticket, name.removeprefix("ticket.")), datetime.fromisoformat(wanted["value"])
    return bool(value >= told if wanted["operator"] == "after (absolute)" else value <= told)


def _wrong_value(one: ZammadAttribute, value: Any) -> str | None:
    """What is wrong with a value for an attribute, in the product's words."""
    option = one.data_option
    if value in (None, ""):
        return None
    if one.data_type == "integer" and not isinstance(value, int):
        return "is not a number"
    if one.data_type == "integer" and value < option.get("min", value):
        return f"is smaller than the allowed minimum value of {option['min']}"
    if one.data_type == "integer" and value > option.get("max", value):
        return f"is larger than the allowed maximum value of {option['max']}"
    if one.data_type in ("input", "textarea") and len(str(value)) > option.get("maxlength", len(str(value))):
        return f"is longer than the allowed length {option['maxlength']}"
    return None


def _units(told: Any) -> Decimal | None:
    try:
        return Decimal(str(told))
    except InvalidOperation:
        return None
