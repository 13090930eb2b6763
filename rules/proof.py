"""The proof that rules hold: every situation decided, and decided once; every rule of use; every property kept.

Nothing is sampled. A situation is one combination of cells, each fact known or unknown; all of them are looked at at
once, in diagrams. What is wrong is shown by its smallest example, as facts that ``care-sync rules decide`` takes.

Every version of the file is proven, and every customer's agreement: those whose numbers stand in the same order as
others' share their diagrams and so their proof (:attr:`rules.versions.Terms.signature`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, combinations
from math import prod
from operator import itemgetter
from typing import Any

from rules.completions import Completions
from rules.diagram import MANY, Box
from rules.errors import TooEntangled
from rules.examples import example_facts, in_words, region_in_words, region_of, typical_of
from rules.ruleset import UNDETERMINED, DecisionTable, Definition, Property, Rule
from rules.tables import Hole, Outcome, Tables
from rules.versions import Terms, terms_of, versions_of

MOST_EXAMPLES = 5
"""Examples of one kind of hole in one decision; they have no situation in common."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold.

    ``kind`` is one of ``gap``, ``conflict``, ``dead rule``, ``unused clause``, ``unused outcome``, ``never``,
    ``monotone`` and ``too entangled``. ``region`` says where, fact by fact in words; ``example`` holds facts of it,
    ``None`` for what must be unknown. ``rules`` are those concerned. ``judged_by`` says by which version or agreement,
    where it is not the only one.
    """

    kind: str
    message: str
    line: int
    column: int
    example: Mapping[str, Any] | None = None
    region: Mapping[str, list[str]] | None = None
    rules: tuple[str, ...] = ()
    judged_by: str = ""

    @property
    def what(self) -> tuple[str, int, int, tuple[str, ...]]:
        """What does not hold, wherever: said once, not again for every version and agreement."""
        return (self.kind, self.line, self.column, self.rules)

    def as_json(self) -> dict[str, Any]:
        """The same as a plain object."""
        return {
            "kind": self.kind,
            "message": self.message,
            "line": self.line,
            "column": self.column,
            "example": None if self.example is None else dict(self.example),
            "region": None if self.region is None else dict(self.region),
            "rules": list(self.rules),
            "judged_by": self.judged_by,
        }


@dataclass(frozen=True, slots=True)
class Proof:
    """What was looked at, and what does not hold.

    ``shapes`` are the ways in which numbers stand to each other, over all versions and agreements; ``situations`` are
    the combinations of known and unknown facts in all of them.
    """

    hash: str
    findings: tuple[Finding, ...]
    decisions: int
    rules: int
    properties: int
    versions: int
    agreements: int
    shapes: int
    situations: int

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def as_json(self) -> dict[str, Any]:
        """The same as a plain object."""
        return {
            "holds": self.holds,
            "hash": self.hash,
            "decisions": self.decisions,
            "rules": self.rules,
            "properties": self.properties,
            "versions": self.versions,
            "agreements": self.agreements,
            "shapes": self.shapes,
            "situations": self.situations,
            "findings": [finding.as_json() for finding in self.findings],
        }


def prove(definition: Definition) -> Proof:
    """Prove a rules file, or show where it does not hold."""
    findings: list[Finding] = []
    seen: set[tuple[str, int, int, tuple[str, ...]]] = set()
    of_use: set[str | tuple[str, str]] = set()
    situations = 0
    shapes = 0
    versions = versions_of(definition)
    for terms, judged_by in _shapes(definition):
        try:
            completions = Completions(Tables(terms), definition.facts)
            if terms.agreement is None:
                _ = completions.tables.settled  # what says why must be as sure to be there as what says what
        except TooEntangled as error:
            return _not_looked_through(definition, error)
        shapes += 1
        situations += prod(completions.diagrams.sizes[completions.first_fact :])
        prover = _Prover(definition, completions, judged_by)
        found = list(prover.failures())
        findings += [one for one in found if one.what not in seen]
        seen.update(one.what for one in found)
        of_use.update(prover.of_use(of_use))
    findings += _of_no_use(definition, of_use)
    return Proof(
        definition.hash,
        tuple(sorted(findings, key=lambda one: (one.line, one.column))),
        len(definition.decisions),
        len(definition.rules),
        len(definition.properties),
        len(versions),
        len(definition.agreements),
        shapes,
        situations,
    )


def _not_looked_through(definition: Definition, error: TooEntangled) -> Proof:
    first = next(iter(definition.decisions.values()))
    message = error.problems[0].message
    finding = Finding("too entangled", message, first.line, first.column)
    counts = (len(definition.decisions), len(definition.rules), len(definition.properties))
    return Proof(definition.hash, (finding,), *counts, len(versions_of(definition)), len(definition.agreements), 0, 0)


def _shapes(definition: Definition) -> Iterator[tuple[Terms, str]]:
    """Each way in which numbers can stand to each other, once, and who is judged by it."""
    seen: set[tuple[object, ...]] = set()
    versions = versions_of(definition)
    for position, version in enumerate(versions):
        until = versions[position + 1].first if position + 1 < len(versions) else None
        numbers: set[tuple[tuple[str, float], ...]] = set()
        for agreement in (None, *definition.agreements):
            if agreement is not None:
                period = agreement.period
                is_over = period.last is not None and period.last < version.first and position > 0
                if is_over or (until is not None and period.first is not None and period.first >= until):
                    continue
                changed = tuple(sorted(agreement.parameters.items()))
                if not changed or changed in numbers:
                    continue
                numbers.add(changed)
            terms = terms_of(definition, version, agreement)
            if terms.signature not in seen:
                seen.add(terms.signature)
                by_version = "" if len(versions) == 1 else f"from {version.first}"
                by_agreement = "" if agreement is None else f"by the agreement of {agreement.organization}"
                yield terms, " ".join(filter(None, (by_agreement, by_version)))


def _of_no_use(definition: Definition, of_use: Collection[str | tuple[str, str]]) -> Iterator[Finding]:
    """Rules that win for nobody and at no time, outcomes that are never reached, clauses that no rule cites."""
    for rule in definition.rules.values():
        if rule.id not in of_use:
            yield Finding("dead rule", f"rule {rule.id} can never win", rule.line, rule.column, rules=(rule.id,))
    for table in definition.decisions.values():
        for outcome in table.outcomes:
            if (table.name, outcome) not in of_use:
                message = f"{table.name} is never {outcome}: no rule that can win says so"
                yield Finding("unused outcome", message, table.line, table.column, rules=(outcome,))
    cited = {clause for rule in definition.rules.values() for clause in rule.clauses}
    for clause in definition.clauses.values():
        if clause.id not in cited and not clause.kept_by_ledger:
            yield Finding("unused clause", f"clause {clause.id} is cited by no rule", clause.line, clause.column)


class _Prover:
    """Looks at one shape of the rules."""

    def __init__(self, definition: Definition, completions: Completions, judged_by: str) -> None:
        self._definition = definition
        self._completions = completions
        self._tables = completions.tables
        self._judged_by = judged_by

    def failures(self) -> Iterator[Finding]:
        """Situations that are not decided or decided twice, and properties that are not kept."""
        for table in self._tables.decisions.values():
            yield from self._holes(table, list(self._regions(self._tables.outcomes[table.name], Hole.EARLIER)))
        for one in self._definition.properties:
            yield from self._never(one) if one.never or one.unknown else self._monotone(one)

    def of_use(self, known: Collection[str | tuple[str, str]]) -> Iterator[str | tuple[str, str]]:
        """Rules that can win and outcomes, each with its decision, that are reached; without those ``known`` to."""
        for rule in self._tables.rules.values():
            if rule.id not in known and self._can_win(rule):
                yield rule.id
        for table in self._tables.decisions.values():
            if any((table.name, outcome) not in known for outcome in table.outcomes):
                for region, _ in self._regions(self._tables.outcomes[table.name], Hole.EARLIER):
                    yield from ((table.name, leaf) for leaf in self._tables.diagrams.results(region))

    def _regions(self, node: int, elsewhere: Outcome | bool) -> Iterator[tuple[int, Mapping[int, int]]]:
        """A diagram over facts and named decisions, wherever it is used, over facts alone.

        Once with the outcomes that named decisions have when everything is known; and for each way in which some of
        them can be undetermined, with that in their place, ``elsewhere`` where they cannot. The second part says which
        were undetermined: position → cell.
        """
        diagrams = self._tables.diagrams
        asked = {diagrams.variable[one] for one in diagrams.reachable(node)}
        named = [name for name, table in self._tables.decisions.items() if table.named]
        named = [name for name in named if self._tables.position[name] in asked]
        for left_open in chain.from_iterable(combinations(named, count) for count in range(len(named) + 1)):
            found, cells = node, {}
            for name in reversed(named):
                position = self._tables.position[name]
                words = self._tables.words(name)
                if name in left_open:
                    cell = cells[position] = words.index(UNDETERMINED)
                    found = diagrams.substitute(found, position, itemgetter(cell))
                    can_be = self._completions.can_be_open[name]
                    found = diagrams.apply(lambda leaf, open_: leaf if open_ else elsewhere, found, can_be)
                else:
                    found = diagrams.substitute(found, position, partial(self._put_decided, name, elsewhere))
            yield found, cells

    def _put_decided(self, name: str, elsewhere: Outcome | bool, branches: tuple[int, ...]) -> int:
        """The branch of what a named decision is when everything is known."""
        diagrams = self._tables.diagrams
        index_of: dict[Any, int] = {word: cell for cell, word in enumerate(self._tables.words(name))}
        total = self._completions.total[name]
        return diagrams.select(total, branches, index_of.get, lambda _branches: diagrams.leaf(elsewhere))

    def _holes(self, table: DecisionTable, regions: Sequence[tuple[int, Mapping[int, int]]]) -> Iterator[Finding]:
        for node, named in regions:
            for kind, hole in (("gap", Hole.GAP), ("conflict", Hole.CONFLICT)):
                for box in self._tables.diagrams.apart(node, _is(hole), MOST_EXAMPLES):
                    yield self._hole(kind, table, box, named)

    def _hole(self, kind: str, table: DecisionTable, box: Box, named: Mapping[int, int]) -> Finding:
        where = self._where(box) + "".join(f", {self._tables.names[position]} undetermined" for position in named)
        if kind == "gap":
            message = f"{table.name} is not decided {where}: no rule applies"
            return self._finding(kind, message, table.line, table.column, (), box)
        rules = self._winners(table, {variable: min(cells) for variable, cells in box.items()} | dict(named))
        said = ", ".join(f"{rule.id} (line {rule.line}) says {rule.then}" for rule in rules)
        message = f"{table.name} is decided twice {where}: {said}"
        place = rules[0] if rules else table
        return self._finding(kind, message, place.line, place.column, tuple(rule.id for rule in rules), box)

    def _winners(self, table: DecisionTable, cells: dict[int, int]) -> list[Rule]:
        """The rules that win in a conflict, in one of its situations."""
        for name, earlier in self._tables.decisions.items():
            if name == table.name:
                break
            position = self._tables.position[name]
            if earlier.named and position not in cells:
                outcome = self._tables.diagrams.at(self._completions.total[name], cells)
                word = UNDETERMINED if isinstance(outcome, Hole) else outcome
                cells[position] = self._tables.words(name).index(word)
        settled = self._tables.diagrams.at(self._tables.settled[table.name], cells)
        return [self._tables.rules[rule] for rule in sorted(settled.rules) if self._is_of(rule, table)]

    def _is_of(self, rule: str, table: DecisionTable) -> bool:
        return self._tables.rules[rule].decision == table.name

    def _can_win(self, rule: Rule) -> bool:
        wins = self._tables.wins[rule.id]
        if not any(condition.name in self._tables.decisions for condition in rule.when):
            return wins != self._tables.diagrams.leaf(False)
        steps = {name: self._tables.outcomes[name] for name in self._names_before(rule.decision)}
        where = self._tables.folded(wins, steps, lambda _branches: self._tables.diagrams.leaf(False))
        return any(True in self._tables.diagrams.results(region) for region, _ in self._regions(where, elsewhere=False))

    def _names_before(self, decision: str) -> list[str]:
        names = list(self._tables.decisions)
        return names[: names.index(decision)]

    def _never(self, one: Property) -> Iterator[Finding]:
        """A combination that does occur, known facts and unknown ones together."""
        diagrams, tables = self._completions.diagrams, self._tables
        cells: dict[int, frozenset[int]] = {}
        node = diagrams.leaf(True)
        for condition in one.never:
            if condition.name in tables.decisions:
                said = _says(condition.words, self._open_word(condition.name))
                answer = self._completions.answer_of(condition.name)
                node = diagrams.both(node, diagrams.apply(said, answer))
            elif condition.name in tables.position:
                position = tables.position[condition.name]
                cells[position] = cells.get(position, tables.allowed(condition)) & tables.allowed(condition)
        for name in one.unknown:
            if name in tables.position:
                position = tables.position[name]
                cells[position] = frozenset({tables.diagrams.sizes[position]})
        node = diagrams.both(diagrams.cube(cells), node)
        for box in diagrams.apart(node, lambda leaf: leaf is True, 1):
            message = f"property {one.id} does not hold {self._where(box)}: {one.because['en']}"
            yield self._finding("never", message, one.line, one.column, (), box)

    def _open_word(self, name: str) -> str:
        """What is said of a decision when completions disagree."""
        return self._tables.decisions[name].undetermined

    def _monotone(self, one: Property) -> Iterator[Finding]:
        """An outcome that is settled while facts are unknown, and that some answer turns into another.

        It can only be so where a rule names a decision that is undetermined: all else follows from every completion.
        """
        diagrams = self._completions.diagrams
        for name in one.monotone:
            if name not in self._completions.open:
                continue
            turns = diagrams.apply(
                _turning(self._open_word(name)), self._completions.answer[name], self._completions.truth[name]
            )
            for box in diagrams.apart(turns, lambda leaf: leaf != MANY, 1):
                answer = diagrams.at(turns, {variable: min(cells) for variable, cells in box.items()})
                message = (
                    f"property {one.id} does not hold: {name} is {answer} {self._where(box)}, "
                    f"and an answer can still turn it: {one.because['en']}"
                )
                yield self._finding("monotone", message, one.line, one.column, (), box)

    def _where(self, box: Box) -> str:
        """A box in words, with facts that lie in it."""
        return f"{region_in_words(self._region(box))}, as for {in_words(self._example(box))}"

    def _example(self, box: Box) -> dict[str, Any]:
        terms, facts = self._tables.terms, self._definition.facts
        named = {self._tables.names[position]: cells for position, cells in box.items()}
        return example_facts(typical_of(named, terms, facts), terms, facts)

    def _region(self, box: Box) -> dict[str, list[str]]:
        named = {self._tables.names[position]: cells for position, cells in sorted(box.items())}
        return region_of(named, self._tables.terms, self._definition.facts)

    def _finding(
        self,
        kind: str,
        message: str,
        line: int,
        column: int,
        rules: tuple[str, ...] = (),
        box: Box | None = None,
    ) -> Finding:
        judged = f" ({self._judged_by})" if self._judged_by else ""
        example, region = (None, None) if box is None else (self._example(box), self._region(box))
        return Finding(kind, message + judged, line, column, example, region, rules, self._judged_by)


def _is(hole: Hole) -> Callable[[Outcome], bool]:
    return lambda leaf: leaf is hole


def _says(words: frozenset[str], open_word: str) -> Callable[[Outcome], bool]:
    return lambda leaf: (open_word if isinstance(leaf, Hole) or leaf == MANY else leaf) in words


def _turning(open_word: str) -> Callable[[Outcome, Outcome], Outcome]:
    """Where an answer is settled and completions may differ from it, that answer."""

    def turn(answer: Outcome, truth: Outcome) -> Outcome:
        is_settled = isinstance(answer, str) and answer not in (MANY, open_word)
        return answer if is_settled and truth != answer else MANY

    return turn
