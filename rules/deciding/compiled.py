"""Decisions as diagrams over the cells of facts, steps towards a decision folded in.

A decision's own diagram asks for facts and for earlier decisions. Putting the diagrams of earlier decisions in their
place leaves facts alone, but for decisions that are ``named``: whether they are determined is a value of its own
(``scope: undetermined``), so they stay a variable with one cell more.

Terms
    winners    the rules that apply and whose exceptions do not
    hole       a situation that is not decided: no rule wins (gap), or rules with different outcomes do (conflict)
    settled    a leaf that remembers, besides the outcome, every rule that led to it
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, partial

from rules.deciding.diagrams import Diagrams
from rules.deciding.versions import AppliedVersion
from rules.model.definition import UNDETERMINED, Condition, DecisionTable, Rule


class Hole(Enum):
    """Why a situation is not decided."""

    GAP = "no rule applies"
    CONFLICT = "rules with different outcomes apply"
    EARLIER = "an earlier decision is not decided"


Outcome = str | Hole
NO_RULES: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Settled:
    """The outcome of a situation and the rules that led there."""

    outcome: Outcome
    rules: frozenset[str]


class CompiledDecisions:
    """The diagrams of one version's decisions for one way of cutting facts."""

    def __init__(self, applied: AppliedVersion) -> None:
        self.applied = applied
        self.decisions: Mapping[str, DecisionTable] = applied.version.decisions
        self.names = [*self.decisions, *applied.variables]
        self.position = {name: index for index, name in enumerate(self.names)}
        sizes = [len(self.words(name)) for name in self.decisions]
        self.diagrams = Diagrams([*sizes, *(variable.size for variable in applied.variables.values())])
        self.rules = {rule.id: rule for rule in applied.version.rules()}
        self.applies: dict[str, int] = {}
        """For each rule, where its conditions hold."""
        self.wins: dict[str, int] = {}
        """For each rule, where it applies and no exception of it does."""
        self.own: dict[str, int] = {}
        """For each decision, over facts and earlier decisions: the :data:`Outcome`."""
        self.outcomes: dict[str, int] = {}
        """For each decision, over facts and named decisions: the :data:`Outcome`."""
        for table in self.decisions.values():
            for rule in table.rules:
                self._compile(rule)
            self.own[table.name] = self._merged(table)
            self.outcomes[table.name] = self.folded(self.own[table.name], self.outcomes, self._earlier)

    def words(self, decision: str) -> tuple[str, ...]:
        """The cells of a decision when rules name it."""
        table = self.decisions[decision]
        return (*table.outcomes, UNDETERMINED) if table.named else table.outcomes

    def allowed(self, condition: Condition) -> frozenset[int]:
        """The cells that satisfy a condition."""
        if condition.name in self.decisions:
            words = self.words(condition.name)
            return frozenset(index for index, word in enumerate(words) if word in condition.words)
        return self.applied.variables[condition.name].allowed(condition, self.applied.number)

    def where(self, conditions: Iterable[Condition]) -> int:
        """The diagram of a conjunction."""
        cells: dict[int, frozenset[int]] = {}
        for condition in conditions:
            position = self.position[condition.name]
            allowed = self.allowed(condition)
            cells[position] = cells[position] & allowed if position in cells else allowed
        return self.diagrams.cube(cells)

    def _compile(self, rule: Rule) -> None:
        self.applies[rule.id] = self.wins[rule.id] = self.where(rule.when)
        for exception in rule.unless:
            self._compile(exception)
            self.wins[rule.id] = self.diagrams.but_not(self.wins[rule.id], self.applies[exception.id])

    def _merged(self, table: DecisionTable) -> int:
        """The decision's own diagram: the outcome that its winners agree on."""
        wins: dict[str, list[int]] = {}
        for rule in table.each_rule():
            wins.setdefault(rule.then, []).append(self.wins[rule.id])
        merged = self.diagrams.leaf(Hole.GAP)
        for outcome, nodes in wins.items():
            merged = self.diagrams.apply(_merging(outcome), merged, self.diagrams.any_of(nodes))
        return merged

    def folded(self, node: int, steps: Mapping[str, int], hole: Callable[[tuple[int, ...]], int]) -> int:
        """A decision's own diagram with those of earlier decisions put in their place, named ones excepted.

        ``hole`` makes of the branches what stands where an earlier decision is not decided and that makes a difference.
        """
        for name in reversed(list(steps)):
            if not self.decisions[name].named:
                put = partial(self._put, steps[name], self.decisions[name].outcomes, hole)
                node = self.diagrams.substitute(node, self.position[name], put)
        return node

    def _put(
        self,
        step: int,
        outcomes: tuple[str, ...],
        hole: Callable[[tuple[int, ...]], int],
        branches: tuple[int, ...],
    ) -> int:
        index_of = {outcome: index for index, outcome in enumerate(outcomes)}
        return self.diagrams.select(step, branches, index_of.get, hole)

    def _earlier(self, branches: tuple[int, ...]) -> int:
        """What does not depend on an earlier decision that is a hole, and a hole where it does."""
        return self.diagrams.apply(
            lambda *leaves: leaves[0] if leaves.count(leaves[0]) == len(leaves) else Hole.EARLIER, *branches
        )

    @cached_property
    def settled(self) -> Mapping[str, int]:
        """For each decision, over facts and named decisions: what is :class:`Settled`, with the rules behind it."""
        settled: dict[str, int] = {}
        for table in self.decisions.values():
            winners = self.diagrams.leaf(NO_RULES)
            for rule in table.each_rule():
                winners = self.diagrams.apply(_adding(rule.id), winners, self.wins[rule.id])
            node = self.diagrams.apply(self._settle, winners)
            for name in reversed(list(settled)):
                if not self.decisions[name].named:
                    put = partial(self._put_settled, settled[name], self.decisions[name].outcomes)
                    node = self.diagrams.substitute(node, self.position[name], put)
            settled[table.name] = node
        return settled

    def _put_settled(self, step: int, outcomes: tuple[str, ...], branches: tuple[int, ...]) -> int:
        return self.diagrams.apply(_settled_chooser(outcomes), step, *branches)

    def _settle(self, winners: frozenset[str]) -> Settled:
        outcomes = {self.rules[rule].then for rule in winners}
        if len(outcomes) == 1:
            return Settled(outcomes.pop(), winners)
        return Settled(Hole.CONFLICT if outcomes else Hole.GAP, winners)


def _merging(outcome: str) -> Callable[[Outcome, bool], Outcome]:
    def merge(merged: Outcome, wins: bool) -> Outcome:
        if not wins:
            return merged
        return outcome if merged is Hole.GAP else Hole.CONFLICT

    return merge


def _adding(rule: str) -> Callable[[frozenset[str], bool], frozenset[str]]:
    added = frozenset({rule})
    return lambda rules, wins: rules | added if wins else rules


def _settled_chooser(outcomes: tuple[str, ...]) -> Callable[..., Settled]:
    index_of = {outcome: index for index, outcome in enumerate(outcomes)}

    def choose(step: Settled, *branches: Settled) -> Settled:
        """Follow the branch of the step's outcome, and remember the rules that led to it if it made a difference."""
        if branches.count(branches[0]) == len(branches):
            return branches[0]
        if isinstance(step.outcome, Hole):
            return Settled(Hole.EARLIER, step.rules)
        branch = branches[index_of[step.outcome]]
        return Settled(branch.outcome, branch.rules | step.rules)

    return choose
