"""Time entries as they were last read, with the ticket that each was found to belong to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, select, update

from care_sync.model.time_entry import UNSEARCHED, Link, LinkState, StoredEntry
from care_sync.store.schema import time_entries
from care_sync.store.tables import CHUNK, chunks, upsert
from connectors.records import EntryKind, EntryState, TicketReference, TimeEntry


@dataclass(frozen=True, slots=True)
class EntryMoved:
    """An entry whose fingerprint differs from what was stored."""

    before: StoredEntry | None
    after: StoredEntry


class EntryRepository:
    """Time entries."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def upsert(self, records: Iterable[TimeEntry], seen_at: datetime) -> list[EntryMoved]:
        """Store what a reading that began at ``seen_at`` showed; return entries that are new, differ, or are back.

        A reading that began before the one that is stored, and shows nothing newer, is not taken. The link of an entry
        that differs is kept until :meth:`set_links` says otherwise.
        """
        newest = {record.key: record for record in records}
        known = self.get_many(newest)
        outdated = self._outdated(newest, known, seen_at)
        moved: list[EntryMoved] = []
        for key, record in newest.items():
            before = known.get(key)
            if key in outdated:
                continue
            if before is None:
                moved.append(EntryMoved(None, StoredEntry(record, 1, UNSEARCHED)))
            elif before.entry.fingerprint != record.fingerprint:
                moved.append(EntryMoved(before, StoredEntry(record, before.revision + 1, before.link)))
            elif before.missing_since is not None:
                moved.append(EntryMoved(before, StoredEntry(record, before.revision, before.link)))
        upsert(self._connection, time_entries, [_row(change.after, seen_at) for change in moved])
        return moved

    def _outdated(
        self, records: Mapping[str, TimeEntry], known: Mapping[str, StoredEntry], seen_at: datetime
    ) -> set[str]:
        """Entries of which something newer is stored: read later, and not changed before these."""
        differing = [key for key, before in known.items() if before.entry.fingerprint != records[key].fingerprint]
        outdated: set[str] = set()
        for keys in chunks(differing):
            query = select(time_entries.c.entry_key).where(
                time_entries.c.entry_key.in_(keys), time_entries.c.seen_at > seen_at
            )
            for key in self._connection.execute(query).scalars():
                changed, stored = records[key].source_updated_at, known[key].entry.source_updated_at
                if changed is None or stored is None or changed <= stored:
                    outdated.add(key)
        return outdated

    def get(self, entry_key: str) -> StoredEntry | None:
        """One entry."""
        return self.get_many([entry_key]).get(entry_key)

    def get_many(self, entry_keys: Iterable[str]) -> dict[str, StoredEntry]:
        """Entries by key; unknown keys are absent."""
        by_key = {}
        for keys in chunks(entry_keys):
            query = select(time_entries).where(time_entries.c.entry_key.in_(keys))
            by_key.update({row.entry_key: _stored(row) for row in self._connection.execute(query)})
        return by_key

    def of_tickets(self, ticket_ids: Iterable[str]) -> dict[str, list[StoredEntry]]:
        """Entries linked to each of these tickets, in order of work."""
        of_tickets: dict[str, list[StoredEntry]] = {}
        for keys in chunks(ticket_ids):
            query = select(time_entries).where(time_entries.c.ticket_id.in_(keys))
            for stored in self._ordered(query):
                of_tickets.setdefault(stored.link.ticket_id or "", []).append(stored)
        return of_tickets

    def of_tickets_between(self, ticket_ids: Iterable[str], first: date, last: date) -> list[StoredEntry]:
        """Entries linked to one of these tickets, and worked on between two days."""
        results: list[StoredEntry] = []
        for keys in chunks(ticket_ids):
            query = select(time_entries).where(
                time_entries.c.ticket_id.in_(keys), time_entries.c.work_date.between(first, last)
            )
            results.extend(self._ordered(query))
        return results

    def copies(self, limit: int | None = None) -> list[StoredEntry]:
        """Entries that are left out as copies of others, newest work first."""
        return self._newest_first([LinkState.COPY], limit)

    def wanting(self, tickets: Iterable[str]) -> list[StoredEntry]:
        """Entries that pointed at one of these tickets (id or number) before it was there."""
        results: list[StoredEntry] = []
        for keys in chunks(tickets):
            query = select(time_entries).where(
                time_entries.c.wanted_ticket.in_(keys), time_entries.c.link_state != LinkState.LINKED.value
            )
            results.extend(self._ordered(query))
        return results

    def live_between(self, tracker: str, account: str, first: date, last: date) -> Iterator[StoredEntry]:
        """Entries of a window that are not deleted, in bounded pages."""
        after = ""
        while True:
            query = (
                select(time_entries)
                .where(
                    time_entries.c.tracker == tracker,
                    time_entries.c.account == account,
                    time_entries.c.work_date.between(first, last),
                    time_entries.c.state != EntryState.DELETED.value,
                    time_entries.c.entry_key > after,
                )
                .order_by(time_entries.c.entry_key)
                .limit(CHUNK)
            )
            rows = self._connection.execute(query).all()
            yield from map(_stored, rows)
            if len(rows) < CHUNK:
                return
            after = rows[-1].entry_key

    def first_live_day(self, tracker: str, account: str, first: date) -> date | None:
        """The oldest day from ``first`` on of which an entry that is not deleted is stored; ``None`` without any."""
        query = select(func.min(time_entries.c.work_date)).where(
            time_entries.c.tracker == tracker,
            time_entries.c.account == account,
            time_entries.c.work_date >= first,
            time_entries.c.state != EntryState.DELETED.value,
        )
        oldest: date | None = self._connection.execute(query).scalar_one()
        return oldest

    def live_by_account(self, first: date) -> dict[tuple[str, str], int]:
        """How many entries since a work date each tracker and account has that are not deleted."""
        query = (
            select(time_entries.c.tracker, time_entries.c.account, func.count())
            .where(time_entries.c.work_date >= first, time_entries.c.state != EntryState.DELETED.value)
            .group_by(time_entries.c.tracker, time_entries.c.account)
        )
        return {(tracker, account): count for tracker, account, count in self._connection.execute(query)}

    def of_organization_since(self, organization_id: str, first: date) -> list[StoredEntry]:
        """A customer's entries from a work date on, in order of work."""
        query = select(time_entries).where(
            time_entries.c.organization_id == organization_id, time_entries.c.work_date >= first
        )
        return list(self._ordered(query))

    def first_work_date(self, organization_id: str) -> date | None:
        """The day of a customer's first work that counts; ``None`` while there is none."""
        query = select(func.min(time_entries.c.work_date)).where(
            time_entries.c.organization_id == organization_id,
            time_entries.c.link_state == LinkState.LINKED.value,
            time_entries.c.state == EntryState.STOPPED.value,
            time_entries.c.kind == EntryKind.WORK.value,
        )
        found: date | None = self._connection.execute(query).scalar_one()
        return found

    def counting_since(self, first: date) -> Iterator[StoredEntry]:
        """Entries whose seconds stand on an account, worked since a day, in bounded pages."""
        after = ""
        while True:
            query = (
                select(time_entries)
                .where(
                    time_entries.c.link_state == LinkState.LINKED.value,
                    time_entries.c.state == EntryState.STOPPED.value,
                    time_entries.c.work_date >= first,
                    time_entries.c.entry_key > after,
                )
                .order_by(time_entries.c.entry_key)
                .limit(CHUNK)
            )
            rows = self._connection.execute(query).all()
            yield from (stored for stored in map(_stored, rows) if stored.counts)
            if len(rows) < CHUNK:
                return
            after = rows[-1].entry_key

    def unlinked(self, limit: int | None = None) -> list[StoredEntry]:
        """Entries that found no ticket and are waiting for a person, newest work first."""
        return self._newest_first([LinkState.UNLINKED, LinkState.UNKNOWN_TICKET, LinkState.OTHER_CUSTOMER], limit)

    def counts_by_link(self) -> dict[str, int]:
        """How many live entries stand in each link state."""
        query = (
            select(time_entries.c.link_state, func.count())
            .where(time_entries.c.state != EntryState.DELETED.value)
            .group_by(time_entries.c.link_state)
        )
        return {name: value for name, value in self._connection.execute(query)}

    def set_links(self, links: Mapping[str, Link]) -> None:
        """Write down where entries belong."""
        if not links:
            return
        statement = (
            update(time_entries)
            .where(time_entries.c.entry_key == bindparam("key"))
            .values({name: bindparam(f"new_{name}") for name in _link_columns(UNSEARCHED)})
        )
        self._connection.execute(
            statement,
            [
                {"key": key, **{f"new_{name}": value for name, value in _link_columns(link).items()}}
                for key, link in links.items()
            ],
        )

    def mark_missing(self, entry_keys: Sequence[str], since: datetime) -> None:
        """Remember that these were absent from a complete reading (the first time counts)."""
        for keys in chunks(entry_keys):
            self._connection.execute(
                update(time_entries)
                .where(time_entries.c.entry_key.in_(keys), time_entries.c.missing_since.is_(None))
                .values(missing_since=since)
            )

    def missing(self, tracker: str, account: str) -> list[StoredEntry]:
        """Entries marked missing and not yet confirmed to be gone."""
        query = select(time_entries).where(
            time_entries.c.tracker == tracker,
            time_entries.c.account == account,
            time_entries.c.missing_since.is_not(None),
            time_entries.c.state != EntryState.DELETED.value,
        )
        return list(self._ordered(query))

    def all_missing(self) -> list[StoredEntry]:
        """Entries of any tracker that are marked missing and not yet confirmed to be gone."""
        query = select(time_entries).where(
            time_entries.c.missing_since.is_not(None), time_entries.c.state != EntryState.DELETED.value
        )
        return list(self._ordered(query))

    def running_between(self, first: date, after: date) -> int:
        """How many timers of these days are still running; ``after`` is the first day behind them."""
        query = select(func.count()).where(
            time_entries.c.state == EntryState.RUNNING.value,
            time_entries.c.work_date >= first,
            time_entries.c.work_date < after,
        )
        return self._connection.execute(query).scalar_one()

    def each(self) -> Iterator[list[StoredEntry]]:
        """Every entry, in bounded pages."""
        after = ""
        while True:
            query = select(time_entries).where(time_entries.c.entry_key > after)
            rows = self._connection.execute(query.order_by(time_entries.c.entry_key).limit(CHUNK)).all()
            if rows:
                yield [_stored(row) for row in rows]
            if len(rows) < CHUNK:
                return
            after = rows[-1].entry_key

    def count(self) -> int:
        """How many entries are stored."""
        return self._connection.execute(select(func.count()).select_from(time_entries)).scalar_one()

    def _newest_first(self, states: Sequence[LinkState], limit: int | None) -> list[StoredEntry]:
        query = (
            select(time_entries)
            .where(
                time_entries.c.link_state.in_([state.value for state in states]),
                time_entries.c.state == EntryState.STOPPED.value,
            )
            .order_by(time_entries.c.work_date.desc(), time_entries.c.entry_key)
        )
        return [_stored(row) for row in self._connection.execute(query if limit is None else query.limit(limit))]

    def _ordered(self, query: Select[Any]) -> Iterator[StoredEntry]:
        ordered = query.order_by(time_entries.c.work_date, time_entries.c.started_at, time_entries.c.entry_key)
        return map(_stored, self._connection.execute(ordered).all())


