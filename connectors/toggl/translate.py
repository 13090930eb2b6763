"""Toggl's JSON into our records: pure functions, no calls.

Terms
    tombstone   an entry of ``/me/time_entries`` with ``server_deleted_at``: it still carries its whole
                duration and must never be counted
    row         one line of the detailed report; its ``time_entries`` hold what differs per entry
    names       what the workspace calls its projects, clients and tags (:class:`Names`)

What counts as running: a negative ``duration`` (API v9, "Time entries"), or no ``stop`` in a row of the
report. Elapsed time is never computed from the negative number, which is off by one in practice. A new
entry without a duration has ``duration`` 0 and no ``stop``: that is *not* running.

A negative duration **with** a stop contradicts itself (clock differences between devices cause it). Such
an entry is put in quarantine: ``state=running``, 0 seconds, ``ended_at`` kept. It counts nothing until
somebody mends it, and ``running`` with ``ended_at`` is how it is told from a timer.

Anything of another shape than documented raises :class:`connectors.errors.Malformed`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.errors import Malformed
from connectors.records import EntryKind, EntryState, TimeEntry

PRODUCT = "toggl"
BELIEVABLE_YEARS = range(1970, 2200)


@dataclass(frozen=True, slots=True)
class Project:
    """A project as the workspace lists it; ``client_id`` is ``None`` for a project without client."""

    name: str
    client_id: str | None


@dataclass(frozen=True, slots=True)
class Names:
    """What the workspace calls things, by id, and whether its plan knows billable time.

    On a plan without that feature ``billable`` is always false and says nothing.
    """

    projects: Mapping[str, Project] = field(default_factory=dict)
    clients: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    knows_billable: bool = False


def entry_from_api(raw: object, *, account: str, zone: ZoneInfo, names: Names) -> TimeEntry:
    """Translate an entry of API v9 (``/me/time_entries``), tombstones included."""
    item = _object(raw, "time entry")
    started_at = instant(item.get("start"), "start")
    ended_at = _optional_instant(item.get("stop"), "stop")
    duration = _whole(item.get("duration"), "duration")
    deleted = item.get("server_deleted_at") is not None
    return _entry(
        item,
        entry_id=_identifier(item.get("id"), "id"),
        state=EntryState.DELETED if deleted else _state(duration, is_running=duration < 0),
        seconds=duration,
        started_at=started_at,
        ended_at=ended_at,
        updated_at=_optional_instant(item.get("at"), "at"),
        person_name=_text(item.get("user_name")) or None,
        tags=_texts(item.get("tags"), "tags"),
        account=account,
        zone=zone,
        names=names,
    )


def entries_from_row(raw: object, *, account: str, zone: ZoneInfo, names: Names) -> Iterator[TimeEntry]:
    """Translate a row of the detailed report (Reports API v3, "Search time entries")."""
    row = _object(raw, "report row")
    for part in _list(row.get("time_entries"), "time_entries"):
        item = _object(part, "report entry")
        seconds = _whole(item.get("seconds"), "seconds")
        ended_at = _optional_instant(item.get("stop"), "stop")
        yield _entry(
            row,
            entry_id=_identifier(item.get("id"), "id"),
            state=_state(seconds, is_running=seconds < 0 or ended_at is None),
            seconds=seconds,
            started_at=instant(item.get("start"), "start"),
            ended_at=ended_at,
            updated_at=_optional_instant(item.get("at"), "at"),
            person_name=_text(row.get("username")) or None,
            tags=_row_tags(row, names),
            account=account,
            zone=zone,
            names=names,
        )


def names_from(projects: list[Any], clients: list[Any], tags: list[Any], *, knows_billable: bool) -> Names:
    """Gather the lists of projects, clients and tags of a workspace."""
    return Names(
        projects={
            _identifier(item.get("id"), "project id"): Project(
                _text(item.get("name")), _optional_identifier(item.get("client_id"))
            )
            for item in (_object(raw, "project") for raw in projects)
        },
        clients=_named(clients, "client"),
        tags=_named(tags, "tag"),
        knows_billable=knows_billable,
    )


def instant(value: object, what: str) -> datetime:
    """Read an instant with any number of fraction digits and either ``Z`` or an offset."""
    if isinstance(value, str):
        try:
            parsed = datetime.fromisoformat(_six_digits(value))
        except ValueError:
            parsed = None
        if parsed is not None and parsed.tzinfo is not None and parsed.year in BELIEVABLE_YEARS:
            return parsed.astimezone(UTC)
    raise Malformed(PRODUCT, f"{what} is not an instant with its zone")


def _entry(
    item: Mapping[str, Any],
    *,
    entry_id: str,
    state: EntryState,
    seconds: int,
    started_at: datetime,
    ended_at: datetime | None,
    updated_at: datetime | None,
    person_name: str | None,
    tags: tuple[str, ...],
    account: str,
    zone: ZoneInfo,
    names: Names,
) -> TimeEntry:
    project_id = _optional_identifier(item.get("project_id"))
    project = names.projects.get(project_id) if project_id else None
    client_id = project.client_id if project else None
    client_name = names.clients.get(client_id) if client_id else None
    billable = item.get("billable")
    return TimeEntry(
        tracker=PRODUCT,
        account=account,
        id=entry_id,
        state=state,
        kind=EntryKind.WORK,
        seconds=0 if state is EntryState.RUNNING else max(seconds, 0),
        work_date=started_at.astimezone(zone).date(),
        description=_text(item.get("description")),
        started_at=started_at,
        ended_at=ended_at,
        person_id=_optional_identifier(item.get("user_id")),
        person_name=person_name,
        project_id=project_id,
        project_name=(project.name if project else _text(item.get("project_name")) or None) if project_id else None,
        client_id=client_id,
        client_name=(client_name or _text(item.get("client_name")) or None) if project_id else None,
        tags=tags,
        billable=billable if names.knows_billable and isinstance(billable, bool) else None,
        source_updated_at=updated_at,
    )


def _state(seconds: int, *, is_running: bool) -> EntryState:
    return EntryState.RUNNING if is_running or seconds < 0 else EntryState.STOPPED


def _row_tags(row: Mapping[str, Any], names: Names) -> tuple[str, ...]:
    told = _texts(row.get("tag_names"), "tag_names")
    if told:
        return told
    ids = [_identifier(value, "tag_ids") for value in _list(row.get("tag_ids") or [], "tag_ids")]
    return tuple(names.tags[tag_id] for tag_id in ids if tag_id in names.tags)


def _named(raw: list[Any], what: str) -> dict[str, str]:
    items = (_object(item, what) for item in raw)
    return {_identifier(item.get("id"), f"{what} id"): _text(item.get("name")) for item in items}


def _object(value: object, what: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise Malformed(PRODUCT, f"a {what} is not an object")


def _list(value: object, what: str) -> list[Any]:
    if isinstance(value, list):
        return value
    raise Malformed(PRODUCT, f"{what} is not a list")


def _texts(value: object, what: str) -> tuple[str, ...]:
    found = _list(value or [], what)
    if all(isinstance(text, str) for text in found):
        return tuple(found)
    raise Malformed(PRODUCT, f"{what} is not a list of text")


def _text(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    raise Malformed(PRODUCT, "text was expected and something else came")


def _whole(value: object, what: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise Malformed(PRODUCT, f"{what} is not a whole number")


def _identifier(value: object, what: str) -> str:
    return str(_whole(value, what))


def _optional_identifier(value: object) -> str | None:
    return None if value is None else _identifier(value, "an id")


def _optional_instant(value: object, what: str) -> datetime | None:
    return None if value is None else instant(value, what)


def _six_digits(text: str) -> str:
    """Cut a fraction to the six digits that a ``datetime`` holds (webhooks send nine)."""
    head, dot, rest = text.partition(".")
    if not dot:
        return text
    digits = len(rest) - len(rest.lstrip("0123456789"))
    return f"{head}.{rest[:digits][:6].ljust(6, '0')}{rest[digits:]}"
