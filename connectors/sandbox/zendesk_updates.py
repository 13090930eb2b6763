"""What an update does to a ticket in Zendesk: validation, business rules, and the events of its audit.

An update is a ticket object as the API takes it (``subject``, ``status``, ``tags``, ``additional_tags``,
``custom_fields``, ``comment`` …). People's doings and API calls come through here alike.

Rules kept ("About native system ticket rules", "Setting custom field values", "Tags"): a closed ticket takes nothing;
a new ticket becomes open when it gets an assignee; a solved one needs an assignee; a requester's comment opens a
waiting ticket again; a drop-down's value is a tag on the ticket as well; unknown fields are ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from connectors.sandbox.zendesk_records import ZendeskAudit, ZendeskField, ZendeskRecords, ZendeskTicket

STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
WAITING = ("pending", "hold", "solved")
PLAIN = ("subject", "type", "priority", "external_id", "requester_id", "assignee_id", "organization_id")
MOST_COMMENT_BYTES = 65_536


class Refused(Exception):
    """A validation error: ``details`` are by field, as the product's 422 tells them."""

    def __init__(self, details: Mapping[str, list[dict[str, Any]]]) -> None:
        super().__init__("; ".join(error["description"] for errors in details.values() for error in errors))
        self.details = details


class Changes:
    """Collects the events of one audit while its ticket changes."""

    def __init__(self, records: ZendeskRecords, ticket: ZendeskTicket, audit: ZendeskAudit, kind: str) -> None:
        self._records = records
        self._ticket = ticket
        self._audit = audit
        self._kind = kind

    def set(self, name: str, value: Any, via: Mapping[str, Any] | None = None) -> None:
        """Set a property, and tell it when it changes."""
        before = getattr(self._ticket, name)
        if before != value:
            setattr(self._ticket, name, value)
            self.told(name, value, before, via)

    def told(self, field_name: str, value: Any, before: Any, via: Mapping[str, Any] | None = None) -> None:
        """Enter a change into the audit."""
        event: dict[str, Any] = {
            "id": self._records.next_id("audit"),
            "type": self._kind,
            "value": _as_told(value),
            "field_name": field_name,
        }
        if self._kind == "Change":
            event["previous_value"] = _as_told(before)
        if via is not None:
            event["via"] = dict(via)
        self._audit.events.append(event)

    def commented(self, author_id: int, body: str, *, public: bool) -> None:
        """Enter a comment into the audit."""
        event = {
            "id": self._records.next_id("audit"),
            "type": "Comment",
            "author_id": author_id,
            "body": body,
            "html_body": f'<div class="zd-comment" dir="auto">{_html(body)}</div>',
            "plain_body": body,
            "public": public,
            "attachments": [],
            "audit_id": self._audit.id,
        }
        self._audit.events.append(event)


def validate(records: ZendeskRecords, ticket: ZendeskTicket, update: Mapping[str, Any]) -> None:
    """Raise :class:`Refused` for an update that the product would not take; nothing has changed then."""
    if ticket.status == "closed":
        raise Refused({"status": [{"description": "Status: closed prevents ticket update"}]})
    status = update.get("status")
    if status is not None and status not in STATUSES:
        raise Refused({"status": [{"description": f"Status: {status} is not valid", "error": "InvalidValue"}]})
    organization_id = update.get("organization_id")
    if organization_id is not None and organization_id not in records.organizations:
        told = "Organization is invalid"
        raise Refused({"organization": [{"description": told, "error": "InvalidValue"}]})
    comment = update.get("comment")
    if isinstance(comment, dict) and len(_body_of(comment).encode()) > MOST_COMMENT_BYTES:
        told = f"Comment: is too long (maximum is {MOST_COMMENT_BYTES} bytes)"
        raise Refused({"comment": [{"description": told, "error": "TooLong"}]})
    for given in update.get("custom_fields") or ():
        definition = records.ticket_fields.get(given["id"])
        if definition is not None and definition.active:
            read_value(definition, given.get("value"))


