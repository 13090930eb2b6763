"""What a set of cases shows of a rules file: its rules, its clauses, and each side of its thresholds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from rules.deciding.rule_book import RuleBook
from rules.model.facts import FactType
from rules.proving.cases import Case


@dataclass(frozen=True, slots=True)
class Coverage:
    """Rules and clauses that decided some case, and those that decided none.

    Rules that are never mentioned (``silent``) are left out. ``sides`` counts cases by threshold (``fact parameter``)
    and side (``below``, ``at``, ``above``).
    """

    rules_shown: frozenset[str]
    rules_missing: frozenset[str]
    clauses_shown: frozenset[str]
    clauses_missing: frozenset[str]
    sides: Counter[tuple[str, str]]


def coverage_of(book: RuleBook, cases: Iterable[Case]) -> Coverage:
    """Run the cases and note which way each took."""
    rules: set[str] = set()
    clauses: set[str] = set()
    numbers = [fact for fact in book.facts.values() if fact.type is FactType.NUMBER]
    thresholds = {
        f"{fact.name} {name}": (fact.name, value)
        for fact in numbers
        for name, parameter in book.parameters.items()
        if parameter.unit == fact.unit
        for _, value in parameter.values
    }
    sides: Counter[tuple[str, str]] = Counter({(name, "at"): 0 for name in thresholds})
    for case in cases:
        decision = book.decide(case.facts)
        rules.update(decision.rules)
        clauses.update((*decision.clauses, *case.clauses))
        for threshold, (name, value) in thresholds.items():
            given = case.facts.get(name)
            if given is not None:
                sides[threshold, "below" if given < value else "at" if given == value else "above"] += 1
    spoken = {name for name, rule in book.rules.items() if not rule.silent}
    kept = {name for name, clause in book.clauses.items() if not clause.kept_by_ledger}
    return Coverage(
        frozenset(rules & spoken),
        frozenset(spoken - rules),
        frozenset(clauses & kept),
        frozenset(kept - clauses),
        sides,
    )
