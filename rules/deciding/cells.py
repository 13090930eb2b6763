"""Cutting facts into cells: values that no rule tells apart, so that every situation is one of finitely many.

``expected_minutes`` that rules compare with 45 and 240 minutes has five cells: below 45, 45, between, 240, above. A
diagram asks for cells, never for values; where the cuts lie may differ from customer to customer while the cells, and
so the diagrams and their proof, stay the same. :attr:`Variable.signature` says when they do.

Terms
    variable   what a diagram asks for: a fact or a decision, with its cells
    cut        a number that some rule compares a fact with
"""

from __future__ import annotations

import calendar
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rules.model.definition import Comparison, Condition
from rules.model.facts import Fact, FactType
from rules.model.quantities import in_words

OTHER_TEXT = "any other"
"""The cell of the texts that no rule names."""
YES_NO = ("yes", "no")
Number = Callable[[str | float], float]
"""The number that an operand of a comparison stands for."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Numbers between ``low`` and ``high``, both excluded; or, when they are equal, that one number."""

    low: float | None
    high: float | None

    @property
    def is_point(self) -> bool:
        """Whether it holds one number only."""
        return self.low is not None and self.low == self.high

    def satisfies(self, operator: str, number: float) -> bool:
        """Whether its numbers stand so to ``number``, which is one of the cuts."""
        if self.is_point:
            assert self.low is not None
            return {
                "<": self.low < number,
                "<=": self.low <= number,
                "=": self.low == number,
                ">=": self.low >= number,
                ">": self.low > number,
            }[operator]
        if operator in ("<", "<="):
            return self.high is not None and self.high <= number
        if operator in (">", ">="):
            return self.low is not None and self.low >= number
        return False


@dataclass(frozen=True, slots=True)
class Variable:
    """A fact as diagrams see it.

    ``words`` are its cells where rules name values, ``cells`` where they compare; ``cuts`` are the numbers between
    cells, and ``places`` tells for each place on the line of cuts (before the first, on it, after it, …) which cell it
    is, -1 where no value can lie.
    """

    name: str
    type: FactType
    words: tuple[str, ...] = ()
    cells: tuple[Cell, ...] = ()
    cuts: tuple[float, ...] = ()
    places: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """The number of its cells."""
        return len(self.words) or len(self.cells)

    @property
    def signature(self) -> tuple[Any, ...]:
        """What a diagram can see of it: two variables with the same one have the same diagrams."""
        return (self.name, self.words, self.places)

    def allowed(self, condition: Condition, number: Number) -> frozenset[int]:
        """The cells that satisfy a condition on it."""
        if self.cells:
            return frozenset(
                index
                for index, cell in enumerate(self.cells)
                if all(
                    cell.satisfies(comparison.operator, number(comparison.operand))
                    for comparison in condition.comparisons
                )
            )
        if self.type is FactType.TEXT and any(word.startswith("not ") for word in condition.words):
            refused = {word.removeprefix("not ") for word in condition.words}
            return frozenset(index for index, word in enumerate(self.words) if word not in refused)
        return frozenset(index for index, word in enumerate(self.words) if word in condition.words)

    def index(self, value: Any) -> int:
        """The cell of a value that was read by the type of its fact; dates between which months lie come as a pair."""
        if self.type is FactType.NUMBER:
            return self.places[bisect_left(self.cuts, value) + bisect_right(self.cuts, value)]
        if self.type is FactType.BOOL:
            return 0 if value else 1
        if self.type is FactType.CHOICE:
            return self.words.index(value)
        if self.type is FactType.TEXT:
            return self.words.index(value) if value in self.words else len(self.words) - 1
        if self.type is FactType.DATE:
            number = value.toordinal()
            return self.places[bisect_left(self.cuts, number) + bisect_right(self.cuts, number)]
        if self.type is FactType.MONTHS:
            first, last = value
            return self.places[months_place(self.cuts, first, last)]
        text, texts = value
        return 0 if text in texts else 1

    def label(self, index: int, unit: str = "") -> str:
        """A cell in words."""
        if self.words:
            return self.words[index]
        cell = self.cells[index]
        low = None if cell.low is None else in_words(cell.low, unit, "en")
        high = None if cell.high is None else in_words(cell.high, unit, "en")
        if cell.is_point:
            return f"exactly {low}"
        if low is None:
            return "any" if high is None else f"less than {high}"
        return f"more than {low}" if high is None else f"more than {low} and less than {high}"


def variable_of(fact: Fact, conditions: Sequence[Condition], number: Number) -> Variable:
    """The variable of a fact, cut where ``conditions`` cut it."""
    if fact.type is FactType.CHOICE:
        words = (*fact.values, *((str(fact.absent),) if fact.absent is not None else ()))
        return Variable(fact.name, fact.type, words)
    if fact.type in (FactType.BOOL, FactType.CONTAINED):
        return Variable(fact.name, fact.type, YES_NO)
    if fact.type is FactType.TEXT:
        named = {word.removeprefix("not ") for condition in conditions for word in condition.words}
        return Variable(fact.name, fact.type, (*sorted(named), OTHER_TEXT))
    comparisons: Iterable[Comparison] = (comparison for condition in conditions for comparison in condition.comparisons)
    return _measured(fact, tuple(sorted({number(comparison.operand) for comparison in comparisons})))


def _measured(fact: Fact, cuts: tuple[float, ...]) -> Variable:
    cells: list[Cell] = []
    places: list[int] = []
    bounds: list[float | None] = [None, *cuts, None]
    for position in range(2 * len(cuts) + 1):
        if position % 2:
            cut = cuts[position // 2]
            candidate = Cell(cut, cut)
        else:
            candidate = Cell(bounds[position // 2], bounds[position // 2 + 1])
        if _is_inhabited(fact, candidate):
            places.append(len(cells))
            cells.append(candidate)
        else:
            places.append(-1)
    return Variable(fact.name, fact.type, (), tuple(cells), cuts, tuple(places))


def _is_inhabited(fact: Fact, cell: Cell) -> bool:
    """Whether a value of the fact can lie in the cell."""
    if fact.minimum is not None and cell.high is not None and cell.high <= fact.minimum:
        return cell.is_point and cell.high == fact.minimum
    if cell.is_point:
        assert cell.low is not None
        return not fact.whole or cell.low == int(cell.low)
    steps = fact.whole or fact.type is FactType.DATE
    if steps and cell.low is not None and cell.high is not None:
        return int(cell.low // 1) + 1 < cell.high
    return True


def months_after(day: date, months: int) -> date:
    """The same day some calendar months later, or the last day of a month that is too short.

    ``dateutil`` does the same in twenty times the time; this is asked for every incident of every replay.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        return date.max if months > 0 else date.min
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def months_place(cuts: Sequence[float], first: date, last: date) -> int:
    """The place on the line of cuts of the months from one day to another: months are added, days are not counted."""
    place = 0
    for cut in cuts:
        turn = months_after(first, int(cut))
        if last < turn:
            break
        place += 1
        if last == turn:
            break
        place += 1
    return place


def dependents(facts: Mapping[str, Fact]) -> dict[str, tuple[str, ...]]:
    """For each variable, the facts that a person is asked for: itself, or the parents of a derived one."""
    return {
        name: tuple(parent for parent in fact.parents if facts[parent].absent is None) if fact.parents else (name,)
        for name, fact in facts.items()
    }
