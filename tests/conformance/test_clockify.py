"""Clockify keeps the promises of every time tracker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.clockify_bed import ClockifyBed
from tests.conformance.tracker_bed import TrackerBed
from tests.conformance.tracker_suite import TrackerSuite


class TestClockify(TrackerSuite):
    @pytest.fixture
    def bed(self) -> Iterator[TrackerBed]:
        with ClockifyBed.open() as bed:
            yield bed
