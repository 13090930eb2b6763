"""The proof that rules hold: every situation decided, and decided once; every rule of use; every property kept.

Nothing is sampled. A situation is one combination of cells, each fact known or unknown; all of them are looked at at
once, in diagrams. What is wrong is shown by its smallest example, as facts that ``care-sync rules decide`` takes.

Every version of the file is proven, and every customer's agreement: those whose numbers stand in the same order as
others' share their diagrams and so their proof (:attr:`rules.deciding.versions.AppliedVersion.signature`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, combinations
from math import prod
from operator import itemgetter
from typing import Any

from rules.deciding.compiled import CompiledDecisions, Hole, Outcome
from rules.deciding.completions import Completions
from rules.deciding.diagrams import MANY, Box
from rules.deciding.versions import AppliedVersion, apply_version, versions_of
from rules.model.definition import UNDETERMINED, DecisionTable, Definition, Property, Rule
from rules.model.errors import TooEntangled
from rules.proving.examples import example_facts, in_words, region_in_words, region_of, typical_of
from rules.proving.remedies import separated
from rules.proving.violations import Violation

MOST_EXAMPLES = 5
"""Examples of one kind of hole in one decision; they have no situation in common."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was looked at, and what does not hold.

    ``shapes`` are the ways in which numbers stand to each other, over all versions and agreements; ``situations`` are
    the combinations of known and unknown facts in all of them.
    """

    hash: str
    violations: tuple[Violation, ...]
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
        return not self.violations

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
            "violations": [violation.as_json() for violation in self.violations],
        }


def prove(definition: Definition) -> Proof:
    """Prove a rules file, or show where it does not hold."""
    violations: list[Violation] = []
    reported: set[tuple[str, int, int, tuple[str, ...]]] = set()
    of_use: set[str | tuple[str, str]] = set()
    situations = 0
    shapes = 0
    for applied, judged_by in _shapes(definition):
        try:
            completions = Completions(CompiledDecisions(applied), definition.facts)
            # Agreements move cuts and add none: where the version's reasons can be built, theirs can be as well.
            if applied.agreement is None:
                _ = completions.compiled.settled  # what says why must be as sure to be there as what says what
        except TooEntangled as error:
            first = next(iter(definition.decisions.values()))
            entangled = Violation(
                kind="too entangled", message=error.problems[0].message, line=first.line, column=first.column
            )
            return _proof(definition, [entangled], shapes=0, situations=0)
        shapes += 1
        situations += prod(completions.diagrams.sizes[completions.first_fact :])
        prover = _Prover(definition, completions, judged_by)
        # A gap that one customer's numbers open is a gap: every shape is looked at, also when an earlier one failed.
        # One shape may show several examples of the same failure; what an earlier shape showed is not repeated.
        violations += [violation for violation in prover.violations() if violation.what not in reported]
        reported.update(violation.what for violation in violations)
        of_use.update(prover.of_use(of_use))
    violations += _of_no_use(definition, of_use)
    return _proof(definition, violations, shapes=shapes, situations=situations)


def _proof(definition: Definition, violations: Sequence[Violation], *, shapes: int, situations: int) -> Proof:
    return Proof(
        hash=definition.hash,
        violations=tuple(sorted(violations, key=lambda violation: (violation.line, violation.column))),
        decisions=len(definition.decisions),
        rules=len(definition.rules),
        properties=len(definition.properties),
        versions=len(versions_of(definition)),
        agreements=len(definition.agreements),
        shapes=shapes,
        situations=situations,
    )


def _shapes(definition: Definition) -> Iterator[tuple[AppliedVersion, str]]:
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
            applied = apply_version(definition, version, agreement)
            if applied.signature not in seen:
                seen.add(applied.signature)
                by_version = "" if len(versions) == 1 else f"from {version.first}"
                by_agreement = "" if agreement is None else f"by the agreement of {agreement.organization}"
                yield applied, " ".join(filter(None, (by_agreement, by_version)))


def _of_no_use(definition: Definition, of_use: Collection[str | tuple[str, str]]) -> Iterator[Violation]:
    """Rules that win for nobody and at no time, outcomes that are never reached, clauses that no rule cites."""
    for rule in definition.rules.values():
        if rule.id not in of_use:
            yield Violation(
                kind="dead rule",
                message=f"rule {rule.id} can never win",
                line=rule.line,
                column=rule.column,
                rules=(rule.id,),
            )
    for table in definition.decisions.values():
        for outcome in table.outcomes:
            if (table.name, outcome) not in of_use:
                message = f"{table.name} is never {outcome}: no rule that can win says so"
                yield Violation(
                    kind="unused outcome", message=message, line=table.line, column=table.column, rules=(outcome,)
                )
    cited = {clause for rule in definition.rules.values() for clause in rule.clauses}
    for clause in definition.clauses.values():
        if clause.id not in cited and not clause.kept_by_ledger:
            yield Violation(
                kind="unused clause",
                message=f"clause {clause.id} is cited by no rule",
                line=clause.line,
                column=clause.column,
            )


class _Prover:
    """Looks at one shape of the rules."""

    def __init__(self, definition: Definition, completions: Completions, judged_by: str) -> None:
        self._definition = definition
        self._completions = completions
        self._compiled = completions.compiled
        self._judged_by = judged_by

    def violations(self) -> Iterator[Violation]:
        """Situations that are not decided or decided twice, and properties that are not kept."""
        for table in self._compiled.decisions.values():
            yield from self._holes(table, list(self._regions(self._compiled.outcomes[table.name], Hole.EARLIER)))
        for property_ in self._definition.properties:
            is_never = property_.never or property_.unknown
            yield from self._never(property_) if is_never else self._monotone(property_)

    def of_use(self, known: Collection[str | tuple[str, str]]) -> Iterator[str | tuple[str, str]]:
        """Rules that can win and outcomes, each with its decision, that are reached; without those ``known`` to."""
        for rule in self._compiled.rules.values():
            if rule.id not in known and self._can_win(rule):
                yield rule.id
        for table in self._compiled.decisions.values():
            if any((table.name, outcome) not in known for outcome in table.outcomes):
                for region, _ in self._regions(self._compiled.outcomes[table.name], Hole.EARLIER):
                    yield from ((table.name, leaf) for leaf in self._compiled.diagrams.results(region))

    def _regions(self, node: int, elsewhere: Outcome | bool) -> Iterator[tuple[int, Mapping[int, int]]]:
        """A diagram over facts and named decisions, wherever it is used, over facts alone.

        Once with the outcomes that named decisions have when everything is known; and for each way in which some of
        them can be undetermined, with that in their place, ``elsewhere`` where they cannot. The second part says which
        were undetermined: position → cell.
        """
        diagrams = self._compiled.diagrams
        asked = {diagrams.variable[inner] for inner in diagrams.reachable(node)}
        named = [name for name, table in self._compiled.decisions.items() if table.named]
        named = [name for name in named if self._compiled.position[name] in asked]
        for left_open in chain.from_iterable(combinations(named, count) for count in range(len(named) + 1)):
            region, cells = node, {}
            for name in reversed(named):
                position = self._compiled.position[name]
                words = self._compiled.words(name)
                if name in left_open:
                    cell = cells[position] = words.index(UNDETERMINED)
                    region = diagrams.substitute(region, position, itemgetter(cell))
                    can_be = self._completions.can_be_open[name]
                    region = diagrams.apply(lambda leaf, open_: leaf if open_ else elsewhere, region, can_be)
                else:
                    region = diagrams.substitute(region, position, partial(self._put_decided, name, elsewhere))
            yield region, cells

    def _put_decided(self, name: str, elsewhere: Outcome | bool, branches: tuple[int, ...]) -> int:
        """The branch of what a named decision is when everything is known."""
        diagrams = self._compiled.diagrams
        index_of: dict[Any, int] = {word: cell for cell, word in enumerate(self._compiled.words(name))}
        total = self._completions.total[name]
        return diagrams.select(total, branches, index_of.get, lambda _branches: diagrams.leaf(elsewhere))

    def _holes(self, table: DecisionTable, regions: Sequence[tuple[int, Mapping[int, int]]]) -> Iterator[Violation]:
        for node, named in regions:
            for kind, hole in (("gap", Hole.GAP), ("conflict", Hole.CONFLICT)):
                for box in self._compiled.diagrams.apart(node, _is(hole), MOST_EXAMPLES):
                    yield self._hole(kind, table, box, named)

    def _hole(self, kind: str, table: DecisionTable, box: Box, named: Mapping[int, int]) -> Violation:
        where = self._where(box) + "".join(f", {self._compiled.names[position]} undetermined" for position in named)
        if kind == "gap":
            message = f"{table.name} is not decided {where}: no rule applies"
            remedy = f"add a rule to {table.name} for these situations, or let a rule that is there apply to them"
            return self._violation(kind, message, table, box, remedy=remedy)
        rules = self._winners(table, {variable: min(cells) for variable, cells in box.items()} | dict(named))
        said = ", ".join(f"{rule.id} (line {rule.line}) says {rule.then}" for rule in rules)
        message = f"{table.name} is decided twice {where}: {said}"
        place = rules[0] if rules else table
        remedy = separated(self._compiled, rules)
        return self._violation(kind, message, place, box, tuple(rule.id for rule in rules), remedy=remedy)

    def _winners(self, table: DecisionTable, cells: dict[int, int]) -> list[Rule]:
        """The rules that win in a conflict, in one of its situations."""
        for name, earlier in self._compiled.decisions.items():
            if name == table.name:
                break
            position = self._compiled.position[name]
            if earlier.named and position not in cells:
                outcome = self._compiled.diagrams.at(self._completions.total[name], cells)
                word = UNDETERMINED if isinstance(outcome, Hole) else outcome
                cells[position] = self._compiled.words(name).index(word)
        settled = self._compiled.diagrams.at(self._compiled.settled[table.name], cells)
        return [self._compiled.rules[rule] for rule in sorted(settled.rules) if self._is_of(rule, table)]

    def _is_of(self, rule: str, table: DecisionTable) -> bool:
        return self._compiled.rules[rule].decision == table.name

    def _can_win(self, rule: Rule) -> bool:
        wins = self._compiled.wins[rule.id]
        if not any(condition.name in self._compiled.decisions for condition in rule.when):
            return wins != self._compiled.diagrams.leaf(False)
        steps = {name: self._compiled.outcomes[name] for name in self._names_before(rule.decision)}
        where = self._compiled.folded(wins, steps, lambda _branches: self._compiled.diagrams.leaf(False))
        return any(
            True in self._compiled.diagrams.results(region) for region, _ in self._regions(where, elsewhere=False)
        )

    def _names_before(self, decision: str) -> list[str]:
        names = list(self._compiled.decisions)
        return names[: names.index(decision)]

    def _never(self, property_: Property) -> Iterator[Violation]:
        """A combination that does occur, known facts and unknown ones together."""
        diagrams, compiled = self._completions.diagrams, self._compiled
        cells: dict[int, frozenset[int]] = {}
        node = diagrams.leaf(True)
        for condition in property_.never:
            if condition.name in compiled.decisions:
                said = _says(condition.words, self._open_word(condition.name))
                answer = self._completions.answer_of(condition.name)
                node = diagrams.both(node, diagrams.apply(said, answer))
            elif condition.name in compiled.position:
                position = compiled.position[condition.name]
                cells[position] = cells.get(position, compiled.allowed(condition)) & compiled.allowed(condition)
        for name in property_.unknown:
            if name in compiled.position:
                position = compiled.position[name]
                cells[position] = frozenset({compiled.diagrams.sizes[position]})
        node = diagrams.both(diagrams.cube(cells), node)
        for box in diagrams.apart(node, lambda leaf: leaf is True, 1):
            message = f"property {property_.id} does not hold {self._where(box)}: {property_.because['en']}"
            yield self._violation("never", message, property_, box)

    def _open_word(self, name: str) -> str:
        """What is said of a decision when completions disagree."""
        return self._compiled.decisions[name].undetermined

    def _monotone(self, property_: Property) -> Iterator[Violation]:
        """An outcome that is settled while facts are unknown, and that some answer turns into another.

        It can only be so where a rule names a decision that is undetermined: all else follows from every completion.
        """
        diagrams = self._completions.diagrams
        for name in property_.monotone:
            if name not in self._completions.open:
                continue  # a step is no answer: nobody is told of it, so nothing that was said can turn
            turns = diagrams.apply(
                _turning(self._open_word(name)), self._completions.answer[name], self._completions.truth[name]
            )
            for box in diagrams.apart(turns, lambda leaf: leaf != MANY, 1):
                answer = diagrams.at(turns, {variable: min(cells) for variable, cells in box.items()})
                message = (
                    f"property {property_.id} does not hold: {name} is {answer} {self._where(box)}, "
                    f"and an answer can still turn it: {property_.because['en']}"
                )
                yield self._violation("monotone", message, property_, box)

    def _where(self, box: Box) -> str:
        """A box in words, with facts that lie in it."""
        return f"{region_in_words(self._region(box))}, for example {in_words(self._example(box))}"

    def _example(self, box: Box) -> dict[str, Any]:
        applied, facts = self._compiled.applied, self._definition.facts
        named = {self._compiled.names[position]: cells for position, cells in box.items()}
        return example_facts(typical_of(named, applied, facts), applied, facts)

    def _region(self, box: Box) -> dict[str, list[str]]:
        named = {self._compiled.names[position]: cells for position, cells in sorted(box.items())}
        return region_of(named, self._compiled.applied, self._definition.facts)

    def _violation(
        self,
        kind: str,
        message: str,
        place: DecisionTable | Rule | Property,
        box: Box,
        rules: tuple[str, ...] = (),
        remedy: str = "",
    ) -> Violation:
        judged = f" ({self._judged_by})" if self._judged_by else ""
        return Violation(
            kind=kind,
            message=message + judged,
            line=place.line,
            column=place.column,
            example=self._example(box),
            region=self._region(box),
            rules=rules,
            judged_by=self._judged_by,
            remedy=remedy,
        )


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
