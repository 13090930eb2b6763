"""Time that was booked on tickets, and time that was taken back: pure functions, no calls.

Terms
    booking      a transaction with minutes: of a comment or reply, of making a ticket, or of setting "Time Worked"
    taken back   a booking of fewer than no minutes: somebody set "Time Worked" lower. It is no entry of its own

Request Tracker never changes a transaction. A booking is therefore an entry, and what was taken back makes entries of
the same ticket shorter (:mod:`connectors.corrections`). So a ticket's entries add up to its "Time Worked", and an entry
with nothing left is gone.

An entry has no text: what stands with a booking is a comment for agents, and an entry's text can reach the customer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from connectors.corrections import Booking as BookedTime
from connectors.corrections import Left, seconds_left
from connectors.errors import Malformed
from connectors.records import EntryKind, EntryState, TicketReference, TimeEntry
from connectors.request_tracker.value_reader import PRODUCT, READ
from connectors.value_reader import Object

GRAIN_SECONDS = 60
MOST_MINUTES = 10_000_000


@dataclass(frozen=True, slots=True)
class Booking:
    """``minutes`` are below nothing where time was taken back."""

    id: int
    ticket_id: str
    minutes: int
    person_id: str
    person_name: str
    booked_at: datetime
    work_date: date
    tags: tuple[str, ...]


def booking_from_api(item: Object, *, zone: ZoneInfo, work_date_field: str | None, tags_field: str | None) -> Booking:
    """A transaction with the minutes that were booked by it."""
    creator = READ.an_object(item.get("Creator"), "transaction.Creator")
    name = READ.text(creator.get("Name"), "user.Name")
    minutes = READ.whole_number(item.get("TimeTaken"), "transaction.TimeTaken")
    if abs(minutes) > MOST_MINUTES:
        raise Malformed(PRODUCT, "transaction.TimeTaken should be a number of minutes")
    booked_at = READ.instant(item.get("Created"), "transaction.Created")
    values = READ.field_values(item)
    worked_on = values.get(work_date_field or "", ())
    return Booking(
        id=READ.whole_number(item.get("id"), "transaction.id"),
        ticket_id=READ.identity(item.get("ObjectId"), "transaction.ObjectId"),
        minutes=minutes,
        person_id=READ.identity(creator.get("id"), "user.id"),
        person_name=READ.text(creator.get("RealName"), "user.RealName") or name,
        booked_at=booked_at,
        work_date=READ.day(worked_on[0][:10], "the day of work") if worked_on else booked_at.astimezone(zone).date(),
        tags=values.get(tags_field or "", ()),
    )


def left_of(bookings: Iterable[Booking]) -> Left:
    """What is left of each booking, after all that was taken back.

    ``bookings`` are all of one ticket, with those of tickets that were merged into it.
    """
    return seconds_left(
        BookedTime(booking.id, booking.ticket_id, booking.person_id, booking.minutes * 60) for booking in bookings
    )


def entry_of(booking: Booking, seconds: int, account: str) -> TimeEntry:
    """A booking as an entry of which so many seconds are left; with none it is deleted."""
    return TimeEntry(
        tracker=PRODUCT,
        account=account,
        id=str(booking.id),
        state=EntryState.STOPPED if seconds > 0 else EntryState.DELETED,
        kind=EntryKind.WORK,
        seconds=seconds,
        work_date=booking.work_date,
        person_id=booking.person_id,
        person_name=booking.person_name or None,
        tags=booking.tags,
        references=(TicketReference("ticket", ticket_id=booking.ticket_id),),
        source_updated_at=booking.booked_at,
        grain_seconds=GRAIN_SECONDS,
    )
