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

from datetime import UTC, datetime

from connectors.errors import Malformed
from connectors.records import EntryKind, EntryState, TicketReference, TimeEntry
from connectors.ticket_pointers import pointers_in_field
from connectors.value_reader import Object, ValueReader

PRODUCT = "kimai"
READ = ValueReader(PRODUCT)
NEGATIVE = (
    "the duration is below zero: Kimai's timesheets are corrected themselves, so correct the one that was too long"
)


def entry_from_api(raw: object, *, account: str, ticket_field: str | None = None) -> TimeEntry:
    """Translate a timesheet in its full form (``TimesheetCollectionFull`` of the API's description)."""
    item = READ.an_object(raw, "a timesheet")
    project, activity = READ.an_object(item.get("project"), "project"), READ.an_object(item.get("activity"), "activity")
    customer, person = READ.an_object(project.get("customer"), "customer"), READ.an_object(item.get("user"), "user")
    begin = begin_of(item)
    end = None if item.get("end") is None else READ.local_instant(item["end"], "end")
    seconds = 0 if end is None else READ.seconds(item.get("duration"), "duration")
    if seconds < 0:
        raise Malformed(PRODUCT, NEGATIVE)
    return TimeEntry(
        tracker=PRODUCT,
        account=account,
        id=READ.identity(item.get("id"), "timesheet.id"),
        state=EntryState.RUNNING if end is None else EntryState.STOPPED,
        kind=EntryKind.WORK,
        seconds=seconds,
        work_date=begin.date(),
        description=READ.text(item.get("description"), "description"),
        started_at=begin.astimezone(UTC),
        ended_at=end.astimezone(UTC) if end else None,
        person_id=READ.identity(person.get("id"), "user.id"),
        person_name=READ.text_or_none(person.get("alias"), "user.alias")
        or READ.text_or_none(person.get("username"), "user.username"),
        project_id=READ.identity(project.get("id"), "project.id"),
        project_name=READ.text_or_none(project.get("name"), "project.name"),
        client_id=READ.identity(customer.get("id"), "customer.id"),
        client_name=READ.text_or_none(customer.get("name"), "customer.name"),
        tags=tuple(filter(None, (READ.text(activity.get("name"), "activity.name"), *_tags(item.get("tags"))))),
        billable=READ.flag(item.get("billable"), "billable"),
        locked=READ.flag(item.get("exported"), "exported") is True,
        references=_references(item.get("metaFields"), ticket_field),
    )


def begin_of(item: Object) -> datetime:
    """When a timesheet of any form began, in its own zone: ``2026-11-20T09:00:00+0100``."""
    return READ.local_instant(item.get("begin"), "begin")


def meta_names(item: Object) -> frozenset[str]:
    """The names of the meta fields of a timesheet, empty ones too."""
    fields = item.get("metaFields")
    return frozenset(
        READ.text(field.get("name"), "metaField.name")
        for field in (READ.objects(fields, "metaFields") if isinstance(fields, list) else ())
    )


def _references(fields: object, name: str | None) -> tuple[TicketReference, ...]:
    if name is None or fields is None:
        return ()
    values = [
        READ.text(field.get("value"), "metaField.value")
        for field in READ.objects(fields, "metaFields")
        if field.get("name") == name
    ]
    return pointers_in_field("meta_field", values)


def _tags(value: object) -> tuple[str, ...]:
    return READ.text_list(READ.a_list(value, "tags"), "tags")
