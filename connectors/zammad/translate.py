"""Zammad's JSON into records: tickets, organizations, people and fields.

Pure functions; a shape that Zammad does not have raises :class:`Malformed`.

Status. What counts is the *type* of a state, for administrators name states as they like. *Closed* is no end: an agent
may always change a closed ticket, so it is ``solved`` here. ``closed`` is a ticket that was merged into another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from connectors.custom_fields import FieldDefinition, FieldKind, FieldMap
from connectors.html_text import text_of
from connectors.records import Channel, Organization, Person, Ticket, TicketStatus
from connectors.unreadable import id_of_row
from connectors.value_reader import Object
from connectors.zammad.client import READ

MERGED = "merged"
STATUSES = {
    "new": TicketStatus.NEW,
    "open": TicketStatus.OPEN,
    "pending reminder": TicketStatus.PENDING,
    "pending action": TicketStatus.PENDING,
    "closed": TicketStatus.SOLVED,
    MERGED: TicketStatus.CLOSED,
    "removed": TicketStatus.DELETED,
}
"""By the type of the state; what administrators add has one of these too."""
CHANNELS = {
    1: Channel.EMAIL,
    2: Channel.CHAT,
    3: Channel.CHAT,
    5: Channel.PHONE,
    11: Channel.WEB,
    12: Channel.CHAT,
}
"""By the type of the first article: e-mail, SMS, chat, phone, web, Telegram; the numbers are those of every site."""
CUSTOMER = 2
"""Who sent an article; the number is that of every site."""
KINDS = {
    "boolean": FieldKind.YES_OR_NO,
    "integer": FieldKind.WHOLE_NUMBER,
    "date": FieldKind.DATE,
    "multiselect": FieldKind.SEVERAL,
    "multi_tree_select": FieldKind.SEVERAL,
}
NOBODY = 1
"""The user who owns what nobody owns."""


def ticket_from_whole(whole: Object, fields: FieldMap, state_types: Mapping[str, str], address: str) -> Ticket:
    """A ticket out of everything that belongs to it; ``state_types`` are by the state's id."""
    ticket_id = READ.identity(whole.get("ticket_id"), "ticket_id")
    item = asset(whole, "Ticket", ticket_id)
    state = state_types.get(state_of(whole), "open")
    owner_id = READ.identity_or_none(item.get("owner_id"), "ticket.owner_id")
    return Ticket(
        id=ticket_id,
        number=READ.text(item.get("number"), "ticket.number"),
        subject=READ.text(item.get("title"), "ticket.title"),
        status=STATUSES.get(state, TicketStatus.OPEN),
        created_at=READ.instant(item.get("created_at"), "ticket.created_at"),
        updated_at=READ.instant(item.get("updated_at"), "ticket.updated_at"),
        channel=CHANNELS.get(item.get("create_article_type_id") or 0, Channel.OTHER),
        description=_description(whole),
        organization_id=READ.identity_or_none(item.get("organization_id"), "ticket.organization_id"),
        requester_id=READ.identity_or_none(item.get("customer_id"), "ticket.customer_id"),
        assignee_id=owner_id if owner_id != str(NOBODY) else None,
        tags=READ.texts(whole.get("tags"), "tags"),
        fields=fields.read(item),
        url=ticket_url(address, ticket_id),
        merged_into=_merged_into(whole, ticket_id) if state == MERGED else None,
    )


def asset(whole: Object, kind: str, asset_id: str) -> Object:
    """One of the things that came with a ticket. Raises :class:`Malformed` when it did not."""
    assets = READ.an_object(whole.get("assets"), "assets")
    return READ.an_object(READ.an_object(assets.get(kind), f"assets.{kind}").get(asset_id), f"assets.{kind}.{asset_id}")


def state_of(whole: Object) -> str:
    """The id of a ticket's state."""
    item = asset(whole, "Ticket", READ.identity(whole.get("ticket_id"), "ticket_id"))
    return READ.identity(item.get("state_id"), "ticket.state_id")


def people_of(whole: Object) -> tuple[Person, ...]:
    """The requester of a ticket."""
    return tuple(person_from_api(item) for item in assets_of([whole], "customer_id", "User"))


