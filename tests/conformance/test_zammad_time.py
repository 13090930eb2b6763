"""Zammad's time accounting keeps the promises of every time tracker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.conformance.tracker_bed import TrackerBed
from connectors.conformance.tracker_suite import TrackerSuite
from tests.conformance.zammad_time_bed import ZammadTimeBed


class TestZammadTime(TrackerSuite):
    @pytest.fixture
    def bed(self) -> Iterator[TrackerBed]:
        with ZammadTimeBed.open() as bed:
            yield bed
