"""Request Tracker keeps the promises of every helpdesk: the sandbox's, and a real one where the machine has it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.conformance.helpdesk_bed import HelpdeskBed
from connectors.conformance.helpdesk_suite import HelpdeskSuite
from tests.conformance.request_tracker_bed import RequestTrackerBed
from tests.real_servers.between import Between
from tests.real_servers.request_tracker import RealRequestTracker


class TestRequestTracker(HelpdeskSuite):
    @pytest.fixture
    def bed(self) -> Iterator[HelpdeskBed]:
        with RequestTrackerBed.open() as bed:
            yield bed


@pytest.mark.slow
class TestRealRequestTracker(HelpdeskSuite):
    @pytest.fixture
    def bed(self, real_request_tracker: RealRequestTracker) -> Iterator[HelpdeskBed]:
        with RequestTrackerBed.on(real_request_tracker) as bed:
            yield bed


@pytest.mark.slow
class TestRealRequestTrackerOnABadLine:
    """What the real one makes of writes whose answer is lost, and of agents who come between."""

    @pytest.fixture
    def bed(self, real_request_tracker: RealRequestTracker) -> Iterator[HelpdeskBed]:
        with (
            Between(real_request_tracker.url) as between,
            RequestTrackerBed.on(real_request_tracker, between=between) as bed,
        ):
            yield bed

    test_lost_after = HelpdeskSuite.test_a_write_whose_answer_was_lost_is_uncertain_and_found
    test_lost_before = HelpdeskSuite.test_a_write_that_was_lost_on_its_way_is_uncertain_and_may_be_sent_again
    test_unreadable = HelpdeskSuite.test_an_answer_that_cannot_be_read_tells_no_success
    test_refused = HelpdeskSuite.test_what_certainly_did_not_happen_may_be_tried_again
    test_agents = HelpdeskSuite.test_what_an_agent_does_while_we_write_stays
