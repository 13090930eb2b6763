"""Toggl Track keeps the promises of every time tracker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.conformance.tracker_bed import TrackerBed
from connectors.conformance.tracker_suite import TrackerSuite
from tests.conformance.toggl_bed import TogglBed


class TestToggl(TrackerSuite):
    @pytest.fixture
    def bed(self) -> Iterator[TrackerBed]:
        with TogglBed.open() as bed:
            yield bed
