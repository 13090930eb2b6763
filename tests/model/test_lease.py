"""The back-off and the claims of everything that goes out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from care_sync.model.lease import LONGEST_WAIT, Lease, wait_after

NOW = datetime(2026, 10, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(("attempts", "minutes"), [(0, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (1000, 60)])
def test_the_wait_doubles_up_to_an_hour(attempts: int, minutes: int) -> None:
    assert wait_after(attempts) == timedelta(minutes=minutes)


def test_a_first_wait_that_is_longer_than_the_longest_stays_as_it_is() -> None:
    assert wait_after(1, first=timedelta(hours=2)) == timedelta(hours=2)
    assert wait_after(9, first=timedelta(minutes=5)) == LONGEST_WAIT


def test_no_two_claims_have_the_same_token() -> None:
    first, second = Lease.of(NOW, timedelta(minutes=5)), Lease.of(NOW, timedelta(minutes=5))
    assert first.until == second.until == NOW + timedelta(minutes=5)
    assert first.token != second.token
