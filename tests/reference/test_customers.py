"""Section A: a customer is not its name."""

from __future__ import annotations

from tests.reference import events as heard
from tests.reference.desk import Desk


def merged() -> Desk:
    """A customer with a card of 50 h and 60 min in closed September, merged into another in October."""
    desk = Desk()
    desk.card(1, "2026-09-01")
    desk.work("september", 60, "2026-09-10")
    desk.close("2026-09")
    desk.work("october", 30, "2026-10-02")
    desk.customer("acme bv")
    desk.ticket("new", "acme bv")
    desk.work("other", 45, "2026-10-03", "new")
    desk.hear(heard.OrganizationsMerged("acme", "acme bv"))
    return desk


def test_a_renamed_customer_keeps_everything() -> None:
    desk = Desk()
    desk.work("september", 600, "2026-09-10")
    desk.close("2026-09")
    desk.work("october", 30, "2026-10-02")
    before = desk.balances()

    desk.hear(heard.CustomerRenamed("acme", "Acme B.V."))
    desk.night("2026-10-03")

    assert desk.balances() == before == {"invoice:2026-09": 600, "invoice:2026-10": 30}
    assert desk.office.attention() == set()


def test_a_merged_customer_waits_for_the_operators_word() -> None:
    desk = merged()

    assert desk.balances("acme") == {"card:1": 90}
    assert desk.balances("acme bv") == {"invoice:2026-10": 45}
    assert desk.left(1) == 48.5
    assert desk.office.attention() == {("deleted customer with a card", "acme")}


def test_open_time_and_cards_follow_the_merge_and_closed_months_stay() -> None:
    desk = merged()

    desk.hear(heard.CustomersMerged("acme", "acme bv"))

    assert desk.balances("acme") == {"card:1": 60}
    assert desk.balances("acme bv") == {"card:1": 75}
    assert desk.left(1) == 47.75
    assert desk.office.attention() == set()


def test_a_merge_can_be_taken_back() -> None:
    desk = merged()
    before = desk.balances("acme"), desk.balances("acme bv"), desk.left(1)

    desk.hear(heard.CustomersMerged("acme", "acme bv"))
    desk.hear(heard.CustomersMergeReversed("acme"))

    assert (desk.balances("acme"), desk.balances("acme bv"), desk.left(1)) == before


def test_what_closed_for_the_old_customer_is_corrected_at_the_new_one() -> None:
    desk = merged()
    desk.hear(heard.CustomersMerged("acme", "acme bv"))

    desk.work("september", 40, "2026-09-10")

    assert desk.balances("acme") == {"card:1": 60}
    assert desk.balances("acme bv") == {"card:1": 55}


def test_time_that_an_agent_moves_to_another_customer_is_corrected() -> None:
    desk = Desk()
    desk.card(1, "2026-09-01")
    desk.work("september", 60, "2026-09-10")
    desk.close("2026-09")
    desk.customer("globex")
    desk.ticket("g", "globex")

    desk.work("september", 60, "2026-09-10", "g")

    assert desk.left(1) == 50
    assert desk.balances("globex") == {"invoice:2026-10": 60}


def closed_hour_and_open_half_hour() -> Desk:
    desk = Desk()
    desk.work("september", 60, "2026-09-10")
    desk.close("2026-09")
    desk.work("october", 30, "2026-10-02")
    return desk


def test_closed_time_whose_ticket_loses_its_customer_stays() -> None:
    desk = closed_hour_and_open_half_hour()

    desk.hear(heard.TicketPlaced("t", None))

    assert desk.balances() == {"invoice:2026-09": 60}
    assert desk.office.attention() == {("closed time stays", "september")}


def test_closed_time_that_is_unlinked_ignored_or_a_copy_stays() -> None:
    for change in ({"ticket": None}, {"standing": "ignored"}, {"standing": "copy"}):
        desk = closed_hour_and_open_half_hour()

        desk.work("september", 60, "2026-09-10", **change)

        assert desk.balances() == {"invoice:2026-09": 60, "invoice:2026-10": 30}
        assert desk.office.attention() == {("closed time stays", "september")}


def test_closed_time_that_moves_to_a_deleted_customer_stays() -> None:
    desk = closed_hour_and_open_half_hour()
    desk.customer("gone")
    desk.hear(heard.CustomerDeleted("gone"))
    desk.hear(heard.TicketPlaced("gone ticket", "gone"))

    desk.work("september", 60, "2026-09-10", "gone ticket")

    assert desk.balances()["invoice:2026-09"] == 60
    assert desk.balances("gone") == {}
    assert desk.office.attention() == {("closed time stays", "september")}
