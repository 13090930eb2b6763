"""Section I: a ticket shows where its time stands, and a customer is told because the state asks for it (I4)."""

from __future__ import annotations

from tests.reference.desk import Desk


def undetermined() -> Desk:
    desk = Desk()
    desk.decide("t", "pending")
    desk.work("e", 60, "2026-09-01")
    desk.poll()
    return desk


def test_time_that_a_card_paid_in_a_closed_month_shows_as_a_cards() -> None:
    desk = Desk()
    desk.card(1, "2026-09-01")
    desk.much_work("all of it", 50, "2026-09-10")
    desk.close("2026-09")
    desk.work("more", 60, "2026-10-01")

    assert desk.office.ticket_accounts("t") == {"card", "invoice"}


def test_a_customer_is_told_although_no_poll_saw_the_ticket_undetermined() -> None:
    desk = Desk()
    desk.decide("t", "hour_card", tell=True)
    desk.later(15)
    desk.poll()
    desk.poll()

    assert desk.office.told.sent == [("t", "outside")]


def test_nobody_is_told_of_a_misclick_that_is_mended_in_time() -> None:
    desk = undetermined()
    desk.decide("t", "hour_card", tell=True)
    desk.later(10)
    desk.poll()
    desk.decide("t", "sla")
    desk.later(60)
    desk.poll()

    assert desk.office.told.sent == []


def test_without_replies_the_telling_is_attention_and_is_not_lost() -> None:
    desk = undetermined()
    desk.setting("replies", False)
    desk.decide("t", "hour_card", tell=True)
    desk.later(15)
    desk.poll()
    assert desk.office.told.sent == []
    assert desk.office.to_be_told() == {("t", "outside")}

    desk.setting("replies", True)
    desk.poll()

    assert desk.office.told.sent == [("t", "outside")]


def test_a_customer_is_told_of_time_charged_undetermined_and_of_its_credit() -> None:
    desk = undetermined()
    desk.close("2026-09")
    desk.poll()
    assert desk.office.told.sent == [("t", "charged 2026-09")]

    desk.decide("t", "sla")
    desk.later(15)
    desk.poll()

    assert desk.office.told.sent == [("t", "charged 2026-09"), ("t", "credited")]
