"""A Request Tracker site as people know it: queues with tickets, what was said and booked on them, and customers.

Terms
    transaction   one thing that happened to a ticket; what was written hangs on it as attachments
    merged        a ticket whose ``effective_id`` is another one's: who asks for it gets the other one
    right         what the members of a group may do, here everywhere; ``root`` may do everything

Promise: every change of a ticket is a transaction and moves its ``updated`` stamp, in whole seconds of the site's
clock. Safe to use from the server's threads.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

OF_TICKETS = "RT::Queue-RT::Ticket"
OF_TRANSACTIONS = "RT::Queue-RT::Ticket-RT::Transaction"
OF_ASSETS = "RT::Catalog-RT::Asset"
SEE_QUEUE, SHOW_TICKET, SHOW_COMMENTS, SHOW_ASSET = "SeeQueue", "ShowTicket", "ShowTicketComments", "ShowAsset"
SEE_FIELD, MODIFY_FIELD, MODIFY_TICKET = "SeeCustomField", "ModifyCustomField", "ModifyTicket"
SHOW_MAIL = "ShowOutgoingEmail"
ADMINISTER_FIELDS, ASSIGN_FIELDS, ADMINISTER_CATALOGS = "AdminCustomField", "AssignCustomFields", "AdminCatalog"
SEE_GROUP = "SeeGroup"
COMMENT, REPLY, CREATE_TICKET = "CommentOnTicket", "ReplyToTicket", "CreateTicket"
LOOKING = (SEE_QUEUE, SHOW_TICKET, SHOW_COMMENTS, SHOW_ASSET, SEE_FIELD)
WRITING = (COMMENT, REPLY, MODIFY_FIELD)
MAILED = frozenset({"Create", "Correspond"})
"""What customers are told of by mail; that they were is a transaction of its own."""
REOPENED = frozenset({"new", "resolved", "rejected"})
"""Statuses in which a reply opens a ticket, by a scrip that every site has."""
SYSTEM, NOBODY, ROOT = 1, 6, 14


@dataclass(slots=True)
class RtUser:
    """Somebody, with an account or without; ``rights`` come from the groups."""

    id: int
    name: str
    real_name: str = ""
    email: str = ""
    organization: str = ""
    lang: str = ""
    timezone: str = ""
    password: str | None = None
    token: str | None = None


@dataclass(slots=True)
class RtGroup:
    """People who may do the same."""

    id: int
    name: str
    rights: frozenset[str]
    member_ids: set[int] = field(default_factory=set)
    description: str = ""


@dataclass(slots=True)
class RtQueue:
    """Where tickets are; a catalog of assets looks the same."""

    id: int
    name: str
    disabled: bool = False
    description: str = ""


@dataclass(slots=True)
class RtField:
    """A custom field. ``most_values`` 0: any number; ``options`` of a field to select; ``places`` are the numbers of
    the queues or catalogs to which it is applied, where that is not everywhere."""

    id: int
    name: str
    lookup: str
    type: str = "Freeform"
    most_values: int = 1
    options: tuple[str, ...] = ()
    disabled: bool = False
    description: str = ""
    places: frozenset[int] | None = None

    def is_applied(self, place_id: int) -> bool:
        """Whether the things in a queue or catalog have it."""
        return not self.disabled and (self.places is None or place_id in self.places)


@dataclass(slots=True)
class RtTicket:
    """A ticket; ``values`` of its custom fields are kept by the fields' ids."""

    id: int
    queue_id: int
    subject: str
    creator_id: int
    created: datetime
    updated: datetime
    effective_id: int
    status: str = "new"
    owner_id: int = NOBODY
    requestor_ids: list[int] = field(default_factory=list)
    time_worked: int = 0
    values: dict[int, list[str | None]] = field(default_factory=dict)


