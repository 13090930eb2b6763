"""Request Tracker's time keeps the promises of every time tracker: the sandbox's, and a real one where there is one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.conformance.tracker_bed import TrackerBed
from connectors.conformance.tracker_suite import TrackerSuite
from tests.conformance.request_tracker_time_bed import RequestTrackerTimeBed
from tests.real_servers.request_tracker import RealRequestTracker


class TestRequestTrackerTime(TrackerSuite):
    @pytest.fixture
    def bed(self) -> Iterator[TrackerBed]:
        with RequestTrackerTimeBed.open() as bed:
            yield bed


@pytest.mark.slow
class TestRealRequestTrackerTime(TrackerSuite):
    @pytest.fixture
    def bed(self, real_request_tracker: RealRequestTracker) -> Iterator[TrackerBed]:
        with RequestTrackerTimeBed.on(real_request_tracker) as bed:
            yield bed
