"""Which days a full pass compares: the recent ones always, the older open ones slice by slice."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from care_sync.pipeline.windows import MOST_SLICES, Days, older_slices

TODAY = date(2026, 12, 1)


def test_nothing_older_is_read_when_the_window_reaches_back_to_the_first_open_day() -> None:
    assert older_slices(TODAY, 45, None, None) == []
    assert older_slices(TODAY, 45, TODAY - timedelta(days=45), None) == []


def test_time_that_was_deleted_before_the_window_is_compared_too() -> None:
    assert older_slices(TODAY, 45, date(2026, 10, 1), None) == [Days(date(2026, 10, 1), date(2026, 10, 16))]


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(0, 300))
def test_every_open_day_before_the_window_is_compared_once_in_a_round_of_passes(length: int, age: int) -> None:
    newest = TODAY - timedelta(days=length + 1)
    oldest = newest - timedelta(days=age)
    compared: list[date] = []
    read_before: date | None = None
    while len(compared) <= age:
        slices = older_slices(TODAY, length, oldest, read_before)
        assert 0 < len(slices) <= MOST_SLICES
        for days in slices:
            if len(compared) > age:
                break
            compared += [days.first + timedelta(days=number) for number in range((days.last - days.first).days + 1)]
            read_before = days.first
    assert sorted(compared) == [oldest + timedelta(days=number) for number in range(age + 1)]
