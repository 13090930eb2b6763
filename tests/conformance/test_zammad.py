"""Zammad keeps the promises of every helpdesk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.conformance.helpdesk_bed import HelpdeskBed
from connectors.conformance.helpdesk_suite import HelpdeskSuite
from tests.conformance.zammad_bed import ZammadBed


class TestZammad(HelpdeskSuite):
    @pytest.fixture
    def bed(self) -> Iterator[HelpdeskBed]:
        with ZammadBed.open() as bed:
            yield bed
