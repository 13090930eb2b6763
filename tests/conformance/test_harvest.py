"""Harvest keeps the promises of every time tracker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.harvest_bed import HarvestBed
from tests.conformance.tracker_bed import TrackerBed
from tests.conformance.tracker_suite import TrackerSuite


class TestHarvest(TrackerSuite):
    @pytest.fixture
    def bed(self) -> Iterator[TrackerBed]:
        with HarvestBed.open() as bed:
            yield bed
