"""Organizations, people and tickets as they were last read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, bindparam, func, select, update

from care_sync.model.agreement import AgreedField
from care_sync.model.record_change import OrganizationMoved, TicketMoved
from care_sync.store.columns import encode
from care_sync.store.schema import organizations, people, tickets
from care_sync.store.tables import CHUNK, chunks, queue_for, upsert
from connectors.records import Channel, FieldValue, Organization, Person, Ticket, TicketChange, TicketStatus

AnyRecord = TypeVar("AnyRecord", Organization, Ticket)


class OrganizationRepository:
    """Customers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def upsert(self, records: Iterable[Organization], seen_at: datetime) -> list[OrganizationMoved]:
        """Store what a reading that began at ``seen_at`` showed; return customers that are new or differ.

        A reading that began before the one that is stored is not taken. Kept beside each: when what is agreed with it
        was first seen.
        """
        newest = {record.id: record for record in records}
        queue_for(self._connection, organizations)
        known = self.get_many(newest)
        moved = [
            OrganizationMoved(known.get(record.id), record)
            for record in newest.values()
            if known.get(record.id) != _normal(record)
        ]
        outdated = self._outdated([change.after.id for change in moved], seen_at)
        moved = [change for change in moved if change.after.id not in outdated]
        upsert(
            self._connection,
            organizations,
            [
                {
                    "organization_id": change.after.id,
                    "name": change.after.name,
                    "folded_name": change.after.name.casefold(),
                    "fields": dict(change.after.fields),
                    "locale": change.after.locale,
                    "deleted": int(change.after.deleted),
                    "seen_at": (self.agreed_at(change.after.id) if _is_agreed_alike(change) else None) or seen_at,
                    "read_at": seen_at,
                }
                for change in moved
            ],
        )
        return moved

    def _outdated(self, organization_ids: Iterable[str], seen_at: datetime) -> set[str]:
        outdated: set[str] = set()
        for keys in chunks(organization_ids):
            query = select(organizations.c.organization_id).where(
                organizations.c.organization_id.in_(keys), organizations.c.read_at > seen_at
            )
            outdated.update(self._connection.execute(query).scalars())
        return outdated

    def get(self, organization_id: str) -> Organization | None:
        """One customer."""
        return self.get_many([organization_id]).get(organization_id)

    def get_many(self, organization_ids: Iterable[str]) -> dict[str, Organization]:
        """Customers by id; unknown ids are absent."""
        by_key = {}
        for keys in chunks(organization_ids):
            query = select(organizations).where(organizations.c.organization_id.in_(keys))
            by_key.update({row.organization_id: _organization(row) for row in self._connection.execute(query)})
        return by_key

    def agreed_at(self, organization_id: str) -> datetime | None:
        """When we first saw what is agreed with a customer now."""
        query = select(organizations.c.seen_at).where(organizations.c.organization_id == organization_id)
        found: datetime | None = self._connection.execute(query).scalar_one_or_none()
        return found

    def by_name(self, name: str) -> Organization | None:
        """The live customer of that name, upper and lower case alike; ``None`` when none or several."""
        query = select(organizations).where(
            organizations.c.folded_name == name.casefold(), organizations.c.deleted == 0
        )
        matches = self._connection.execute(query.limit(2)).all()
        return _organization(matches[0]) if len(matches) == 1 else None

    def all(self) -> list[Organization]:
        """Every customer, by name."""
        query = select(organizations).order_by(organizations.c.folded_name, organizations.c.organization_id)
        rows = self._connection.execute(query)
        return [_organization(row) for row in rows]


