"""The normalised records: what every helpdesk and every time tracker is translated into.

Terms
    organization    a customer; the helpdesk owns it
    ticket          one conversation of a customer in the helpdesk
    time entry      one stretch of work of one person in the time tracker
    ticket change   what we want to be different on one ticket, under one reference
    reference       our own mark on a write (``CS-…``), by which it is found again
    cursor          opaque text of a connector: where reading goes on

Promise: records are immutable, instants are aware and in UTC, durations are whole seconds, ids are
text. A record says what the product said; it never guesses. What a product does not tell is ``None``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

FieldValue = str | int | float | bool | date | tuple[str, ...] | None
"""A value of a custom field as the product gave it; several choices are a tuple of text."""


class TicketStatus(StrEnum):
    """The life of a ticket, in the words that helpdesks share."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    HOLD = "hold"
    SOLVED = "solved"
    CLOSED = "closed"
    DELETED = "deleted"

    @property
    def is_writable(self) -> bool:
        """Whether the product still accepts changes: closed and deleted tickets are final."""
        return self not in (TicketStatus.CLOSED, TicketStatus.DELETED)


class Channel(StrEnum):
    """How a ticket came in (fact ``channel`` of the rules)."""

    EMAIL = "email"
    WEB = "web"
    PHONE = "phone"
    CHAT = "chat"
    API = "api"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Organization:
    """A customer. ``fields`` is keyed by the names that the configuration gives (``sla``, …)."""

    id: str
    name: str
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    locale: str | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the helpdesk: a requester or an agent. ``locale`` like ``nl`` or ``en-US``."""

    id: str
    name: str
    email: str | None = None
    locale: str | None = None
    organization_id: str | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket as it stands in the helpdesk.

    ``number`` is what people see and write (``#123``); in some products it is not the ``id``.
    ``fields`` is keyed by the names that the configuration gives (``cause``, ``expected_minutes``,
    ``care_scope`` …); a mapped field that is empty is present with ``None``.
    ``merged_into`` is the id of the ticket that took this one over.
    """

    id: str
    number: str
    subject: str
    status: TicketStatus
    created_at: datetime
    updated_at: datetime
    channel: Channel = Channel.OTHER
    description: str = ""
    organization_id: str | None = None
    requester_id: str | None = None
    assignee_id: str | None = None
    tags: frozenset[str] = frozenset()
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    url: str | None = None
    merged_into: str | None = None


class CommentKind(StrEnum):
    """Who reads a comment: ``note`` only agents, ``reply`` the customer too."""

    NOTE = "note"
    REPLY = "reply"


@dataclass(frozen=True, slots=True)
class Comment:
    """Text to add to a ticket. Plain text; connectors turn it into what the product wants."""

    kind: CommentKind
    body: str


@dataclass(frozen=True, slots=True)
class TicketChange:
    """One write to one ticket: only what it names changes.

    ``add_tags`` and ``remove_tags`` hold our own tags only; every other tag stays as it is.
    ``fields`` sets custom fields by configured name. ``reference`` is unique per write.
    """

    ticket_id: str
    reference: str
    add_tags: frozenset[str] = frozenset()
    remove_tags: frozenset[str] = frozenset()
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    comment: Comment | None = None


class ChangeOutcome(StrEnum):
    """What became of a ticket change.

    ``applied``        it stands in the product
    ``refused_closed`` the ticket is closed or deleted: never to be tried again
    ``refused``        the product rejects the content: trying again changes nothing
    ``failed``         it did not happen; it may be tried again
    ``uncertain``      it may have happened: look for the reference before trying again
    """

    APPLIED = "applied"
    REFUSED_CLOSED = "refused_closed"
    REFUSED = "refused"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """The outcome of one ticket change, with the product's own words where it gave any."""

    ticket_id: str
    reference: str
    outcome: ChangeOutcome
    message: str = ""


class EntryState(StrEnum):
    """``running`` counts nothing until it stops; ``deleted`` must never be counted."""

    RUNNING = "running"
    STOPPED = "stopped"
    DELETED = "deleted"


class EntryKind(StrEnum):
    """Only ``work`` is ever counted; breaks and leave never are."""

    WORK = "work"
    BREAK = "break"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class TicketReference:
    """A structured pointer from a time entry to a ticket, where the tracker has one.

    ``ticket_id``, ``url`` or ``ticket_number``, which is what people see and write in a field; ``via`` says which
    feature of the product it came by.
    """

    via: str
    ticket_id: str | None = None
    url: str | None = None
    ticket_number: str | None = None

    @property
    def content(self) -> tuple[str | None, ...]:
        """What it says; a number stands in it only where there is one."""
        said = (self.via, self.ticket_id, self.url)
        return said if self.ticket_number is None else (*said, self.ticket_number)