def assets_of(wholes: Sequence[Object], pointer: str, kind: str) -> list[Object]:
    """The things of a kind at which tickets point, each once; what did not come along is nothing."""
    assets: dict[str, Object] = {}
    for whole in wholes:
        item = asset(whole, "Ticket", READ.identity(whole.get("ticket_id"), "ticket_id"))
        identity = id_of_row({"id": item.get(pointer)})
        if identity is not None:
            assets[identity] = asset(whole, kind, identity)
    return list(assets.values())


def organization_from_api(item: Object, fields: FieldMap) -> Organization:
    """A customer. Its language is the configured field ``locale``: Zammad has none of its own for organizations."""
    values = fields.read(item)
    locale = values.get("locale")
    return Organization(
        id=READ.identity(item.get("id"), "organization.id"),
        name=READ.text(item.get("name"), "organization.name"),
        fields=values,
        locale=locale if isinstance(locale, str) else None,
    )


def person_from_api(item: Object) -> Person:
    """A customer or an agent."""
    preferences = item.get("preferences")
    locale = preferences.get("locale") if isinstance(preferences, dict) else None
    return Person(
        id=READ.identity(item.get("id"), "user.id"),
        name=full_name(item),
        email=READ.text(item.get("email"), "user.email") or None,
        locale=_region_in_capitals(locale) if isinstance(locale, str) and locale else None,
        organization_id=READ.identity_or_none(item.get("organization_id"), "user.organization_id"),
    )


def full_name(user: Object) -> str:
    """How somebody is called: by their names, or otherwise by their login."""
    names = (READ.text(user.get(name), f"user.{name}") for name in ("firstname", "lastname"))
    return " ".join(filter(None, names)) or READ.text(user.get("login"), "user.login")


def field_from_api(item: Object) -> FieldDefinition | None:
    """A definition out of ``/object_manager_attributes``; ``None`` for one that is not in use."""
    if item.get("active") is False or item.get("to_delete") is True or item.get("to_create") is True:
        return None
    data_type = READ.text(item.get("data_type"), "attribute.data_type")
    data_option = READ.an_object(item.get("data_option") or {}, "attribute.data_option")
    return FieldDefinition(
        READ.text(item.get("name"), "attribute.name"),
        READ.text(item.get("display"), "attribute.display"),
        KINDS.get(data_type, FieldKind.TEXT),
        frozenset(options_of(data_option)) if data_type in ("select", "multiselect") else frozenset(),
    )


def options_of(data_option: Object) -> tuple[str, ...]:
    """The keys of a selection's options: an object, or a list where an administrator gave them an order."""
    options = data_option.get("options") or {}
    if isinstance(options, dict):
        return tuple(str(key) for key in options)
    return tuple(READ.text(option.get("value"), "option.value") for option in READ.objects(options, "options"))


def ticket_url(address: str, ticket_id: str) -> str:
    """Where an agent opens a ticket."""
    return f"{address}/#ticket/zoom/{ticket_id}"


def has_mark(article: Object, reference: str) -> bool:
    """Whether an article of ours holds this mark; what comes from a customer, quoting it, does not count."""
    if READ.whole_number(article.get("sender_id"), "article.sender_id") == CUSTOMER:
        return False
    body = READ.text(article.get("body"), "article.body")
    return re.search(rf"(?<![\w-]){re.escape(reference)}(?![\w-])", body) is not None


def _description(whole: Object) -> str:
    """What the first article says; a merged ticket's are the other ticket's."""
    article_ids = [READ.whole_number(number, "article id") for number in whole.get("ticket_article_ids") or []]
    if not article_ids:
        return ""
    first = asset(whole, "TicketArticle", str(min(article_ids)))
    body = READ.text(first.get("body"), "article.body")
    return text_of(body) if "html" in READ.text(first.get("content_type"), "article.content_type") else body.strip()


def _merged_into(whole: Object, ticket_id: str) -> str | None:
    """The ticket that took this one over: Zammad makes it the parent."""
    for link in READ.objects(whole.get("links") or [], "links"):
        target = READ.identity(link.get("link_object_value"), "link.link_object_value")
        if link.get("link_type") == "parent" and link.get("link_object") == "Ticket" and target != ticket_id:
            return target
    return None


def _region_in_capitals(locale: str) -> str:
    language, _, region = locale.partition("-")
    return f"{language}-{region.upper()}" if region else language