@dataclass(slots=True)
class RtTransaction:
    """What happened to a ticket, and the minutes that were booked with it."""

    id: int
    ticket_id: int
    type: str
    creator_id: int
    created: datetime
    changed: str = ""
    old: str = ""
    new: str = ""
    minutes: int = 0
    values: dict[int, list[str | None]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RtAttachment:
    """What was written in a transaction."""

    id: int
    transaction_id: int
    content: str
    content_type: str
    headers: str
    subject: str = ""


@dataclass(slots=True)
class RtAsset:
    """A customer."""

    id: int
    catalog_id: int
    name: str
    status: str = "new"
    values: dict[int, list[str | None]] = field(default_factory=dict)


@dataclass(slots=True)
class RequestTrackerSite:
    """The whole site."""

    now: Callable[[], datetime]
    users: dict[int, RtUser] = field(default_factory=dict)
    groups: dict[int, RtGroup] = field(default_factory=dict)
    queues: dict[int, RtQueue] = field(default_factory=dict)
    catalogs: dict[int, RtQueue] = field(default_factory=dict)
    fields: dict[int, RtField] = field(default_factory=dict)
    tickets: dict[int, RtTicket] = field(default_factory=dict)
    transactions: dict[int, RtTransaction] = field(default_factory=dict)
    attachments: dict[int, RtAttachment] = field(default_factory=dict)
    assets: dict[int, RtAsset] = field(default_factory=dict)
    searches: dict[str, dict[str, str]] = field(default_factory=dict)
    """What the saved searches that everybody may use hold, by name."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    open_nothing: set[int] = field(default_factory=set)
    """People whose replies open no ticket again, by the condition that an administrator gave that scrip."""
    _ids: dict[str, Iterator[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for user_id, name in ((SYSTEM, "RT_System"), (NOBODY, "Nobody"), (ROOT, "root")):
            self.users[user_id] = RtUser(user_id, name, name)

    # ---- what an administrator sets up ---------------------------------------------------------------

    def add_user(self, name: str, **given: str | None) -> RtUser:
        """Enter somebody."""
        user = RtUser(self._next("user", 20), name)
        for attribute, value in given.items():
            setattr(user, attribute, value)
        self.users[user.id] = user
        return user

    def add_group(self, name: str, rights: Sequence[str], *members: RtUser) -> RtGroup:
        """Let people do something."""
        group = RtGroup(self._next("user", 20), name, frozenset(rights), {member.id for member in members})
        self.groups[group.id] = group
        return group

    def add_queue(self, name: str) -> RtQueue:
        """Begin a queue."""
        queue = RtQueue(self._next("queue"), name)
        self.queues[queue.id] = queue
        return queue

    def add_catalog(self, name: str) -> RtQueue:
        """Begin a catalog of assets."""
        catalog = RtQueue(self._next("catalog"), name)
        self.catalogs[catalog.id] = catalog
        return catalog

    def add_field(self, name: str, lookup: str, *, options: Sequence[str] = (), most_values: int = 1) -> RtField:
        """Define a custom field and apply it everywhere."""
        kind = "Select" if options else "Freeform"
        found = RtField(self._next("field"), name, lookup, kind, most_values, tuple(options))
        self.fields[found.id] = found
        return found

    def add_asset(self, catalog_id: int, name: str) -> RtAsset:
        """Enter a customer."""
        asset = RtAsset(self._next("asset"), catalog_id, name)
        self.assets[asset.id] = asset
        return asset

    # ---- who may what --------------------------------------------------------------------------------

    def may(self, user: RtUser, right: str) -> bool:
        """Whether somebody has a right."""
        return user.id == ROOT or any(
            right in group.rights for group in self.groups.values() if user.id in group.member_ids
        )

    def sees(self, user: RtUser, transaction: RtTransaction) -> bool:
        """Whether somebody sees a transaction."""
        special = {"Comment": SHOW_COMMENTS, "EmailRecord": SHOW_MAIL}.get(transaction.type, SHOW_TICKET)
        return self.may(user, SHOW_TICKET) and self.may(user, special)

    def named(self, name: str) -> RtUser | None:
        """Somebody by name or address."""
        return next((user for user in self.users.values() if name in (user.name, user.email)), None)

    # ---- tickets -------------------------------------------------------------------------------------

    def file_ticket(self, queue_id: int, subject: str, creator: RtUser, requestor_ids: list[int]) -> RtTicket:
        """Make a ticket, without what was written."""
        now = self.stamp()
        ticket_id = self._next("ticket")
        ticket = RtTicket(ticket_id, queue_id, subject[:200], creator.id, now, now, ticket_id)
        ticket.requestor_ids = requestor_ids
        self.tickets[ticket_id] = ticket
        return ticket

    def effective(self, ticket_id: int) -> RtTicket | None:
        """The ticket, or the one that took it over."""
        found = self.tickets.get(ticket_id)
        return None if found is None else self.tickets[found.effective_id]

    def note(self, ticket: RtTicket, user_id: int, kind: str, **given: str | int) -> RtTransaction:
        """Write down what happened to a ticket: ``changed``, ``old``, ``new``, ``minutes``."""
        now = self.stamp()
        transaction = RtTransaction(self._next("transaction", 50), ticket.id, kind, user_id, now)
        for attribute, value in given.items():
            setattr(transaction, attribute, value)
        self.transactions[transaction.id] = transaction
        if kind == "EmailRecord":
            return transaction
        ticket.updated = now
        ticket.time_worked += transaction.minutes
        if ticket.requestor_ids and (kind in MAILED or transaction.new == "resolved"):
            self.note(ticket, SYSTEM, "EmailRecord")
        return transaction

    def attach(self, transaction: RtTransaction, content: str, content_type: str, subject: str = "") -> None:
        """Hang text on a transaction."""
        headers = f'X-RT-Interface: REST\nContent-Type: {content_type}; charset="utf-8"\nMIME-Version: 1.0'
        made = RtAttachment(self._next("attachment"), transaction.id, content, content_type, headers, subject)
        self.attachments[made.id] = made

    def say(self, ticket: RtTicket, user: RtUser, kind: str, content: str, content_type: str, minutes: int) -> int:
        """Comment or reply; gives the transaction's number."""
        transaction = self.note(ticket, user.id, kind, minutes=minutes)
        self.attach(transaction, content, content_type)
        if kind == "Correspond" and ticket.status in REOPENED and user.id not in self.open_nothing:
            self.set_status(ticket, SYSTEM, "open")
        return transaction.id

    def set_status(self, ticket: RtTicket, user_id: int, status: str) -> None:
        """Move a ticket to another status."""
        self.note(ticket, user_id, "Status", changed="Status", old=ticket.status, new=status)
        ticket.status = status

    def merge(self, ticket: RtTicket, into: RtTicket, user: RtUser) -> None:
        """Let ``into`` take a ticket over."""
        address = f"fsck.com-rt://care.example/ticket/{into.id}"
        stamp = ticket.updated
        for item in (ticket, into):
            self.note(item, user.id, "AddLink", changed="MergedInto", new=address)
        ticket.updated = stamp
        into.time_worked += ticket.time_worked
        into.requestor_ids += [
            requestor_id for requestor_id in ticket.requestor_ids if requestor_id not in into.requestor_ids
        ]
        for one in self.tickets.values():
            if one.effective_id == ticket.id:
                one.effective_id = into.id

    def history(self, ticket: RtTicket) -> list[RtTransaction]:
        """Everything that happened to a ticket and to those that it took over."""
        family = {one.id for one in self.tickets.values() if one.effective_id == ticket.id}
        return [transaction for transaction in self.transactions.values() if transaction.ticket_id in family]

    # ---- custom fields -------------------------------------------------------------------------------

    def applied(self, holder: RtTicket | RtAsset | RtTransaction) -> list[RtField]:
        """The custom fields that a thing has."""
        lookup, place_id = OF_ASSETS, holder.catalog_id if isinstance(holder, RtAsset) else 0
        if isinstance(holder, RtTicket):
            lookup, place_id = OF_TICKETS, holder.queue_id
        elif isinstance(holder, RtTransaction):
            lookup, place_id = OF_TRANSACTIONS, self.tickets[holder.ticket_id].queue_id
        return [one for one in self.fields.values() if one.lookup == lookup and one.is_applied(place_id)]

    def set_values(
        self, holder: RtTicket | RtAsset | RtTransaction, given: Mapping[str, object]
    ) -> list[tuple[RtField, str, str, str]]:
        """Write custom fields. What came of it, one by one: the field, the old value, the new one, and the words.

        What is not taken has no values; a field that is not there is passed over, as the product does.
        """
        done: list[tuple[RtField, str, str, str]] = []
        for name, value in given.items():
            found = next((item for item in self.applied(holder) if name in (item.name, str(item.id))), None)
            if found is None:
                continue
            present = holder.values.setdefault(found.id, [])
            if found.most_values == 1:
                done += _set_one(found, present, value)
            else:
                done += _set_several(found, present, value)
        return done

    def stamp(self) -> datetime:
        """Now, in whole seconds."""
        return self.now().replace(microsecond=0)

    def _next(self, kind: str, first: int = 1) -> int:
        return next(self._ids.setdefault(kind, itertools.count(first)))


def _set_one(found: RtField, present: list[str | None], value: object) -> list[tuple[RtField, str, str, str]]:
    given = value[0] if isinstance(value, list) and value else None if isinstance(value, list) else value
    old = present[0] if present and present[0] else ""
    if given is None and old and old != "0":
        present.clear()
        return [(found, old, "", f"{old} is no longer a value for custom field {found.name}")]
    text = "" if given is None else str(given)
    if found.options and text:
        kept = next((option for option in found.options if option.casefold() == text.casefold()), None)
        if kept is None:
            return [(found, "", "", "Invalid value for custom field")]
        text = kept
    if text == old and present:
        return []
    present[:] = [text or None]
    words = f"{found.name} {old} changed to {text}" if old and text else f"{found.name} {text} added"
    words = f"{found.name} {old} deleted" if not text and old else words
    return [(found, old, text, words)]


def _set_several(found: RtField, present: list[str | None], value: object) -> list[tuple[RtField, str, str, str]]:
    given = [str(one) for one in (value if isinstance(value, list) else [value])]
    before = [record for record in present if record]
    added = [fromkey for fromkey in dict.fromkeys(given) if fromkey not in before]
    removed = sorted(item for item in before if item not in given)
    present[:] = [item for item in before if item in given] + added
    return [(found, "", item, f"{item} added as a value for {found.name}") for item in added] + [
        (found, item, "", f"{item} is no longer a value for custom field {found.name}") for item in removed
    ]
