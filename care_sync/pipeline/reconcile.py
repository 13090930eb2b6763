"""Reconcile: a window of time entries, read whole and compared as sets with what is stored.

Terms
    window    all entries of a tracker whose work date lies between two days, both included
    missing   stored and live, and absent from a complete reading; remembered as ``missing_since``
    confirm   read the one entry: it is gone, or it only moved to another date, or the list left it out
    guard     more entries are missing at once than people delete in a day: a person is asked

Promise: an entry gives its seconds back only after it was absent from a complete reading *and* its own reading said
that it is gone. A reading that breaks off compares nothing. Missing permission proves nothing. An entry that cannot be
read is there: it is never missing, and while one has not even an id, nothing is. Each pass reads a
bounded number of entries one by one; the next pass goes on with what is left. Entries that are there are brought up
to date whatever the guard says, and the links of the window are searched again, so that renamed customers and
changed settings come through.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from care_sync.clock import Clock
from care_sync.model.linking import Linking
from care_sync.model.time_entry import StoredEntry
from care_sync.pipeline.ingest import ingest_entries, relink_entries
from care_sync.pipeline.pages import timed_pages
from care_sync.pipeline.pull import Progress
from care_sync.pipeline.unreadable import NO_ID, note_unreadable, noted_entries, settle_entries
from care_sync.settings.model import GuardSection
from care_sync.store import Store, UnitOfWork
from connectors.errors import ConnectorError, Malformed, PermissionMissing, WrongCredentials
from connectors.protocols import TimeTracker
from connectors.records import EntryState, TimeEntry, UnreadableRecord

MISSING = "missing_entries"
"""The kind of attention that the guard asks for; its subject is ``<product>:<account>``."""
MOST_CONFIRMATIONS = 25
MOST_LOOKED_AT_AGAIN = 10
"""Entries that were unreadable and are read one by one in a pass: requests are few."""
RELINKED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ReconcileReport:
    """What the window showed.

    ``missing``    entries that are live in the store and were not in the reading, now or earlier
    ``gone``       confirmed to be gone: their seconds will be given back
    ``found``      confirmed to be there after all, moved or restored
    ``left``       missing, and not confirmed in this pass
    ``stopped``    why nothing was given back, and what to do; empty when nothing stopped it
    ``interrupted`` what ended the confirming early, such as a limit; the next pass goes on
    """

    first: date
    last: date
    read: int = 0
    changed: int = 0
    relinked: int = 0
    missing: int = 0
    gone: int = 0
    found: int = 0
    left: int = 0
    stopped: str = ""
    interrupted: str = ""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What reading missing entries one by one told; ``interrupted`` says what ended it early."""

    gone: tuple[StoredEntry, ...]
    found: tuple[TimeEntry, ...]
    interrupted: ConnectorError | None = None


def is_suspicious(missing: int, window: int, guard: GuardSection) -> bool:
    """Whether so many of ``window`` entries are missing that a person must be asked first."""
    return missing > guard.missing_limit and missing > guard.missing_share * window


def reconcile_window(
    store: Store,
    tracker: TimeTracker,
    linking: Linking,
    guard: GuardSection,
    clock: Clock,
    first: date,
    last: date,
    *,
    accept_missing: bool = False,
    most_confirmations: int = MOST_CONFIRMATIONS,
    progress: Progress = lambda _count: None,
) -> ReconcileReport:
    """Make the store agree with ``tracker`` about ``first`` to ``last``.

    ``accept_missing`` is a person's word that what is missing was deleted on purpose: the guard and the bound on
    confirming reads are off, the confirming itself is not.
    Raises :class:`connectors.errors.ConnectorError` when the window cannot be read whole.
    """
    seen, unreadable, changed = _read_window(store, tracker, linking, clock, first, last, progress)
    _look_again(store, tracker, linking, clock, unreadable)
    missing, window = _note_missing(store, tracker, clock, first, last, seen, unreadable)
    report = ReconcileReport(first, last, read=len(seen), changed=changed, missing=len(missing))
    stopped_work = [absent for absent in missing if absent.entry.state is EntryState.STOPPED]
    if not accept_missing and is_suspicious(len(stopped_work), window, guard):
        report = replace(report, left=len(missing), stopped=_question(tracker, stopped_work, window, first, last))
    else:
        asked = missing if accept_missing else missing[:most_confirmations]
        confirmed = confirm(tracker, asked)
        report = _take_confirmed(store, linking, clock, confirmed, len(missing), report)
    with store.begin() as work:
        _tell(work, tracker, clock, report)
    return replace(report, relinked=_relink_window(store, tracker, linking, clock, first, last))


def confirm(tracker: TimeTracker, missing: Sequence[StoredEntry]) -> Confirmed:
    """Read each missing entry. A limit or a failure leaves the rest; a refusal takes back every *gone* as well."""
    gone: list[StoredEntry] = []
    results: list[TimeEntry] = []
    for stored in missing:
        try:
            entry = tracker.entry(stored.entry.id)
        except (PermissionMissing, WrongCredentials) as error:
            return Confirmed((), tuple(results), error)
        except Malformed as error:
            if error.request:
                return Confirmed(tuple(gone), tuple(results), error)
            continue  # It is there and cannot be read: left as it is, and the others go on.
        except ConnectorError as error:
            return Confirmed(tuple(gone), tuple(results), error)
        if entry is None:
            gone.append(stored)
        else:
            results.append(entry)
    return Confirmed(tuple(gone), tuple(results))


