"""Request Tracker's JSON into records: tickets and people.

Terms
    merged        a ticket whose ``EffectiveId`` is another one's; it takes no changes any more
    creation      the transaction by which a ticket was made; it holds what the customer wrote, and by which way it came

Pure functions over single objects; a shape that was never seen raises :class:`Malformed`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.html_text import text_of
from connectors.records import Channel, Person, Ticket, TicketStatus
from connectors.request_tracker.customers import Customers, requestors
from connectors.request_tracker.field_values import field_value
from connectors.request_tracker.settings import RequestTrackerSettings
from connectors.request_tracker.value_reader import READ
from connectors.value_reader import Object

NOBODY = "Nobody"
"""The user who owns what nobody owns."""
STATUSES = {
    "new": TicketStatus.NEW,
    "open": TicketStatus.OPEN,
    "stalled": TicketStatus.PENDING,
    "resolved": TicketStatus.SOLVED,
    "rejected": TicketStatus.SOLVED,
    "deleted": TicketStatus.DELETED,
}
"""The words of the default life cycle. Resolved and rejected tickets still take every change."""
INTERFACES = {"Email": Channel.EMAIL, "Web": Channel.WEB, "Mobile": Channel.WEB, "REST": Channel.API}
_INTERFACE = re.compile(r"^X-RT-Interface: *([A-Za-z]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Creation:
    """How a ticket came in, and what was written."""

    channel: Channel = Channel.OTHER
    description: str = ""


def ticket_from_api(item: Object, settings: RequestTrackerSettings, customers: Customers, creation: Creation) -> Ticket:
    """A ticket as a list tells it, with its requestors' particulars."""
    ticket_id = READ.identity(item.get("id"), "ticket.id")
    survivor = READ.identity(item.get("EffectiveId"), "ticket.EffectiveId")
    values = READ.field_values(item)
    asking = requestors(item)
    return Ticket(
        id=ticket_id,
        number=ticket_id,
        subject=READ.text(item.get("Subject"), "ticket.Subject"),
        status=_status(item, settings) if survivor == ticket_id else TicketStatus.CLOSED,
        created_at=READ.instant(item.get("Created"), "ticket.Created"),
        updated_at=READ.instant(item.get("LastUpdated"), "ticket.LastUpdated"),
        channel=creation.channel,
        description=creation.description,
        organization_id=customers.of_ticket(item, settings.customers),
        requester_id=READ.identity(asking[0].get("id"), "user.id") if asking else None,
        assignee_id=_assignee(item),
        tags=frozenset(values.get(settings.tags_field, ())),
        fields={name: field_value(values.get(field, ())) for name, field in settings.fields.items()},
        url=ticket_url(settings.address, ticket_id),
        merged_into=survivor if survivor != ticket_id else None,
    )


def person_from_api(item: Object, customers: Customers) -> Person:
    """Somebody who asked."""
    name = READ.text(item.get("Name"), "user.Name")
    return Person(
        id=READ.identity(item.get("id"), "user.id"),
        name=READ.text(item.get("RealName"), "user.RealName") or name,
        email=READ.text(item.get("EmailAddress"), "user.EmailAddress") or None,
        locale=READ.text(item.get("Lang"), "user.Lang") or None,
        organization_id=customers.named(READ.text(item.get("Organization"), "user.Organization")),
    )


def creation_from_api(parts: Sequence[Object]) -> Creation:
    """What a ticket's first transaction holds: its headers tell the way, its first text is what was written."""
    interface = next((match[1] for part in parts if (match := _INTERFACE.search(_headers(part)))), "")
    plain = next((_content(part) for part in parts if _is(part, "text/plain")), None)
    html = next((text_of(_content(part)) for part in parts if _is(part, "text/html")), "")
    channel = INTERFACES.get("REST" if interface.startswith("REST") else interface, Channel.OTHER)
    return Creation(channel, html if plain is None else plain)


def with_people(item: Object, users: Mapping[str, Object]) -> Object:
    """A ticket that was read by its number, with the particulars of its people that only lists tell.

    ``users`` are people by their names, which is all that such a ticket tells of them.
    """
    owner = READ.an_object(item.get("Owner"), "ticket.Owner")
    return {
        **item,
        "Owner": users.get(str(owner.get("id")), owner),
        "Requestor": [
            {**person, **users[str(person["id"])]} for person in requestors(item) if str(person.get("id")) in users
        ],
    }


def people_names(item: Object) -> set[str]:
    """The names of a ticket's owner and requestors, as a ticket tells them that was read by its number."""
    owner = READ.an_object(item.get("Owner"), "ticket.Owner")
    return {str(person.get("id")) for person in (owner, *requestors(item))}


def ticket_url(address: str, ticket_id: str) -> str:
    """Where an agent opens a ticket."""
    return f"{address}/Ticket/Display.html?id={ticket_id}"


def is_deleted(item: Object) -> bool:
    """Whether a ticket is deleted. Request Tracker would let it be changed, and nobody would see it."""
    return item.get("Status") == "deleted"


def _status(item: Object, settings: RequestTrackerSettings) -> TicketStatus:
    word = READ.text(item.get("Status"), "ticket.Status")
    return settings.statuses.get(word) or STATUSES.get(word, TicketStatus.OPEN)


def _assignee(item: Object) -> str | None:
    owner = READ.an_object(item.get("Owner"), "ticket.Owner")
    if NOBODY in (owner.get("Name"), owner.get("id")):
        return None
    number = str(owner.get("id"))
    return number if number.isdecimal() else None


def _is(part: Object, kind: str) -> bool:
    return part.get("ContentType") == kind and not part.get("Filename")


def _headers(part: Object) -> str:
    return READ.text(part.get("Headers"), "attachment.Headers")


def _content(part: Object) -> str:
    return READ.text(part.get("Content"), "attachment.Content")
