"""Months: their text form, their days, and counting with them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care_sync.model.month import Month

days = st.dates(date(1990, 1, 1), date(2200, 12, 31))


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-00", "2026", "", "202610", "oktober", "2026-1", "٢٠٢٦-10", "2026-10 "]
)
def test_a_text_that_is_no_month_cannot_become_one(text: str) -> None:
    assert not Month.is_valid(text)
    with pytest.raises(ValueError, match="is not a month; write it as yyyy-mm"):
        Month(text)


def test_a_month_is_its_text() -> None:
    assert Month("2026-10") == "2026-10"
    assert f"{Month('2026-10')}" == "2026-10"
    assert sorted([Month("2026-10"), Month("2025-12"), Month("2026-09")]) == ["2025-12", "2026-09", "2026-10"]


@given(days)
def test_every_day_lies_between_the_first_and_the_last_of_its_month(day: date) -> None:
    month = Month.of(day)
    assert (month.year, month.number) == (day.year, day.month)
    assert month.first_day <= day <= month.last_day
    assert Month.of(month.first_day - timedelta(days=1)) == month.previous
    assert Month.of(month.last_day + timedelta(days=1)) == month.next


@given(days, st.integers(-500, 500))
def test_months_are_counted_there_and_back(day: date, distance: int) -> None:
    month = Month.of(day)
    assert month.plus(distance).plus(-distance) == month
    assert month.plus(distance).months_since(month) == distance


def test_the_last_day_of_february_knows_leap_years() -> None:
    assert Month("2024-02").last_day == date(2024, 2, 29)
    assert Month("2026-02").last_day == date(2026, 2, 28)
