"""A Freshdesk account in memory, and what people do in it.

Every method that begins with a verb is something a person (or the system) does in Freshdesk itself. Time comes from the
clock that is handed in; ids count up from fixed numbers, so that the same doings give the same account. Nothing here
knows HTTP. Whatever touches a ticket moves its ``updated_at``, notes and replies included.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.sandbox.freshdesk_records import (
    CLOSED,
    GLOBAL_ACCESS,
    SOURCES,
    FreshdeskCompany,
    FreshdeskConversation,
    FreshdeskField,
    FreshdeskPerson,
    FreshdeskRecords,
    FreshdeskTicket,
    FreshdeskTimeEntry,
)

ARCHIVED_AFTER = timedelta(days=120)
"""How long a closed ticket must be left alone until it is archived."""
REPLY, NOTE, EMAIL = 0, 2, 8
"""Sources of conversations."""


@dataclass(frozen=True, slots=True)
class FreshdeskEvent:
    """A change that an automation rule can tell; ``kind`` is in its words, ``changed`` the properties that did."""

    ticket_id: int
    kind: str
    at: datetime
    changed: frozenset[str] = frozenset()


class FreshdeskAccount:
    """The whole account; safe to use from the server's threads.

    ``listeners`` are called with every event; ``automations`` run on a ticket after each update of its properties;
    ``sent`` holds the e-mails that customers got: ticket and body.
    """

    def __init__(self, now: Callable[[], datetime], *, domain: str = "care") -> None:
        self.now = now
        self.domain = domain
        self.records = FreshdeskRecords()
        self.listeners: list[Callable[[FreshdeskEvent], None]] = []
        self.automations: list[Callable[[FreshdeskTicket], None]] = []
        self.sent: list[tuple[int, str]] = []
        self.lock = threading.RLock()

    def second(self) -> datetime:
        """The clock, to the second and in UTC: Freshdesk keeps no finer time."""
        return self.now().astimezone(UTC).replace(microsecond=0)

    # ---- who and what there is ---------------------------------------------------------------------

    def add_agent(self, name: str, *, api_key: str | None = None, scope: int = GLOBAL_ACCESS) -> int:
        """Let an agent in; gives the id."""
        with self.lock:
            agent_id, now = self.records.next_id("person"), self.second()
            email = f"{'.'.join(name.lower().split())}@example.com"
            self.records.agents[agent_id] = FreshdeskPerson(agent_id, name, email, now, now, scope=scope)
            if api_key is not None:
                self.records.api_keys[api_key] = agent_id
            return agent_id

    def add_contact(
        self, name: str, *, company_id: int | None = None, language: str = "en", email: str | None = None
    ) -> int:
        """Enter a customer's contact; gives the id."""
        with self.lock:
            contact_id, now = self.records.next_id("person"), self.second()
            address = email or f"{'.'.join(name.lower().split())}@example.org"
            self.records.contacts[contact_id] = FreshdeskPerson(
                contact_id, name, address, now, now, language, company_id
            )
            return contact_id

    def edit_contact(self, contact_id: int, *, language: str) -> None:
        """Change a contact's language."""
        contact = self.records.contacts[contact_id]
        contact.language, contact.updated_at = language, self.second()

    def add_company(self, name: str, **fields: Any) -> int:
        """Enter a company with its custom fields by name; gives the id."""
        with self.lock:
            company_id, now = self.records.next_id("company"), self.second()
            self.records.companies[company_id] = FreshdeskCompany(company_id, name, now, now, fields)
            return company_id

    def edit_company(self, company_id: int, *, name: str | None = None, **fields: Any) -> None:
        """Rename a company or change its fields. Its tickets stay as they are."""
        company = self.records.companies[company_id]
        company.name, company.updated_at = name or company.name, self.second()
        company.custom_fields |= fields

    def delete_company(self, company_id: int) -> None:
        """Delete a company for good: its contacts and tickets have none then."""
        with self.lock:
            del self.records.companies[company_id]
            for contact in self.records.contacts.values():
                contact.company_id = None if contact.company_id == company_id else contact.company_id
            for ticket in self.records.tickets.values():
                ticket.company_id = None if ticket.company_id == company_id else ticket.company_id

    def add_ticket_field(self, name: str, label: str, kind: str = "custom_text", choices: Sequence[str] = ()) -> None:
        """Make a custom ticket field; Freshdesk puts ``cf_`` before its name."""
        field_id = self.records.next_id("field")
        self.records.ticket_fields[name] = FreshdeskField(field_id, name, label, kind, self.second(), tuple(choices))

    def remove_ticket_field(self, name: str) -> None:
        """Delete a custom ticket field, with what stood in it."""
        del self.records.ticket_fields[name]
        for ticket in self.records.tickets.values():
            ticket.custom_fields.pop(name, None)

    def add_company_field(self, name: str, label: str, kind: str = "custom_text", choices: Sequence[str] = ()) -> None:
        """Make a custom company field."""
        field_id = self.records.next_id("field")
        self.records.company_fields[name] = FreshdeskField(field_id, name, label, kind, self.second(), tuple(choices))

    # ---- tickets -----------------------------------------------------------------------------------

    def file_ticket(
        self, subject: str, body: str, requester_id: int, *, source: int = SOURCES["portal"], **properties: Any
    ) -> int:
        """File a ticket; gives its number. ``properties`` are as the API names them."""
        with self.lock:
            ticket_id, now = self.records.next_id("ticket"), self.second()
            requester = self.records.contacts.get(requester_id) or self.records.agents[requester_id]
            ticket = FreshdeskTicket(ticket_id, subject, body, requester_id, now, now, source=source)
            ticket.company_id = requester.company_id
            self._take(ticket, properties)
            self.records.tickets[ticket_id] = ticket
            self.records.conversations[ticket_id] = []
            self._tell(ticket, "ticket_created")
            return ticket_id

    def update(self, ticket_id: int, properties: Mapping[str, Any]) -> None:
        """Change a ticket's properties as the API names them: ``tags`` replace the whole set."""
        with self.lock:
            ticket = self.records.tickets[ticket_id]
            before = _watched(ticket)
            self._take(ticket, properties)
            after = _watched(ticket)
            if changed := frozenset(name for name, value in after.items() if value != before.get(name)):
                self._touch(ticket, "ticket_updated", changed)
            for automation in self.automations:
                automation(ticket)

    def tag(self, ticket_id: int, *tags: str) -> None:
        """Add tags, as an agent does who has the ticket open."""
        standing = self.records.tickets[ticket_id].tags
        self.update(ticket_id, {"tags": [*standing, *(tag for tag in tags if tag not in standing)]})

    def note(self, ticket_id: int, user_id: int, html: str, *, private: bool = True) -> FreshdeskConversation:
        """Add a note."""
        return self._converse(ticket_id, user_id, html, "note_added", private=private, source=NOTE)

    def reply(self, ticket_id: int, user_id: int, html: str) -> FreshdeskConversation:
        """Write to the customer, who gets an e-mail."""
        self.sent.append((ticket_id, html))
        return self._converse(ticket_id, user_id, html, "reply_sent", private=False, source=REPLY)

    def customer_replies(self, ticket_id: int, html: str) -> FreshdeskConversation:
        """The requester answers."""
        requester_id = self.records.tickets[ticket_id].requester_id
        return self._converse(
            ticket_id, requester_id, html, "requester_responds", private=False, source=EMAIL, incoming=True
        )

    def delete(self, ticket_id: int) -> None:
        """Move a ticket to the trash."""
        self._mark(ticket_id, "ticket_deleted", deleted=True)

    def restore(self, ticket_id: int) -> None:
        """Take a ticket out of the trash."""
        self._mark(ticket_id, "ticket_updated", deleted=False)

    def mark_spam(self, ticket_id: int, *, is_spam: bool = True) -> None:
        """Say that a ticket is spam, or that it is none."""
        self._mark(ticket_id, "ticket_updated", spam=is_spam)

    def archive(self) -> None:
        """Archive what is closed and was left alone for long, as the system does by night."""
        with self.lock:
            for ticket in self.records.tickets.values():
                if ticket.status == CLOSED and self.second() - ticket.updated_at >= ARCHIVED_AFTER:
                    ticket.archived = True

    def merge(self, ticket_ids: Sequence[int], primary_id: int, user_id: int, note: str | None = None) -> None:
        """Merge tickets into another: they are closed, and notes tell of it in all of them."""
        with self.lock:
            for ticket_id in ticket_ids:
                told = note or f"This ticket is closed and merged into ticket {primary_id}"
                self.note(ticket_id, user_id, f"<div>{told}</div>")
                self.update(ticket_id, {"status": CLOSED})
            numbers = ", ".join(str(ticket_id) for ticket_id in ticket_ids)
            self.note(primary_id, user_id, f"<div>Tickets with ids {numbers} are merged into this ticket.</div>")

    # ---- time entries ------------------------------------------------------------------------------

    def write_down(
        self,
        ticket_id: int,
        agent_id: int,
        minutes: int,
        executed_at: datetime,
        *,
        note: str = "",
        billable: bool = True,
        running: bool = False,
    ) -> int:
        """Enter time spent on a ticket, or let a timer run; gives the id. Nobody has two timers that run."""
        with self.lock:
            entry_id, now = self.records.next_id("time_entry"), self.second()
            entry = FreshdeskTimeEntry(
                entry_id, ticket_id, agent_id, minutes, executed_at.astimezone(UTC), now, now, now, billable, note
            )
            self.records.time_entries[entry_id] = entry
            if running:
                self.toggle_timer(entry_id)
            return entry_id

    def edit_entry(
        self,
        entry_id: int,
        *,
        minutes: int | None = None,
        executed_at: datetime | None = None,
        note: str | None = None,
        billable: bool | None = None,
    ) -> None:
        """Change what is given."""
        with self.lock:
            entry = self.records.time_entries[entry_id]
            entry.minutes = entry.minutes if minutes is None else minutes
            entry.executed_at = entry.executed_at if executed_at is None else executed_at.astimezone(UTC)
            entry.note = entry.note if note is None else note
            entry.billable = entry.billable if billable is None else billable
            entry.updated_at = self.second()

    def toggle_timer(self, entry_id: int) -> None:
        """Start a timer, which stops the agent's other one, or stop it."""
        with self.lock:
            entry, now = self.records.time_entries[entry_id], self.second()
            if entry.running_since is not None:
                entry.minutes += int((now - entry.running_since).total_seconds()) // 60
                entry.running_since = None
            else:
                for other in self.records.time_entries.values():
                    if other.agent_id == entry.agent_id and other.running_since is not None:
                        self.toggle_timer(other.id)
                entry.running_since = entry.start_time = now
            entry.updated_at = now

    def delete_entry(self, entry_id: int) -> None:
        """Delete a time entry; it leaves no trace."""
        del self.records.time_entries[entry_id]

    # ---- underneath --------------------------------------------------------------------------------

    def _take(self, ticket: FreshdeskTicket, properties: Mapping[str, Any]) -> None:
        for name in ("subject", "status", "priority", "type", "company_id", "responder_id"):
            if name in properties:
                setattr(ticket, name, properties[name])
        if "tags" in properties:
            ticket.tags = list(dict.fromkeys(properties["tags"]))
        ticket.custom_fields |= properties.get("custom_fields") or {}

    def _converse(
        self, ticket_id: int, user_id: int, html: str, kind: str, *, private: bool, source: int, incoming: bool = False
    ) -> FreshdeskConversation:
        with self.lock:
            conversation = FreshdeskConversation(
                self.records.next_id("conversation"),
                ticket_id,
                html,
                user_id,
                self.second(),
                private,
                incoming,
                source,
            )
            self.records.conversations[ticket_id].append(conversation)
            self._touch(self.records.tickets[ticket_id], kind)
            return conversation

    def _mark(self, ticket_id: int, kind: str, **marks: bool) -> None:
        with self.lock:
            ticket = self.records.tickets[ticket_id]
            for name, value in marks.items():
                setattr(ticket, name, value)
            self._touch(ticket, kind)

    def _touch(self, ticket: FreshdeskTicket, kind: str, changed: frozenset[str] = frozenset()) -> None:
        ticket.updated_at = self.second()
        self._tell(ticket, kind, changed)

    def _tell(self, ticket: FreshdeskTicket, kind: str, changed: frozenset[str] = frozenset()) -> None:
        for listener in self.listeners:
            listener(FreshdeskEvent(ticket.id, kind, self.second(), changed))


def _watched(ticket: FreshdeskTicket) -> dict[str, Any]:
    """The properties whose change counts, custom fields by their names."""
    names = ("subject", "status", "company_id")
    return {name: getattr(ticket, name) for name in names} | {"tags": list(ticket.tags)} | ticket.custom_fields
