"""Hours as people write them."""

from __future__ import annotations

import pytest

from care_sync.model.duration import clock, rounded_clock


@pytest.mark.parametrize(
    ("seconds", "exact", "rounded"),
    [
        (0, "0:00", "0:00"),
        (5400, "1:30", "1:30"),
        (5430, "1:30:30", "1:31"),
        (5429, "1:30:29", "1:30"),
        (-5400, "-1:30", "-1:30"),
        (-29, "-0:00:29", "0:00"),
        (360_000, "100:00", "100:00"),
    ],
)
def test_hours_are_written_with_minutes_and_seconds_only_where_there_are_any(
    seconds: int, exact: str, rounded: str
) -> None:
    assert clock(seconds) == exact
    assert rounded_clock(seconds) == rounded
