"""What a Freshdesk account holds: people, companies, fields, tickets, conversations and time entries, as plain records.

Records say nothing of HTTP and know no rules; :mod:`connectors.sandbox.freshdesk_state` acts on them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

FIRST_IDS = {
    "person": 43_026_449_001,
    "company": 82_000_100_001,
    "field": 82_000_500_001,
    "ticket": 1001,
    "conversation": 82_010_000_001,
    "time_entry": 82_020_000_001,
    "rule": 82_030_000_001,
}
"""Where ids begin to count, so that the same doings give the same account."""

GLOBAL_ACCESS, GROUP_ACCESS, RESTRICTED_ACCESS = 1, 2, 3
OPEN, PENDING, RESOLVED, CLOSED, WAITING_ON_CUSTOMER, WAITING_ON_THIRD_PARTY = 2, 3, 4, 5, 6, 7
STATUS_NAMES = {
    OPEN: ("Open", "Being Processed"),
    PENDING: ("Pending", "Awaiting your Reply"),
    RESOLVED: ("Resolved", "This ticket has been Resolved"),
    CLOSED: ("Closed", "This ticket has been Closed"),
    WAITING_ON_CUSTOMER: ("Waiting on Customer", "Awaiting your Reply"),
    WAITING_ON_THIRD_PARTY: ("Waiting on Third Party", "Being Processed"),
}
SOURCES = {"email": 1, "portal": 2, "phone": 3, "chat": 7, "feedback_widget": 9, "outbound_email": 10}


@dataclass(slots=True)
class FreshdeskPerson:
    """An agent (then with a ``scope``) or a customer's contact."""

    id: int
    name: str
    email: str
    created_at: datetime
    updated_at: datetime
    language: str = "en"
    company_id: int | None = None
    scope: int | None = None
    may_edit: bool = True
    may_list_agents: bool = True
    may_administer: bool = True


@dataclass(slots=True)
class FreshdeskCompany:
    """A customer; ``custom_fields`` are by name."""

    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    custom_fields: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class FreshdeskField:
    """A custom field of tickets or of companies; ``choices`` are what people see, and the values alike.

    ``label_for_customers`` is the label itself where nobody gave another.
    """

    id: int
    name: str
    label: str
    type: str
    created_at: datetime
    choices: tuple[str, ...] = ()
    label_for_customers: str = ""
    is_archived: bool = False


@dataclass(slots=True)
class FreshdeskConversation:
    """A note or a reply; ``incoming`` ones are the customer's."""

    id: int
    ticket_id: int
    body: str
    user_id: int
    created_at: datetime
    private: bool
    incoming: bool = False
    source: int = 2


@dataclass(slots=True)
class FreshdeskTicket:
    """A ticket; ``custom_fields`` are by name."""

    id: int
    subject: str
    description: str
    requester_id: int
    created_at: datetime
    updated_at: datetime
    status: int = OPEN
    priority: int = 1
    source: int = SOURCES["portal"]
    type: str | None = None
    company_id: int | None = None
    responder_id: int | None = None
    deleted: bool = False
    spam: bool = False
    archived: bool = False
    tags: list[str] = field(default_factory=list)
    custom_fields: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class FreshdeskTimeEntry:
    """Time spent on a ticket, whole minutes; ``running_since`` of a timer that runs."""

    id: int
    ticket_id: int
    agent_id: int
    minutes: int
    executed_at: datetime
    start_time: datetime
    created_at: datetime
    updated_at: datetime
    billable: bool = True
    note: str = ""
    running_since: datetime | None = None


@dataclass(slots=True)
class FreshdeskRecords:
    """A whole account; ``api_keys`` are key → agent, ``rules`` automation rules in their order by when they run."""

    agents: dict[int, FreshdeskPerson] = field(default_factory=dict)
    contacts: dict[int, FreshdeskPerson] = field(default_factory=dict)
    companies: dict[int, FreshdeskCompany] = field(default_factory=dict)
    ticket_fields: dict[str, FreshdeskField] = field(default_factory=dict)
    company_fields: dict[str, FreshdeskField] = field(default_factory=dict)
    tickets: dict[int, FreshdeskTicket] = field(default_factory=dict)
    conversations: dict[int, list[FreshdeskConversation]] = field(default_factory=dict)
    time_entries: dict[int, FreshdeskTimeEntry] = field(default_factory=dict)
    rules: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    api_keys: dict[str, int] = field(default_factory=dict)
    next_ids: dict[str, int] = field(default_factory=lambda: dict(FIRST_IDS))

    def next_id(self, kind: str) -> int:
        """A new id."""
        given = self.next_ids[kind]
        self.next_ids[kind] = given + 1
        return given
