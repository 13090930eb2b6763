"""What every time tracker's connector promises about the fast lane and about timers."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice

import pytest

from connectors.conformance.tracker_bed import (
    A_WEEK_AGO,
    TODAY,
    TrackerBed,
    at,
    by_id,
    counted,
    drain,
    fingerprints,
    tags,
    window,
)
from connectors.conformance.traits import needs
from connectors.errors import Invalid
from connectors.records import EntryState, TimeEntry


class ChangePromises:
    """Part of :class:`connectors.conformance.tracker_suite.TrackerSuite`."""

    # ---- the fast lane -----------------------------------------------------------------------------

    def test_the_first_reading_tells_everything_since(self, bed: TrackerBed) -> None:
        ids = {bed.write_down(at(9), 900, person=person) for person in ("Anna", "Bert", "Anna")}

        read, _ = drain(bed.tracker(), None)

        assert {entry.id for entry in read} == ids

    def test_a_later_reading_tells_what_changed_meanwhile(self, bed: TrackerBed) -> None:
        needs(bed, "lists_changes")
        old = bed.write_down(at(9), 2700)
        _, cursor = drain(bed.tracker(), None)
        bed.clock.advance(timedelta(hours=2))
        new = bed.write_down(at(13), 900, person="Bert")
        bed.edit(old, seconds=900)
        bed.clock.advance(timedelta(minutes=5))

        read, _ = drain(bed.tracker(), cursor)

        match = by_id(read)
        assert match.keys() >= {old, new}
        assert match[old].seconds == 900

    def test_two_changes_in_the_same_second_are_both_told(self, bed: TrackerBed) -> None:
        needs(bed, "lists_changes")
        first, second = bed.write_down(at(9), 2700), bed.write_down(at(10), 2700)
        bed.clock.advance(timedelta(hours=1))
        bed.edit(first, seconds=1800)
        _, cursor = drain(bed.tracker(), None)
        bed.edit(second, seconds=900)
        bed.clock.advance(timedelta(minutes=5))

        read, _ = drain(bed.tracker(), cursor)

        assert by_id(read)[second].seconds == 900

    def test_reading_again_with_the_same_cursor_tells_the_same(self, bed: TrackerBed) -> None:
        _, cursor = drain(bed.tracker(), None)
        bed.clock.advance(timedelta(hours=1))
        bed.write_down(at(9), 900)
        bed.clock.advance(timedelta(minutes=5))

        once, _ = drain(bed.tracker(), cursor)
        again, _ = drain(bed.tracker(), cursor)

        assert fingerprints(once) == fingerprints(again)

    def test_after_a_crash_between_two_pages_nothing_is_missing(self, bed: TrackerBed) -> None:
        ids: set[str] = set()
        for number in range(bed.page_size() * 2 + 1):
            ids.add(bed.write_down(at(8, minute=number), 900, person="Bert"))
            bed.clock.advance(timedelta(minutes=20))

        before: list[TimeEntry] = []
        cursor: str | None = None
        for page in islice(bed.tracker().changed_entries(None, A_WEEK_AGO), 1):
            before, cursor = [*page.entries], page.cursor
        after, _ = drain(bed.tracker(), cursor)

        assert {entry.id for entry in [*before, *after]} == ids

    def test_a_deletion_that_is_told_is_told_as_one(self, bed: TrackerBed) -> None:
        entry_id = bed.write_down(at(9), 3600)
        _, cursor = drain(bed.tracker(), None)
        bed.clock.advance(timedelta(minutes=1))
        bed.delete(entry_id)
        bed.clock.advance(timedelta(minutes=5))

        read, _ = drain(bed.tracker(), cursor)

        assert counted(entry for entry in read if entry.id == entry_id) == []

    def test_both_lanes_read_an_entry_alike(self, bed: TrackerBed) -> None:
        for person in ("Anna", "Bert"):
            bed.write_down(at(9), 3600, "#1001", person=person, project="Site", tags=tags(bed, "admin", "vip"))
        tracker = bed.tracker()

        read, _ = drain(tracker, None)

        assert fingerprints(read) == fingerprints(window(tracker))

    @pytest.mark.parametrize("minutes", [-5, 5])
    @pytest.mark.parametrize("has_work", [False, True])
    def test_a_clock_that_differs_from_the_products_loses_no_change(
        self, bed: TrackerBed, minutes: int, has_work: bool
    ) -> None:
        needs(bed, "lists_changes")
        ahead = timedelta(minutes=minutes)
        if has_work:
            bed.write_down(at(8), 900)
        tracker = bed.tracker(clock_ahead=ahead)
        _, cursor = drain(tracker, None, since=A_WEEK_AGO + ahead)
        bed.clock.advance(timedelta(minutes=1))
        entry_id = bed.write_down(at(9), 900, person="Bert")
        bed.clock.advance(timedelta(minutes=5))

        read, _ = drain(tracker, cursor, since=A_WEEK_AGO + ahead)

        assert entry_id in by_id(read)

    def test_a_cursor_that_is_none_of_ours_is_called_that_or_tells_everything(self, bed: TrackerBed) -> None:
        entry_id = bed.write_down(at(9), 900)

        try:
            read, _ = drain(bed.tracker(), "no cursor of ours")
        except Invalid:
            return

        assert entry_id in by_id(read)

    # ---- timers ------------------------------------------------------------------------------------

    def test_a_running_timer_counts_nothing(self, bed: TrackerBed) -> None:
        needs(bed, "has_timers")
        bed.start_timer("#1001 menu")
        bed.clock.advance(timedelta(minutes=20))
        tracker = bed.tracker()

        read, _ = drain(tracker, None)

        assert counted([*read, *window(tracker)]) == []
        assert all(entry.seconds == 0 for entry in [*read, *window(tracker)])

    def test_a_timer_that_stops_counts_what_it_ran(self, bed: TrackerBed) -> None:
        needs(bed, "has_timers")
        entry_id = bed.start_timer("#1001 menu")
        _, cursor = drain(bed.tracker(), None)
        bed.clock.advance(timedelta(minutes=30))
        bed.stop_timer(entry_id)
        bed.clock.advance(timedelta(minutes=5))

        read, _ = drain(bed.tracker(), cursor)

        assert by_id(read)[entry_id].state is EntryState.STOPPED
        assert by_id(read)[entry_id].seconds == 1800
        assert by_id(window(bed.tracker()))[entry_id].seconds == 1800

    def test_a_running_timer_exists(self, bed: TrackerBed) -> None:
        needs(bed, "has_timers")
        entry_id = bed.start_timer("#1001 menu")

        entry = bed.tracker().entry(entry_id)

        assert entry is not None
        assert (entry.state, entry.seconds, entry.ended_at) == (EntryState.RUNNING, 0, None)

    def test_a_timer_that_runs_over_midnight_counts_on_the_day_it_began(self, bed: TrackerBed) -> None:
        needs(bed, "has_timers")
        entry_id = bed.start_timer("#1001 menu")
        bed.clock.advance(timedelta(hours=13))
        tracker = bed.tracker()
        running = tracker.entry(entry_id)
        bed.stop_timer(entry_id)

        assert running is not None
        assert (running.work_date, running.seconds) == (TODAY, 0)
        assert [(identity.id, identity.seconds) for identity in window(tracker, TODAY, TODAY)] == [
            (entry_id, 13 * 3600)
        ]
        assert window(tracker, TODAY + timedelta(days=1), TODAY + timedelta(days=1)) == []
