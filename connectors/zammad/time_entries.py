"""Zammad's time accounting into our records: pure functions, no calls.

Terms
    time unit     a decimal of two digits, in the unit that the site chose: ``"15.0"``
    entered       when an agent accounted the time, with an article or afterwards; it is the day of the work, for Zammad
                  keeps no other
    type          the activity, where the site has any; it stands as the record's one tag

Zammad reads time under its ticket alone, so the id of an entry here is ``<ticket>-<entry>``. It has no text of its own,
and nothing says whether it is billable. Time that was booked by mistake is put right by booking fewer than no units, as
Zammad's makers tell people to (:mod:`connectors.corrections`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from connectors.corrections import Booking, seconds_left
from connectors.records import EntryKind, EntryState, TicketReference, TimeEntry, UnreadableRecord
from connectors.unreadable import TIME_ENTRY, ReadRecords, read_records
from connectors.value_reader import Object, is_number
from connectors.zammad.client import PRODUCT, READ

FINEST = Decimal("0.01")
MOST_UNITS = 100_000


def entries_of(
    items: Sequence[Object],
    ticket: Object,
    *,
    account: str,
    zone: ZoneInfo,
    unit_minutes: Decimal,
    name_of: Callable[[Object], str | None],
) -> ReadRecords[TimeEntry]:
    """All time of a ticket, less what was taken back; an entry of which nothing is left is deleted.

    While any of it cannot be read, nobody knows what was taken back from what: then none of the ticket's can.
    """
    ticket_id = READ.identity(ticket.get("id"), "ticket.id")
    read = read_records(
        TIME_ENTRY,
        items,
        lambda item: entry_from_api(
            item, ticket, account=account, zone=zone, unit_minutes=unit_minutes, person_name=name_of(item)
        ),
    )
    if read.unreadable:
        reason = f"of ticket {ticket_id}: {read.unreadable[0].reason}"
        return ReadRecords((), (UnreadableRecord(TIME_ENTRY, ticket_id, reason),))
    numbers = {int(entry.id.partition("-")[2]): entry for entry in read}
    left = seconds_left(Booking(number, ticket_id, entry.person_id, entry.seconds) for number, entry in numbers.items())
    entries = [with_seconds(entry, left.seconds[number]) for number, entry in numbers.items() if number in left.seconds]
    beyond = [
        UnreadableRecord(TIME_ENTRY, numbers[number].id, f"takes back {seconds // 60} minutes more than were booked")
        for number, seconds in left.beyond.items()
    ]
    return ReadRecords(entries, beyond)


def with_seconds(entry: TimeEntry, seconds: int) -> TimeEntry:
    """An entry of which so much is left; with nothing it is deleted, unless nothing was ever booked."""
    if seconds == 0 and entry.seconds > 0:
        return replace(entry, seconds=0, state=EntryState.DELETED)
    return replace(entry, seconds=seconds)


def entry_from_api(
    item: Object, ticket: Object, *, account: str, zone: ZoneInfo, unit_minutes: Decimal, person_name: str | None
) -> TimeEntry:
    """Translate time accounted ("Time Accounting" in the API documentation) on ``ticket``, both with names."""
    ticket_id = READ.identity(ticket.get("id"), "ticket.id")
    created_at = READ.instant(item.get("created_at"), "time_accounting.created_at")
    activity = READ.text(item.get("type"), "time_accounting.type")
    return TimeEntry(
        tracker=PRODUCT,
        account=account,
        id=f"{ticket_id}-{READ.identity(item.get('id'), 'time_accounting.id')}",
        state=EntryState.STOPPED,
        kind=EntryKind.WORK,
        seconds=seconds_of(item.get("time_unit"), unit_minutes),
        work_date=created_at.astimezone(zone).date(),
        person_id=READ.identity_or_none(item.get("created_by_id"), "time_accounting.created_by_id"),
        person_name=person_name,
        client_id=READ.identity_or_none(ticket.get("organization_id"), "ticket.organization_id"),
        client_name=READ.text(ticket.get("organization"), "ticket.organization") or None,
        tags=(activity,) if activity else (),
        references=(TicketReference("ticket", ticket_id=ticket_id),),
        source_updated_at=READ.instant(item.get("updated_at"), "time_accounting.updated_at"),
        grain_seconds=grain_of(unit_minutes),
    )


def seconds_of(time_unit: object, unit_minutes: Decimal) -> int:
    """Whole seconds of so many units, never by floating point."""
    units = READ.decimal(time_unit, "time_accounting.time_unit", most=MOST_UNITS)
    return int((units * unit_minutes * 60).to_integral_value(ROUND_HALF_UP))


def grain_of(unit_minutes: Decimal) -> int:
    """The seconds of the finest part of a unit that Zammad keeps."""
    return max(1, seconds_of(str(FINEST), unit_minutes))


def has_time(ticket: Object) -> bool:
    """Whether any time may have been accounted on a ticket, as a list of tickets tells it."""
    ids = ticket.get("ticket_time_accounting_ids")
    return ids != []


def parts_of(entry_id: str) -> tuple[str, str] | None:
    """Ticket and entry of an id; ``None`` for one that is none of ours."""
    ticket_id, _, number = entry_id.partition("-")
    return (ticket_id, number) if is_number(ticket_id) and is_number(number) else None
