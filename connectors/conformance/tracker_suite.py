"""What every time tracker's connector must do: one suite, run unchanged for each product.

A product's test module gives a :class:`connectors.conformance.tracker_bed.TrackerBed` (people who work in the
product or its sandbox, and a connector that reads it) as the fixture ``bed`` and derives from
:class:`TrackerSuite`::

    class TestToggl(TrackerSuite):
        @pytest.fixture
        def bed(self) -> Iterator[TrackerBed]: ...

How to write a bed stands in ``docs/writing-a-connector.md``.
"""

from __future__ import annotations

from abc import abstractmethod

import pytest

from connectors.conformance.tracker_bed import TrackerBed
from connectors.conformance.tracker_changes import ChangePromises
from connectors.conformance.tracker_failures import FailurePromises
from connectors.conformance.tracker_window import WindowPromises


class TrackerSuite(WindowPromises, ChangePromises, FailurePromises):
    """The promises of :class:`connectors.protocols.TimeTracker`."""

    @pytest.fixture
    @abstractmethod
    def bed(self) -> TrackerBed:
        """The product under test."""
