"""Deciding one situation: one walk along what is known, and along *unknown* where nothing is.

An outcome is given only when every completion of the unknown facts leads to it (:mod:`rules.deciding.completions`). A
decision that is ``named`` (the scope) is settled first; later rules then see its outcome, or ``undetermined``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from rules.deciding.cells import Variable
from rules.deciding.compiled import Hole, Settled
from rules.deciding.completions import Completions
from rules.deciding.diagrams import LEAF, MANY
from rules.deciding.generated_python import GeneratedPython, generate_python
from rules.deciding.question_order import Residual, ranked
from rules.model.definition import UNDETERMINED
from rules.model.facts import Fact, FactType

UNKNOWN = -1
"""The cell of a fact that is not known: the last one of a diagram over completions."""
MOST_REMEMBERED = 50_000
"""Situations whose decision is remembered; tickets repeat themselves."""
Locate = Callable[[Mapping[str, Any]], int]


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What the rules say of one situation.

    ``outcomes`` holds every decision that is shown or named. ``rules`` led there, both in the file's order; of
    ``alternatives`` among the rules one did, depending on what is not known yet. ``questions`` are the facts that can
    still change an outcome, the most telling first.
    """

    outcomes: Mapping[str, str]
    rules: tuple[str, ...]
    alternatives: frozenset[str]
    questions: tuple[str, ...]


class Engine:
    """Decides situations by the diagrams of one version and one way of cutting facts."""

    def __init__(self, completions: Completions) -> None:
        self.completions = completions
        self.compiled = compiled = completions.compiled
        self._order = {rule: position for position, rule in enumerate(compiled.rules)}
        self._table_of = {rule.id: rule.decision for rule in compiled.rules.values()}
        self._before = [UNKNOWN] * completions.first_fact

    @cached_property
    def generated(self) -> GeneratedPython:
        """The same rules as Python, for outcomes without reasons."""
        return generate_python(self.completions)

    def outcomes(self, cells: Sequence[int]) -> dict[str, str | None]:
        """Every decision that is shown or named: its outcome, or ``None`` when completions disagree.

        ``cells`` holds the cell of each fact in the order of the compiled' variables, :data:`UNKNOWN` where it is open.
        """
        return self._outcomes([*self._before, *cells])

    def _outcomes(self, known: list[int]) -> dict[str, str | None]:
        """As :meth:`outcomes`; ``known`` begins with the cells of decisions and takes those of named ones."""
        diagrams = self.completions.diagrams
        variable, children = diagrams.variable, diagrams.children
        outcomes: dict[str, str | None] = {}
        for name, root in self.completions.open.items():
            node = root
            while variable[node] != LEAF:
                node = children[node][known[variable[node]]]
            leaf = children[node]
            outcome = None if leaf == MANY or isinstance(leaf, Hole) else leaf
            outcomes[name] = outcome
            if self.compiled.decisions[name].named:
                # Later rules must see what this decision came to, not what it might come to: an incident whose scope is
                # open is held (I4), although each completion alone would send its time somewhere else.
                word = UNDETERMINED if outcome is None else outcome
                known[self.compiled.position[name]] = self.compiled.words(name).index(word)
        return outcomes

    def conclude(self, cells: tuple[int, ...]) -> Conclusion:
        """The conclusion on a situation, with the rules that led there and the questions that are open."""
        compiled = self.compiled
        known = [*self._before, *cells]
        outcomes = self._outcomes(known)
        rules: set[str] = set()
        alternatives: set[str] = set()
        for name, outcome in outcomes.items():
            # A rule that only some completions lead to is cited where the outcome is settled all the same. Where it is
            # open, it would be a guess: only what holds in every completion may be said to a customer.
            certain, possible = self._led_by(self._leaves(compiled.settled[name], known))
            rules |= certain
            if outcome is not None:
                alternatives |= possible
        open_ = [name for name, outcome in outcomes.items() if outcome is None]
        residuals = [Residual(compiled.diagrams, compiled.outcomes[name], known) for name in open_]
        return Conclusion(
            {name: outcome or compiled.decisions[name].undetermined for name, outcome in outcomes.items()},
            tuple(sorted(rules | alternatives, key=self._order.__getitem__)),
            frozenset(alternatives - rules),
            tuple(compiled.names[variable] for variable in ranked(residuals)),
        )

    def _leaves(self, root: int, known: Sequence[int]) -> list[Settled]:
        """The leaves that the completions of what is known lead to."""
        variable, children = self.compiled.diagrams.variable, self.compiled.diagrams.children
        seen = {root}
        waiting = [root]
        leaves: list[Settled] = []
        while waiting:
            node = waiting.pop()
            if self.compiled.diagrams.is_leaf(node):
                leaves.append(children[node])
                continue
            cell = known[variable[node]]
            for child in children[node] if cell == UNKNOWN else (children[node][cell],):
                if child not in seen:
                    seen.add(child)
                    waiting.append(child)
        return leaves

    def _led_by(self, leaves: Sequence[Settled]) -> tuple[set[str], set[str]]:
        """The rules that lead to every leaf; and, of decisions without one, those that lead to some."""
        by_table: dict[str, list[frozenset[str]]] = {}
        for leaf in leaves:
            for name in {self._table_of[rule] for rule in leaf.rules}:
                by_table.setdefault(name, []).append(
                    frozenset(rule for rule in leaf.rules if self._table_of[rule] == name)
                )
        certain: set[str] = set()
        possible: set[str] = set()
        for sets in by_table.values():
            shared = frozenset.intersection(*sets) if len(sets) == len(leaves) else frozenset()
            certain |= shared
            if not shared:
                possible |= frozenset.union(*sets)
        return certain, possible


