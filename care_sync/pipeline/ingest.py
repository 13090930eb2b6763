"""Keeping entries and their links true in the store, and marking what follows from a change.

Terms
    counts   linked work that has stopped and was not deleted: only that stands in the ledger
    mark     a note that a ticket must be decided, or a customer's time posted, again

Promise: an entry whose content or link changed, and that counts before or after, has its tickets and customers
marked, both the old and the new ones; what changes nothing marks nothing. A ticket that an entry points at and that
was never seen is asked for once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from care_sync.model.duplicates import copies
from care_sync.model.linking import Linking, link_entry
from care_sync.model.mark import DirtyKind
from care_sync.model.record_change import OrganizationMoved, TicketMoved
from care_sync.model.time_entry import Link, LinkState, StoredEntry
from care_sync.pipeline.lookup import StoreLookup
from care_sync.store import UnitOfWork
from connectors.records import Organization, Ticket, TicketPage, TicketStatus, TimeEntry


@dataclass(slots=True)
class Marks:
    """What follows from changes, gathered and written at once."""

    tickets: dict[str, str] = field(default_factory=dict)
    organizations: dict[str, str] = field(default_factory=dict)
    wanted: set[str] = field(default_factory=set)

    def entry(self, before: StoredEntry | None, after: StoredEntry, reason: str) -> None:
        """An entry's content or link changed."""
        for item in (before, after):
            if item is not None and item.counts and item.link.ticket_id is not None:
                self.tickets[item.link.ticket_id] = reason
                if item.link.organization_id is not None:
                    self.organizations[item.link.organization_id] = reason
        if _waits_for(after.link) and (before is None or before.link.wanted_ticket != after.link.wanted_ticket):
            self.wanted.add(str(after.link.wanted_ticket))

    def write(self, work: UnitOfWork, now: datetime) -> None:
        """Put the marks in the store."""
        for kind, marked in ((DirtyKind.TICKET, self.tickets), (DirtyKind.ORGANIZATION, self.organizations)):
            for reason in sorted(set(marked.values())):
                work.dirty.mark(kind, sorted(key for key, why in marked.items() if why == reason), reason, now)
        work.dirty.mark(DirtyKind.FETCH_TICKET, sorted(self.wanted), "an entry points at it", now)


@dataclass(frozen=True, slots=True)
class _Turn:
    """An entry as it was (``None``: not at all) and as it shall be, with the link that is written down by now."""

    before: StoredEntry | None
    after: StoredEntry
    written: Link

    @property
    def is_elsewhere(self) -> bool:
        return self.after.link != self.written


def ingest_entries(
    work: UnitOfWork,
    records: Iterable[TimeEntry],
    linking: Linking,
    now: datetime,
    *,
    read_at: datetime | None = None,
) -> int:
    """Store entries as they were read, link those that changed, mark what follows; return how many changed.

    ``read_at`` is when the reading began, ``now`` where nothing is said.
    """
    lookup = StoreLookup(work, linking.helpdesk, now)
    turns: dict[str, _Turn] = {}
    for moved in work.entries.upsert(records, read_at or now):
        before, after = moved.before, moved.after
        if before is not None and before.entry.fingerprint == after.entry.fingerprint:
            continue  # it was missed, and is back as it was: nothing had been given back yet
        link = link_entry(after.entry, lookup, linking, None if before is None else before.link)
        turns[after.entry.key] = _Turn(before, replace(after, link=link), written=after.link)
    changed = frozenset(turns)
    marks = Marks()
    for key, turn in _with_copies(work, turns, linking).items():
        if key in changed or turn.is_elsewhere:
            marks.entry(turn.before, turn.after, "a time entry changed")
    _write(work, turns, marks, now, changed)
    return len(changed)


