"""Toggl's JSON becomes our records: recorded answers of the live service, and what must never be believed."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Malformed
from connectors.records import EntryState, TimeEntry
from connectors.toggl.translate import READ, Names, Project, entry_from_api, entry_from_part, names_from, parts_of_row

ZONE = ZoneInfo("Europe/Amsterdam")
NAMES = Names(
    projects={"5": Project("Site", "7")}, clients={"7": "Site BV"}, tags={"9": "administration"}, knows_billable=True
)

ENTRY: dict[str, Any] = {
    "id": 3,
    "workspace_id": 1,
    "project_id": 5,
    "billable": True,
    "start": "2026-10-26T08:00:00+00:00",
    "stop": "2026-10-26T09:00:00+00:00",
    "duration": 3600,
    "description": "#12 menu",
    "tags": ["administration"],
    "at": "2026-10-26T09:00:00.41113Z",
    "server_deleted_at": None,
    "user_id": 4,
}
ROW: dict[str, Any] = {
    "user_id": 4,
    "username": "Anna",
    "project_id": 5,
    "description": "#12 menu",
    "billable": True,
    "tag_ids": [9],
    "row_number": 1,
    "time_entries": [
        {
            "id": 3,
            "seconds": 3600,
            "start": "2026-10-26T09:00:00+01:00",
            "stop": "2026-10-26T10:00:00+01:00",
            "at": "2026-10-26T09:00:00+00:00",
        }
    ],
}


def read(**changes: object) -> TimeEntry:
    return entry_from_api({**ENTRY, **changes}, account="1", zone=ZONE, names=NAMES)


def read_row(**changes: object) -> TimeEntry:
    (part,) = parts_of_row({**ROW, **changes})
    return entry_from_part(part, account="1", zone=ZONE, names=NAMES)


@pytest.fixture
def recorded_entries(shared_fixtures: Path) -> list[dict[str, Any]]:
    recorded = json.loads((shared_fixtures / "toggl" / "recorded-api-v9-2024-12.json").read_text())
    answers = [each["response"]["body"] for each in recorded["interactions"]]
    found = [item for body in answers for item in (body if isinstance(body, list) else [body])]
    return [item for item in found if isinstance(item, dict) and "duration" in item]


def test_the_report_and_the_api_give_the_same_record() -> None:
    assert read_row().fingerprint == read().fingerprint
    assert (read_row().key, read_row().started_at) == (read().key, read().started_at)


def test_every_recorded_entry_is_understood(recorded_entries: list[dict[str, Any]]) -> None:
    entries = [entry_from_api(item, account="1", zone=ZONE, names=Names()) for item in recorded_entries]

    assert len(entries) > 10
    assert {entry.state for entry in entries} == set(EntryState)


def test_the_recorded_tombstones_are_deleted_and_the_recorded_timers_run(
    recorded_entries: list[dict[str, Any]],
) -> None:
    for item in recorded_entries:
        entry = entry_from_api(item, account="1", zone=ZONE, names=Names())
        if item["server_deleted_at"]:
            assert entry.state is EntryState.DELETED
        elif item["duration"] < 0:
            assert (entry.state, entry.seconds) == (EntryState.RUNNING, 0)
        else:
            assert (entry.state, entry.seconds) == (EntryState.STOPPED, item["duration"])


def test_an_entry_with_a_deletion_date_is_deleted_though_it_carries_its_hours() -> None:
    entry = read(server_deleted_at="2026-10-26T10:00:00+00:00")

    assert entry.state is EntryState.DELETED


def test_a_timer_that_was_deleted_while_it_ran_is_deleted_with_no_seconds() -> None:
    entry = read(duration=-1, stop=None, server_deleted_at="2026-10-26T10:00:00+00:00")

    assert (entry.state, entry.seconds) == (EntryState.DELETED, 0)


@pytest.mark.parametrize("duration", [-1, -1761465601])
def test_a_negative_duration_means_that_the_timer_runs(duration: int) -> None:
    entry = read(duration=duration, stop=None)

    assert (entry.state, entry.seconds, entry.ended_at) == (EntryState.RUNNING, 0, None)


def test_a_row_of_the_report_without_an_end_runs() -> None:
    entry = read_row(time_entries=[{**ROW["time_entries"][0], "seconds": 0, "stop": None}])

    assert (entry.state, entry.seconds) == (EntryState.RUNNING, 0)


def test_a_new_entry_of_no_duration_and_no_end_does_not_run() -> None:
    entry = read(duration=0, stop=None)

    assert (entry.state, entry.seconds) == (EntryState.STOPPED, 0)


def test_a_negative_duration_with_an_end_cannot_be_read() -> None:
    with pytest.raises(Malformed, match="below zero"):
        read(duration=-260)
    with pytest.raises(Malformed, match="below zero"):
        read_row(time_entries=[{**ROW["time_entries"][0], "seconds": -260}])


def test_a_duration_without_an_end_is_finished_work_both_ways() -> None:
    part = {**ROW["time_entries"][0], "stop": None}

    assert (read(stop=None).state, read(stop=None).seconds) == (EntryState.STOPPED, 3600)
    assert read_row(time_entries=[part]).fingerprint == read(stop=None).fingerprint


def test_the_booked_duration_stands_even_when_the_clock_times_disagree() -> None:
    assert read(duration=1234).seconds == 1234


def test_an_entry_over_midnight_belongs_to_the_local_date_of_its_start() -> None:
    entry = read(start="2026-10-25T22:30:00Z", stop="2026-10-26T02:00:00Z", duration=12600)

    assert (entry.work_date, entry.seconds) == (date(2026, 10, 25), 12600)
    assert read(start="2026-10-25T23:30:00Z").work_date == date(2026, 10, 26)


def test_a_plan_without_billable_time_says_nothing_about_it() -> None:
    entry = entry_from_api({**ENTRY, "billable": False}, account="1", zone=ZONE, names=Names())

    assert entry.billable is None
    assert read(billable=False).billable is False


def test_missing_tags_and_descriptions_are_empty() -> None:
    entry = read(tags=None, description=None)

    assert (entry.tags, entry.description) == ((), "")


def test_an_entry_without_project_has_no_client() -> None:
    entry = read(project_id=None, project_name="left over", client_name="left over")

    assert (entry.project_id, entry.project_name, entry.client_id, entry.client_name) == (None, None, None, None)


def test_a_project_that_is_not_listed_keeps_the_name_that_came_with_the_entry() -> None:
    entry = read(project_id=99, project_name="Hidden", client_name="Secret BV")

    assert (entry.project_name, entry.client_id, entry.client_name) == ("Hidden", None, "Secret BV")


def test_the_names_of_tags_come_with_the_row_or_from_the_list() -> None:
    assert read_row(tag_names=["vip"]).tags == ("vip",)
    assert read_row().tags == ("administration",)


def test_archived_and_clientless_projects_are_named() -> None:
    names = names_from([{"id": 1, "name": "Old", "client_id": None}], [], [], knows_billable=False)

    assert names.projects["1"] == Project("Old", None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-10-26T09:00:00Z", datetime(2026, 10, 26, 9, tzinfo=UTC)),
        ("2026-10-26T09:00:00+01:00", datetime(2026, 10, 26, 8, tzinfo=UTC)),
        ("2024-12-16T02:24:56.5667Z", datetime(2024, 12, 16, 2, 24, 56, 566700, tzinfo=UTC)),
        ("2022-06-25T03:58:10.207820267Z", datetime(2022, 6, 25, 3, 58, 10, 207820, tzinfo=UTC)),
    ],
)
def test_an_instant_has_any_number_of_fraction_digits(text: str, expected: datetime) -> None:
    assert READ.instant(text, "start") == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"id": "3"},
        {"id": True},
        {"start": None},
        {"start": "yesterday"},
        {"start": "2026-10-26T09:00:00"},
        {"duration": None},
        {"duration": "3600"},
        {"duration": 3600.5},
        {"duration": True},
        {"tags": "administration"},
        {"tags": [1]},
        {"description": {"text": "x"}},
        {"project_id": "5"},
        {"stop": 12},
    ],
    ids=str,
)
def test_an_entry_of_another_shape_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        read(**changes)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*ENTRY, *ROW, "seconds"]), inner),
        max_leaves=12,
    )
)
def test_whatever_comes_is_a_record_or_malformed_and_nothing_else(raw: object) -> None:
    for translate in (
        lambda: [entry_from_api(raw, account="1", zone=ZONE, names=NAMES)],
        lambda: [entry_from_part(part, account="1", zone=ZONE, names=NAMES) for part in parts_of_row(raw)],
    ):
        try:
            entries = translate()
        except Malformed:
            continue
        assert all(entry.seconds >= 0 for entry in entries)
