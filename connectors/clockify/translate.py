"""Clockify's JSON into our records: pure functions, no calls.

Terms
    row       an entry in the detailed report (``timeentries[]``): names included, duration in whole seconds
    entry     an entry of API v1: ids only unless hydrated, duration as ISO 8601 text (``PT1H30M``)

Running: ``timeInterval.end`` is null. Only entries of type ``REGULAR`` are work; breaks, holidays and time
off are told apart. Clockify keeps no time of change. Anything of another shape than documented raises
:class:`connectors.errors.Malformed`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.errors import Malformed
from connectors.records import EntryKind, EntryState, TimeEntry

PRODUCT = "clockify"
BELIEVABLE_YEARS = range(1970, 2200)
_KINDS = {
    "REGULAR": EntryKind.WORK,
    "BREAK": EntryKind.BREAK,
    "HOLIDAY": EntryKind.LEAVE,
    "TIME_OFF": EntryKind.LEAVE,
}
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?")


def entry_from_row(raw: object, *, account: str, zone: ZoneInfo) -> TimeEntry:
    """Translate a row of the detailed report."""
    row = _object(raw, "report row")
    interval = _object(row.get("timeInterval"), "time interval")
    return _entry(
        row,
        interval,
        entry_id=_text(row.get("_id") or row.get("id"), "id"),
        seconds=_optional_whole(interval.get("duration")),
        project=(_optional_text(row.get("projectId")), _optional_text(row.get("projectName"))),
        client=(_optional_text(row.get("clientId")), _optional_text(row.get("clientName"))),
        person_name=_optional_text(row.get("userName")),
        locked=row.get("locked") is True or bool(row.get("approvalRequestId")),
        account=account,
        zone=zone,
    )


def entry_from_api(raw: object, *, account: str, zone: ZoneInfo) -> TimeEntry:
    """Translate a *hydrated* entry of API v1 (``hydrated=true``: project, tags and user are objects)."""
    item = _object(raw, "time entry")
    interval = _object(item.get("timeInterval"), "time interval")
    project = _object(item.get("project") or {}, "project")
    person = _object(item.get("user") or {}, "user")
    return _entry(
        item,
        interval,
        entry_id=_text(item.get("id"), "id"),
        seconds=_iso_seconds(interval.get("duration")),
        project=(_optional_text(item.get("projectId") or project.get("id")), _optional_text(project.get("name"))),
        client=(_optional_text(project.get("clientId")), _optional_text(project.get("clientName"))),
        person_name=_optional_text(person.get("name")),
        locked=item.get("isLocked") is True,
        account=account,
        zone=zone,
    )


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


def _entry(
    item: Mapping[str, Any],
    interval: Mapping[str, Any],
    *,
    entry_id: str,
    seconds: int | None,
    project: tuple[str | None, str | None],
    client: tuple[str | None, str | None],
    person_name: str | None,
    locked: bool,
    account: str,
    zone: ZoneInfo,
) -> TimeEntry:
    started_at = instant(interval.get("start"), "start")
    ended_at = None if interval.get("end") is None else instant(interval["end"], "end")
    is_running = ended_at is None
    if not is_running and seconds is None:
        raise Malformed(PRODUCT, "an entry has ended and has no duration")
    billable = item.get("billable")
    return TimeEntry(
        tracker=PRODUCT,
        account=account,
        id=entry_id,
        state=EntryState.RUNNING if is_running else EntryState.STOPPED,
        kind=_kind(item.get("type")),
        seconds=0 if is_running else max(seconds or 0, 0),
        work_date=started_at.astimezone(zone).date(),
        description=_optional_text(item.get("description")) or "",
        started_at=started_at,
        ended_at=ended_at,
        person_id=_optional_text(item.get("userId")),
        person_name=person_name,
        project_id=project[0],
        project_name=project[1],
        client_id=client[0],
        client_name=client[1],
        tags=_tags(item.get("tags")),
        billable=billable if isinstance(billable, bool) else None,
        locked=locked,
    )


def _kind(value: object) -> EntryKind:
    """The report leaves the type of ordinary work out; a type that we do not know is not work."""
    if value is None:
        return EntryKind.WORK
    return _KINDS.get(str(value), EntryKind.LEAVE)


def _tags(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise Malformed(PRODUCT, "tags is not a list")
    return tuple(_text(_object(tag, "tag").get("name"), "a tag's name") for tag in value)


def _iso_seconds(value: object) -> int | None:
    if value is None:
        return None
    matched = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if matched is None:
        raise Malformed(PRODUCT, "duration is not of the form PT1H30M")
    hours, minutes, seconds = (int(part or 0) for part in matched.groups())
    return hours * 3600 + minutes * 60 + seconds


def _optional_whole(value: object) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise Malformed(PRODUCT, "duration is not a whole number")


def _object(value: object, what: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise Malformed(PRODUCT, f"a {what} is not an object")


def _text(value: object, what: str) -> str:
    if isinstance(value, str) and value:
        return value
    raise Malformed(PRODUCT, f"{what} is not text")


def _optional_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    raise Malformed(PRODUCT, "text was expected and something else came")
