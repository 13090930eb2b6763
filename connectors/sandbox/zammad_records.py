"""What a Zammad site holds: people, groups, organizations, attributes, tickets, articles and time, as plain records.

Records say nothing of HTTP and know no rules; :mod:`connectors.sandbox.zammad_state` acts on them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

FIRST_IDS = {
    "user": 3,
    "organization": 2,
    "group": 1,
    "attribute": 50,
    "ticket": 11,
    "article": 41,
    "link": 1,
    "time": 71,
    "time_type": 1,
    "delivery": 1,
    "webhook": 1,
    "trigger": 4,
    "overview": 12,
}
"""Where ids begin to count, so that the same doings give the same site."""
FIRST_NUMBER = 53_001
"""The number of the first ticket that people file: it is not its id."""

STATE_TYPES = ("new", "open", "pending reminder", "pending action", "closed", "merged", "removed")
STATES = {1: ("new", "new"), 2: ("open", "open"), 3: ("pending reminder", "pending reminder"), 4: ("closed", "closed"),
          5: ("merged", "merged"), 6: ("removed", "removed"), 7: ("pending close", "pending action")}  # fmt: skip
"""States by id: name and type."""
NEW, OPEN, PENDING, CLOSED, MERGED = 1, 2, 3, 4, 5
ARTICLE_TYPES = {1: "email", 2: "sms", 3: "chat", 4: "fax", 5: "phone", 10: "note", 11: "web"}
COMMUNICATION = frozenset({"email", "sms", "chat", "phone", "web"})
SENDERS = {1: "Agent", 2: "Customer", 3: "System"}
AGENT, CUSTOMER = 1, 2
AGENT_ROLE, CUSTOMER_ROLE = 2, 3
NOBODY = 1
AGENT_PERMISSIONS = frozenset({"ticket.agent", "admin.object", "admin.group"})
"""What the role and the token of a new agent allow."""


@dataclass(slots=True)
class ZammadUser:
    """Somebody; ``access`` holds the rights of an agent by group, besides those of the roles.

    ``permissions`` are those that roles and token both allow.
    """

    id: int
    login: str
    firstname: str
    lastname: str
    email: str
    created_at: datetime
    updated_at: datetime
    organization_id: int | None = None
    locale: str = "nl-nl"
    access: dict[int, list[str]] = field(default_factory=dict)
    role_ids: tuple[int, ...] = ()
    permissions: set[str] = field(default_factory=set)

    def is_permitted(self, permission: str) -> bool:
        """Whether a permission, or the one that it is part of, is given."""
        return not self.permissions.isdisjoint({permission, permission.partition(".")[0]})


@dataclass(slots=True)
class ZammadRole:
    """What users have in common; ``access`` holds its rights by group."""

    id: int
    name: str
    access: dict[int, list[str]] = field(default_factory=dict)
    active: bool = True


@dataclass(slots=True)
class ZammadGroup:
    """Where tickets are."""

    id: int
    name: str
    active: bool = True


@dataclass(slots=True)
class ZammadOrganization:
    """A customer; ``attributes`` are by name."""

    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class ZammadAttribute:
    """An attribute that an administrator gave to tickets or organizations.

    ``data_option_new`` and the marks beginning with ``to_`` wait for the database to be updated; what ``to_create``
    marks has no place for values yet.
    """

    id: int
    object: str
    name: str
    display: str
    data_type: str
    data_option: dict[str, Any] = field(default_factory=dict)
    data_option_new: dict[str, Any] = field(default_factory=dict)
    screens: dict[str, Any] = field(default_factory=dict)
    position: int = 0
    active: bool = True
    editable: bool = True
    to_create: bool = False
    to_migrate: bool = False
    to_delete: bool = False
    to_config: bool = False

    @property
    def is_pending(self) -> bool:
        """Whether something waits for the database to be updated."""
        return self.to_create or self.to_migrate or self.to_delete or self.to_config


@dataclass(slots=True)
class ZammadArticle:
    """A message or a note."""

    id: int
    ticket_id: int
    body: str
    type: str
    sender: str
    created_by_id: int
    created_at: datetime
    internal: bool = False
    content_type: str = "text/plain"
    subject: str | None = None
    to: str | None = None


@dataclass(slots=True)
class ZammadTicket:
    """A ticket; ``attributes`` are the custom ones by name."""

    id: int
    number: str
    title: str
    group_id: int
    customer_id: int
    created_at: datetime
    updated_at: datetime
    state_id: int = NEW
    priority_id: int = 2
    owner_id: int = NOBODY
    organization_id: int | None = None
    updated_by_id: int = NOBODY
    article_type: str = "web"
    tags: list[str] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class ZammadTime:
    """Time accounted on a ticket, in the site's unit."""

    id: int
    ticket_id: int
    time_unit: Decimal
    created_by_id: int
    created_at: datetime
    updated_at: datetime
    type_id: int | None = None
    article_id: int | None = None


def _usual_roles() -> dict[int, ZammadRole]:
    return {number: ZammadRole(number, name) for number, name in ((AGENT_ROLE, "Agent"), (CUSTOMER_ROLE, "Customer"))}


@dataclass(slots=True)
class ZammadRecords:
    """A whole site; ``tokens`` are token → user, ``links`` are child → parent.

    ``webhooks``, ``triggers`` and ``overviews`` are by id, as the API names their attributes.
    """

    users: dict[int, ZammadUser] = field(default_factory=dict)
    roles: dict[int, ZammadRole] = field(default_factory=_usual_roles)
    groups: dict[int, ZammadGroup] = field(default_factory=dict)
    organizations: dict[int, ZammadOrganization] = field(default_factory=dict)
    attributes: dict[int, ZammadAttribute] = field(default_factory=dict)
    tickets: dict[int, ZammadTicket] = field(default_factory=dict)
    articles: dict[int, ZammadArticle] = field(default_factory=dict)
    links: list[tuple[int, int]] = field(default_factory=list)
    times: dict[int, ZammadTime] = field(default_factory=dict)
    time_types: dict[int, str] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)
    webhooks: dict[int, dict[str, Any]] = field(default_factory=dict)
    triggers: dict[int, dict[str, Any]] = field(default_factory=dict)
    overviews: dict[int, dict[str, Any]] = field(default_factory=dict)
    next_ids: dict[str, int] = field(default_factory=lambda: dict(FIRST_IDS))

    def next_id(self, kind: str) -> int:
        """A new id."""
        given = self.next_ids[kind]
        self.next_ids[kind] = given + 1
        return given

    def may(self, user: ZammadUser, group_id: int, rights: frozenset[str]) -> bool:
        """Whether somebody has one of these rights in a group, of his own or by a role that is in use."""
        roles = (self.roles[role_id] for role_id in user.role_ids)
        places = (user.access, *(role.access for role in roles if role.active))
        return any(not rights.isdisjoint(place.get(group_id, ())) for place in places)

    def columns(self, kind: str) -> list[ZammadAttribute]:
        """The attributes of a kind of object that the database has a column for."""
        return [
            attribute for attribute in self.attributes.values() if attribute.object == kind and not attribute.to_create
        ]

    def articles_of(self, ticket_id: int) -> list[ZammadArticle]:
        """The articles of a ticket, the oldest first."""
        return [article for article in self.articles.values() if article.ticket_id == ticket_id]

    def times_of(self, ticket_id: int) -> list[ZammadTime]:
        """The time accounted on a ticket."""
        return [time for time in self.times.values() if time.ticket_id == ticket_id]
