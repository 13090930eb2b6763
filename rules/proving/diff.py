"""What changed in meaning between two rules files: proven equal, or every region whose decision differs.

Both files are cut by the numbers of both, so that they speak of the same situations; then equal diagrams are equal
rules, whatever the text looks like. Where they differ, each way of differing is described by few facts and shown by an
example.

Terms
    region     situations that differ in the same way: what was said before, what is said now
    while open  a difference that shows only while facts are unknown: every completion is decided as before
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from operator import eq
from typing import Any

from rules.deciding.cells import Variable, variable_of
from rules.deciding.compiled import CompiledDecisions, Hole
from rules.deciding.completions import Completions
from rules.deciding.diagrams import MANY, Box, Diagrams
from rules.deciding.engine import UNKNOWN, Engine
from rules.deciding.versions import AppliedVersion, Version, apply_version, versions_of
from rules.model.decision import ANSWER
from rules.model.definition import Agreement, Comparison, Condition, Definition
from rules.model.facts import Fact
from rules.proving.examples import example_facts, region_of, typical_of

MOST_BOXES = 3
"""Boxes by which one way of differing is described; what they leave out is given as a share."""
SAME = "decided alike"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedRegion:
    """Situations that differ in the same way.

    ``before`` and ``after`` hold those of scope, route and next step that differ. ``boxes`` describe where, each fact
    by fact in words; ``example`` holds facts of the first, ``None`` for what must be unknown. ``share`` is that of all
    combinations of cells. ``rules_before`` and ``rules_after`` lead to one of the two alone. ``while_open``: it shows
    only while something is not known.
    """

    judged_by: str
    before: Mapping[str, str]
    after: Mapping[str, str]
    boxes: tuple[Mapping[str, list[str]], ...]
    example: Mapping[str, Any]
    share: float
    rules_before: tuple[str, ...]
    rules_after: tuple[str, ...]
    while_open: bool

    def as_json(self) -> dict[str, Any]:
        """The same as a plain object."""
        return {
            "judged_by": self.judged_by,
            "before": dict(self.before),
            "after": dict(self.after),
            "boxes": [dict(box) for box in self.boxes],
            "example": dict(self.example),
            "share": self.share,
            "rules_before": list(self.rules_before),
            "rules_after": list(self.rules_after),
            "while_open": self.while_open,
        }


@dataclass(frozen=True, slots=True)
class RulesDiff:
    """Everything that differs in meaning between two files.

    ``notes`` tell what is no region: facts and agreements that came, went or changed.
    """

    old_hash: str
    new_hash: str
    regions: tuple[ChangedRegion, ...]
    notes: tuple[str, ...]

    @property
    def is_none(self) -> bool:
        """Whether the two decide every situation of every customer on every day alike."""
        return not self.regions and not self.notes

    def as_json(self) -> dict[str, Any]:
        """The same as a plain object."""
        return {
            "equal": self.is_none,
            "old": self.old_hash,
            "new": self.new_hash,
            "regions": [region.as_json() for region in self.regions],
            "notes": list(self.notes),
        }


def diff_rules(old: Definition, new: Definition) -> RulesDiff:
    """Prove two rules files equal in meaning, or describe where they differ."""
    facts, notes = _common_facts(old, new)
    notes += _changed_agreements(old, new)
    regions: list[ChangedRegion] = []
    seen: set[tuple[Any, ...]] = set()
    for before, after, judged_by in _pairs(old, new):
        for region in _Differ(facts, before, after, judged_by).regions():
            key = (str(region.before), str(region.after), str(region.boxes), region.while_open)
            if key not in seen:
                seen.add(key)
                regions.append(region)
    return RulesDiff(old.hash, new.hash, tuple(regions), tuple(notes))


def _common_facts(old: Definition, new: Definition) -> tuple[dict[str, Fact], list[str]]:
    """The facts of both files; one that takes another type, or means another thing by its absence, is reported."""
    facts: dict[str, Fact] = {}
    notes: list[str] = []
    for name in dict.fromkeys((*old.facts, *new.facts)):
        before, after = old.facts.get(name), new.facts.get(name)
        if before is None or after is None:
            fact = before or after
            assert fact is not None
            facts[name] = fact
            notes.append(f"fact {name} {'is new' if before is None else 'is gone'}")
            continue
        if (before.type, before.unit, before.parents, before.absent) != (
            after.type,
            after.unit,
            after.parents,
            after.absent,
        ):
            notes.append(f"fact {name} is declared differently; decisions are compared as the new file declares it")
        notes += [f"{value} is not a value of {name} any more" for value in before.values if value not in after.values]
        notes += [f"{value} is a new value of {name}" for value in after.values if value not in before.values]
        minima = [fact.minimum for fact in (before, after) if fact.minimum is not None]
        facts[name] = replace(
            after,
            values=tuple(dict.fromkeys((*before.values, *after.values))),
            whole=before.whole and after.whole,
            minimum=min(minima) if len(minima) == 2 else None,
        )
    return facts, notes


def _changed_agreements(old: Definition, new: Definition) -> list[str]:
    """What became of customers' agreements, as far as it is no other number: those are regions."""
    notes: list[str] = []
    before, after = ({_key(agreement): agreement for agreement in definition.agreements} for definition in (old, new))
    for key in dict.fromkeys((*before, *after)):
        earlier, later = before.get(key), after.get(key)
        since = f" of {key[1]}" if key[1] is not None else ""
        if earlier is None or later is None:
            notes.append(f"the agreement{since} of {key[0]} {'is new' if earlier is None else 'is gone'}")
        elif (dict(earlier.facts), earlier.period) != (dict(later.facts), later.period):
            notes.append(f"the agreement{since} of {key[0]} covers something else or holds on other days")
    return notes


