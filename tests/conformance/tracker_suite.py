"""What every time tracker's connector must do: one suite, run unchanged for each product.

A product's test module gives a :class:`tests.conformance.tracker_bed.TrackerBed` (people who work in the
product or its sandbox, and a connector that reads it) as the fixture ``bed`` and derives from
:class:`TrackerSuite`::

    class TestToggl(TrackerSuite):
        @pytest.fixture
        def bed(self) -> Iterator[TrackerBed]: ...
"""

from __future__ import annotations

from abc import abstractmethod
from datetime import UTC, date, timedelta
from itertools import islice

import pytest

from connectors.errors import BadSignature, ConnectorError, Limited, PermissionMissing, Unavailable, WrongCredentials
from connectors.protocols import TimeTracker
from connectors.records import EntryKind, EntryState, TimeEntry
from tests.conformance.tracker_bed import (
    A_WEEK_AGO,
    TODAY,
    TOKEN,
    Fault,
    TrackerBed,
    at,
    by_id,
    counted,
    drain,
    fingerprints,
    needs,
    only,
    tags,
    window,
)


class TrackerSuite:
    """The promises of :class:`connectors.protocols.TimeTracker`."""

    @pytest.fixture
    @abstractmethod
    def bed(self) -> TrackerBed:
        """The product under test."""

    # ---- reading the window -----------------------------------------------------------------------

    def test_it_keeps_the_protocol(self, bed: TrackerBed) -> None:
        tracker = bed.tracker()

        assert isinstance(tracker, TimeTracker)
        assert tracker.product
        assert tracker.account

    def test_an_entry_is_read_with_everything_the_product_says(self, bed: TrackerBed) -> None:
        entry_id = bed.write_down(at(9), 5400, "#1001 menu broken", project="Site", tags=tags(bed, "admin"))

        entry = only(window(bed.tracker()))

        assert entry.id == entry_id
        assert entry.key == f"{entry.tracker}:{entry.account}:{entry_id}"
        assert (entry.state, entry.kind) == (EntryState.STOPPED, EntryKind.WORK)
        assert entry.seconds == 5400
        assert entry.work_date == TODAY
        assert entry.person_id
        if bed.traits.has_descriptions:
            assert entry.description == "#1001 menu broken"
        if bed.traits.has_projects:
            assert entry.project_name == "Site"
            assert entry.project_id
        assert entry.grain_seconds == bed.traits.grain_seconds
        if bed.traits.has_tags:
            assert "admin" in entry.tags
        if bed.traits.has_clients:
            assert entry.client_name == "Site BV"
        if bed.traits.has_clock_times:
            assert entry.started_at == at(9)
            assert entry.ended_at == at(9) + timedelta(seconds=5400)

    def test_instants_are_aware_and_in_utc(self, bed: TrackerBed) -> None:
        bed.write_down(at(9), 3600)

        entry = only(window(bed.tracker()))

        for instant in (entry.started_at, entry.ended_at, entry.source_updated_at):
            assert instant is None or instant.utcoffset() == timedelta()

    def test_the_window_holds_its_first_and_its_last_day_and_no_other(self, bed: TrackerBed) -> None:
        days = [TODAY - timedelta(days=back) for back in (4, 3, 2, 1)]
        ids = {day: bed.write_down(at(10, day=day), 900) for day in days}

        found = {entry.id for entry in window(bed.tracker(), days[1], days[2])}

        assert found == {ids[days[1]], ids[days[2]]}

    def test_every_colleague_is_seen(self, bed: TrackerBed) -> None:
        mine = bed.write_down(at(9), 900, person="Anna")
        theirs = bed.write_down(at(9), 1800, person="Bert")

        found = by_id(window(bed.tracker()))

        assert found.keys() == {mine, theirs}
        assert found[mine].person_id != found[theirs].person_id

    def test_a_window_of_many_pages_is_complete_and_holds_nothing_twice(self, bed: TrackerBed) -> None:
        count = bed.page_size() * 2 + 1
        ids = {bed.write_down(at(8, minute=number % 60), 900 + 60 * number) for number in range(count)}

        found = [entry.id for entry in window(bed.tracker())]

        assert len(found) == count
        assert set(found) == ids

    def test_a_window_without_work_is_empty(self, bed: TrackerBed) -> None:
        assert window(bed.tracker(), date(2026, 3, 1), date(2026, 3, 2)) == []

    def test_every_language_and_very_long_text_come_through(self, bed: TrackerBed) -> None:
        needs(bed.traits.has_descriptions, "entries have no text")
        text = "Überprüfung 🧾 «naïef» 日本語 " + "x" * 200
        bed.write_down(at(9), 900, text)

        assert only(window(bed.tracker())).description == text

    def test_entries_that_look_alike_stay_apart(self, bed: TrackerBed) -> None:
        ids = {bed.write_down(at(9), 900, "#7 same") for _ in range(2)}

        assert {entry.id for entry in window(bed.tracker())} == ids

    # ---- days, midnights, summer time --------------------------------------------------------------

    def test_an_entry_over_midnight_stands_whole_on_the_day_it_began(self, bed: TrackerBed) -> None:
        needs(bed.traits.has_clock_times, "the product keeps no clock times")
        yesterday = TODAY - timedelta(days=1)
        bed.write_down(at(23, minute=30, day=yesterday), 3600)

        entry = only(window(bed.tracker(), yesterday, TODAY))

        assert (entry.work_date, entry.seconds) == (yesterday, 3600)

    def test_the_work_date_is_the_local_one(self, bed: TrackerBed) -> None:
        needs(bed.traits.has_clock_times, "the product keeps no clock times")
        just_after_midnight = at(0, minute=15)
        assert just_after_midnight.astimezone(UTC).date() == TODAY - timedelta(days=1)
        entry_id = bed.write_down(just_after_midnight, 900)

        assert [entry.id for entry in window(bed.tracker(), TODAY, TODAY)] == [entry_id]
        assert window(bed.tracker(), TODAY - timedelta(days=1), TODAY - timedelta(days=1)) == []

    def test_a_night_in_which_summer_time_ends_has_the_hours_it_had(self, bed: TrackerBed) -> None:
        needs(bed.traits.has_clock_times, "the product keeps no clock times")
        sunday = date(2026, 10, 25)
        before, after = at(1, day=sunday), at(4, day=sunday)
        worked = int(after.timestamp() - before.timestamp())
        bed.write_down(before, worked)

        entry = only(window(bed.tracker(), sunday, sunday))

        assert (worked, entry.seconds) == (4 * 3600, 4 * 3600)
        assert entry.ended_at == after

    def test_a_day_on_which_summer_time_begins_keeps_its_entries(self, bed: TrackerBed) -> None:
        sunday = date(2026, 3, 29)
        early = bed.write_down(at(1, minute=30, day=sunday), 3600)
        late = bed.write_down(at(23, minute=15, day=sunday), 900)

        assert {entry.id for entry in window(bed.tracker(), sunday, sunday)} == {early, late}

    # ---- edits, moves, deletions -------------------------------------------------------------------

    @pytest.mark.parametrize("change", ["seconds", "description", "project", "date"])
    def test_an_edit_changes_the_fingerprint_and_not_the_key(self, bed: TrackerBed, change: str) -> None:
        traits = bed.traits
        needs(traits.has_descriptions or change != "description", "entries have no text")
        needs(traits.has_projects or traits.has_clients or change != "project", "work is for no project and no client")
        needs(traits.moves_days or change != "date", "the day of an entry is never changed")
        entry_id = bed.write_down(at(9), 3600, "#1001 menu", project="Site")
        before = only(window(bed.tracker()))

        bed.clock.advance(timedelta(minutes=1))
        if change == "seconds":
            bed.edit(entry_id, seconds=1800)
        elif change == "description":
            bed.edit(entry_id, description="#1002 menu")
        elif change == "project":
            bed.move(entry_id, "Shop")
        else:
            bed.edit(entry_id, start=at(9) - timedelta(days=1))

        after = only(window(bed.tracker()))
        assert after.key == before.key
        assert after.fingerprint != before.fingerprint

    def test_an_entry_moved_to_another_project_has_the_other_client(self, bed: TrackerBed) -> None:
        needs(bed.traits.has_clients, "the product knows no clients")
        entry_id = bed.write_down(at(9), 3600, project="Site")

        bed.move(entry_id, "Shop")

        entry = only(window(bed.tracker()))
        assert entry.client_name == "Shop BV"
        assert entry.project_name == ("Shop" if bed.traits.has_projects else None)

    def test_what_did_not_change_keeps_its_fingerprint(self, bed: TrackerBed) -> None:
        bed.write_down(at(9), 3600, "#1001", project="Site", tags=tags(bed, "b", "a"))
        before = only(window(bed.tracker()))

        bed.clock.advance(timedelta(hours=3))

        assert only(window(bed.tracker())).fingerprint == before.fingerprint

    def test_a_deleted_entry_is_in_no_window(self, bed: TrackerBed) -> None:
        kept, gone = bed.write_down(at(9), 3600), bed.write_down(at(10), 1800)

        bed.delete(gone)

        assert [entry.id for entry in counted(window(bed.tracker()))] == [kept]

    def test_an_entry_moved_out_of_the_window_still_exists(self, bed: TrackerBed) -> None:
        needs(bed.traits.moves_days, "the day of an entry is never changed")
        entry_id = bed.write_down(at(9), 3600)

        bed.edit(entry_id, start=at(9) - timedelta(days=20))

        tracker = bed.tracker()
        assert window(tracker, TODAY - timedelta(days=7), TODAY) == []
        entry = tracker.entry(entry_id)
        assert entry is not None
        assert entry.work_date == TODAY - timedelta(days=20)

    # ---- the confirming read -----------------------------------------------------------------------

    @pytest.mark.parametrize("person", ["Anna", "Bert"])
    def test_one_entry_reads_the_same_as_in_the_window(self, bed: TrackerBed, person: str) -> None:
        entry_id = bed.write_down(at(9), 3600, "#1001", person=person, project="Site", tags=tags(bed, "admin"))
        tracker = bed.tracker()

        entry = tracker.entry(entry_id)

        assert entry is not None
        assert entry.fingerprint == only(window(tracker)).fingerprint

    @pytest.mark.parametrize("person", ["Anna", "Bert"])
    def test_a_deleted_entry_is_gone(self, bed: TrackerBed, person: str) -> None:
        entry_id = bed.write_down(at(9), 3600, person=person)

        bed.delete(entry_id)

        assert bed.tracker().entry(entry_id) is None

    def test_an_entry_that_never_was_is_gone(self, bed: TrackerBed) -> None:
        bed.write_down(at(9), 3600)

        assert bed.tracker().entry(bed.absent_id()) is None

    def test_forbidden_is_not_gone(self, bed: TrackerBed) -> None:
        needs(bed.traits.tells_forbidden_from_gone, "the product does not tell forbidden from gone")
        entry_id = bed.write_down(at(9), 3600, person="Bert")
        bed.take_permission_away()

        with pytest.raises(PermissionMissing) as raised:
            bed.tracker().entry(entry_id)

        assert raised.value.remedy

    # ---- the fast lane -----------------------------------------------------------------------------

    def test_the_first_reading_tells_everything_since(self, bed: TrackerBed) -> None:
        ids = {bed.write_down(at(9), 900, person=person) for person in ("Anna", "Bert", "Anna")}

        read, _ = drain(bed.tracker(), None)

        assert {entry.id for entry in read} == ids

    def test_a_later_reading_tells_what_changed_meanwhile(self, bed: TrackerBed) -> None:
        needs(bed.traits.lists_changes, "the product lists no changes")
        old = bed.write_down(at(9), 900)
        _, cursor = drain(bed.tracker(), None)
        bed.clock.advance(timedelta(hours=2))
        new = bed.write_down(at(13), 900, person="Bert")
        bed.edit(old, seconds=2700)
        bed.clock.advance(timedelta(minutes=5))

        read, _ = drain(bed.tracker(), cursor)

        found = by_id(read)
        assert found.keys() >= {old, new}
        assert found[old].seconds == 2700

    def test_two_changes_in_the_same_second_are_both_told(self, bed: TrackerBed) -> None:
        needs(bed.traits.lists_changes, "the product lists no changes")
        first, second = bed.write_down(at(9), 900), bed.write_down(at(10), 900)
        bed.clock.advance(timedelta(hours=1))
        bed.edit(first, seconds=1800)
        _, cursor = drain(bed.tracker(), None)
        bed.edit(second, seconds=2700)
        bed.clock.advance(timedelta(minutes=5))

        read, _ = drain(bed.tracker(), cursor)

        assert by_id(read)[second].seconds == 2700

    def test_reading_again_with_the_same_cursor_tells_the_same(self, bed: TrackerBed) -> None:
        _, cursor = drain(bed.tracker(), None)
        bed.clock.advance(timedelta(hours=1))
        bed.write_down(at(9), 900)
        bed.clock.advance(timedelta(minutes=5))

        once, _ = drain(bed.tracker(), cursor)
        again, _ = drain(bed.tracker(), cursor)

        assert fingerprints(once) == fingerprints(again)

    def test_after_a_crash_between_two_pages_nothing_is_missing(self, bed: TrackerBed) -> None:
        count = bed.page_size() * 2 + 1
        ids = {bed.write_down(at(8, minute=number % 60), 900, person="Bert") for number in range(count)}

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
    def test_a_clock_that_differs_from_the_products_loses_no_change(self, bed: TrackerBed, minutes: int) -> None:
        needs(bed.traits.lists_changes, "the product lists no changes")
        tracker = bed.tracker()
        _, cursor = drain(tracker, None, since=A_WEEK_AGO + timedelta(minutes=minutes))
        bed.clock.advance(timedelta(minutes=1))
        entry_id = bed.write_down(at(9), 900, person="Bert")
        bed.clock.advance(timedelta(minutes=5))

        read, _ = drain(tracker, cursor)

        assert entry_id in by_id(read)

    # ---- timers ------------------------------------------------------------------------------------

    def test_a_running_timer_counts_nothing(self, bed: TrackerBed) -> None:
        needs(bed.traits.has_timers, "the product has no timers")
        bed.start_timer("#1001 menu")
        bed.clock.advance(timedelta(minutes=20))
        tracker = bed.tracker()

        read, _ = drain(tracker, None)

        assert counted([*read, *window(tracker)]) == []
        assert all(entry.seconds == 0 for entry in [*read, *window(tracker)])

    def test_a_timer_that_stops_counts_what_it_ran(self, bed: TrackerBed) -> None:
        needs(bed.traits.has_timers, "the product has no timers")
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
        needs(bed.traits.has_timers, "the product has no timers")
        entry_id = bed.start_timer("#1001 menu")

        entry = bed.tracker().entry(entry_id)

        assert entry is not None
        assert (entry.state, entry.seconds, entry.ended_at) == (EntryState.RUNNING, 0, None)

    # ---- failures ----------------------------------------------------------------------------------

    @pytest.mark.parametrize("fault", [Fault.DOWN, Fault.CUT_OFF, Fault.MALFORMED, Fault.WRONG_SHAPE])
    def test_a_window_that_cannot_be_read_is_an_error_and_never_an_absence(self, bed: TrackerBed, fault: Fault) -> None:
        needs(bed.traits.has_faults, "a real server does not fail on demand")
        entry_id = bed.write_down(at(9), 900, project="Site")
        bed.break_down(fault)
        with pytest.raises(ConnectorError) as raised:
            window(bed.tracker())
        with pytest.raises(ConnectorError):
            bed.tracker().entry(entry_id)

        bed.mend()

        assert raised.value.retryable
        assert [entry.id for entry in window(bed.tracker())] == [entry_id]

    def test_a_product_that_is_down_is_called_unavailable(self, bed: TrackerBed) -> None:
        needs(bed.traits.has_faults, "a real server does not fail on demand")
        bed.break_down(Fault.DOWN)

        with pytest.raises(Unavailable):
            window(bed.tracker())

    def test_a_limit_is_told_with_the_time_to_come_back(self, bed: TrackerBed) -> None:
        needs(bed.traits.has_faults, "a real server does not fail on demand")
        bed.break_down(Fault.LIMITED)

        with pytest.raises(Limited) as raised:
            window(bed.tracker())

        assert raised.value.retry_after_seconds > 0

    def test_wrong_credentials_are_called_that(self, bed: TrackerBed) -> None:
        with pytest.raises(WrongCredentials):
            window(bed.tracker_with_wrong_credentials())

    def test_no_error_shows_the_secret(self, bed: TrackerBed, caplog: pytest.LogCaptureFixture) -> None:
        needs(bed.traits.has_faults, "a real server does not fail on demand")
        caplog.set_level("DEBUG")
        for fault in Fault:
            bed.break_down(fault)
            with pytest.raises(ConnectorError) as raised:
                window(bed.tracker())
            assert TOKEN not in f"{raised.value} {raised.value!r} {raised.value.__dict__}"

        assert TOKEN not in caplog.text

    # ---- webhooks and the self-check ---------------------------------------------------------------

    def test_a_genuine_webhook_call_points_at_the_entry(self, bed: TrackerBed) -> None:
        needs(bed.traits.has_webhooks, "the product has no webhooks")
        entry_id = bed.write_down(at(9), 900)
        headers, body = bed.webhook_call(entry_id)

        call = bed.tracker().webhook(headers, body, bed.clock.now())

        assert call.entry_ids == (entry_id,)
        assert call.delivery_id

    def test_a_webhook_call_that_proves_nothing_is_refused(self, bed: TrackerBed) -> None:
        entry_id = bed.write_down(at(9), 900)
        body = bed.webhook_call(entry_id)[1] if bed.traits.has_webhooks else b"{}"

        with pytest.raises(BadSignature):
            bed.tracker().webhook({}, body, bed.clock.now())

    def test_the_self_check_passes_where_all_is_well(self, bed: TrackerBed) -> None:
        bed.write_down(at(9), 900)

        results = bed.tracker().check()

        assert [result for result in results if not result.passed] == []
        assert results

    def test_the_self_check_says_what_to_do_and_does_not_raise(self, bed: TrackerBed) -> None:
        failed = [result for result in bed.tracker_with_wrong_credentials().check() if not result.passed]

        assert failed
        assert all(result.remedy for result in failed)
