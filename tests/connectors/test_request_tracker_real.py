"""What only a real Request Tracker can tell: what its scrips do with what CareSync writes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.conformance.helpdesk_words import apply, note, outcomes, reply
from connectors.records import TicketChange, TicketStatus
from tests.conformance.request_tracker_bed import RequestTrackerBed
from tests.real_servers.request_tracker import RealRequestTracker

pytestmark = pytest.mark.slow

REFERENCE = "CS-00000000-0001"


@pytest.fixture
def bed(real_request_tracker: RealRequestTracker) -> Iterator[RequestTrackerBed]:
    with RequestTrackerBed.on(real_request_tracker) as bed:
        yield bed


def mail(real: RealRequestTracker) -> str:
    return "".join(file.read_text(errors="replace") for file in real.mail.glob("*.mbox"))


def test_a_note_is_mailed_to_no_customer_and_a_reply_is(
    bed: RequestTrackerBed, real_request_tracker: RealRequestTracker
) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    customer = bed.requestor("Acme")
    changes = [TicketChange(ticket_id, REFERENCE, comment=one) for one in (note("For agents."), reply("For Eva."))]

    for change in changes:
        assert outcomes(apply(bed.helpdesk(), change)) == ["applied"]

    told = mail(real_request_tracker)
    assert "For agents." not in told
    assert "For Eva." in told
    assert f"To: {customer}" in told


def test_a_reply_reopens_no_ticket_where_the_scrip_has_our_condition(bed: RequestTrackerBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.edit(ticket_id, status=TicketStatus.SOLVED)

    apply(bed.helpdesk(), TicketChange(ticket_id, REFERENCE, comment=reply("Buiten de SLA.")))
    assert bed.seen(ticket_id).status is TicketStatus.SOLVED

    bed.comment(ticket_id, reply("We are looking at it."))
    assert bed.seen(ticket_id).status is TicketStatus.OPEN


def test_the_webhook_tells_what_people_do_and_not_what_we_wrote(
    bed: RequestTrackerBed, real_request_tracker: RealRequestTracker
) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    apply(bed.helpdesk(), TicketChange(ticket_id, REFERENCE, frozenset({"sla_included"}), comment=note("Binnen.")))
    booked = bed.book(ticket_id, 25)
    real_request_tracker.receiver.call_about(ticket_id, booked)

    history = bed.ask("GET", f"/ticket/{ticket_id}/history", params={"fields": "Creator", "per_page": 100})["items"]
    ours = {int(one["id"]) for one in history if one["Creator"]["id"] == "caresync"}
    told = real_request_tracker.receiver.transactions_told(ticket_id)

    assert len(ours) == 2
    assert int(booked) in told
    assert not told & ours
