"""What moves money of a closed month, and what does not: facts do, by the difference; rules, settings and merges do
not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from care_sync.clock import ManualClock
from care_sync.ledger.closing import close_month
from care_sync.model.account import SLA, Account
from care_sync.model.month import Month
from care_sync.settings.agreements import HourCardSection
from care_sync.settings.model import FactsSection, LedgerSection
from care_sync.store import Store
from connectors.records import EntryKind, EntryState, TicketStatus, TimeEntry
from tests.pipeline.desk import HOUR, Desk, open_desk
from tests.pipeline.test_decide_and_post import INSIDE, OUTSIDE

IN_NOVEMBER = datetime(2026, 11, 3, 9, tzinfo=UTC)
OCTOBER, NOVEMBER = (Account.invoice(Month(month)) for month in ("2026-10", "2026-11"))
RATES = LedgerSection(hour_card=HourCardSection(rates={2025: "89.00", 2026: "92.50"}))  # type: ignore[dict-item]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 10, 12, 9, tzinfo=UTC))


@pytest.fixture
def desk(store: Store, clock: ManualClock) -> Desk:
    return open_desk(store, clock, ledger=RATES)


def update(desk: Desk, *ticket_ids: str) -> None:
    """Bring the ledger up to date, as a pass does it."""
    with desk.store.begin() as work:
        desk.decide_and_post(work, *ticket_ids)


def close_october(desk: Desk, clock: ManualClock) -> None:
    update(desk)
    clock.move_to(IN_NOVEMBER)
    with desk.store.begin() as work:
        terms = desk.customer(work).terms
        close_month(
            work, Month("2026-10"), terms=lambda _: terms, prices=desk.site.settings.ledger.prices, now=clock.now(),
            today=date(2026, 11, 3), actor="anna",
        )  # fmt: skip


def change(desk: Desk, ticket_id: str, **fields: object) -> None:
    """An agent fills in fields of a ticket."""
    ticket = desk.tickets[ticket_id]
    desk.file(ticket_id, **{**ticket.fields, **fields})


def merge(desk: Desk, ticket_id: str, into: str) -> None:
    """The helpdesk merges one ticket into another; its entries point at the one that stays."""
    ticket = replace(desk.tickets[ticket_id], status=TicketStatus.CLOSED, merged_into=into)
    desk.tickets[ticket_id] = ticket
    with desk.store.begin() as work:
        work.tickets.upsert([ticket], desk.site.now())
        for stored in work.entries.of_tickets([ticket_id]).get(ticket_id, ()):
            work.entries.set_links({stored.entry.key: replace(stored.link, ticket_id=into)})


def with_settings(desk: Desk, **sections: object) -> None:
    desk.site = replace(desk.site, settings=desk.site.settings.model_copy(update=sections))


def test_a_card_that_is_entered_later_and_a_merge_of_tickets_move_nothing(desk: Desk, clock: ManualClock) -> None:
    for ticket_id in ("a", "b"):
        desk.file(ticket_id, **OUTSIDE)
    desk.work("b", "1", HOUR)
    close_october(desk, clock)
    card = desk.buy(50, bought_on=date(2026, 10, 1))
    as_bought = {OCTOBER: HOUR, Account.card(card): -50 * HOUR}
    update(desk)
    assert desk.balances() == as_bought
    merge(desk, "b", into="a")
    update(desk)
    assert desk.balances() == as_bought
    with desk.store.begin() as work:
        assert desk.decide_and_post(work).posted.transactions == []


def test_a_merge_into_a_ticket_with_other_facts_moves_nothing_and_a_fact_after_it_does(
    desk: Desk, clock: ManualClock
) -> None:
    desk.file("a", **OUTSIDE)
    desk.file("b", **INSIDE)
    desk.work("b", "1", HOUR)
    close_october(desk, clock)
    merge(desk, "b", into="a")
    update(desk)
    change(desk, "a", expected_minutes=20)
    update(desk)
    assert desk.balances() == {SLA: HOUR}
    change(desk, "a", kind="consultancy")
    update(desk)
    assert desk.balances() == {SLA: HOUR}  # charged since the merge, and charged now
    change(desk, "a", kind="short_question", expected_minutes=10)
    update(desk)
    assert SLA not in desk.balances()


def test_what_turns_out_to_be_inside_gives_back_exactly_what_was_settled(desk: Desk, clock: ManualClock) -> None:
    card = desk.buy(10)
    for ticket_id, day, hours in (("a", 5, 10), ("b", 6, 5)):
        desk.file(ticket_id, **OUTSIDE)
        desk.work(ticket_id, ticket_id, hours * HOUR, day=day)
    close_october(desk, clock)
    assert desk.balances() == {OCTOBER: 5 * HOUR}
    change(desk, "a", cause="care")
    update(desk)
    assert desk.balances() == {OCTOBER: 5 * HOUR, Account.card(card): -10 * HOUR, SLA: 10 * HOUR}


@pytest.mark.parametrize("is_closed_in_the_helpdesk", [True, False])
def test_settings_that_read_a_field_otherwise_move_nothing_of_a_closed_month(
    store: Store, clock: ManualClock, is_closed_in_the_helpdesk: bool
) -> None:
    words = FactsSection(values={"cause": {"eigen_fout": "care"}})
    desk = open_desk(store, clock, ledger=RATES, facts=words)
    desk.file("1", **{**OUTSIDE, "cause": "eigen_fout"})
    desk.work("1", "a", HOUR)
    close_october(desk, clock)
    assert desk.balances() == {SLA: HOUR}
    with_settings(desk, facts=FactsSection(values={"cause": {"eigen_fout": "customer"}}))
    if is_closed_in_the_helpdesk:
        desk.tickets["1"] = replace(desk.tickets["1"], status=TicketStatus.CLOSED)
        with store.begin() as work:
            work.tickets.upsert([desk.tickets["1"]], clock.now())
    update(desk)
    assert desk.balances() == {SLA: HOUR}
    change(desk, "1", cause="third_party")  # outside by the settings before and now
    update(desk)
    assert desk.balances() == {SLA: HOUR}
    with_settings(desk, facts=words)
    update(desk)
    assert desk.balances() == {NOVEMBER: HOUR}


def test_more_seconds_go_to_the_open_month_and_fewer_come_off_what_was_settled_last(
    desk: Desk, clock: ManualClock
) -> None:
    card = desk.buy(1)
    desk.file("1", **OUTSIDE)
    desk.work("1", "a", 2 * HOUR)
    close_october(desk, clock)
    assert desk.balances() == {OCTOBER: HOUR}
    desk.work("1", "a", 2 * HOUR + 600)
    update(desk)
    assert desk.balances() == {OCTOBER: HOUR, NOVEMBER: 600}
    desk.work("1", "a", HOUR // 2)
    update(desk)
    assert desk.balances() == {OCTOBER: HOUR, NOVEMBER: -HOUR, Account.card(card): -HOUR // 2}


def test_a_work_date_in_a_year_of_another_rate_is_money(desk: Desk, clock: ManualClock) -> None:
    desk.file("1", **OUTSIDE)
    desk.work("1", "a", HOUR)
    close_october(desk, clock)
    entry = TimeEntry("fake", "1", "a", EntryState.STOPPED, EntryKind.WORK, HOUR, date(2025, 1, 15))
    with desk.store.begin() as work:
        work.entries.upsert([entry], clock.now())
        assert len(desk.decide_and_post(work).posted.transactions) == 2
        rates = {
            posted.work_date: desk.customer(work).terms.rate_of(posted.work_date)
            for posted in work.ledger.of_entry(entry.key)[1:]
        }
    assert rates == {date(2026, 10, 5): Decimal("92.50"), date(2025, 1, 15): Decimal("89.00")}
    assert desk.balances() == {OCTOBER: HOUR}
