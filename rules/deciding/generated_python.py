"""Rules as Python: what a person would have written with ``if`` and ``return``, written from the diagrams.

The engine walks diagrams and says why; this says what, and nothing else, for replays of a whole history. One function
per decision asks for facts in turn, *unknown* being one more answer; a part that several branches lead to is a function
of its own. Numbers keep the names of their parameters, so that customers whose numbers stand in the same order share
the code and differ in the values of its constants.

Promise: the same outcomes as :class:`rules.deciding.engine.Engine`; a property test holds one against the other.
"""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import CodeType
from typing import Any, NamedTuple

from rules.deciding.cells import OTHER_TEXT, Variable, months_after
from rules.deciding.compiled import Hole
from rules.deciding.completions import Completions
from rules.deciding.diagrams import MANY
from rules.deciding.versions import AppliedVersion
from rules.model.decision import ANSWER
from rules.model.definition import UNDETERMINED
from rules.model.facts import Fact, FactType

INDENT = "    "
_RESERVED = ("get", "known", "first", "last", "turn", "value", "members", "outcomes", "months_after", "date", "decide")
"""Names that the written functions use for themselves."""


class Outcomes(NamedTuple):
    """What the rules say of one situation, without why."""

    scope: str
    route: str
    next_step: str


Decide = Callable[[Mapping[str, Any]], Outcomes]
"""What decides, given facts that were read by their types."""


@dataclass(frozen=True, slots=True)
class GeneratedPython:
    """The rules of one version as Python, for one way in which numbers stand to each other."""

    source: str
    code: CodeType

    def bound(self, applied: AppliedVersion) -> Decide:
        """The function that decides by the numbers of ``applied``; it takes facts that were read by their types."""
        numbers: dict[str, Any] = {}
        for variable in applied.variables.values():
            for cut, name in _cut_names(variable, applied).items():
                is_day = variable.type is FactType.DATE
                numbers[name] = date.fromordinal(int(cut)) if is_day else int(cut) if cut == int(cut) else cut
        space: dict[str, Any] = {**numbers, "Outcomes": Outcomes, "date": date, "months_after": months_after}
        exec(self.code, space)  # noqa: S102 - the code is our own, and every word of the rules in it is quoted
        decide: Decide = space["decide"]
        return decide


def generate_python(completions: Completions) -> GeneratedPython:
    """Write the decisions of ``completions`` as Python."""
    source = "\n".join(_Writer(completions).lines()) + "\n"
    return GeneratedPython(source, compile(source, "<rules>", "exec"))


