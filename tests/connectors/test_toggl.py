"""The Toggl connector against the sandbox's Toggl, over real HTTP: what is particular to this product.

What every tracker must do stands in the conformance suite; here are calls counted, quotas, tombstones,
pages that lie, and permissions.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from pydantic import SecretStr, ValidationError

from connectors.conformance.tracker_bed import A_WEEK_AGO, TODAY, TOKEN, at, by_id, drain, window
from connectors.errors import ConnectorError, Invalid, Limited, Malformed, PermissionMissing
from connectors.protocols import BudgetState, TimeTracker
from connectors.records import EntryState
from connectors.toggl.settings import TogglSettings
from tests.conformance.toggl_bed import TogglBed


@pytest.fixture
def bed() -> Iterator[TogglBed]:
    with TogglBed.open() as bed:
        yield bed


# ---- as few requests as possible -------------------------------------------------------------------


def test_a_window_costs_a_request_a_page_and_three_for_the_names(bed: TogglBed) -> None:
    for number in range(11):
        bed.write_down(at(8, minute=number), 900, project="Site", tags=("admin",))

    window(bed.tracker())

    assert bed.calls() == {"report": 3, "projects": 1, "clients": 1, "workspaces": 1}


def test_an_idle_fast_lane_costs_two_requests(bed: TogglBed) -> None:
    tracker = bed.tracker()
    for number in range(11):
        bed.write_down(at(8, minute=number), 900, person="Bert", project="Site")
    bed.clock.advance(timedelta(hours=1))
    _, cursor = drain(tracker, None)
    bed.clock.advance(timedelta(hours=1))
    bed.forget_calls()

    drain(tracker, cursor)

    assert bed.calls() == {"report": 1, "me/time_entries": 1}


def test_names_are_read_once_in_an_hour_however_often_changes_come(bed: TogglBed) -> None:
    tracker = bed.tracker()
    bed.write_down(at(9), 900, project="Site")
    _, cursor = drain(tracker, None)
    bed.forget_calls()

    for _ in range(3):
        bed.clock.advance(timedelta(minutes=10))
        bed.write_down(at(10), 900, project="Site")
        _, cursor = drain(tracker, cursor)

    assert "projects" not in bed.calls()


def test_a_project_that_is_new_is_named_at_once(bed: TogglBed) -> None:
    tracker = bed.tracker()
    bed.write_down(at(9), 900, project="Site")
    _, cursor = drain(tracker, None)
    bed.clock.advance(timedelta(minutes=5))
    bed.write_down(at(10), 900, project="Brand new")

    read, _ = drain(tracker, cursor)

    assert {entry.client_name for entry in read} == {"Site BV", "Brand new BV"}


def test_a_renamed_project_is_seen_by_the_next_window(bed: TogglBed) -> None:
    tracker = bed.tracker()
    bed.write_down(at(9), 900, project="Site")
    window(tracker)

    bed.workspace.rename_project(bed.project("Site"), "Webshop")

    assert [entry.project_name for entry in window(tracker)] == ["Webshop"]


def test_an_entry_that_exists_is_confirmed_by_one_request(bed: TogglBed) -> None:
    entry_id = bed.write_down(at(9), 900, person="Bert")
    tracker = bed.tracker()
    window(tracker)
    bed.forget_calls()

    tracker.entry(entry_id)

    assert bed.calls() == {"report": 1}


def test_fifteen_hundred_entries_are_read_in_eight_pages(bed: TogglBed) -> None:
    with TogglBed.open(page_size=200) as large:
        for number in range(1500):
            large.write_down(at(8) - timedelta(days=number % 7, minutes=number), 900)
        large.forget_calls()

        found = window(large.tracker(), TODAY - timedelta(days=14), TODAY)

        assert len({entry.id for entry in found}) == 1500
        assert large.calls()["report"] == 8


def read_until_limited(tracker: TimeTracker, entry_id: str) -> Limited:
    for _ in range(100):
        try:
            tracker.entry(entry_id)
        except Limited as limited:
            return limited
    pytest.fail("no limit was told in a hundred readings")


# ---- the quota -------------------------------------------------------------------------------------


def test_the_quota_is_never_exhausted_by_us() -> None:
    with TogglBed.open(quota=10, reserved_requests=3) as bed:
        tracker = bed.tracker()

        raised = read_until_limited(tracker, bed.write_down(at(10), 900))

        assert 0 < raised.retry_after_seconds <= 3600
        assert len(bed.server.requests) == 7
        assert {request.status for request in bed.server.requests} == {200}


def test_what_is_left_survives_a_restart() -> None:
    with TogglBed.open(quota=10, reserved_requests=3) as bed:
        entry_id = bed.write_down(at(9), 900)
        read_until_limited(bed.tracker(), entry_id)
        asked = len(bed.server.requests)

        with pytest.raises(Limited):
            bed.tracker().entry(entry_id)

        assert len(bed.server.requests) == asked


def test_after_an_hour_reading_goes_on() -> None:
    with TogglBed.open(quota=10, reserved_requests=3) as bed:
        entry_id = bed.write_down(at(9), 900)
        read_until_limited(bed.tracker(), entry_id)

        bed.clock.advance(timedelta(minutes=61))

        assert bed.tracker().entry(entry_id) is not None


def test_requests_that_others_used_up_are_told_as_a_limit() -> None:
    with TogglBed.open(quota=2, reserved_requests=0) as bed:
        bed.use_up_the_quota()

        with pytest.raises(Limited) as raised:
            bed.tracker().entry("3730000001")

        assert 3000 < raised.value.retry_after_seconds <= 3600


def test_the_budget_is_what_the_last_answer_told() -> None:
    with TogglBed.open(quota=30) as bed:
        tracker = bed.tracker()
        assert tracker.budget() in (None, BudgetState(None, None))
        tracker.entry(bed.write_down(at(9), 900))

        budget = tracker.budget()

        assert budget is not None
        assert budget.remaining == 30 - len(bed.server.requests)
        assert budget.resets_at == bed.clock.now() + timedelta(hours=1)


def test_without_requests_for_ones_own_entries_colleagues_are_still_read() -> None:
    with TogglBed.open(me_quota=1) as bed:
        _, cursor = drain(bed.tracker(), None)
        bed.clock.advance(timedelta(minutes=20))
        mine, theirs = bed.write_down(at(9), 900), bed.write_down(at(9), 900, person="Bert")
        bed.delete(mine)

        read, cursor = drain(bed.tracker(), cursor)
        assert {entry.id for entry in read} == {theirs}
        bed.clock.advance(timedelta(minutes=20))
        _, cursor = drain(bed.tracker(), cursor)

        bed.clock.advance(timedelta(minutes=25))
        read, _ = drain(bed.tracker(), cursor)
        assert by_id(read)[mine].state is EntryState.DELETED


def test_polling_alone_never_exhausts_the_quota() -> None:
    with TogglBed.open(quota=10, reserved_requests=2) as bed:
        cursor: str | None = None
        limited = 0
        for _ in range(40):
            bed.clock.advance(timedelta(minutes=3))
            bed.write_down(at(9), 900, person="Bert")
            try:
                _, cursor = drain(bed.tracker(), cursor)
            except Limited:
                limited += 1

        assert limited > 0
        assert 402 not in {request.status for request in bed.server.requests}


def test_a_feature_outside_the_plan_is_missing_permission_and_no_limit(bed: TogglBed) -> None:
    bed.api.report_is_in_plan = False

    with pytest.raises(PermissionMissing):
        window(bed.tracker())


# ---- tombstones, timers, other workspaces ----------------------------------------------------------


def test_a_deletion_of_ones_own_is_told_by_the_fast_lane(bed: TogglBed) -> None:
    entry_id = bed.write_down(at(9), 3600)
    _, cursor = drain(bed.tracker(), None)
    bed.clock.advance(timedelta(minutes=20))
    bed.delete(entry_id)

    read, _ = drain(bed.tracker(), cursor)

    assert [(entry.id, entry.state) for entry in read] == [(entry_id, EntryState.DELETED)]


def test_a_change_that_the_report_shows_late_is_not_lost(bed: TogglBed) -> None:
    bed.workspace.report_lag = timedelta(minutes=4)
    entry_id = bed.write_down(at(9), 900, person="Bert")
    bed.clock.advance(timedelta(minutes=1))
    early, cursor = drain(bed.tracker(), None)
    assert early == []

    bed.clock.advance(timedelta(minutes=5))
    read, _ = drain(bed.tracker(), cursor)

    assert [entry.id for entry in read] == [entry_id]


def test_a_date_header_that_runs_ahead_loses_no_change(bed: TogglBed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bed.server, "date", lambda: "Mon, 23 Nov 2026 11:00:00 GMT")
    _, cursor = drain(bed.tracker(), None)
    bed.clock.advance(timedelta(minutes=5))
    entry_id = bed.write_down(at(9), 900, person="Bert")

    read, _ = drain(bed.tracker(), cursor)

    assert [entry.id for entry in read] == [entry_id]


def test_an_entry_that_came_and_went_between_two_readings_is_told_as_deleted(bed: TogglBed) -> None:
    _, cursor = drain(bed.tracker(), None)
    entry_id = bed.write_down(at(9), 3600)
    bed.delete(entry_id)

    read, _ = drain(bed.tracker(), cursor)

    assert [(entry.id, entry.state) for entry in read] == [(entry_id, EntryState.DELETED)]


def test_a_deletion_taken_back_stands_again(bed: TogglBed) -> None:
    entry_id = bed.write_down(at(9), 3600)
    bed.delete(entry_id)
    bed.workspace.restore(int(entry_id))

    entry = bed.tracker().entry(entry_id)

    assert entry is not None
    assert entry.seconds == 3600


def test_time_in_another_workspace_is_none_of_ours(bed: TogglBed) -> None:
    bed.workspace.write_down(bed.person("Anna").id, at(9), 900, workspace_id=77)

    read, _ = drain(bed.tracker(), None)

    assert read == []


def test_starting_a_timer_stops_the_one_before(bed: TogglBed) -> None:
    first = bed.start_timer("#1")
    bed.clock.advance(timedelta(minutes=10))
    bed.start_timer("#2")

    entry = bed.tracker().entry(first)

    assert entry is not None
    assert (entry.state, entry.seconds) == (EntryState.STOPPED, 600)


def test_durations_come_unrounded_though_the_workspace_rounds(bed: TogglBed) -> None:
    bed.write_down(at(9), 61)

    assert [entry.seconds for entry in window(bed.tracker())] == [61]


def test_a_colleague_in_another_zone_is_booked_by_our_calendar(bed: TogglBed) -> None:
    far = bed.workspace.add_user("Chris Far", timezone="Pacific/Auckland")
    bed.workspace.write_down(far.id, at(15), 900)
    assert at(15).astimezone(settings().zone).date() == TODAY

    assert len(window(bed.tracker(), TODAY, TODAY)) == 1
    assert window(bed.tracker(), TODAY + timedelta(days=1), TODAY + timedelta(days=1)) == []


def test_an_entry_whose_project_was_deleted_is_read_without_one(bed: TogglBed) -> None:
    bed.write_down(at(9), 900, project="Site")
    bed.workspace.delete_project(bed.project("Site"))

    (entry,) = window(bed.tracker())

    assert (entry.project_id, entry.client_name) == (None, None)


def test_a_plan_without_billable_time_leaves_it_open(bed: TogglBed) -> None:
    bed.workspace.premium = False
    bed.write_down(at(9), 900)

    assert [entry.billable for entry in window(bed.tracker())] == [None]


def test_a_window_longer_than_the_report_allows_is_read_in_parts(bed: TogglBed) -> None:
    ids = {bed.write_down(at(9, day=date(year, 6, 1)), 900) for year in (2024, 2025, 2026)}

    found = window(bed.tracker(), date(2024, 1, 1), TODAY)

    assert {entry.id for entry in found} == ids
    assert bed.calls()["report"] == 3


def test_a_change_older_than_the_api_tells_starts_at_the_oldest_it_does(bed: TogglBed) -> None:
    entry_id = bed.write_down(at(9), 900)

    read, _ = drain(bed.tracker(), None, since=A_WEEK_AGO - timedelta(days=400))

    assert [entry.id for entry in read] == [entry_id]


# ---- answers and cursors that are wrong ------------------------------------------------------------


def test_a_cursor_that_is_not_ours_is_invalid(bed: TogglBed) -> None:
    for cursor in (
        "x",
        "3",
        "{}",
        '{"since": 3}',
        '{"since": "2026-10-26T09:00:00Z", "other": 1}',
        '{"since": "2026-10-26T09:00:00Z", "position": {}}',
    ):
        with pytest.raises(Invalid):
            drain(bed.tracker(), cursor)


def test_a_report_whose_pages_do_not_join_is_refused(bed: TogglBed) -> None:
    for number in range(11):
        bed.write_down(at(8, minute=number), 900)
    bed.api.skips_rows = True

    with pytest.raises(Malformed):
        window(bed.tracker())


def test_a_report_that_leads_in_circles_is_refused(bed: TogglBed) -> None:
    for number in range(11):
        bed.write_down(at(8, minute=number), 900)
    bed.api.repeats_pages = True

    with pytest.raises(Malformed):
        window(bed.tracker())


def test_another_workspace_is_forbidden(bed: TogglBed) -> None:
    tracker = bed.tracker(workspace_id=99)

    with pytest.raises(PermissionMissing):
        window(tracker)


def test_the_self_check_tells_of_a_missing_right(bed: TogglBed) -> None:
    bed.take_permission_away()

    failed = [result for result in bed.tracker().check() if not result.passed]

    assert [result.subject for result in failed] == ["sees every colleague"]
    assert "administrator" in failed[0].remedy


def test_no_request_shows_the_token_in_its_address(bed: TogglBed) -> None:
    window(bed.tracker())

    assert all(TOKEN not in request.path for request in bed.server.requests)


# ---- settings --------------------------------------------------------------------------------------


def settings(**changes: object) -> TogglSettings:
    return TogglSettings.model_validate({"workspace_id": 1, "api_token": "t", **changes})


def test_little_must_be_set_and_the_token_does_not_show() -> None:
    assert str(settings().base_url) == "https://api.track.toggl.com/"
    assert settings(api_token=TOKEN).api_token == SecretStr(TOKEN)
    assert TOKEN not in repr(settings(api_token=TOKEN))


@pytest.mark.parametrize(
    "changes",
    [
        {"workspace_id": 0},
        {"api_token": ""},
        {"time_zone": "Amsterdam"},
        {"report_page_size": 0},
        {"base_url": "ftp://x"},
        {"workspace": 1},
    ],
    ids=str,
)
def test_a_wrong_setting_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings(**changes)


def test_an_unknown_host_is_unavailable_and_not_a_traceback(bed: TogglBed) -> None:
    bed.server_stops()

    with pytest.raises(ConnectorError) as raised:
        window(bed.tracker())

    assert raised.value.retryable
