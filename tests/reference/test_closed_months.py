"""Section B: a closed month is corrected by the difference, and its euros are frozen."""

from __future__ import annotations

import pytest

from tests.reference import events as heard
from tests.reference.desk import HOUR, Desk, day


def closed_hour(route: str = "hour_card") -> Desk:
    desk = Desk()
    desk.decide("t", route)
    desk.work("september", 60, "2026-09-10")
    desk.close("2026-09")
    return desk


def test_neither_a_card_entered_later_nor_a_ticket_merge_moves_closed_time() -> None:
    desk = closed_hour()
    desk.ticket("a", "acme", "sla")

    desk.card(1, "2026-09-01")
    desk.hear(heard.TicketsMerged("t", "a"))

    assert desk.balances() == {"invoice:2026-09": 60}
    assert desk.left(1) == 50


def test_time_that_turns_out_inside_gives_back_what_it_settled_and_nothing_else_is_laid_anew() -> None:
    desk = Desk()
    desk.card(1, "2026-09-01")
    desk.much_work("before", 40, "2026-09-02")
    desk.ticket("a", "acme")
    desk.ticket("b", "acme")
    desk.work("ten hours", 600, "2026-09-10", "a")
    desk.work("five hours", 300, "2026-09-11", "b")
    desk.close("2026-09")

    desk.decide("a", "sla")

    assert desk.stands("ten hours") == {"sla": 600}
    assert desk.stands("five hours") == {"invoice:2026-09": 300}
    assert desk.left(1) == 10


def test_a_closed_month_keeps_its_rate() -> None:
    desk = closed_hour()

    desk.rate("98.00", "2026-01-01")
    desk.work("october", 60, "2026-10-05")

    assert desk.euros("2026-09") == 92.5
    assert desk.euros("2026-10") == 98.0


def test_a_closed_hour_is_credited_at_the_rate_that_it_was_charged_at() -> None:
    desk = closed_hour()
    desk.rate("98.00", "2026-01-01")

    desk.delete("september")

    assert desk.euros("2026-10") == -92.5


def test_a_rate_can_have_a_first_day() -> None:
    desk = Desk()
    desk.rate("98.00", "2026-09-15")
    desk.work("before", 60, "2026-09-14")
    desk.work("after", 60, "2026-09-15")

    assert desk.euros("2026-09") == 190.5


def test_a_work_date_in_another_year_is_money() -> None:
    desk = Desk("2026-12-01 09:00")
    desk.rate("90.00", "2025-01-01")
    desk.work("december", 60, "2026-12-10")
    desk.close("2026-12")

    desk.work("december", 60, "2025-01-10")

    assert desk.euros("2026-12") == 92.5
    assert desk.euros("2027-01") == -2.5


def test_a_work_date_before_the_card_was_bought_is_money() -> None:
    desk = Desk()
    desk.card(1, "2026-09-05")
    desk.work("september", 60, "2026-09-10")
    desk.close("2026-09")

    desk.work("september", 60, "2026-09-02")

    assert desk.left(1) == 50
    assert desk.balances() == {"invoice:2026-10": 60}


def test_another_work_date_at_the_same_rate_and_cards_moves_nothing() -> None:
    desk = closed_hour()
    desk.rate("98.00", "2026-01-01")

    desk.work("september", 60, "2026-09-12")

    assert desk.balances() == {"invoice:2026-09": 60}


def test_rules_and_settings_never_touch_closed_months() -> None:
    desk = closed_hour()

    desk.decide("t", "sla", because="settings")
    desk.work("october", 30, "2026-10-02")

    assert desk.balances() == {"invoice:2026-09": 60, "sla": 30}


def test_after_changed_rules_only_another_fact_is_money() -> None:
    desk = closed_hour("sla")
    desk.decide("t", "hour_card", because="settings")
    desk.decide("t", "hour_card")
    assert desk.balances() == {"sla": 60}

    desk.decide("t", "quote:Q7")

    assert desk.balances() == {"quote:Q7": 60}


def test_a_customer_without_a_rate_waits_and_the_others_can_be_invoiced() -> None:
    desk = closed_hour()
    desk.customer("globex")
    desk.ticket("g", "globex")
    desk.work("old", 60, "2019-05-01", "g")
    desk.hear(heard.EntriesAccepted(("old",)))
    desk.work("october", 60, "2026-10-02")

    assert desk.euros("2026-10", "globex") is None
    assert desk.euros("2026-10") == 92.5
    assert desk.office.attention() == {("no rate", "globex")}

    desk.rate("80.00", "2019-01-01")
    assert desk.euros("2026-10", "globex") == 80


