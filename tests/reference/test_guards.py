"""Section E: what is held counts for nobody until a person accepts it."""

from __future__ import annotations

from tests.reference import events as heard
from tests.reference.desk import HOUR, Desk, day


def test_a_timer_that_ran_all_weekend_is_held_until_it_is_accepted() -> None:
    desk = Desk()
    desk.card(1, "2026-09-01")
    desk.work("timer", 63 * 60, "2026-09-01")
    assert desk.left(1) == 50
    assert desk.office.held() == {"timer": "over 16 h"}

    desk.hear(heard.EntriesAccepted(("timer",)))

    assert desk.balances() == {"card:1": 3000, "invoice:2026-09": 780}


def test_an_accepted_entry_that_is_edited_is_looked_at_anew() -> None:
    desk = Desk()
    desk.work("timer", 17 * 60, "2026-09-01")
    desk.hear(heard.EntriesAccepted(("timer",)))

    desk.work("timer", 18 * 60, "2026-09-01")

    assert desk.office.held() == {"timer": "over 16 h"}


def test_no_person_works_more_than_a_day_in_a_day() -> None:
    desk = Desk()
    for index in range(3):
        desk.work(f"e{index}", 9 * 60, "2026-09-01", person="anna", start=index * HOUR)

    assert desk.office.held() == {"e2": "more than 24 h of one person on one day"}


def test_of_two_equal_entries_one_counts() -> None:
    desk = Desk()
    for key in ("a", "b"):
        desk.work(key, 30, "2026-09-01", person="anna", text="called")

    assert desk.office.held() == {"b": "equal to another entry"}
    assert desk.balances() == {"invoice:2026-09": 30}


def test_an_entry_dated_ahead_waits_for_its_day() -> None:
    desk = Desk("2026-09-01 09:00")
    desk.hear(heard.EntryRecorded("ahead", 1, "t", HOUR, day("2026-09-03")))
    assert desk.office.held() == {"ahead": "more than a day ahead"}

    desk.night("2026-09-02")

    assert desk.office.held() == {}


def test_an_entry_of_a_closed_month_is_held_and_then_counts_in_the_open_one() -> None:
    desk = Desk()
    desk.close("2026-09")
    desk.work("late", 30, "2026-09-10")
    assert desk.office.held() == {"late": "dated before the first open month"}

    desk.hear(heard.EntriesAccepted(("late",)))

    assert desk.balances() == {"invoice:2026-10": 30}


def test_a_held_change_leaves_what_a_closed_month_settled() -> None:
    desk = Desk()
    desk.work("september", 60, "2026-09-10")
    desk.close("2026-09")

    desk.work("september", 63 * 60, "2026-09-10")

    assert desk.balances() == {"invoice:2026-09": 60}
    assert desk.office.attention() == {("held", "september"), ("closed time stays", "september")}
