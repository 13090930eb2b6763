"""What an hour of a day costs: as kept when months closed, otherwise as configured."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from care_sync.model.month import Month
from care_sync.model.prices import PriceList, Prices

AUGUST, SEPTEMBER = Month("2026-08"), Month("2026-09")
WORKED_IN_AUGUST = date(2026, 8, 20)


def price_list(kept: Mapping[Month, int | None], configured: int | None) -> PriceList:
    return PriceList({month: prices(rate) for month, rate in kept.items()}, prices(configured))


def prices(rate: int | None) -> Prices:
    return Prices({} if rate is None else {date(2026, 1, 1): Decimal(rate)}, Decimal(21))


def test_a_closed_month_keeps_its_rate() -> None:
    assert price_list({AUGUST: 100}, 125).rate_on(WORKED_IN_AUGUST) == 100


def test_late_work_of_a_month_that_closed_without_a_rate_keeps_that_of_the_month_it_was_invoiced_in() -> None:
    assert price_list({AUGUST: None, SEPTEMBER: 125}, 98).rate_on(WORKED_IN_AUGUST) == 125


def test_what_no_month_kept_is_as_configured() -> None:
    assert price_list({AUGUST: None}, 98).rate_on(WORKED_IN_AUGUST) == 98
    assert price_list({AUGUST: None}, None).rate_on(WORKED_IN_AUGUST) is None