def _read_window(
    store: Store, tracker: TimeTracker, linking: Linking, clock: Clock, first: date, last: date, progress: Progress
) -> tuple[set[str], list[UnreadableRecord], int]:
    """Bring every entry of the window up to date; return their keys, what cannot be read, and how many had changed."""
    seen: set[str] = set()
    unreadable: list[UnreadableRecord] = []
    changed = 0
    is_complete = False
    for read_at, page in timed_pages(iter(tracker.entries_between(first, last)), clock):
        with store.begin() as work:
            changed += ingest_entries(work, page.entries, linking, clock.now(), read_at=read_at)
            read = [entry.id for entry in page.entries]
            note_unreadable(work, tracker, page.unreadable, clock.now(), entries=read)
        unreadable += page.unreadable
        seen.update(entry.key for entry in page.entries if entry.state is not EntryState.DELETED)
        is_complete = page.last
        progress(len(page.entries))
    if not is_complete:
        raise Malformed(tracker.product, f"the time entries of {first} to {last} broke off before the last page")
    return seen, unreadable, changed


def _look_again(
    store: Store, tracker: TimeTracker, linking: Linking, clock: Clock, unreadable: Sequence[UnreadableRecord]
) -> None:
    """Read entries one by one that were unreadable before and are not among those of this window."""
    still = {record.id or NO_ID for record in unreadable}
    with store.read() as work:
        noted = [identity for identity in noted_entries(work, tracker) if identity not in still]
    settled = [identity for identity in noted if identity == NO_ID]
    entries: list[TimeEntry] = []
    for identity in [identity for identity in noted if identity != NO_ID][:MOST_LOOKED_AT_AGAIN]:
        try:
            entry = tracker.entry(identity)
        except ConnectorError:
            continue
        settled.append(identity)
        if entry is not None:
            entries.append(entry)
    if settled:
        with store.begin() as work:
            ingest_entries(work, entries, linking, clock.now())
            settle_entries(work, tracker, settled)


def _note_missing(
    store: Store,
    tracker: TimeTracker,
    clock: Clock,
    first: date,
    last: date,
    seen: set[str],
    unreadable: Sequence[UnreadableRecord],
) -> tuple[list[StoredEntry], int]:
    """Mark what is missing now; return all that is missing, oldest first, and the size of the window with it."""
    with store.begin() as work:
        ids = {
            entry.entry.key: entry.entry.id
            for entry in work.entries.live_between(tracker.product, tracker.account, first, last)
        }
        live = set(ids)
        absent = [key for key in live - seen if not any(record.covers(ids[key]) for record in unreadable)]
        work.entries.mark_missing(sorted(absent), clock.now())
        missing = work.entries.missing(tracker.product, tracker.account)
    missing.sort(key=lambda absent: (absent.missing_since is None, absent.missing_since, absent.entry.key))
    return missing, len(live | {absent.entry.key for absent in missing})


def _take_confirmed(
    store: Store, linking: Linking, clock: Clock, confirmed: Confirmed, missing: int, report: ReconcileReport
) -> ReconcileReport:
    """Write what confirming told, but for entries that somebody else brought up to date meanwhile."""
    with store.begin() as work:
        now_stored = work.entries.get_many(entry.entry.key for entry in confirmed.gone)
        gone = [
            replace(entry.entry, state=EntryState.DELETED)
            for entry in confirmed.gone
            if now_stored[entry.entry.key] == entry
        ]
        ingest_entries(work, [*confirmed.found, *gone], linking, clock.now())
    error = confirmed.interrupted
    is_refused = isinstance(error, (PermissionMissing, WrongCredentials))
    message = f"Whether missing time entries are gone cannot be told, so nothing was given back. {error}"
    return replace(
        report,
        gone=len(gone),
        found=len(confirmed.found),
        left=missing - len(gone) - len(confirmed.found),
        stopped=message if is_refused else "",
        interrupted=str(error) if error is not None else "",
    )


def _question(tracker: TimeTracker, missing: Sequence[StoredEntry], window: int, first: date, last: date) -> str:
    projects = Counter(absent.entry.project_name or absent.entry.client_name or "no project" for absent in missing)
    listed = ", ".join(f"{name}: {count}" for name, count in projects.most_common(3))
    hours = sum(absent.entry.seconds for absent in missing) / 3600
    return (
        f"{len(missing)} of {window} time entries are missing from {tracker.product} {tracker.account} between {first} "
        f"and {last} ({listed}; {hours:.2f} hours). Nothing was given back. Look in the time tracker whether a project "
        "was deleted or rights were lost, and restore it there; if they were deleted on purpose, run "
        "`care-sync reconcile --accept-missing`."
    )


def _tell(work: UnitOfWork, tracker: TimeTracker, clock: Clock, report: ReconcileReport) -> None:
    """Ask for attention, or take the question off the list once nothing is missing any more."""
    subject = f"{tracker.product}:{tracker.account}"
    if report.stopped:
        work.attention.raise_(MISSING, subject, report.stopped, clock.now())
    elif report.left == 0:
        work.attention.resolve(MISSING, [subject])


def _relink_window(store: Store, tracker: TimeTracker, linking: Linking, clock: Clock, first: date, last: date) -> int:
    with store.read() as work:
        keys = [entry.entry.key for entry in work.entries.live_between(tracker.product, tracker.account, first, last)]
    relinked = 0
    for start in range(0, len(keys), RELINKED_AT_ONCE):
        with store.begin() as work:
            stored = work.entries.get_many(keys[start : start + RELINKED_AT_ONCE])
            relinked += relink_entries(work, stored.values(), linking, clock.now())
    return relinked
