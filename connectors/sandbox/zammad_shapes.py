"""How the sandbox's Zammad shows what it holds, as JSON: plain, expanded by names, or whole.

The names are those of the API documentation. Times have milliseconds and end in ``Z``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.zammad_records import (
    ARTICLE_TYPES,
    SENDERS,
    STATE_TYPES,
    STATES,
    ZammadArticle,
    ZammadAttribute,
    ZammadGroup,
    ZammadOrganization,
    ZammadRecords,
    ZammadRole,
    ZammadTicket,
    ZammadTime,
    ZammadUser,
)

EMPTY_OF_TICKET = (
    *("note", "first_response_at", "first_response_escalation_at", "first_response_in_min"),
    *("first_response_diff_in_min", "close_at", "close_escalation_at", "close_in_min", "close_diff_in_min"),
    *("update_escalation_at", "update_in_min", "update_diff_in_min", "last_close_at", "last_contact_at"),
    *("last_contact_agent_at", "last_contact_customer_at", "last_owner_update_at", "escalation_at", "pending_time"),
    "type",
)


def instant(value: datetime) -> str:
    """A time as the API writes it."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def id_of(names: dict[int, str], name: str) -> int:
    """The id that a name has."""
    return next(number for number, told in names.items() if told == name)


def ticket(records: ZammadRecords, one: ZammadTicket, *, expand: bool = False) -> dict[str, Any]:
    """A ticket's own attributes; with the names of what it points at when ``expand``."""
    articles, times = records.articles_of(one.id), records.times_of(one.id)
    units = sum((time.time_unit for time in times), start=0)
    own = [each.name for each in records.columns("Ticket")]
    shown: dict[str, Any] = {
        "id": one.id,
        "group_id": one.group_id,
        "priority_id": one.priority_id,
        "state_id": one.state_id,
        "organization_id": one.organization_id,
        "number": one.number,
        "title": one.title,
        "owner_id": one.owner_id,
        "customer_id": one.customer_id,
        **dict.fromkeys(EMPTY_OF_TICKET),
        "create_article_type_id": id_of(ARTICLE_TYPES, one.article_type),
        "create_article_sender_id": 2,
        "article_count": len(articles),
        "time_unit": str(units) if times else None,
        "preferences": {},
        "updated_by_id": one.updated_by_id,
        "created_by_id": one.customer_id,
        "created_at": instant(one.created_at),
        "updated_at": instant(one.updated_at),
        **{name: one.attributes.get(name) for name in own},
        "article_ids": [each.id for each in reversed(articles)],
        "ticket_time_accounting_ids": [each.id for each in times],
    }
    if expand:
        organization = records.organizations.get(one.organization_id or 0)
        shown |= {
            "group": records.groups[one.group_id].name,
            "state": STATES[one.state_id][0],
            "priority": "2 normal",
            "organization": organization.name if organization else None,
            "owner": records.users[one.owner_id].login,
            "customer": records.users[one.customer_id].login,
            "create_article_type": one.article_type,
            "create_article_sender": "Customer",
            "ticket_time_accounting": [str(each.time_unit) for each in times],
        }
    return shown


def whole(records: ZammadRecords, one: ZammadTicket) -> dict[str, Any]:
    """A ticket with everything that belongs to it."""
    articles = records.articles_of(one.id)
    people = {one.customer_id, one.owner_id, *(each.created_by_id for each in articles)}
    organizations = {one.organization_id, *(records.users[each].organization_id for each in people)} - {None}
    linked = links(records, one.id)
    tickets = {one.id, *(each["link_object_value"] for each in linked)}
    return {
        "ticket_id": one.id,
        "ticket_article_ids": [each.id for each in articles],
        "assets": {
            "Ticket": {str(each): ticket(records, records.tickets[each]) for each in sorted(tickets)},
            "TicketArticle": {str(each.id): article(records, each) for each in articles},
            "User": {str(each): user(records.users[each]) for each in sorted(people)},
            "Organization": {
                str(each): organization(records, records.organizations[each]) for each in organizations if each
            },
            "Group": {str(one.group_id): group(records.groups[one.group_id])},
        },
        "links": linked,
        "tags": list(one.tags),
        "mentions": [],
        "form_meta": {},
    }


def links(records: ZammadRecords, ticket_id: int) -> list[dict[str, Any]]:
    """The links of a ticket, as they look from there."""
    found = [("child", child) for child, parent in records.links if parent == ticket_id]
    found += [("parent", parent) for child, parent in records.links if child == ticket_id]
    return [
        {"link_type": kind, "link_object": "Ticket", "link_object_value": number}
        for kind, number in found
        if number in records.tickets
    ]


