"""When cards run low: each crossing once, and a forecast from what was used of late."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care_sync.ledger import cards
from care_sync.ledger.alerts import Crossing, runs_out, take_as_told, take_crossings
from care_sync.model.terms import Terms
from care_sync.store import Store, UnitOfWork
from rules.model.words import Route
from tests.ledger.book_keeping import CUSTOMER, HOUR, NOW, TODAY, buy, entry, post

LEVELS = (5 * HOUR, 0)


def look(work: UnitOfWork) -> list[Crossing]:
    return take_crossings(work, LEVELS, forecast_days=90, today=TODAY, now=NOW)


def use(work: UnitOfWork, hours: float, *, terms: Terms | None = None) -> None:
    post(work, entry("a", int(hours * HOUR), Route.HOUR_CARD), terms=terms)


def levels(found: list[Crossing]) -> list[int]:
    return [one.level for one in found]


def test_each_level_is_told_once_when_it_is_crossed(store: Store) -> None:
    with store.begin() as work:
        buy(work, 10)
        assert look(work) == []
        use(work, 4.9)
        assert look(work) == []
        use(work, 5)
        (crossing,) = look(work)
        assert (crossing.organization_id, crossing.level, crossing.left, crossing.ticket_id) == (
            CUSTOMER,
            5 * HOUR,
            5 * HOUR,
            "1",
        )
        use(work, 7)
        assert look(work) == []
        use(work, 12)
        assert levels(look(work)) == [0]
        assert look(work) == []


def test_of_several_levels_crossed_at_once_the_lowest_is_told(store: Store) -> None:
    with store.begin() as work:
        buy(work, 10)
        use(work, 12)
        assert levels(look(work)) == [0]
        assert look(work) == []


def test_a_correction_of_minutes_is_no_new_crossing_and_a_new_card_is(store: Store) -> None:
    with store.begin() as work:
        buy(work, 10)
        use(work, 5)
        assert levels(look(work)) == [5 * HOUR]
        use(work, 4.5)
        assert look(work) == []
        use(work, 5.5)
        assert look(work) == []
        buy(work, 50)
        assert look(work) == []
        use(work, 56)
        assert levels(look(work)) == [5 * HOUR]


def test_all_cards_together_count_and_the_one_that_is_used_is_named(store: Store) -> None:
    with store.begin() as work:
        buy(work, 3, date(2026, 8, 1))
        second = buy(work, 8)
        use(work, 4)
        assert look(work) == []
        use(work, 7)
        (crossing,) = look(work)
        assert crossing.running_low.card.card_id == second


def test_an_overdrawn_card_is_told_as_empty(store: Store) -> None:
    with store.begin() as work:
        buy(work, 1)
        use(work, 2, terms=Terms(overdraft_seconds=None))
        (crossing,) = look(work)
        assert (crossing.level, crossing.left, crossing.running_low.left) == (0, -HOUR, -HOUR)


def test_customers_without_cards_are_not_told_of(store: Store) -> None:
    with store.begin() as work:
        use(work, 2)
        assert look(work) == []


def test_what_was_low_when_it_was_taken_over_is_no_news(store: Store) -> None:
    with store.begin() as work:
        buy(work, 4)
        take_as_told(work, [CUSTOMER], LEVELS, NOW)
        assert look(work) == []
        use(work, 5)
        assert levels(look(work)) == [0]


def test_a_level_that_is_configured_later_is_told_where_it_is_crossed_already(store: Store) -> None:
    with store.begin() as work:
        buy(work, 10)
        use(work, 4)
        assert look(work) == []
        assert levels(take_crossings(work, (8 * HOUR,), forecast_days=90, today=TODAY, now=NOW)) == [8 * HOUR]


def test_cards_run_out_at_the_pace_of_late(store: Store) -> None:
    with store.begin() as work:
        buy(work, 10)
        post(
            work,
            entry("a", 4 * HOUR, Route.HOUR_CARD, TODAY - timedelta(days=80)),
            entry("b", 5 * HOUR, Route.HOUR_CARD, TODAY),
            entry("c", 99 * HOUR, Route.SLA, TODAY),
            entry("long ago", HOUR, Route.INVOICE, date(2025, 1, 1)),
        )
        (crossing,) = look(work)
        # one hour is left; nine went in ninety days, which is one in ten days
        assert (crossing.left, crossing.runs_out_on) == (HOUR + 4 * HOUR, TODAY + timedelta(days=50))


@given(st.integers(-10, 10**6), st.integers(-10, 10**6), st.integers(0, 400))
def test_a_forecast_lies_ahead_or_is_not_made(left: int, used: int, days: int) -> None:
    found = runs_out(left, used, days, TODAY)
    if left <= 0 or used <= 0 or days == 0:
        assert found is None
    elif found is not None:
        ahead = (found - TODAY).days
        assert (ahead - 1) * used < left * days <= ahead * used


def test_a_forecast_of_years_is_not_made() -> None:
    assert runs_out(100 * HOUR, 60, 90, TODAY) is None


@pytest.mark.parametrize("seconds", [HOUR, -HOUR])
def test_what_a_person_changes_on_a_card_counts(store: Store, seconds: int) -> None:
    with store.begin() as work:
        card = cards.buy(
            work, CUSTOMER, hours=Decimal("5.5"), rate=Decimal(1), bought_on=date(2026, 9, 1), reference="", now=NOW,
            override_reason="small",
        )  # fmt: skip
        cards.adjust(work, card.card_id, seconds=seconds, day=TODAY, now=NOW, actor="anna", reason="x")
        assert levels(look(work)) == ([] if seconds > 0 else [5 * HOUR])
