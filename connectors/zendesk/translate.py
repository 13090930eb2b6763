"""Zendesk's JSON into records: tickets, organizations, people, and where a merged ticket went.

Pure functions over single objects; a shape that Zendesk does not document raises :class:`Malformed`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from connectors.custom_fields import FieldMap
from connectors.errors import Malformed
from connectors.records import Channel, Organization, Person, Ticket, TicketStatus
from connectors.zendesk.settings import PRODUCT
from connectors.zendesk.value_reader import READ

MERGED_TAG = "closed_by_merge"
"""Zendesk puts it on a ticket that was merged into another."""
CHANNELS = {
    "email": Channel.EMAIL,
    "web": Channel.WEB,
    "web_service": Channel.API,
    "web_widget": Channel.WEB,
    "web_form": Channel.WEB,
    "help_center": Channel.WEB,
    "helpcenter": Channel.WEB,
    "closed_ticket": Channel.WEB,
    "mobile": Channel.WEB,
    "mobile_sdk": Channel.WEB,
    "forum": Channel.WEB,
    "topic": Channel.WEB,
    "knowledge_capture": Channel.WEB,
    "voice": Channel.PHONE,
    "phone": Channel.PHONE,
    "chat": Channel.CHAT,
    "chat_transcript": Channel.CHAT,
    "messaging": Channel.CHAT,
    "native_messaging": Channel.CHAT,
    "sunshine_conversations_api": Channel.CHAT,
    "sunshine_conversations_facebook_messenger": Channel.CHAT,
    "sunshine_conversations_twitter_dm": Channel.CHAT,
    "sms": Channel.CHAT,
    "text": Channel.CHAT,
    "line": Channel.CHAT,
    "wechat": Channel.CHAT,
    "whatsapp": Channel.CHAT,
    "viber": Channel.CHAT,
    "telegram": Channel.CHAT,
    "kakaotalk": Channel.CHAT,
    "mailgun": Channel.EMAIL,
    "messagebird_sms": Channel.CHAT,
    "apple_business_chat": Channel.CHAT,
    "google_business_messages": Channel.CHAT,
    "google_rcs": Channel.CHAT,
    "instagram_dm": Channel.CHAT,
    "slack_connect": Channel.CHAT,
    "business_messaging_slack_connect": Channel.CHAT,
    "facebook": Channel.CHAT,
    "twitter": Channel.CHAT,
    "twitter_dm": Channel.CHAT,
    "twitter_favorite": Channel.CHAT,
    "twitter_like": Channel.CHAT,
    "any_channel": Channel.OTHER,
    "answer_bot_for_web_widget": Channel.WEB,
    "answer_bot_for_sdk": Channel.WEB,
    "answer_bot_for_slack": Channel.CHAT,
    "answer_bot_for_agents": Channel.WEB,
    "answer_bot_api": Channel.API,
    "api": Channel.API,
}
"""By the channel that the ticket came through ("Via types" of the Support API reference): whoever writes text messages,
by SMS or in whichever messenger, chats. One that is not named here is another."""
NUMBER = re.compile(r"#(\d+)")


def ticket_from_api(item: Mapping[str, Any], fields: FieldMap, address: str, merged_into: str | None = None) -> Ticket:
    """A ticket; ``address`` is the account's, for the ticket's own."""
    ticket_id = READ.identity(item.get("id"), "ticket.id")
    values = {
        READ.identity(field.get("id"), "ticket.custom_fields.id"): field.get("value")
        for field in READ.objects(item.get("custom_fields") or [], "ticket.custom_fields")
    }
    via = item.get("via")
    channel = via.get("channel") if isinstance(via, dict) else None
    return Ticket(
        id=ticket_id,
        number=ticket_id,
        subject=READ.text(item.get("subject"), "ticket.subject"),
        status=_status(item.get("status")),
        created_at=READ.instant(item.get("created_at"), "ticket.created_at"),
        updated_at=READ.instant(item.get("updated_at"), "ticket.updated_at"),
        channel=CHANNELS.get(str(channel), Channel.OTHER),
        description=READ.text(item.get("description"), "ticket.description"),
        organization_id=READ.identity_or_none(item.get("organization_id"), "ticket.organization_id"),
        requester_id=READ.identity_or_none(item.get("requester_id"), "ticket.requester_id"),
        assignee_id=READ.identity_or_none(item.get("assignee_id"), "ticket.assignee_id"),
        tags=tags_of(item),
        fields=fields.read(values),
        url=ticket_url(address, ticket_id),
        merged_into=merged_into,
    )


def organization_from_api(item: Mapping[str, Any], fields: FieldMap) -> Organization:
    """A customer. Its language is the configured field ``locale``: Zendesk has none of its own for organizations."""
    values = fields.read(READ.an_object(item.get("organization_fields") or {}, "organization.organization_fields"))
    locale = values.get("locale")
    return Organization(
        id=READ.identity(item.get("id"), "organization.id"),
        name=READ.text(item.get("name"), "organization.name"),
        fields=values,
        locale=locale if isinstance(locale, str) else None,
        deleted=item.get("deleted_at") is not None,
    )


def person_from_api(item: Mapping[str, Any]) -> Person:
    """A requester or an agent."""
    return Person(
        id=READ.identity(item.get("id"), "user.id"),
        name=READ.text(item.get("name"), "user.name"),
        email=READ.text(item.get("email"), "user.email") or None,
        locale=READ.text(item.get("locale"), "user.locale") or None,
        organization_id=READ.identity_or_none(item.get("organization_id"), "user.organization_id"),
    )


def was_merged(item: Mapping[str, Any]) -> bool:
    """Whether a ticket was closed because it was merged into another."""
    return item.get("status") == "closed" and MERGED_TAG in tags_of(item)


def tags_of(item: Mapping[str, Any]) -> frozenset[str]:
    """The tags of a ticket."""
    return READ.texts(item.get("tags"), "ticket.tags")


def merge_target(audits: Iterable[Mapping[str, Any]], ticket_id: str) -> str | None:
    """The ticket that took this one over, from its audits; the last word counts.

    Zendesk has no field for it. The audit of the merge tells ``via.source.rel: merge`` and sometimes the other
    ticket; or it is the one that closed the ticket and gave it the tag. Its note always names the other ticket
    ("… merged into request #35436 …", in the account's language).
    """
    target: str | None = None
    for audit in audits:
        events = READ.objects(audit.get("events") or [], "audit.events")
        merging = [via for part in (audit, *events) if (via := _merge_source(part.get("via"))) is not None]
        if not merging and not (_changes(events, "tags", MERGED_TAG) and _changes(events, "status", "closed")):
            continue
        linked = [
            str(source[end]["ticket_id"])
            for source in merging
            for end in ("to", "from")
            if _has_ticket(source.get(end))
        ]
        noted = [
            number
            for event in events
            if event.get("type") == "Comment"
            for number in NUMBER.findall(READ.text(event.get("body"), "event.body"))
        ]
        others = [number for number in (*linked, *noted) if number != ticket_id]
        target = others[0] if others else target
    return target


def ticket_url(address: str, ticket_id: str) -> str:
    """Where an agent opens a ticket."""
    return f"{address}/agent/tickets/{ticket_id}"


def _merge_source(via: Any) -> Mapping[str, Any] | None:
    source = via.get("source") if isinstance(via, dict) else None
    return source if isinstance(source, dict) and source.get("rel") == "merge" else None


def _has_ticket(end: Any) -> bool:
    return isinstance(end, dict) and isinstance(end.get("ticket_id"), int)


def _changes(events: Iterable[Mapping[str, Any]], name: str, value: str) -> bool:
    """Whether one of these events changed ``name`` so that it holds ``value``."""
    return any(
        event.get("type") == "Change" and event.get("field_name") == name and value in str(event.get("value"))
        for event in events
    )


def _status(value: Any) -> TicketStatus:
    try:
        return TicketStatus(value)
    except ValueError:
        raise Malformed(PRODUCT, "ticket.status is not one that Zendesk documents") from None