class PersonRepository:
    """Requesters and agents."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def upsert(self, records: Iterable[Person]) -> list[Person]:
        """Store; return those that are new or differ."""
        newest = {record.id: record for record in records}
        known = self.get_many(newest)
        moved = [record for record in newest.values() if known.get(record.id) != record]
        upsert(
            self._connection,
            people,
            [
                {
                    "person_id": record.id,
                    "name": record.name,
                    "email": record.email,
                    "locale": record.locale,
                    "organization_id": record.organization_id,
                }
                for record in moved
            ],
        )
        return moved

    def get(self, person_id: str) -> Person | None:
        """One person."""
        return self.get_many([person_id]).get(person_id)

    def get_many(self, person_ids: Iterable[str]) -> dict[str, Person]:
        """People by id; unknown ids are absent."""
        by_key = {}
        for keys in chunks(person_ids):
            for row in self._connection.execute(select(people).where(people.c.person_id.in_(keys))):
                by_key[row.person_id] = Person(row.person_id, row.name, row.email, row.locale, row.organization_id)
        return by_key


class TicketRepository:
    """Tickets."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def upsert(self, records: Iterable[Ticket], seen_at: datetime) -> list[TicketMoved]:
        """Store what a reading that began at ``seen_at`` showed; return tickets that are new or whose content differs.

        Time stamps alone do not count. A reading that began before the one that is stored, and shows nothing newer, is
        not taken: two daemons can store in another order than they read. Of a ticket that stands in ``records`` more
        than once, the last reading counts.
        """
        newest = {record.id: record for record in records}
        queue_for(self._connection, tickets)
        known = self.get_many(newest)
        differing = [
            TicketMoved(known.get(record.id), record)
            for record in newest.values()
            if known.get(record.id) != _normal(record)
        ]
        outdated = self._outdated(differing, seen_at)
        differing = [change for change in differing if change.after.id not in outdated]
        moved = [
            change
            for change in differing
            if change.before is None or content_hash(change.before) != content_hash(change.after)
        ]
        # Products move a ticket's time stamp on with our own writes, too: only new content is somebody's change.
        changed_at = self.changed_at([change.after.id for change in differing])
        changed_at.update({change.after.id: change.after.updated_at for change in moved})
        rows = [_ticket_row(change.after, seen_at, changed_at[change.after.id]) for change in differing]
        upsert(self._connection, tickets, rows)
        return moved

    def changed_at(self, ticket_ids: Iterable[str]) -> dict[str, datetime]:
        """When somebody else than us last changed what these tickets hold, by the helpdesk's own clock."""
        by_key: dict[str, datetime] = {}
        for keys in chunks(ticket_ids):
            query = select(tickets.c.ticket_id, tickets.c.changed_at).where(tickets.c.ticket_id.in_(keys))
            by_key.update({row.ticket_id: row.changed_at for row in self._connection.execute(query)})
        return by_key

    def _outdated(self, differing: Iterable[TicketMoved], seen_at: datetime) -> set[str]:
        stored = {change.after.id: change.before.updated_at for change in differing if change.before is not None}
        changed = {change.after.id: change.after.updated_at for change in differing}
        outdated: set[str] = set()
        for keys in chunks(stored):
            query = select(tickets.c.ticket_id).where(tickets.c.ticket_id.in_(keys), tickets.c.seen_at > seen_at)
            outdated.update(key for key in self._connection.execute(query).scalars() if changed[key] <= stored[key])
        return outdated

    def get(self, ticket_id: str) -> Ticket | None:
        """One ticket by id."""
        return self.get_many([ticket_id]).get(ticket_id)

    def get_many(self, ticket_ids: Iterable[str]) -> dict[str, Ticket]:
        """Tickets by id; unknown ids are absent."""
        by_key = {}
        for keys in chunks(ticket_ids):
            query = select(tickets).where(tickets.c.ticket_id.in_(keys))
            by_key.update({row.ticket_id: _ticket(row) for row in self._connection.execute(query)})
        return by_key

    def by_number(self, number: str) -> Ticket | None:
        """One ticket by the number that people see."""
        row = self._connection.execute(select(tickets).where(tickets.c.number == number)).first()
        return None if row is None else _ticket(row)

    def of_organization(self, organization_id: str, *, writable: bool = True) -> list[str]:
        """Ids of a customer's tickets, by default only those that can still be written."""
        query = select(tickets.c.ticket_id).where(tickets.c.organization_id == organization_id)
        if writable:
            query = query.where(tickets.c.status.not_in(("closed", "deleted")))
        return list(self._connection.execute(query).scalars())

    def writable(self) -> list[str]:
        """Ids of all tickets that can still be written."""
        query = select(tickets.c.ticket_id).where(tickets.c.status.not_in(("closed", "deleted")))
        return list(self._connection.execute(query).scalars())

    def each(self) -> Iterator[Ticket]:
        """Every ticket, read in bounded pages."""
        after = ""
        while True:
            query = select(tickets).where(tickets.c.ticket_id > after).order_by(tickets.c.ticket_id).limit(CHUNK)
            rows = self._connection.execute(query).all()
            yield from map(_ticket, rows)
            if len(rows) < CHUNK:
                return
            after = rows[-1].ticket_id

    def count(self) -> int:
        """How many tickets are stored."""
        return self._connection.execute(select(func.count()).select_from(tickets)).scalar_one()

    def note_written(self, *changes: TicketChange, now: datetime) -> None:
        """Take over what we wrote, so that our own changes do not come back as news, nor a page read before them."""
        queue_for(self._connection, tickets)
        known = self.get_many(dict.fromkeys(change.ticket_id for change in changes))
        for change in changes:
            if (ticket := known.get(change.ticket_id)) is not None:
                known[ticket.id] = replace(
                    ticket,
                    tags=(ticket.tags | change.add_tags) - change.remove_tags,
                    fields={**ticket.fields, **change.fields},
                )
        if not known:
            return
        self._connection.execute(
            update(tickets)
            .where(tickets.c.ticket_id == bindparam("key"))
            .values(
                tags=bindparam("new_tags"),
                fields=bindparam("new_fields"),
                content_hash=bindparam("new_hash"),
                seen_at=now,
            ),
            [
                {
                    "key": ticket.id,
                    "new_tags": sorted(ticket.tags),
                    "new_fields": dict(ticket.fields),
                    "new_hash": content_hash(ticket),
                }
                for ticket in known.values()
            ],
        )


