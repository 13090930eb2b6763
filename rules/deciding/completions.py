"""What every completion of the unknown facts leads to, for all situations at once.

Each fact that can be unknown gets one cell more. Below that cell stands what all its other cells agree on, or
:data:`~rules.deciding.diagrams.MANY`: so one walk along what is known, and along *unknown* where nothing is, gives the
answer of enumerating every completion.

Terms
    open      a decision's diagram in which named decisions are still asked for
    answer    the same with their answers put in: what a person is told
    truth     what the completions agree on when everything were known, named decisions included
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial

from rules.deciding.compiled import CompiledDecisions
from rules.deciding.diagrams import MANY, Diagrams
from rules.model.definition import UNDETERMINED
from rules.model.facts import Fact


class Completions:
    """The diagrams of one version's decisions over facts that may be unknown."""

    def __init__(self, compiled: CompiledDecisions, facts: Mapping[str, Fact]) -> None:
        self.compiled = compiled
        self.facts = facts
        self.first_fact = len(compiled.decisions)
        self.may_be_unknown = [
            position >= self.first_fact and facts[name].absent is None for position, name in enumerate(compiled.names)
        ]
        self.sizes = compiled.diagrams.sizes
        self.diagrams = Diagrams([size + maybe for size, maybe in zip(self.sizes, self.may_be_unknown, strict=True)])
        self._widened: dict[int, int] = {}
        self.open = {name: self._widen(root) for name, root in compiled.outcomes.items() if self._answers(name)}

    def _answers(self, name: str) -> bool:
        table = self.compiled.decisions[name]
        return table.shown or table.named

    def _widen(self, node: int) -> int:
        """A diagram over facts, with a cell for *unknown* wherever a fact may be so."""
        widened = self._widened.get(node)
        if widened is None:
            known = self.compiled.diagrams
            if known.is_leaf(node):
                widened = self.diagrams.leaf(known.value(node))
            else:
                variable = known.variable[node]
                branches = tuple([self._widen(child) for child in known.children[node]])
                if self.may_be_unknown[variable]:
                    branches = (*branches, self.diagrams.agreed(branches))
                widened = self.diagrams.node(variable, branches)
            self._widened[node] = widened
        return widened

    @cached_property
    def answer(self) -> Mapping[str, int]:
        """For each decision that is shown or named, over facts alone: its outcome, or that completions disagree."""
        answers: dict[str, int] = {}
        for name, node in self.open.items():
            answers[name] = self._with_named(self.diagrams, node, answers)
        return answers

    def answer_of(self, name: str) -> int:
        """The same for any decision, steps included."""
        if name in self.answer:
            return self.answer[name]
        earlier = list(self.compiled.decisions)
        known = {
            earlier_name: node
            for earlier_name, node in self.answer.items()
            if earlier.index(earlier_name) < earlier.index(name)
        }
        return self._with_named(self.diagrams, self._widen(self.compiled.outcomes[name]), known)

    @cached_property
    def total(self) -> Mapping[str, int]:
        """For every decision, over facts that are all known (in the compiled' own workshop): its outcome."""
        totals: dict[str, int] = {}
        for name, node in self.compiled.outcomes.items():
            totals[name] = self._with_named(self.compiled.diagrams, node, totals)
        return totals

    def _with_named(self, diagrams: Diagrams, node: int, answers: Mapping[str, int]) -> int:
        """A decision's diagram with what was answered before put in the place of named decisions."""
        for name in reversed(list(answers)):
            if self.compiled.decisions[name].named:
                put = partial(_follow, diagrams, answers[name], self.compiled.words(name))
                node = diagrams.substitute(node, self.compiled.position[name], put)
        return node

    @cached_property
    def truth(self) -> Mapping[str, int]:
        """For each decision that is shown or named: what it is in every completion, or that they disagree."""
        return {name: self._widen(self.total[name]) for name in self.open}

    @cached_property
    def can_be_open(self) -> Mapping[str, int]:
        """For each named decision, where it can be undetermined when facts are unknown (in the compiled' workshop).

        The less is known the more is open, so it can be where it is when nothing is known that need not be.
        """
        return {name: self._forgotten(self.answer[name]) for name in self.open if self.compiled.decisions[name].named}

    def _forgotten(self, node: int) -> int:
        """True where a decision is undetermined once every fact that may be unknown is."""
        known = self.compiled.diagrams
        memo: dict[int, int] = {}

        def visit(current: int) -> int:
            if current not in memo:
                if self.diagrams.is_leaf(current):
                    memo[current] = known.leaf(self.diagrams.value(current) == MANY)
                else:
                    variable, children = self.diagrams.variable[current], self.diagrams.children[current]
                    memo[current] = (
                        visit(children[-1])
                        if self.may_be_unknown[variable]
                        else known.node(variable, tuple([visit(child) for child in children]))
                    )
            return memo[current]

        return visit(node)


def _follow(diagrams: Diagrams, answer: int, words: tuple[str, ...], branches: tuple[int, ...]) -> int:
    """The branch of a named decision's outcome; that of being undetermined where it has none."""
    index_of: dict[object, int] = {word: index for index, word in enumerate(words)}
    left_open = index_of[UNDETERMINED]
    return diagrams.select(answer, branches, lambda leaf: index_of.get(leaf, left_open), lambda _branches: left_open)
