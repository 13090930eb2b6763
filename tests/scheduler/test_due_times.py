"""When jobs are due: at the same instants on every machine, once a day whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care_sync.scheduler import Daily, Every, budget_spacing

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NIGHTLY = Daily(time(2, 30), AMSTERDAM)
INSTANTS = st.integers(0, 6 * 366 * 86_400).map(lambda seconds: utc(2024, 1, 1) + timedelta(seconds=seconds))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def test_an_interval_is_due_at_its_whole_multiples() -> None:
    five_minutes = Every(timedelta(minutes=5))

    assert five_minutes.previous(utc(2026, 11, 2, 1, 33, 7)) == utc(2026, 11, 2, 1, 30)
    assert five_minutes.previous(utc(2026, 11, 2, 1, 30)) == utc(2026, 11, 2, 1, 30)
    assert five_minutes.next(utc(2026, 11, 2, 1, 30)) == utc(2026, 11, 2, 1, 35)


@pytest.mark.parametrize(
    ("after", "due"),
    [
        (utc(2026, 1, 10, 12), utc(2026, 1, 11, 1, 30)),  # winter: one hour ahead of UTC
        (utc(2026, 7, 10, 12), utc(2026, 7, 11, 0, 30)),  # summer: two
        (utc(2026, 3, 28, 12), utc(2026, 3, 29, 1, 30)),  # 02:30 does not exist: 03:30 summer time
        (utc(2026, 10, 24, 12), utc(2026, 10, 25, 0, 30)),  # 02:30 comes twice: the first time
        (utc(2026, 10, 25, 0, 30), utc(2026, 10, 26, 1, 30)),  # and not again an hour later
    ],
)
def test_a_local_time_is_due_once_a_day_through_both_changes_of_the_clock(after: datetime, due: datetime) -> None:
    assert NIGHTLY.next(after) == due


@given(INSTANTS)
def test_a_day_has_exactly_one_due_time(instant: datetime) -> None:
    previous, following = NIGHTLY.previous(instant), NIGHTLY.next(instant)

    assert previous <= instant < following
    assert NIGHTLY.next(previous) == following
    days = following.astimezone(AMSTERDAM).date() - previous.astimezone(AMSTERDAM).date()
    assert days == timedelta(days=1)


@given(INSTANTS, st.sampled_from([NIGHTLY, Every(timedelta(minutes=5)), Every(timedelta(hours=7))]))
def test_previous_and_next_agree(instant: datetime, due: Daily | Every) -> None:
    assert due.previous(due.next(instant)) == due.next(instant)
    assert due.previous(instant) <= instant < due.next(instant)


BASE = timedelta(minutes=5)
NOW = utc(2026, 11, 2, 1, 30)


@pytest.mark.parametrize(
    ("remaining", "resets_in", "per_run", "spacing"),
    [
        (None, None, 3, BASE),
        (1000, timedelta(hours=1), 3, BASE),
        (30, timedelta(hours=1), 3, timedelta(minutes=12)),
        (5, timedelta(hours=1), 3, timedelta(hours=1)),
        (0, timedelta(minutes=40), 3, timedelta(minutes=40)),
        (0, timedelta(0), 3, BASE),
        (30, timedelta(hours=1), 0, BASE),
    ],
)
def test_a_small_quota_stretches_the_interval_so_that_it_is_never_used_up(
    remaining: int | None, resets_in: timedelta | None, per_run: int, spacing: timedelta
) -> None:
    resets_at = None if resets_in is None else NOW + resets_in

    assert budget_spacing(BASE, remaining, resets_at, per_run, NOW) == spacing


@given(st.integers(0, 2000), st.integers(1, 20), st.integers(1, 3600))
def test_runs_until_the_reset_use_at_most_half_of_the_quota(remaining: int, per_run: int, seconds: int) -> None:
    until_reset = timedelta(seconds=seconds)
    spacing = budget_spacing(timedelta(seconds=1), remaining, NOW + until_reset, per_run, NOW)

    runs_before_reset = (until_reset - timedelta(microseconds=1)) // spacing
    assert runs_before_reset * per_run <= remaining // 2
