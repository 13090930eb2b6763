"""The Clockify connector: what is particular to this product, on its sandbox over real HTTP and on its JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests
import yaml
from pydantic import SecretStr, ValidationError

from connectors.clockify.settings import ClockifySettings
from connectors.clockify.translate import entry_from_api, entry_from_row
from connectors.clockify.webhooks import read_call
from connectors.conformance.tracker_bed import TODAY, TOKEN, at, counted, drain, window
from connectors.errors import BadSignature, Invalid, Limited, Malformed, PermissionMissing
from connectors.records import EntryKind, EntryState
from connectors.sandbox.server import Answer
from tests.conformance.clockify_bed import ClockifyBed
from tests.connectors.shifting_windows import read_while_it_changes, read_while_it_never_stands_still

ZONE = ZoneInfo("Europe/Amsterdam")
ROW: dict[str, Any] = {
    "_id": "64c777ddd3fcab0700000001",
    "description": "#1",
    "userId": "64c777ddd3fcab0700000002",
    "timeInterval": {"start": "2026-10-26T08:00:00Z", "end": "2026-10-26T09:30:00Z", "duration": 5400},
    "billable": True,
    "tags": [{"id": "64c777ddd3fcab0700000003", "name": "intake"}],
}


@pytest.fixture
def bed() -> Iterator[ClockifyBed]:
    with ClockifyBed.open() as bed:
        yield bed


def calls(bed: ClockifyBed) -> list[str]:
    return [request.path.rsplit("/", 1)[-1] for request in bed.server.requests]


def test_the_fast_lane_costs_two_requests(bed: ClockifyBed) -> None:
    bed.write_down(at(9), 900)
    tracker = bed.tracker()
    _, cursor = drain(tracker, None)
    bed.server.requests.clear()

    drain(tracker, cursor)

    assert calls(bed) == ["in-progress", "detailed"]


def test_what_kind_an_entry_is_costs_a_request_a_person_and_is_remembered(bed: ClockifyBed) -> None:
    for person in ("Anna", "Bert", "Anna"):
        bed.write_down(at(9), 900, person=person)
    tracker = bed.tracker()

    _, cursor = drain(tracker, None)
    first = calls(bed).count("time-entries")
    drain(tracker, cursor)

    assert (first, calls(bed).count("time-entries")) == (2, 2)


def test_an_entry_that_becomes_a_break_is_none_at_the_next_window(bed: ClockifyBed) -> None:
    entry_id = bed.write_down(at(9), 900)
    tracker = bed.tracker()
    assert len(counted(window(tracker))) == 1

    bed.workspace.edit(entry_id, type="BREAK")

    assert counted(window(tracker)) == []


def test_a_row_that_is_deleted_before_its_kind_is_asked_for_is_left_out(bed: ClockifyBed) -> None:
    kept, gone = bed.write_down(at(9), 900), bed.write_down(at(10), 900)
    bed.server.before_next("GET .*/user/", lambda: bed.delete(gone))

    assert [entry.id for entry in window(bed.tracker())] == [kept]


def test_a_free_plan_is_never_asked_more_often_than_it_allows(bed: ClockifyBed) -> None:
    bed.write_down(at(9), 900)
    tracker = bed.tracker(requests_an_hour=10, reserved_requests=3)
    window(tracker)
    window(tracker)
    with pytest.raises(Limited) as raised:
        window(tracker)

    assert len(bed.server.requests) == 7
    assert 0 < raised.value.retry_after_seconds <= 3600
    budget = tracker.budget()
    assert budget is not None
    assert budget.remaining == 3
    bed.clock.advance(timedelta(hours=1))
    assert len(window(tracker)) == 1


def test_a_key_that_sees_itself_alone_reads_only_where_that_is_meant(bed: ClockifyBed) -> None:
    own = bed.write_down(at(9), 900, person="Anna")
    bed.write_down(at(9), 900, person="Bert")
    bed.take_permission_away()

    for reading in (lambda: window(bed.tracker()), lambda: drain(bed.tracker(), None)):
        with pytest.raises(PermissionMissing, match="sees_only: own"):
            reading()
    assert [entry.id for entry in window(bed.tracker(sees_only="own"))] == [own]


def test_a_server_that_gives_smaller_pages_than_asked_for_is_read_to_the_end() -> None:
    with ClockifyBed.open(page_size=50, most_rows=3) as bed:
        ids = {bed.write_down(at(8, minute=number), 900) for number in range(8)}

        assert {entry.id for entry in window(bed.tracker())} == ids


def test_a_long_window_is_read_in_months_as_the_free_plan_wants_it(bed: ClockifyBed) -> None:
    ids = {bed.write_down(at(9) - timedelta(days=days), 900) for days in range(0, 100, 5)}

    found = [entry.id for entry in window(bed.tracker(), TODAY - timedelta(days=99), TODAY)]

    assert sorted(found) == sorted(ids)


def test_breaks_holidays_and_time_off_are_not_work(bed: ClockifyBed) -> None:
    anna = bed.person("Anna").id
    for kind in ("REGULAR", "BREAK", "HOLIDAY", "TIME_OFF"):
        bed.workspace.write_down(anna, at(9), 3600, kind, kind=kind)

    found = window(bed.tracker())

    assert [entry.description for entry in counted(found)] == ["REGULAR"]
    assert [entry.kind for entry in found].count(EntryKind.LEAVE) == 2


def test_durations_come_unrounded(bed: ClockifyBed) -> None:
    bed.write_down(at(9), 61)

    assert [entry.seconds for entry in window(bed.tracker())] == [61]


def test_everybodys_running_timers_are_seen(bed: ClockifyBed) -> None:
    ids = {bed.start_timer("#1", person="Anna"), bed.start_timer("#2", person="Bert")}

    read, _ = drain(bed.tracker(), None)

    assert {entry.id for entry in read} == ids
    assert {entry.state for entry in read} == {EntryState.RUNNING}


def test_another_400_than_unknown_is_no_absence(bed: ClockifyBed) -> None:
    entry_id = bed.write_down(at(9), 900)
    tracker = bed.tracker()
    bed.server.answers_instead = Answer(400, {"message": "Bad request", "code": 3000})

    with pytest.raises(Invalid):
        tracker.entry(entry_id)


def test_another_workspace_is_forbidden(bed: ClockifyBed) -> None:
    with pytest.raises(PermissionMissing):
        window(bed.tracker(workspace_id="0" * 24))


def test_an_entry_locked_by_approval_is_marked(bed: ClockifyBed) -> None:
    entry_id = bed.write_down(at(9), 900)
    bed.workspace.edit(entry_id, locked=True)

    assert [entry.locked for entry in window(bed.tracker())] == [True]


@pytest.mark.parametrize("change", ["delete", "enter"])
def test_a_window_that_changes_while_it_is_read_is_read_anew_and_whole(bed: ClockifyBed, change: str) -> None:
    read_while_it_changes(bed, change)


def test_a_window_that_never_stands_still_is_refused(bed: ClockifyBed) -> None:
    read_while_it_never_stands_still(bed)


def test_a_cursor_that_is_not_ours_is_invalid(bed: ClockifyBed) -> None:
    with pytest.raises(Invalid):
        drain(bed.tracker(), "yesterday")


# ---- JSON ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"), [("PT1H30M", 5400), ("PT45S", 45), ("PT2H", 7200), ("PT26H0M1S", 93601), ("PT0S", 0)]
)
def test_durations_of_the_core_are_read_to_the_second(text: str, seconds: int) -> None:
    interval = {"start": "2026-10-26T08:00:00Z", "end": "2026-10-26T09:30:00Z", "duration": text}

    entry = entry_from_api({"id": "x", "userId": "u", "timeInterval": interval}, account="a", zone=ZONE)

    assert entry.seconds == seconds


@pytest.mark.parametrize(
    "changes",
    [
        {"_id": None},
        {"timeInterval": None},
        {"timeInterval": {"start": None, "end": None}},
        {"timeInterval": {"start": "2026-10-26T08:00:00", "end": None}},
        {"timeInterval": {"start": "2026-10-26T08:00:00Z", "end": "2026-10-26T09:00:00Z", "duration": None}},
        {"timeInterval": {"start": "2026-10-26T08:00:00Z", "end": "2026-10-26T09:00:00Z", "duration": "PT1H"}},
        {"tags": "intake"},
        {"tags": [{"id": "x"}]},
        {"description": 3},
    ],
    ids=str,
)
def test_a_row_of_another_shape_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        entry_from_row({**ROW, **changes}, kind="REGULAR", account="a", zone=ZONE)


def test_a_kind_of_entry_that_we_do_not_know_is_not_counted() -> None:
    assert entry_from_row(ROW, kind="NEW", account="a", zone=ZONE).kind is not EntryKind.WORK


def test_the_sandbox_answers_in_the_vendors_shape(bed: ClockifyBed, shared_fixtures: Path) -> None:
    spec = yaml.load(
        (shared_fixtures / "clockify" / "clockify.official.openapi.yaml").read_text(), Loader=yaml.CSafeLoader
    )
    schemas = spec["components"]["schemas"]
    entry_id = bed.write_down(at(9), 900, project="Site", tags=("intake",))
    path = f"{bed.server.core_url}/workspaces/{bed.workspace.workspace_id}/time-entries/{entry_id}"

    entry = requests.get(path, headers={"X-Api-Key": TOKEN}, timeout=10).json()

    known = schemas["TimeEntryWithRatesDtoV1"]["properties"]
    assert set(entry) == set(known)
    assert set(entry["timeInterval"]) == {"start", "end", "duration"}


# ---- webhooks --------------------------------------------------------------------------------------


def call(content: object, token: str = "right", event: str = "TIME_ENTRY_UPDATED") -> tuple[str, ...]:
    headers = {"clockify-signature": token, "clockify-webhook-event-type": event}
    now = datetime(2026, 10, 26, tzinfo=UTC)
    tokens = [SecretStr("other"), SecretStr("right")]
    return read_call(headers, json.dumps(content).encode(), tokens=tokens, workspace_id="w", now=now).entry_ids


E1, E2 = "64c777ddd3fcab07000000e1", "64c777ddd3fcab07000000e2"


def test_a_call_names_its_entry_and_a_deletion_in_bulk_names_all() -> None:
    assert call({"id": E1, "workspaceId": "w"}) == (E1,)
    assert call([E1, E2], event="TIME_ENTRY_DELETED") == (E1, E2)
    assert call({"ids": [E1, E2], "workspaceId": "w"}, event="TIME_ENTRY_DELETED") == (E1, E2)
    assert call({"id": E1}, event="TIMER_STOPPED") == (E1,)


def test_another_workspace_or_another_subject_names_none() -> None:
    assert call({"id": E1, "workspaceId": "elsewhere"}) == ()
    assert call({"id": E1, "workspaceId": "w"}, event="NEW_INVOICE") == ()


@pytest.mark.parametrize("identity", ["../../../user", "64c777", 3, None, "x" * 900_000, "64C777DDD3FCAB07000000E1"])
def test_what_is_no_id_of_an_entry_names_none(identity: object) -> None:
    assert call({"id": identity, "workspaceId": "w"}) == ()


def test_a_call_names_a_hundred_entries_at_most() -> None:
    ids = [f"64c777ddd3fcab07{number:08x}" for number in range(111_000)]

    assert call(ids, event="TIME_ENTRY_DELETED") == tuple(ids[:100])


@pytest.mark.parametrize("token", ["", "wrong", "é"])
def test_an_unknown_token_is_refused(token: str) -> None:
    with pytest.raises(BadSignature):
        call({"id": "e1"}, token=token)


@pytest.mark.parametrize("body", [b"", b"{", b"3", b"[3]"])
def test_a_body_that_names_nothing_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_call(
            {"clockify-signature": "right"},
            body,
            tokens=[SecretStr("right")],
            workspace_id="w",
            now=datetime(2026, 10, 26, tzinfo=UTC),
        )


@pytest.mark.parametrize("name", ["locked", "isLocked"])
def test_a_lock_has_two_names(name: str) -> None:
    assert entry_from_row({**ROW, name: True}, kind="REGULAR", account="a", zone=ZONE).locked


@pytest.mark.parametrize(
    "changes",
    [{"workspace_id": "1"}, {"report_page_size": 201}, {"api_key": ""}, {"time_zone": "x"}, {"hourly": 3}],
    ids=str,
)
def test_a_wrong_setting_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ClockifySettings.model_validate({"workspace_id": "0" * 24, "api_key": TOKEN, **changes})
