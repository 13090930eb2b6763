"""Reading what rules speak of: clauses, parameters and facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from rules.model.definition import LANGUAGES, Clause, Parameter
from rules.model.errors import nearest
from rules.model.facts import Fact, FactType, parse_fact
from rules.model.quantities import read_quantity
from rules.reading.positioned_yaml import ListNode, MapNode, Node, TextNode
from rules.reading.reader import Reader

_FACT_FIELDS = (
    "type",
    "values",
    "unit",
    "whole",
    "minimum",
    "absent",
    "fixed",
    "ask",
    "first",
    "last",
    "text",
    "set",
)
_PARENTS = {
    FactType.MONTHS: (("first", FactType.DATE), ("last", FactType.DATE)),
    FactType.CONTAINED: (("text", FactType.TEXT), ("set", FactType.TEXTS)),
}


def read_clauses(reader: Reader, node: Node) -> dict[str, Clause]:
    """The clauses of the policy."""
    clauses: dict[str, Clause] = {}

    def read(key: Node) -> None:
        assert isinstance(key, TextNode)
        table = reader.fields(section[key], f"clause {key}", ("kept_by", *LANGUAGES), LANGUAGES)
        kept_by = table.find("kept_by")
        if kept_by is not None and kept_by != "ledger":
            raise reader.refuse(kept_by, "'kept_by' is ledger, or is left out")
        text = {language: str(reader.text(table.at(language), f"clause {key}")) for language in LANGUAGES}
        clauses[str(key)] = Clause(str(key), text, kept_by is not None, key.line, key.column)

    section = reader.table(node, "'clauses'")
    reader.each(section, read)
    return clauses


def read_parameters(reader: Reader, node: Node, clauses: Mapping[str, Clause]) -> dict[str, Parameter]:
    """The numbers of the policy."""
    parameters: dict[str, Parameter] = {}

    def read(key: Node) -> None:
        assert isinstance(key, TextNode)
        what = f"parameter {key}"
        reader.name(key, "a parameter")
        table = reader.fields(section[key], what, ("value", "clauses", "basis", "ask_owner"), ("value", "clauses"))
        values, unit = _values(reader, table.at("value"), what)
        basis, asked = reader.basis(table)
        parameters[str(key)] = Parameter(
            name=str(key),
            values=values,
            unit=unit,
            clauses=reader.clauses(table, clauses, what),
            basis=basis,
            ask_owner=asked,
            line=key.line,
            column=key.column,
        )

    section = reader.table(node, "'parameters'")
    reader.each(section, read)
    return parameters


def _values(reader: Reader, node: Node, what: str) -> tuple[tuple[tuple[date | None, float], ...], str]:
    """One quantity, or several by the day from which they hold."""
    if not isinstance(node, ListNode):
        number, unit = read_amount(reader, node, what)
        return ((None, number),), unit
    values: list[tuple[date | None, float]] = []
    units: set[str] = set()
    for item in node:
        table = reader.fields(item, f"a value of {what}", ("from", "is"), ("is",))
        number, unit = read_amount(reader, table.at("is"), what)
        first = table.find("from")
        values.append((None if first is None else reader.day(first, "'from'"), number))
        units.add(unit)
    days = [day for day, _ in values]
    if not values or len(units) > 1 or len(set(days)) < len(days):
        raise reader.refuse(node, f"the values of {what} have one unit and a day of their own")
    return tuple(sorted(values, key=lambda pair: pair[0] or date.min)), units.pop()


def read_amount(reader: Reader, node: Node, what: str) -> tuple[float, str]:
    """A quantity and its unit."""
    text = reader.text(node, what)
    try:
        return read_quantity(text)
    except ValueError as error:
        raise reader.refuse(node, f"{what}: {error}") from None


def read_facts(reader: Reader, node: Node) -> dict[str, Fact]:
    """The facts that can be known, and those computed from them."""
    facts: dict[str, Fact] = {}

    def read(key: Node) -> None:
        assert isinstance(key, TextNode)
        what = f"fact {key}"
        reader.name(key, "a fact")
        table = reader.fields(section[key], what, _FACT_FIELDS, ("type",))
        written = table.at("type")
        types = [type_.value for type_ in FactType]
        if written not in types:
            raise reader.refuse(
                written, f"the type of {what} is one of {', '.join(types)}", nearest(str(written), types)
            )
        type_ = FactType(str(written))
        if type_.is_derived:
            facts[str(key)] = _derived(reader, key, table, type_, facts)
        else:
            facts[str(key)] = _declared(reader, key, table, type_)

    section = reader.table(node, "'facts'")
    reader.each(section, read)
    return facts


def _declared(reader: Reader, key: TextNode, table: MapNode, type_: FactType) -> Fact:
    what = f"fact {key}"
    ask = table.find("ask")
    if ask is None:
        raise reader.refuse(key, f"{what} lacks 'ask', the question that is put when it is unknown and matters")
    values: tuple[str, ...] = ()
    if type_ is FactType.CHOICE:
        if "values" not in table:
            raise reader.refuse(key, f"{what} is a choice and lacks 'values'")
        words = reader.words(table.at("values"), f"a value of {what}")
        values = tuple(map(str, words))
        for position, word in enumerate(words):
            if word in values[:position]:
                reader.problem(word, f"{str(word)!r} stands twice in the values of {what}")
    unit = str(reader.text(table.at("unit"), "'unit'")) if "unit" in table else ""
    minimum = None
    if "minimum" in table:
        minimum = int(read_amount(reader, table.at("minimum"), what)[0])
    fact = Fact(
        name=str(key),
        type=type_,
        values=values,
        ask=reader.languages(ask, f"the question of {what}"),
        actionable=not reader.yes(table, "fixed"),
        whole=reader.yes(table, "whole"),
        minimum=minimum,
        unit=unit,
        line=key.line,
        column=key.column,
    )
    absent = table.find("absent")
    return fact if absent is None else replace(fact, absent=_absent(reader, fact, absent))


def _absent(reader: Reader, fact: Fact, node: Node) -> object:
    """What the absence of a fact means: a word of its own for a choice, a value for other types."""
    if fact.type is FactType.CHOICE:
        return str(reader.text(node, "'absent'"))
    try:
        return parse_fact(fact, [str(item) for item in node] if isinstance(node, ListNode) else str(node))
    except ValueError as error:
        raise reader.refuse(node, f"'absent' of fact {fact.name} {error}") from None


def _derived(reader: Reader, key: TextNode, table: MapNode, type_: FactType, facts: Mapping[str, Fact]) -> Fact:
    what, parents = f"fact {key}", []
    for name, wanted in _PARENTS[type_]:
        node = table.find(name)
        if node is None:
            raise reader.refuse(key, f"{what} lacks {name!r}, the fact that it is computed from")
        parent = facts.get(str(node))
        if parent is None or parent.type is not wanted:
            raise reader.refuse(
                node,
                f"{name!r} of {what} is a fact of type {wanted.value!r} that stands above it",
                nearest(str(node), [fact.name for fact in facts.values() if fact.type is wanted]),
            )
        parents.append(parent.name)
    unit = "months" if type_ is FactType.MONTHS else ""
    return Fact(name=str(key), type=type_, unit=unit, parents=tuple(parents), line=key.line, column=key.column)
