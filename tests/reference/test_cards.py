"""Section H: cards as people sell them, and the order in which they pay (H1, H2)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.reference import events as heard
from tests.reference.desk import HOUR, Desk, day


def bought(number: int, hours: int = 50, on: str = "2026-09-01", **other: object) -> heard.CardBought:
    return heard.CardBought(number, "acme", day(on), hours * HOUR, Decimal("92.50"), **other)  # type: ignore[arg-type]


def test_the_oldest_purchase_pays_first_and_the_invoice_takes_the_rest() -> None:
    desk = Desk()
    desk.card(1, "2026-09-05")
    desk.card(2, "2026-09-03")
    desk.much_work("much", 101, "2026-09-10")

    assert desk.balances() == {"card:1": 3000, "card:2": 3000, "invoice:2026-09": 60}


def test_work_from_before_the_purchase_is_invoiced() -> None:
    desk = Desk()
    desk.card(1, "2026-09-05")
    desk.work("before", 60, "2026-09-04")

    assert desk.office.ticket_accounts("t") == {"invoice"}


def test_a_card_below_fifty_hours_needs_a_reason() -> None:
    desk = Desk()
    with pytest.raises(heard.Refused, match="H1"):
        desk.hear(bought(1, hours=49))
    desk.hear(bought(1, hours=49, reason="agreed by the director"))
    assert desk.left(1) == 49


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (bought(1, reference="F1"), bought(2, hours=60, reference="F1")),
        (bought(1), bought(2)),
        (bought(1), bought(2, hours=500)),
    ],
)
def test_what_looks_like_a_typing_error_is_asked_about(first: heard.CardBought, second: heard.CardBought) -> None:
    desk = Desk()
    desk.setting("most_card_hours", 200)
    desk.hear(first)
    with pytest.raises(heard.Refused, match="asks"):
        desk.hear(second)
    again = heard.CardBought(**{**vars(second), "again": True})
    desk.hear(again)
    assert set(desk.office.laid().left) == {1, 2}


def test_a_voided_card_is_gone_and_what_was_drawn_moves_on() -> None:
    desk = Desk()
    desk.card(1, "2026-09-01")
    desk.card(2, "2026-09-02")
    desk.work("september", 60, "2026-09-10")
    desk.close("2026-09")
    desk.work("october", 30, "2026-10-01")

    desk.hear(heard.CardVoided(1))

    assert desk.left(1) == 0
    assert desk.left(2) == 48.5
    assert desk.balances() == {"card:2": 90}


def test_a_card_sold_to_the_wrong_customer_is_moved_whole() -> None:
    desk = Desk()
    desk.card(1, "2026-09-01")
    desk.customer("globex")
    desk.ticket("g", "globex")
    desk.work("acme's", 60, "2026-09-10")
    desk.work("globex's", 30, "2026-09-10", "g")
    desk.close("2026-09")

    desk.hear(heard.CardMoved(1, "globex"))

    assert desk.left(1) == 50
    assert desk.balances() == {"invoice:2026-10": 60}
    assert desk.balances("globex") == {"invoice:2026-09": 30}


def test_a_moved_card_pays_the_open_time_of_its_new_customer() -> None:
    desk = Desk()
    desk.card(1, "2026-09-01")
    desk.customer("globex")
    desk.ticket("g", "globex")
    desk.work("acme's", 60, "2026-09-10")
    desk.work("globex's", 30, "2026-09-10", "g")

    desk.hear(heard.CardMoved(1, "globex"))

    assert desk.balances() == {"invoice:2026-09": 60}
    assert desk.balances("globex") == {"card:1": 30}


def test_a_card_corrected_below_what_closed_months_drew_moves_the_latest_on() -> None:
    desk = Desk()
    desk.card(1, "2026-09-01", hours=500)
    desk.much_work("first", 50, "2026-09-05")
    desk.work("last", 120, "2026-09-10")
    desk.close("2026-09")

    desk.hear(heard.CardCorrected(1, seconds=51 * HOUR))

    assert desk.left(1) == 0
    assert desk.stands("last") == {"card:1": 60, "invoice:2026-10": 60}


def test_no_more_is_taken_or_written_off_than_is_left() -> None:
    desk = Desk()
    desk.card(1, "2026-09-01")
    desk.much_work("much", 49, "2026-09-10")
    with pytest.raises(heard.Refused, match="not so much left"):
        desk.hear(heard.CardAdjusted(1, -2 * HOUR, day("2026-09-11")))

    desk.hear(heard.CardWrittenOff(1, day("2026-09-11")))
    assert desk.left(1) == 0
    with pytest.raises(heard.Refused, match="nothing is left"):
        desk.hear(heard.CardWrittenOff(1, day("2026-09-11")))


def test_an_overdrawn_card_is_settled_by_the_next_one() -> None:
    desk = Desk()
    desk.hear(heard.Agreed("acme", "overdraft_seconds", 5 * HOUR, day("2026-01-01")))
    desk.card(1, "2026-09-01")
    desk.much_work("much", 56, "2026-09-10")
    assert desk.left(1) == -5
    assert desk.balances() == {"card:1": 55 * 60, "invoice:2026-09": 60}
    desk.close("2026-09")

    desk.card(2, "2026-10-01")

    assert (desk.left(1), desk.left(2)) == (0, 45)
    assert desk.balances() == {"card:1": 3000, "card:2": 300, "invoice:2026-09": 60}
