"""Decisions and postings are brought to agree, clause by clause, on a real store with the shipped rules."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from care_sync.clock import ManualClock
from care_sync.model.account import REVIEW, SLA, Account
from care_sync.model.decision import WHOLE_TICKET
from care_sync.model.month import Month
from care_sync.pipeline.decide import NOT_UNDERSTOOD, decide_tickets
from care_sync.store import Store
from rules.model.words import NextStep, Route, Scope
from tests.pipeline.desk import HOUR, Desk, open_desk

INSIDE = {"kind": "incident", "service": "website", "worked_before": True, "cause": "care"}
OUTSIDE = {**INSIDE, "cause": "third_party", "expected_minutes": 30}
OCTOBER = Account.invoice(Month("2026-10"))
PENDING = Account("pending")


@pytest.fixture
def at_work() -> ManualClock:
    return ManualClock(datetime(2026, 10, 12, 9, tzinfo=UTC))


@pytest.fixture
def desk(store: Store, at_work: ManualClock) -> Desk:
    return open_desk(store, at_work)


def test_s1_an_incident_inside_the_sla_stands_on_the_sla(desk: Desk) -> None:
    desk.file("1", **INSIDE)
    desk.work("1", "a", HOUR)
    with desk.store.begin() as work:
        result = desk.decide_and_post(work)
        assert result.decided.standing["1", WHOLE_TICKET].scope == Scope.INCLUDED
    assert desk.balances() == {SLA: HOUR}


def test_h2_time_outside_fills_the_card_and_the_rest_goes_to_the_invoice(desk: Desk) -> None:
    card = desk.buy(1)
    desk.file("1", **OUTSIDE)
    desk.work("1", "a", 2 * HOUR)
    with desk.store.begin() as work:
        desk.decide_and_post(work)
    assert desk.balances() == {OCTOBER: HOUR}
    with desk.store.read() as work:
        assert desk.customer(work).left == {card: 0}


def test_i4_an_undetermined_incident_is_held_and_asked_about(desk: Desk) -> None:
    desk.file("1", kind="incident", service="website", worked_before=True)
    desk.work("1", "a", HOUR)
    with desk.store.begin() as work:
        decision = desk.decide_and_post(work).decided.standing["1", WHOLE_TICKET]
    assert (decision.scope, decision.route, decision.next_step) == (Scope.UNDETERMINED, Route.PENDING, NextStep.ASK)
    assert "cause" in decision.questions
    assert desk.balances() == {PENDING: HOUR}


def test_c1_w3_each_kind_of_work_goes_its_own_way(desk: Desk) -> None:
    desk.file("1", **INSIDE)
    desk.work("1", "a", HOUR)
    desk.work("1", "b", 600, activity="administration")
    desk.work("1", "c", 1200, activity="extra_work")
    with desk.store.begin() as work:
        desk.decide_and_post(work)
    assert desk.balances() == {SLA: HOUR + 600, OCTOBER: 1200}


def test_a_card_that_an_entry_empties_still_pays_for_that_entrys_ticket(desk: Desk) -> None:
    """The decision rests on whether a card pays, and must not flip because of its own effect."""
    card = desk.buy(1)
    desk.file("1", **OUTSIDE)
    desk.work("1", "a", HOUR)
    with desk.store.begin() as work:
        first = desk.decide_and_post(work)
        second = desk.decide_and_post(work)
    assert first.decided.standing["1", WHOLE_TICKET].route == Route.HOUR_CARD
    assert second.decided.standing["1", WHOLE_TICKET].route == Route.HOUR_CARD
    assert (second.decided.new, second.posted.transactions) == (0, [])
    with desk.store.read() as work:
        assert desk.customer(work).left == {card: 0}


def test_a_cause_that_is_found_moves_what_was_held(desk: Desk) -> None:
    desk.file("1", kind="incident", service="website", worked_before=True)
    desk.work("1", "a", HOUR)
    with desk.store.begin() as work:
        desk.decide_and_post(work)
    desk.file("1", **OUTSIDE)
    with desk.store.begin() as work:
        result = desk.decide_and_post(work)
    assert result.decided.turns["1"].differing == {"cause", "expected_minutes"}
    assert desk.balances() == {OCTOBER: HOUR}


def test_s3_without_an_sla_nothing_is_included(store: Store, at_work: ManualClock) -> None:
    desk = open_desk(store, at_work, sla=False)
    desk.file("1", **INSIDE, expected_minutes=30)
    desk.work("1", "a", HOUR)
    with desk.store.begin() as work:
        assert desk.decide_and_post(work).decided.standing["1", WHOLE_TICKET].scope == Scope.NOT_INCLUDED
    assert desk.balances() == {OCTOBER: HOUR}


def test_x1_what_a_person_has_to_judge_waits_for_review(desk: Desk) -> None:
    desk.file("1", kind="other", expected_minutes=10)
    desk.work("1", "a", HOUR)
    with desk.store.begin() as work:
        desk.decide_and_post(work)
    assert desk.balances() == {REVIEW: HOUR}


def test_deciding_again_with_nothing_new_writes_nothing(desk: Desk) -> None:
    ticket = desk.file("1", **INSIDE)
    with desk.store.begin() as work:
        customer = desk.customer(work)
        first = decide_tickets(work, desk.site, [ticket], {}, customer, "p", desk.site.now())
        again = decide_tickets(work, desk.site, [ticket], {}, customer, "q", desk.site.now())
        assert len(work.decisions.history("1")) == 1
    assert (first.new, again.new) == (1, 0)
    assert again.standing == first.standing


def test_a_field_that_cannot_be_read_is_unknown_and_reported_until_it_is_mended(desk: Desk) -> None:
    ticket = desk.file("1", kind="incident", service="website", worked_before=True, cause="the moon")
    with desk.store.begin() as work:
        decided = decide_tickets(work, desk.site, [ticket], {}, desk.customer(work), "p", desk.site.now())
        (attention,) = work.attention.all(NOT_UNDERSTOOD)
    assert decided.standing["1", WHOLE_TICKET].scope == Scope.UNDETERMINED
    assert "'the moon'" in attention.message
    mended = desk.file("1", **INSIDE)
    with desk.store.begin() as work:
        decide_tickets(work, desk.site, [mended], {}, desk.customer(work), "p", desk.site.now())
        assert work.attention.all(NOT_UNDERSTOOD) == []


def test_a_ticket_is_decided_by_the_day_of_its_report_in_the_companys_zone(desk: Desk) -> None:
    """23:30 in Amsterdam on 4 April is still the 4th, although it is 21:30 in UTC; 00:30 there is the 5th."""
    assert desk.site.local_date(datetime(2026, 4, 4, 21, 30, tzinfo=UTC)) == date(2026, 4, 4)
    assert desk.site.local_date(datetime(2026, 4, 4, 22, 30, tzinfo=UTC)) == date(2026, 4, 5)
