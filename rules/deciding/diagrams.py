"""Multi-valued decision diagrams: every combination of facts in one small graph.

A node asks for one variable and has a child for each of its values; a leaf holds a result. Equal graphs are the same
node, so two diagrams are equal exactly when their numbers are. Gaps, conflicts, dead rules, counts, smallest examples
and the exact treatment of unknown facts are all walks over it.

Source: Srinivasan, Kam, Malik, Brayton: *Algorithms for discrete function manipulation* (ICCAD 1990).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

from rules.model.errors import TooEntangled

LEAF = 1 << 30
"""The variable number of leaves: past every real one."""
MANY = "completions disagree"
"""The leaf of situations whose completions lead to different results."""
MOST_NODES = 400_000
"""Nodes of one workshop; the shipped policy has some thousands. More take minutes and gigabytes."""
Box = Mapping[int, frozenset[int]]
"""The situations in which each of some variables has one of some cells."""


class Diagrams:
    """A workshop of nodes over variables ``0 … len(sizes) - 1``; ``sizes`` are the numbers of their values."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = list(sizes)
        self.variable: list[int] = []
        self.children: list[Any] = []
        self._unique: dict[tuple[int, tuple[int, ...]], int] = {}
        self._leaves: dict[Hashable, int] = {}
        self._agreed: dict[tuple[int, int], int] = {}

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
        if children.count(children[0]) == len(children):
            return children[0]
        key = (variable, children)
        node = self._unique.get(key)
        if node is None:
            node = self._unique[key] = len(self.variable)
            if node > MOST_NODES:
                raise TooEntangled
            self.variable.append(variable)
            self.children.append(children)
        return node

    def is_leaf(self, node: int) -> bool:
        """Whether ``node`` is a result."""
        return self.variable[node] == LEAF

    def value(self, node: int) -> Any:
        """A leaf's result."""
        return self.children[node]

    def cube(self, cells: Mapping[int, frozenset[int]]) -> int:
        """True where every variable has one of its cells."""
        no = self.leaf(False)
        node = self.leaf(True)
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
        if len(operands) == 2:
            return self._apply_to_two(function, *operands)
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
                branches = zip(
                    *[children[node] if variable[node] == top else (node,) * self.sizes[top] for node in nodes],
                    strict=True,
                )
                result = self.node(top, tuple([combine(branch) for branch in branches]))
            memo[nodes] = result
            return result

        return combine(operands)

    def _apply_to_two(self, function: Callable[..., Hashable], left: int, right: int) -> int:
        """The same for two operands, which is by far the most frequent."""
        variable, children, node = self.variable, self.children, self.node
        memo: dict[tuple[int, int], int] = {}

        def combine(left_node: int, right_node: int) -> int:
            known = memo.get((left_node, right_node))
            if known is not None:
                return known
            top, second = variable[left_node], variable[right_node]
            if top < second:
                result = node(top, tuple([combine(child, right_node) for child in children[left_node]]))
            elif second < top:
                result = node(second, tuple([combine(left_node, child) for child in children[right_node]]))
            elif top == LEAF:
                result = self.leaf(function(children[left_node], children[right_node]))
            else:
                result = node(
                    top, tuple([combine(*pair) for pair in zip(children[left_node], children[right_node], strict=True)])
                )
            memo[left_node, right_node] = result
            return result

        return combine(left, right)

    def any_of(self, nodes: Sequence[int]) -> int:
        """Logical or of diagrams that are true or false."""
        union = self.leaf(False)
        for node in nodes:
            union = self.apply(lambda is_so, is_too: is_so or is_too, union, node)
        return union

    def both(self, left: int, right: int) -> int:
        """Logical and."""
        return self.apply(lambda is_left, is_right: is_left and is_right, left, right)

    def but_not(self, left: int, right: int) -> int:
        """``left`` except where ``right``."""
        return self.apply(lambda is_left, is_right: is_left and not is_right, left, right)

    def substitute(self, node: int, variable: int, put: Callable[[tuple[int, ...]], int]) -> int:
        """``node`` with what ``put`` makes of the branches wherever ``variable`` is asked for."""
        memo: dict[int, int] = {}

        def visit(current: int) -> int:
            if current in memo:
                return memo[current]
            if self.variable[current] == variable:
                result = put(self.children[current])
            elif self.variable[current] > variable:
                result = current  # what does not ask for the variable is not led to by it
            else:
                result = self.case(self.variable[current], tuple([visit(child) for child in self.children[current]]))
            memo[current] = result
            return result

        return visit(node)

    def select(
        self,
        step: int,
        branches: tuple[int, ...],
        pick: Callable[[Any], int | None],
        otherwise: Callable[[tuple[int, ...]], int],
    ) -> int:
        """The branch that each leaf of ``step`` picks; ``otherwise`` where it picks none.

        Where all branches are equal it is that one, whatever the step.
        """
        variable, children, sizes = self.variable, self.children, self.sizes
        memo: dict[tuple[int, ...], int] = {}

        def visit(current: int, left: tuple[int, ...]) -> int:
            if left.count(left[0]) == len(left):
                return left[0]
            key = (current, *left)
            result = memo.get(key)
            if result is not None:
                return result
            if variable[current] == LEAF:
                picked = pick(children[current])
                result = otherwise(left) if picked is None else left[picked]
            else:
                top = min(variable[current], *[variable[branch] for branch in left])
                steps = children[current] if variable[current] == top else (current,) * sizes[top]
                lefts = zip(
                    *[children[branch] if variable[branch] == top else (branch,) * sizes[top] for branch in left],
                    strict=True,
                )
                result = self.node(top, tuple([visit(*pair) for pair in zip(steps, lefts, strict=True)]))
            memo[key] = result
            return result

        return visit(step, branches)

    def agreed(self, nodes: Sequence[int]) -> int:
        """Where all of ``nodes`` have the same result, that result; :data:`MANY` elsewhere."""
        many = self.leaf(MANY)
        common, *others = dict.fromkeys(nodes)
        for other in others:
            common = self._agreed_by_two(common, other, many)
        return common

    def _agreed_by_two(self, left: int, right: int, many: int) -> int:
        if left == right:
            return left
        if many in (left, right):
            return many
        key = (left, right) if left < right else (right, left)
        common = self._agreed.get(key)
        if common is None:
            variable, children, agree = self.variable, self.children, self._agreed_by_two
            top, second = variable[left], variable[right]
            if top < second:
                common = self.node(top, tuple([agree(child, right, many) for child in children[left]]))
            elif second < top:
                common = self.node(second, tuple([agree(left, child, many) for child in children[right]]))
            elif top == LEAF:
                common = many
            else:
                pairs = zip(children[left], children[right], strict=True)
                common = self.node(top, tuple([agree(*pair, many) for pair in pairs]))
            self._agreed[key] = common
        return common

    def smallest(self, node: int, wanted: Callable[[Any], bool]) -> dict[int, int] | None:
        """The fewest variable values that lead to a wanted leaf; ``None`` when none does."""
        memo: dict[int, tuple[int, int, int] | None] = {}

        def visit(current: int) -> tuple[int, int, int] | None:
            """How many values are needed, and the first of them: cell and child."""
            if current in memo:
                return memo[current]
            best: tuple[int, int, int] | None = None
            if self.variable[current] == LEAF:
                best = (0, -1, -1) if wanted(self.children[current]) else None
            else:
                for cell, child in enumerate(self.children[current]):
                    steps = visit(child)
                    if steps is not None and (best is None or steps[0] + 1 < best[0]):
                        best = (steps[0] + 1, cell, child)
            memo[current] = best
            return best

        step = visit(node)
        if step is None:
            return None
        cells: dict[int, int] = {}
        while step is not None and step[0]:
            cells[self.variable[node]] = step[1]
            node = step[2]
            step = memo[node]
        return cells

    def apart(self, node: int, wanted: Callable[[Any], bool], most: int) -> Iterator[Box]:
        """Up to ``most`` boxes of wanted leaves that have no situation in common, those of the fewest values first."""
        for _ in range(most):
            cells = self.smallest(node, wanted)
            if cells is None:
                return
            box = self.widened(node, {variable: frozenset({cell}) for variable, cell in cells.items()}, wanted)
            yield box
            node = self.apply(lambda value, taken: MANY if taken else value, node, self.cube(box))

    def widened(self, node: int, box: Box, wanted: Callable[[Any], bool]) -> Box:
        """The box with as many cells more as lead to wanted leaves; variables that take every cell are left out."""
        wide = dict(box)
        for variable in sorted(box):
            for cell in range(self.sizes[variable]):
                if cell not in wide[variable] and self._is_within(node, {**wide, variable: frozenset({cell})}, wanted):
                    wide[variable] |= {cell}
            if len(wide[variable]) == self.sizes[variable]:
                del wide[variable]
        return wide

    def _is_within(self, node: int, box: Box, wanted: Callable[[Any], bool]) -> bool:
        """Whether every situation of the box leads to a wanted leaf."""
        seen = {node}
        waiting = [node]
        while waiting:
            current = waiting.pop()
            variable, children = self.variable[current], self.children[current]
            if variable == LEAF:
                if not wanted(children):
                    return False
                continue
            chosen = [children[cell] for cell in box[variable]] if variable in box else children
            fresh = set(chosen) - seen
            seen |= fresh
            waiting.extend(fresh)
        return True

    def at(self, node: int, cells: Mapping[int, int]) -> Any:
        """The leaf of a situation; a variable that is asked and not given takes its first cell."""
        while self.variable[node] != LEAF:
            node = self.children[node][cells.get(self.variable[node], 0)]
        return self.children[node]

    def results(self, node: int) -> set[Any]:
        """Every leaf that can be reached."""
        return {self.children[reached] for reached in self.reachable(node) if self.variable[reached] == LEAF}

    def reachable(self, node: int) -> set[int]:
        """Every node that can be reached, itself included."""
        seen = {node}
        waiting = [node]
        while waiting:
            current = waiting.pop()
            if self.variable[current] != LEAF:
                fresh = set(self.children[current]) - seen
                seen |= fresh
                waiting.extend(fresh)
        return seen

    def share(self, node: int, wanted: Callable[[Any], bool]) -> float:
        """The share of all combinations that lead to a wanted leaf."""
        memo: dict[int, float] = {}

        def visit(current: int) -> float:
            share = memo.get(current)
            if share is None:
                children = self.children[current]
                if self.variable[current] == LEAF:
                    share = float(wanted(children))
                else:
                    share = sum([visit(child) for child in children]) / len(children)
                memo[current] = share
            return share

        return visit(node)

    def copied(self, node: int, other: Diagrams, renumbered: Mapping[int, int]) -> int:
        """A diagram of another workshop in this one; ``renumbered`` keeps the order of the variables that it asks."""
        memo: dict[int, int] = {}

        def visit(current: int) -> int:
            copy = memo.get(current)
            if copy is None:
                if other.variable[current] == LEAF:
                    copy = self.leaf(other.children[current])
                else:
                    copy = self.node(
                        renumbered[other.variable[current]], tuple([visit(child) for child in other.children[current]])
                    )
                memo[current] = copy
            return copy

        return visit(node)
