"""What a person may do to a card: buy it, adjust it, write it off."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from care_sync.errors import UserError
from care_sync.ledger import cards
from care_sync.model.mark import DirtyKind
from care_sync.store import Store
from rules.model.words import Route
from tests.ledger.book_keeping import HOUR, NOW, TODAY, buy, entry, left, post, standing


def test_a_person_adjusts_with_a_reason_and_never_below_zero(store: Store) -> None:
    with store.begin() as work:
        card = buy(work, 50)
        cards.adjust(work, card, seconds=-HOUR, day=TODAY, now=NOW, actor="anna", reason=" agreed ")
        assert left(work) == {card: 49 * HOUR}
        (_, adjustment) = work.ledger.of_organization("5")
        assert (adjustment.kind, adjustment.actor, adjustment.reason) == ("adjustment", "anna", "agreed")
        for seconds, reason, said in (
            (-50 * HOUR, "x", "49:00 hours left; 50:00 cannot"),
            (60, " ", "reason"),
            (0, "x", "nothing"),
        ):
            with pytest.raises(UserError, match=said):
                cards.adjust(work, card, seconds=seconds, day=TODAY, now=NOW, actor="anna", reason=reason)
        with pytest.raises(UserError, match="no card 99"):
            cards.adjust(work, 99, seconds=60, day=TODAY, now=NOW, actor="anna", reason="x")
        assert left(work) == {card: 49 * HOUR}


@pytest.mark.parametrize(("seconds", "after"), [(None, 0), (HOUR, 48 * HOUR)])
def test_what_is_left_is_written_off_in_part_or_whole(store: Store, seconds: int | None, after: int) -> None:
    with store.begin() as work:
        card = buy(work, 50)
        post(work, entry("a", HOUR, Route.HOUR_CARD))
        cards.write_off(work, card, seconds=seconds, day=TODAY, now=NOW, actor="anna", reason="paid back")
        assert left(work) == {card: after}
        if after == 0:
            with pytest.raises(UserError, match="nothing to write off"):
                cards.write_off(work, card, seconds=None, day=TODAY, now=NOW, actor="anna", reason="again")


@pytest.mark.parametrize("seconds", [-60, 0])
def test_a_write_off_takes_away_and_never_adds(store: Store, seconds: int) -> None:
    with store.begin() as work:
        card = buy(work, 50)
        with pytest.raises(UserError, match="nothing to write off"):
            cards.write_off(work, card, seconds=seconds, day=TODAY, now=NOW, actor="anna", reason="x")


def test_hours_that_come_on_a_card_take_time_off_the_invoice_at_the_next_pass(store: Store) -> None:
    worked = entry("a", 2 * HOUR, Route.HOUR_CARD)
    with store.begin() as work:
        card = buy(work, 1)
        post(work, worked)
        assert standing(work)["invoice:2026-10"] == HOUR
        work.dirty.clear(DirtyKind.ORGANIZATION, work.dirty.take(DirtyKind.ORGANIZATION))
        cards.adjust(work, card, seconds=HOUR, day=TODAY, now=NOW, actor="anna", reason="goodwill")
        assert list(work.dirty.take(DirtyKind.ORGANIZATION)) == ["5"]
        post(work, worked)
        assert standing(work) == {}


@pytest.mark.parametrize(
    ("hours", "rate", "told"),
    [("0", "1", "cannot be bought"), ("-1", "1", "cannot be bought"), ("50", "0", "not an hourly rate")],
)
def test_a_card_of_nothing_is_not_sold(store: Store, hours: str, rate: str, told: str) -> None:
    with store.begin() as work:
        with pytest.raises(UserError, match=told):
            cards.buy(
                work, "5", hours=Decimal(hours), rate=Decimal(rate), bought_on=date(2026, 1, 1), reference="",
                now=NOW, override_reason="x",
            )  # fmt: skip
        assert work.cards.all() == []


def test_less_than_a_second_is_no_card(store: Store) -> None:
    with store.begin() as work, pytest.raises(UserError, match="not even a second"):
        cards.buy(
            work, "5", hours=Decimal("0.0001"), rate=Decimal(1), bought_on=date(2026, 1, 1), reference="", now=NOW,
            override_reason="x",
        )  # fmt: skip
