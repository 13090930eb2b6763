"""What every time tracker's connector promises about the window and about single entries."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connectors.conformance.tracker_bed import (
    TODAY,
    ZONE,
    TrackerBed,
    at,
    by_id,
    counted,
    machine_zone,
    only,
    rest_of,
    tags,
    window,
)
from connectors.conformance.traits import needs
from connectors.errors import PermissionMissing
from connectors.protocols import TimeTracker
from connectors.records import EntryKind, EntryState

UNICODE = "Überprüfung 🧾 «naïef» 日本語 مرحبا & <b>niet vet</b>"
NAME = "Überprüfung 🧾 日本語"


class WindowPromises:
    """Part of :class:`connectors.conformance.tracker_suite.TrackerSuite`."""

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

    def test_the_window_holds_its_first_and_its_last_day_and_no_other(self, bed: TrackerBed) -> None:
        days = [TODAY - timedelta(days=back) for back in (4, 3, 2, 1)]
        ids = {day: bed.write_down(at(10, day=day), 900) for day in days}

        match = {entry.id for entry in window(bed.tracker(), days[1], days[2])}

        assert match == {ids[days[1]], ids[days[2]]}

    def test_every_colleague_is_seen(self, bed: TrackerBed) -> None:
        mine = bed.write_down(at(9), 900, person="Anna")
        theirs = bed.write_down(at(9), 1800, person="Bert")

        match = by_id(window(bed.tracker()))

        assert match.keys() == {mine, theirs}
        assert match[mine].person_id != match[theirs].person_id

    def test_a_window_of_many_pages_is_complete_and_holds_nothing_twice(self, bed: TrackerBed) -> None:
        count = bed.page_size() * 2 + 1
        ids = {bed.write_down(at(8, minute=number % 60), 900 + 60 * number) for number in range(count)}

        match = [entry.id for entry in window(bed.tracker())]

        assert len(match) == count
        assert set(match) == ids

    def test_a_window_without_work_is_empty(self, bed: TrackerBed) -> None:
        assert window(bed.tracker(), date(2026, 3, 1), date(2026, 3, 2)) == []

    def test_every_language_and_very_long_text_come_through(self, bed: TrackerBed) -> None:
        needs(bed, "has_descriptions")
        text = f"{UNICODE} {'x' * bed.traits.longest_description}"[: bed.traits.longest_description]
        bed.write_down(at(9), 900, text)

        assert only(window(bed.tracker())).description == text

    def test_names_of_every_language_come_through(self, bed: TrackerBed) -> None:
        needs(bed, "has_projects", "has_clients")
        bed.write_down(at(9), 900, project=NAME, tags=tags(bed, NAME))

        entry = only(window(bed.tracker()))

        assert entry.project_name == (NAME if bed.traits.has_projects else None)
        if bed.traits.has_clients:
            assert entry.client_name == f"{NAME} BV"
        if bed.traits.has_tags:
            assert NAME in entry.tags

    def test_entries_that_look_alike_stay_apart(self, bed: TrackerBed) -> None:
        ids = {bed.write_down(at(9), 900, "#7 same") for _ in range(2)}

        assert {entry.id for entry in window(bed.tracker())} == ids

    def test_a_locked_entry_counts_like_any_other_and_says_that_it_is_locked(self, bed: TrackerBed) -> None:
        needs(bed, "has_locks")
        entry_id = bed.write_down(at(9), 3600, project="Site")
        free = only(window(bed.tracker()))

        bed.lock(entry_id)

        tracker = bed.tracker()
        locked = only(counted(window(tracker)))
        assert (free.locked, locked.locked) == (False, True)
        assert (locked.key, locked.seconds) == (free.key, free.seconds)
        identity = tracker.entry(entry_id)
        assert identity is not None
        assert identity.fingerprint == locked.fingerprint

    # ---- people at work while pages are read -------------------------------------------------------

    def test_what_is_deleted_while_a_window_is_read_takes_nothing_else_away(self, bed: TrackerBed) -> None:
        ids = {bed.write_down(at(8, minute=number), 900) for number in range(bed.page_size() * 3)}
        tracker = bed.tracker()
        pages = tracker.entries_between(TODAY, TODAY)
        match = [entry.id for entry in next(pages).entries]
        gone = match[0]
        bed.delete(gone)

        rest = rest_of(pages)
        match = [identity.id for identity in window(tracker, TODAY, TODAY)] if rest is None else match + rest

        assert len(match) == len(set(match))
        # Whose place moved while pages were turned may have slipped by; then it is there when it is asked for.
        slipped = ids - {gone} - set(match)
        assert [identity for identity in slipped if tracker.entry(identity) is None] == []

    def test_what_is_entered_while_a_window_is_read_takes_nothing_away_and_repeats_nothing(
        self, bed: TrackerBed
    ) -> None:
        ids = {bed.write_down(at(8, minute=number), 900) for number in range(bed.page_size() * 3)}
        tracker = bed.tracker()
        pages = tracker.entries_between(TODAY, TODAY)
        match = [entry.id for entry in next(pages).entries]
        bed.write_down(at(7), 900, person="Bert")
        bed.write_down(at(11), 900, person="Bert")

        rest = rest_of(pages)
        match = [identity.id for identity in window(tracker, TODAY, TODAY)] if rest is None else match + rest

        assert len(match) == len(set(match))
        assert [identity for identity in ids - set(match) if tracker.entry(identity) is None] == []

    # ---- days, midnights, summer time --------------------------------------------------------------

    def test_an_entry_over_midnight_stands_whole_on_the_day_it_began(self, bed: TrackerBed) -> None:
        needs(bed, "has_clock_times")
        yesterday = TODAY - timedelta(days=1)
        bed.write_down(at(23, minute=30, day=yesterday), 3600)
        tracker = bed.tracker()

        entry = only(window(tracker, yesterday, yesterday))

        assert (entry.work_date, entry.seconds) == (yesterday, 3600)
        assert window(tracker, TODAY, TODAY) == []

    def test_the_work_date_is_the_local_one(self, bed: TrackerBed) -> None:
        needs(bed, "has_clock_times")
        just_after_midnight = at(0, minute=15)
        assert just_after_midnight.astimezone(UTC).date() == TODAY - timedelta(days=1)
        entry_id = bed.write_down(just_after_midnight, 900)

        assert [entry.id for entry in window(bed.tracker(), TODAY, TODAY)] == [entry_id]
        assert window(bed.tracker(), TODAY - timedelta(days=1), TODAY - timedelta(days=1)) == []

    @pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles"])
    def test_the_work_date_is_that_of_the_configured_zone(self, bed: TrackerBed, zone: str) -> None:
        needs(bed, "sets_time_zone")
        began = at(23, minute=15, day=TODAY - timedelta(days=1))
        entry_id = bed.write_down(began, 900)
        day = began.astimezone(ZoneInfo(zone)).date()
        tracker = bed.tracker_in(zone)

        days = [day + timedelta(days=back) for back in (-1, 0, 1)]
        match = [[(entry.id, entry.work_date) for entry in window(tracker, identity, identity)] for identity in days]

        assert match == [[], [(entry_id, day)], []]
        identity = tracker.entry(entry_id)
        assert identity is not None
        assert identity.work_date == day

    @pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
    def test_the_time_zone_of_this_machine_plays_no_part(
        self, bed: TrackerBed, zone: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        early, late = bed.write_down(at(0, minute=15), 900), bed.write_down(at(11, minute=15), 900, person="Bert")
        expected = by_id(window(bed.tracker(), TODAY, TODAY))

        with machine_zone(monkeypatch, zone):
            read = by_id(window(bed.tracker(), TODAY, TODAY))

        assert read.keys() == {early, late}
        assert read == expected

    def test_a_night_in_which_summer_time_ends_has_the_hours_it_had(self, bed: TrackerBed) -> None:
        needs(bed, "has_clock_times")
        sunday = date(2026, 10, 25)
        before, after = at(1, day=sunday), at(4, day=sunday)
        worked = int(after.timestamp() - before.timestamp())
        bed.write_down(before, worked)

        entry = only(window(bed.tracker(), sunday, sunday))

        assert (worked, entry.seconds) == (4 * 3600, 4 * 3600)
        assert (entry.started_at, entry.ended_at) == (before, after)

    def test_work_in_the_hour_that_comes_twice_keeps_its_times(self, bed: TrackerBed) -> None:
        needs(bed, "has_clock_times")
        summer, winter = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
        assert summer.astimezone(ZONE).time() == winter.astimezone(ZONE).time()
        ids = [bed.write_down(summer, 900), bed.write_down(winter, 1800), bed.write_down(summer, 4500, person="Bert")]

        match = by_id(window(bed.tracker()))

        times = [(match[identity].started_at, match[identity].ended_at, match[identity].seconds) for identity in ids]
        assert times == [
            (summer, summer + timedelta(seconds=900), 900),
            (winter, winter + timedelta(seconds=1800), 1800),
            (summer, summer + timedelta(seconds=4500), 4500),
        ]

    def test_a_day_on_which_summer_time_begins_keeps_its_entries(self, bed: TrackerBed) -> None:
        sunday = date(2026, 3, 29)
        early = bed.write_down(at(1, minute=30, day=sunday), 3600)
        late = bed.write_down(at(23, minute=15, day=sunday), 900)

        match = by_id(window(bed.tracker(), sunday, sunday))

        assert {identity: entry.seconds for identity, entry in match.items()} == {early: 3600, late: 900}
        if bed.traits.has_clock_times:
            assert match[early].ended_at == at(3, minute=30, day=sunday)

    # ---- edits, moves, deletions -------------------------------------------------------------------

    @pytest.mark.parametrize("change", ["seconds", "description", "project", "date"])
    def test_an_edit_changes_the_fingerprint_and_not_the_key(self, bed: TrackerBed, change: str) -> None:
        if change == "description":
            needs(bed, "has_descriptions")
        elif change == "project":
            needs(bed, "has_projects", "has_clients")
        elif change == "date":
            needs(bed, "moves_days")
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
        needs(bed, "has_clients")
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
        needs(bed, "moves_days")
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
        needs(bed, "tells_forbidden_from_gone")
        entry_id = bed.write_down(at(9), 3600, person="Bert")
        bed.take_permission_away()

        with pytest.raises(PermissionMissing) as raised:
            bed.tracker().entry(entry_id)

        assert raised.value.remedy

    def test_what_a_window_leaves_out_for_want_of_permission_is_not_called_gone(self, bed: TrackerBed) -> None:
        needs(bed, "tells_forbidden_from_gone")
        ids = {bed.write_down(at(9), 3600, person=person) for person in ("Anna", "Bert")}
        tracker = bed.tracker()
        bed.take_permission_away()

        match = rest_of(tracker.entries_between(TODAY, TODAY), PermissionMissing)

        assert [identity for identity in ids - set(match or ()) if is_called_gone(tracker, identity)] == []


def is_called_gone(tracker: TimeTracker, entry_id: str) -> bool:
    """Whether an entry is said to be gone; refused is not gone."""
    try:
        return tracker.entry(entry_id) is None
    except PermissionMissing:
        return False