def relink_entries(work: UnitOfWork, entries: Iterable[StoredEntry], linking: Linking, now: datetime) -> int:
    """Search the tickets of stored entries again; return how many belong elsewhere than before."""
    lookup = StoreLookup(work, linking.helpdesk, now)
    turns: dict[str, _Turn] = {}
    for stored in entries:
        link = link_entry(stored.entry, lookup, linking, stored.link)
        turns[stored.entry.key] = _Turn(stored, replace(stored, link=link), written=stored.link)
    marks = Marks()
    for turn in _with_copies(work, turns, linking).values():
        if turn.is_elsewhere:
            marks.entry(turn.before, turn.after, "a time entry belongs elsewhere")
    return _write(work, turns, marks, now)


def _write(
    work: UnitOfWork,
    turns: Mapping[str, _Turn],
    marks: Marks,
    now: datetime,
    changed: frozenset[str] = frozenset(),
) -> int:
    links = {key: turn.after.link for key, turn in turns.items() if turn.is_elsewhere}
    # Nobody's time can still stand where a closed month settled it: what becomes of it is decided there.
    known = [key for key, turn in turns.items() if turn.before is not None and (key in changed or turn.is_elsewhere)]
    for standing in work.ledger.posted(known).values():
        marks.tickets.setdefault(standing.ticket_id, "time that stands there changed")
        marks.organizations.setdefault(standing.organization_id, "time that stands there changed")
    work.entries.set_links(links)
    marks.write(work, now)
    return len(links)


def _with_copies(work: UnitOfWork, turns: dict[str, _Turn], linking: Linking) -> dict[str, _Turn]:
    """Tell copies from originals wherever an entry comes, goes or changes; add what turns beside it to ``turns``."""
    touched = {
        (item.link.ticket_id, item.entry.work_date)
        for turn in turns.values()
        for item in (turn.before, turn.after)
        if item is not None and item.link.ticket_id is not None
    }
    if not touched or linking.settings.copies == "count":
        return turns
    days = [day for _, day in touched]
    beside = work.entries.of_tickets_between({str(ticket) for ticket, _ in touched}, min(days), max(days))
    there = {item.entry.key: _Turn(item, _as_found(item), written=item.link) for item in beside} | turns
    groups: dict[tuple[str | None, date], list[_Turn]] = {}
    for turn in there.values():
        place = (turn.after.link.ticket_id, turn.after.entry.work_date)
        if place in touched and turn.after.counts:
            groups.setdefault(place, []).append(turn)
    in_closed_months = _settled(work, [turn.after.entry.key for group in groups.values() for turn in group])
    for group in groups.values():
        found = copies((turn.after.entry for turn in group), in_closed_months)
        for turn in group:
            key = turn.after.entry.key
            settled = turn
            if (copy := found.get(key)) is not None:
                text = f"a copy of {copy.original}: the same person, day, length and {copy.evidence}"
                link = replace(turn.after.link, state=LinkState.COPY, reason=text)
                settled = replace(turn, after=replace(turn.after, link=link))
            if key in turns or settled.is_elsewhere:
                turns[key] = settled
    return turns


def _settled(work: UnitOfWork, entry_keys: Sequence[str]) -> set[str]:
    """Entries that a closed month settled."""
    months = work.periods.months()
    if months.closed_through is None:
        return set()
    return {key for key, standing in work.ledger.posted(entry_keys).items() if months.is_closed(standing.period)}


def _as_found(stored: StoredEntry) -> StoredEntry:
    """A stored entry as the search for its ticket left it, before copies were told."""
    if stored.link.state is not LinkState.COPY:
        return stored
    return replace(stored, link=replace(stored.link, state=LinkState.LINKED, reason=""))


@dataclass(frozen=True, slots=True)
class IngestedPage:
    """What a page of tickets changed."""

    tickets: int
    organizations: int
    relinked: int


