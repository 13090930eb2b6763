"""Why not another outcome: the fewest facts, exactly, and none that a person cannot change."""

from __future__ import annotations

import random
from datetime import date
from itertools import combinations, product
from typing import Any

import pytest

from rules.deciding.rule_book import RuleBook
from rules.loading import load_rules
from rules.proving.why_not import MOST_FACTS, why_not

OUTSIDE: dict[str, Any] = {
    "kind": "incident",
    "sla": True,
    "service": "website",
    "worked_before": True,
    "cause": "third_party",
    "hour_card": False,
    "reported_on": date(2026, 10, 5),
    "channel": "email",
}


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return load_rules()


def test_another_cause_would_have_made_it_inside(book: RuleBook) -> None:
    found = why_not(book, OUTSIDE, "scope", "included")
    assert {"cause": "care"} in [dict(one.facts) for one in found]
    assert {len(one.facts) for one in found} == {1}
    assert all(one.decision.scope == "included" for one in found)


def test_what_is_decided_so_already_needs_nothing(book: RuleBook) -> None:
    assert why_not(book, OUTSIDE, "scope", "not_included") == []


def test_what_a_person_cannot_change_is_never_proposed(book: RuleBook) -> None:
    without_sla = {**OUTSIDE, "sla": False}
    assert why_not(book, without_sla, "scope", "included") == []
    for part, outcome in (("scope", "included"), ("route", "quote"), ("next_step", "estimate")):
        for way in why_not(book, OUTSIDE, part, outcome):
            assert all(book.facts[name].actionable for name in way.facts)


def test_an_empty_fact_counts_as_one_that_would_have_to_be_filled_in(book: RuleBook) -> None:
    found = why_not(book, {**OUTSIDE, "cause": None}, "scope", "included")
    assert {"cause": "care"} in [dict(one.facts) for one in found]


def test_a_threshold_is_crossed_by_the_number_beside_it(book: RuleBook) -> None:
    change = {"kind": "change", "sla": True, "quote": "none", "clear": True, "expected_minutes": 60, "estimate": "none"}
    change |= {"acceptance": "none", "hour_card": True}
    found = [dict(one.facts) for one in why_not(book, change, "next_step", "do_now")]
    assert any(set(one) == {"expected_minutes"} and one["expected_minutes"] < 45 for one in found)


def test_an_outcome_that_there_is_not_is_told_with_those_that_there_are(book: RuleBook) -> None:
    with pytest.raises(ValueError, match=r"route=free is not an outcome.*hour_card"):
        why_not(book, OUTSIDE, "route", "free")


def test_no_way_with_fewer_facts_is_missed(book: RuleBook) -> None:
    """Against every combination of the values of two changeable facts, of tickets made at random."""
    chance = random.Random(5)
    choices: dict[str, list[Any]] = {
        "cause": list(book.facts["cause"].values),
        "worked_before": [True, False],
        "kind": list(book.facts["kind"].values),
        "quote": list(book.facts["quote"].values),
        "expected_minutes": [10, 45, 60, 240, 300],
        "clear": [True, False],
    }
    for _ in range(25):
        facts = {name: chance.choice(values) for name, values in choices.items() if chance.random() < 0.8}
        facts |= {"sla": chance.random() < 0.7, "service": "website", "channel": "web", "hour_card": True}
        outcome = chance.choice(book.definition.decisions["route"].outcomes)
        if book.decide(facts).route == outcome:
            continue
        ways = why_not(book, facts, "route", outcome)
        smallest = len(ways[0].facts) if ways else MOST_FACTS + 1
        for size in range(1, min(smallest, 3)):
            for names in combinations(choices, size):
                for values in product(*(choices[name] for name in names)):
                    changed = {**facts, **dict(zip(names, values, strict=True))}
                    assert book.decide(changed).route != outcome, (facts, changed)
