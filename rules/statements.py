"""Reading what a rules file states: decisions with their rules, and what must always hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rules.errors import nearest
from rules.facts import Fact, FactType
from rules.quantities import read_comparisons, read_quantity
from rules.reading import Reader, Refused
from rules.ruleset import (
    UNDETERMINED,
    Clause,
    Comparison,
    Condition,
    DecisionTable,
    Parameter,
    Period,
    Property,
    Rule,
)
from rules.source import Node, Table, Text

UNKNOWN = "unknown"
"""The word by which a property speaks of a fact that is not known."""
_RULE_FIELDS = ("id", "clauses", "basis", "ask_owner", "when", "then", "reason", "unless", "silent", "from", "until")
_RULE_REQUIRED = ("id", "clauses", "basis", "when", "then", "reason")
_BOOL_WORDS = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}


@dataclass(slots=True)
class Statements:
    """Reads decisions, rules and properties against the vocabulary that was read before."""

    reader: Reader
    facts: Mapping[str, Fact]
    parameters: Mapping[str, Parameter]
    clauses: Mapping[str, Clause]
    decisions: dict[str, DecisionTable] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    compared: set[str] = field(default_factory=set)
    """The parameters that some rule compares with."""

    def read_decisions(self, node: Node) -> None:
        """Every decision, in the order in which one may name another."""
        section = self.reader.table(node, "'decisions'")

        def read(key: Node) -> None:
            assert isinstance(key, Text)
            self._decision(key, section[key])

        self.reader.each(section, read)

    def _decision(self, key: Text, node: Node) -> None:
        name, what = str(key), f"decision {key}"
        self.reader.name(key, "a decision")
        if name in self.facts:
            raise self.reader.refuse(key, f"{name!r} is a fact and cannot be a decision as well")
        table = self.reader.fields(
            node,
            what,
            ("title", "outcomes", "undetermined", "named", "shown", "rules"),
            ("title", "outcomes", "rules"),
        )
        outcomes = tuple(map(str, self.reader.words(table.at("outcomes"), f"an outcome of {what}")))
        undetermined = table.find("undetermined")
        fallback = UNDETERMINED if undetermined is None else str(self.reader.text(undetermined, "'undetermined'"))
        if undetermined is not None and fallback not in (*outcomes, UNDETERMINED):
            self.reader.problem(undetermined, f"{fallback!r} is no outcome of {what}", nearest(fallback, outcomes))
        decision = DecisionTable(
            name,
            self.reader.languages(table.at("title"), f"the title of {what}"),
            outcomes,
            fallback,
            self.reader.yes(table, "named"),
            self.reader.yes(table, "shown"),
            (),
            key.line,
            key.column,
        )
        rules = tuple(self._rules(decision, table.at("rules"), (), Period()))
        self.decisions[name] = replace(decision, rules=rules)

    def _rules(self, decision: DecisionTable, node: Node, given: Sequence[Condition], period: Period) -> Iterable[Rule]:
        """The rules of a list; a group passes its conditions on to each of its rules."""
        found: list[Rule] = []

        def read(item: Node) -> None:
            table = self.reader.table(item, "a rule")
            if "given" in table:
                self.reader.fields(table, "a group of rules", ("given", "rules"), ("given", "rules"))
                shared = self._conditions(table.at("given"), "'given'")
                found.extend(self._rules(decision, table.at("rules"), (*given, *shared), period))
            else:
                found.append(self._rule(decision, table, given, None))

        self.reader.each(self.reader.items(node, "'rules'"), read)
        return found

    def _rule(self, decision: DecisionTable, table: Table, given: Sequence[Condition], parent: Rule | None) -> Rule:
        self.reader.fields(table, "a rule", _RULE_FIELDS, _RULE_REQUIRED)
        written = self.reader.text(table.at("id"), "'id'")
        what = f"rule {written}"
        if written in self.rules:
            first = self.rules[str(written)]
            raise self.reader.refuse(written, f"{what} is written twice (first at line {first.line})")
        then = self.reader.text(table.at("then"), f"'then' of {what}")
        if then not in decision.outcomes:
            self.reader.problem(
                then,
                f"{str(then)!r} is no outcome of {decision.name}: {', '.join(decision.outcomes)}",
                nearest(then, decision.outcomes),
            )
        basis, asked = self.reader.basis(table)
        rule = Rule(
            str(written),
            decision.name,
            self.reader.clauses(table, self.clauses, what),
            basis,
            (*given, *self._conditions(table.at("when"), f"'when' of {what}")),
            str(then),
            self._reason(table.at("reason"), what),
            (),
            self.reader.period(table),
            written.line,
            written.column,
            asked,
            "" if parent is None else parent.id,
            self.reader.yes(table, "silent"),
        )
        self.rules[rule.id] = rule
        exceptions: list[Rule] = []
        unless = table.find("unless")
        if unless is not None:
            self.reader.each(
                self.reader.items(unless, f"'unless' of {what}"),
                lambda item: exceptions.append(
                    self._rule(decision, self.reader.table(item, "an exception"), rule.when, rule)
                ),
            )
        rule = replace(rule, unless=tuple(exceptions))
        self.rules[rule.id] = rule
        return rule

    def _reason(self, node: Node, what: str) -> dict[str, str]:
        """Reasons in every language; ``{parameter}`` stands for a number of the policy."""
        reason = self.reader.languages(node, f"the reason of {what}")
        for text in reason.values():
            try:
                text.format_map(dict.fromkeys(self.parameters, ""))
            except KeyError as error:
                name = str(error.args[0])
                if name in self.reader.spoiled:
                    continue
                self.reader.problem(node, f"{{{name}}} is not a parameter", nearest(name, self.parameters))
            except (ValueError, IndexError, AttributeError):
                self.reader.problem(node, "braces in a reason hold the name of a parameter, as in {quote_above}")
        return reason

    def _conditions(self, node: Node, what: str, *, in_property: bool = False) -> tuple[Condition, ...]:
        table = self.reader.table(node, what)
        if not table:
            raise self.reader.refuse(table, f"{what} has at least one condition")
        conditions: list[Condition] = []
        for name, value in table.items():
            try:
                conditions.append(self._condition(name, value, in_property=in_property))
            except Refused:
                continue
        return tuple(conditions)

    def _condition(self, name: Text, value: Node, *, in_property: bool) -> Condition:
        decision = self.decisions.get(name)
        if decision is not None:
            known = (*decision.outcomes, *((UNDETERMINED,) if decision.named or in_property else ()))
            return self._named(name, value, known)
        if name in self.reader.spoiled:
            raise Refused
        fact = self.facts.get(name)
        if fact is None or fact.type is FactType.TEXTS:
            usable = [one.name for one in self.facts.values() if one.type is not FactType.TEXTS]
            raise self.reader.refuse(
                name,
                f"{str(name)!r} is neither a fact that can be tested nor a decision that stands above",
                nearest(name, [*usable, *self.decisions]),
            )
        if in_property and value == UNKNOWN:
            return self._condition_of(name, frozenset({UNKNOWN}), value)
        if fact.type.is_measured:
            return self._compared(name, value, fact)
        if fact.type is FactType.TEXT:
            return self._named(name, value, None)
        if fact.type is FactType.CHOICE:
            return self._named(name, value, (*fact.values, *((str(fact.absent),) if fact.absent is not None else ())))
        words = [self.reader.text(one, "yes or no").lower() for one in self.reader.words(value, "yes or no")]
        if any(word not in _BOOL_WORDS for word in words):
            raise self.reader.refuse(value, f"{name} is yes or no")
        return self._condition_of(name, frozenset(_BOOL_WORDS[word] for word in words), value)

    def _condition_of(self, name: Text, words: frozenset[str], value: Node) -> Condition:
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        return Condition(str(name), words, (), text, name.line, name.column)

    def _named(self, name: Text, value: Node, known: Sequence[str] | None) -> Condition:
        """One of several words; ``not x`` is every other. ``known`` is ``None`` for texts, where any word will do."""
        written = self.reader.words(value, f"a value of {name}")
        if not written:
            raise self.reader.refuse(value, f"{name} lists at least one value")
        words = [str(word).strip() for word in written]
        negated = len(words) == 1 and words[0].startswith("not ")
        if negated:
            words = [words[0].removeprefix("not ").strip()]
        if known is None:
            words = [word.casefold() for word in words]
            if negated:
                words = [f"not {words[0]}"]
            return self._condition_of(name, frozenset(words), value)
        for word, place in zip(words, written, strict=True):
            if word not in known:
                self.reader.problem(place, f"{word!r} is no value of {name}: {', '.join(known)}", nearest(word, known))
        allowed = frozenset(known) - frozenset(words) if negated else frozenset(words)
        return self._condition_of(name, allowed, value)

    def _compared(self, name: Text, value: Node, fact: Fact) -> Condition:
        """Comparisons with parameters or quantities of the fact's unit; all of a list must hold."""
        unit = "date" if fact.type is FactType.DATE else fact.unit
        comparisons: list[Comparison] = []
        for text in self.reader.words(value, f"a comparison of {name}"):
            try:
                read = read_comparisons(text)
            except ValueError as error:
                raise self.reader.refuse(text, f"{name}: {error}") from None
            for operator, operand in read:
                comparisons.append(Comparison(operator, self._operand(text, name, operand, unit)))
        if not comparisons:
            raise self.reader.refuse(value, f"{name} is compared with something")
        shown = " and ".join(map(str, value)) if isinstance(value, list) else str(value)
        return Condition(str(name), frozenset(), tuple(comparisons), shown, name.line, name.column)

    def _operand(self, place: Text, name: Text, operand: str, unit: str) -> str | float:
        if operand in self.reader.spoiled:
            raise Refused
        parameter = self.parameters.get(operand)
        if parameter is not None:
            self.compared.add(operand)
            if parameter.unit != unit:
                raise self.reader.refuse(
                    place, f"{name} is in {unit or 'bare numbers'}, {operand} in {parameter.unit or 'bare numbers'}"
                )
            return operand
        try:
            number, written = read_quantity(operand)
        except ValueError:
            raise self.reader.refuse(
                place, f"{operand!r} is neither a parameter nor a quantity", nearest(operand, self.parameters)
            ) from None
        if written != unit:
            raise self.reader.refuse(place, f"{name} is in {unit or 'bare numbers'}, {operand!r} is not")
        return number

    def read_properties(self, node: Node) -> tuple[Property, ...]:
        """What must hold in every situation."""
        properties: dict[str, Property] = {}

        def read(item: Node) -> None:
            table = self.reader.fields(item, "a property", ("id", "never", "monotone", "because"), ("id", "because"))
            written = self.reader.text(table.at("id"), "'id'")
            if written in properties:
                raise self.reader.refuse(written, f"property {written} is written twice")
            if ("never" in table) == ("monotone" in table):
                raise self.reader.refuse(table, "a property says either 'never' or 'monotone'")
            never: tuple[Condition, ...] = ()
            monotone: tuple[str, ...] = ()
            if "never" in table:
                never = self._conditions(table.at("never"), "'never'", in_property=True)
            else:
                names = self.reader.words(table.at("monotone"), "'monotone'")
                for name in names:
                    if name not in self.decisions:
                        self.reader.problem(name, f"{str(name)!r} is no decision", nearest(name, self.decisions))
                monotone = tuple(map(str, names))
            unknown = tuple(one.name for one in never if one.words == {UNKNOWN})
            properties[str(written)] = Property(
                str(written),
                tuple(one for one in never if one.words != {UNKNOWN}),
                unknown,
                monotone,
                self.reader.languages(table.at("because"), "'because'"),
                written.line,
                written.column,
            )

        self.reader.each(self.reader.items(node, "'properties'"), read)
        return tuple(properties.values())
