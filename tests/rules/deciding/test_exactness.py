"""Decisions are those of trying everything, and answers those of trying every completion of what is not known."""

from __future__ import annotations

from typing import Any

import pytest

from rules.deciding.compiled import Hole
from rules.deciding.rule_book import RuleBook
from rules.loading import SHIPPED
from tests.rules.exactness import decide_known, decide_open
from tests.rules.oracle import Oracle, PlainRule, as_list

TICKETS = 500
"""``python -m tests.rules.exactness`` takes as many as wanted."""


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    return Oracle(SHIPPED.read_text(encoding="utf-8"))


def test_every_ticket_whose_facts_are_known_is_decided_as_by_trying(book: RuleBook, oracle: Oracle) -> None:
    decide_known(book, oracle, TICKETS, seed=20260101)


def test_what_is_not_known_is_decided_as_by_trying_every_completion(book: RuleBook, oracle: Oracle) -> None:
    assert decide_open(book, oracle, TICKETS, seed=20260102) > TICKETS / 10


@pytest.mark.parametrize("decision", ["time", "work", "scope", "charge", "route", "next_step"])
def test_each_decision_agrees_with_trying_everywhere(book: RuleBook, oracle: Oracle, decision: str) -> None:
    """Every combination of what the rules of a decision test, by setting aside the rules that cannot apply any more.

    What is left when no rule tests anything more is one outcome for all that is left open, in the diagram as well.
    """
    compiled = book.decider().engine.compiled
    diagrams = compiled.diagrams
    own = compiled.own[decision]
    values = {**oracle.values, "activity": (*oracle.values["activity"], "whole_ticket")}
    seen = 0

    def compare(node: int, rules: tuple[PlainRule, ...], known: dict[str, Any]) -> None:
        nonlocal seen
        name = next((name for rule in rules for name in facts_of(rule) if name not in known), None)
        if name is None:
            outcomes = {rule.then for rule in oracle.winners(rules, known)}
            expected = outcomes.pop() if len(outcomes) == 1 else (Hole.CONFLICT if outcomes else Hole.GAP)
            assert diagrams.results(node) == {expected}, known
            seen += 1
            return
        for cell, parts in cells_of(name):
            more = {**known, name: cell, **parts}
            left = tuple(rule for rule in rules if still_possible(rule, more))
            compare(restricted(node, compiled.position[name], cell), left, more)

    def cells_of(name: str) -> list[tuple[int, dict[str, Any]]]:
        """Each cell with values that lie in it."""
        if name in compiled.decisions:
            return [(index, {name: word}) for index, word in enumerate(compiled.words(name))]
        fact, variable = book.facts[name], compiled.applied.variables[name]
        found: dict[int, dict[str, Any]] = {}
        if fact.parents:
            for one in values[fact.parents[0]]:
                for other in values[fact.parents[1]]:
                    found.setdefault(variable.index((one, other)), dict(zip(fact.parents, (one, other), strict=True)))
        else:
            for value in values[name]:
                found.setdefault(variable.index(value == "yes" if fact.type == "yes or no" else value), {name: value})
        assert len(found) == variable.size
        return sorted(found.items())

    def still_possible(rule: PlainRule, known: dict[str, Any]) -> bool:
        pairs = zip(rule.when, rule.tests, strict=True)
        return all(test(known) for (name, _), test in pairs if name in known)

    def restricted(node: int, position: int, cell: int) -> int:
        if diagrams.variable[node] > position:
            return node
        if diagrams.variable[node] == position:
            return int(diagrams.children[node][cell])
        branches = tuple(restricted(child, position, cell) for child in diagrams.children[node])
        return diagrams.node(diagrams.variable[node], branches)

    compare(own, oracle.rules[decision], {})
    assert seen >= len(book.definition.decisions[decision].outcomes)


def facts_of(rule: PlainRule) -> list[str]:
    return [name for name, _ in rule.when] + [name for one in rule.unless for name in facts_of(one)]


def test_the_oracle_reads_the_rules_by_itself(oracle: Oracle, book: RuleBook) -> None:
    assert {rule.id for rule in oracle.every_rule()} == set(book.rules)
    assert as_list("a") == ["a"]
