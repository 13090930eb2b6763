"""What a ticket should show against what it shows: the difference is planned, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from care_sync.clock import ManualClock
from care_sync.model.lease import SendState
from care_sync.pipeline.plan import Planned, plan_tickets
from care_sync.pipeline.tell import NOT_TOLD
from care_sync.store import Store, UnitOfWork
from connectors.records import CommentKind, TicketStatus
from tests.pipeline.desk import HOUR, Desk, open_desk

INSIDE = {"kind": "incident", "service": "website", "worked_before": True, "cause": "care"}
UNKNOWN = {"kind": "incident", "service": "website", "worked_before": True}
OUTSIDE = {**INSIDE, "cause": "third_party", "expected_minutes": 30}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 10, 12, 9, tzinfo=UTC))


@pytest.fixture
def desk(store: Store, clock: ManualClock) -> Desk:
    return open_desk(store, clock)


def plan(desk: Desk, work: UnitOfWork) -> Planned:
    result = desk.decide_and_post(work)
    tickets = list(desk.tickets.values())
    return plan_tickets(work, desk.site, tickets, result.decided, result.customer, desk.site.now())


def test_tags_fields_and_a_note_go_in_one_write(desk: Desk) -> None:
    desk.file("1", **INSIDE)
    desk.work("1", "a", HOUR)
    with desk.store.begin() as work:
        (change,) = plan(desk, work).changes
    assert change.add_tags == {"sla_included", "route_sla", "next_handle"}
    assert change.remove_tags == frozenset()
    assert change.fields == {
        "care_scope": "included", "care_route": "sla", "care_next_step": "handle", "care_minutes": 60,
    }  # fmt: skip
    assert change.comment is not None
    assert change.comment.kind is CommentKind.NOTE


def test_what_the_ticket_shows_already_is_not_planned(desk: Desk) -> None:
    desk.file("1", **INSIDE)
    with desk.store.begin() as work:
        (change,) = plan(desk, work).changes
        (claimed,) = work.outbox.claim(desk.site.now(), desk.site.now() + timedelta(minutes=15))
        work.outbox.finish(claimed, SendState.DONE)
        work.tickets.note_written(change, now=desk.site.now())
        shown = work.tickets.get("1")
        assert shown is not None
        desk.tickets["1"] = shown
    with desk.store.begin() as work:
        assert plan(desk, work).changes == []


def test_a_note_that_nobody_began_to_write_is_planned_again_with_what_is_new(desk: Desk) -> None:
    desk.file("1", **UNKNOWN)
    with desk.store.begin() as work:
        plan(desk, work)
    desk.file("1", **INSIDE)
    with desk.store.begin() as work:
        (change,) = plan(desk, work).changes
        (planned,) = work.outbox.unfinished(["1"])["1"]
    assert planned.change == change
    assert change.comment is not None
    assert "sla_included" in change.add_tags


def test_the_tags_of_others_are_never_named(desk: Desk) -> None:
    ticket = desk.file("1", **INSIDE)
    desk.tickets["1"] = replace(ticket, tags=frozenset({"vip", "route_hour_card", "sla_gold", "next_week"}))
    with desk.store.begin() as work:
        (change,) = plan(desk, work).changes
    assert change.remove_tags == {"route_hour_card"}


def test_i4_the_customer_is_told_once_that_the_ticket_is_outside_after_all(desk: Desk, clock: ManualClock) -> None:
    desk.file("1", **UNKNOWN)
    desk.work("1", "a", HOUR)
    with desk.store.begin() as work:
        assert len(plan(desk, work).changes) == 1
    desk.file("1", **OUTSIDE)
    with desk.store.begin() as work:
        assert [change.comment.kind for change in plan(desk, work).changes if change.comment] == [CommentKind.NOTE]
        assert work.shown.waiting_until(desk.site.now()) == []
    clock.advance(timedelta(minutes=15))
    with desk.store.begin() as work:
        assert work.shown.waiting_until(desk.site.now()) == ["1"]
        comments = [change.comment for change in plan(desk, work).changes if change.comment is not None]
        replies = [comment for comment in comments if comment.kind is CommentKind.REPLY]
        assert len(replies) == 1
    with desk.store.begin() as work:
        again = plan(desk, work).changes
        assert work.shown.waiting_until(desk.site.now()) == []
    assert [change for change in again if change.comment and change.comment.kind is CommentKind.REPLY] == []


def test_a_closed_ticket_is_left_alone_and_a_person_tells_its_customer(desk: Desk, clock: ManualClock) -> None:
    desk.file("1", **UNKNOWN)
    desk.work("1", "a", HOUR)
    with desk.store.begin() as work:
        plan(desk, work)
    desk.tickets["1"] = replace(desk.file("1", **OUTSIDE), status=TicketStatus.CLOSED)
    with desk.store.begin() as work:
        work.tickets.upsert(list(desk.tickets.values()), desk.site.now())
    clock.advance(timedelta(minutes=15))
    with desk.store.begin() as work:
        planned = plan(desk, work)
        (attention,) = work.attention.all(NOT_TOLD)
    assert (planned.changes, planned.skipped) == ([], ["1"])
    assert attention.subject == "1:turned_outside"
