"""What a rules file says, once it has been read: facts, parameters, clauses, decisions, rules, properties.

Terms
    rule        when its conditions hold, an outcome, with the clauses it cites and a reason in two languages
    exception   a rule under ``unless``: it inherits the conditions of the rule that it limits, and wins over it
    decision    a question with outcomes, answered by rules whose order means nothing
    named       a decision whose being undetermined is a value that later rules may name (``scope: undetermined``)
    basis       on what a rule rests: the policy's text, an inference from it, or a decision of the owner
    version     the rules and numbers in force on a day; it changes where something has a ``from`` or an ``until``
    agreement   what one customer agreed with us: services covered, numbers of their own
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from rules.model.facts import Fact

UNDETERMINED = "undetermined"
LANGUAGES = ("nl", "en")


@dataclass(frozen=True, slots=True)
class Period:
    """The days on which something holds: the first and the last, both included; ``None`` is without end."""

    first: date | None = None
    last: date | None = None

    def holds(self, day: date) -> bool:
        """Whether ``day`` lies in it."""
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)

    def meets(self, other: Period) -> bool:
        """Whether the two have a day in common."""
        begins = max(self.first or date.min, other.first or date.min)
        ends = min(self.last or date.max, other.last or date.max)
        return begins <= ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A number or date of the policy, once, with its clauses.

    ``values`` are its numbers by the day from which they hold (``None``: always), oldest first, in ``unit``:
    ``minutes``, ``months``, ``date`` (a proleptic ordinal) or nothing.
    """

    name: str
    values: tuple[tuple[date | None, float], ...]
    unit: str
    clauses: tuple[str, ...]
    basis: str
    ask_owner: str
    line: int
    column: int

    def on(self, day: date) -> float:
        """Its value on ``day``; before its first day, its first value."""
        current = self.values[0][1]
        for first, number in self.values:
            if first is None or first <= day:
                current = number
        return current


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of the policy, in short. One that the ledger keeps needs no rule here."""

    id: str
    text: Mapping[str, str]
    kept_by_ledger: bool
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """``operator`` is one of ``< <= = >= >``; ``operand`` a parameter's name or a number."""

    operator: str
    operand: str | float


@dataclass(frozen=True, slots=True)
class Condition:
    """One fact or decision, and the words that satisfy it or the comparisons that must all hold."""

    name: str
    words: frozenset[str] = frozenset()
    comparisons: tuple[Comparison, ...] = ()
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule with its exceptions.

    ``when`` holds the conditions of its groups and of the rule that it is an exception to (``parent``) as well as its
    own. A ``silent`` rule only passes on what another one said and is not mentioned in answers.
    """

    id: str
    decision: str
    clauses: tuple[str, ...]
    basis: str
    when: tuple[Condition, ...]
    then: str
    reason: Mapping[str, str]
    unless: tuple[Rule, ...]
    period: Period
    line: int
    column: int
    ask_owner: str = ""
    parent: str = ""
    silent: bool = False

    def each(self) -> Iterator[Rule]:
        """The rule and its exceptions, all the way down."""
        yield self
        for exception in self.unless:
            yield from exception.each()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionTable:
    """One decision: its outcomes and its rules.

    ``undetermined`` is what is said when the completions of the unknown facts disagree. ``named``: later rules may
    name that value. ``shown``: it is part of the answer; the others are steps towards it.
    """

    name: str
    title: Mapping[str, str]
    outcomes: tuple[str, ...]
    undetermined: str
    named: bool
    shown: bool
    rules: tuple[Rule, ...]
    line: int
    column: int

    def each_rule(self) -> Iterator[Rule]:
        """Every rule, exceptions included."""
        for rule in self.rules:
            yield from rule.each()


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """What must hold in every situation.

    Either a combination that ``never`` occurs (``unknown`` lists the facts that are unknown in it), or ``monotone``:
    decisions that no answer to a question may turn into another outcome once they are settled.
    """

    id: str
    never: tuple[Condition, ...]
    unknown: tuple[str, ...]
    monotone: tuple[str, ...]
    because: Mapping[str, str]
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What one customer agreed with us. ``organization`` is an id or a name.

    Sets in ``facts`` are added to the ticket's own; other facts fill what the ticket leaves open. ``parameters``
    replace the policy's.
    """

    organization: str
    facts: Mapping[str, Any]
    parameters: Mapping[str, float]
    period: Period
    because: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A whole rules file."""

    source: str
    text: str
    hash: str
    title: Mapping[str, str]
    effective_from: date
    parameters: Mapping[str, Parameter]
    clauses: Mapping[str, Clause]
    facts: Mapping[str, Fact]
    decisions: Mapping[str, DecisionTable]
    properties: tuple[Property, ...]
    agreements: tuple[Agreement, ...]
    keywords: Mapping[str, tuple[str, ...]]
    rules: Mapping[str, Rule] = field(default_factory=dict)
