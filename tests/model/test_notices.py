"""What a customer must be told, once each (I4)."""

from __future__ import annotations

from datetime import date

import pytest

from care_sync.model.account import PENDING, SLA, Account, Leg
from care_sync.model.decision import DecisionChange
from care_sync.model.month import Month
from care_sync.model.notices import OUTSIDE_BEFORE, NoticeKind, due_notices, is_so, still_given
from care_sync.model.posted_entry import Basis, PostedEntry
from rules.model.decision import Decision
from rules.model.words import Route

SEPTEMBER, OCTOBER = Month("2026-09"), Month("2026-10")
CARD, INVOICE = Account.card(7), Account.invoice(OCTOBER)


def decision(scope: str, route: str, *clauses: str) -> Decision:
    return Decision(
        scope=scope, route=route, next_step="handle", questions=(), rules=(), clauses=clauses,
        reason={"nl": "", "en": ""},
    )  # fmt: skip


UNKNOWN = decision("undetermined", "pending", "I4")
INSIDE = decision("included", "sla", "S1")
OUTSIDE = decision("not_included", "hour_card", "I3a", "I4")
ON_QUOTE = decision("not_included", "quote", "Q1", "I4")
A_CHANGE = decision("not_included", "hour_card", "N1")


def turn(before: Decision | None, after: Decision, *differing: str) -> DecisionChange:
    return DecisionChange("1", before, after, frozenset(differing))


def posted(*shares: Leg, route: Route = Route.HOUR_CARD, month: Month = OCTOBER) -> PostedEntry:
    seconds = sum(share.seconds for share in shares)
    basis = Basis("5", "1", route, seconds, None, date(2026, 10, 5))
    return PostedEntry("a", "5", "1", month, basis, seconds, shares, 1, date(2026, 10, 5))


def test_a_ticket_that_turned_out_to_be_outside_is_told_with_what_it_costs() -> None:
    time = posted(Leg(CARD, 3600), Leg(INVOICE, 600), Leg(SLA, 60))
    (notice,) = due_notices(OUTSIDE, turn(UNKNOWN, OUTSIDE, "cause"), [time], (), None)
    assert notice.kind is NoticeKind.TURNED_OUTSIDE
    assert {(part.account, part.seconds) for part in notice.time} == {(CARD, 3600), (INVOICE, 600)}
    assert not notice.by_person


def test_it_is_told_once() -> None:
    assert due_notices(OUTSIDE, None, [], ("turned_outside",), None) == []


@pytest.mark.parametrize("before", [None, UNKNOWN, INSIDE, A_CHANGE, OUTSIDE])
def test_it_is_told_because_it_is_so_and_not_because_it_was_seen_to_turn(before: Decision | None) -> None:
    for seen in (None, turn(before, OUTSIDE)):
        assert [notice.key for notice in due_notices(OUTSIDE, seen, [], (), None)] == ["turned_outside"]


@pytest.mark.parametrize("after", [ON_QUOTE, A_CHANGE, UNKNOWN])
def test_nothing_is_told_of_what_is_not_outside_and_charged_by_i4(after: Decision) -> None:
    assert due_notices(after, turn(UNKNOWN, after), [], (), None) == []


def test_nothing_became_clear_of_a_ticket_that_never_could_be_inside() -> None:
    assert due_notices(OUTSIDE, None, [], (), None, is_open_at_first=False) == []


def test_what_was_outside_before_is_not_told_until_it_turns_anew() -> None:
    assert due_notices(OUTSIDE, None, [], (OUTSIDE_BEFORE,), None) == []
    assert due_notices(INSIDE, None, [], (OUTSIDE_BEFORE,), None) == []
    assert still_given(OUTSIDE, (OUTSIDE_BEFORE,)) == (OUTSIDE_BEFORE,)
    assert still_given(INSIDE, ("charged_undetermined:2026-09", OUTSIDE_BEFORE)) == ("charged_undetermined:2026-09",)


def test_after_a_credit_a_customer_is_told_anew() -> None:
    told = ("turned_outside", "credited_back")
    assert [notice.key for notice in due_notices(OUTSIDE, None, [], told, None)] == ["turned_outside"]


def test_who_was_told_is_not_told_again_because_it_was_undetermined_meanwhile() -> None:
    told = ("turned_outside", "charged_undetermined:2026-09")
    assert due_notices(OUTSIDE, turn(UNKNOWN, OUTSIDE), [], told, SEPTEMBER) == []


@pytest.mark.parametrize(
    ("key", "holds"),
    [
        ("turned_outside", [False, True, False]),
        ("credited_back", [True, False, False]),
        ("charged_undetermined:2026-09", [False, True, True]),
    ],
)
def test_what_a_notice_says_is_so_or_not(key: str, holds: list[bool]) -> None:
    assert [is_so(key, decision) for decision in (INSIDE, OUTSIDE, UNKNOWN)] == holds


def test_an_agreement_that_changed_is_for_a_person_to_explain() -> None:
    (notice,) = due_notices(OUTSIDE, turn(INSIDE, OUTSIDE, "sla"), [], (), None)
    assert notice.by_person


def test_time_that_a_closing_charged_is_told_for_each_month() -> None:
    charged = [
        posted(Leg(Account.invoice(SEPTEMBER), 600), route=Route.PENDING, month=SEPTEMBER),
        posted(Leg(INVOICE, 900), route=Route.PENDING),
        posted(Leg(PENDING, 60), route=Route.PENDING),
    ]
    notices = due_notices(UNKNOWN, None, charged, (), OCTOBER)
    assert [notice.key for notice in notices] == ["charged_undetermined:2026-09", "charged_undetermined:2026-10"]
    given = tuple(notice.key for notice in notices[:1])
    assert [notice.period for notice in due_notices(UNKNOWN, None, charged, given, OCTOBER)] == [OCTOBER]


def test_who_was_told_that_it_is_charged_is_told_that_it_is_credited() -> None:
    (notice,) = due_notices(INSIDE, None, [], ("charged_undetermined:2026-09",), OCTOBER)
    assert notice.kind is NoticeKind.CREDITED_BACK


def test_who_was_never_told_of_a_charge_is_not_told_of_a_credit() -> None:
    assert due_notices(INSIDE, None, [], (), None) == []
    assert due_notices(INSIDE, None, [], ("low_balance",), None) == []
