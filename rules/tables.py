"""Decisions as diagrams over the cells of facts, steps towards a decision folded in.

A decision's own diagram says for each combination of facts and earlier decisions which rules win. Putting the diagrams
of earlier decisions in their place leaves facts alone, but for decisions that are ``named``: whether they are
determined is a value of its own (``scope: undetermined``), so they stay a variable with one cell more.

Terms
    winners    the rules that apply and whose exceptions do not
    settled    a leaf of a folded diagram: the outcome and every rule that led to it
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rules.diagram import Diagrams
from rules.ruleset import UNDETERMINED, Condition, DecisionTable, Rule
from rules.versions import Terms

NO_RULES: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Settled:
    """The outcome of a situation and the rules that led there; ``None`` where no rule or several outcomes are left."""

    outcome: str | None
    rules: frozenset[str]


class Tables:
    """The diagrams of one version's decisions for one way of cutting facts."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.decisions: Mapping[str, DecisionTable] = terms.version.decisions
        self.names = [*self.decisions, *terms.variables]
        self.position = {name: index for index, name in enumerate(self.names)}
        sizes = [len(self._words(table)) for table in self.decisions.values()]
        self.diagrams = Diagrams([*sizes, *(variable.size for variable in terms.variables.values())])
        self.rules = {rule.id: rule for rule in terms.version.rules()}
        self.outcome_of = {rule.id: rule.then for rule in self.rules.values()}
        self.applies: dict[str, int] = {}
        """For each rule, where its conditions hold."""
        self.wins: dict[str, int] = {}
        """For each rule, where it applies and no exception of it does."""
        self.winners: dict[str, int] = {}
        """For each decision, over facts and decisions: the frozenset of the winning rules."""
        self.folded: dict[str, int] = {}
        """For each decision, over facts and named decisions: what is :class:`Settled`."""
        for table in self.decisions.values():
            self._compile(table)

    @staticmethod
    def _words(table: DecisionTable) -> tuple[str, ...]:
        return (*table.outcomes, UNDETERMINED) if table.named else table.outcomes

    def words(self, decision: str) -> tuple[str, ...]:
        """The cells of a decision when rules name it."""
        return self._words(self.decisions[decision])

    def allowed(self, condition: Condition) -> frozenset[int]:
        """The cells that satisfy a condition."""
        if condition.name in self.decisions:
            words = self.words(condition.name)
            return frozenset(index for index, word in enumerate(words) if word in condition.words)
        return self.terms.variables[condition.name].allowed(condition, self.terms.number)

    def where(self, conditions: tuple[Condition, ...]) -> int:
        """The diagram of a conjunction."""
        cells: dict[int, frozenset[int]] = {}
        for condition in conditions:
            position = self.position[condition.name]
            allowed = self.allowed(condition)
            cells[position] = cells[position] & allowed if position in cells else allowed
        return self.diagrams.cube(cells)

    def _compile(self, table: DecisionTable) -> None:
        diagrams = self.diagrams
        for rule in table.rules:
            self._compile_rule(rule)
        winners = diagrams.leaf(NO_RULES)
        for rule in table.each_rule():
            winners = diagrams.apply(_adding(rule.id), winners, self.wins[rule.id])
        self.winners[table.name] = winners
        folded = diagrams.apply(self._settle, winners)
        for name in reversed(list(self.folded)):
            if not self.decisions[name].named:
                folded = diagrams.substitute(
                    folded, self.position[name], self.folded[name], _chooser(self.decisions[name].outcomes)
                )
        self.folded[table.name] = folded

    def _compile_rule(self, rule: Rule) -> None:
        diagrams = self.diagrams
        where = self.where(rule.when)
        self.applies[rule.id] = self.wins[rule.id] = where
        for exception in rule.unless:
            self._compile_rule(exception)
            self.wins[rule.id] = diagrams.but_not(self.wins[rule.id], self.applies[exception.id])

    def _settle(self, winners: frozenset[str]) -> Settled:
        outcomes = {self.outcome_of[rule] for rule in winners}
        return Settled(outcomes.pop() if len(outcomes) == 1 else None, winners)


def _adding(rule: str) -> Callable[[frozenset[str], bool], frozenset[str]]:
    one = frozenset({rule})
    return lambda rules, wins: rules | one if wins else rules


def _chooser(outcomes: tuple[str, ...]) -> Callable[..., Settled]:
    index_of = {outcome: index for index, outcome in enumerate(outcomes)}

    def choose(step: Settled, *branches: Any) -> Settled:
        """Follow the branch of the step's outcome, and remember the rules that led to it if it made a difference."""
        if all(branch == branches[0] for branch in branches):
            return branches[0]  # type: ignore[no-any-return]
        if step.outcome is None:
            return Settled(None, step.rules)
        branch: Settled = branches[index_of[step.outcome]]
        return Settled(branch.outcome, branch.rules | step.rules)

    return choose
