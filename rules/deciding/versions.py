"""The rules and numbers in force: on a day, and for a customer with an agreement.

A file holds every version at once: parameters and rules say from and until which day they hold. Between two such days
nothing changes, so that a file has finitely many versions. The first one also judges what is older than the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from rules.deciding.cells import Variable, variable_of
from rules.model.definition import Agreement, Condition, DecisionTable, Definition, Rule


@dataclass(frozen=True, slots=True)
class Version:
    """What is in force from ``first`` on, for customers without an agreement."""

    first: date
    decisions: Mapping[str, DecisionTable]
    parameters: Mapping[str, float]
    conditions: Mapping[str, tuple[Condition, ...]]
    """Every condition on each fact, in rules and properties: where it is cut."""

    def rules(self) -> Iterator[Rule]:
        """Every rule in force, exceptions included."""
        for decision in self.decisions.values():
            yield from decision.each_rule()


@dataclass(frozen=True, slots=True)
class AppliedVersion:
    """A version's rules with one customer's numbers: what a situation is judged by."""

    version: Version
    agreement: Agreement | None
    parameters: Mapping[str, float]
    variables: Mapping[str, Variable]

    @property
    def signature(self) -> tuple[object, ...]:
        """AppliedVersion of one version with the same signature have the same diagrams, and so the same proof."""
        return (
            self.version.first,
            tuple(variable.signature for variable in self.variables.values()),
            tuple(
                self.variables[name].allowed(condition, self.number)
                for name, conditions in self.version.conditions.items()
                if self.variables[name].cells
                for condition in conditions
            ),
        )

    def number(self, operand: str | float) -> float:
        """The number that an operand of a comparison stands for."""
        return self.parameters[operand] if isinstance(operand, str) else operand


def versions_of(definition: Definition) -> tuple[Version, ...]:
    """Every version of a rules file, oldest first."""
    days = {definition.effective_from}
    for parameter in definition.parameters.values():
        days.update(first for first, _ in parameter.values if first is not None)
    for rule in definition.rules.values():
        if rule.period.first is not None:
            days.add(rule.period.first)
        if rule.period.last is not None:
            days.add(rule.period.last + timedelta(days=1))
    later = [day for day in sorted(days) if day >= definition.effective_from]
    return tuple(_version(definition, day) for day in later)


def _version(definition: Definition, day: date) -> Version:
    decisions = {
        name: replace(table, rules=tuple(_in_force(table.rules, day))) for name, table in definition.decisions.items()
    }
    conditions: dict[str, list[Condition]] = {name: [] for name in definition.facts}
    for table in decisions.values():
        for rule in table.each_rule():
            for condition in rule.when:
                if condition.name in conditions:
                    conditions[condition.name].append(condition)
    for property_ in definition.properties:
        for condition in property_.never:
            if condition.name in conditions:
                conditions[condition.name].append(condition)
    return Version(
        day,
        decisions,
        {name: parameter.on(day) for name, parameter in definition.parameters.items()},
        {name: tuple(dict.fromkeys(own)) for name, own in conditions.items() if own},
    )


def _in_force(rules: tuple[Rule, ...], day: date) -> Iterator[Rule]:
    for rule in rules:
        if rule.period.holds(day):
            yield replace(rule, unless=tuple(_in_force(rule.unless, day)))


def apply_version(definition: Definition, version: Version, agreement: Agreement | None = None) -> AppliedVersion:
    """A version with a customer's own numbers."""
    parameters = dict(version.parameters)
    if agreement is not None:
        parameters.update(agreement.parameters)
    applied = AppliedVersion(version, agreement, parameters, {})
    variables = {
        name: variable_of(definition.facts[name], conditions, applied.number)
        for name, conditions in version.conditions.items()
    }
    return replace(applied, variables=variables)