def _key(agreement: Agreement) -> tuple[str, date | None]:
    return agreement.organization.casefold(), agreement.period.first


def _pairs(old: Definition, new: Definition) -> Iterator[tuple[AppliedVersion, AppliedVersion, str]]:
    """What to compare: every stretch of days on which neither file changes, and every customer's numbers."""
    old_versions, new_versions = versions_of(old), versions_of(new)
    days = sorted({version.first for version in (*old_versions, *new_versions)})
    organizations = dict.fromkeys(agreement.organization.casefold() for agreement in (*old.agreements, *new.agreements))
    for day in days:
        old_version, new_version = _in_force(old_versions, day), _in_force(new_versions, day)
        by_day = "" if len(days) == 1 else f"from {day}"
        yield apply_version(old, old_version), apply_version(new, new_version), by_day
        compared: set[tuple[Any, ...]] = set()
        for organization in organizations:
            mine = [_agreement(definition, organization, day) for definition in (old, new)]
            numbers = tuple(tuple(sorted(agreed.parameters.items())) if agreed else () for agreed in mine)
            if any(numbers) and numbers not in compared:
                compared.add(numbers)
                judged_by = " ".join(filter(None, (f"for {organization}", by_day)))
                yield apply_version(old, old_version, mine[0]), apply_version(new, new_version, mine[1]), judged_by


def _in_force(versions: tuple[Version, ...], day: date) -> Version:
    return max(
        (version for version in versions if version.first <= day),
        key=lambda version: version.first,
        default=versions[0],
    )


def _agreement(definition: Definition, organization: str, day: date) -> Agreement | None:
    holding = [
        agreement
        for agreement in definition.agreements
        if agreement.organization.casefold() == organization
        and (agreement.period.last is None or agreement.period.last >= day)
    ]
    return min(holding, key=lambda agreement: agreement.period.first or date.min, default=None)