def ingest_tickets(
    work: UnitOfWork, page: TicketPage, linking: Linking, now: datetime, *, read_at: datetime | None = None
) -> IngestedPage:
    """Store a page of tickets with what came beside it, mark what changed, and link the entries concerned again.

    ``read_at`` is when the reading began, ``now`` where nothing is said.
    """
    organizations = ingest_organizations(work, page.organizations, now, read_at=read_at)
    work.people.upsert(page.people)
    moved = work.tickets.upsert(_not_wiped(work, page.tickets), read_at or now)
    marks = Marks()
    for change in moved:
        marks.tickets[change.after.id] = "the ticket changed"
        if change.before is not None and change.before.organization_id != change.after.organization_id:
            customers = (change.before.organization_id, change.after.organization_id)
            marks.organizations.update({key: "a ticket changed hands" for key in customers if key is not None})
    merged = {change.after.merged_into for change in moved if change.after.merged_into is not None}
    marks.wanted |= merged - set(work.tickets.get_many(merged))
    marks.write(work, now)
    return IngestedPage(len(moved), organizations, relink_entries(work, _concerned(work, moved), linking, now))


def _not_wiped(work: UnitOfWork, tickets: Sequence[Ticket]) -> list[Ticket]:
    """Of a deleted ticket, what its time rests on stays when the helpdesk wipes it; what was said in it goes."""
    before = work.tickets.get_many(ticket.id for ticket in tickets if _is_wiped(ticket))
    return [_with_what_was(ticket, before[ticket.id]) if ticket.id in before else ticket for ticket in tickets]


def _is_wiped(ticket: Ticket) -> bool:
    is_empty = ticket.organization_id is None and not ticket.tags
    return ticket.status is TicketStatus.DELETED and is_empty and all(value is None for value in ticket.fields.values())


def _with_what_was(ticket: Ticket, before: Ticket) -> Ticket:
    return replace(ticket, organization_id=before.organization_id, tags=before.tags, fields=before.fields)


def ingest_organizations(
    work: UnitOfWork, records: Sequence[Organization], now: datetime, *, read_at: datetime | None = None
) -> int:
    """Store organizations; one that changed has its tickets marked. Returns how many changed."""
    moved = work.organizations.upsert(records, read_at or now)
    marks = Marks()
    for change in moved:
        marks.organizations[change.after.id] = "the organization changed"
        marks.tickets.update(dict.fromkeys(_tickets_of(work, change), "the organization changed"))
    marks.write(work, now)
    return len(moved)


def _waits_for(link: Link) -> bool:
    return link.state is LinkState.UNKNOWN_TICKET and link.wanted_ticket is not None


def _concerned(work: UnitOfWork, moved: Sequence[TicketMoved]) -> list[StoredEntry]:
    """Entries whose link may be another because of these tickets: those waiting for them, and those on them."""
    keys: set[str] = set()
    for change in moved:
        if change.before is None or _place(change.before) != _place(change.after):
            keys |= {change.after.id, change.after.number}
    if not keys:
        return []
    entries_by_key = {stored.entry.key: stored for stored in work.entries.wanting(sorted(keys))}
    for entries in work.entries.of_tickets(sorted(keys)).values():
        entries_by_key.update({stored.entry.key: stored for stored in entries})
    return list(entries_by_key.values())


def _place(ticket: Ticket) -> tuple[str | None, ...]:
    """What linking looks at."""
    return ticket.number, ticket.organization_id, ticket.merged_into


def _tickets_of(work: UnitOfWork, moved: OrganizationMoved) -> set[str]:
    """Tickets that a change of their organization can still concern: writable ones, and those with open time."""
    organization_id = moved.after.id
    worked_on = work.entries.of_organization_since(organization_id, _first_open_day(work))
    with_time = {stored.link.ticket_id for stored in worked_on if stored.counts and stored.link.ticket_id}
    return with_time | set(work.tickets.of_organization(organization_id))


def _first_open_day(work: UnitOfWork) -> date:
    closed = work.periods.closed()
    if not closed:
        return date.min
    year, month = (int(part) for part in closed[-1].period.split("-"))
    return date(year + month // 12, month % 12 + 1, 1)
