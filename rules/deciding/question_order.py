"""Which open question to ask first: the one whose answer is expected to leave the least open.

The answers to come are taken as equally likely, cell by cell. A question's worth is the information that its answer is
expected to give about the outcome (Shannon's mutual information); what is worth the most stands first. A fact is among
the questions exactly when some answers to the others leave the outcome to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log2
from typing import Any

from rules.deciding.diagrams import LEAF, Diagrams

Shares = Mapping[Any, float]
"""The share of the completions that lead to each outcome."""


class Residual:
    """What is left of a decision once the known facts are put in: a diagram over the facts that still matter."""

    def __init__(self, diagrams: Diagrams, root: int, known: Sequence[int]) -> None:
        self._sizes = diagrams.sizes
        self._variable: list[int] = []
        self._children: list[Any] = []
        self._nodes: dict[tuple[Any, ...], int] = {}
        self._root = self._build(diagrams, root, known, {})
        self.variables = sorted({variable for variable in self._variable_of_reachable() if variable != LEAF})

    def _build(self, diagrams: Diagrams, node: int, known: Sequence[int], memo: dict[int, int]) -> int:
        built = memo.get(node)
        if built is not None:
            return built
        variable = diagrams.variable[node]
        if variable == LEAF:
            built = self._node(LEAF, diagrams.children[node])
        elif known[variable] >= 0:
            built = self._build(diagrams, diagrams.children[node][known[variable]], known, memo)
        else:
            branches = tuple([self._build(diagrams, child, known, memo) for child in diagrams.children[node]])
            built = branches[0] if len(set(branches)) == 1 else self._node(variable, branches)
        memo[node] = built
        return built

    def _node(self, variable: int, children: Any) -> int:
        key = (variable, children)
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = len(self._variable)
            self._variable.append(variable)
            self._children.append(children)
        return node

    def _variable_of_reachable(self) -> list[int]:
        seen, waiting = {self._root}, [self._root]
        while waiting:
            node = waiting.pop()
            if self._variable[node] != LEAF:
                fresh = set(self._children[node]) - seen
                seen |= fresh
                waiting.extend(fresh)
        return [self._variable[node] for node in seen]

    def worth(self) -> dict[int, float]:
        """For each variable that still matters, the bits that its answer is expected to give."""
        before = _bits(self._shares(self._root, -1, 0, {}))
        return {
            variable: before
            - sum(_bits(self._shares(self._root, variable, cell, {})) for cell in range(self._sizes[variable]))
            / self._sizes[variable]
            for variable in self.variables
        }

    def _shares(self, node: int, fixed: int, cell: int, memo: dict[int, Shares]) -> Shares:
        shares_here = memo.get(node)
        if shares_here is not None:
            return shares_here
        variable, children = self._variable[node], self._children[node]
        if variable == LEAF:
            shares_here = {children: 1.0}
        elif variable == fixed:
            shares_here = self._shares(children[cell], fixed, cell, memo)
        else:
            shares: dict[Any, float] = {}
            for child in children:
                for outcome, share in self._shares(child, fixed, cell, memo).items():
                    shares[outcome] = shares.get(outcome, 0.0) + share / len(children)
            shares_here = shares
        memo[node] = shares_here
        return shares_here


def _bits(shares: Shares) -> float:
    return -sum(share * log2(share) for share in shares.values() if share > 0)


def ranked(residuals: Sequence[Residual]) -> list[int]:
    """The variables that still matter for any of several decisions, the most telling first."""
    total: dict[int, float] = {}
    for residual in residuals:
        for variable, bits in residual.worth().items():
            total[variable] = total.get(variable, 0.0) + bits
    return sorted(total, key=lambda variable: (-round(total[variable], 9), variable))