def content_hash(ticket: Ticket) -> str:
    """A hash of what can matter to us: everything but the time stamps, which products move on their own.

    A number is hashed as its text: products whose fields have no types give back as text what was written as a number.
    """
    content = (
        ticket.number,
        ticket.subject,
        ticket.description,
        ticket.status.value,
        ticket.channel.value,
        ticket.organization_id,
        ticket.requester_id,
        ticket.assignee_id,
        sorted(ticket.tags),
        {name: _untyped(value) for name, value in ticket.fields.items()},
        ticket.merged_into,
    )
    return hashlib.sha256(encode(content).encode()).hexdigest()


def _untyped(value: FieldValue) -> FieldValue:
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _normal(record: AnyRecord) -> AnyRecord:
    """The record as it will be read back: several choices are a tuple."""
    return replace(record, fields=_fields(record.fields))


def _fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}


def _is_agreed_alike(moved: OrganizationMoved) -> bool:
    before, after = moved.before, moved.after
    return before is not None and all(
        before.fields.get(name) == after.fields.get(name) for name in map(str, AgreedField)
    )


def _organization(row: Row[Any]) -> Organization:
    return Organization(row.organization_id, row.name, dict(row.fields), row.locale, bool(row.deleted))


def _ticket_row(ticket: Ticket, seen_at: datetime, changed_at: datetime) -> dict[str, Any]:
    return {
        "ticket_id": ticket.id,
        "number": ticket.number,
        "subject": ticket.subject,
        "description": ticket.description,
        "status": ticket.status.value,
        "channel": ticket.channel.value,
        "organization_id": ticket.organization_id,
        "requester_id": ticket.requester_id,
        "assignee_id": ticket.assignee_id,
        "tags": sorted(ticket.tags),
        "fields": dict(ticket.fields),
        "url": ticket.url,
        "merged_into": ticket.merged_into,
        "created_at": ticket.created_at,
        "updated_at": ticket.updated_at,
        "content_hash": content_hash(ticket),
        "seen_at": seen_at,
        "changed_at": changed_at,
    }


def _ticket(row: Row[Any]) -> Ticket:
    return Ticket(
        id=row.ticket_id,
        number=row.number,
        subject=row.subject,
        status=TicketStatus(row.status),
        created_at=row.created_at,
        updated_at=row.updated_at,
        channel=Channel(row.channel),
        description=row.description,
        organization_id=row.organization_id,
        requester_id=row.requester_id,
        assignee_id=row.assignee_id,
        tags=frozenset(row.tags),
        fields=_fields(row.fields),
        url=row.url,
        merged_into=row.merged_into,
    )
