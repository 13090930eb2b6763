"""Redmine's JSON into our records: pure functions, no calls.

Terms
    hours         decimal hours rounded to two digits, of what people mostly write in minutes: 23 minutes read 0.38.
                  The nearest whole minute is what was written down; the decimals would not add up
    activity      what kind of work it was; it stands as the record's one tag
    custom field  ``{id, name, value}``, where the value is text, a list of texts, or null

Redmine keeps no clock times, no timers, and no word on what was invoiced.
"""

from __future__ import annotations

from connectors.errors import Malformed
from connectors.records import EntryKind, EntryState, TimeEntry
from connectors.ticket_pointers import pointers_in_field
from connectors.value_reader import Object, ValueReader

PRODUCT = "redmine"
READ = ValueReader(PRODUCT)
GRAIN_SECONDS = 60
NEGATIVE = "the hours are below zero: Redmine's entries are corrected themselves, so correct the one that was too long"
_BILLABLE = {"1": True, "0": False}


def entry_from_api(
    raw: object,
    *,
    account: str,
    ticket_field: str | None = None,
    billable_field: str | None = None,
    issue: Object | None = None,
) -> TimeEntry:
    """Translate a time entry ("Rest TimeEntries" of the API documentation) with the issue that it was spent on."""
    item = READ.an_object(raw, "a time entry")
    project, person = _named(item.get("project"), "project"), _named(item.get("user"), "user")
    _, activity = _named(item.get("activity"), "activity")
    billable = field_values(item, billable_field)
    pointing = field_values(item, ticket_field) or field_values(issue or {}, ticket_field)
    return TimeEntry(
        tracker=PRODUCT,
        account=account,
        id=READ.identity(item.get("id"), "time_entry.id"),
        state=EntryState.STOPPED,
        kind=EntryKind.WORK,
        seconds=seconds_of(item.get("hours")),
        work_date=READ.day(item.get("spent_on"), "spent_on"),
        description=READ.text(item.get("comments"), "comments"),
        person_id=person[0],
        person_name=person[1],
        project_id=project[0],
        project_name=project[1],
        tags=(activity,) if activity else (),
        billable=_BILLABLE.get(billable[0]) if billable else None,
        references=pointers_in_field("custom_field", pointing),
        source_updated_at=READ.instant(item.get("updated_on"), "updated_on"),
        grain_seconds=GRAIN_SECONDS,
    )


def identifier(item: Object) -> int:
    """The number of a thing."""
    return READ.whole_number(item.get("id"), "id")


def issue_of(item: Object) -> int | None:
    """The number of the issue that an entry was spent on; ``None`` when it stands on the project alone."""
    issue = item.get("issue")
    return None if issue is None else identifier(READ.an_object(issue, "issue"))


def field_values(item: Object, name: str | None) -> tuple[str, ...]:
    """What stands in a custom field, by its name; nothing when it is empty, absent or not asked for."""
    if name is None or item.get("custom_fields") is None:
        return ()
    for field in READ.objects(item["custom_fields"], "custom_fields"):
        if field.get("name") == name:
            value = field.get("value")
            texts = [READ.text(part, "custom_field.value") for part in (value if isinstance(value, list) else [value])]
            return tuple(text.strip() for text in texts if text.strip())
    return ()


def has_field(item: Object, name: str) -> bool:
    """Whether a thing has a custom field of that name, empty or not."""
    fields = item.get("custom_fields")
    return isinstance(fields, list) and any(isinstance(field, dict) and field.get("name") == name for field in fields)


def seconds_of(hours: object) -> int:
    """Seconds of decimal hours, in whole minutes."""
    seconds = READ.seconds_of_hours(hours, "hours", grain=GRAIN_SECONDS)
    if seconds < 0:
        raise Malformed(PRODUCT, NEGATIVE)
    return seconds


def _named(value: object, what: str) -> tuple[str | None, str | None]:
    if value is None:
        return None, None
    item = READ.an_object(value, what)
    return READ.identity(item.get("id"), f"{what}.id"), READ.text_or_none(item.get("name"), f"{what}.name")
