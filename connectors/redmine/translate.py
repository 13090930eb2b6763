"""Redmine's JSON into our records: pure functions, no calls.

Terms
    hours         decimal hours rounded to two digits, of what people mostly write in minutes: 23 minutes read 0.38.
                  The nearest whole minute is what was written down; the decimals would not add up
    activity      what kind of work it was; it stands as the record's one tag
    custom field  ``{id, name, value}``, where the value is text, a list of texts, or null

Redmine keeps no clock times, no timers, and no word on what was invoiced.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connectors.errors import Malformed
from connectors.records import EntryKind, EntryState, TicketReference, TimeEntry

PRODUCT = "redmine"
GRAIN_SECONDS = 60
MOST_HOURS = 100_000
BELIEVABLE_YEARS = range(1970, 2200)
_BILLABLE = {"1": True, "0": False}


def entry_from_api(
    raw: object,
    *,
    account: str,
    ticket_field: str | None = None,
    billable_field: str | None = None,
    issue: Mapping[str, Any] | None = None,
) -> TimeEntry:
    """Translate a time entry ("Rest TimeEntries" of the API documentation) with the issue that it was spent on."""
    item = object_of(raw, "time entry")
    project, person = _named(item.get("project"), "project"), _named(item.get("user"), "user")
    _, activity = _named(item.get("activity"), "activity")
    billable = field_values(item, billable_field)
    return TimeEntry(
        tracker=PRODUCT,
        account=account,
        id=str(identifier(item)),
        state=EntryState.STOPPED,
        kind=EntryKind.WORK,
        seconds=seconds_of(item.get("hours")),
        work_date=_date(item.get("spent_on")),
        description=_text(item.get("comments")),
        person_id=person[0],
        person_name=person[1],
        project_id=project[0],
        project_name=project[1],
        tags=(activity,) if activity else (),
        billable=_BILLABLE.get(billable[0]) if billable else None,
        references=_references(field_values(item, ticket_field) or field_values(issue or {}, ticket_field)),
        source_updated_at=_instant(item.get("updated_on"), "updated_on"),
        grain_seconds=GRAIN_SECONDS,
    )


def identifier(item: Mapping[str, Any]) -> int:
    """The number of a thing."""
    found = item.get("id")
    if isinstance(found, int) and not isinstance(found, bool):
        return found
    raise Malformed(PRODUCT, "an id is not a whole number")


def issue_of(raw: object) -> int | None:
    """The number of the issue that an entry was spent on; ``None`` when it stands on the project alone."""
    issue = object_of(raw, "time entry").get("issue")
    return None if issue is None else identifier(object_of(issue, "issue"))


def field_values(item: Mapping[str, Any], name: str | None) -> tuple[str, ...]:
    """What stands in a custom field, by its name; nothing when it is empty, absent or not asked for."""
    fields = item.get("custom_fields")
    if name is None or fields is None:
        return ()
    if not isinstance(fields, list):
        raise Malformed(PRODUCT, "custom_fields is not a list")
    for one in fields:
        found = object_of(one, "custom field")
        if found.get("name") == name:
            value = found.get("value")
            texts = value if isinstance(value, list) else [value]
            return tuple(text.strip() for text in map(_text, texts) if text.strip())
    return ()


def has_field(item: Mapping[str, Any], name: str) -> bool:
    """Whether a thing has a custom field of that name, empty or not."""
    fields = item.get("custom_fields")
    return isinstance(fields, list) and any(isinstance(one, dict) and one.get("name") == name for one in fields)


def seconds_of(hours: object) -> int:
    """Seconds of decimal hours, in whole minutes, never by floating point."""
    if isinstance(hours, bool) or not isinstance(hours, (int, float)) or not 0 <= hours <= MOST_HOURS:
        raise Malformed(PRODUCT, "hours is not a number of hours")
    return int((Decimal(str(hours)) * 60).to_integral_value(ROUND_HALF_UP)) * 60


def object_of(value: object, what: str) -> dict[str, Any]:
    """``value`` as the object that it must be."""
    if isinstance(value, dict):
        return value
    raise Malformed(PRODUCT, f"a {what} is not an object")


def _references(values: tuple[str, ...]) -> tuple[TicketReference, ...]:
    return tuple(
        TicketReference("custom_field", url=value)
        if value.startswith(("http://", "https://"))
        else TicketReference("custom_field", ticket_id=value.lstrip("#"))
        for value in values
    )


def _named(value: object, what: str) -> tuple[str | None, str | None]:
    if value is None:
        return None, None
    item = object_of(value, what)
    return str(identifier(item)), _text(item.get("name")) or None


def _text(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    raise Malformed(PRODUCT, "text was expected and something else came")


def _date(value: object) -> date:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise Malformed(PRODUCT, "spent_on is not a date")


def _instant(value: object, what: str) -> datetime:
    if isinstance(value, str):
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            parsed = None
        if parsed is not None and parsed.tzinfo is not None and parsed.year in BELIEVABLE_YEARS:
            return parsed.astimezone(UTC)
    raise Malformed(PRODUCT, f"{what} is not an instant with its zone")
