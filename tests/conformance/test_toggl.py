"""Toggl Track keeps the promises of every time tracker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.toggl_bed import TogglBed
from tests.conformance.tracker_bed import TrackerBed
from tests.conformance.tracker_suite import TrackerSuite


class TestToggl(TrackerSuite):
    @pytest.fixture
    def bed(self) -> Iterator[TrackerBed]:
        with TogglBed.open() as bed:
            yield bed
