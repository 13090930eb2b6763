"""The rules as Python say what the engine says, whatever the numbers, the names and the days."""

from __future__ import annotations

import ast
import random
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.deciding.rule_book import RuleBook
from rules.loading import load_text
from tests.rules.oracle import Oracle
from tests.rules.random_tickets import given as given_facts
from tests.rules.random_tickets import random_ticket
from tests.rules.small import SMALL, changed


def both(book: RuleBook, facts: dict[str, Any], **judged: Any) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
    """What the generated Python says, and what the engine says."""
    decision = book.decide(facts, **judged)
    return tuple(book.outcomes(facts, **judged)), (decision.scope, decision.route, decision.next_step)


def test_it_is_python_that_a_person_can_read(book: RuleBook) -> None:
    source = book.decider().engine.generated.source

    functions = [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    assert {"scope_of", "route_of", "next_step_of", "decide"} <= set(functions)
    assert "if expected_minutes < SMALL_BELOW:" in source
    assert max(map(len, source.splitlines())) <= 160


minutes = st.integers(0, 600)
whole_days = st.dates(date(2024, 1, 1), date(2027, 12, 31))


@settings(max_examples=20, deadline=None)
@given(
    short=st.sampled_from([0, 1, 15, 44, 45, 240]),
    small=st.sampled_from([1, 15, 45, 46, 240, 300]),
    quote=st.sampled_from([15, 45, 239, 240, 241]),
    seed=st.integers(0, 2**32),
)
@pytest.mark.slow
def test_it_agrees_for_customers_whatever_order_their_numbers_stand_in(
    book: RuleBook, short: int, small: int, quote: int, seed: int
) -> None:
    agreement = (
        f"  - {{organization: one, because: x, parameters: {{short_question: {short} minutes, "
        f"small_below: {small} minutes, quote_above: {quote} minutes}}}}\n"
    )
    other = load_text(book.text.replace("agreements: []\n", f"agreements:\n{agreement}"))
    oracle, source = Oracle(book.text), random.Random(seed)
    for _ in range(25):
        facts = given_facts(random_ticket(oracle, source))
        for name in list(facts):
            if name not in ("activity", "covered_services") and source.random() < 0.25:
                del facts[name]
        if "expected_minutes" in facts:
            near = source.choice((short, small, quote)) + source.choice((-1, 0, 1))
            facts["expected_minutes"] = max(0, near)
        said, expected = both(other, facts, organization="one")
        assert said == expected, facts


@settings(max_examples=200, deadline=None)
@given(
    sla=st.sampled_from([True, False, None]),
    amount=st.one_of(st.none(), minutes),
    kind=st.sampled_from(["incident", "change", "other", None]),
    since=st.one_of(st.none(), whole_days),
    about=st.sampled_from(["website", "mail", "Phone", None]),
    on=whole_days,
)
def test_it_agrees_on_dates_texts_and_versions(
    sla: bool | None, amount: int | None, kind: str | None, since: date | None, about: str | None, on: date
) -> None:
    facts = {"sla": sla, "minutes": amount, "kind": kind, "since": since, "about": about}

    said, expected = both(VERSIONED, facts, on=on)

    assert said == expected


MORE_FACTS = """\
  since:
    type: date
    ask: {nl: "Sinds?", en: "Since?"}
  about:
    type: text
    ask: {nl: "Waarover?", en: "What about?"}
decisions:
"""
VERSIONED = load_text(
    changed("value: 45 minutes", "value: [{is: 45 minutes}, {from: 2026-07-01, is: 90 minutes}]")
    .replace("decisions:\n", MORE_FACTS, 1)
    .replace("{minutes: more than long}", "{minutes: more than long, since: on or after 2026-02-01, about: not mail}")
)


def test_names_that_mean_something_in_python_are_no_trouble() -> None:
    text = SMALL.replace("minutes:", "lambda:").replace("{sla:", "{get:").replace("  sla:\n", "  get:\n")
    text = text.replace("  long:", "  class:").replace("more than long", "more than class").replace("{long}", "{class}")
    book = load_text(text)

    for facts in ({"get": "yes", "lambda": 46}, {"get": "yes", "lambda": 45}, {"get": "no"}, {"kind": "other"}, {}):
        said, expected = both(book, facts)
        assert said == expected, facts


def test_words_of_the_rules_are_never_run() -> None:
    word = "x'); raise SystemExit('ran'); ('"
    text = changed("values: [incident, change, other]", f'values: [incident, change, "{word}"]')
    text = text.replace("when: {kind: other}", f'when: {{kind: "{word}"}}').replace('en: "Scope"', 'en: \'"""; 1/0\'')
    book = load_text(text)

    said, expected = both(book, {"kind": word, "sla": "no"})

    assert said == expected == ("not_included", "invoice", "ask")
