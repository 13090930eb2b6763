"""Request Tracker's time: what is particular to it, on its sandbox over real HTTP and on single bookings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.conformance.tracker_bed import A_WEEK_AGO, START, TODAY, at, by_id, drain, only, window
from connectors.errors import Invalid, PermissionMissing
from connectors.records import EntryState, TicketReference
from connectors.request_tracker.settings import RequestTrackerTimeSettings
from connectors.request_tracker.time_entries import Booking, left_of
from connectors.request_tracker.time_tracker import LOOK_BACK
from connectors.sandbox.request_tracker_state import SHOW_COMMENTS
from tests.conformance.request_tracker_time_bed import RequestTrackerTimeBed

ANNA, BERT = "1", "2"


@pytest.fixture
def bed() -> Iterator[RequestTrackerTimeBed]:
    with RequestTrackerTimeBed.open() as bed:
        yield bed


def booking(number: int, minutes: int, *, by: str = ANNA, ticket: str = "7") -> Booking:
    return Booking(number, ticket, minutes, by, "Somebody", START, TODAY, ())


# ---- the three ways of booking ---------------------------------------------------------------------------


def test_time_of_a_comment_of_a_total_and_of_a_new_ticket_are_entries(bed: RequestTrackerTimeBed) -> None:
    tickets = bed.tickets
    given_time = {"Queue": tickets.queue, "Subject": "Made with time", "TimeWorked": 10}
    made = str(tickets.ask("POST", "/ticket", by="anna", json=given_time, expect=201)["id"])
    tickets.book(made, 25, by="bert")
    tickets.set_time_worked(made, 50)

    found = window(bed.tracker())

    assert [one.seconds // 60 for one in found] == [10, 25, 15]
    assert [one.person_name for one in found] == ["Anna", "Bert", "Anna"]
    assert {one.references for one in found} == {(TicketReference("ticket", ticket_id=made),)}
    assert {one.work_date for one in found} == {TODAY}


def test_what_agents_write_with_their_time_never_becomes_a_description(bed: RequestTrackerTimeBed) -> None:
    ticket_id = bed.tickets.file_ticket("Menu broken")
    bed.tickets.book(ticket_id, 25, words="The customer broke it again.")

    assert only(window(bed.tracker())).description == ""


def test_the_day_of_work_is_the_one_that_was_written_else_that_of_the_booking(bed: RequestTrackerTimeBed) -> None:
    ticket_id = bed.tickets.file_ticket("Menu broken")
    bed.clock.advance(timedelta(hours=11, minutes=30))
    late = bed.tickets.book(ticket_id, 25)
    earlier = bed.tickets.book(ticket_id, 25, worked_on=TODAY - timedelta(days=3))
    night = by_id(window(bed.tracker()))
    assert (night[late].work_date, night[earlier].work_date) == (TODAY, TODAY - timedelta(days=3))

    bed.clock.advance(timedelta(hours=1))
    after_midnight = bed.tickets.book(ticket_id, 25)

    assert by_id(window(bed.tracker(), TODAY, TODAY + timedelta(days=1)))[after_midnight].work_date == date(
        2026, 10, 27
    )
    without = by_id(window(bed.tracker(work_date_field=None), TODAY, TODAY))
    assert without.keys() == {late, earlier}


def test_work_that_is_planned_ahead_is_in_the_window_of_its_day(bed: RequestTrackerTimeBed) -> None:
    ticket_id = bed.tickets.file_ticket("Menu broken")
    planned = bed.tickets.book(ticket_id, 60, worked_on=TODAY + timedelta(days=20))
    bed.clock.advance(timedelta(days=15))
    bed.tickets.set_time_worked(ticket_id, 45)

    (entry,) = window(bed.tracker(), TODAY + timedelta(days=16), TODAY + timedelta(days=21))

    assert (entry.id, entry.seconds) == (planned, 2700)


# ---- time that was taken back ----------------------------------------------------------------------------


def test_entries_add_up_to_what_the_ticket_shows(bed: RequestTrackerTimeBed) -> None:
    tickets = bed.tickets
    ticket_id = tickets.file_ticket("Menu broken")
    mine, theirs = tickets.book(ticket_id, 25), tickets.book(ticket_id, 60, by="bert")
    more = tickets.book(ticket_id, 5)

    tickets.set_time_worked(ticket_id, 78)

    found = by_id(window(bed.tracker()))
    assert {key: one.seconds // 60 for key, one in found.items()} == {mine: 18, theirs: 60}
    assert more not in found
    assert sum(one.seconds for one in found.values()) == 60 * tickets.time_worked(ticket_id)


def test_what_was_taken_back_is_told_with_every_entry_of_the_ticket(bed: RequestTrackerTimeBed) -> None:
    tickets = bed.tickets
    ticket_id = tickets.file_ticket("Menu broken")
    first, second = tickets.book(ticket_id, 25), tickets.book(ticket_id, 5)
    other = tickets.book(tickets.file_ticket("Other"), 30)
    for number in range(LOOK_BACK):
        tickets.edit(ticket_id, subject=f"Menu {number}")
    tickets.book(tickets.file_ticket("Newest"), 30)
    _, cursor = drain(bed.tracker(), None)
    tickets.set_time_worked(ticket_id, 10)

    told = by_id(drain(bed.tracker(), cursor)[0])

    assert (told[first].seconds, told[first].state) == (600, EntryState.STOPPED)
    assert (told[second].seconds, told[second].state) == (0, EntryState.DELETED)
    assert other not in told


def test_an_entry_of_long_ago_that_is_taken_back_is_gone_from_its_window(bed: RequestTrackerTimeBed) -> None:
    ticket_id = bed.tickets.file_ticket("Menu broken")
    kept, gone = bed.tickets.book(ticket_id, 25), bed.tickets.book(ticket_id, 5)
    bed.clock.advance(timedelta(days=30))
    bed.tickets.set_time_worked(ticket_id, 25)

    assert [one.id for one in window(bed.tracker(), TODAY, TODAY)] == [kept]
    assert bed.tracker().entry(gone) is None


def test_time_taken_back_after_a_merge_may_be_of_either_ticket(bed: RequestTrackerTimeBed) -> None:
    tickets = bed.tickets
    gone, stays = tickets.file_ticket("Gone"), tickets.file_ticket("Stays")
    there, here = tickets.book(gone, 30), tickets.book(stays, 10)
    tickets.merge(gone, stays)

    tickets.set_time_worked(stays, 25)

    found = by_id(window(bed.tracker()))
    assert {key: one.seconds // 60 for key, one in found.items()} == {there: 25}
    assert found[there].references == (TicketReference("ticket", ticket_id=gone),)
    assert bed.tracker().entry(here) is None


def test_time_on_a_ticket_that_was_deleted_stays_worked(bed: RequestTrackerTimeBed) -> None:
    ticket_id = bed.tickets.file_ticket("Menu broken")
    kept, gone = bed.tickets.book(ticket_id, 25), bed.tickets.book(ticket_id, 5)
    bed.tickets.set_time_worked(ticket_id, 25)

    bed.tickets.delete(ticket_id)

    assert [one.id for one in window(bed.tracker())] == [kept]
    assert bed.tracker().entry(gone) is None


@given(
    st.lists(
        st.tuples(st.integers(-90, 90).filter(bool), st.sampled_from([ANNA, BERT]), st.sampled_from(["7", "8"])),
        max_size=30,
    )
)
def test_what_is_left_adds_up_and_is_never_below_nothing(worked: list[tuple[int, str, str]]) -> None:
    bookings = [booking(number, minutes, by=by, ticket=ticket) for number, (minutes, by, ticket) in enumerate(worked)]
    total = 0
    for minutes, _, _ in worked:
        total = max(total + minutes * 60, 0)

    left = left_of(bookings).seconds

    assert sum(left.values()) == total
    assert all(0 <= left[one.id] <= one.minutes * 60 for one in bookings if one.minutes > 0)
    assert left_of(reversed(bookings)).seconds == left


def test_time_is_taken_from_the_nearest() -> None:
    bookings = [
        booking(1, 10),
        booking(2, 10, by=BERT),
        booking(3, 10),
        booking(4, 10, by=BERT, ticket="8"),
        booking(5, -15),
        booking(6, -12),
    ]

    assert left_of(bookings[:5]).seconds == {1: 300, 2: 600, 3: 0, 4: 600}
    assert left_of(bookings).seconds == {1: 0, 2: 180, 3: 0, 4: 600}


# ---- reading ---------------------------------------------------------------------------------------------


def test_a_booking_that_shows_after_a_later_one_is_told(bed: RequestTrackerTimeBed) -> None:
    early, late = (bed.write_down(at(9), 900) for _ in range(2))
    site = bed.tickets.server.site
    hidden = site.transactions.pop(int(early))
    _, cursor = drain(bed.tracker(), None)
    site.transactions[int(early)] = hidden

    assert by_id(drain(bed.tracker(), cursor)[0]).keys() >= {early, late}


def test_a_first_reading_of_nothing_does_not_make_the_next_one_read_all_history(bed: RequestTrackerTimeBed) -> None:
    ticket_id = bed.tickets.file_ticket("Menu broken")
    old = bed.tickets.book(ticket_id, 25)
    for number in range(LOOK_BACK):
        bed.tickets.edit(ticket_id, subject=f"Menu {number}")
    bed.clock.advance(timedelta(days=90))
    _, cursor = drain(bed.tracker(work_date_field=None), None, since=bed.clock.now() - timedelta(days=7))

    assert old not in by_id(drain(bed.tracker(), cursor)[0])


def test_the_cursor_moves_on_when_time_was_only_taken_back(bed: RequestTrackerTimeBed) -> None:
    entry_id = bed.write_down(at(9), 900)
    bed.edit(entry_id, seconds=300)
    _, cursor = drain(bed.tracker(), None)
    _, again = drain(bed.tracker(), cursor)

    assert cursor == again
    assert int(cursor or 0) > int(entry_id)


def test_an_idle_fast_lane_costs_three_requests(bed: RequestTrackerTimeBed) -> None:
    _, cursor = drain(bed.tracker(), None)
    bed.tickets.server.requests.clear()

    drain(bed.tracker(), cursor)

    paths = [one.path.removeprefix("/REST/2.0") for one in bed.tickets.server.requests]
    assert paths == [f"/user/{bed.tickets.place.user_id}", "/queues/all", "/transactions"]


def test_time_in_other_queues_does_not_count(bed: RequestTrackerTimeBed) -> None:
    entry_id = bed.write_down(at(9), 900)
    elsewhere = bed.tracker(queues=["General"])

    assert window(elsewhere) == []
    assert elsewhere.entry(entry_id) is None
    assert [one.id for one in window(bed.tracker(queues=[]))] == [entry_id]


def test_a_cursor_that_is_not_ours_is_invalid(bed: RequestTrackerTimeBed) -> None:
    with pytest.raises(Invalid):
        drain(bed.tracker(), "2026-10-26T12:00:00+00:00")


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", ""])
def test_a_user_whose_time_zone_is_not_utc_reads_nothing(bed: RequestTrackerTimeBed, zone: str) -> None:
    bed.write_down(at(9), 900)
    site = bed.tickets.server.site
    site.users[int(bed.tickets.place.user_id)].timezone = zone

    with pytest.raises(PermissionMissing, match="UTC"):
        window(bed.tracker())
    with pytest.raises(PermissionMissing, match="UTC"):
        drain(bed.tracker(), None, since=A_WEEK_AGO)


def test_the_self_check_tells_when_not_all_time_is_seen(bed: RequestTrackerTimeBed) -> None:
    bed.write_down(at(9), 900)
    for group in bed.tickets.server.site.groups.values():
        group.rights -= {SHOW_COMMENTS}

    (failed,) = [one for one in bed.tracker().check() if not one.passed]

    assert SHOW_COMMENTS in failed.remedy


def test_the_self_check_names_a_field_that_is_not_there(bed: RequestTrackerTimeBed) -> None:
    (failed,) = [one for one in bed.tracker(work_date_field="Gewerkt op").check() if not one.passed]

    assert "Gewerkt op" in failed.remedy


@pytest.mark.parametrize("name", ["it's", "a}b", ""])
def test_the_name_of_a_field_cannot_change_a_query(name: str) -> None:
    with pytest.raises(ValidationError):
        RequestTrackerTimeSettings.model_validate(
            {"base_url": "https://rt.care.example", "token": "1-14-t", "work_date_field": name}
        )
