"""Redmine keeps the promises of every time tracker: the sandbox's, and a real one where the machine has it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.conformance.tracker_bed import TrackerBed
from connectors.conformance.tracker_suite import TrackerSuite
from tests.conformance.redmine_bed import RedmineBed
from tests.real_servers.redmine import RealRedmine


class TestRedmine(TrackerSuite):
    @pytest.fixture
    def bed(self) -> Iterator[TrackerBed]:
        with RedmineBed.open() as bed:
            yield bed


@pytest.mark.slow
class TestRealRedmine(TrackerSuite):
    @pytest.fixture
    def bed(self, real_redmine: RealRedmine) -> TrackerBed:
        return RedmineBed.on(real_redmine)
