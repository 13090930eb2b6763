"""What agreements allow: unused free minutes that are carried, and cards that are overdrawn and settled."""

from __future__ import annotations

from datetime import date

import pytest

from care_sync.ledger import audit
from care_sync.model.month import Month
from care_sync.model.terms import FairUse, Terms
from care_sync.store import Store
from rules.model.words import Route
from tests.ledger.book_keeping import CUSTOMER, HOUR, TODAY, buy, close, entry, left, post, standing

OCTOBER = date(2026, 10, 5)


AUGUST = Month("2026-08")


def carried(months: int, first: Month | None = AUGUST) -> Terms:
    return Terms(allowance=lambda _: 60, carried_months=months, first_month=first)


@pytest.mark.parametrize(
    ("terms", "used", "left_in_november"),
    [
        (carried(0), {}, 60),
        (carried(1), {}, 120),
        (carried(2), {}, 180),
        (carried(9), {}, 240),
        (carried(9, first=None), {}, 60),
        (carried(9, first=Month("2026-12")), {}, 60),
        (carried(1), {Month("2026-10"): 20}, 120),
        (carried(1), {Month("2026-09"): 120, Month("2026-10"): 20}, 100),
        (carried(2), {Month("2026-10"): 90}, 60 + 60 + 30),
        (carried(2), {Month("2026-11"): 50}, 130),
        (carried(1), {Month("2026-10"): 500}, 60),
    ],
)
def test_k1_unused_minutes_are_carried_the_oldest_used_first(
    terms: Terms, used: dict[str, int], left_in_november: int
) -> None:
    assert FairUse(terms, used).left(Month("2026-11")) == left_in_november


def test_k1_what_was_not_used_last_month_absorbs_this_month(store: Store) -> None:
    terms = carried(1, first=Month("2026-10"))
    with store.begin() as work:
        post(work, entry("a", 40, Route.FAIR_USE), entry("b", 90, Route.FAIR_USE, TODAY), terms=terms)
        assert standing(work) == {"fair_use:2026-10": 40, "fair_use:2026-11": 80, "review": 10}


# --- overdraft ---------------------------------------------------------------------------------------------------


def test_a_card_is_overdrawn_up_to_its_limit_and_the_rest_goes_to_the_invoice(store: Store) -> None:
    terms = Terms(overdraft_seconds=HOUR)
    with store.begin() as work:
        card = buy(work, 1)
        post(work, entry("a", 3 * HOUR, Route.HOUR_CARD), terms=terms)
        assert left(work) == {card: -HOUR}
        assert standing(work)["invoice:2026-10"] == HOUR
        assert list(audit.verify(work, overdraft_seconds=HOUR)) == []
        assert [one.subject for one in audit.verify(work)] == [f"{CUSTOMER} card:{card}"]


def test_without_a_card_nothing_is_overdrawn(store: Store) -> None:
    with store.begin() as work:
        post(work, entry("a", HOUR, Route.HOUR_CARD), terms=Terms(overdraft_seconds=None))
        assert standing(work) == {"invoice:2026-10": HOUR}


def test_the_newest_card_is_overdrawn(store: Store) -> None:
    with store.begin() as work:
        older, newer = buy(work, 1, date(2026, 8, 1)), buy(work, 1)
        post(work, entry("a", 3 * HOUR, Route.HOUR_CARD), terms=Terms(overdraft_seconds=None))
        assert left(work) == {older: 0, newer: -HOUR}


def test_a_card_bought_later_settles_what_is_overdrawn_in_open_months(store: Store) -> None:
    terms = Terms(overdraft_seconds=None)
    worked = entry("a", 3 * HOUR, Route.HOUR_CARD)
    with store.begin() as work:
        first = buy(work, 1)
        post(work, worked, terms=terms)
        second = buy(work, 50, TODAY)
        post(work, worked, terms=terms)
        assert left(work) == {first: 0, second: 48 * HOUR}
        assert post(work, worked, terms=terms).transactions == []


def test_a_card_bought_later_settles_what_closed_months_have_overdrawn(store: Store) -> None:
    terms = Terms(overdraft_seconds=None)
    worked = entry("a", 3 * HOUR, Route.HOUR_CARD)
    with store.begin() as work:
        first = buy(work, 1)
        close(work, Month("2026-10"), worked, terms=terms)
        second = buy(work, 50, TODAY)
        post(work, worked, terms=terms)
        assert left(work) == {first: 0, second: 48 * HOUR}
        (settlement,) = [one for one in work.ledger.of_organization(CUSTOMER) if one.kind == "settlement"]
        assert (settlement.period, settlement.work_date) == (Month("2026-11"), TODAY)
        assert post(work, worked, terms=terms).transactions == []

        post(work, gone=("a",), terms=terms)
        assert left(work) == {first: HOUR, second: 50 * HOUR}
        assert list(audit.verify(work)) == []


def test_work_from_before_a_card_stays_on_the_invoice_where_nothing_was_overdrawn(store: Store) -> None:
    terms = Terms(overdraft_seconds=HOUR)
    worked = entry("a", 3 * HOUR, Route.HOUR_CARD)
    with store.begin() as work:
        first = buy(work, 1)
        second = buy(work, 50, TODAY)
        post(work, worked, terms=terms)
        assert left(work) == {first: 0, second: 49 * HOUR}
        assert standing(work)["invoice:2026-10"] == HOUR
