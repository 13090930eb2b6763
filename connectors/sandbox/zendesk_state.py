"""A Zendesk Support account in memory, and what people do in it.

Every method that begins with a verb is something a person (or the system) does in Zendesk itself. Time comes from the
clock that is handed in; ids count up from fixed numbers, so that the same doings give the same account. Nothing here
knows HTTP.

Terms
    event    what a webhook is told about a change (``ticket.status_changed`` …)
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.zendesk_records import (
    ZendeskAudit,
    ZendeskField,
    ZendeskOrganization,
    ZendeskRecords,
    ZendeskTicket,
    ZendeskTrigger,
    ZendeskUser,
)
from connectors.sandbox.zendesk_updates import Changes, Refused, change, read_value, validate

MERGED_TAG = "closed_by_merge"
SYSTEM = -1
"""The author of what nobody did, such as an automation."""


@dataclass(frozen=True, slots=True)
class ZendeskEvent:
    """A change that a webhook tells; ``kind`` is the end of its type, such as ``status_changed``.

    ``author_id`` is who changed it.
    """

    id: int
    kind: str
    at: datetime
    ticket_id: int
    current: Any = None
    previous: Any = None
    author_id: int | None = None


class ZendeskAccount:
    """The whole account; safe to use from the server's threads.

    ``merge_notes`` are what Zendesk writes into the ticket that goes and into the one that stays, in the account's
    language. ``listeners`` are called with every event.
    """

    def __init__(
        self, now: Callable[[], datetime], *, subdomain: str = "care", records: ZendeskRecords | None = None
    ) -> None:
        self.now = now
        self.subdomain = subdomain
        self.records = records or ZendeskRecords()
        self.merge_notes = (
            'This request was closed and merged into request #{target} "{target_subject}".',
            'Request #{source} "{source_subject}" was closed and merged into this request.',
        )
        self.listeners: list[Callable[[ZendeskEvent], None]] = []
        self.lock = threading.RLock()
        self._due: list[tuple[datetime, Callable[[], None]]] = []
        self._is_catching_up = False

    def schedule(self, at: datetime, action: Callable[[], None]) -> None:
        """Let something happen in the background when the clock comes to ``at``."""
        with self.lock:
            self._due.append((at, action))

    def catch_up(self) -> None:
        """Let everything happen that is due; whoever looks or acts does this first."""
        with self.lock:
            if self._is_catching_up:
                return
            self._is_catching_up = True
            try:
                while due := [item for item in self._due if item[0] <= self.now()]:
                    first = min(due, key=lambda item: item[0])
                    self._due.remove(first)
                    first[1]()
            finally:
                self._is_catching_up = False

    # ---- who and what there is ---------------------------------------------------------------------

    def add_user(
        self,
        name: str,
        role: str = "end-user",
        *,
        organization_id: int | None = None,
        locale: str = "en-US",
        email: str | None = None,
    ) -> int:
        """Let somebody in: ``admin``, ``agent`` or ``end-user``; gives the id."""
        with self.lock:
            user_id, now = self.records.next_id("user"), self._second()
            address = email or f"{'.'.join(name.lower().split())}@example.com"
            user = ZendeskUser(user_id, name, address, role, now, now, organization_id, locale)
            self.records.users[user_id] = user
            return user_id

    def add_organization(self, name: str, **fields: Any) -> int:
        """Enter an organization with its fields by key; gives the id."""
        with self.lock:
            organization_id, now = self.records.next_id("organization"), self._second()
            self.records.organizations[organization_id] = ZendeskOrganization(organization_id, name, now, now)
            self.edit_organization(organization_id, **fields)
            return organization_id

    def add_ticket_field(
        self, title: str, kind: str = "text", *, options: Mapping[str, str] | None = None, tag: str | None = None
    ) -> int:
        """Make a ticket field of a type such as ``text``, ``integer``, ``checkbox`` or ``tagger``; gives the id."""
        with self.lock:
            field_id, now = self.records.next_id("ticket_field"), self._second()
            self.records.ticket_fields[field_id] = ZendeskField(
                field_id, kind, title, now, now, options=dict(options or {}), tag=tag
            )
            return field_id

    def add_organization_field(
        self, key: str, kind: str = "text", *, title: str | None = None, options: Mapping[str, str] | None = None
    ) -> int:
        """Make an organization field; gives the id."""
        with self.lock:
            field_id, now = self.records.next_id("organization_field"), self._second()
            self.records.organization_fields[field_id] = ZendeskField(
                field_id, kind, title or key, now, now, key=key, options=dict(options or {})
            )
            return field_id

    def add_trigger(self, title: str, *, when_tags: frozenset[str], add_tags: frozenset[str]) -> None:
        """Make a business rule that runs after every update."""
        self.records.triggers.append(ZendeskTrigger(title, when_tags, add_tags))

    def edit_organization(self, organization_id: int, *, name: str | None = None, **fields: Any) -> None:
        """Rename an organization or change its fields by key. Its tickets keep their time stamps."""
        with self.lock:
            organization = self.records.organizations[organization_id]
            by_key = {
                organization_field.key: organization_field
                for organization_field in self.records.organization_fields.values()
            }
            organization.fields |= {key: read_value(by_key[key], value) for key, value in fields.items()}
            organization.name = name or organization.name
            organization.updated_at = self._second()

    def delete_organization(self, organization_id: int) -> None:
        """Delete an organization: the system takes it off its people and tickets."""
        with self.lock:
            del self.records.organizations[organization_id]
            for user in self.records.users.values():
                if user.organization_id == organization_id:
                    user.organization_id = None
            for ticket in self.records.tickets.values():
                if ticket.organization_id == organization_id:
                    ticket.organization_id = None
                    self.touch(ticket.id)

    # ---- tickets -----------------------------------------------------------------------------------

    def file_ticket(
        self,
        subject: str,
        body: str,
        requester_id: int,
        *,
        channel: str = "web",
        filed_by: int | None = None,
        number: int | None = None,
        at: datetime | None = None,
        public: bool = True,
        **update: Any,
    ) -> int:
        """File a ticket; gives its number. ``update`` holds what else it begins with, as the API names it.

        ``number`` and ``at`` are for tickets that are brought in from the past.
        """
        with self.lock:
            moment = _to_the_second(at or self.now())
            ticket_id = number or self.records.next_id("ticket")
            self.records.next_ids["ticket"] = max(self.records.next_ids["ticket"], ticket_id + 1)
            requester = self.records.users[requester_id]
            author_id = filed_by or requester_id
            ticket = ZendeskTicket(
                ticket_id,
                subject,
                body,
                requester_id,
                author_id,
                moment,
                moment,
                int(moment.timestamp()),
                channel=channel,
                organization_id=requester.organization_id,
                is_public=public,
            )
            validate(self.records, ticket, update)
            audit = self._new_audit(ticket, author_id, channel, update, moment)
            changes = Changes(self.records, ticket, audit, "Create")
            changes.commented(author_id, body, public=public)
            for name in ("subject", "requester_id", "organization_id", "status"):
                changes.told(name, getattr(ticket, name), None)
            change(self.records, ticket, author_id, {**update, "subject": subject}, changes)
            self.records.tickets[ticket_id] = ticket
            self.records.audits[ticket_id] = [audit]
            self._tell("created", ticket)
            return ticket_id

    def update(
        self,
        ticket_id: int,
        author_id: int,
        update: Mapping[str, Any],
        *,
        channel: str = "web",
        source: Mapping[str, Any] | None = None,
    ) -> ZendeskAudit:
        """Update a ticket as the API names its properties; gives the audit.

        Raises :class:`KeyError` for a ticket that is not there and :class:`Refused` for what is not valid.
        """
        self.catch_up()
        with self.lock:
            ticket = self.living(ticket_id)
            validate(self.records, ticket, update)
            before = _told_of(ticket)
            moment = _to_the_second(self.now())
            audit = self._new_audit(ticket, author_id, channel, update, moment)
            audit.source = dict(source or {})
            change(self.records, ticket, author_id, update, Changes(self.records, ticket, audit, "Change"))
            if audit.events or audit.custom:
                self.records.audits[ticket_id].append(audit)
                ticket.updated_at, ticket.generated_timestamp = moment, int(moment.timestamp())
                for kind, previous in before.items():
                    if (current := _told_of(ticket)[kind]) != previous:
                        self._tell(f"{kind}_changed", ticket, current, previous)
                if any(event["type"] == "Comment" for event in audit.events):
                    self._tell("comment_added", ticket)
            return audit

    def comment(self, ticket_id: int, author_id: int, body: str, *, public: bool = True) -> None:
        """Add a comment: a reply to the customer, or an internal note."""
        self.update(ticket_id, author_id, {"comment": {"body": body, "public": public}})

    def set_fields(self, ticket_id: int, author_id: int, **values: Any) -> None:
        """Set custom fields by their title."""
        by_title = {ticket_field.title: ticket_field.id for ticket_field in self.records.ticket_fields.values()}
        given = [{"id": by_title[title], "value": value} for title, value in values.items()]
        self.update(ticket_id, author_id, {"custom_fields": given})

    def close(self, ticket_id: int) -> None:
        """Close a ticket, as the automation does with what was solved long ago."""
        self.update(ticket_id, SYSTEM, {"status": "closed"}, channel="rule", source={"rel": "automation"})

    def merge(self, ticket_ids: Sequence[int], target_id: int, author_id: int) -> None:
        """Merge tickets into another: they are closed, tagged and noted, and the other one gets a note."""
        with self.lock:
            target = self.living(target_id)
            if target.status == "closed" or target_id in ticket_ids:
                raise Refused({"base": [{"description": "The target ticket cannot be merged into"}]})
            for ticket_id in ticket_ids:
                source = self.living(ticket_id)
                words = {"target": target.id, "target_subject": target.subject}
                words |= {"source": source.id, "source_subject": source.subject}
                gone, stays = (note.format_map(words) for note in self.merge_notes)
                update = {"additional_tags": [MERGED_TAG], "comment": {"body": gone, "public": False}}
                via = {"from": {}, "to": {}, "rel": "merge"}
                self.update(ticket_id, author_id, {**update, "status": "closed"}, source=via)
                told = {"from": {"ticket_id": source.id, "subject": source.subject}, "to": {}, "rel": "merge"}
                self.update(target_id, author_id, {"comment": {"body": stays, "public": False}}, source=told)
                self._tell("merged", source)

    def delete(self, ticket_id: int) -> None:
        """Delete a ticket; the export goes on telling it as ``deleted``."""
        self.catch_up()
        with self.lock:
            ticket = self.living(ticket_id)
            ticket.status_before, ticket.status = ticket.status, "deleted"
            self._bump(ticket)
            self._tell("soft_deleted", ticket)

    def restore(self, ticket_id: int) -> None:
        """Take a deletion back: the ticket has its former status again (recorded)."""
        with self.lock:
            ticket = self.records.tickets[ticket_id]
            ticket.status, ticket.status_before = ticket.status_before or ticket.status, None
            self._bump(ticket)
            self._tell("undeleted", ticket)

    def scrub(self, ticket_id: int) -> None:
        """Wipe what a deleted ticket said, as the system does after thirty days."""
        with self.lock:
            ticket = self.records.tickets[ticket_id]
            ticket.subject, ticket.description = "SCRUBBED", "X"
            ticket.tags, ticket.custom_fields = [], {}
            ticket.organization_id = ticket.assignee_id = None
            self.records.audits[ticket_id] = []
            self.touch(ticket_id)

    def touch(self, ticket_id: int) -> None:
        """A change of the system: ``generated_timestamp`` moves and ``updated_at`` does not."""
        self.records.tickets[ticket_id].generated_timestamp = int(self.now().timestamp())

    # ---- looking -----------------------------------------------------------------------------------

    def living(self, ticket_id: int) -> ZendeskTicket:
        """A ticket that is there. Raises :class:`KeyError`."""
        ticket = self.records.tickets[ticket_id]
        if ticket.status == "deleted":
            raise KeyError(ticket_id)
        return ticket

    def comments(self, ticket_id: int) -> list[dict[str, Any]]:
        """The comments of a ticket, the oldest first: the events of its audits, each with its ``audit``."""
        self.catch_up()
        with self.lock:
            return [
                {**event, "audit": audit}
                for audit in self.records.audits[ticket_id]
                for event in audit.events
                if event["type"] == "Comment"
            ]

    def _new_audit(
        self, ticket: ZendeskTicket, author_id: int, channel: str, update: Mapping[str, Any], moment: datetime
    ) -> ZendeskAudit:
        metadata = update.get("metadata")
        custom = dict(metadata) if isinstance(metadata, dict) else {}
        return ZendeskAudit(self.records.next_id("audit"), ticket.id, moment, author_id, channel, custom)

    def _bump(self, ticket: ZendeskTicket) -> None:
        ticket.updated_at = self._second()
        ticket.generated_timestamp = int(ticket.updated_at.timestamp())

    def _tell(self, kind: str, ticket: ZendeskTicket, current: Any = None, previous: Any = None) -> None:
        author = self.records.audits[ticket.id][-1].author_id
        event = ZendeskEvent(self.records.next_id("event"), kind, self.now(), ticket.id, current, previous, author)
        for listener in self.listeners:
            listener(event)

    def _second(self) -> datetime:
        return _to_the_second(self.now())


def _told_of(ticket: ZendeskTicket) -> dict[str, Any]:
    """What events tell changes of."""
    return {
        "status": ticket.status.upper(),
        "subject": ticket.subject,
        "organization": ticket.organization_id,
        "agent_assignment": ticket.assignee_id,
        "tags": list(ticket.tags),
        "custom_field": dict(ticket.custom_fields),
    }


def _to_the_second(value: datetime) -> datetime:
    return value.astimezone(UTC).replace(microsecond=0)
