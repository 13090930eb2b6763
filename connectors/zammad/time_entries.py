"""Zammad's time accounting into our records: pure functions, no calls.

Terms
    time unit     a decimal of two digits, in the unit that the site chose: ``"15.0"``
    entered       when an agent accounted the time, with an article or afterwards; it is the day of the work, for Zammad
                  keeps no other
    type          the activity, where the site has any; it stands as the record's one tag

Zammad reads time under its ticket alone, so the id of an entry here is ``<ticket>-<entry>``. It has no text of its own,
and nothing says whether it is billable.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from connectors.errors import Malformed
from connectors.reading import Object, is_number
from connectors.records import EntryKind, EntryState, TicketReference, TimeEntry
from connectors.zammad.client import PRODUCT, READ

FINEST = Decimal("0.01")
MOST_UNITS = Decimal(100_000)


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
    try:
        units = Decimal(str(time_unit)) if isinstance(time_unit, (str, int, float)) else None
    except InvalidOperation:
        units = None
    if units is None or isinstance(time_unit, bool) or not units.is_finite() or abs(units) > MOST_UNITS:
        raise Malformed(PRODUCT, "time_accounting.time_unit should be a number of units")
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
