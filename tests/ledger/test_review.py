"""Reviewed time: a person charges all, part or nothing, with a reason, and all of that is kept (K1, O4, X1)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care_sync.errors import UserError
from care_sync.ledger.review import NOT_UNDERSTOOD, NOTHING_WAITED, decide, reviewed, take_rulings, waiting
from care_sync.model.decided_time import DecidedTime
from care_sync.model.mark import DirtyKind
from care_sync.model.month import Month
from care_sync.model.review import Ruling, ruling_of
from care_sync.store import Store, UnitOfWork
from connectors.records import FieldValue, Ticket, TicketStatus
from rules.model.words import Route
from tests.ledger.book_keeping import HOUR, NOW, TODAY, close, entry, post, standing

WORKED = (
    entry("a", HOUR, Route.FAIR_USE),
    entry("b", 2 * HOUR, Route.REVIEW, date(2026, 10, 6)),
    entry("c", HOUR, Route.REVIEW, ticket="2"),
    entry("d", HOUR, Route.SLA),
)


def rule(work: UnitOfWork, seconds: int | None, *, ticket: str = "1", reason: str = "agreed") -> None:
    decide(work, waiting(work, ticket_id=ticket), Ruling(seconds), reason=reason, actor="anna", now=NOW)


def test_what_waits_is_told_in_the_order_it_was_worked(store: Store) -> None:
    with store.begin() as work:
        post(work, *WORKED, allowance=600)
        assert [(one.entry_key, one.seconds) for one in waiting(work)] == [
            ("a", HOUR - 600),
            ("c", HOUR),
            ("b", 2 * HOUR),
        ]
        assert [one.entry_key for one in waiting(work, ticket_id="2")] == ["c"]
        assert waiting(work, organization_id="6") == []


@pytest.mark.parametrize(
    ("seconds", "charged"), [(None, 3 * HOUR - 600), (0, 0), (HOUR, HOUR), (3 * HOUR - 600, 3 * HOUR - 600)]
)
def test_all_part_or_nothing_of_a_ticket_is_charged(store: Store, seconds: int | None, charged: int) -> None:
    with store.begin() as work:
        post(work, *WORKED, allowance=600)
        rule(work, seconds)
        assert list(work.dirty.take(DirtyKind.TICKET)) == ["1"]
        post(work, *WORKED, allowance=600)
        stands = standing(work)
        assert stands.get("invoice:2026-10", 0) == charged
        assert stands.get("waived", 0) == 3 * HOUR - 600 - charged
        assert stands["review"] == HOUR
        assert stands["fair_use:2026-10"] == 600


def test_part_of_a_ticket_is_charged_in_the_order_it_was_worked(store: Store) -> None:
    with store.begin() as work:
        post(work, *WORKED)
        rule(work, HOUR + 60)
        verdicts = work.verdicts.get_many(["a", "b"])
    assert {key: [one.charged_seconds for one in given] for key, given in verdicts.items()} == {"a": [HOUR], "b": [60]}


def test_a_ruling_judges_what_waits_and_leaves_what_was_judged_before(store: Store) -> None:
    with store.begin() as work:
        post(work, entry("a", HOUR, Route.REVIEW))
        rule(work, 600)
        post(work, entry("a", 2 * HOUR, Route.REVIEW))
        rule(work, None, reason="the rest is theirs")
        post(work, entry("a", 2 * HOUR, Route.REVIEW))
        assert standing(work) == {"invoice:2026-10": 600 + HOUR, "waived": HOUR - 600}
        history = work.verdicts.get_many(["a"])["a"]
    assert [(one.judged_seconds, one.charged_seconds, one.reason, one.actor) for one in history] == [
        (HOUR, 600, "agreed", "anna"),
        (2 * HOUR, 600 + HOUR, "the rest is theirs", "anna"),
    ]


def test_an_entry_is_judged_anew(store: Store) -> None:
    with store.begin() as work:
        post(work, entry("a", HOUR, Route.REVIEW))
        rule(work, None)
        post(work, entry("a", HOUR, Route.REVIEW))
        item = reviewed(work, "a")
        decide(work, [item], Ruling(0), reason="our mistake", actor="bert", now=NOW, anew=True)
        post(work, entry("a", HOUR, Route.REVIEW))
        assert standing(work) == {"waived": HOUR}


def test_time_that_waited_when_its_month_closed_is_charged_in_the_open_one(store: Store) -> None:
    with store.begin() as work:
        close(work, Month("2026-10"), *WORKED)
        rule(work, None)
        post(work, *WORKED)
        assert standing(work) == {"review": HOUR, "sla": HOUR, "invoice:2026-11": 3 * HOUR}


@pytest.mark.parametrize(
    ("seconds", "reason", "told"),
    [(None, "  ", "needs a reason"), (4 * HOUR, "x", "cannot be charged"), (-60, "x", "cannot be charged")],
)
def test_a_ruling_that_will_not_do_is_told_and_nothing_is_kept(
    store: Store, seconds: int | None, reason: str, told: str
) -> None:
    with store.begin() as work:
        post(work, *WORKED)
        with pytest.raises(UserError, match=told):
            rule(work, seconds, reason=reason)
        assert work.verdicts.get_many(["a", "b"]) == {}


def test_what_does_not_wait_cannot_be_judged(store: Store) -> None:
    with store.begin() as work:
        post(work, *WORKED)
        with pytest.raises(UserError, match="nothing waits"):
            rule(work, None, ticket="9")
        for key in ("d", "unknown"):
            with pytest.raises(UserError, match="no time to review"):
                reviewed(work, key)


# --- from the helpdesk -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "tags", "charged"),
    [
        ("all", (), None),
        ("Alles", (), None),
        ("care_review_all", ("care_review_all", "vip"), None),
        ("none", (), 0),
        ("niets", (), 0),
        ("30", (), 1800),
        (45, (), 2700),
        ("90 min", (), 5400),
        (None, ("care_review_30",), 1800),
        (None, ("care_review_charge_none",), 0),
    ],
)
def test_a_ticket_says_what_is_charged_by_field_or_tag(
    value: FieldValue, tags: tuple[str, ...], charged: int | None
) -> None:
    assert ruling_of({"care_review": value}, tags) == Ruling(charged)


@pytest.mark.parametrize("fields", [{}, {"care_review": None}, {"care_review": " "}, {"cause": "all"}])
def test_a_ticket_that_says_nothing_decides_nothing(fields: dict[str, FieldValue]) -> None:
    assert ruling_of(fields, ["all", "care_reviewed", "route_review"]) is None


@pytest.mark.parametrize(
    ("value", "tags"), [("maybe", ()), ("-5", ()), ("all", ("care_review_none",)), (True, ()), ("1e9", ())]
)
def test_what_cannot_be_understood_is_told(value: FieldValue, tags: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"known here|which of them"):
        ruling_of({"care_review": value}, tags)


@given(st.one_of(st.none(), st.text(), st.integers(), st.booleans()), st.lists(st.text()))
def test_whatever_a_ticket_says_is_a_ruling_nothing_or_told(value: FieldValue, tags: list[str]) -> None:
    try:
        found = ruling_of({"care_review": value}, tags)
    except ValueError:
        return
    assert found is None or found.charged_seconds is None or found.charged_seconds >= 0


def ticket(said: FieldValue, reason: str | None = None) -> Ticket:
    fields = {"care_review": said, "care_review_reason": reason}
    return Ticket("1", "123", "Vraag", TicketStatus.OPEN, NOW, NOW, fields=fields)


def test_what_an_agent_says_is_taken_once_and_does_not_judge_what_comes_later(store: Store) -> None:
    with store.begin() as work:
        post(work, entry("a", HOUR, Route.REVIEW))
        (taken,) = take_rulings(work, [ticket("all", "third time")], NOW)
        assert (taken.charged_seconds, taken.reason, taken.actor) == (HOUR, "third time", "helpdesk")
        post(work, entry("a", HOUR, Route.REVIEW))
        assert take_rulings(work, [ticket("all")], NOW) == []

        later = [entry("a", HOUR, Route.REVIEW), entry("b", 600, Route.REVIEW, TODAY)]
        post(work, *later)
        assert take_rulings(work, [ticket("all")], NOW) == []
        assert [one.entry_key for one in waiting(work)] == ["b"]

        assert take_rulings(work, [ticket(None)], NOW) == []
        (again,) = take_rulings(work, [ticket("all")], NOW)
        assert (again.entry_key, again.reason) == ("b", "decided in the ticket")


@pytest.mark.parametrize("said", ["all", "none", "30"])
def test_what_an_agent_says_while_nothing_waits_is_answered_and_never_counts_for_what_comes_later(
    store: Store, said: str
) -> None:
    with store.begin() as work:
        assert take_rulings(work, [ticket(said)], NOW) == []
        (answer,) = work.attention.all(NOTHING_WAITED)
        assert "#123 charges nothing: nothing waits" in answer.message

        post(work, entry("a", 90 * 60, Route.REVIEW))
        assert take_rulings(work, [ticket(said)], NOW) == []
        post(work, entry("a", 90 * 60, Route.REVIEW))
        assert standing(work) == {"review": 90 * 60}

        assert take_rulings(work, [ticket(None)], NOW) == []
        assert work.attention.all(NOTHING_WAITED) == []
        assert len(take_rulings(work, [ticket(said)], NOW)) == 1


def test_another_word_of_an_agent_is_answered_too(store: Store) -> None:
    with store.begin() as work:
        post(work, entry("a", HOUR, Route.REVIEW))
        take_rulings(work, [ticket("all")], NOW)
        post(work, entry("a", HOUR, Route.REVIEW))
        assert take_rulings(work, [ticket("none")], NOW) == []
        assert len(work.attention.all(NOTHING_WAITED)) == 1


def test_a_word_after_one_that_was_not_understood_is_a_new_one(store: Store) -> None:
    with store.begin() as work:
        take_rulings(work, [ticket("all")], NOW)
        take_rulings(work, [ticket("perhaps")], NOW)
        post(work, entry("a", HOUR, Route.REVIEW))
        assert len(take_rulings(work, [ticket("all")], NOW)) == 1


# --- a verdict holds where it was given --------------------------------------------------------------------------


def waits(ticket_id: str = "1", route: Route = Route.REVIEW) -> DecidedTime:
    return entry("e", HOUR, route, ticket=ticket_id)


@pytest.mark.parametrize("route", [Route.REVIEW, Route.FAIR_USE])
@pytest.mark.parametrize("charged", [None, 0, 600])
def test_a_verdict_stays_with_the_customer_for_whom_it_was_given_and_is_found_again(
    store: Store, charged: int | None, route: Route
) -> None:
    with store.begin() as work:
        post(work, waits(route=route))
        rule(work, charged)
        post(work, waits(route=route))
        judged = standing(work)
        assert "review" not in judged

        post(work, waits("7", route), customer="6")
        assert standing(work, "6") == {"review": HOUR}
        assert standing(work) == {}

        post(work, waits(route=route))
        assert standing(work) == judged
        assert standing(work, "6") == {}


def test_a_verdict_stays_with_the_ticket_for_which_it_was_given(store: Store) -> None:
    with store.begin() as work:
        post(work, waits())
        rule(work, None)
        post(work, waits("2"))
        assert standing(work) == {"review": HOUR}
        rule(work, 0, ticket="2")
        post(work, waits("2"))
        assert standing(work) == {"waived": HOUR}
        post(work, waits())
        assert standing(work) == {"invoice:2026-10": HOUR}


def test_a_merged_ticket_is_the_same_place_however_often_it_is_merged(store: Store) -> None:
    with store.begin() as work:
        post(work, waits())
        rule(work, 600)
        work.tickets.upsert([merged("1", "2"), merged("2", "3"), merged("3", None)], NOW)
        for place in ("2", "3"):
            post(work, waits(place))
            assert standing(work) == {"invoice:2026-10": 600, "waived": HOUR - 600}
        assert [one.seconds for one in waiting(work)] == []


def test_tickets_merged_in_a_circle_stop_nobody(store: Store) -> None:
    with store.begin() as work:
        post(work, waits())
        rule(work, 600)
        work.tickets.upsert([merged("1", "2"), merged("2", "1")], NOW)
        post(work, waits())
        assert standing(work) == {"invoice:2026-10": 600, "waived": HOUR - 600}


def test_time_judged_before_its_month_closed_waits_again_at_another_customer(store: Store) -> None:
    with store.begin() as work:
        post(work, waits())
        rule(work, None)
        close(work, Month("2026-10"), waits())
        assert standing(work) == {"invoice:2026-10": HOUR}

        post(work, waits("7"), customer="6")
        post(work, gone=("e",))
        assert standing(work, "6") == {"review": HOUR}
        assert standing(work) == {"invoice:2026-10": HOUR, "invoice:2026-11": -HOUR}


def merged(ticket_id: str, into: str | None) -> Ticket:
    return Ticket(ticket_id, f"10{ticket_id}", "Vraag", TicketStatus.CLOSED, NOW, NOW, merged_into=into)


def test_more_minutes_than_wait_charge_what_waits(store: Store) -> None:
    with store.begin() as work:
        post(work, entry("a", 600, Route.REVIEW))
        assert [one.charged_seconds for one in take_rulings(work, [ticket("30")], NOW)] == [600]


def test_a_field_that_cannot_be_read_is_put_on_the_list_until_it_can(store: Store) -> None:
    with store.begin() as work:
        take_rulings(work, [ticket("perhaps")], NOW)
        (told,) = work.attention.all(NOT_UNDERSTOOD)
        assert "#123" in told.message
        take_rulings(work, [ticket("all")], NOW)
        assert work.attention.all(NOT_UNDERSTOOD) == []
