"""Kimai keeps the promises of every time tracker: today's release, and one from before 2.45 asked from afar."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.conformance.tracker_bed import TrackerBed
from connectors.conformance.tracker_suite import TrackerSuite
from tests.conformance.kimai_bed import KimaiBed


class TestKimai(TrackerSuite):
    @pytest.fixture
    def bed(self) -> Iterator[TrackerBed]:
        with KimaiBed.open() as bed:
            yield bed


class TestOldKimaiInAnotherZone(TrackerSuite):
    @pytest.fixture
    def bed(self) -> Iterator[TrackerBed]:
        with KimaiBed.open(version=24400, time_zone="Pacific/Honolulu") as bed:
            yield bed
