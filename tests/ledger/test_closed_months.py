"""A closed month is never touched: whatever changes afterwards is corrected in the oldest open month."""

from __future__ import annotations

from datetime import date

import pytest

from care_sync.errors import IntegrityError, UserError
from care_sync.ledger import cards
from care_sync.ledger.book import record
from care_sync.ledger.posting import post_customer
from care_sync.model.account import Account, Leg
from care_sync.model.decided_time import DecidedTime
from care_sync.model.mark import DirtyKind
from care_sync.model.month import Month
from care_sync.model.terms import Terms
from care_sync.model.transaction import Transaction, TransactionKind
from care_sync.store import Store
from connectors.records import Ticket, TicketStatus
from rules.model.words import Route
from tests.ledger.book_keeping import (
    CUSTOMER,
    HOUR,
    NOW,
    TODAY,
    buy,
    close,
    entry,
    judge,
    left,
    post,
    standing,
)

OCTOBER = date(2026, 10, 5)


def test_a_card_that_runs_out_later_does_not_correct_a_closed_month(store: Store) -> None:
    with store.begin() as work:
        buy(work, 50)
        close(work, Month("2026-10"), entry("a", HOUR, Route.HOUR_CARD))
        assert post(work, entry("a", HOUR, Route.INVOICE)).transactions == []


def test_other_rules_with_the_same_outcome_do_not_correct_a_closed_month(store: Store) -> None:
    with store.begin() as work:
        close(work, Month("2026-10"), entry("a", HOUR, Route.SLA))
        assert post(work, entry("a", HOUR, Route.SLA, rule="another")).transactions == []


