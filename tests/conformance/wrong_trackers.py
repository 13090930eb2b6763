"""Time trackers' connectors that are wrong in one way each: the mistakes that people make, for the suite to find.

Each stands before the right connector of a bed and spoils one thing of what that one does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from connectors.conformance.tracker_bed import TOKEN, ZONE, TrackerBed
from connectors.errors import BadSignature, ConnectorError, Malformed, PermissionMissing
from connectors.records import EntryKind, EntryPage, EntryState, TimeEntry, WebhookCall


class WrongTracker:
    """Does everything as the right connector does; a subclass does one thing otherwise."""

    def __init__(self, right: Any, bed: TrackerBed, clock_ahead: timedelta = timedelta()) -> None:
        self.right = right
        self.bed = bed
        self.clock_ahead = clock_ahead

    def __getattr__(self, name: str) -> Any:
        return getattr(self.right, name)

    def spoilt(self, entry: TimeEntry) -> TimeEntry:
        """One entry, as it is told."""
        return entry

    def changed_entries(self, cursor: str | None, since: datetime) -> Iterator[EntryPage]:
        for page in self.right.changed_entries(cursor, since):
            yield replace(page, entries=tuple(self.spoilt(one) for one in page.entries))

    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        for page in self.right.entries_between(first, last):
            yield replace(page, entries=tuple(self.spoilt(one) for one in page.entries))

    def entry(self, entry_id: str) -> TimeEntry | None:
        found = self.right.entry(entry_id)
        return found and self.spoilt(found)


class DropsTheLastOfAFullPage(WrongTracker):
    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        for page in self.right.entries_between(first, last):
            yield page if page.last else replace(page, entries=page.entries[:-1])


class TellsAnEntryOnTwoPages(WrongTracker):
    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        before: tuple[TimeEntry, ...] = ()
        for page in self.right.entries_between(first, last):
            yield replace(page, entries=before[-1:] + page.entries)
            before = page.entries


class TakesABrokenPageForTheLast(WrongTracker):
    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        try:
            yield from self.right.entries_between(first, last)
        except ConnectorError:
            yield EntryPage((), None, last=True)


class TakesAnErrorForNothing(WrongTracker):
    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        try:
            pages = list(self.right.entries_between(first, last))
        except ConnectorError:
            pages = [EntryPage((), None, last=True)]
        yield from pages


class TakesForbiddenForGone(WrongTracker):
    def entry(self, entry_id: str) -> TimeEntry | None:
        try:
            return self.right.entry(entry_id)
        except PermissionMissing:
            return None


class GivesAnEmptyEntryForNone(WrongTracker):
    def entry(self, entry_id: str) -> TimeEntry | None:
        today = self.bed.clock.now().date()
        empty = TimeEntry(self.product, self.account, entry_id, EntryState.STOPPED, EntryKind.WORK, 0, today)
        return super().entry(entry_id) or empty


class TellsADeletionAsAnEdit(WrongTracker):
    def spoilt(self, entry: TimeEntry) -> TimeEntry:
        return replace(entry, state=EntryState.STOPPED) if entry.state is EntryState.DELETED else entry


class SeesTheTokensOwnerAlone(WrongTracker):
    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        for page in self.right.entries_between(first, last):
            yield replace(page, entries=tuple(one for one in page.entries if one.person_name != "Bert"))


class CountsByTheClockOnTheWall(WrongTracker):
    """An hour too few in the night in which summer time ends."""

    def spoilt(self, entry: TimeEntry) -> TimeEntry:
        if entry.started_at is None or entry.ended_at is None:
            return entry
        begun, ended = (one.astimezone(ZONE).replace(tzinfo=None) for one in (entry.started_at, entry.ended_at))
        return replace(entry, seconds=int((ended - begun).total_seconds()))


class ForgetsWhichOfTheTwoHours(WrongTracker):
    """An instant that was written down as local time without its offset."""

    def spoilt(self, entry: TimeEntry) -> TimeEntry:
        if entry.started_at is None:
            return entry
        local = entry.started_at.astimezone(ZONE).replace(fold=0)
        return replace(entry, started_at=local.astimezone(UTC))


class CutsTheDateOffTheInstant(WrongTracker):
    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        for page in self.right.entries_between(first - timedelta(days=1), last + timedelta(days=1)):
            moved = [replace(one, work_date=one.started_at.date()) for one in page.entries if one.started_at]
            yield replace(page, entries=tuple(one for one in moved if first <= one.work_date <= last))


class BelievesTheMachinesZone(WrongTracker):
    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        for page in self.right.entries_between(first - timedelta(days=1), last + timedelta(days=1)):
            moved = [replace(one, work_date=one.started_at.astimezone().date()) for one in page.entries]
            yield replace(page, entries=tuple(one for one in moved if first <= one.work_date <= last))


class KnowsOneZoneOnly(WrongTracker):
    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        yield from self.bed.tracker().right.entries_between(first, last)


class SplitsAtMidnight(WrongTracker):
    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        for page in self.right.entries_between(first - timedelta(days=1), last):
            parts = [part for one in page.entries for part in self._parts(one) if first <= part.work_date <= last]
            yield replace(page, entries=tuple(parts))

    @staticmethod
    def _parts(entry: TimeEntry) -> list[TimeEntry]:
        ends_on = entry.ended_at.astimezone(ZONE).date() if entry.ended_at else entry.work_date
        halves = {entry.work_date, ends_on}
        return [replace(entry, work_date=day, seconds=entry.seconds // len(halves)) for day in sorted(halves)]


class ReadsARunningEntryAsStopped(WrongTracker):
    def spoilt(self, entry: TimeEntry) -> TimeEntry:
        if entry.state is not EntryState.RUNNING or entry.started_at is None:
            return entry
        ran = int((self.bed.clock.now() - entry.started_at).total_seconds())
        return replace(entry, state=EntryState.STOPPED, seconds=ran)


class HasFloatingSeconds(WrongTracker):
    def spoilt(self, entry: TimeEntry) -> TimeEntry:
        return replace(entry, seconds=entry.seconds / 3600 * 3600)  # type: ignore[arg-type]


class HasLocalInstants(WrongTracker):
    def spoilt(self, entry: TimeEntry) -> TimeEntry:
        return replace(entry, started_at=entry.started_at and entry.started_at.astimezone(ZONE))


class CutsLongText(WrongTracker):
    def spoilt(self, entry: TimeEntry) -> TimeEntry:
        return replace(entry, description=entry.description[:255])


class LosesTagsInTheWindow(WrongTracker):
    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        for page in self.right.entries_between(first, last):
            yield replace(page, entries=tuple(replace(one, tags=()) for one in page.entries))


class GoesOnBehindTheNewestChange(WrongTracker):
    """What changes later in the same second is never told."""

    def changed_entries(self, cursor: str | None, since: datetime) -> Iterator[EntryPage]:
        yield from self._since(datetime.fromisoformat(cursor) if cursor else since)

    def _since(self, since: datetime) -> Iterator[EntryPage]:
        told = [one for page in self.right.changed_entries(None, since) for one in page.entries]
        news = [one for one in told if one.source_updated_at and one.source_updated_at > since]
        newest = max([since, *(one.source_updated_at for one in news if one.source_updated_at)])
        yield EntryPage(tuple(news), newest.isoformat(), last=True)


class GoesOnFromItsOwnClock(GoesOnBehindTheNewestChange):
    def _since(self, since: datetime) -> Iterator[EntryPage]:
        told = [one for page in self.right.changed_entries(None, since) for one in page.entries]
        news = [one for one in told if one.source_updated_at and one.source_updated_at >= since]
        yield EntryPage(tuple(news), (self.bed.clock.now() + self.clock_ahead).isoformat(), last=True)


class MovesTheCursorBeforeItsLastPage(WrongTracker):
    """After a crash the rest of the pages is never read."""

    def changed_entries(self, cursor: str | None, since: datetime) -> Iterator[EntryPage]:
        pages = list(self.right.changed_entries(cursor, since))
        for page in pages:
            yield replace(page, cursor=pages[-1].cursor)


class BelievesEveryCall(WrongTracker):
    def webhook(self, headers: Any, body: bytes, now: datetime) -> WebhookCall:
        try:
            return self.right.webhook(headers, body, now)
        except BadSignature:
            return WebhookCall("1")


class ShowsItsSecret(WrongTracker):
    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        try:
            yield from self.right.entries_between(first, last)
        except ConnectorError as error:
            error.request = f"GET /?token={TOKEN}"
            raise


class DropsWhatItCannotRead(WrongTracker):
    """What is odd is left out of the window, and looks deleted."""

    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        for page in self.right.entries_between(first, last):
            yield replace(page, unreadable=())


class CallsUnreadableGone(WrongTracker):
    def entry(self, entry_id: str) -> TimeEntry | None:
        try:
            found: TimeEntry | None = self.right.entry(entry_id)
        except Malformed:
            return None
        return found


class PassesEscapesOn(WrongTracker):
    def spoilt(self, entry: TimeEntry) -> TimeEntry:
        return replace(entry, description=entry.description.replace("\ufffd", "\x1b"))


class ReadsWhatItMaySee(WrongTracker):
    """A token that sees itself alone reads that, and nobody hears of the others."""

    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        try:
            yield from self.right.entries_between(first, last)
        except PermissionMissing:
            yield EntryPage((), None, last=True)
