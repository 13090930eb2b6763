"""Toggl's JSON into our records: pure functions, no calls.

Terms
    tombstone   an entry of ``/me/time_entries`` with ``server_deleted_at``: it still carries its whole
                duration and must never be counted
    row         one line of the detailed report; its ``time_entries`` hold what differs per entry
    names       what the workspace calls its projects, clients and tags (:class:`Names`)

What counts as running: a negative ``duration`` (API v9, "Time entries"), or a row of the report with neither seconds
nor ``stop``. Elapsed time is never computed from the negative number, which is off by one in practice. A new entry
without a duration has ``duration`` 0 and no ``stop``: that is *not* running. Nor is one that has a duration and no
``stop``, as clients of several makers write them.

A negative duration **with** a stop contradicts itself (clock differences between devices cause it): such an entry
cannot be read, and it is reported to a person.

Anything of another shape than documented raises :class:`connectors.errors.Malformed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.errors import Malformed
from connectors.records import EntryKind, EntryState, TimeEntry
from connectors.value_reader import Object, ValueReader

PRODUCT = "toggl"
READ = ValueReader(PRODUCT)


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
    item = READ.an_object(raw, "a time entry")
    seconds = READ.whole_number(item.get("duration"), "duration")
    ended_at = READ.instant_or_none(item.get("stop"), "stop")
    deleted = item.get("server_deleted_at") is not None
    return _entry(
        item,
        entry_id=READ.identity(item.get("id"), "id"),
        state=EntryState.DELETED if deleted else _state(seconds, ended_at, is_running=seconds < 0),
        seconds=seconds,
        started_at=READ.instant(item.get("start"), "start"),
        ended_at=ended_at,
        updated_at=READ.instant_or_none(item.get("at"), "at"),
        person_name=READ.text_or_none(item.get("user_name"), "user_name"),
        tags=READ.text_list(item.get("tags"), "tags"),
        account=account,
        zone=zone,
        names=names,
    )


def parts_of_row(raw: object) -> list[tuple[Object, Object]]:
    """The entries in a row of the detailed report, each with the row that says what they share.

    A row of another shape is one entry that nobody can read.
    """
    try:
        row = READ.an_object(raw, "a row of the report")
        return [(row, item) for item in READ.objects(row.get("time_entries"), "time_entries")]
    except Malformed:
        return [({}, {})]


def entry_from_part(part: tuple[Object, Object], *, account: str, zone: ZoneInfo, names: Names) -> TimeEntry:
    """Translate an entry of the detailed report (Reports API v3, "Search time entries")."""
    row, item = part
    seconds = READ.whole_number(item.get("seconds"), "seconds")
    ended_at = READ.instant_or_none(item.get("stop"), "stop")
    return _entry(
        row,
        entry_id=READ.identity(item.get("id"), "id"),
        state=_state(seconds, ended_at, is_running=seconds < 0 or (seconds == 0 and ended_at is None)),
        seconds=seconds,
        started_at=READ.instant(item.get("start"), "start"),
        ended_at=ended_at,
        updated_at=READ.instant_or_none(item.get("at"), "at"),
        person_name=READ.text_or_none(row.get("username"), "username"),
        tags=_row_tags(row, names),
        account=account,
        zone=zone,
        names=names,
    )


def names_from(projects: list[Any], clients: list[Any], tags: list[Any], *, knows_billable: bool) -> Names:
    """Gather the lists of projects, clients and tags of a workspace."""
    return Names(
        projects={
            READ.identity(item.get("id"), "project.id"): Project(
                READ.text(item.get("name"), "project.name"),
                READ.identity_or_none(item.get("client_id"), "project.client_id"),
            )
            for item in READ.objects(projects, "projects")
        },
        clients=_named(clients, "client"),
        tags=_named(tags, "tag"),
        knows_billable=knows_billable,
    )


def _entry(
    item: Object,
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
    project_id = READ.identity_or_none(item.get("project_id"), "project_id")
    project = names.projects.get(project_id) if project_id else None
    client_id = project.client_id if project else None
    client_name = names.clients.get(client_id) if client_id else None
    project_name = READ.text_or_none(item.get("project_name"), "project_name")
    listed_client = READ.text_or_none(item.get("client_name"), "client_name")
    billable = item.get("billable")
    return TimeEntry(
        tracker=PRODUCT,
        account=account,
        id=entry_id,
        state=state,
        kind=EntryKind.WORK,
        seconds=0 if state is EntryState.RUNNING else READ.seconds(max(seconds, 0), "duration"),
        work_date=started_at.astimezone(zone).date(),
        description=READ.text(item.get("description"), "description"),
        started_at=started_at,
        ended_at=ended_at,
        person_id=READ.identity_or_none(item.get("user_id"), "user_id"),
        person_name=person_name,
        project_id=project_id,
        project_name=(project.name if project else project_name) if project_id else None,
        client_id=client_id,
        client_name=(client_name or listed_client) if project_id else None,
        tags=tags,
        billable=billable if names.knows_billable and isinstance(billable, bool) else None,
        source_updated_at=updated_at,
    )


def _state(seconds: int, ended_at: datetime | None, *, is_running: bool) -> EntryState:
    if seconds < 0 and ended_at is not None:
        raise Malformed(PRODUCT, "the entry has ended, and its duration is below zero: correct its times in Toggl")
    return EntryState.RUNNING if is_running else EntryState.STOPPED


def _row_tags(row: Object, names: Names) -> tuple[str, ...]:
    if named := READ.text_list(row.get("tag_names"), "tag_names"):
        return named
    ids = [READ.identity(tag_id, "tag_ids") for tag_id in READ.a_list(row.get("tag_ids") or [], "tag_ids")]
    return tuple(names.tags[tag_id] for tag_id in ids if tag_id in names.tags)


def _named(raw: list[Any], what: str) -> dict[str, str]:
    return {
        READ.identity(item.get("id"), f"{what}.id"): READ.text(item.get("name"), f"{what}.name")
        for item in READ.objects(raw, f"{what}s")
    }