def change(
    records: ZendeskRecords, ticket: ZendeskTicket, author_id: int, update: Mapping[str, Any], changes: Changes
) -> None:
    """Let a validated update take effect."""
    for name in PLAIN:
        if name in update:
            changes.set(name, update[name])
    tags = set(ticket.tags)
    if "tags" in update:
        tags = normal_tags(update["tags"])
    tags |= normal_tags(update.get("additional_tags") or ())
    tags -= normal_tags(update.get("remove_tags") or ())
    for given in update.get("custom_fields") or ():
        definition = records.ticket_fields.get(given["id"])
        if definition is not None and definition.active:
            tags = _set_field(ticket, definition, given.get("value"), tags, changes)
    changes.set("tags", sorted(tags))
    comment = update.get("comment")
    if isinstance(comment, dict):
        changes.commented(author_id, _body_of(comment), public=bool(comment.get("public", True)))
    _set_status(records, ticket, author_id, update, changes)
    for trigger in records.triggers:
        if trigger.when_tags <= set(ticket.tags):
            via = {"channel": "rule", "source": {"to": {}, "from": {"title": trigger.title}, "rel": "trigger"}}
            changes.set("tags", sorted({*ticket.tags, *trigger.add_tags}), via)


def normal_tags(tags: Any) -> set[str]:
    """Tags as the product keeps them: small letters, one word each; text is split at spaces."""
    words = tags.split() if isinstance(tags, str) else [str(tag) for tag in tags]
    return {"_".join(word.lower().split()) for word in words if word.strip()}


def read_value(definition: ZendeskField, value: Any) -> Any:
    """A field's value as it is kept. Raises :class:`Refused` where it does not fit the type."""
    if value in (None, "", []):
        return False if definition.type == "checkbox" else None
    reading = _READERS.get(definition.type)
    try:
        kept = reading(value) if reading is not None else str(value)
        chosen = kept if isinstance(kept, list) else [kept]
        if definition.options and not set(chosen) <= set(definition.options):
            raise ValueError
    except (ValueError, TypeError):
        told = f"{definition.title}: {value} is not valid"
        error = {"description": told, "error": "InvalidFormat", "ticket_field_id": definition.id}
        raise Refused({"base": [error]}) from None
    return kept


def _set_field(
    ticket: ZendeskTicket, definition: ZendeskField, value: Any, tags: set[str], changes: Changes
) -> set[str]:
    empty = False if definition.type == "checkbox" else None
    before, kept = ticket.custom_fields.get(definition.id, empty), read_value(definition, value)
    if before != kept:
        ticket.custom_fields[definition.id] = kept
        changes.told(str(definition.id), kept, before)
    return (tags - _tags_of(definition, before)) | _tags_of(definition, kept)


def _tags_of(definition: ZendeskField, value: Any) -> set[str]:
    """The tags that a value puts on the ticket."""
    if definition.type == "checkbox":
        return {definition.tag} if value and definition.tag else set()
    if definition.type not in ("tagger", "multiselect") or value is None:
        return set()
    return set(value) if isinstance(value, list) else {value}


def _set_status(
    records: ZendeskRecords, ticket: ZendeskTicket, author_id: int, update: Mapping[str, Any], changes: Changes
) -> None:
    author = records.users.get(author_id)
    is_agent = author is not None and author.role != "end-user"
    status = update.get("status") or ticket.status
    if status in ("solved", "closed") and ticket.assignee_id is None and is_agent:
        changes.set("assignee_id", author_id)
    if status == "new" and ticket.assignee_id is not None:
        status = "open"
    if "comment" in update and author_id == ticket.requester_id and status in WAITING and "status" not in update:
        status = "open"
    changes.set("status", status)


def _body_of(comment: Mapping[str, Any]) -> str:
    return str(comment.get("body") or comment.get("html_body") or "")


def _as_told(value: Any) -> Any:
    """How an audit writes a value: lists as they are, everything else as text."""
    if value is None or isinstance(value, list):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


def _html(body: str) -> str:
    escaped = body.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f'<p dir="auto">{part}</p>' for part in escaped.split("\n\n"))


def _checkbox(value: Any) -> bool:
    if str(value).lower() not in ("true", "false", "1", "0"):
        raise ValueError
    return str(value).lower() in ("true", "1")


def _several(value: Any) -> list[str]:
    return [str(part) for part in (value if isinstance(value, list) else [value])]


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "checkbox": _checkbox,
    "integer": lambda value: str(int(str(value))),
    "decimal": lambda value: str(float(str(value))),
    "date": lambda value: date.fromisoformat(str(value)).isoformat(),
    "multiselect": _several,
}