@dataclass(frozen=True, slots=True)
class TimeEntry:
    """One time entry as it stands in the tracker.

    ``seconds``       the product's own booked duration, whole seconds; 0 while it runs
    ``work_date``     the local date the product books it on; an entry is never split at midnight
    ``billable``      ``None`` where the product cannot say
    ``locked``        approved or invoiced in the tracker (information; it freezes nothing here)
    ``grain_seconds`` the finest step the product keeps (1, 36, 60)
    """

    tracker: str
    account: str
    id: str
    state: EntryState
    kind: EntryKind
    seconds: int
    work_date: date
    description: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    person_id: str | None = None
    person_name: str | None = None
    project_id: str | None = None
    project_name: str | None = None
    client_id: str | None = None
    client_name: str | None = None
    tags: tuple[str, ...] = ()
    billable: bool | None = None
    locked: bool = False
    references: tuple[TicketReference, ...] = ()
    source_updated_at: datetime | None = None
    grain_seconds: int = 1

    @property
    def key(self) -> str:
        """The entry's name across trackers and accounts: ``toggl:<account>:<id>``."""
        return f"{self.tracker}:{self.account}:{self.id}"

    @property
    def fingerprint(self) -> str:
        """A hash of everything that can change what the entry means.

        The time stamps of the product are left out: no tracker keeps them truthfully for every edit.
        """
        content = (
            self.state.value,
            self.kind.value,
            self.seconds,
            self.work_date.isoformat(),
            self.description,
            self.person_id,
            self.project_id,
            self.project_name,
            self.client_id,
            self.client_name,
            sorted(self.tags),
            self.billable,
            self.locked,
            [reference.content for reference in self.references],
        )
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class UnreadableRecord:
    """A record that the product gave and that cannot be read: set aside, while the page goes on.

    It exists: what is known of it stays as it was, and it is reported to a person. ``kind`` is ``ticket``,
    ``time entry``, ``organization`` or ``person``; ``id`` is ``None`` where not even that can be read. Of time entries
    that are read ticket by ticket (``7-12``) it may be the ticket's (``7``): none of its entries could be read.
    """

    kind: str
    id: str | None
    reason: str

    def covers(self, identity: str) -> bool:
        """Whether the record of this id may be the one; one without an id may be any."""
        return self.id is None or identity == self.id or identity.startswith(f"{self.id}-")


@dataclass(frozen=True, slots=True)
class TicketPage:
    """Part of a reading of tickets, with what the product side-loads.

    ``cursor`` is to be stored together with the records: reading goes on there after a crash.
    ``last`` says that nothing newer was there when the page was made.
    ``unreadable`` are records of any kind that were set aside.
    """

    tickets: tuple[Ticket, ...]
    organizations: tuple[Organization, ...]
    people: tuple[Person, ...]
    cursor: str | None
    last: bool
    unreadable: tuple[UnreadableRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Part of a reading of time entries; ``cursor``, ``last`` and ``unreadable`` as for tickets.

    An entry that is unreadable is there: it counts as seen, and never as missing.
    """

    entries: tuple[TimeEntry, ...]
    cursor: str | None
    last: bool
    unreadable: tuple[UnreadableRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """What a product's webhook said, once it was proven genuine.

    ``ticket_ids`` / ``entry_ids`` name what to read again: the body is a hint, never the truth.
    ``delivery_id`` is unique per delivery where the product gives one (replays are refused by it).
    ``answer`` is the JSON body to answer with (validation handshakes), ``None`` for an empty one.
    """

    delivery_id: str
    ticket_ids: tuple[str, ...] = ()
    entry_ids: tuple[str, ...] = ()
    answer: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line of a connector's self-check: what was tried, whether it holds, and what to do if not.

    The ``remedy`` of what holds is a warning.
    """

    subject: str
    passed: bool
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One line of an invoice that is asked for: euro without tax, to the cent, negative where it gives back."""

    description: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class DraftInvoice:
    """An invoice to be made as a draft, which a person looks at and sends.

    ``reference`` is unique per invoice; ``customer_id`` is the organization's id in the helpdesk.
    """

    reference: str
    customer_id: str
    customer_name: str
    lines: tuple[DraftLine, ...]
    payment_days: int | None = None


@dataclass(frozen=True, slots=True)
class BookedInvoice:
    """An invoice as it stands in the bookkeeping. ``number`` is ``None`` while it is a draft; amounts are euro."""

    id: str
    reference: str
    is_draft: bool
    net: Decimal
    total: Decimal
    number: str | None = None
    url: str | None = None
