"""Zendesk's Time Tracking app keeps the promises of every time tracker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.conformance.tracker_bed import TrackerBed
from connectors.conformance.tracker_suite import TrackerSuite
from tests.conformance.zendesk_time_bed import ZendeskTimeBed


class TestZendeskTime(TrackerSuite):
    @pytest.fixture
    def bed(self) -> Iterator[TrackerBed]:
        with ZendeskTimeBed.open() as bed:
            yield bed


class TestZendeskTimeByOauth(TrackerSuite):
    @pytest.fixture
    def bed(self) -> Iterator[TrackerBed]:
        with ZendeskTimeBed.open() as bed:
            bed.come_in_by_oauth()
            yield bed
