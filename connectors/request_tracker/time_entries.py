"""Time that was booked on tickets, and time that was taken back: pure functions, no calls.

Terms
    booking      a transaction with minutes: of a comment or reply, of making a ticket, or of setting "Time Worked"
    taken back   a booking of fewer than no minutes: somebody set "Time Worked" lower. It is no entry of its own

Request Tracker never changes a transaction. A booking is therefore an entry, and what was taken back makes entries of
the same ticket shorter: those of who took it back before those of others, the newest first. So a ticket's entries add
up to its "Time Worked", and an entry with nothing left is gone.

An entry has no text: what stands with a booking is a comment for agents, and an entry's text can reach the customer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from connectors.errors import Malformed
from connectors.reading import Object
from connectors.records import EntryKind, EntryState, TicketReference, TimeEntry
from connectors.request_tracker.reading import PRODUCT, READ

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
        raise Malformed(PRODUCT, "transaction.TimeTaken is no number of minutes")
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
        work_date=_day(worked_on[0]) if worked_on else booked_at.astimezone(zone).date(),
        tags=values.get(tags_field or "", ()),
    )


def minutes_left(bookings: Iterable[Booking]) -> dict[int, int]:
    """What is left of each booking, by its number, after all that was taken back.

    ``bookings`` are all of one ticket, with those of tickets that were merged into it.
    """
    left: dict[int, int] = {}
    earlier: list[Booking] = []
    for booking in sorted(bookings, key=lambda one: one.id):
        if booking.minutes > 0:
            left[booking.id] = booking.minutes
            earlier.append(booking)
            continue
        owed = -booking.minutes
        for one in sorted(earlier, key=lambda one: _nearness(booking, one)):
            taken = min(owed, left[one.id])
            left[one.id] -= taken
            owed -= taken
    return left


def entry_of(booking: Booking, minutes: int, account: str) -> TimeEntry:
    """A booking as an entry of which so many minutes are left; with none it is deleted."""
    return TimeEntry(
        tracker=PRODUCT,
        account=account,
        id=str(booking.id),
        state=EntryState.STOPPED if minutes > 0 else EntryState.DELETED,
        kind=EntryKind.WORK,
        seconds=minutes * 60,
        work_date=booking.work_date,
        person_id=booking.person_id,
        person_name=booking.person_name or None,
        tags=booking.tags,
        references=(TicketReference("ticket", ticket_id=booking.ticket_id),),
        source_updated_at=booking.booked_at,
        grain_seconds=GRAIN_SECONDS,
    )


def _nearness(taken_back: Booking, booking: Booking) -> tuple[bool, bool, int]:
    """How near a booking is to the one that takes time back; the least is the nearest."""
    return (booking.ticket_id != taken_back.ticket_id, booking.person_id != taken_back.person_id, -booking.id)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise Malformed(PRODUCT, "the day of work is no date") from None
