"""What Freshdesk's time entries promise beyond the suite: days, windows that move, archived tickets, names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.conformance.tracker_bed import TODAY, at, by_id, drain, only, window
from connectors.errors import Invalid, Malformed, PermissionMissing, Unavailable
from connectors.freshdesk.time_entries import entry_from_api, seconds_of
from connectors.records import EntryState
from connectors.sandbox.server import Request
from tests.conformance.freshdesk_time_bed import FreshdeskTimeBed, number_of

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.fixture
def bed() -> Iterator[FreshdeskTimeBed]:
    with FreshdeskTimeBed.open() as bed:
        yield bed


# ---- time and days -----------------------------------------------------------------------------------


@given(st.integers(0, 5_999_999))
def test_hours_and_minutes_are_read_to_the_minute(minutes: int) -> None:
    assert seconds_of(f"{minutes // 60:02}:{minutes % 60:02}") == minutes * 60


@pytest.mark.parametrize("told", ["", "1", "1:5", "01:60", "-1:00", "01:00:00", "1.5", None, 90, "٠١:٠٠"])
def test_time_of_another_form_is_malformed(told: object) -> None:
    with pytest.raises(Malformed):
        seconds_of(told)


def test_the_day_is_the_one_in_the_accounts_zone(bed: FreshdeskTimeBed) -> None:
    bed.write_down(at(9), 900)
    (stored,) = bed.account.records.time_entries.values()

    assert stored.executed_at == datetime(2026, 10, 25, 23, 0, tzinfo=UTC)
    assert only(window(bed.tracker())).work_date == TODAY
    assert only(window(bed.tracker(time_zone="Europe/London"))).work_date == TODAY - timedelta(days=1)


def test_the_samples_of_others_are_read_right(shared_fixtures: Path) -> None:
    rows = json.loads((shared_fixtures / "freshdesk" / "samples" / "time_entries.json").read_text())

    first = entry_from_api(rows[0], account="care", zone=AMSTERDAM, agents={"1": "Rachel"}, companies={})

    assert (first.id, first.seconds, first.work_date) == ("1-1", 900, date(2020, 9, 28))
    assert (first.description, first.person_name, first.client_id) == ("This is the first entry", "Rachel", "2")
    assert (first.billable, first.references[0].ticket_id) == (True, "1")


def test_a_timer_that_is_started_again_counts_both_times_once_it_stops(bed: FreshdeskTimeBed) -> None:
    entry_id = bed.start_timer("Menu")
    bed.clock.advance(timedelta(minutes=10))
    bed.stop_timer(entry_id)
    bed.clock.advance(timedelta(hours=1))
    bed.stop_timer(entry_id)  # the same button starts it
    bed.clock.advance(timedelta(minutes=5))

    running = only(window(bed.tracker()))
    bed.stop_timer(entry_id)

    assert (running.state, running.seconds) == (EntryState.RUNNING, 0)
    assert running.started_at == bed.clock.now() - timedelta(minutes=5)
    assert only(window(bed.tracker())).seconds == 900


# ---- windows -----------------------------------------------------------------------------------------


def acting_on_page(number: int, act: object) -> object:
    def before(request: Request) -> None:
        if request.path.endswith("/time_entries") and request.query.get("page") == str(number):
            act()  # type: ignore[operator]

    return before


def test_an_entry_that_slips_by_while_pages_are_turned_is_seen(bed: FreshdeskTimeBed) -> None:
    ids = [bed.write_down(at(9), 900) for _ in range(12)]
    waiting = [ids[-1]]
    act = acting_on_page(2, lambda: bed.delete(waiting.pop()) if waiting else None)
    bed.server.api.before_answering = act  # type: ignore[assignment]

    assert {one.id for one in window(bed.tracker())} == set(ids[:-1])


def test_a_window_that_never_stands_still_is_an_error(bed: FreshdeskTimeBed) -> None:
    for _ in range(12):
        bed.write_down(at(9), 900)
    act = acting_on_page(2, lambda: bed.write_down(at(10), 900))
    bed.server.api.before_answering = act  # type: ignore[assignment]

    with pytest.raises(Malformed) as raised:
        window(bed.tracker())

    assert raised.value.retryable


@pytest.mark.parametrize("way", ["window", "changes", "entry"])
def test_an_agent_who_sees_only_some_tickets_reads_no_absence(bed: FreshdeskTimeBed, way: str) -> None:
    entry_id = bed.write_down(at(9), 900)
    bed.take_permission_away()
    tracker = bed.tracker()

    with pytest.raises(PermissionMissing) as raised:
        {
            "window": lambda: window(tracker),
            "changes": lambda: drain(tracker, None),
            "entry": lambda: tracker.entry(entry_id),
        }[way]()

    assert "global access" in raised.value.remedy


# ---- one entry ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [404, 301])
def test_the_time_of_an_archived_ticket_is_not_called_gone(bed: FreshdeskTimeBed, status: int) -> None:
    entry_id = bed.write_down(at(9), 900)
    bed.account.records.tickets[int(entry_id.partition("-")[0])].archived = True
    bed.server.api.archived_status = status

    with pytest.raises(Unavailable) as raised:
        bed.tracker().entry(entry_id)

    assert raised.value.remedy


def test_the_time_of_a_ticket_that_never_was_is_gone(bed: FreshdeskTimeBed) -> None:
    assert bed.tracker().entry("999999-1") is None


@pytest.mark.parametrize("entry_id", ["", "7", "7-", "-7", "a-b", "7-7-7", "../7-1"])
def test_an_id_of_another_form_is_not_asked_for(bed: FreshdeskTimeBed, entry_id: str) -> None:
    assert bed.tracker().entry(entry_id) is None
    assert bed.server.requests == []


# ---- the fast lane -----------------------------------------------------------------------------------


def test_after_a_long_stop_everything_since_is_told(bed: FreshdeskTimeBed) -> None:
    _, cursor = drain(bed.tracker(), None)
    bed.clock.advance(timedelta(days=10))
    entry_id = bed.write_down(at(9, day=TODAY + timedelta(days=1)), 900)
    bed.clock.advance(timedelta(days=10))

    read, _ = drain(bed.tracker(), cursor)

    assert by_id(read).keys() == {entry_id}


def test_a_cursor_that_is_none_of_ours_is_invalid(bed: FreshdeskTimeBed) -> None:
    for cursor in ("soon", "2026-10-26", "77"):
        with pytest.raises(Invalid):
            drain(bed.tracker(), cursor)


# ---- names -------------------------------------------------------------------------------------------


def test_names_are_read_anew_and_an_agent_without_the_right_gives_numbers(bed: FreshdeskTimeBed) -> None:
    bed.write_down(at(9), 900, project="Site")
    tracker = bed.tracker()
    before = only(window(tracker))
    bed.account.edit_company(bed.company("Site"), name="Site NV")
    bed.account.records.agents[bed.robot].may_list_agents = False

    after = only(window(tracker))
    failed = [one for one in tracker.check() if not one.passed]

    assert (before.person_name, before.client_name) == ("Anna", "Site BV")
    assert (after.person_name, after.client_name) == (None, "Site NV")
    assert after.person_id == before.person_id
    assert [one.subject for one in failed] == ["names of agents can be read"]


def test_minutes_that_are_put_right_are_read_so(bed: FreshdeskTimeBed) -> None:
    entry_id = bed.write_down(at(9), 5400, "Menu")
    bed.account.edit_entry(number_of(entry_id), minutes=45, billable=False)

    entry = only(window(bed.tracker()))

    assert (entry.seconds, entry.billable, entry.description) == (2700, False, "Menu")
