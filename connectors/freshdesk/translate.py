"""Freshdesk's JSON into records: tickets, companies, people, fields, and where a merged ticket went.

Pure functions over single objects; a shape that Freshdesk does not document raises :class:`Malformed`.

Status. *Closed* is no end in Freshdesk: agents and the API change closed tickets, and a customer's answer opens them
again. So a closed ticket is ``solved`` here, and open for our notes. ``closed`` is a ticket that is archived, and one
that was merged into another. Spam is ``deleted`` until somebody says that it is none.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from connectors.custom_fields import FieldDefinition, FieldKind, FieldMap
from connectors.freshdesk.client import READ
from connectors.records import Channel, Organization, Person, Ticket, TicketStatus
from connectors.value_reader import Object

CLOSED = 5
STATUSES = {
    2: TicketStatus.OPEN,
    3: TicketStatus.PENDING,
    4: TicketStatus.SOLVED,
    CLOSED: TicketStatus.SOLVED,
    6: TicketStatus.PENDING,
    7: TicketStatus.HOLD,
}
"""Freshdesk's own: Open, Pending, Resolved, Closed, Waiting on Customer, Waiting on Third Party. Any that an
administrator made is a living ticket's."""
CHANNELS = {
    1: Channel.EMAIL,
    2: Channel.WEB,
    3: Channel.PHONE,
    7: Channel.CHAT,
    9: Channel.WEB,
    10: Channel.EMAIL,
    13: Channel.CHAT,
}
"""E-mail, portal, phone, chat, feedback widget, outbound e-mail, WhatsApp; what the API files is of the portal."""
KINDS = {
    "custom_checkbox": FieldKind.YES_OR_NO,
    "custom_number": FieldKind.WHOLE_NUMBER,
    "custom_decimal": FieldKind.DECIMAL,
    "custom_date": FieldKind.DATE,
    "custom_multi_select_dropdown": FieldKind.SEVERAL,
}


def ticket_from_api(
    item: Object, fields: FieldMap, address: str, *, is_archived: bool = False, merged_into: str | None = None
) -> Ticket:
    """A ticket; ``address`` is the account's, for the ticket's own."""
    ticket_id = READ.identity(item.get("id"), "ticket.id")
    return Ticket(
        id=ticket_id,
        number=ticket_id,
        subject=READ.text(item.get("subject"), "ticket.subject"),
        status=_status(item, is_archived=is_archived, is_merged=merged_into is not None),
        created_at=READ.instant(item.get("created_at"), "ticket.created_at"),
        updated_at=READ.instant(item.get("updated_at"), "ticket.updated_at"),
        channel=CHANNELS.get(READ.whole_number(item.get("source"), "ticket.source"), Channel.OTHER),
        description=READ.text(item.get("description_text"), "ticket.description_text"),
        organization_id=READ.identity_or_none(item.get("company_id"), "ticket.company_id"),
        requester_id=READ.identity_or_none(item.get("requester_id"), "ticket.requester_id"),
        assignee_id=READ.identity_or_none(item.get("responder_id"), "ticket.responder_id"),
        tags=READ.texts(item.get("tags"), "ticket.tags"),
        fields=fields.read(READ.an_object(item.get("custom_fields") or {}, "ticket.custom_fields")),
        url=ticket_url(address, ticket_id),
        merged_into=merged_into,
    )


def is_gone(item: Object) -> bool:
    """Whether a ticket is in the trash, or spam."""
    return item.get("deleted") is True or item.get("spam") is True


def may_be_merged(item: Object) -> bool:
    """Whether a ticket can have been merged: one that was is closed."""
    return item.get("status") == CLOSED and not is_gone(item)


def merge_target(conversations: Iterable[Object], ticket_id: str, merge_notes: Sequence[str]) -> str | None:
    """The ticket that took this one over, from the private note that Freshdesk leaves behind; the last one counts.

    What a customer writes is never such a note.
    """
    target: str | None = None
    patterns = [
        re.compile(re.escape(note).replace(r"\{number\}", r"#?(\d{1,19})"), re.IGNORECASE) for note in merge_notes
    ]
    for conversation in conversations:
        if conversation.get("private") is not True or conversation.get("incoming") is not False:
            continue
        note = READ.text(conversation.get("body_text"), "conversation.body_text")
        for pattern in patterns:
            for number in pattern.findall(note):
                target = number if number != ticket_id else target
    return target


def organization_from_api(item: Object, fields: FieldMap) -> Organization:
    """A customer. Its language is the configured field ``locale``: Freshdesk has none of its own for companies."""
    values = fields.read(READ.an_object(item.get("custom_fields") or {}, "company.custom_fields"))
    locale = values.get("locale")
    return Organization(
        id=READ.identity(item.get("id"), "company.id"),
        name=READ.text(item.get("name"), "company.name"),
        fields=values,
        locale=locale if isinstance(locale, str) else None,
    )


def person_from_api(item: Object) -> Person:
    """A customer's contact, or an agent, whose own part stands in ``contact``."""
    contact = READ.an_object(item.get("contact") or item, "contact")
    return Person(
        id=READ.identity(item.get("id"), "contact.id"),
        name=READ.text(contact.get("name"), "contact.name"),
        email=READ.text(contact.get("email"), "contact.email") or None,
        locale=READ.text(contact.get("language"), "contact.language") or None,
        organization_id=READ.identity_or_none(item.get("company_id"), "contact.company_id"),
    )


def field_from_api(item: Object) -> FieldDefinition:
    """A definition out of ``/ticket_fields`` or ``/company_fields``."""
    kind = READ.text(item.get("type"), "field.type")
    name, label = READ.text(item.get("name"), "field.name"), READ.text(item.get("label"), "field.label")
    return FieldDefinition(name, label, KINDS.get(kind, FieldKind.TEXT))


def ticket_url(address: str, ticket_id: str) -> str:
    """Where an agent opens a ticket."""
    return f"{address}/a/tickets/{ticket_id}"


def html_of(text: str, reference: str) -> str:
    """Plain text as a body, with our mark at its end, where it is found again."""
    return f"<div>{_lines(text)}</div><div>{html.escape(reference)}</div>"


def _lines(text: str) -> str:
    return "<br>".join(html.escape(line, quote=False) for line in text.split("\n"))


def has_mark(conversation: Object, reference: str) -> bool:
    """Whether a note or reply of ours holds this mark; what comes from a customer, quoting it, does not count."""
    if conversation.get("incoming") is not False:
        return False
    body = READ.text(conversation.get("body_text"), "conversation.body_text")
    return re.search(rf"(?<![\w-]){re.escape(reference)}(?![\w-])", body) is not None


def _status(item: Object, *, is_archived: bool, is_merged: bool) -> TicketStatus:
    if is_gone(item):
        return TicketStatus.DELETED
    status = READ.whole_number(item.get("status"), "ticket.status")
    return TicketStatus.CLOSED if is_archived or is_merged else STATUSES.get(status, TicketStatus.OPEN)