class _Differ:
    """Compares two applied, cut alike."""

    def __init__(
        self, facts: Mapping[str, Fact], before: AppliedVersion, after: AppliedVersion, judged_by: str
    ) -> None:
        self._facts = facts
        self._judged_by = judged_by
        variables = _common_variables(facts, before, after)
        self._terms = replace(after, variables=variables)
        self._sides = [
            Completions(CompiledDecisions(replace(applied, variables=variables)), facts) for applied in (before, after)
        ]
        self._names = list(variables)
        may_be_unknown = self._sides[0].may_be_unknown[self._sides[0].first_fact :]
        sizes = [variable.size for variable in variables.values()]
        self._known = Diagrams(sizes)
        self._open = Diagrams([size + maybe for size, maybe in zip(sizes, may_be_unknown, strict=True)])
        self._may_be_unknown = may_be_unknown

    def regions(self) -> Iterator[ChangedRegion]:
        """Where the two differ when everything is known; and where they do only while something is not."""
        known = self._known.apply(_apart, *(self._decided(side) for side in self._sides))
        yield from self._described(self._known, known, while_open=False)
        answers = self._open.apply(_apart, *(self._answered(side) for side in self._sides))
        explained = self._some_completion(self._known.apply(lambda leaf: leaf != SAME, known), {})
        unexplained = self._open.apply(lambda leaf, is_explained: SAME if is_explained else leaf, answers, explained)
        yield from self._described(self._open, unexplained, while_open=True)

    def _decided(self, side: Completions) -> int:
        """The answer with every fact known, as a diagram of the common workshop."""
        return self._together(self._known, side, side.compiled.diagrams, side.total)

    def _answered(self, side: Completions) -> int:
        """The answer, facts known or not."""
        return self._together(self._open, side, side.diagrams, side.answer)

    def _together(self, workshop: Diagrams, side: Completions, diagrams: Diagrams, decisions: Mapping[str, int]) -> int:
        renumbered = {side.first_fact + position: position for position in range(len(self._names))}
        words = []
        for name in ANSWER:
            left_open = side.compiled.decisions[name].undetermined
            copied = workshop.copied(decisions[name], diagrams, renumbered)
            words.append(workshop.apply(_in_word(left_open), copied))
        return workshop.apply(lambda *said: said, *words)

    def _some_completion(self, node: int, memo: dict[int, int]) -> int:
        """Where some completion of what is not known lies in a diagram of what is known."""
        if node not in memo:
            if self._known.is_leaf(node):
                memo[node] = self._open.leaf(self._known.value(node))
            else:
                variable = self._known.variable[node]
                branches = tuple([self._some_completion(child, memo) for child in self._known.children[node]])
                if self._may_be_unknown[variable]:
                    branches = (*branches, self._open.any_of(branches))
                memo[node] = self._open.node(variable, branches)
        return memo[node]

    def _described(self, diagrams: Diagrams, node: int, *, while_open: bool) -> Iterator[ChangedRegion]:
        ways = [leaf for leaf in diagrams.results(node) if leaf != SAME]
        shares = {leaf: diagrams.share(node, partial(eq, leaf)) for leaf in ways}
        for leaf in sorted(ways, key=lambda leaf: (-shares[leaf], leaf)):
            boxes = list(diagrams.apart(node, partial(eq, leaf), MOST_BOXES))
            named = {self._names[position]: cells for position, cells in boxes[0].items()}
            typical = typical_of(named, self._terms, self._facts)
            cells = {self._names.index(name): cell for name, cell in typical.items()}
            rules = [self._rules(side, cells, while_open=while_open) for side in self._sides]
            yield ChangedRegion(
                judged_by=self._judged_by,
                before={name: before for name, before, _ in leaf},
                after={name: after for name, _, after in leaf},
                boxes=tuple(self._in_words(box) for box in boxes),
                example=example_facts(typical, self._terms, self._facts),
                share=shares[leaf],
                rules_before=tuple(rule for rule in rules[0] if rule not in rules[1]),
                rules_after=tuple(rule for rule in rules[1] if rule not in rules[0]),
                while_open=while_open,
            )

    def _rules(self, side: Completions, cells: Mapping[int, int], *, while_open: bool) -> tuple[str, ...]:
        """The rules that lead to a side's answer in one situation of a region."""
        left_out = UNKNOWN if while_open else 0
        situation = [
            cells.get(position, left_out if maybe else 0) for position, maybe in enumerate(self._may_be_unknown)
        ]
        situation = [
            UNKNOWN if cell >= self._known.sizes[position] else cell for position, cell in enumerate(situation)
        ]
        return Engine(side).conclude(tuple(situation)).rules

    def _in_words(self, box: Box) -> dict[str, list[str]]:
        named = {self._names[position]: cells for position, cells in sorted(box.items())}
        return region_of(named, self._terms, self._facts)


def _common_variables(facts: Mapping[str, Fact], before: AppliedVersion, after: AppliedVersion) -> dict[str, Variable]:
    """Every fact that either tests, cut where either cuts it."""
    conditions: dict[str, list[Condition]] = {}
    for applied in (before, after):
        for name, own in applied.version.conditions.items():
            conditions.setdefault(name, []).extend(_with_numbers(condition, applied) for condition in own)
    return {name: variable_of(facts[name], conditions[name], float) for name in facts if name in conditions}


def _with_numbers(condition: Condition, applied: AppliedVersion) -> Condition:
    comparisons = tuple(
        Comparison(comparison.operator, applied.number(comparison.operand)) for comparison in condition.comparisons
    )
    return replace(condition, comparisons=comparisons)


def _in_word(left_open: str) -> Any:
    return lambda leaf: left_open if isinstance(leaf, Hole) or leaf == MANY else leaf


def _apart(before: tuple[str, ...], after: tuple[str, ...]) -> Any:
    """Each decision that differs, with what was said of it and what is said now."""
    said = zip(ANSWER, before, after, strict=True)
    return tuple([part for part in said if part[1] != part[2]]) or SAME
