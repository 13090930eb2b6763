"""Kimai's JSON into our records: pure functions, no calls.

Terms
    timesheet   Kimai's word for a time entry; here always in its *full* form, with names (a list with ``full=1``)
    duration    whole seconds, rounded as the site's rules want it and without the break: what was booked, and
                therefore not always the time from begin to end
    activity    what kind of work it was; it stands as a tag before the others
    exported    put on an invoice or in an export: ours ``locked``

A timesheet belongs to the day on which it began in its own zone, which its offset tells. ``end`` is null while it
runs. Kimai tells no time of change.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.errors import Malformed
from connectors.records import EntryKind, EntryState, TicketReference, TimeEntry

PRODUCT = "kimai"
BELIEVABLE_YEARS = range(1970, 2200)


def entry_from_api(raw: object, *, account: str, ticket_field: str | None = None) -> TimeEntry:
    """Translate a timesheet in its full form (``TimesheetCollectionFull`` of the API's description)."""
    item = object_of(raw, "timesheet")
    project, activity = object_of(item.get("project"), "project"), object_of(item.get("activity"), "activity")
    customer, person = object_of(project.get("customer"), "customer"), object_of(item.get("user"), "user")
    begin = _moment(item.get("begin"), "begin")
    end = None if item.get("end") is None else _moment(item["end"], "end")
    return TimeEntry(
        tracker=PRODUCT,
        account=account,
        id=str(identifier(item)),
        state=EntryState.RUNNING if end is None else EntryState.STOPPED,
        kind=EntryKind.WORK,
        seconds=0 if end is None else _whole(item.get("duration"), "duration"),
        work_date=begin.date(),
        description=_text(item.get("description")),
        started_at=begin.astimezone(UTC),
        ended_at=end.astimezone(UTC) if end else None,
        person_id=str(identifier(person)),
        person_name=_text(person.get("alias")) or _text(person.get("username")) or None,
        project_id=str(identifier(project)),
        project_name=_text(project.get("name")) or None,
        client_id=str(identifier(customer)),
        client_name=_text(customer.get("name")) or None,
        tags=tuple(name for name in (_text(activity.get("name")), *_tags(item.get("tags"))) if name),
        billable=_flag(item.get("billable")),
        locked=_flag(item.get("exported")) is True,
        references=_references(item.get("metaFields"), ticket_field),
    )


def identifier(item: Mapping[str, Any]) -> int:
    """The number of a thing."""
    return _whole(item.get("id"), "an id")


def begin_of(item: Mapping[str, Any]) -> datetime:
    """When a timesheet of any form began."""
    return _moment(item.get("begin"), "begin")


def object_of(value: object, what: str) -> dict[str, Any]:
    """``value`` as the object that it must be."""
    if isinstance(value, dict):
        return value
    raise Malformed(PRODUCT, f"a {what} is not an object")


def meta_names(item: Mapping[str, Any]) -> frozenset[str]:
    """The names of the meta fields of a timesheet, empty ones too."""
    fields = item.get("metaFields")
    return frozenset(
        _text(object_of(one, "meta field").get("name")) for one in (fields if isinstance(fields, list) else ())
    )


def _references(fields: object, name: str | None) -> tuple[TicketReference, ...]:
    if name is None or fields is None:
        return ()
    if not isinstance(fields, list):
        raise Malformed(PRODUCT, "metaFields is not a list")
    values = [_text(one.get("value")).strip() for one in map(_meta, fields) if one.get("name") == name]
    return tuple(
        TicketReference("meta_field", url=value)
        if value.startswith(("http://", "https://"))
        else TicketReference("meta_field", ticket_id=value.lstrip("#"))
        for value in values
        if value
    )


def _meta(value: object) -> dict[str, Any]:
    return object_of(value, "meta field")


def _tags(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Malformed(PRODUCT, "tags is not a list")
    return tuple(_text(name) for name in value)


def _moment(value: object, what: str) -> datetime:
    """An instant in the zone in which it is told: ``2026-11-20T09:00:00+0100``."""
    if isinstance(value, str):
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            parsed = None
        if parsed is not None and parsed.tzinfo is not None and parsed.year in BELIEVABLE_YEARS:
            return parsed
    raise Malformed(PRODUCT, f"{what} is not an instant with its offset")


def _whole(value: object, what: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise Malformed(PRODUCT, f"{what} is not a whole number")


def _flag(value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise Malformed(PRODUCT, "yes or no was expected and something else came")


def _text(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    raise Malformed(PRODUCT, "text was expected and something else came")
