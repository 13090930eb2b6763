"""Section C: a recalculation is an event in the order of work (H4–H6)."""

from __future__ import annotations

from tests.reference import events as heard
from tests.reference.desk import HOUR, Desk, day

TWENTY = "2026-10-20"


def bought_a_year_ago(rate: str = "100", new_rate: str = "125") -> Desk:
    """A card of 50 h bought on 20 October 2025 that is recalculated by itself."""
    desk = Desk("2026-10-01 09:00")
    desk.setting("recalculation", "automatic")
    desk.rate(new_rate, "2026-01-01")
    desk.card(1, "2025-10-20", rate=rate)
    return desk


def test_work_of_the_due_day_counts_before_it_is_judged() -> None:
    desk = bought_a_year_ago()
    desk.much_work("used", 44, "2026-10-05")
    desk.night(TWENTY)
    desk.on("2026-10-20 17:00")
    desk.work("the 20th", 120, TWENTY)
    desk.night("2026-10-21")

    assert desk.office.recalculations()[1, day(TWENTY)].state == "none"
    assert desk.left(1) == 4


def test_a_card_entered_late_waits_for_a_pass() -> None:
    desk = Desk("2026-10-22 09:00")
    desk.setting("recalculation", "automatic")
    desk.rate("125", "2026-01-01")
    desk.night("2026-10-23")
    desk.much_work("used", 46, "2026-10-05")
    assert desk.balances() == {"invoice:2026-10": 46 * 60}

    desk.card(1, "2025-10-20", rate="100")
    assert desk.office.recalculations() == {}
    desk.night("2026-10-24")

    assert desk.office.recalculations()[1, day(TWENTY)].state == "none"
    assert desk.left(1) == 4


def test_the_balance_is_the_same_whether_earlier_work_is_known_before_or_after_the_due_night() -> None:
    balances = []
    for late in (False, True):
        desk = Desk("2026-02-20 09:00")
        desk.setting("recalculation", "automatic")
        desk.rate("125", "2026-01-01")
        desk.card(1, "2025-03-01", rate="100")
        if not late:
            desk.work("february", 600, "2026-02-10")
        desk.night("2026-03-02")
        if late:
            desk.work("february", 600, "2026-02-10")
        balances.append(desk.left(1))

    assert balances == [32, 32]


def test_work_dated_after_the_due_day_is_not_recalculated() -> None:
    desk = bought_a_year_ago()
    desk.work("after", 600, "2026-10-21")
    desk.night("2026-10-22")

    assert desk.left(1) == 30


def test_an_emptying_typing_error_is_as_if_it_had_never_been() -> None:
    desk = bought_a_year_ago()
    desk.work("mistyped", 6000, "2026-10-05")
    desk.hear(heard.EntriesAccepted(("mistyped",)))
    desk.night("2026-10-21")
    assert desk.left(1) == 0

    desk.work("mistyped", 60, "2026-10-05")

    assert desk.left(1) == 39.2


def test_a_corrected_card_counts_only_what_was_really_bought() -> None:
    desk = Desk("2026-10-01 09:00")
    desk.setting("recalculation", "automatic")
    desk.rate("100", "2026-01-01")
    desk.card(1, "2025-10-20", hours=500, rate="80")
    desk.hear(heard.CardCorrected(1, seconds=50 * HOUR))
    desk.work("used", 300, "2026-10-05")
    desk.night("2026-10-21")

    assert desk.office.recalculations()[1, day(TWENTY)].state == "applied"
    assert desk.left(1) == 36


def test_a_card_corrected_after_its_due_month_closed_is_recalculated_on_what_was_really_bought() -> None:
    desk = Desk("2026-10-01 09:00")
    desk.setting("recalculation", "automatic")
    desk.rate("100", "2026-01-01")
    desk.card(1, "2025-10-20", hours=500, rate="80")
    desk.close("2026-10")
    assert desk.left(1) == 400

    desk.hear(heard.CardCorrected(1, seconds=50 * HOUR))

    assert desk.left(1) == 40


def test_exactly_ninety_percent_is_recalculated() -> None:
    desk = bought_a_year_ago()
    desk.much_work("used", 45, "2026-10-05")
    desk.night("2026-10-21")

    assert desk.left(1) == 4


def test_written_off_hours_are_not_use() -> None:
    desk = bought_a_year_ago()
    desk.hear(heard.CardAdjusted(1, -46 * HOUR, day("2026-10-05")))
    desk.night("2026-10-21")

    assert desk.left(1) == 3.2


def test_a_missing_or_lower_rate_waits() -> None:
    desk = bought_a_year_ago(new_rate="90")
    desk.night("2026-10-21")

    assert desk.left(1) == 50
    assert desk.office.attention() == {("recalculation waits", "1")}

    desk.rate("125", "2026-01-01")
    assert desk.left(1) == 40


def test_a_proposal_waits_for_approval_and_then_counts_from_the_due_day() -> None:
    desk = bought_a_year_ago()
    desk.setting("recalculation", "propose")
    desk.night("2026-10-21")
    desk.work("after", 600, "2026-10-21")
    assert desk.left(1) == 40
    assert desk.office.attention() == {("recalculation proposed", "1")}

    desk.hear(heard.RecalculationDecided(1, day(TWENTY), approved=True))

    assert desk.left(1) == 30


def test_a_declined_proposal_leaves_the_card() -> None:
    desk = bought_a_year_ago()
    desk.setting("recalculation", "propose")
    desk.night("2026-10-21")

    desk.hear(heard.RecalculationDecided(1, day(TWENTY), approved=False))

    assert desk.left(1) == 50


def test_once_its_month_is_closed_a_recalculation_stands() -> None:
    desk = bought_a_year_ago()
    desk.close("2026-10")
    desk.work("late", 600, "2026-10-05")
    desk.hear(heard.EntriesAccepted(("late",)))

    assert desk.left(1) == 30
    assert desk.office.recalculations()[1, day(TWENTY)].change == -10 * HOUR


def test_a_person_is_told_when_earlier_work_changes_an_applied_recalculation() -> None:
    desk = bought_a_year_ago()
    desk.night("2026-10-21")
    desk.work("late", 600, "2026-10-05")
    desk.night("2026-10-22")

    assert desk.office.told.sent == [("card:1", f"recalculated by {-10 * HOUR}, now {-8 * HOUR}")]


def test_a_card_of_29_february_falls_due_on_28_february() -> None:
    desk = Desk("2025-02-01 09:00")
    desk.setting("recalculation", "automatic")
    desk.rate("125", "2025-01-01")
    desk.card(1, "2024-02-29", rate="100")
    desk.night("2025-03-01")

    assert list(desk.office.recalculations()) == [(1, day("2025-02-28"))]
    assert desk.left(1) == 40


def test_a_card_bought_before_2024_is_never_recalculated() -> None:
    desk = Desk("2024-12-01 09:00")
    desk.card(1, "2023-12-31", rate="10")
    desk.night("2025-06-01")

    assert desk.office.recalculations() == {}


def test_a_yearly_recalculation_starts_from_the_one_before() -> None:
    desk = Desk("2025-01-01 09:00")
    desk.setting("recalculation", "automatic")
    desk.setting("recalculate_yearly", True)
    desk.rate("100", "2025-01-01")
    desk.rate("125", "2026-01-01")
    desk.card(1, "2024-03-01", rate="80")
    desk.night("2026-03-02")

    assert desk.left(1) == 32
