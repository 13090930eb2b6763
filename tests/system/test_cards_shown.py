"""Whether a ticket is paid by card or by invoice, as the ticket shows it, follows what the ledger came to."""

from __future__ import annotations

from datetime import timedelta

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
        (standing,) = work.ledger.standing_of_tickets([ticket])[ticket]
        transaction = work.ledger.transaction(standing.transaction_id)
    assert transaction is not None
    assert "route-hour-card" in transaction.rules
    assert office.sync().summary == "nothing new"


def test_a_ticket_whose_month_closed_on_a_card_that_is_used_up_shows_where_further_time_goes(office: Office) -> None:
    office.buy_card(1)
    ticket = office.file_ticket(**CHANGE)
    office.work(ticket, 60)
    office.sync()
    assert "route_hour_card" in office.ours(ticket)
    office.clock.advance(timedelta(days=31))
    office.close_month("2026-10")
    office.sync()
    assert "route_invoice" in office.ours(ticket)
    assert office.balances() == {}
    assert office.field(ticket, "care_card_minutes") == "60"
    assert office.sync().counts["writes_planned"] == 0
    office.work(ticket, 30)
    office.sync()
    assert office.balances() == {"invoice:2026-11": 30 * 60}
    assert "route_invoice" in office.ours(ticket)
