"""What every helpdesk's connector must do: one suite, run unchanged for each product.

A product's test module gives a :class:`connectors.conformance.helpdesk_bed.HelpdeskBed` (people who work in the
product or its sandbox, and connectors that read and write it) as the fixture ``bed`` and derives from
:class:`HelpdeskSuite`::

    class TestZendesk(HelpdeskSuite):
        @pytest.fixture
        def bed(self) -> Iterator[HelpdeskBed]: ...

How to write a bed stands in :mod:`connectors.conformance.helpdesk_bed`.
"""

from __future__ import annotations

from abc import abstractmethod

import pytest

from connectors.conformance.helpdesk_bed import HelpdeskBed
from connectors.conformance.helpdesk_certainty import CertaintyPromises
from connectors.conformance.helpdesk_changes import ChangePromises
from connectors.conformance.helpdesk_failures import FailurePromises
from connectors.conformance.helpdesk_reading import ReadingPromises
from connectors.conformance.helpdesk_writing import WritingPromises


class HelpdeskSuite(ReadingPromises, ChangePromises, WritingPromises, CertaintyPromises, FailurePromises):
    """The promises of :class:`connectors.protocols.Helpdesk`."""

    @pytest.fixture
    @abstractmethod
    def bed(self) -> HelpdeskBed:
        """The product under test."""
