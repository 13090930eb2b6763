"""Zendesk Support keeps the promises of every helpdesk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.conformance.helpdesk_bed import HelpdeskBed
from connectors.conformance.helpdesk_suite import HelpdeskSuite
from tests.conformance.zendesk_bed import ZendeskBed


class TestZendesk(HelpdeskSuite):
    @pytest.fixture
    def bed(self) -> Iterator[HelpdeskBed]:
        with ZendeskBed.open() as bed:
            yield bed


class TestZendeskByOauth(HelpdeskSuite):
    @pytest.fixture
    def bed(self) -> Iterator[HelpdeskBed]:
        with ZendeskBed.open() as bed:
            bed.come_in_by_oauth()
            yield bed
