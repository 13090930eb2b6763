"""Request Tracker keeps the promises of every helpdesk: the sandbox's, and a real one where the machine has it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.conformance.helpdesk_bed import HelpdeskBed
from connectors.conformance.helpdesk_suite import HelpdeskSuite
from tests.conformance.request_tracker_bed import RequestTrackerBed
from tests.real_servers.request_tracker import RealRequestTracker


class TestRequestTracker(HelpdeskSuite):
    @pytest.fixture
    def bed(self) -> Iterator[HelpdeskBed]:
        with RequestTrackerBed.open() as bed:
            yield bed


@pytest.mark.slow
class TestRealRequestTracker(HelpdeskSuite):
    @pytest.fixture
    def bed(self, real_request_tracker: RealRequestTracker) -> Iterator[HelpdeskBed]:
        with RequestTrackerBed.on(real_request_tracker) as bed:
            yield bed
