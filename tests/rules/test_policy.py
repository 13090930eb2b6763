"""The shipped rules say what the policy says, and no rule of theirs is there for nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.deciding.compiled import Hole
from rules.deciding.rule_book import RuleBook
from rules.loading import SHIPPED, load_rules, load_text
from rules.model.definition import Rule
from tests.rules.policy import SITUATIONS, Situation

POLICY = Path(__file__).parents[3] / "shared" / "policy" / "clauses.md"


def answer(book: RuleBook, one: Situation) -> tuple[str, str, str]:
    decision = book.decide(one.facts)
    return (decision.scope, decision.route, decision.next_step)


@pytest.mark.parametrize("one", SITUATIONS, ids=lambda one: one.name)
def test_the_policy_says(book: RuleBook, one: Situation) -> None:
    decision = book.decide(one.facts)

    assert (decision.scope, decision.route, decision.next_step) == (one.scope, one.route, one.next_step)
    if one.questions is not None:
        assert set(decision.questions) == one.questions


def test_every_clause_that_rules_keep_has_a_situation(book: RuleBook) -> None:
    shown = {clause for one in SITUATIONS for clause in one.clauses}

    assert {clause.id for clause in book.clauses.values() if not clause.kept_by_ledger} <= shown


def test_every_clause_of_the_policy_is_in_the_file(book: RuleBook) -> None:
    if not POLICY.exists():
        pytest.skip("the policy's own page is not beside this repository")
    numbered = {
        line.split("|")[1].strip() for line in POLICY.read_text(encoding="utf-8").splitlines() if line.startswith("| ")
    }
    expected = {one for one in numbered if one[:1].isupper() and one[1:2].isdigit() and len(one) <= 3}
    expected |= {"N1", "N2", "N3", "N4"}

    assert set(book.clauses) == expected


def test_a_situation_that_is_settled_asks_nothing(book: RuleBook) -> None:
    for one in SITUATIONS:
        decision = book.decide(one.facts)
        if decision.route != "pending" and decision.scope != "undetermined":
            assert not decision.questions or decision.next_step == "ask", one.name


def without(text: str, line: int) -> str:
    """The file without the rule that begins on ``line``, and without a list that is empty then."""
    lines = text.splitlines()
    first = line - 1
    while not lines[first].lstrip().startswith("- id:"):
        first -= 1
    indent = len(lines[first]) - len(lines[first].lstrip())
    last = first + 1
    while last < len(lines) and (not lines[last].strip() or len(lines[last]) - len(lines[last].lstrip()) > indent):
        last += 1
    del lines[first:last]
    parent = first - 1
    while not lines[parent].strip() or lines[parent].lstrip().startswith("#"):
        parent -= 1
    sibling = first < len(lines) and lines[first].startswith(" " * indent + "- ")
    if lines[parent].strip() in ("unless:", "rules:") and not sibling:
        lines[parent] += " []"
    return "\n".join(lines) + "\n"


def undecided(book: RuleBook) -> bool:
    """Whether some situation is left without an outcome."""
    compiled = book.decider().engine.compiled
    leaves = [leaf for root in compiled.outcomes.values() for leaf in compiled.diagrams.results(root)]
    return any(isinstance(leaf, Hole) for leaf in leaves)


@pytest.mark.parametrize("rule", load_rules().rules.values(), ids=lambda rule: rule.id)
def test_no_rule_can_be_removed_unnoticed(rule: Rule) -> None:
    text = without(SHIPPED.read_text(encoding="utf-8"), rule.line)
    assert f"id: {rule.id}\n" not in text

    poorer = load_text(text)

    if rule.then in ("pending", "ask"):
        # What holds time, or asks, says the same as not knowing: what is missed is the certainty that it is meant.
        assert undecided(poorer)
        return
    assert any(answer(poorer, one) != (one.scope, one.route, one.next_step) for one in SITUATIONS)
