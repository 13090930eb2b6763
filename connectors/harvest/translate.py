"""Harvest's JSON into our records: pure functions, no calls.

Terms
    hours               decimal hours of two digits: a grain of 36 seconds
    spent date          the date the work is booked on; clock times are local to a user whose zone is not told
    external reference  what Harvest's button in another tool leaves behind: that tool's id and address
    task                what kind of work it was; it stands as the record's one tag

While a timer runs ``hours`` grows with it, so a running entry counts 0. A reference's id counts as a
ticket's only where the service is a helpdesk that we know: other tools' ids are numbers too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connectors.errors import Malformed
from connectors.records import EntryKind, EntryState, TicketReference, TimeEntry

PRODUCT = "harvest"
GRAIN_SECONDS = 36
HELPDESK_HOSTS = ("zendesk.com", "freshdesk.com")
MOST_HOURS = 10_000
BELIEVABLE_YEARS = range(1970, 2200)


def entry_from_api(raw: object, *, account: str) -> TimeEntry:
    """Translate a time entry ("Time Entries" of the API documentation)."""
    item = _object(raw, "time entry")
    project, client = _named(item.get("project"), "project"), _named(item.get("client"), "client")
    person, task = _named(item.get("user"), "user"), _named(item.get("task"), "task")
    is_running = item.get("is_running") is True
    billable = item.get("billable")
    started = item.get("timer_started_at")
    return TimeEntry(
        tracker=PRODUCT,
        account=account,
        id=_identifier(item.get("id")),
        state=EntryState.RUNNING if is_running else EntryState.STOPPED,
        kind=EntryKind.WORK,
        seconds=0 if is_running else seconds_of(item.get("hours")),
        work_date=_date(item.get("spent_date")),
        description=_text(item.get("notes")),
        started_at=instant(started, "timer_started_at") if is_running and started is not None else None,
        person_id=person[0],
        person_name=person[1],
        project_id=project[0],
        project_name=project[1],
        client_id=client[0],
        client_name=client[1],
        tags=(task[1],) if task[1] else (),
        billable=billable if isinstance(billable, bool) else None,
        locked=any(item.get(name) is True for name in ("is_locked", "is_closed", "is_billed")),
        references=_references(item.get("external_reference")),
        source_updated_at=instant(item.get("updated_at"), "updated_at"),
        grain_seconds=GRAIN_SECONDS,
    )


def seconds_of(hours: object) -> int:
    """Whole seconds of decimal hours, never by floating point."""
    if isinstance(hours, bool) or not isinstance(hours, (int, float)) or not 0 <= hours <= MOST_HOURS:
        raise Malformed(PRODUCT, "hours is not a number of hours")
    return int((Decimal(str(hours)) * 3600).to_integral_value(ROUND_HALF_UP))


def instant(value: object, what: str) -> datetime:
    """Read an instant with its zone."""
    if isinstance(value, str):
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            parsed = None
        if parsed is not None and parsed.tzinfo is not None and parsed.year in BELIEVABLE_YEARS:
            return parsed.astimezone(UTC)
    raise Malformed(PRODUCT, f"{what} is not an instant with its zone")


def _references(value: object) -> tuple[TicketReference, ...]:
    if value is None:
        return ()
    reference = _object(value, "external reference")
    url, service, found = reference.get("permalink"), reference.get("service"), reference.get("id")
    is_helpdesk = isinstance(service, str) and service.endswith(HELPDESK_HOSTS)
    return (
        TicketReference(
            via="external_reference",
            ticket_id=str(found) if is_helpdesk and isinstance(found, (str, int)) else None,
            url=url if isinstance(url, str) and url else None,
        ),
    )


def _named(value: object, what: str) -> tuple[str | None, str | None]:
    if value is None:
        return None, None
    item: Mapping[str, Any] = _object(value, what)
    return _identifier(item.get("id")), _text(item.get("name")) or None


def _object(value: object, what: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise Malformed(PRODUCT, f"a {what} is not an object")


def _identifier(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Malformed(PRODUCT, "an id is not a whole number")


def _text(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    raise Malformed(PRODUCT, "text was expected and something else came")


def _date(value: object) -> date:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else _no_date()
    except ValueError:
        return _no_date()


def _no_date() -> date:
    raise Malformed(PRODUCT, "spent_date is not a date")