class _Writer:
    """Writes the module, function by function."""

    def __init__(self, completions: Completions) -> None:
        self._completions = completions
        self._diagrams = completions.diagrams
        self._compiled = completions.compiled
        self._facts = completions.facts
        self._named = [name for name in completions.open if self._compiled.decisions[name].named]
        self._identifier = _identifiers(self._compiled.names)
        self._functions: dict[int, str] = {}

    def lines(self) -> Iterator[str]:
        """The module, line by line."""
        applied = self._compiled.applied
        yield f'"""Rules in force from {applied.version.first}. Written by a program: change the rules file instead."""'
        yield ""
        for name, variable in applied.variables.items():
            if self._facts[name].parents:
                yield from self._derived(variable, self._facts[name])
        for name, root in self._completions.open.items():
            yield from self._decision(name, root)
        yield from self._all()

    def _all(self) -> Iterator[str]:
        """The function that takes every decision in turn."""
        yield "def decide(known):"
        yield f'{INDENT}"""Every decision, from facts that were read by their types."""'
        yield f"{INDENT}get = known.get"
        for name in self._completions.open:
            left_open = UNDETERMINED if name in self._named else self._compiled.decisions[name].undetermined
            given = ", ".join(("get", *(self._identifier[earlier] for earlier in self._named_before(name))))
            yield f"{INDENT}{self._identifier[name]} = {self._function(name)}({given}) or {left_open!r}"
        answers = []
        for name in ANSWER:
            word = self._compiled.decisions[name].undetermined
            is_other = name in self._named and word != UNDETERMINED
            identifier = self._identifier[name]
            answers.append(
                f"{word!r} if {identifier} == {UNDETERMINED!r} else {identifier}" if is_other else identifier
            )
        yield f"{INDENT}return Outcomes({', '.join(answers)})"

    def _named_before(self, name: str) -> list[str]:
        names = list(self._completions.open)
        return [earlier for earlier in self._named if names.index(earlier) < names.index(name)]

    def _decision(self, name: str, root: int) -> Iterator[str]:
        """One decision: first the parts that several branches lead to, the deepest first."""
        arguments = ", ".join(("get", *(self._identifier[earlier] for earlier in self._named_before(name))))
        uses = Counter(
            target
            for node in self._diagrams.reachable(root)
            if not self._diagrams.is_leaf(node)
            for _, target in self._branches(node)
        )
        shared = [
            node for node, count in uses.items() if count > 1 and not self._diagrams.is_leaf(node) and node != root
        ]
        for number, node in enumerate(sorted(shared, key=lambda node: -self._diagrams.variable[node]), 1):
            yield f"def {self._function(name)}_{number}({arguments}):"
            yield from self._asking(node, arguments, 1)
            yield ""
            self._functions[node] = f"{self._function(name)}_{number}({arguments})"
        yield f"def {self._function(name)}({arguments}):"
        yield f'{INDENT}"""{_plain(self._compiled.decisions[name].title["en"])}"""'
        yield from self._asking(root, arguments, 1)
        yield ""

    def _asking(self, node: int, arguments: str, depth: int) -> Iterator[str]:
        """The lines that come to the outcome of a node, by its own question."""
        indent = INDENT * depth
        if self._diagrams.is_leaf(node):
            yield f"{indent}return {self._outcome(node)}"
            return
        position = self._diagrams.variable[node]
        if position >= self._completions.first_fact:
            yield f"{indent}{self._local(position)} = {self._reading(position)}"
        branches = self._branches(node)
        for number, (condition, target) in enumerate(branches):
            is_last = number == len(branches) - 1
            if not is_last:
                yield f"{indent}if {condition}:"
            deeper = depth if is_last else depth + 1
            if target in self._functions:
                yield f"{INDENT * deeper}return {self._functions[target]}"
            else:
                yield from self._asking(target, arguments, deeper)

    def _outcome(self, node: int) -> str:
        value = self._diagrams.value(node)
        return "None" if value == MANY or isinstance(value, Hole) else repr(value)

    def _function(self, name: str) -> str:
        return f"{self._identifier[name]}_of"

    def _local(self, position: int) -> str:
        return self._identifier[self._compiled.names[position]]

    def _reading(self, position: int) -> str:
        name = self._compiled.names[position]
        return f"{self._function(name)}(get)" if self._facts[name].parents else self._get(name)

    def _get(self, name: str) -> str:
        """What reads a fact; where its absence means something, that stands in its place."""
        absent = self._facts[name].absent
        return f"get({name!r})" if absent is None else f"get({name!r}, {_literal(absent)})"

    def _branches(self, node: int) -> list[tuple[str, int]]:
        """Each condition with where it leads, tried in turn; the last holds when no other does."""
        position, children = self._diagrams.variable[node], self._diagrams.children[node]
        name, local = self._compiled.names[position], self._local(position)
        if name in self._compiled.decisions:
            return _by_words(local, self._compiled.words(name), children)
        variable, fact = self._compiled.applied.variables[name], self._facts[name]
        if fact.type is FactType.MONTHS:
            return _by_values(local, [*range(variable.size), None], children, None)
        if variable.cells:
            return _by_number(local, variable, children, _cut_names(variable, self._compiled.applied), fact)
        values: list[Any] = list(variable.words)
        if fact.type in (FactType.BOOL, FactType.CONTAINED):
            values = [True, False]
        if fact.absent is None:
            values.append(None)
        other = values.index(OTHER_TEXT) if fact.type is FactType.TEXT else None
        return _by_values(local, values, children, other)

    def _derived(self, variable: Variable, fact: Fact) -> Iterator[str]:
        """A function that computes a fact: whether a set holds it, or the cell of months; ``None`` when it is open."""
        yield f"def {self._function(fact.name)}(get):"
        parent, other_parent = fact.parents
        if fact.type is FactType.CONTAINED:
            yield f'{INDENT}"""Whether {_plain(parent)} is among {_plain(other_parent)}; None when it is not known."""'
            yield f"{INDENT}members = {self._get(other_parent)}"
            yield f"{INDENT}if members is not None and not members:"
            yield f"{INDENT * 2}return False"
            yield f"{INDENT}value = get({parent!r})"
            yield f"{INDENT}if value is None or members is None:"
            yield f"{INDENT * 2}return None"
            yield f"{INDENT}return value in members"
        else:
            days = f"{_plain(parent)} to {_plain(other_parent)}"
            yield f'{INDENT}"""Where the months from {days} lie among the numbers."""'
            yield f"{INDENT}first, last = get({parent!r}), get({other_parent!r})"
            yield f"{INDENT}if first is None or last is None:"
            yield f"{INDENT * 2}return None"
            for position, name in enumerate(_cut_names(variable, self._compiled.applied).values()):
                yield f"{INDENT}turn = months_after(first, {name})"
                yield f"{INDENT}if last <= turn:"
                before, exactly = variable.places[2 * position], variable.places[2 * position + 1]
                yield f"{INDENT * 2}return {before} if last < turn else {exactly}"
            yield f"{INDENT}return {variable.places[-1]}"
        yield ""


