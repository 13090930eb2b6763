"""What to do about rules that contradict each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from rules.deciding.compiled import CompiledDecisions
from rules.model.definition import Rule


def separated(compiled: CompiledDecisions, rules: Sequence[Rule]) -> str:
    """How the first two rules that contradict each other are told apart, in words.

    Where one applies to less than the other, it is most likely meant as an exception. An exception inherits the
    conditions of its rule and wins over it, so that moving it there changes nothing else.
    """
    first, second = next(pair for pair in combinations(rules, 2) if pair[0].then != pair[1].then)
    if _applies_within(compiled, first, second):
        return _as_exception(first, second)
    if _applies_within(compiled, second, first):
        return _as_exception(second, first)
    return (
        f"move the one that is to win, {first.id} (line {first.line}) or {second.id} (line {second.line}), under "
        "`unless` of the other, or give one of them a condition that excludes the other"
    )


def _applies_within(compiled: CompiledDecisions, inner: Rule, outer: Rule) -> bool:
    """Whether a rule applies only where another does."""
    diagrams, applies = compiled.diagrams, compiled.applies
    return True not in diagrams.results(diagrams.but_not(applies[inner.id], applies[outer.id]))


def _as_exception(special: Rule, general: Rule) -> str:
    return (
        f"{special.id} applies to less than {general.id}: to let it win, move it (line {special.line}) under `unless` "
        f"of {general.id} (line {general.line})"
    )
