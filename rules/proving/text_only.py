"""What the policy's text alone leaves open: the rules without those that were inferred or decided.

Every hole that is left is a question to the owner; most of them were answered, and ``ask_owner`` says how each answer
is to be confirmed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rules.deciding.compiled import CompiledDecisions, Hole, Outcome
from rules.deciding.completions import Completions
from rules.deciding.versions import apply_version, versions_of
from rules.model.definition import Definition, Rule
from rules.proving.examples import example_facts, region_of, typical_of

MOST_REGIONS = 5


@dataclass(frozen=True, slots=True)
class OpenRegion:
    """Situations, fact by fact in words, and facts of one of them."""

    words: Mapping[str, list[str]]
    example: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """A decision by the text alone: where it is open, or decided twice, and what share of situations that is.

    Shares are of combinations of cells, not of tickets. Situations that are open because an earlier decision is are
    counted with that one.
    """

    decision: str
    open_share: float
    open_regions: tuple[OpenRegion, ...]
    twice_share: float
    twice_regions: tuple[OpenRegion, ...]


@dataclass(frozen=True, slots=True)
class OwnerQuestion:
    """What to ask the owner: about which rule or number, on what it rests now, and where it stands."""

    about: str
    basis: str
    clauses: tuple[str, ...]
    question: str
    line: int


def left_open(definition: Definition) -> tuple[LeftOpen, ...]:
    """Every decision of the newest version that the text alone does not settle."""
    version = versions_of(definition)[-1]
    decisions = {name: replace(table, rules=tuple(_by_text(table.rules))) for name, table in version.decisions.items()}
    applied = apply_version(definition, replace(version, decisions=decisions))
    completions = Completions(CompiledDecisions(applied), definition.facts)
    diagrams = completions.compiled.diagrams
    decisions_open: list[LeftOpen] = []
    for name, root in completions.total.items():
        gaps, conflicts = (_regions(definition, completions, root, hole) for hole in (Hole.GAP, Hole.CONFLICT))
        if gaps or conflicts:
            gap_share, conflict_share = (diagrams.share(root, _is(hole)) for hole in (Hole.GAP, Hole.CONFLICT))
            decisions_open.append(LeftOpen(name, gap_share, gaps, conflict_share, conflicts))
    return tuple(decisions_open)


def _regions(definition: Definition, completions: Completions, root: int, hole: Hole) -> tuple[OpenRegion, ...]:
    compiled = completions.compiled
    regions: list[OpenRegion] = []
    for box in compiled.diagrams.apart(root, _is(hole), MOST_REGIONS):
        named = {compiled.names[position]: cells for position, cells in sorted(box.items())}
        applied, facts = compiled.applied, definition.facts
        example = example_facts(typical_of(named, applied, facts), applied, facts)
        regions.append(OpenRegion(region_of(named, applied, facts), example))
    return tuple(regions)


def _is(hole: Hole) -> Callable[[Outcome], bool]:
    return lambda leaf: leaf is hole


def _by_text(rules: tuple[Rule, ...]) -> Iterator[Rule]:
    """The rules that the text states; exceptions of others, which carry all their conditions, stand for themselves."""
    for rule in rules:
        exceptions = tuple(_by_text(rule.unless))
        if rule.basis == "text":
            yield replace(rule, unless=exceptions)
        else:
            yield from exceptions


def questions_to_owner(definition: Definition) -> tuple[OwnerQuestion, ...]:
    """Every question that the file puts to the owner, in its order."""
    asked = [
        OwnerQuestion(f"rule {rule.id}", rule.basis, rule.clauses, rule.ask_owner, rule.line)
        for rule in definition.rules.values()
        if rule.ask_owner
    ]
    asked += [
        OwnerQuestion(
            f"parameter {parameter.name}", parameter.basis, parameter.clauses, parameter.ask_owner, parameter.line
        )
        for parameter in definition.parameters.values()
        if parameter.ask_owner
    ]
    return tuple(sorted(asked, key=lambda question: question.line))
