"""Section D: judgements hold for what was judged, and fair use (K1)."""

from __future__ import annotations

from tests.reference import events as heard
from tests.reference.desk import MINUTE, Desk, day


def reviewed(route: str = "review") -> Desk:
    desk = Desk()
    desk.decide("t", route)
    desk.work("e", 60, "2026-09-10")
    return desk


def fair_use(desk: Desk, minutes: int, since: str, carried: int = 0) -> None:
    desk.hear(heard.Agreed("acme", "fair_use_seconds", minutes * MINUTE, day(since)))
    desk.hear(heard.Agreed("acme", "carried_months", carried, day(since)))


def test_a_verdict_charges_and_waives_what_was_judged() -> None:
    desk = reviewed()

    desk.hear(heard.Judged("e", 50 * MINUTE, 20 * MINUTE))

    assert desk.balances() == {"invoice:2026-09": 20, "review": 10, "waived": 30}


def test_a_verdict_does_not_follow_an_entry_to_another_customer() -> None:
    desk = reviewed()
    desk.customer("globex")
    desk.ticket("g", "globex", "review")
    desk.hear(heard.Judged("e", 60 * MINUTE, 60 * MINUTE))

    desk.work("e", 60, "2026-09-10", "g")
    assert desk.balances("globex") == {"review": 60}

    desk.work("e", 60, "2026-09-10")
    assert desk.balances() == {"invoice:2026-09": 60}


def test_a_verdict_does_not_follow_an_entry_to_another_ticket() -> None:
    desk = reviewed()
    desk.ticket("other", "acme", "review")
    desk.hear(heard.Judged("e", 60 * MINUTE, 60 * MINUTE))

    desk.work("e", 60, "2026-09-10", "other")

    assert desk.balances() == {"review": 60}


def test_a_verdict_holds_on_the_ticket_into_which_its_ticket_is_merged() -> None:
    desk = reviewed()
    desk.ticket("other", "acme", "review")
    desk.hear(heard.Judged("e", 60 * MINUTE, 60 * MINUTE))

    desk.hear(heard.TicketsMerged("t", "other"))

    assert desk.balances() == {"invoice:2026-09": 60}


def test_care_review_is_spent_when_nothing_waits() -> None:
    desk = Desk()
    desk.decide("t", "review")

    desk.hear(heard.ReviewFilledIn("t", "all"))
    desk.work("e", 90, "2026-09-10")

    assert desk.office.answered == [("t", "nothing waits")]
    assert desk.balances() == {"review": 90}


def test_care_review_charges_what_waits_in_the_order_of_work() -> None:
    desk = reviewed()
    desk.work("later", 60, "2026-09-11")

    desk.hear(heard.ReviewFilledIn("t", 80 * MINUTE))
    desk.work("after that", 15, "2026-09-12")

    assert desk.stands("e") == {"invoice:2026-09": 60}
    assert desk.stands("later") == {"invoice:2026-09": 20, "waived": 40}
    assert desk.stands("after that") == {"review": 15}


def test_closed_reviewed_time_is_judged_in_the_open_month() -> None:
    desk = reviewed()
    desk.close("2026-09")

    desk.hear(heard.ReviewFilledIn("t", 20 * MINUTE))
    assert desk.balances() == {"invoice:2026-10": 20, "waived": 40}

    desk.close("2026-10")
    desk.hear(heard.Judged("e", 60 * MINUTE, 15 * MINUTE))
    assert desk.balances() == {"invoice:2026-10": 20, "invoice:2026-11": -5, "waived": 45}


def test_free_minutes_come_first_and_the_rest_is_reviewed() -> None:
    desk = reviewed("fair_use")
    fair_use(desk, 45, "2026-09-01")

    assert desk.balances() == {"fair_use:2026-09": 45, "review": 15}


def test_free_minutes_that_a_correction_gives_back_have_lapsed() -> None:
    desk = reviewed("fair_use")
    fair_use(desk, 60, "2026-09-01", carried=3)
    desk.close("2026-09")

    desk.delete("e")
    desk.work("october", 90, "2026-10-05")

    assert desk.stands("october") == {"fair_use:2026-10": 60, "review": 30}


def test_carrying_begins_with_the_agreement_and_not_with_the_oldest_work() -> None:
    desk = Desk("2026-10-01 09:00")
    desk.decide("t", "fair_use")
    fair_use(desk, 20, "2026-09-01", carried=12)
    desk.work("long ago", 1, "2025-11-10")
    desk.work("october", 240, "2026-10-05")

    assert desk.stands("october") == {"fair_use:2026-10": 40, "review": 200}
    assert desk.stands("long ago") == {"review": 1}


def test_carried_minutes_are_used_the_oldest_first_and_lapse() -> None:
    desk = Desk()
    desk.decide("t", "fair_use")
    fair_use(desk, 60, "2026-09-01", carried=1)
    desk.on("2026-11-01 09:00")
    desk.work("october", 90, "2026-10-05")
    desk.work("november", 120, "2026-11-01")

    assert desk.stands("october") == {"fair_use:2026-10": 90}
    assert desk.stands("november") == {"fair_use:2026-11": 90, "review": 30}


def test_a_month_gives_the_most_that_was_agreed_in_it() -> None:
    desk = reviewed("fair_use")
    fair_use(desk, 10, "2026-01-01")
    fair_use(desk, 30, "2026-09-20")

    assert desk.balances() == {"fair_use:2026-09": 30, "review": 30}
