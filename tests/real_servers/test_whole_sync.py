"""The whole nightly sync on real servers, played as ``make demo-real`` plays it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.real_servers.redmine import RealRedmine
from tests.real_servers.request_tracker import RealRequestTracker
from tests.real_servers.whole_sync import opened, play


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_two_nights_and_the_day_between_them(
    real_request_tracker: RealRequestTracker, real_redmine: RealRedmine, tmp_path: Path
) -> None:
    told: list[str] = []

    with opened(real_request_tracker, real_redmine, tmp_path, told.append) as office:
        play(office)

    assert told[-1].strip().startswith("✓ care-sync audit")
