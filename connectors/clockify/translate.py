"""Clockify's JSON into our records: pure functions, no calls.

Terms
    row       an entry in the detailed report (``timeentries[]``): names included, duration in whole seconds
    entry     an entry of API v1: ids only unless hydrated, duration as ISO 8601 text (``PT1H30M``)

Running: ``timeInterval.end`` is null. Only entries of type ``REGULAR`` are work; breaks, holidays and time off are
kept apart. A row of the report has no type in the vendor's description: who reads it gives the type that the core API
says. The lock is ``locked`` or ``isLocked``, by the edition of the description. Clockify keeps no time of change.
Anything of another shape than documented raises :class:`connectors.errors.Malformed`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from connectors.errors import Malformed
from connectors.records import EntryKind, EntryState, TimeEntry
from connectors.value_reader import Object, ValueReader

PRODUCT = "clockify"
READ = ValueReader(PRODUCT)
ENTRY_ID = re.compile(r"[0-9a-f]{24}")
WORK = "REGULAR"
_KINDS = {
    WORK: EntryKind.WORK,
    "BREAK": EntryKind.BREAK,
    "HOLIDAY": EntryKind.LEAVE,
    "TIME_OFF": EntryKind.LEAVE,
}
_DURATION = re.compile(r"PT(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:\.\d{1,9})?S)?")


def is_entry_id(text: str) -> bool:
    """Whether a text can be the id of an entry: anything else does not exist and is not asked for."""
    return ENTRY_ID.fullmatch(text) is not None


def row_id(row: Mapping[str, Any]) -> str | None:
    """The id of a row of the report, as far as it has one."""
    identity = row.get("_id") or row.get("id")
    return identity if isinstance(identity, str) and is_entry_id(identity) else None


def entry_from_row(raw: object, *, kind: str, account: str, zone: ZoneInfo) -> TimeEntry:
    """Translate a row of the detailed report, whose type is ``kind``."""
    row = READ.an_object(raw, "a row of the report")
    interval = READ.an_object(row.get("timeInterval"), "timeInterval")
    return _entry(
        row,
        interval,
        entry_id=_id(row.get("_id") or row.get("id")),
        kind=kind,
        seconds=None if interval.get("duration") is None else READ.seconds(interval["duration"], "duration"),
        project=(_text(row, "projectId"), _text(row, "projectName")),
        client=(_text(row, "clientId"), _text(row, "clientName")),
        person_name=_text(row, "userName"),
        account=account,
        zone=zone,
    )


def entry_from_api(raw: object, *, account: str, zone: ZoneInfo) -> TimeEntry:
    """Translate a *hydrated* entry of API v1 (``hydrated=true``: project, tags and user are objects)."""
    item = READ.an_object(raw, "a time entry")
    interval = READ.an_object(item.get("timeInterval"), "timeInterval")
    project = READ.object_or_empty(item.get("project"), "project")
    person = READ.object_or_empty(item.get("user"), "user")
    return _entry(
        item,
        interval,
        entry_id=_id(item.get("id")),
        kind=kind_of(item) or WORK,
        seconds=_iso_seconds(interval.get("duration")),
        project=(_text(item, "projectId") or _text(project, "id"), _text(project, "name")),
        client=(_text(project, "clientId"), _text(project, "clientName")),
        person_name=_text(person, "name"),
        account=account,
        zone=zone,
    )


def kind_of(item: Object) -> str | None:
    """The type that an entry or a row says; ``None`` where it says none."""
    return READ.text_or_none(item.get("type"), "type")


def _entry(
    item: Object,
    interval: Object,
    *,
    entry_id: str,
    kind: str,
    seconds: int | None,
    project: tuple[str | None, str | None],
    client: tuple[str | None, str | None],
    person_name: str | None,
    account: str,
    zone: ZoneInfo,
) -> TimeEntry:
    started_at = READ.instant(interval.get("start"), "start")
    ended_at = READ.instant_or_none(interval.get("end"), "end")
    is_running = ended_at is None
    if not is_running and (seconds is None or seconds < 0):
        raise Malformed(PRODUCT, "an entry has ended and has no duration, or one below zero")
    tags = READ.objects([] if item.get("tags") is None else item["tags"], "tags")
    return TimeEntry(
        tracker=PRODUCT,
        account=account,
        id=entry_id,
        state=EntryState.RUNNING if is_running else EntryState.STOPPED,
        # A type that we do not know is not work.
        kind=_KINDS.get(kind, EntryKind.LEAVE),
        seconds=0 if is_running else seconds or 0,
        work_date=started_at.astimezone(zone).date(),
        description=READ.text(item.get("description"), "description"),
        started_at=started_at,
        ended_at=ended_at,
        person_id=_text(item, "userId"),
        person_name=person_name,
        project_id=project[0],
        project_name=project[1],
        client_id=client[0],
        client_name=client[1],
        tags=tuple(_tag(tag) for tag in tags),
        billable=READ.flag(item.get("billable"), "billable"),
        locked=item.get("locked") is True or item.get("isLocked") is True or bool(item.get("approvalRequestId")),
    )


def _tag(tag: Object) -> str:
    name = READ.text(tag.get("name"), "tag.name")
    if not name:
        raise Malformed(PRODUCT, "a tag should have a name")
    return name


def _iso_seconds(value: object) -> int | None:
    if value is None:
        return None
    matched = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if matched is None:
        raise Malformed(PRODUCT, "duration should be of the form PT1H30M")
    hours, minutes, seconds = (int(part or 0) for part in matched.groups())
    return READ.seconds(hours * 3600 + minutes * 60 + seconds, "duration")


def _id(value: object) -> str:
    text = READ.text(value, "id")
    if not text:
        raise Malformed(PRODUCT, "id should be text")
    return text


def _text(item: Object, name: str) -> str | None:
    return READ.text_or_none(item.get(name), name)
