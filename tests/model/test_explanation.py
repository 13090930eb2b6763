"""What a ticket shows: the words of its decision, and where its time stands."""

from __future__ import annotations

from datetime import date

from care_sync.model.account import REVIEW, SLA, Account, Leg
from care_sync.model.explanation import explain, our_tags, summed
from care_sync.model.month import Month
from care_sync.model.posted_entry import Basis, PostedEntry
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


def test_a_note_is_about_the_explanation_and_never_about_minutes() -> None:
    first = explain(decision(), [posted(Leg(SLA, 60))])
    assert first.hash == explain(decision(), [posted(Leg(SLA, 6000))]).hash
    assert first.hash != explain(decision(questions=("cause",)), [posted(Leg(SLA, 60))]).hash
    assert first.hash != explain(decision("invoice"), [posted(Leg(SLA, 60))]).hash


def test_our_tags_are_the_words_of_the_rules_behind_a_prefix() -> None:
    assert explain(decision(), []).tags("x_") <= our_tags("x_")
    assert "x_sla_gold" not in our_tags("x_")


def test_time_is_told_by_account_the_largest_first_and_nothing_of_nothing() -> None:
    legs = [Leg(SLA, 60), Leg(REVIEW, 120), Leg(SLA, 90), Leg(Account.card(7), 60), Leg(Account.card(7), -60)]
    assert [(part.account, part.seconds) for part in summed(legs)] == [(SLA, 150), (REVIEW, 120)]
