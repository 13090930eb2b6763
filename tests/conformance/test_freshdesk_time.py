"""Freshdesk's time entries keep the promises of every time tracker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.conformance.tracker_bed import TrackerBed
from connectors.conformance.tracker_suite import TrackerSuite
from tests.conformance.freshdesk_time_bed import FreshdeskTimeBed


class TestFreshdeskTime(TrackerSuite):
    @pytest.fixture
    def bed(self) -> Iterator[TrackerBed]:
        with FreshdeskTimeBed.open() as bed:
            yield bed
