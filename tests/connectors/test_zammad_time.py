"""What Zammad's time accounting promises beyond the suite: units, days, activities, many entries, merges."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.conformance.tracker_bed import TODAY, at, by_id, drain, only, window
from connectors.errors import Invalid, Malformed, PermissionMissing, Unavailable
from connectors.records import EntryState
from connectors.sandbox.server import Answer
from connectors.zammad.time_entries import entry_from_api, grain_of, seconds_of
from tests.conformance.zammad_time_bed import ZammadTimeBed, number_of


@pytest.fixture
def bed() -> Iterator[ZammadTimeBed]:
    with ZammadTimeBed.open() as bed:
        yield bed


# ---- units -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "unit", "seconds"),
    [
        ("15.0", 1, 900),
        ("1.5", 60, 5400),
        ("3", 15, 2700),
        (0.25, 60, 900),
        ("0.01", 60, 36),
        ("0.33", 1, 20),
        ("-15.0", 1, -900),
        (0, 60, 0),
    ],
)
def test_units_are_whole_seconds(told: object, unit: int, seconds: int) -> None:
    assert seconds_of(told, Decimal(unit)) == seconds


@given(st.integers(0, 999_999), st.sampled_from([1, 15, 60]))
def test_hundredths_of_a_unit_are_never_off_by_more_than_rounding(hundredths: int, unit: int) -> None:
    told = f"{hundredths // 100}.{hundredths % 100:02}"

    assert abs(seconds_of(told, Decimal(unit)) - Decimal(hundredths) * unit * 60 / 100) <= Decimal("0.5")


@pytest.mark.parametrize("told", [None, "", "much", True, [], "NaN", "Infinity", "1e9"])
def test_what_is_no_number_of_units_is_malformed(told: object) -> None:
    with pytest.raises(Malformed):
        seconds_of(told, Decimal(1))


@pytest.mark.parametrize(("unit", "grain"), [(1, 1), (15, 9), (60, 36)])
def test_the_grain_is_a_hundredth_of_the_unit(unit: int, grain: int) -> None:
    assert grain_of(Decimal(unit)) == grain


def test_a_site_that_counts_hours_is_read_in_hours(bed: ZammadTimeBed) -> None:
    ticket_id = bed.file_ticket()
    bed.site.account_time(ticket_id, bed.people["Anna"], Decimal("1.25"))

    entry = only(window(bed.tracker(unit_minutes=60)))

    assert (entry.seconds, entry.grain_seconds) == (4500, 36)


# ---- entries -----------------------------------------------------------------------------------------


def test_the_day_is_the_one_in_the_sites_zone(bed: ZammadTimeBed) -> None:
    bed.write_down(at(0, minute=15), 900)

    assert only(window(bed.tracker())).work_date == TODAY
    assert only(window(bed.tracker(time_zone="Europe/London"))).work_date == TODAY - timedelta(days=1)


def test_the_activity_is_a_tag_and_the_ticket_a_reference(bed: ZammadTimeBed) -> None:
    ticket_id = bed.file_ticket("Site")
    overleg = bed.site.add_time_type("Overleg")
    bed.site.account_time(ticket_id, bed.people["Anna"], Decimal(15), type_id=overleg)

    entry = only(window(bed.tracker()))

    assert entry.tags == ("Overleg",)
    assert [one.ticket_id for one in entry.references] == [str(ticket_id)]
    assert (entry.person_name, entry.client_name, entry.billable) == ("Anna", "Site BV", None)


def test_documented_time_is_read_right() -> None:
    documented = {
        "id": 7,
        "ticket_id": 50,
        "ticket_article_id": 88,
        "time_unit": "30.0",
        "type_id": 2,
        "created_by_id": 3,
        "created_at": "2023-08-16T08:12:02.249Z",
        "updated_at": "2023-08-16T08:24:00.788Z",
    }
    ticket = {"id": 50, "organization_id": None, "organization": None}

    entry = entry_from_api(
        documented,
        ticket,
        account="help",
        zone=ZoneInfo("Europe/Amsterdam"),
        unit_minutes=Decimal(1),
        person_name=None,
    )

    assert (entry.id, entry.seconds, entry.work_date) == ("50-7", 1800, date(2023, 8, 16))
    assert entry.source_updated_at == datetime(2023, 8, 16, 8, 24, 0, 788000, tzinfo=UTC)
    assert (entry.client_id, entry.client_name, entry.tags) == (None, None, ())


def test_a_ticket_with_more_entries_than_a_page_loses_none(bed: ZammadTimeBed) -> None:
    ticket_id = bed.file_ticket()
    for number in range(12):
        bed.site.account_time(ticket_id, bed.people["Anna"], Decimal(number + 1))

    assert sum(entry.seconds for entry in window(bed.tracker())) == 78 * 60


def test_tickets_without_time_are_not_asked_for_it(bed: ZammadTimeBed) -> None:
    for _ in range(4):
        bed.file_ticket()
    bed.write_down(at(9), 900)

    window(bed.tracker())

    assert sum("time_accountings" in one.path for one in bed.server.requests) == 1


def test_time_stays_with_a_merged_ticket(bed: ZammadTimeBed) -> None:
    entry_id, target = bed.write_down(at(9), 900), bed.file_ticket()
    bed.site.merge(int(entry_id.partition("-")[0]), target, bed.people["Anna"])

    assert [one.id for one in window(bed.tracker())] == [entry_id]


# ---- gone, and not gone ------------------------------------------------------------------------------


def test_the_time_of_a_deleted_ticket_is_gone(bed: ZammadTimeBed) -> None:
    entry_id = bed.write_down(at(9), 900)
    bed.site.delete(int(entry_id.partition("-")[0]))

    assert bed.tracker().entry(entry_id) is None
    assert window(bed.tracker()) == []


def test_behind_a_wrong_address_nothing_is_gone(bed: ZammadTimeBed) -> None:
    entry_id = bed.write_down(at(9), 900)
    bed.server.answers_instead = Answer(404, {"error": "No route matches"})

    with pytest.raises(Unavailable):
        bed.tracker().entry(entry_id)


@pytest.mark.parametrize("way", ["window", "changes", "entry"])
def test_a_group_out_of_sight_reads_as_no_absence(bed: ZammadTimeBed, way: str) -> None:
    entry_id = bed.write_down(at(9), 900)
    bed.take_permission_away()
    tracker = bed.tracker()

    with pytest.raises(PermissionMissing) as raised:
        {
            "window": lambda: window(tracker),
            "changes": lambda: drain(tracker, None),
            "entry": lambda: tracker.entry(entry_id),
        }[way]()

    assert raised.value.remedy


@pytest.mark.parametrize("entry_id", ["", "7", "7-", "-7", "a-b", "7-7-7", "../7-1"])
def test_an_id_of_another_form_is_not_asked_for(bed: ZammadTimeBed, entry_id: str) -> None:
    assert bed.tracker().entry(entry_id) is None
    assert bed.server.requests == []


# ---- the fast lane -----------------------------------------------------------------------------------


def test_time_that_is_put_right_weeks_later_is_told(bed: ZammadTimeBed) -> None:
    entry_id = bed.write_down(at(9), 900)
    _, cursor = drain(bed.tracker(), None)
    bed.clock.advance(timedelta(days=40))
    bed.site.edit_time(number_of(entry_id), Decimal(45))

    read, _ = drain(bed.tracker(), cursor)

    assert by_id(read)[entry_id].seconds == 2700


def test_a_cursor_that_is_none_of_ours_is_invalid(bed: ZammadTimeBed) -> None:
    for cursor in ("soon", "2026-10-26", "77"):
        with pytest.raises(Invalid):
            drain(bed.tracker(), cursor)


# ---- time that was taken back --------------------------------------------------------------------------


def test_a_negative_booking_shortens_the_one_before_it(bed: ZammadTimeBed) -> None:
    entry_id = bed.write_down(at(9), 120 * 60)
    ticket_id = int(entry_id.partition("-")[0])
    bed.site.account_time(ticket_id, bed.people["Anna"], Decimal(-100), at=at(10))
    tracker = bed.tracker()

    assert [(entry.id, entry.seconds) for entry in window(tracker)] == [(entry_id, 20 * 60)]
    assert by_id(drain(tracker, None)[0])[entry_id].seconds == 20 * 60
    entry = tracker.entry(entry_id)
    assert entry is not None
    assert entry.seconds == 20 * 60


def test_an_entry_that_was_taken_back_whole_is_gone(bed: ZammadTimeBed) -> None:
    entry_id = bed.write_down(at(9), 3600)
    ticket_id = int(entry_id.partition("-")[0])
    bed.site.account_time(ticket_id, bed.people["Bert"], Decimal(-60), at=at(10))
    tracker = bed.tracker()

    assert window(tracker) == []
    assert by_id(drain(tracker, None)[0])[entry_id].state is EntryState.DELETED
    assert tracker.entry(entry_id) is None


def test_what_is_taken_back_beyond_all_that_was_booked_is_named(bed: ZammadTimeBed) -> None:
    entry_id = bed.write_down(at(9), 3600)
    ticket_id = int(entry_id.partition("-")[0])
    number = bed.site.account_time(ticket_id, bed.people["Anna"], Decimal(-90), at=at(10))

    (record,) = [record for page in bed.tracker().entries_between(TODAY, TODAY) for record in page.unreadable]

    assert record.id == f"{ticket_id}-{number}"
    assert record.reason == "takes back 30 minutes more than were booked"