def _by_words(local: str, words: tuple[str, ...], children: tuple[int, ...]) -> list[tuple[str, int]]:
    return _by_values(local, list(words), children, None)


def _by_values(local: str, values: list[Any], children: tuple[int, ...], other: int | None) -> list[tuple[str, int]]:
    """Branches by the values of a fact; the one with the most values, or with every ``other`` text, comes last."""
    groups: dict[int, list[int]] = {}
    for index, child in enumerate(children):
        groups.setdefault(child, []).append(index)
    last = max(groups, key=lambda child: (other in groups[child], len(groups[child])))
    ordered = [child for child in groups if child != last] + [last]
    return [(_among(local, [values[index] for index in groups[child]]), child) for child in ordered]


def _among(local: str, values: list[Any]) -> str:
    """The condition that a fact has one of some values."""
    if len(values) == 1:
        (value,) = values
        if value is True:
            return local
        return f"{local} is {value!r}" if value is None or value is False else f"{local} == {value!r}"
    if len(values) == 2 and any(value is False for value in values) and None in values:
        return f"not {local}"
    return f"{local} in {{{', '.join(map(repr, values))}}}"


def _by_number(
    local: str, variable: Variable, children: tuple[int, ...], names: Mapping[float, str], fact: Fact
) -> list[tuple[str, int]]:
    """Branches by where a number lies, from below; one that is not known first."""
    branches: list[tuple[str, int]] = []
    if fact.absent is None:
        branches.append((f"{local} is None", children[variable.size]))
    for index, cell in enumerate(variable.cells):
        if index + 1 < variable.size and children[index + 1] == children[index]:
            continue
        bound = names[cell.high] if cell.high is not None else ""
        branches.append((f"{local} {'<=' if cell.is_point else '<'} {bound}", children[index]))
    return branches


def _cut_names(variable: Variable, applied: AppliedVersion) -> dict[float, str]:
    """What the numbers that a fact is compared with are called: as their parameter, or by their place."""
    constants = _identifiers(applied.parameters)
    names: dict[float, str] = {}
    for condition in applied.version.conditions[variable.name]:
        for comparison in condition.comparisons:
            if isinstance(comparison.operand, str):
                names.setdefault(applied.number(comparison.operand), constants[comparison.operand].upper())
    own = _identifiers(applied.variables)[variable.name].upper()
    return {cut: names.get(cut, f"CUT_{number}_OF_{own}") for number, cut in enumerate(variable.cuts, 1)}


def _identifiers(names: Iterable[str]) -> dict[str, str]:
    """Names of the rules as names of Python: themselves, but for those that mean something else there.

    Rules files name with small letters, digits and ``_`` alone (:meth:`rules.reading.reader.Reader.name`).
    """
    identifiers: dict[str, str] = {}
    taken = {*_RESERVED, *keyword.kwlist}
    for name in names:
        identifier = name
        while identifier in taken or re.search(r"_of(_\d+)?$", identifier):
            identifier += "_"
        taken.add(identifier)
        identifiers[name] = identifier
    return identifiers


def _literal(value: Any) -> str:
    """A value of a fact as it is written in Python."""
    if isinstance(value, date):
        return f"date({value.year}, {value.month}, {value.day})"
    return repr(sorted(value)) if isinstance(value, frozenset) else repr(value)


def _plain(text: str) -> str:
    """Text that can stand in a docstring."""
    return re.sub(r"[^\w ,.?'()-]", " ", " ".join(text.split()))
