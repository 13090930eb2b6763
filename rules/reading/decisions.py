"""Reading decisions: their outcomes, their rules in groups, and the exceptions of rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rules.model.definition import (
    UNDETERMINED,
    Clause,
    Condition,
    DecisionTable,
    Parameter,
    Period,
    Rule,
)
from rules.model.errors import nearest
from rules.model.facts import Fact
from rules.reading.conditions import ConditionReader
from rules.reading.positioned_yaml import MapNode, Node, TextNode
from rules.reading.reader import Reader

_RULE_FIELDS = ("id", "clauses", "basis", "ask_owner", "when", "then", "reason", "unless", "silent", "from", "until")
_RULE_REQUIRED = ("id", "clauses", "basis", "when", "then", "reason")


@dataclass(slots=True)
class DecisionReader:
    """Reads decisions and their rules against the vocabulary that was read before."""

    reader: Reader
    facts: Mapping[str, Fact]
    parameters: Mapping[str, Parameter]
    clauses: Mapping[str, Clause]
    decisions: dict[str, DecisionTable] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    conditions: ConditionReader = field(init=False)

    def __post_init__(self) -> None:
        self.conditions = ConditionReader(self.reader, self.facts, self.parameters, self.decisions)

    def read(self, node: Node) -> None:
        """Every decision, in the order in which one may name another."""
        section = self.reader.table(node, "'decisions'")

        def read_decision(key: Node) -> None:
            assert isinstance(key, TextNode)
            self._decision(key, section[key])

        self.reader.each(section, read_decision)

    def _decision(self, key: TextNode, node: Node) -> None:
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
        if UNDETERMINED in outcomes:
            raise self.reader.refuse(
                table.at("outcomes"), f"{UNDETERMINED!r} is what {what} is without an outcome; no rule can give it"
            )
        undetermined = table.find("undetermined")
        fallback = UNDETERMINED if undetermined is None else str(self.reader.text(undetermined, "'undetermined'"))
        if undetermined is not None and fallback not in (*outcomes, UNDETERMINED):
            self.reader.problem(undetermined, f"{fallback!r} is not an outcome of {what}", nearest(fallback, outcomes))
        decision = DecisionTable(
            name=name,
            title=self.reader.languages(table.at("title"), f"the title of {what}"),
            outcomes=outcomes,
            undetermined=fallback,
            named=self.reader.yes(table, "named"),
            shown=self.reader.yes(table, "shown"),
            rules=(),
            line=key.line,
            column=key.column,
        )
        rules = tuple(self._rules(decision, table.at("rules"), (), Period()))
        self.decisions[name] = replace(decision, rules=rules)

    def _rules(self, decision: DecisionTable, node: Node, given: Sequence[Condition], period: Period) -> Iterable[Rule]:
        """The rules of a list; a group passes its conditions on to each of its rules."""
        rules: list[Rule] = []

        def read(item: Node) -> None:
            table = self.reader.table(item, "a rule")
            if "given" in table:
                self.reader.fields(table, "a group of rules", ("given", "rules"), ("given", "rules"))
                shared = self.conditions.read(table.at("given"), "'given'")
                rules.extend(self._rules(decision, table.at("rules"), (*given, *shared), period))
            else:
                rules.append(self._rule(decision, table, given, None))

        self.reader.each(self.reader.items(node, "'rules'"), read)
        return rules

    def _rule(self, decision: DecisionTable, table: MapNode, given: Sequence[Condition], parent: Rule | None) -> Rule:
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
                f"{str(then)!r} is not an outcome of {decision.name}: {', '.join(decision.outcomes)}",
                nearest(then, decision.outcomes),
            )
        basis, asked = self.reader.basis(table)
        rule = Rule(
            id=str(written),
            decision=decision.name,
            clauses=self.reader.clauses(table, self.clauses, what),
            basis=basis,
            when=(*given, *self.conditions.read(table.at("when"), f"'when' of {what}")),
            then=str(then),
            reason=self._reason(table.at("reason"), what),
            unless=(),
            period=self.reader.period(table),
            line=written.line,
            column=written.column,
            ask_owner=asked,
            parent="" if parent is None else parent.id,
            silent=self.reader.yes(table, "silent"),
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
