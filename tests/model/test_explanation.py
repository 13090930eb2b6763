"""What a ticket shows: the words of its decision, and where its time stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from care_sync.model.account import PENDING, REVIEW, SLA, WAIVED, Account, Leg
from care_sync.model.explanation import decided_apart, explain, our_tags, summed
from care_sync.model.month import Month
from care_sync.model.posted_entry import Basis, PostedEntry
from care_sync.model.time_entry import Link, LinkState, StoredEntry
from connectors.records import EntryKind, EntryState, TimeEntry
from rules.model.decision import Decision
from rules.model.words import Route

OCTOBER = Month("2026-10")


def decision(route: str = "hour_card", questions: tuple[str, ...] = ()) -> Decision:
    return Decision(
        scope="not_included", route=route, next_step="handle", questions=questions, rules=("R",), clauses=("Q5",),
        reason={"nl": "", "en": ""},
    )  # fmt: skip


def posted(*shares: Leg) -> PostedEntry:
    seconds = sum(share.seconds for share in shares)
    basis = Basis("5", "1", Route.HOUR_CARD, seconds, None, date(2026, 10, 5))
    return PostedEntry("a", "5", "1", OCTOBER, basis, seconds, shares, 1, date(2026, 10, 5))


def test_minutes_are_those_that_count_and_those_on_cards() -> None:
    explanation = explain(decision(), [posted(Leg(Account.card(7), 3661)), posted(Leg(Account.invoice(OCTOBER), 119))])
    assert (explanation.seconds, explanation.card_seconds) == (3780, 3661)
    assert explanation.fields()["care_minutes"] == 63
    assert explanation.fields()["care_card_minutes"] == 61


def test_k1_what_fair_use_does_not_cover_is_shown_as_review() -> None:
    within = explain(decision("fair_use"), [posted(Leg(Account.fair_use(OCTOBER), 600))])
    beyond = explain(decision("fair_use"), [posted(Leg(Account.fair_use(OCTOBER), 600), Leg(REVIEW, 60))])
    assert (within.route, beyond.route) == ("fair_use", "review")
    assert "care_route_review" in beyond.tags("care_")


ON_CARD, ON_INVOICE = Leg(Account.card(7), 3600), Leg(Account.invoice(OCTOBER), 600)


@pytest.mark.parametrize(
    ("decided", "legs", "shown", "further"),
    [
        ("hour_card", (), "hour_card", None),
        ("hour_card", (ON_INVOICE,), "invoice", "hour_card"),
        ("invoice", (ON_CARD,), "hour_card", "invoice"),
        ("invoice", (ON_CARD, ON_INVOICE), "hour_card", "invoice"),
        ("hour_card", (ON_CARD, Leg(Account.invoice(OCTOBER), 3601)), "invoice", "hour_card"),
        ("hour_card", (ON_CARD, Leg(PENDING, 60)), "pending", "hour_card"),
        ("fair_use", (Leg(Account.fair_use(OCTOBER), 900), Leg(REVIEW, 60)), "review", None),
        ("review", (Leg(WAIVED, 3600), ON_INVOICE), "invoice", "review"),
        ("review", (Leg(WAIVED, 3600),), "waived", "review"),
        ("hour_card", (Leg(Account.quote("12"), 3600),), "quote", "hour_card"),
    ],
)
def test_the_route_that_is_shown_is_where_the_time_stands(
    decided: str, legs: tuple[Leg, ...], shown: str, further: str | None
) -> None:
    explanation = explain(decision(decided), [posted(*legs)] if legs else [])
    assert (explanation.route, explanation.further) == (shown, further)
    assert f"route_{shown}" in explanation.tags("") & our_tags("")
    assert explanation.fields()["care_route"] == shown


def test_work_of_a_kind_that_is_decided_apart_counts_and_says_nothing_of_the_route() -> None:
    work = [posted(ON_INVOICE), replace(posted(Leg(SLA, 7200)), entry_key="intake")]
    explanation = explain(decision(), work, {"intake"})
    assert (explanation.route, explanation.seconds) == ("invoice", 7800)
    assert explain(decision(), work[1:], {"intake"}).route == "hour_card"


def test_a_card_and_the_invoice_are_one_payer_and_the_sla_is_another() -> None:
    entries = [
        StoredEntry(
            TimeEntry("t", "1", kind, EntryState.STOPPED, EntryKind.WORK, 60, date(2026, 10, 5)),
            1,
            Link(LinkState.LINKED, "1", "5", kind),
        )
        for kind in ("work", "intake", "extra_work")
    ]
    decisions = {"": decision("hour_card"), "work": decision("invoice"), "intake": decision("sla")}
    assert decided_apart(decisions, entries) == {"t:1:intake"}


def test_a_note_is_written_when_time_comes_to_stand_in_a_second_place() -> None:
    first = explain(decision(), [posted(ON_CARD)])
    assert first.hash != explain(decision(), [posted(ON_CARD, ON_INVOICE)]).hash


def test_a_note_is_about_the_explanation_and_never_about_minutes() -> None:
    first = explain(decision(), [posted(Leg(SLA, 60))])
    assert first.hash == explain(decision(), [posted(Leg(SLA, 6000))]).hash
    assert first.hash != explain(decision(questions=("cause",)), [posted(Leg(SLA, 60))]).hash
    assert first.hash != explain(decision(), [posted(Leg(PENDING, 60))]).hash


def test_our_tags_are_the_words_of_the_rules_behind_a_prefix() -> None:
    assert explain(decision(), []).tags("x_") <= our_tags("x_")
    assert "x_sla_gold" not in our_tags("x_")


def test_time_is_told_by_account_the_largest_first_and_nothing_of_nothing() -> None:
    legs = [Leg(SLA, 60), Leg(REVIEW, 120), Leg(SLA, 90), Leg(Account.card(7), 60), Leg(Account.card(7), -60)]
    assert [(part.account, part.seconds) for part in summed(legs)] == [(SLA, 150), (REVIEW, 120)]
