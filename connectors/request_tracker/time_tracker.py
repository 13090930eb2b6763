"""The time that people book on tickets, as a time tracker: everybody's, with one token that sees it.

Terms
    booking     a transaction with minutes (:mod:`connectors.request_tracker.time_entries`)
    fast lane   bookings with a higher number than the highest that was told, and some before it
    window      every entry of a range of days
    family      a ticket and those that were merged with it: what was taken back may be of any of them

Promises. The window is complete or an error is raised. The fast lane tells new bookings, and all entries of a ticket on
which time was taken back. Nothing depends on the two machines' clocks: the cursor is the number of a transaction. An
entry is gone when Request Tracker, which knows us, has no such booking in a queue that counts, or when nothing of it
is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from connectors.errors import ConnectorError, Malformed
from connectors.protocols import BudgetState, Environment
from connectors.records import CheckResult, EntryPage, TimeEntry, UnreadableRecord, WebhookCall
from connectors.request_tracker.checks import check_time
from connectors.request_tracker.client import RequestTrackerClient, connect, stamp
from connectors.request_tracker.settings import RequestTrackerTimeSettings
from connectors.request_tracker.time_entries import Booking, booking_from_api, entry_of, left_of
from connectors.request_tracker.value_reader import PRODUCT, READ
from connectors.request_tracker.visibility import queue_ids, require_utc
from connectors.request_tracker.webhooks import read_call
from connectors.self_check import check_that
from connectors.unreadable import TIME_ENTRY, ReadRecords, read_records
from connectors.value_reader import is_number

LOOK_BACK = 200
"""Transactions before the highest number told: of two that are made at once the later can show first."""
A_DAY = timedelta(days=1)
HAS_TIME = "TimeTaken != 0"


class RequestTrackerTimeTracker:
    """Keeps :class:`connectors.protocols.TimeTracker` for the time of a Request Tracker site."""

    def __init__(self, settings: RequestTrackerTimeSettings, environment: Environment) -> None:
        self._settings = settings
        self._now = environment.now
        self._zone = ZoneInfo(settings.time_zone)
        self._client: RequestTrackerClient = connect(settings, environment)

    @property
    def product(self) -> str:
        """``request_tracker``."""
        return PRODUCT

    @property
    def account(self) -> str:
        """The site's address, or the name that the settings give it."""
        return self._settings.account_name

    def changed_entries(self, cursor: str | None, since: datetime) -> Iterator[EntryPage]:
        """Yield what was booked since, and what is left of entries from which was taken; first what is since ``since``.

        Raises :class:`Invalid` for a cursor that is none of ours.
        """
        if cursor and not is_number(cursor):
            raise READ.not_our_cursor()
        queues = self._visible_queues()
        if cursor:
            newest = int(cursor)
            bookings = self._bookings(HAS_TIME, queues, after=max(newest - LOOK_BACK, 0))
        else:
            newest = self._client.newest_transaction()
            bookings = self._bookings(self._from(since - A_DAY, since.date() - A_DAY), queues)
        newest = max([newest, *(booking.id for booking in bookings)])
        entries = self._entries(bookings, self._touched(bookings))
        size = self._settings.page_size
        for start in range(0, max(len(entries), 1), size):
            page = entries[start : start + size]
            is_last = start + size >= len(entries)
            reached = str(newest) if is_last else page[-1].id
            yield EntryPage(tuple(page), reached, last=is_last, unreadable=entries.unreadable if is_last else ())

    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        """Yield every entry with ``first <= work_date <= last``."""
        queues = self._visible_queues()
        begin = datetime.combine(first, time(), self._zone).astimezone(UTC)
        bookings = self._bookings(self._from(begin, first), queues)
        read = self._entries(bookings, self._touched(bookings, whole_from=begin))
        entries = [entry for entry in read if entry.seconds and first <= entry.work_date <= last]
        size = self._settings.page_size
        for start in range(0, max(len(entries), 1), size):
            is_last = start + size >= len(entries)
            page = tuple(entries[start : start + size])
            yield EntryPage(page, None, last=is_last, unreadable=read.unreadable if is_last else ())

    def entry(self, entry_id: str) -> TimeEntry | None:
        """Read one entry; ``None`` when there is no such booking, or nothing is left of it."""
        if not is_number(entry_id):
            return None
        queues = self._visible_queues()
        number = int(entry_id)
        rows = self._client.transactions(f"{HAS_TIME} AND id = {number}", queues, most=1)
        bookings = ReadRecords([self._booking(row) for row in rows])
        if not bookings:
            # Out of sight raises; what is there all the same is no booking, or in a queue that does not count.
            self._client.transaction_exists(str(number))
            return None
        entries = self._entries(bookings, {bookings[0].ticket_id})
        for record in entries.unreadable:
            if record.covers(str(number)):
                raise Malformed(PRODUCT, record.reason)
        return next((entry for entry in entries if entry.id == str(number) and entry.seconds), None)

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Prove a call of our scrip by its signature and age, and read which bookings it points at."""
        call = read_call(headers, body, now, self._settings.webhook_secrets)
        return WebhookCall(call.delivery_id, entry_ids=call.worked_ids)

    def budget(self) -> BudgetState | None:
        """``None``: a site limits nobody."""
        return None

    def check(self) -> Sequence[CheckResult]:
        """Try the token, the time zone, the clock, what is seen, and the configured fields."""
        uses = {"the day of work": self._settings.work_date_field, "tags": self._settings.tags_field}
        fields = {use: field for use, field in uses.items() if field is not None}
        results = list(check_time(self._client, self._settings, fields, self._now()))
        if all(result.passed for result in results):
            try:
                results.append(self._check_sum())
            except ConnectorError as error:
                results.append(CheckResult("sees all time", passed=False, remedy=str(error)))
        return tuple(results)

    def _check_sum(self) -> CheckResult:
        """Whether what we see of the newest tickets with time adds up to what they tell themselves."""
        for ticket_id, worked in self._client.worked_tickets(self._visible_queues()):
            family = self._client.merged_with(ticket_id)
            seen = sum(booking.minutes for booking in map(self._booking, self._client.of_tickets(family, HAS_TIME)))
            if seen < worked:
                remedy = f"Of {worked} minutes on ticket {ticket_id} we see {seen}; give the user ShowTicketComments."
                return check_that("sees all time", passed=False, remedy=remedy)
        return CheckResult("sees all time", passed=True)

    def _visible_queues(self) -> list[str]:
        """The numbers of the queues that count, after it is sure that a reading means something."""
        require_utc(self._client.me())
        return queue_ids(self._client, self._settings.queues)

    def _from(self, begin: datetime, first: date) -> str:
        """What was booked since, or worked since where the day of work is kept apart."""
        booked = f"Created >= '{stamp(begin)}'"
        field = self._settings.work_date_field
        since = booked if field is None else f"({booked} OR CF.{{{field}}} >= '{first}')"
        return f"{HAS_TIME} AND {since}"

    def _bookings(self, condition: str, queues: Sequence[str], *, after: int = 0) -> ReadRecords[Booking]:
        return self._read(list(self._client.transactions(condition, queues, after=after)))

    def _read(self, rows: Sequence[Mapping[str, object]]) -> ReadRecords[Booking]:
        return read_records(TIME_ENTRY, rows, self._booking)

    def _booking(self, item: Mapping[str, object]) -> Booking:
        settings = self._settings
        return booking_from_api(
            item, zone=self._zone, work_date_field=settings.work_date_field, tags_field=settings.tags_field
        )

    def _touched(self, bookings: Iterable[Booking], *, whole_from: datetime | None = None) -> set[str]:
        """The tickets whose entries may be shorter than their bookings.

        From those that were booked before ``whole_from`` may have been taken before it too, which nobody asked for.
        """
        return {
            booking.ticket_id
            for booking in bookings
            if booking.minutes < 0 or (whole_from is not None and booking.booked_at < whole_from)
        }

    def _entries(self, bookings: ReadRecords[Booking], touched: Iterable[str]) -> ReadRecords[TimeEntry]:
        """Entries of these bookings and all those of the tickets that were touched, in the order of their numbers.

        Where a booking of a touched ticket cannot be read, nobody knows what is left of the others: none can be.
        """
        entries = {
            booking.id: entry_of(booking, booking.minutes * 60, self.account)
            for booking in bookings
            if booking.minutes > 0
        }
        unreadable = list(bookings.unreadable)
        settled: set[str] = set()
        for ticket_id in sorted(touched, key=int):
            if ticket_id in settled:
                continue
            family = self._client.merged_with(ticket_id)
            settled.update(family)
            whole = self._read(self._client.of_tickets(family, HAS_TIME))
            if whole.unreadable:
                reason = f"of ticket {ticket_id}: {whole.unreadable[0].reason}"
                unreadable += [UnreadableRecord(TIME_ENTRY, str(booking.id), reason) for booking in whole]
                entries = {number: entry for number, entry in entries.items() if number not in {b.id for b in whole}}
                continue
            left = left_of(whole)
            entries |= {
                booking.id: entry_of(booking, left.seconds[booking.id], self.account)
                for booking in whole
                if booking.minutes > 0
            }
            unreadable += [
                UnreadableRecord(TIME_ENTRY, str(number), f"takes back {seconds // 60} minutes more than were booked")
                for number, seconds in left.beyond.items()
            ]
        return ReadRecords((entries[number] for number in sorted(entries)), unreadable)