def _link_columns(link: Link) -> dict[str, Any]:
    return {
        "link_state": link.state.value,
        "link_via": link.via,
        "link_reason": link.reason,
        "wanted_ticket": link.wanted_ticket,
        "ticket_id": link.ticket_id,
        "organization_id": link.organization_id,
        "activity": link.activity,
    }


DETAILS = (
    "person_id",
    "person_name",
    "project_id",
    "project_name",
    "client_id",
    "client_name",
    "tags",
    "billable",
    "locked",
    "grain_seconds",
)


def _row(stored: StoredEntry, seen_at: datetime) -> dict[str, Any]:
    entry = stored.entry
    details: dict[str, Any] = {name: getattr(entry, name) for name in DETAILS}
    details["references"] = [list(reference.content) for reference in entry.references]
    return {
        "entry_key": entry.key,
        "tracker": entry.tracker,
        "account": entry.account,
        "id": entry.id,
        "state": entry.state.value,
        "kind": entry.kind.value,
        "seconds": entry.seconds,
        "work_date": entry.work_date,
        "started_at": entry.started_at,
        "ended_at": entry.ended_at,
        "description": entry.description,
        "details": details,
        "source_updated_at": entry.source_updated_at,
        "fingerprint": entry.fingerprint,
        "revision": stored.revision,
        **_link_columns(stored.link),
        "missing_since": None,
        "seen_at": seen_at,
    }


def _stored(row: Row[Any]) -> StoredEntry:
    details = dict(row.details)
    references = tuple(TicketReference(*detail) for detail in details.pop("references"))
    entry = TimeEntry(
        tracker=row.tracker,
        account=row.account,
        id=row.id,
        state=EntryState(row.state),
        kind=EntryKind(row.kind),
        seconds=row.seconds,
        work_date=row.work_date,
        description=row.description,
        started_at=row.started_at,
        ended_at=row.ended_at,
        references=references,
        source_updated_at=row.source_updated_at,
        **details,
    )
    link = Link(
        LinkState(row.link_state),
        row.ticket_id,
        row.organization_id,
        row.activity,
        row.link_via,
        row.link_reason,
        row.wanted_ticket,
    )
    return StoredEntry(entry, row.revision, link, row.missing_since)
