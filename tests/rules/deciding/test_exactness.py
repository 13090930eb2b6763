"""Decisions are those of trying everything, and answers those of trying every completion of what is not known."""

from __future__ import annotations

import random
from math import prod
from typing import Any

import pytest

from rules.deciding.compiled import Hole
from rules.deciding.rule_book import RuleBook
from rules.loading import SHIPPED
from tests.rules.oracle import Oracle, PlainRule, as_list
from tests.rules.random_tickets import given, random_ticket

TICKETS = 10_000
MOST_COMPLETIONS = 120


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    return Oracle(SHIPPED.read_text(encoding="utf-8"))


def test_every_ticket_whose_facts_are_known_is_decided_as_by_trying(book: RuleBook, oracle: Oracle) -> None:
    source = random.Random(20260101)
    for _ in range(TICKETS):
        facts = random_ticket(oracle, source)
        expected = oracle.everything_known(facts)
        decision = book.decide(given(facts))

        assert (decision.scope, decision.route, decision.next_step) == (
            expected["scope"],
            expected["route"],
            expected["next_step"],
        ), facts
        assert decision.questions == ()
        assert book.outcomes(given(facts)) == (decision.scope, decision.route, decision.next_step)


def test_what_is_not_known_is_decided_as_by_trying_every_completion(book: RuleBook, oracle: Oracle) -> None:
    source = random.Random(20260102)
    may_be_unknown = [name for name, fact in oracle.facts.items() if "ask" in fact and "absent" not in fact]
    open_tickets = 0
    for _ in range(TICKETS):
        facts = random_ticket(oracle, source)
        unknown = source.sample(may_be_unknown, source.randint(1, 9))
        while prod(len(oracle.values[name]) for name in unknown) > MOST_COMPLETIONS:
            unknown.pop()
        expected, questions = oracle.answers(facts, unknown)
        decision = book.decide(given(facts, unknown))

        outcomes = book.outcomes(given(facts, unknown))
        assert outcomes == (decision.scope, decision.route, decision.next_step), (facts, unknown)
        shown = {"scope": decision.scope, "route": decision.route, "next_step": decision.next_step}
        assert shown == expected, (facts, unknown)
        assert set(decision.questions) == questions, (facts, unknown)
        open_tickets += bool(questions)
    assert open_tickets > TICKETS / 10


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