def locators(variables: Mapping[str, Variable], facts: Mapping[str, Fact]) -> tuple[Locate, ...]:
    """For each variable, what finds its cell among facts that were read by their types; :data:`UNKNOWN` when open."""
    return tuple(_locator(variable, facts[name], facts) for name, variable in variables.items())


def _locator(variable: Variable, fact: Fact, facts: Mapping[str, Fact]) -> Locate:
    name = fact.name
    if fact.type is FactType.MONTHS:
        first, last = fact.parents

        def months(known: Mapping[str, Any]) -> int:
            first_day, last_day = known.get(first), known.get(last)
            return UNKNOWN if first_day is None or last_day is None else variable.index((first_day, last_day))

        return months
    if fact.type is FactType.CONTAINED:
        text, texts = fact.parents
        default = facts[texts].absent

        def contained(known: Mapping[str, Any]) -> int:
            members = known.get(texts, default)
            if members is None:
                return UNKNOWN
            if not members:
                return 1  # nothing is in an empty set, whatever the text turns out to be
            member = known.get(text)
            return UNKNOWN if member is None else variable.index((member, members))

        return contained
    absent = UNKNOWN if fact.absent is None else variable.index(fact.absent)
    if fact.type in (FactType.CHOICE, FactType.BOOL):
        cells: dict[Any, int] = {None: absent}
        for value in (True, False) if fact.type is FactType.BOOL else variable.words:
            cells[value] = variable.index(value)
        return lambda known: cells[known.get(name)]

    def cell(known: Mapping[str, Any]) -> int:
        value = known.get(name)
        return absent if value is None else variable.index(value)

    return cell


def with_facts_asked(
    conclusion: Conclusion, known: Mapping[str, Any], asked: Mapping[str, tuple[str, ...]]
) -> Conclusion:
    """The conclusion with questions for facts that a person can answer, instead of for what is computed from them."""
    questions = dict.fromkeys(
        fact for variable in conclusion.questions for fact in asked[variable] if known.get(fact) is None
    )
    return replace(conclusion, questions=tuple(questions))
