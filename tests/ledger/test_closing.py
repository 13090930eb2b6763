"""Closing a month: in order, once, and with what is still undetermined charged (I4)."""

from __future__ import annotations

from datetime import date

import pytest

from care_sync.errors import UserError
from care_sync.ledger.closing import close_month, outlook
from care_sync.model.account import Account, Leg
from care_sync.model.mark import DirtyKind
from care_sync.model.month import Month
from care_sync.model.terms import Terms
from care_sync.model.time_entry import Link, LinkState
from care_sync.store import Store, UnitOfWork
from connectors.records import EntryKind, EntryState, TimeEntry
from rules.model.words import Route
from tests.ledger.book_keeping import CUSTOMER, HOUR, NOW, PRICES, TODAY, buy, entry, left, post, standing


def close(work: UnitOfWork, period: str) -> int:
    done = close_month(work, period, terms=lambda _: Terms(), prices=PRICES, now=NOW, today=TODAY, actor="anna")
    return done.transactions


def test_i4_what_is_undetermined_is_charged_and_its_ticket_marked_so_that_the_customer_is_told(store: Store) -> None:
    worked = [
        entry("a", HOUR, Route.PENDING),
        entry("b", HOUR, Route.PENDING, date(2026, 10, 6), ticket="2"),
        entry("c", HOUR, Route.SLA),
        entry("d", HOUR, Route.PENDING, TODAY, ticket="3"),
    ]
    with store.begin() as work:
        card = buy(work, 1)
        post(work, *worked)
        done = close_month(
            work, Month("2026-10"), terms=lambda _: Terms(), prices=PRICES, now=NOW, today=TODAY, actor="anna"
        )
        assert standing(work) == {"invoice:2026-10": HOUR, "sla": HOUR, "pending": HOUR}
        assert left(work) == {card: 0}
        assert [(one.ticket_id, one.organization_id, one.period, one.seconds) for one in done.charged] == [
            ("1", CUSTOMER, Month("2026-10"), HOUR),
            ("2", CUSTOMER, Month("2026-10"), HOUR),
        ]
        assert sorted(work.dirty.take(DirtyKind.TICKET)) == ["1", "2"]
        assert [one.shares for one in done.charged] == [
            (Leg(Account(f"card:{card}"), HOUR),),
            (Leg(Account("invoice:2026-10"), HOUR),),
        ]
        charging = work.ledger.of_entry("b")[-1]
        assert (charging.clauses, charging.reason) == (("Q5", "I4"), "still undetermined when 2026-10 closed")
        assert post(work, *worked).transactions == []


def test_a_month_without_anything_pending_closes_without_a_transaction(store: Store) -> None:
    with store.begin() as work:
        post(work, entry("a", HOUR, Route.REVIEW))
        assert close(work, Month("2026-10")) == 0
        (closed,) = work.periods.closed()
        assert (closed.period, closed.closed_by, closed.transaction_id) == (Month("2026-10"), "anna", 1)


@pytest.mark.parametrize(
    ("period", "told"),
    [
        (Month("2026-11"), "is not over yet"),
        (Month("2027-01"), "is not over yet"),
        (Month("2026-10"), "2026-09 is still open"),
    ],
)
def test_a_month_that_cannot_close_is_told_and_nothing_is_charged(store: Store, period: str, told: str) -> None:
    with store.begin() as work:
        buy(work, 50, date(2024, 3, 1))  # bought long before any time was booked: no month of ours
        post(work, entry("a", HOUR, Route.PENDING, date(2026, 9, 5)), entry("b", HOUR, Route.PENDING))
    with pytest.raises(UserError, match=told), store.begin() as work:
        close(work, period)
    with store.read() as work:
        assert work.periods.closed() == []
        assert standing(work)["pending"] == 2 * HOUR


def test_months_close_one_after_the_other_and_never_twice(store: Store) -> None:
    with store.begin() as work:
        close(work, Month("2026-08"))
        with pytest.raises(UserError, match="2026-08 is closed already"):
            close(work, Month("2026-08"))
        with pytest.raises(UserError, match="2026-09 is still open"):
            close(work, Month("2026-10"))
        close(work, Month("2026-09"))
        close(work, Month("2026-10"))
        assert [one.period for one in work.periods.closed()] == [Month("2026-08"), Month("2026-09"), Month("2026-10")]


def test_the_outlook_tells_what_is_pending_under_review_without_a_ticket_and_not_yet_posted(store: Store) -> None:
    lost = TimeEntry(
        tracker="toggl", account="1", id="7", state=EntryState.STOPPED, kind=EntryKind.WORK, seconds=60,
        work_date=date(2026, 10, 9),
    )  # fmt: skip
    with store.begin() as work:
        post(work, entry("a", HOUR, Route.PENDING), entry("b", 60, Route.REVIEW), entry("c", 1, Route.PENDING, TODAY))
        work.entries.upsert([lost], NOW)
        work.entries.set_links({lost.key: Link(LinkState.UNLINKED)})
        work.dirty.mark(DirtyKind.TICKET, ["8"], "test", NOW)
        found = outlook(work, Month("2026-10"))
    assert [one.entry_key for one in found.pending] == ["a"]
    assert (found.pending_seconds, found.review_seconds, found.to_do) == (HOUR, 60, 1)
    assert [one.entry.key for one in found.unlinked] == ["toggl:1:7"]
