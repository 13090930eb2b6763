"""Pull: what changed in the helpdesk and the time trackers, into the store.

    pull_organizations   every customer, because their fields change without a ticket changing
    pull_tickets         what the helpdesk knows to have changed since the cursor
    reread_tickets       what the helpdesk knows to have changed since a day, whatever the cursor says
    pull_entries         what a time tracker knows to have changed: the fast lane; the window finds the rest
    pull_named           what a webhook, an entry or a person named, read by its id

Terms
    page     part of a reading; stored in one transaction together with the cursor behind it
    cursor   where reading goes on; one that the product no longer accepts is forgotten, and reading restarts

Promise: nothing is read from a product inside a transaction. A page is stored whole with its cursor or not at all,
so after a crash reading goes on behind the last stored page. What was seen before changes nothing and marks nothing:
neither records that come twice nor our own writes, which the store took over when they were made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar

from care_sync.clock import Clock
from care_sync.model.linking import Linking
from care_sync.model.mark import DirtyKind
from care_sync.pipeline.ingest import ingest_entries, ingest_organizations, ingest_tickets
from care_sync.pipeline.pages import timed_pages
from care_sync.pipeline.unreadable import note_unreadable
from care_sync.settings.model import GuardSection
from care_sync.store import Store, UnitOfWork
from connectors.errors import ConnectorError, Invalid, Limited, Malformed, NotFound, PermissionMissing
from connectors.protocols import Helpdesk, TimeTracker
from connectors.records import EntryPage, EntryState, TicketPage, TimeEntry
from connectors.unreadable import TICKET, ReadRecords

Progress = Callable[[int], None]
"""Told how many records each page brought."""

TICKETS_A_CALL = 100
MOST_NAMED_ENTRIES = 20
"""Entries read one by one in a pass: requests are few, and the fast lane brings most of them anyway."""


@dataclass(frozen=True, slots=True)
class PullReport:
    """What a reading brought. ``restarted``: the stored cursor was refused, so it began from the start."""

    pages: int = 0
    read: int = 0
    changed: int = 0
    organizations_changed: int = 0
    relinked: int = 0
    restarted: bool = False


@dataclass(frozen=True, slots=True)
class NamedReport:
    """What became of what was named. ``absent``: ticket ids that the helpdesk does not have.

    ``gone``: entries that no longer exist and were taken out; ``left``: entries that wait for another pass.
    """

    tickets_read: int = 0
    tickets_changed: int = 0
    entries_read: int = 0
    entries_changed: int = 0
    relinked: int = 0
    absent: tuple[str, ...] = ()
    gone: int = 0
    left: int = 0


class _Page(Protocol):
    @property
    def cursor(self) -> str | None: ...


_AnyPage = TypeVar("_AnyPage", bound=_Page)


def _silent(_count: int) -> None:
    return None


def tickets_cursor(helpdesk: Helpdesk) -> str:
    """The name of the cursor of a helpdesk."""
    return f"tickets:{helpdesk.product}:{helpdesk.account}"


def entries_cursor(tracker: TimeTracker) -> str:
    """The name of the cursor of a time tracker."""
    return f"entries:{tracker.product}:{tracker.account}"


def pull_organizations(store: Store, helpdesk: Helpdesk, clock: Clock, progress: Progress = _silent) -> PullReport:
    """Read every organization; those whose fields changed have their tickets marked."""
    report = PullReport()
    for read_at, page in timed_pages(iter(helpdesk.organizations()), clock):
        unreadable = page.unreadable if isinstance(page, ReadRecords) else ()
        with store.begin() as work:
            changed = ingest_organizations(work, page, clock.now(), read_at=read_at)
            read = [organization.id for organization in page]
            note_unreadable(work, helpdesk, unreadable, clock.now(), organizations=read)
        report = replace(
            report,
            pages=report.pages + 1,
            read=report.read + len(page),
            organizations_changed=report.organizations_changed + changed,
        )
        progress(len(page))
    return report


def pull_tickets(
    store: Store, helpdesk: Helpdesk, linking: Linking, clock: Clock, since: datetime, progress: Progress = _silent
) -> PullReport:
    """Read the tickets that changed since the last stored page, or since ``since`` the first time.

    Raises :class:`connectors.errors.ConnectorError`; every page before it is kept.
    """

    def take(work: UnitOfWork, page: TicketPage, report: PullReport, read_at: datetime) -> PullReport:
        return _take_tickets(work, helpdesk, page, report, linking, clock, read_at)

    name = tickets_cursor(helpdesk)
    return _read(store, clock, name, lambda cursor: helpdesk.changed_tickets(cursor, since), take, progress)


def reread_tickets(
    store: Store, helpdesk: Helpdesk, linking: Linking, clock: Clock, since: datetime, progress: Progress = _silent
) -> PullReport:
    """Read again what changed since ``since``; where reading goes on the next time stays as it was."""
    report = PullReport()
    for read_at, page in timed_pages(iter(helpdesk.changed_tickets(None, since)), clock):
        with store.begin() as work:
            report = replace(report, pages=report.pages + 1)
            report = _take_tickets(work, helpdesk, page, report, linking, clock, read_at)
        progress(len(page.tickets))
    return report


def pull_entries(
    store: Store, tracker: TimeTracker, linking: Linking, clock: Clock, since: datetime, progress: Progress = _silent
) -> PullReport:
    """Read the entries that the tracker knows to have changed, as :func:`pull_tickets` does tickets."""

    def take(work: UnitOfWork, page: EntryPage, report: PullReport, read_at: datetime) -> PullReport:
        changed = ingest_entries(work, page.entries, linking, clock.now(), read_at=read_at)
        read = [entry.id for entry in page.entries]
        note_unreadable(work, tracker, page.unreadable, clock.now(), entries=read)
        return replace(report, read=report.read + len(page.entries), changed=report.changed + changed)

    name = entries_cursor(tracker)
    return _read(store, clock, name, lambda cursor: tracker.changed_entries(cursor, since), take, progress)


def _take_tickets(
    work: UnitOfWork,
    helpdesk: Helpdesk,
    page: TicketPage,
    report: PullReport,
    linking: Linking,
    clock: Clock,
    read_at: datetime,
) -> PullReport:
    taken = ingest_tickets(work, page, linking, clock.now(), read_at=read_at)
    _note_unreadable_of(work, helpdesk, page, clock)
    # Its cursor has gone by: it is read by its id until it can be.
    work.dirty.mark(DirtyKind.FETCH_TICKET, sorted(_set_aside(page)), "unreadable", clock.now())
    return replace(
        report,
        read=report.read + len(page.tickets),
        changed=report.changed + taken.tickets,
        organizations_changed=report.organizations_changed + taken.organizations,
        relinked=report.relinked + taken.relinked,
    )


def _note_unreadable_of(work: UnitOfWork, helpdesk: Helpdesk, page: TicketPage, clock: Clock) -> None:
    note_unreadable(
        work,
        helpdesk,
        page.unreadable,
        clock.now(),
        tickets=[ticket.id for ticket in page.tickets],
        organizations=[organization.id for organization in page.organizations],
        people=[person.id for person in page.people],
    )


def _set_aside(page: TicketPage) -> set[str]:
    """The tickets of a page that could not be read."""
    return {record.id for record in page.unreadable if record.kind == TICKET and record.id is not None}


def _read(
    store: Store,
    clock: Clock,
    name: str,
    pages: Callable[[str | None], Iterator[_AnyPage]],
    take: Callable[[UnitOfWork, _AnyPage, PullReport, datetime], PullReport],
    progress: Progress,
) -> PullReport:
    with store.read() as work:
        cursor = work.cursors.get(name)
    report = PullReport()
    try:
        return _read_from(cursor, store, clock, name, pages, take, progress, report)
    except Invalid:
        if cursor is None:
            raise
    with store.begin() as work:
        work.cursors.set(name, None, clock.now())
    return _read_from(None, store, clock, name, pages, take, progress, replace(report, restarted=True))


def _read_from(
    cursor: str | None,
    store: Store,
    clock: Clock,
    name: str,
    pages: Callable[[str | None], Iterator[_AnyPage]],
    take: Callable[[UnitOfWork, _AnyPage, PullReport, datetime], PullReport],
    progress: Progress,
    report: PullReport,
) -> PullReport:
    for read_at, page in timed_pages(pages(cursor), clock):
        read_before = report.read
        with store.begin() as work:
            report = take(work, page, replace(report, pages=report.pages + 1), read_at)
            if page.cursor is not None:
                work.cursors.set(name, page.cursor, clock.now())
        progress(report.read - read_before)
    return report


def pull_named(
    store: Store,
    helpdesk: Helpdesk,
    trackers: Iterable[TimeTracker],
    linking: Linking,
    guard: GuardSection,
    clock: Clock,
    ticket_ids: Sequence[str] = (),
    progress: Progress = _silent,
) -> NamedReport:
    """Read what is marked to be fetched, and ``ticket_ids`` besides.

    An entry that is gone is taken out at once while few are; more than ``guard.missing_limit`` at a time are left for
    :func:`care_sync.pipeline.reconcile.reconcile_window`, whose guard asks a person.
    Raises :class:`connectors.errors.ConnectorError` when all that could be read was stored; what could not stays
    marked, but for an entry that the tracker refuses to show: the window tells of it. A limit only ends the reading of
    entries, and one that cannot be read keeps none of the others from being read.
    """
    report = NamedReport()
    failure: ConnectorError | None = None
    for tracker in trackers:
        report, error = _named_entries(store, tracker, linking, guard, clock, report, progress)
        failure = failure or error
    report = _named_tickets(store, helpdesk, linking, clock, ticket_ids, report, progress)
    if failure is not None:
        raise failure
    return report


def _named_tickets(
    store: Store,
    helpdesk: Helpdesk,
    linking: Linking,
    clock: Clock,
    ticket_ids: Sequence[str],
    report: NamedReport,
    progress: Progress,
) -> NamedReport:
    """Read tickets until none is wanted any more: one that was merged makes its survivor wanted."""
    tried: set[str] = set()
    while True:
        with store.read() as work:
            marked: Mapping[str, int] = work.dirty.take(DirtyKind.FETCH_TICKET)
        batch = [key for key in dict.fromkeys((*ticket_ids, *marked)) if key not in tried][:TICKETS_A_CALL]
        if not batch:
            return report
        tried.update(batch)
        read_at = clock.now()
        page = helpdesk.tickets(batch)
        there = {ticket.id for ticket in page.tickets}
        set_aside = _set_aside(page)
        with store.begin() as work:
            taken = ingest_tickets(work, page, linking, clock.now(), read_at=read_at)
            _note_unreadable_of(work, helpdesk, page, clock)
            work.dirty.mark(DirtyKind.TICKET, sorted(there.intersection(ticket_ids)), "asked for", clock.now())
            read = {key: marked[key] for key in batch if key in marked and key not in set_aside}
            work.dirty.clear(DirtyKind.FETCH_TICKET, read)
        report = replace(
            report,
            tickets_read=report.tickets_read + len(there),
            tickets_changed=report.tickets_changed + taken.tickets,
            relinked=report.relinked + taken.relinked,
            absent=report.absent + tuple(key for key in batch if key not in there | set_aside),
        )
        progress(len(batch))


def _named_entries(
    store: Store,
    tracker: TimeTracker,
    linking: Linking,
    guard: GuardSection,
    clock: Clock,
    report: NamedReport,
    progress: Progress,
) -> tuple[NamedReport, ConnectorError | None]:
    start = f"{tracker.product}:{tracker.account}:"
    with store.read() as work:
        marks = work.dirty.take(DirtyKind.FETCH_ENTRY)
    marked = {key: version for key, version in marks.items() if key.startswith(start)}
    if not marked:
        return report, None
    read: dict[str, TimeEntry | None] = {}
    read_at = clock.now()
    refused: list[str] = []
    failure: ConnectorError | None = None
    for key in list(marked)[:MOST_NAMED_ENTRIES]:
        try:
            read[key] = tracker.entry(key.removeprefix(start))
        except Limited:
            break
        except (PermissionMissing, Invalid, NotFound) as error:
            failure = failure or error
            refused.append(key)
        except ConnectorError as error:
            failure = failure or error
            if not isinstance(error, Malformed):
                break
        progress(1)
    entries = [entry for entry in read.values() if entry is not None]
    with store.begin() as work:
        gone = _gone(work, tracker, [key for key, entry in read.items() if entry is None], guard, clock)
        changed = ingest_entries(work, [*entries, *gone], linking, clock.now(), read_at=read_at)
        work.dirty.clear(DirtyKind.FETCH_ENTRY, {key: marked[key] for key in (*read, *refused)})
    read_now = replace(
        report,
        entries_read=report.entries_read + len(read),
        entries_changed=report.entries_changed + changed,
        gone=report.gone + len(gone),
        left=report.left + len(marked) - len(read) - len(refused),
    )
    return read_now, failure


def _gone(
    work: UnitOfWork, tracker: TimeTracker, absent: Sequence[str], guard: GuardSection, clock: Clock
) -> list[TimeEntry]:
    """The absent entries as deleted ones; none, but marked missing, when too many are missing at once."""
    live = [entry for entry in work.entries.get_many(absent).values() if entry.entry.state is not EntryState.DELETED]
    keys = {entry.entry.key for entry in live}
    missing = keys.union(absent.entry.key for absent in work.entries.missing(tracker.product, tracker.account))
    if len(missing) > guard.missing_limit:
        work.entries.mark_missing(sorted(keys), clock.now())
        return []
    return [replace(entry.entry, state=EntryState.DELETED) for entry in live]
