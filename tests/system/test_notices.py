"""What a customer is told (I4): when it must be, once, and nothing that is not so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from care_sync.pipeline.ingest import ingest_tickets
from care_sync.pipeline.run import PassKind
from tests.system.office import HOUR, INCIDENT, Office

OUTSIDE, INSIDE, UNKNOWN = {"cause": "third_party"}, {"cause": "care"}, {"cause": None}


def set_and_sync(office: Office, ticket: str, **facts: str | None) -> None:
    """Somebody fills in facts and leaves the ticket alone, until its customer may be told."""
    office.set_facts(ticket, **facts)
    office.quiet()
    office.sync(PassKind.POLL)


def end_of_month(office: Office, period: str) -> None:
    office.clock.advance(timedelta(days=31))
    office.close_month(period)
    office.sync()


def test_who_asked_for_a_change_is_not_told_that_an_incident_turned_out_to_be_outside(office: Office) -> None:
    ticket = office.file_ticket()
    office.work(ticket, 30)
    office.sync()
    assert "sla_undetermined" in office.ours(ticket)
    set_and_sync(office, ticket, kind="change", expected_minutes="30", clear="yes", quote="none", estimate="none")
    assert "sla_not_included" in office.ours(ticket)
    assert office.replies(ticket) == []


def test_only_what_is_charged_is_told_to_be_charged(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT)
    office.work(ticket, 60)
    office.work(ticket, 30, "administration")
    office.sync()
    set_and_sync(office, ticket, **OUTSIDE)
    assert office.balances() == {"invoice:2026-10": HOUR, "sla": 30 * 60}
    (reply,) = office.replies(ticket)
    assert "1:00 uur" in reply
    assert "1:30" not in reply
    assert "0:30" not in reply


def test_an_incident_that_was_inside_and_turns_out_to_be_outside_is_told(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT, **INSIDE)
    office.work(ticket, 60)
    office.sync()
    set_and_sync(office, ticket, **OUTSIDE)
    assert len(office.replies(ticket)) == 1


def test_each_turn_that_changes_what_the_customer_believes_is_told_once(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT)
    office.work(ticket, 60)
    office.sync()
    told = []
    for facts in (OUTSIDE, UNKNOWN, OUTSIDE, INSIDE, INSIDE, UNKNOWN, INSIDE, OUTSIDE, INSIDE):
        set_and_sync(office, ticket, **facts)
        told.append(len(office.replies(ticket)))
    assert told == [1, 1, 1, 2, 2, 2, 2, 3, 4]
    assert "krijg je terug" in office.replies(ticket)[1]
    assert "buiten het SLA" in office.replies(ticket)[2]


def test_what_each_closing_charges_while_undetermined_is_told(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT)
    office.work(ticket, 60)
    office.sync()
    end_of_month(office, "2026-10")
    assert "oktober 2026" in office.replies(ticket)[-1]
    office.work(ticket, 30)
    office.sync()
    end_of_month(office, "2026-11")
    assert len(office.replies(ticket)) == 2
    assert "november 2026" in office.replies(ticket)[-1]
    assert "0:30" in office.replies(ticket)[-1]
    assert "1:30" not in office.replies(ticket)[-1]


def test_two_months_that_close_between_two_passes_are_both_told(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT)
    office.work(ticket, 60)
    office.sync()
    office.clock.advance(timedelta(days=31))
    office.work(ticket, 30)
    office.sync()
    office.clock.advance(timedelta(days=31))
    office.close_month("2026-10")
    office.close_month("2026-11")
    office.sync()
    assert ["oktober" in one or "november" in one for one in office.replies(ticket)] == [True, True]


def test_who_was_charged_while_undetermined_is_told_when_it_is_certain(office: Office) -> None:
    """What was held in the open month is charged with it, and the customer does not know yet."""
    ticket = office.file_ticket(**INCIDENT)
    office.work(ticket, 60)
    office.sync()
    end_of_month(office, "2026-10")
    office.work(ticket, 30)
    office.sync()
    assert office.balances() == {"invoice:2026-10": HOUR, "pending": 30 * 60}
    set_and_sync(office, ticket, **OUTSIDE)
    assert office.balances() == {"invoice:2026-10": HOUR, "invoice:2026-11": 30 * 60}
    assert len(office.replies(ticket)) == 2
    assert "1:30" in office.replies(ticket)[-1]


def test_the_credit_tells_what_had_been_charged_and_no_more(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT)
    office.work(ticket, 60)
    office.sync()
    end_of_month(office, "2026-10")
    office.work(ticket, 30)
    office.sync()
    set_and_sync(office, ticket, **INSIDE)
    assert office.balances() == {"invoice:2026-10": HOUR, "invoice:2026-11": -HOUR, "sla": 90 * 60}
    assert "1:00 uur die we eerder over oktober 2026" in office.replies(ticket)[-1]


def test_a_credit_of_nothing_promises_nothing(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT)
    office.sync()
    set_and_sync(office, ticket, **OUTSIDE)
    set_and_sync(office, ticket, **INSIDE)
    assert "0:00" not in office.replies(ticket)[-1]
    assert "krijg je terug" not in office.replies(ticket)[-1]


def test_a_change_whose_length_is_unknown_is_not_called_an_undetermined_incident(office: Office) -> None:
    ticket = office.file_ticket(kind="change")
    office.work(ticket, 60)
    office.sync()
    assert office.balances() == {"pending": HOUR}
    end_of_month(office, "2026-10")
    assert office.balances() == {"invoice:2026-10": HOUR}
    assert office.replies(ticket) == []


@pytest.mark.parametrize("facts", [OUTSIDE, UNKNOWN])
def test_a_customer_whose_ticket_is_closed_is_told_by_a_person(office: Office, facts: dict[str, str | None]) -> None:
    ticket = office.file_ticket(**INCIDENT)
    office.work(ticket, 60)
    office.sync()
    office.set_facts(ticket, **facts)
    office.account.close(int(ticket))
    office.sync()
    end_of_month(office, "2026-10")
    office.sync()
    with office.application.store.read() as work:
        listed = [one.subject for one in work.attention.all("customer_not_told")]
    assert listed == [f"{ticket}:turned_outside" if facts == OUTSIDE else f"{ticket}:charged_undetermined:2026-10"]
    assert office.replies(ticket) == []


def test_a_pass_over_another_ticket_of_the_customer_takes_no_notice_away(office: Office) -> None:
    """What was read of a ticket and not worked off yet is decided with the customer's time, and told then."""
    told, other = office.file_ticket(**INCIDENT), office.file_ticket(**INCIDENT)
    office.work(told, 60)
    office.sync()
    office.set_facts(told, **OUTSIDE)
    office.quiet()
    office.work(told, 10, "administration")
    site = office.application.site
    page = site.helpdesk.tickets([told])
    with office.application.store.begin() as work:
        ingest_tickets(work, page, site.linking, site.now())
    office.sync(tickets=(other,))
    office.sync()
    assert office.balances() == {"invoice:2026-10": HOUR, "sla": 10 * 60}
    assert len(office.replies(told)) == 1
