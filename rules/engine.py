"""Deciding one situation: walk the diagrams along what is known, and along every branch of what is not.

An outcome is given only when every completion of the unknown facts leads to it. Walking all branches of an unknown
fact reaches exactly the leaves of its completions, so the answer is that of enumerating them, without doing so.

A decision that is ``named`` (the scope) is settled first; later rules then see its outcome, or ``undetermined``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rules.cells import Variable
from rules.facts import Fact, FactType
from rules.questions import Residual, ranked
from rules.ruleset import UNDETERMINED
from rules.tables import Settled, Tables

UNKNOWN = -1
"""The cell of a fact that is not known."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of one situation.

    ``outcomes`` holds every decision that is shown or named, in the file's order; ``settled`` those of them that every
    completion leads to. ``rules`` led there, in the file's order; of ``alternatives`` among them one does, depending on
    what is not known yet. ``questions`` are the facts that can still change an outcome, the most telling first.
    """

    outcomes: Mapping[str, str]
    settled: frozenset[str]
    rules: tuple[str, ...]
    alternatives: frozenset[str]
    questions: tuple[str, ...]


class Engine:
    """Decides situations by the diagrams of one version and one way of cutting facts."""

    def __init__(self, tables: Tables, facts: Mapping[str, Fact]) -> None:
        self.tables = tables
        self._facts = facts
        self._answers = [table for table in tables.decisions.values() if table.shown or table.named]
        self._first_fact = len(tables.decisions)
        self._order = {rule: position for position, rule in enumerate(tables.rules)}
        self._table_of = {rule.id: rule.decision for rule in tables.rules.values()}
        self._verdicts: dict[tuple[int, ...], Verdict] = {}

    def judge(self, cells: tuple[int, ...]) -> Verdict:
        """The verdict on a situation, given the cell of each fact in the order of the tables' variables."""
        verdict = self._verdicts.get(cells)
        if verdict is None:
            if len(self._verdicts) >= MOST_REMEMBERED:
                self._verdicts.clear()
            verdict = self._verdicts[cells] = self._judge(cells)
        return verdict

    def _judge(self, cells: tuple[int, ...]) -> Verdict:
        tables = self.tables
        known = [*[UNKNOWN] * self._first_fact, *cells]
        outcomes: dict[str, str] = {}
        settled: set[str] = set()
        rules: set[str] = set()
        alternatives: set[str] = set()
        residuals: list[Residual] = []
        for table in self._answers:
            root = tables.folded[table.name]
            leaves = self._leaves(root, known)
            found = {leaf.outcome for leaf in leaves}
            outcome = next(iter(found)) if len(found) == 1 else None
            certain, possible = self._led_by(leaves)
            rules |= certain
            if outcome is not None:
                alternatives |= possible
            if outcome is None:
                residuals.append(Residual(tables.diagrams, root, known))
            else:
                settled.add(table.name)
            outcomes[table.name] = table.undetermined if outcome is None else outcome
            if table.named:
                words = tables.words(table.name)
                known[tables.position[table.name]] = words.index(UNDETERMINED if outcome is None else outcome)
        return Verdict(
            outcomes,
            frozenset(settled),
            tuple(sorted(rules | alternatives, key=self._order.__getitem__)),
            frozenset(alternatives - rules),
            tuple(tables.names[variable] for variable in ranked(residuals)),
        )

    def _leaves(self, root: int, known: Sequence[int]) -> list[Settled]:
        """The leaves that the completions of what is known lead to."""
        variable, children = self.tables.diagrams.variable, self.tables.diagrams.children
        seen = {root}
        waiting = [root]
        leaves: list[Settled] = []
        while waiting:
            node = waiting.pop()
            if self.tables.diagrams.is_leaf(node):
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


MOST_REMEMBERED = 50_000
"""Situations whose verdict is remembered; tickets repeat themselves."""

Locate = Callable[[Mapping[str, Any]], int]


def locators(variables: Mapping[str, Variable], facts: Mapping[str, Fact]) -> tuple[Locate, ...]:
    """For each variable, what finds its cell among facts that were read by their types; :data:`UNKNOWN` when open."""
    return tuple(_locator(variable, facts[name], facts) for name, variable in variables.items())


def _locator(variable: Variable, fact: Fact, facts: Mapping[str, Fact]) -> Locate:
    name = fact.name
    if fact.type is FactType.MONTHS:
        first, last = fact.parents

        def months(known: Mapping[str, Any]) -> int:
            one, other = known.get(first), known.get(last)
            return UNKNOWN if one is None or other is None else variable.index((one, other))

        return months
    if fact.type is FactType.CONTAINED:
        text, texts = fact.parents
        default = facts[texts].absent

        def contained(known: Mapping[str, Any]) -> int:
            members = known.get(texts, default)
            if members is None:
                return UNKNOWN
            if not members:
                return 1
            one = known.get(text)
            return UNKNOWN if one is None else variable.index((one, members))

        return contained
    absent = UNKNOWN if fact.absent is None else variable.index(fact.absent)

    def cell(known: Mapping[str, Any]) -> int:
        value = known.get(name)
        return absent if value is None else variable.index(value)

    return cell


def with_facts_asked(verdict: Verdict, known: Mapping[str, Any], asked: Mapping[str, tuple[str, ...]]) -> Verdict:
    """The verdict with questions for facts that a person can answer, instead of for what is computed from them."""
    questions = dict.fromkeys(
        fact for variable in verdict.questions for fact in asked[variable] if known.get(fact) is None
    )
    return replace(verdict, questions=tuple(questions))
