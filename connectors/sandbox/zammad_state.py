"""A Zammad site in memory, and what people do in it.

Every method that begins with a verb is something a person (or the system) does in Zammad itself. Time comes from the
clock that is handed in, to the millisecond; ids count up from fixed numbers. Nothing here knows HTTP. Whatever touches
a ticket moves its ``updated_at``: attributes, tags, articles, links, and time that changes its total. Tags alone are no
event, and leave who changed a ticket last as it was.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.sandbox.zammad_records import (
    AGENT_PERMISSIONS,
    AGENT_ROLE,
    COMMUNICATION,
    CUSTOMER_ROLE,
    FIRST_NUMBER,
    MERGED,
    NEW,
    NOBODY,
    OPEN,
    ZammadArticle,
    ZammadAttribute,
    ZammadGroup,
    ZammadOrganization,
    ZammadRecords,
    ZammadTicket,
    ZammadTime,
    ZammadUser,
)

FULL = ["full"]


@dataclass(frozen=True, slots=True)
class ZammadEvent:
    """A change that a trigger can tell: the ticket, the article that came with it, and the attributes that changed."""

    ticket_id: int
    article_id: int | None
    at: datetime
    action: str = "update"
    changes: frozenset[str] = frozenset()


class ZammadSite:
    """The whole site; safe to use from the server's threads.

    ``listeners`` are called with every event; ``sent`` holds the e-mails that customers got: address and body.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.records = ZammadRecords()
        self.listeners: list[Callable[[ZammadEvent], None]] = []
        self.sent: list[tuple[str, str]] = []
        self.lock = threading.RLock()
        moment = self.moment()
        self.records.users[NOBODY] = ZammadUser(NOBODY, "-", "-", "", "", moment, moment)

    def moment(self) -> datetime:
        """The clock, to the millisecond and in UTC."""
        now = self.now().astimezone(UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    # ---- who and what there is ---------------------------------------------------------------------

    def add_group(self, name: str) -> int:
        """Make a group; gives the id. Nobody has access yet."""
        group_id = self.records.next_id("group")
        self.records.groups[group_id] = ZammadGroup(group_id, name)
        return group_id

    def add_agent(self, firstname: str, lastname: str = "", *, token: str | None = None) -> int:
        """Let an agent in, with access to every group that there is; gives the id."""
        user_id = self._add_user(firstname, lastname, f"{firstname.lower()}@care.example", None)
        user = self.records.users[user_id]
        user.access, user.role_ids = dict.fromkeys(self.records.groups, FULL), (AGENT_ROLE,)
        user.permissions = set(AGENT_PERMISSIONS)
        if token is not None:
            self.records.tokens[token] = user_id
        return user_id

    def add_customer(
        self, name: str, *, organization_id: int | None = None, email: str | None = None, locale: str = "nl-nl"
    ) -> int:
        """Enter a customer; gives the id. ``email`` may be empty: not everybody has an address."""
        firstname, _, lastname = name.partition(" ")
        address = f"{'.'.join(name.lower().split())}@example.org" if email is None else email
        user_id = self._add_user(firstname, lastname, address, organization_id)
        user = self.records.users[user_id]
        user.locale, user.role_ids = locale, (CUSTOMER_ROLE,)
        return user_id

    def give_access(self, user_id: int, access: Mapping[int, list[str]]) -> None:
        """Say which groups an agent has access to, and with which rights."""
        self.records.users[user_id].access = dict(access)

    def add_organization(self, name: str, **attributes: Any) -> int:
        """Enter an organization; gives the id."""
        with self.lock:
            organization_id, now = self.records.next_id("organization"), self.moment()
            self.records.organizations[organization_id] = ZammadOrganization(
                organization_id, name, now, now, attributes
            )
            return organization_id

    def edit_organization(self, organization_id: int, *, name: str | None = None, **attributes: Any) -> None:
        """Rename an organization or change its attributes. Its tickets stay as they are."""
        organization = self.records.organizations[organization_id]
        organization.name, organization.updated_at = name or organization.name, self.moment()
        organization.attributes |= attributes

    def add_attribute(
        self, kind: str, name: str, display: str, data_type: str = "input", options: Mapping[str, str] | None = None
    ) -> int:
        """Give tickets (``Ticket``) or organizations an attribute; gives the id."""
        attribute_id = self.records.next_id("attribute")
        data_option: dict[str, Any] = {"null": True, **({"options": dict(options)} if options else {})}
        self.records.attributes[attribute_id] = ZammadAttribute(
            attribute_id, kind, name, display, data_type, data_option, position=1000 + attribute_id
        )
        return attribute_id

    def add_time_type(self, name: str) -> int:
        """Make an activity type for time accounting; gives the id."""
        type_id = self.records.next_id("time_type")
        self.records.time_types[type_id] = name
        return type_id

    # ---- tickets -----------------------------------------------------------------------------------

    def file_ticket(
        self,
        title: str,
        body: str,
        customer_id: int,
        *,
        group_id: int | None = None,
        article_type: str = "web",
        content_type: str = "text/plain",
        **attributes: Any,
    ) -> int:
        """File a ticket; gives its id."""
        with self.lock:
            ticket_id, now = self.records.next_id("ticket"), self.moment()
            number = str(FIRST_NUMBER + ticket_id - 11)
            group = group_id or min(self.records.groups)
            ticket = ZammadTicket(ticket_id, number, title, group, customer_id, now, now, article_type=article_type)
            ticket.organization_id = self.records.users[customer_id].organization_id
            ticket.tags = list(attributes.pop("tags", ()))
            ticket.attributes = {**self._defaults(), **attributes}
            self.records.tickets[ticket_id] = ticket
            article = self._article(ticket_id, customer_id, body, article_type, "Customer", content_type=content_type)
            self._changed(ticket, customer_id, article, action="create")
            return ticket_id

    def update(self, ticket_id: int, user_id: int, properties: Mapping[str, Any]) -> None:
        """Change a ticket and add an article, as the API names them: all at once. What is not known is ignored."""
        with self.lock:
            ticket = self.records.tickets[ticket_id]
            before = _told_of(ticket)
            known = {column.name for column in self.records.columns("Ticket")}
            for name, value in properties.items():
                if name in ("title", "group_id", "state_id", "priority_id", "owner_id", "organization_id"):
                    setattr(ticket, name, value)
                elif name in known:
                    ticket.attributes[name] = value
            given = properties.get("article")
            article = self._add(ticket, user_id, given) if given else None
            after = _told_of(ticket)
            changes = frozenset(name for name in after if after[name] != before.get(name))
            if article is not None or changes:
                self._changed(ticket, user_id, article, changes=changes)

    def tag(self, ticket_id: int, *tags: str) -> None:
        """Add tags; it touches the ticket, but for a tag that it has."""
        ticket = self.records.tickets[ticket_id]
        for tag in tags:
            if tag.strip() not in ticket.tags:
                ticket.tags.append(tag.strip())
                self._touch(ticket)

    def untag(self, ticket_id: int, tag: str) -> None:
        """Take a tag away; it touches the ticket in any case."""
        ticket = self.records.tickets[ticket_id]
        ticket.tags = [one for one in ticket.tags if one != tag.strip()]
        self._touch(ticket)

    def customer_replies(self, ticket_id: int, body: str) -> None:
        """The customer answers by e-mail."""
        ticket = self.records.tickets[ticket_id]
        article = self._article(ticket_id, ticket.customer_id, body, "email", "Customer")
        self._changed(ticket, ticket.customer_id, article)

    def delete(self, ticket_id: int) -> None:
        """Delete a ticket for good, with its articles and time: no trace is left."""
        with self.lock:
            del self.records.tickets[ticket_id]
            for article in self.records.articles_of(ticket_id):
                del self.records.articles[article.id]
            for time in self.records.times_of(ticket_id):
                del self.records.times[time.id]

    def merge(self, ticket_id: int, target_id: int, user_id: int) -> None:
        """Merge a ticket into another, which takes over its articles and becomes its parent. Time stays."""
        with self.lock:
            source, target = self.records.tickets[ticket_id], self.records.tickets[target_id]
            for article in self.records.articles_of(ticket_id):
                article.ticket_id = target_id
            self._article(ticket_id, user_id, "merged", "note", "Agent")
            moved = [tuple(target_id if item == ticket_id else item for item in link) for link in self.records.links]
            self.records.links = [(child, parent) for child, parent in moved if child != parent]
            self.records.links.append((ticket_id, target_id))
            source.state_id, source.owner_id = MERGED, NOBODY
            self._changed(source, user_id, changes=frozenset({"state_id", "owner_id"}))
            self._changed(target, target.updated_by_id, action="update.received_merge")

    # ---- time --------------------------------------------------------------------------------------

    def account_time(
        self, ticket_id: int, user_id: int, units: Decimal, *, type_id: int | None = None, at: datetime | None = None
    ) -> int:
        """Account time on a ticket; gives the id. ``at`` is for time that is brought in from the past."""
        with self.lock:
            time_id, moment = self.records.next_id("time"), (at or self.moment()).astimezone(UTC)
            time = ZammadTime(time_id, ticket_id, units, user_id, moment, moment, type_id)
            self.records.times[time_id] = time
            self._changed(self.records.tickets[ticket_id], user_id, changes=frozenset({"time_unit"}))
            return time_id

    def edit_time(self, time_id: int, units: Decimal) -> None:
        """An administrator puts time right."""
        with self.lock:
            time = self.records.times[time_id]
            if units != time.time_unit:
                time.time_unit, time.updated_at = units, self.moment()
                ticket = self.records.tickets[time.ticket_id]
                self._changed(ticket, ticket.updated_by_id, changes=frozenset({"time_unit"}))

    def delete_time(self, time_id: int) -> None:
        """An administrator deletes time; older releases do not even touch the ticket."""
        del self.records.times[time_id]

    # ---- underneath --------------------------------------------------------------------------------

    def _add_user(self, firstname: str, lastname: str, email: str, organization_id: int | None) -> int:
        with self.lock:
            user_id, now = self.records.next_id("user"), self.moment()
            login = email or f"auto-{user_id}"
            user = ZammadUser(user_id, login, firstname, lastname, email, now, now, organization_id)
            self.records.users[user_id] = user
            return user_id

    def _add(self, ticket: ZammadTicket, user_id: int, given: Mapping[str, Any]) -> ZammadArticle:
        kind, sender = given.get("type", "note"), given.get("sender", "Agent")
        article = self._article(ticket.id, user_id, given["body"], kind, sender)
        article.internal = bool(given.get("internal", False))
        article.content_type = given.get("content_type", "text/plain")
        article.subject, article.to = given.get("subject"), given.get("to")
        if kind == "email" and sender == "Agent" and article.to:
            self.sent.append((article.to, article.body))
        if ticket.state_id == NEW and sender == "Agent" and kind in COMMUNICATION and not article.internal:
            ticket.state_id = OPEN
        return article

    def _article(
        self, ticket_id: int, user_id: int, body: str, kind: str, sender: str, *, content_type: str = "text/plain"
    ) -> ZammadArticle:
        article_id = self.records.next_id("article")
        article = ZammadArticle(
            article_id, ticket_id, body, kind, sender, user_id, self.moment(), content_type=content_type
        )
        self.records.articles[article_id] = article
        return article

    def _defaults(self) -> dict[str, Any]:
        """What attributes of a new ticket hold that nobody filled in: their default, or a day so many days from now."""
        found: dict[str, Any] = {}
        for column in self.records.columns("Ticket"):
            days = column.data_option.get("diff") if column.data_type == "date" else None
            found[column.name] = column.data_option.get("default")
            if days is not None:
                found[column.name] = (self.moment() + timedelta(days=days)).date().isoformat()
        return {name: value for name, value in found.items() if value is not None}

    def _touch(self, ticket: ZammadTicket) -> None:
        ticket.updated_at = self.moment()

    def _changed(
        self,
        ticket: ZammadTicket,
        user_id: int,
        article: ZammadArticle | None = None,
        *,
        changes: frozenset[str] = frozenset(),
        action: str = "update",
    ) -> None:
        if ticket.updated_by_id != user_id:
            ticket.updated_by_id, changes = user_id, changes | {"updated_by_id"}
        self._touch(ticket)
        event = ZammadEvent(ticket.id, article.id if article else None, self.moment(), action, changes)
        for listener in self.listeners:
            listener(event)


def _told_of(ticket: ZammadTicket) -> dict[str, Any]:
    own = ("title", "group_id", "state_id", "priority_id", "owner_id", "organization_id")
    return {**{name: getattr(ticket, name) for name in own}, **ticket.attributes}
