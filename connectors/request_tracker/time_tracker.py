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

from connectors.errors import ConnectorError, Invalid
from connectors.protocols import BudgetState, Environment
from connectors.reading import is_number
from connectors.records import CheckResult, EntryPage, TimeEntry, WebhookCall
from connectors.request_tracker.checks import check_time
from connectors.request_tracker.client import RequestTrackerClient, connect, stamp
from connectors.request_tracker.reading import PRODUCT
from connectors.request_tracker.settings import RequestTrackerTimeSettings
from connectors.request_tracker.sight import queue_ids, require_utc
from connectors.request_tracker.time_entries import Booking, booking_from_api, entry_of, minutes_left
from connectors.request_tracker.webhooks import read_call

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
            raise Invalid(PRODUCT, "the stored cursor is not one of ours")
        queues = self._sight()
        if cursor:
            newest = int(cursor)
            bookings = self._bookings(HAS_TIME, queues, after=max(newest - LOOK_BACK, 0))
        else:
            newest = self._client.newest_transaction()
            bookings = self._bookings(self._from(since - A_DAY, since.date() - A_DAY), queues)
        newest = max([newest, *(one.id for one in bookings)])
        told = self._told(bookings, self._touched(bookings))
        size = self._settings.page_size
        for start in range(0, max(len(told), 1), size):
            page = told[start : start + size]
            is_last = start + size >= len(told)
            yield EntryPage(tuple(page), str(newest) if is_last else page[-1].id, last=is_last)

    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        """Yield every entry with ``first <= work_date <= last``."""
        queues = self._sight()
        begin = datetime.combine(first, time(), self._zone).astimezone(UTC)
        bookings = self._bookings(self._from(begin, first), queues)
        told = self._told(bookings, self._touched(bookings, whole_from=begin))
        entries = [one for one in told if one.seconds and first <= one.work_date <= last]
        size = self._settings.page_size
        for start in range(0, max(len(entries), 1), size):
            yield EntryPage(tuple(entries[start : start + size]), None, last=start + size >= len(entries))

    def entry(self, entry_id: str) -> TimeEntry | None:
        """Read one entry; ``None`` when there is no such booking, or nothing is left of it."""
        if not is_number(entry_id):
            return None
        queues = self._sight()
        number = int(entry_id)
        found = [
            self._booking(one) for one in self._client.transactions(f"{HAS_TIME} AND id = {number}", queues, most=1)
        ]
        if not found:
            # Out of sight raises; what is there all the same is no booking, or in a queue that does not count.
            self._client.transaction_exists(str(number))
            return None
        told = {one.id: one for one in self._told(found, {found[0].ticket_id})}
        entry = told.get(str(number))
        return entry if entry is not None and entry.seconds else None

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Prove a call of our scrip by its signature and age, and read which bookings it points at."""
        told = read_call(headers, body, now, self._settings.webhook_secret)
        return WebhookCall(told.delivery_id, entry_ids=told.worked_ids)

    def budget(self) -> BudgetState | None:
        """``None``: a site limits nobody."""
        return None

    def check(self) -> Sequence[CheckResult]:
        """Try the token, the time zone, the clock, what is seen, and the configured fields."""
        uses = {"the day of work": self._settings.work_date_field, "tags": self._settings.tags_field}
        fields = {use: field for use, field in uses.items() if field is not None}
        results = list(check_time(self._client, self._settings, fields, self._now()))
        if all(one.passed for one in results):
            try:
                results.append(self._check_sum())
            except ConnectorError as error:
                results.append(CheckResult("sees all time", passed=False, remedy=str(error)))
        return tuple(results)

    def _check_sum(self) -> CheckResult:
        """Whether what we see of the newest tickets with time adds up to what they tell themselves."""
        for ticket_id, worked in self._client.worked_tickets(self._sight()):
            family = self._client.merged_with(ticket_id)
            seen = sum(one.minutes for one in map(self._booking, self._client.of_tickets(family, HAS_TIME)))
            if seen < worked:
                told = f"Of {worked} minutes on ticket {ticket_id} we see {seen}; give the user ShowTicketComments."
                return CheckResult("sees all time", passed=False, remedy=told)
        return CheckResult("sees all time", passed=True)

    def _sight(self) -> list[str]:
        """The numbers of the queues that count, after it is sure that a reading means something."""
        require_utc(self._client.me())
        return queue_ids(self._client, self._settings.queues)

    def _from(self, begin: datetime, first: date) -> str:
        """What was booked since, or worked since where the day of work is kept apart."""
        booked = f"Created >= '{stamp(begin)}'"
        field = self._settings.work_date_field
        since = booked if field is None else f"({booked} OR CF.{{{field}}} >= '{first}')"
        return f"{HAS_TIME} AND {since}"

    def _bookings(self, condition: str, queues: Sequence[str], *, after: int = 0) -> list[Booking]:
        return [self._booking(one) for one in self._client.transactions(condition, queues, after=after)]

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
            one.ticket_id
            for one in bookings
            if one.minutes < 0 or (whole_from is not None and one.booked_at < whole_from)
        }

    def _told(self, bookings: Sequence[Booking], touched: Iterable[str]) -> list[TimeEntry]:
        """Entries of these bookings and all those of the tickets that were touched, in the order of their numbers."""
        entries = {one.id: entry_of(one, one.minutes, self.account) for one in bookings if one.minutes > 0}
        settled: set[str] = set()
        for ticket_id in sorted(touched, key=int):
            if ticket_id in settled:
                continue
            family = self._client.merged_with(ticket_id)
            settled.update(family)
            whole = [self._booking(one) for one in self._client.of_tickets(family, HAS_TIME)]
            left = minutes_left(whole)
            entries |= {one.id: entry_of(one, left[one.id], self.account) for one in whole if one.minutes > 0}
        return [entries[number] for number in sorted(entries)]
