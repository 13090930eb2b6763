"""Whether a ticket is paid by card or by invoice, as the ticket shows it, follows what the ledger came to."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from care_sync.audit.products import audit_helpdesk
from care_sync.ledger import review
from care_sync.model.review import Ruling
from care_sync.pipeline.run import PassKind
from rules.loading import SHIPPED
from tests.system.office import HOUR, Office

CHANGE = {"kind": "change", "expected_minutes": 30, "clear": "yes", "estimate": "none", "quote": "none"}


def test_a_first_card_shows_on_every_open_ticket(office: Office) -> None:
    worked, waiting = office.file_ticket(**CHANGE), office.file_ticket(**CHANGE)
    office.work(worked, 30)
    office.sync()
    assert "route_invoice" in office.ours(worked) & office.ours(waiting)
    card = office.buy_card()
    office.sync()
    assert office.balances() == {f"card:{card}": -50 * HOUR + 30 * 60}
    assert "route_hour_card" in office.ours(worked) & office.ours(waiting)
    assert office.sync().summary == "nothing new"


def test_a_ticket_whose_time_an_earlier_one_pushes_off_the_card_shows_the_invoice(office: Office) -> None:
    office.buy_card(1)
    first, second = office.file_ticket(**CHANGE), office.file_ticket(**CHANGE)
    office.work(second, 60)
    office.sync()
    assert "route_hour_card" in office.ours(second)
    office.work(first, 60, days_ago=2)
    office.work(second, 15)
    office.sync()
    assert office.balances() == {"invoice:2026-10": 75 * 60}
    assert "route_hour_card" in office.ours(first)
    assert "route_invoice" in office.ours(second)
    assert office.sync().summary == "nothing new"


def test_time_that_a_card_takes_over_says_by_which_rule_also_on_a_closed_ticket(office: Office) -> None:
    ticket = office.file_ticket(**CHANGE)
    office.work(ticket, 30)
    office.sync()
    office.account.close(int(ticket))
    office.sync()
    office.buy_card()
    office.sync()
    with office.application.store.read() as work:
        (standing,) = work.ledger.posted_of_tickets([ticket])[ticket]
        transaction = work.ledger.transaction(standing.transaction_id)
    assert transaction is not None
    assert "route-hour-card" in transaction.rules
    assert office.sync().summary == "nothing new"


def test_time_that_a_card_paid_in_a_month_that_closed_shows_that_card_and_where_further_time_goes(
    office: Office,
) -> None:
    office.buy_card(1)
    ticket = office.file_ticket(**CHANGE)
    office.work(ticket, 60)
    office.sync()
    assert "route_hour_card" in office.ours(ticket)
    office.clock.advance(timedelta(days=31))
    office.close_month("2026-10")
    office.sync()
    assert "route_hour_card" in office.ours(ticket)
    assert office.balances() == {}
    assert office.field(ticket, "care_card_minutes") == "60"
    assert "geen strippenkaart" not in office.notes(ticket)[-1]
    assert "Verdere tijd: de maandfactuur" in office.notes(ticket)[-1]
    assert office.sync().counts["writes_planned"] == 0
    office.work(ticket, 90)
    office.sync()
    assert office.balances() == {"invoice:2026-11": 90 * 60}
    assert "route_invoice" in office.ours(ticket)
    assert office.field(ticket, "care_route") == "invoice"
    assert "strippenkaart 1: 1:00 uur" in office.notes(ticket)[-1]
    assert "factuur van november 2026: 1:30 uur" in office.notes(ticket)[-1]


def test_time_from_before_a_purchase_shows_the_invoice_that_it_stands_on(office: Office) -> None:
    ticket = office.file_ticket(**CHANGE)
    office.work(ticket, 60, days_ago=3)
    office.sync()
    office.buy_card(bought_on=date(2026, 10, 11))
    office.sync()
    assert office.balances()["invoice:2026-10"] == HOUR
    assert "route_invoice" in office.ours(ticket)
    assert office.field(ticket, "care_route") == "invoice"
    assert "Verdere tijd: de strippenkaart" in office.notes(ticket)[-1]
    assert "Afgeschreven van de strippenkaart" not in office.notes(ticket)[-1]
    assert office.sync().summary == "nothing new"
    office.work(ticket, 30)
    office.sync()
    assert "route_invoice" in office.ours(ticket)
    assert "0:30 uur" in office.notes(ticket)[-1]
    office.work(ticket, 45)
    office.sync()
    assert "route_hour_card" in office.ours(ticket)
    with office.application.store.read() as work:
        assert list(audit_helpdesk(work, office.application.site.helpdesk, "")) == []


def test_intake_inside_the_sla_does_not_hide_who_pays_for_the_ticket(office: Office) -> None:
    ticket = office.file_ticket(**CHANGE)
    office.work(ticket, 45, "intake")
    office.sync()
    assert {"sla_not_included", "route_invoice"} <= office.ours(ticket)
    office.buy_card()
    office.work(ticket, 15)
    office.sync()
    assert {"sla_not_included", "route_hour_card"} <= office.ours(ticket)
    assert office.field(ticket, "care_minutes") == "60"
    assert office.field(ticket, "care_card_minutes") == "15"
    with office.application.store.read() as work:
        assert list(audit_helpdesk(work, office.application.site.helpdesk, "")) == []


def test_time_that_a_person_let_go_is_not_shown_as_waiting_for_that_person(office: Office) -> None:
    ticket = office.file_ticket(kind="other")
    office.work(ticket, 30)
    office.sync()
    assert "route_review" in office.ours(ticket)
    with office.application.store.begin() as work:
        waiting = review.waiting(work)
        review.decide(work, waiting, Ruling(0), reason="coulance", actor="anna", now=office.clock.now())
    office.sync()
    assert office.balances() == {"waived": 30 * 60}
    assert "route_waived" in office.ours(ticket)


CARD_RULE = """\
          - id: route-hour-card
            clauses: [Q5, H2]
            basis: text
            when: {hour_card: yes}
            then: hour_card
