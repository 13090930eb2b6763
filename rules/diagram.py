"""Multi-valued decision diagrams: every combination of facts in one small graph.

A node asks for one variable and has a child for each of its values; a leaf holds a result. Equal graphs are the same
node, so two diagrams are equal exactly when their numbers are. Gaps, conflicts, dead rules, counts, smallest examples
and the exact treatment of unknown facts are all walks over it.

Source: Srinivasan, Kam, Malik, Brayton: *Algorithms for discrete function manipulation* (ICCAD 1990).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

LEAF = 1 << 30
"""The variable number of leaves: past every real one."""


class Diagrams:
    """A workshop of nodes over variables ``0 … len(sizes) - 1``; ``sizes`` are the numbers of their values."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = list(sizes)
        self.variable: list[int] = []
        self.children: list[Any] = []
        self._unique: dict[tuple[int, tuple[int, ...]], int] = {}
        self._leaves: dict[Hashable, int] = {}

    def leaf(self, value: Hashable) -> int:
        """The node of a result."""
        node = self._leaves.get(value)
        if node is None:
            node = self._leaves[value] = len(self.variable)
            self.variable.append(LEAF)
            self.children.append(value)
        return node

    def node(self, variable: int, children: tuple[int, ...]) -> int:
        """The node that asks ``variable``; the child itself when all children are the same."""
        first = children[0]
        if all(child == first for child in children):
            return first
        key = (variable, children)
        node = self._unique.get(key)
        if node is None:
            node = self._unique[key] = len(self.variable)
            self.variable.append(variable)
            self.children.append(children)
        return node

    def is_leaf(self, node: int) -> bool:
        """Whether ``node`` is a result."""
        return self.variable[node] == LEAF

    def value(self, node: int) -> Any:
        """A leaf's result."""
        return self.children[node]

    def test(self, variable: int, values: frozenset[int]) -> int:
        """True where the variable has one of ``values``."""
        yes, no = self.leaf(True), self.leaf(False)
        return self.node(variable, tuple(yes if index in values else no for index in range(self.sizes[variable])))

    def cube(self, cells: Mapping[int, frozenset[int]]) -> int:
        """True where every variable has one of its cells."""
        yes, no = self.leaf(True), self.leaf(False)
        node = yes
        for variable in sorted(cells, reverse=True):
            allowed = cells[variable]
            node = self.node(
                variable, tuple([node if index in allowed else no for index in range(self.sizes[variable])])
            )
        return node

    def case(self, variable: int, branches: tuple[int, ...]) -> int:
        """The branch that the variable's value chooses; branches may ask for any variable."""
        if all(self.variable[branch] > variable for branch in branches):
            return self.node(variable, branches)
        chooser = self.node(variable, tuple([self.leaf(index) for index in range(self.sizes[variable])]))
        return self.apply(lambda index, *values: values[index], chooser, *branches)

    def apply(self, function: Callable[..., Hashable], *operands: int) -> int:
        """Combine diagrams leaf by leaf."""
        variable, children = self.variable, self.children
        memo: dict[tuple[int, ...], int] = {}

        def combine(nodes: tuple[int, ...]) -> int:
            known = memo.get(nodes)
            if known is not None:
                return known
            top = min([variable[node] for node in nodes])
            if top == LEAF:
                result = self.leaf(function(*[children[node] for node in nodes]))
            else:
                result = self.node(
                    top,
                    tuple(
                        [
                            combine(tuple([children[node][index] if variable[node] == top else node for node in nodes]))
                            for index in range(self.sizes[top])
                        ]
                    ),
                )
            memo[nodes] = result
            return result

        return combine(operands)

    def both(self, left: int, right: int) -> int:
        """Logical and."""
        return self.apply(lambda one, other: one and other, left, right)

    def but_not(self, left: int, right: int) -> int:
        """``left`` except where ``right``."""
        return self.apply(lambda one, other: one and not other, left, right)

    def substitute(self, node: int, variable: int, replacement: int, choose: Callable[..., Hashable]) -> int:
        """``node`` with ``variable`` replaced by a diagram.

        ``choose(leaf of the replacement, leaf for each value of the variable …)`` gives the new leaf.
        """
        memo: dict[int, int] = {}

        def visit(current: int) -> int:
            if current in memo:
                return memo[current]
            if self.variable[current] == variable:
                found = self.apply(choose, replacement, *self.children[current])
            elif self.variable[current] > variable:
                found = current  # what does not ask for the variable is not led to by it
            else:
                found = self.case(self.variable[current], tuple([visit(child) for child in self.children[current]]))
            memo[current] = found
            return found

        return visit(node)

    def smallest(self, node: int, wanted: Callable[[Any], bool]) -> dict[int, int] | None:
        """The fewest variable values that lead to a wanted leaf; ``None`` when none does."""
        memo: dict[int, dict[int, int] | None] = {}

        def visit(current: int) -> dict[int, int] | None:
            if current in memo:
                return memo[current]
            best: dict[int, int] | None = None
            if self.is_leaf(current):
                best = {} if wanted(self.value(current)) else None
            else:
                for index, child in enumerate(self.children[current]):
                    found = visit(child)
                    if found is not None and (best is None or len(found) + 1 < len(best)):
                        best = {self.variable[current]: index, **found}
            memo[current] = best
            return best

        return visit(node)

    def results(self, node: int) -> set[Any]:
        """Every leaf that can be reached."""
        return {self.value(one) for one in self.reachable(node) if self.is_leaf(one)}

    def reachable(self, node: int) -> set[int]:
        """Every node that can be reached, itself included."""
        seen: set[int] = set()
        waiting = [node]
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            if not self.is_leaf(current):
                waiting.extend(self.children[current])
        return seen

    def count(self, node: int, wanted: Callable[[Any], bool], variables: Mapping[int, int]) -> int:
        """How many combinations of ``variables`` (number → size) lead to a wanted leaf."""
        order = sorted(variables)
        position = {variable: index for index, variable in enumerate(order)}
        memo: dict[int, int] = {}

        def weight(start: int, stop: int) -> int:
            product = 1
            for variable in order[start:stop]:
                product *= variables[variable]
            return product

        def level(current: int) -> int:
            return len(order) if self.is_leaf(current) else position[self.variable[current]]

        def visit(current: int) -> int:
            if current in memo:
                return memo[current]
            if self.is_leaf(current):
                total = int(wanted(self.value(current)))
            else:
                at = level(current) + 1
                total = sum(visit(child) * weight(at, level(child)) for child in self.children[current])
            memo[current] = total
            return total

        return visit(node) * weight(0, level(node))
