"""Both lanes over the sandboxes' time trackers, with real HTTP: what people do there stands in the store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from care_sync.model.time_entry import LinkState
from care_sync.store import Store
from connectors.conformance.tracker_bed import TODAY, Fault
from connectors.errors import Malformed, PermissionMissing, Unavailable
from connectors.records import EntryState
from tests.conformance.clockify_bed import ClockifyBed
from tests.conformance.kimai_bed import KimaiBed
from tests.conformance.toggl_bed import TogglBed
from tests.pipeline.site import Site, at, follow


@pytest.fixture(params=[TogglBed, ClockifyBed, KimaiBed])
def site(request: pytest.FixtureRequest, sqlite_store: Store) -> Iterator[Site]:
    with request.param.open() as bed:
        yield follow(sqlite_store, bed)


@pytest.fixture
def toggl() -> Iterator[TogglBed]:
    with TogglBed.open() as bed:
        yield bed


def test_everybodys_time_comes_in_linked_and_once(site: Site) -> None:
    mine = site.bed.write_down(at(9), 1800, "#12 formulier", project="Site", tags=("administratie",))
    site.bed.write_down(at(10), 600, "#12 formulier", person="Bert", project="Site")
    other = site.bed.write_down(at(11), 60, "#13 van een ander", person="Bert", project="Site")
    loose = site.bed.write_down(at(12), 60, "overleg", project="Site")
    site.wait(minutes=5)
    assert site.fast_lane().changed == 4
    assert site.seconds_that_count() == 2400
    assert site.entry(mine).link.activity == "administration"
    assert site.entry(other).link.state is LinkState.OTHER_CUSTOMER
    assert (site.entry(loose).link.state, site.entry(loose).link.organization_id) == (LinkState.UNLINKED, "5")
    site.wait(minutes=5)
    assert (site.fast_lane().changed, site.window().changed) == (0, 0)
    assert site.entry(mine).revision == 1


def test_a_timer_counts_when_it_stops(site: Site) -> None:
    timer = site.bed.start_timer("#12 formulier")
    site.fast_lane()
    assert (site.window().gone, site.seconds_that_count()) == (0, 0)
    site.wait(minutes=20)
    site.bed.stop_timer(timer)
    site.wait(minutes=5)
    site.fast_lane()
    assert site.seconds_that_count() == 1200


def test_a_colleagues_silent_deletion_is_found_by_the_window(site: Site) -> None:
    kept = site.bed.write_down(at(9), 1800, "#12", person="Bert")
    gone = site.bed.write_down(at(10), 600, "#12", person="Bert")
    site.fast_lane()
    site.bed.delete(gone)
    site.wait(minutes=5)
    site.fast_lane()
    assert site.seconds_that_count() == 2400
    report = site.window()
    assert (report.missing, report.gone) == (1, 1)
    assert site.seconds_that_count() == 1800
    assert (site.entry(gone).entry.state, site.entry(kept).revision) == (EntryState.DELETED, 1)


def test_an_entry_moved_out_of_the_window_keeps_its_time(site: Site) -> None:
    moved = site.bed.write_down(at(9), 1800, "#12", person="Bert")
    site.fast_lane()
    site.bed.edit(moved, start=at(9, days_ago=60))
    assert site.window().found == 1
    assert site.seconds_that_count() == 1800
    assert site.entry(moved).entry.work_date == TODAY - timedelta(days=60)


def test_time_written_down_weeks_late_is_found(site: Site) -> None:
    site.bed.write_down(at(9, days_ago=29), 1800, "#12", person="Bert")
    site.window()
    assert site.seconds_that_count() == 1800


def test_the_guard_stops_when_many_are_deleted_at_once_until_a_person_says_so(site: Site) -> None:
    entries = [site.bed.write_down(at(8, minute), 60, "#12", person="Bert") for minute in range(7)]
    site.fast_lane()
    for entry in entries[:6]:
        site.bed.delete(entry)
    assert site.window().stopped
    assert site.seconds_that_count() == 420
    assert site.window(accept=True).gone == 6
    assert site.seconds_that_count() == 60


def test_without_an_administrators_right_nothing_is_given_back(site: Site) -> None:
    site.bed.write_down(at(9), 1800, "#12", person="Bert")
    site.fast_lane()
    site.bed.take_permission_away()
    with pytest.raises(PermissionMissing, match="sees_only: own"):
        site.window()
    assert site.seconds_that_count() == 1800


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.CUT_OFF, Fault.MALFORMED, Fault.WRONG_SHAPE])
def test_bad_answers_leave_the_store_as_it_was(site: Site, fault: Fault) -> None:
    entry = site.bed.write_down(at(9), 1800, "#12")
    site.fast_lane()
    site.bed.edit(entry, seconds=60)
    site.bed.break_down(fault)
    for reading in (site.fast_lane, site.window, lambda: site.named(entry)):
        with pytest.raises((Malformed, Unavailable)):
            reading()
    assert site.seconds_that_count() == 1800
    site.bed.mend()
    site.named(entry)
    assert site.seconds_that_count() == 60


def test_what_a_webhook_names_is_read_and_a_deletion_believed_only_after_reading(site: Site) -> None:
    entry = site.bed.write_down(at(9), 1800, "#12", person="Bert")
    assert site.named(entry).entries_changed == 1
    assert site.named(entry).gone == 0
    site.bed.delete(entry)
    assert site.named(entry).gone == 1
    assert site.seconds_that_count() == 0


def test_a_restored_entry_counts_again(toggl: TogglBed, sqlite_store: Store) -> None:
    site = follow(sqlite_store, toggl)
    entry = toggl.write_down(at(9), 600, "#12", person="Bert")
    site.window()
    toggl.delete(entry)
    site.window()
    assert site.seconds_that_count() == 0
    toggl.workspace.restore(int(entry))
    site.window()
    assert (site.seconds_that_count(), site.entry(entry).revision) == (600, 3)


def test_a_tombstone_comes_by_the_fast_lane(toggl: TogglBed, sqlite_store: Store) -> None:
    site = follow(sqlite_store, toggl)
    gone = toggl.write_down(at(9), 1800, "#12")
    site.fast_lane()
    site.wait(minutes=5)
    toggl.delete(gone)
    site.wait(minutes=5)
    site.fast_lane()
    assert site.seconds_that_count() == 0
    assert site.window().missing == 0


def test_the_requests_grow_with_the_pages_and_the_missing_alone(toggl: TogglBed, sqlite_store: Store) -> None:
    site = follow(sqlite_store, toggl)
    entries = [toggl.write_down(at(8, minute), 60, "#12", person="Bert") for minute in range(20)]
    site.window()
    toggl.forget_calls()
    site.window()
    idle = toggl.calls()["report"]
    toggl.delete(entries[0])
    toggl.delete(entries[7])
    toggl.forget_calls()
    site.window()
    assert toggl.calls()["report"] == idle + 2


def test_a_quota_that_runs_out_while_confirming_leaves_the_rest_for_the_next_hour(sqlite_store: Store) -> None:
    with TogglBed.open(quota=100) as toggl:
        site = follow(sqlite_store, toggl)
        entries = [toggl.write_down(at(8, minute), 60, "#12", person="Bert") for minute in range(4)]
        site.window()
        a_window = sum(toggl.calls().values())
        for entry in entries[:3]:
            toggl.delete(entry)
        toggl.api.quota.limit = 2 * a_window + 4
        report = site.window()
        assert (report.missing, report.gone + report.left) == (3, 3)
        assert report.gone >= 1
        assert report.left >= 1
        assert report.interrupted
        assert site.seconds_that_count() == 240 - 60 * report.gone
        site.wait(hours=2)
        assert site.window().left == 0
        assert site.seconds_that_count() == 60