"""
CIRCLE = """\
          - id: route-consultancy-reviewed
            clauses: [Q5, H2]
            basis: text
            when: {hour_card: yes, kind: consultancy, activity: work}
            then: review
            reason: {nl: "Eerst kijken.", en: "Look first."}
          - id: route-hour-card
            clauses: [Q5, H2]
            basis: text
            when: {hour_card: yes, kind: not consultancy}
            then: hour_card
            reason: {nl: "Afgeschreven van de strippenkaart.", en: "Deducted from the hour card."}
          - id: route-hour-card-consultancy
            clauses: [Q5, H2]
            basis: text
            when: {hour_card: yes, kind: consultancy, activity: not work}
            then: hour_card
"""


@pytest.mark.parametrize("tickets", [1, 9])
def test_rules_that_go_in_a_circle_come_to_one_end_and_stay_there(office: Office, tmp_path: Path, tickets: int) -> None:
    """With a card consultancy is reviewed; without one it is charged by the hour, and then the card pays for it."""
    text = SHIPPED.read_text(encoding="utf-8")
    assert CARD_RULE in text
    (tmp_path / "our.yaml").write_text(text.replace(CARD_RULE, CIRCLE), encoding="utf-8")
    office.restart(f"rules: {{path: {(tmp_path / 'our.yaml').as_posix()}}}\n")
    office.buy_card(1)
    many = [office.file_ticket(**{**CHANGE, "kind": "consultancy", "estimate": "agreed"}) for _ in range(tickets)]
    consultancy = many[0]
    office.work(office.file_ticket(**CHANGE), 60)
    office.sync()
    for ticket in many:
        office.work(ticket, 60, days_ago=2)
    office.sync(PassKind.POLL)
    assert office.balances()["review"] == tickets * HOUR
    balances, notes = office.balances(), len(office.notes(consultancy))
    with office.application.store.read() as work:
        transactions = work.ledger.count()
    for kind in (PassKind.POLL, PassKind.FULL):
        assert office.sync(kind).summary == "nothing new"
    office.work(office.file_ticket(**CHANGE), 10)
    office.sync()
    balances["invoice:2026-10"] = balances.get("invoice:2026-10", 0) + 600
    assert (office.balances(), len(office.notes(consultancy))) == (balances, notes)
    with office.application.store.read() as work:
        assert work.ledger.count() == transactions + 1