def test_extra_seconds_are_posted_in_the_open_month() -> None:
    desk = closed_hour()
    desk.card(1, "2026-09-01")

    desk.work("september", 90, "2026-09-10")

    assert desk.stands("september") == {"invoice:2026-09": 60, "card:1": 30}


def test_fewer_seconds_are_taken_from_what_settled_last() -> None:
    desk = Desk()
    desk.card(1, "2026-09-01")
    desk.much_work("before", 49, "2026-09-02")
    desk.work("split", 90, "2026-09-10")
    desk.close("2026-09")
    assert desk.stands("split") == {"card:1": 60, "invoice:2026-09": 30}

    desk.work("split", 45, "2026-09-10")

    assert desk.stands("split") == {"card:1": 45, "invoice:2026-09": 30, "invoice:2026-10": -30}
    assert desk.left(1) == 0.25


def test_what_a_correction_settled_is_corrected_first() -> None:
    desk = closed_hour()
    desk.work("september", 90, "2026-09-10")
    desk.close("2026-10")

    desk.work("september", 50, "2026-09-10")

    assert desk.balances() == {"invoice:2026-09": 60, "invoice:2026-10": 30, "invoice:2026-11": -40}


def test_a_change_that_is_taken_back_in_the_same_month_leaves_what_was_settled() -> None:
    desk = closed_hour()
    desk.card(1, "2026-09-01")

    for route in ("sla", "hour_card"):
        desk.decide("t", route)
    for minutes in (20, 60):
        desk.work("september", minutes, "2026-09-10")

    assert desk.balances() == {"invoice:2026-09": 60}


def test_pending_time_is_charged_when_its_month_closes_and_credited_when_it_is_inside() -> None:
    desk = closed_hour("pending")
    assert desk.balances() == {"invoice:2026-09": 60}

    desk.decide("t", "hour_card")
    assert desk.balances() == {"invoice:2026-09": 60}

    desk.decide("t", "sla")
    assert desk.balances() == {"invoice:2026-09": 60, "invoice:2026-10": -60, "sla": 60}


def test_pending_time_takes_its_place_in_the_order_of_work() -> None:
    desk = Desk()
    desk.card(1, "2026-09-01")
    desk.much_work("before", 49, "2026-09-02")
    desk.ticket("p", "acme", "pending")
    desk.work("undetermined", 60, "2026-09-10", "p")
    desk.work("later", 60, "2026-09-11")

    desk.close("2026-09")

    assert desk.stands("undetermined") == {"card:1": 60}
    assert desk.stands("later") == {"invoice:2026-09": 60}


def test_undetermined_time_of_a_closed_month_grows_as_pending() -> None:
    desk = closed_hour("pending")

    desk.work("september", 75, "2026-09-10")

    assert desk.balances() == {"invoice:2026-09": 60, "pending": 15}


def test_an_entry_deleted_long_after_gives_everything_back() -> None:
    desk = Desk()
    desk.work("ten hours", 600, "2026-09-10")
    desk.close("2026-09")
    desk.close("2026-10")

    desk.delete("ten hours")

    assert desk.balances() == {"invoice:2026-09": 600, "invoice:2026-11": -600}
    assert desk.stands("ten hours") == {"invoice:2026-09": 600, "invoice:2026-11": -600}


def test_an_older_record_is_not_taken() -> None:
    desk = Desk()
    desk.work("e", 60, "2026-09-10")
    desk.work("e", 30, "2026-09-10")

    desk.hear(heard.EntryRecorded("e", 1, "t", HOUR, day("2026-09-10")))

    assert desk.balances() == {"invoice:2026-09": 30}


def test_months_close_in_order_when_they_are_over_and_a_pass_has_read_past_them() -> None:
    desk = Desk("2026-09-30 09:00")
    with pytest.raises(heard.Refused, match="not over"):
        desk.hear(heard.MonthClosed("2026-09"))
    desk.work("lost", 60, "2026-09-10", None)
    desk.on("2026-10-01 09:00")
    with pytest.raises(heard.Refused, match="no full pass") as refused:
        desk.hear(heard.MonthClosed("2026-09"))
    assert refused.value.details == ["lost: nobody's"]
    desk.close("2026-09")
    desk.on("2026-12-01 09:00")
    with pytest.raises(heard.Refused, match="in order"):
        desk.hear(heard.MonthClosed("2026-11"))