def article(records: ZammadRecords, one: ZammadArticle) -> dict[str, Any]:
    """An article."""
    author = records.users[one.created_by_id]
    return {
        "id": one.id,
        "ticket_id": one.ticket_id,
        "type_id": id_of(ARTICLE_TYPES, one.type),
        "sender_id": id_of(SENDERS, one.sender),
        "from": f"{author.firstname} {author.lastname}".strip(),
        "to": one.to,
        "cc": None,
        "subject": one.subject,
        "reply_to": None,
        "message_id": None,
        "message_id_md5": None,
        "in_reply_to": None,
        "content_type": one.content_type,
        "references": None,
        "body": one.body,
        "internal": one.internal,
        "preferences": {},
        "updated_by_id": one.created_by_id,
        "created_by_id": one.created_by_id,
        "origin_by_id": None,
        "created_at": instant(one.created_at),
        "updated_at": instant(one.created_at),
        "attachments": [],
        "type": one.type,
        "sender": one.sender,
        "created_by": author.login,
        "updated_by": author.login,
    }


def user(one: ZammadUser) -> dict[str, Any]:
    """Somebody."""
    return {
        "id": one.id,
        "organization_id": one.organization_id,
        "login": one.login,
        "firstname": one.firstname,
        "lastname": one.lastname,
        "email": one.email,
        "image": None,
        "phone": "",
        "mobile": "",
        "vip": False,
        "verified": False,
        "active": True,
        "note": "",
        "preferences": {"locale": one.locale},
        "updated_by_id": 1,
        "created_by_id": 1,
        "created_at": instant(one.created_at),
        "updated_at": instant(one.updated_at),
        "role_ids": list(one.role_ids),
        "organization_ids": [],
        "group_ids": _rights(one.access),
    }


def full_user(records: ZammadRecords, one: ZammadUser) -> dict[str, Any]:
    """Somebody with what belongs to them: the groups of their own, and roles with theirs."""
    roles = [records.roles[role_id] for role_id in one.role_ids]
    group_ids = {*one.access, *(group_id for each in roles for group_id in each.access)}
    return {
        "id": one.id,
        "assets": {
            "User": {str(one.id): user(one)},
            "Role": {str(each.id): role(each) for each in roles},
            "Group": {str(group_id): group(records.groups[group_id]) for group_id in sorted(group_ids)},
        },
    }


def role(one: ZammadRole) -> dict[str, Any]:
    """A role."""
    return {
        "id": one.id,
        "name": one.name,
        "active": one.active,
        "default_at_signup": False,
        "preferences": {},
        "permission_ids": [],
        "group_ids": _rights(one.access),
    }


def _rights(access: Mapping[int, Sequence[str]]) -> dict[str, list[str]]:
    return {str(group_id): list(rights) for group_id, rights in access.items()}


def organization(records: ZammadRecords, one: ZammadOrganization) -> dict[str, Any]:
    """An organization."""
    own = [each.name for each in records.columns("Organization")]
    members = [each.id for each in records.users.values() if each.organization_id == one.id]
    return {
        "id": one.id,
        "name": one.name,
        "shared": True,
        "domain": "",
        "domain_assignment": False,
        "active": True,
        "vip": False,
        "note": "",
        "updated_by_id": 1,
        "created_by_id": 1,
        "created_at": instant(one.created_at),
        "updated_at": instant(one.updated_at),
        **{name: one.attributes.get(name) for name in own},
        "member_ids": members,
        "secondary_member_ids": [],
    }


def group(one: ZammadGroup) -> dict[str, Any]:
    """A group."""
    return {"id": one.id, "name": one.name, "active": one.active, "follow_up_possible": "yes", "note": ""}


def state(number: int, *, expand: bool) -> dict[str, Any]:
    """A state of tickets."""
    name, kind = STATES[number]
    shown = {
        "id": number,
        "state_type_id": STATE_TYPES.index(kind) + 1,
        "name": name,
        "next_state_id": None,
        "ignore_escalation": False,
        "default_create": number == 1,
        "default_follow_up": number == 2,
        "active": True,
    }
    return shown | ({"state_type": kind} if expand else {})


def attribute(one: ZammadAttribute) -> dict[str, Any]:
    """The definition of an attribute."""
    return {
        "id": one.id,
        "name": one.name,
        "display": one.display,
        "data_type": one.data_type,
        "data_option": dict(one.data_option),
        "data_option_new": dict(one.data_option_new),
        "editable": one.editable,
        "active": one.active,
        "screens": dict(one.screens),
        "to_create": one.to_create,
        "to_migrate": one.to_migrate,
        "to_delete": one.to_delete,
        "to_config": one.to_config,
        "position": one.position,
        "object": one.object,
    }


def time(records: ZammadRecords, one: ZammadTime, *, expand: bool = False) -> dict[str, Any]:
    """Time accounted on a ticket."""
    shown: dict[str, Any] = {
        "id": one.id,
        "ticket_id": one.ticket_id,
        "ticket_article_id": one.article_id,
        "time_unit": str(one.time_unit),
        "type_id": one.type_id,
        "created_by_id": one.created_by_id,
        "created_at": instant(one.created_at),
        "updated_at": instant(one.updated_at),
    }
    if expand:
        shown |= {
            "type": records.time_types.get(one.type_id or 0),
            "created_by": records.users[one.created_by_id].login,
            "ticket": records.tickets[one.ticket_id].number,
        }
    return shown