def test_an_edited_entry_of_a_closed_month_is_corrected_in_the_open_one_and_cites_what_it_corrects(
    store: Store,
) -> None:
    with store.begin() as work:
        close(work, Month("2026-09"))
        close(work, Month("2026-10"), entry("a", HOUR, Route.INVOICE))
        (closed,) = work.ledger.of_entry("a")
        report = post(work, entry("a", HOUR // 2, Route.INVOICE))
        assert standing(work) == {"invoice:2026-10": HOUR, "invoice:2026-11": -HOUR // 2}
        assert [one.corrected_period for one in report.changes] == [Month("2026-10")]
        _, correction, posted = work.ledger.of_entry("a")
        assert (correction.kind, correction.corrects, correction.reverses) == (
            "correction",
            closed.transaction_id,
            closed.transaction_id,
        )
        assert {correction.period, posted.period} == {Month("2026-11")}


def test_corrections_and_late_time_share_the_oldest_open_month(store: Store) -> None:
    november = entry("n", 60, Route.INVOICE, TODAY)
    with store.begin() as work:
        close(work, Month("2026-09"), entry("a", HOUR, Route.INVOICE, date(2026, 9, 5)))
        post(work, entry("a", 60, Route.INVOICE, date(2026, 9, 5)), entry("late", 30, Route.SLA, OCTOBER), november)
        assert {one.period for one in work.ledger.of_entry("a")[1:]} == {Month("2026-10")}
        assert standing(work)["invoice:2026-10"] == 60 - HOUR


@pytest.mark.parametrize(
    "meanwhile",
    [
        entry("a", HOUR // 2, Route.INVOICE),
        entry("a", HOUR, Route.SLA),
        entry("a", HOUR, Route.INVOICE, ticket="2"),
        entry("a", 0, Route.INVOICE),
        None,
    ],
    ids=["seconds", "route", "ticket", "nothing left", "deleted"],
)
def test_what_is_changed_after_closing_and_changed_back_stands_where_it_stood(
    store: Store, meanwhile: DecidedTime | None
) -> None:
    worked = entry("a", HOUR, Route.INVOICE)
    with store.begin() as work:
        close(work, Month("2026-10"), worked)
        buy(work, 50)  # would cover the time, if it were laid down anew
        as_closed = standing(work)
        post(work, *([meanwhile] if meanwhile else []), gone=() if meanwhile else ("a",))
        posted = work.ledger.posted(["a"]).get("a")
        assert standing(work) != as_closed or (posted is not None and posted.ticket_id == "2")
        post(work, worked)
        assert standing(work) == {**as_closed}
        assert post(work, worked).transactions == []
        close(work, Month("2026-11"), worked)
        assert post(work, worked).transactions == []


def test_what_moves_to_another_customer_after_closing_and_back_stands_where_it_stood(store: Store) -> None:
    worked = entry("a", HOUR, Route.HOUR_CARD)
    with store.begin() as work:
        card, other = buy(work, 50), buy(work, 50, customer="6")
        close(work, Month("2026-10"), worked)
        post(work, worked, customer="6")
        assert (left(work), left(work, "6")) == ({card: 50 * HOUR}, {other: 49 * HOUR})
        correction = work.ledger.of_entry("a")[1]
        assert (correction.organization_id, correction.kind, correction.period) == (
            CUSTOMER,
            "correction",
            Month("2026-11"),
        )
        assert post(work).transactions == []
        post(work, worked)
        assert (left(work), left(work, "6")) == ({card: 49 * HOUR}, {other: 50 * HOUR})


def test_a_customer_that_time_was_taken_from_is_marked_to_be_laid_down_anew(store: Store) -> None:
    with store.begin() as work:
        buy(work, 1)
        post(work, entry("a", HOUR, Route.HOUR_CARD), entry("b", HOUR, Route.HOUR_CARD, date(2026, 10, 6)))
        assert post(work, entry("a", HOUR, Route.HOUR_CARD), customer="6").others == {CUSTOMER}
        assert list(work.dirty.take(DirtyKind.ORGANIZATION)) == [CUSTOMER]
        post(work, entry("b", HOUR, Route.HOUR_CARD, date(2026, 10, 6)))
        assert "invoice:2026-10" not in standing(work)


def test_a_correction_is_final_when_its_own_month_closes(store: Store) -> None:
    worked = entry("a", HOUR, Route.INVOICE)
    with store.begin() as work:
        close(work, Month("2026-10"), worked)
        post(work, gone=("a",))
        close(work, Month("2026-11"))
        buy(work, 50)
        post(work, worked)
        assert standing(work)["invoice:2026-11"] == -HOUR
        assert sum(left(work).values()) == 49 * HOUR


def test_hours_that_a_closed_month_gave_back_and_somebody_wrote_off_are_not_taken_twice(store: Store) -> None:
    worked = entry("a", HOUR, Route.HOUR_CARD)
    with store.begin() as work:
        card = buy(work, 1)
        close(work, Month("2026-10"), worked)
        post(work, gone=("a",))
        cards.write_off(work, card, seconds=None, day=TODAY, now=NOW, actor="anna", reason="expired deal")
        post(work, worked)
        assert left(work) == {card: 0}
        assert standing(work)["invoice:2026-11"] == HOUR


def test_i4_what_a_month_charged_stays_charged_when_it_is_edited_and_what_came_since_waits(store: Store) -> None:
    longer = entry("a", 2 * HOUR, Route.PENDING)
    with store.begin() as work:
        close(work, Month("2026-10"), entry("a", HOUR, Route.PENDING))
        post(work, longer)
        assert standing(work) == {"invoice:2026-10": HOUR, "pending": HOUR}
        assert work.ledger.posted(["a"])["a"].was_charged_while_pending
        assert work.ledger.of_entry("a")[-1].clauses == ("Q5", "I4")
        assert post(work, longer).transactions == []
        (change,) = post(work, entry("a", 2 * HOUR, Route.SLA)).changes
        assert standing(work) == {"invoice:2026-10": HOUR, "invoice:2026-11": -HOUR, "sla": 2 * HOUR}
        assert change.entry_key == "a"
        close(work, Month("2026-11"), longer)
        assert standing(work) == {"invoice:2026-10": HOUR, "invoice:2026-11": HOUR}


def test_i4_what_is_credited_back_is_told_as_such(store: Store) -> None:
    with store.begin() as work:
        close(work, Month("2026-10"), entry("a", HOUR, Route.PENDING))
        (change,) = post(work, entry("a", HOUR, Route.SLA)).changes
        assert (change.corrected_period, change.was_charged_undetermined) == (Month("2026-10"), True)
        assert change.after == (Leg(Account("sla"), HOUR),)


def test_k1_a_verdict_on_a_closed_month_judges_what_was_reviewed_and_spends_no_later_allowance(store: Store) -> None:
    worked = entry("a", HOUR, Route.FAIR_USE)
    with store.begin() as work:
        close(work, Month("2026-10"), worked, allowance=1200)
        judge(work, "a", judged=HOUR - 1200, charged=HOUR - 1200)
        november = entry("b", 1200, Route.FAIR_USE, TODAY)
        post(work, worked, november, allowance=1200)
        assert standing(work) == {
            "fair_use:2026-10": 1200,
            "fair_use:2026-11": 1200,
            "invoice:2026-11": HOUR - 1200,
        }
        assert post(work, worked, november, allowance=1200).transactions == []


def test_a_verdict_that_matters_no_more_corrects_nothing(store: Store) -> None:
    worked = entry("a", HOUR, Route.SLA)
    with store.begin() as work:
        close(work, Month("2026-10"), worked)
        judge(work, "a", judged=HOUR, charged=0)
        assert post(work, worked).transactions == []


def test_k1_time_that_nobody_judged_waits_although_other_time_of_the_entry_was(store: Store) -> None:
    with store.begin() as work:
        post(work, entry("a", HOUR, Route.REVIEW))
        judge(work, "a", judged=HOUR, charged=HOUR)
        post(work, entry("a", 3 * HOUR, Route.REVIEW))
        assert standing(work) == {"invoice:2026-10": HOUR, "review": 2 * HOUR}
        judge(work, "a", judged=3 * HOUR, charged=0)
        post(work, entry("a", 3 * HOUR, Route.REVIEW))
        assert standing(work) == {"waived": 3 * HOUR}


def test_a_new_work_date_is_posted_so_that_statements_tell_the_right_day(store: Store) -> None:
    with store.begin() as work:
        post(work, entry("a", HOUR, Route.SLA))
        post(work, entry("a", HOUR, Route.SLA, date(2026, 10, 7)))
        assert work.ledger.of_entry("a")[-1].work_date == date(2026, 10, 7)


# --- every way in ------------------------------------------------------------------------------------------------


def transaction(period: str, *legs: Leg) -> Transaction:
    return Transaction(TransactionKind.ADJUSTMENT, CUSTOMER, period, OCTOBER, NOW, legs, actor="mallory", reason="x")


@pytest.mark.parametrize("period", [Month("2026-10"), Month("2026-09"), Month("2026-01")])
def test_nothing_is_recorded_in_a_closed_month_or_before_it(store: Store, period: str) -> None:
    with store.begin() as work:
        close(work, Month("2026-10"))
        with pytest.raises(UserError, match=f"the month {period} is closed"):
            record(work, transaction(period, Leg(Account("sla"), 60), Leg(Account("worked"), -60)))
        for account in (Account.invoice(period), Account.fair_use(period)):
            with pytest.raises(IntegrityError, match="belongs to a closed month"):
                record(work, transaction(Month("2026-11"), Leg(account, 60), Leg(Account("worked"), -60)))
        assert work.ledger.count() == 0


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO transactions (transaction_id, kind, organization_id, rules, clauses, period, work_date, "
        "booked_at, actor, reason, previous_hash, hash) "
        "VALUES (99, 'entry', '5', '[]', '[]', '{period}', '2026-10-05', 1, 'm', '', '', '')",
        "INSERT INTO postings (transaction_id, line, account, seconds) VALUES (99, 1, 'invoice:{period}', 60)",
        "INSERT INTO postings (transaction_id, line, account, seconds) VALUES (99, 1, 'fair_use:{period}', 60)",
        "INSERT INTO postings (transaction_id, line, account, seconds) VALUES (1, 9, 'sla', 60)",
        "UPDATE postings SET seconds = 1",
        "UPDATE transactions SET period = '2026-11'",
        "DELETE FROM postings",
        "DELETE FROM transactions",
        "UPDATE balances SET seconds = 0 WHERE account = 'invoice:2026-10'",
        "INSERT INTO balances (organization_id, account, seconds) VALUES ('7', 'invoice:{period}', 60)",
        "DELETE FROM periods",
        "UPDATE periods SET period = '2026-01'",
        "INSERT INTO periods (period, closed_at, closed_by, transaction_id, hash) VALUES ('{period}', 1, 'm', 0, '')",
        "UPDATE cards SET seconds = 1",
        "DELETE FROM cards",
        "UPDATE verdicts SET charged_seconds = 0",
        "DELETE FROM verdicts",
        "UPDATE ledger_head SET transaction_id = 0",
    ],
)
@pytest.mark.parametrize("period", [Month("2026-10"), Month("2026-03")])
def test_the_database_itself_refuses_to_alter_a_closed_month(store: Store, statement: str, period: str) -> None:
    with store.begin() as work:
        buy(work, 50)
        judge(work, "b", judged=60, charged=60)
        close(work, Month("2026-10"), entry("a", 51 * HOUR, Route.INVOICE), entry("b", 60, Route.REVIEW))
    with pytest.raises(IntegrityError, match=r"append-only|UNIQUE|unique"), store.begin() as work:
        work.ledger._connection.exec_driver_sql(statement.format(period=period))


def test_a_month_closes_once_and_in_order(store: Store) -> None:
    with store.begin() as work:
        close(work, Month("2026-10"))
    for period in (Month("2026-10"), Month("2026-09")):
        with pytest.raises(IntegrityError), store.begin() as work:
            work.periods.close(period, NOW, "mallory")


def test_a_card_of_another_customer_cannot_be_drawn_on(store: Store) -> None:
    with store.begin() as work:
        card = buy(work, 50, customer="6")
        with pytest.raises(IntegrityError, match="does not belong"):
            record(work, transaction(Month("2026-10"), Leg(Account.card(card), 60), Leg(Account("worked"), -60)))


def test_a_card_is_never_drawn_below_zero(store: Store) -> None:
    with store.begin() as work:
        card = buy(work, 1)
    too_much = transaction(Month("2026-10"), Leg(Account.card(card), HOUR + 60), Leg(Account("worked"), -HOUR - 60))
    with pytest.raises(IntegrityError, match="60 seconds below zero"), store.begin() as work:
        record(work, too_much)
    with store.read() as work:
        assert left(work) == {card: HOUR}


def test_time_that_becomes_nobodys_after_a_correction_stands_where_its_month_settled_it(store: Store) -> None:
    with store.begin() as work:
        close(work, Month("2026-10"), entry("a", HOUR, Route.INVOICE))
        post(work, entry("a", HOUR, Route.SLA))
        assert standing(work)["sla"] == HOUR
        terms = Terms()
        post_customer(work, CUSTOMER, [], terms=terms, now=NOW, nobodys=["a"])
        assert standing(work) == {"invoice:2026-10": HOUR}
        assert post_customer(work, CUSTOMER, [], terms=terms, now=NOW, nobodys=["a"]).transactions == []


def test_a_merge_into_a_ticket_of_another_customer_leaves_closed_time_where_it_is(store: Store) -> None:
    worked = entry("a", HOUR, Route.INVOICE)
    into = entry("a", HOUR, Route.INVOICE, ticket="2")
    merged = Ticket("1", "1", "Old", TicketStatus.CLOSED, NOW, NOW, organization_id=CUSTOMER, merged_into="2")
    stays = Ticket("2", "2", "New", TicketStatus.OPEN, NOW, NOW, organization_id="6")
    with store.begin() as work:
        close(work, Month("2026-10"), worked)
        work.tickets.upsert([merged, stays], NOW)
        assert post(work, into, customer="6").transactions == []
        assert standing(work) == {"invoice:2026-10": HOUR}
        post(work, entry("a", HOUR, Route.INVOICE, ticket="3"), customer="6")
        assert standing(work, "6") == {"invoice:2026-11": HOUR}


def test_k1_free_minutes_that_a_correction_gives_back_have_lapsed(store: Store) -> None:
    november = entry("b", 2 * HOUR, Route.FAIR_USE, TODAY)
    with store.begin() as work:
        close(work, Month("2026-10"), entry("a", HOUR, Route.FAIR_USE), allowance=HOUR)
        post(work, entry("a", HOUR, Route.SLA), november, allowance=HOUR)
        assert standing(work) == {
            "fair_use:2026-10": HOUR,
            "review": HOUR,
            "sla": HOUR,
        }  # November's own hour is used, and October's is taken back where it was given


def test_b_what_other_tickets_settled_is_not_laid_anew_when_a_card_gets_room(store: Store) -> None:
    first, second = entry("a", 10 * HOUR, Route.HOUR_CARD), entry("b", 5 * HOUR, Route.HOUR_CARD, date(2026, 10, 6))
    with store.begin() as work:
        card = buy(work, 10)
        close(work, Month("2026-10"), first, second)
        assert standing(work) == {"invoice:2026-10": 5 * HOUR}
        post(work, entry("a", 10 * HOUR, Route.SLA), second)
        assert standing(work) == {"invoice:2026-10": 5 * HOUR, "sla": 10 * HOUR, f"card:{card}": -10 * HOUR}
