"""Reading what rules speak of: parameters, clauses, facts, agreements and the words that suggest a kind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from rules.errors import nearest
from rules.facts import Fact, FactType, parse_fact
from rules.quantities import read_quantity
from rules.reading import Reader, Refused
from rules.ruleset import LANGUAGES, Agreement, Clause, Parameter
from rules.source import Items, Node, Table, Text

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
        assert isinstance(key, Text)
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
        assert isinstance(key, Text)
        what = f"parameter {key}"
        reader.name(key, "a parameter")
        table = reader.fields(section[key], what, ("value", "clauses", "basis", "ask_owner"), ("value", "clauses"))
        values, unit = _values(reader, table.at("value"), what)
        basis, asked = reader.basis(table)
        parameters[str(key)] = Parameter(
            str(key), values, unit, reader.clauses(table, clauses, what), basis, asked, key.line, key.column
        )

    section = reader.table(node, "'parameters'")
    reader.each(section, read)
    return parameters


def _values(reader: Reader, node: Node, what: str) -> tuple[tuple[tuple[date | None, float], ...], str]:
    """One quantity, or several by the day from which they hold."""
    if not isinstance(node, Items):
        number, unit = _quantity(reader, node, what)
        return ((None, number),), unit
    values: list[tuple[date | None, float]] = []
    units: set[str] = set()
    for item in node:
        table = reader.fields(item, f"a value of {what}", ("from", "is"), ("is",))
        number, unit = _quantity(reader, table.at("is"), what)
        first = table.find("from")
        values.append((None if first is None else reader.day(first, "'from'"), number))
        units.add(unit)
    days = [day for day, _ in values]
    if not values or len(units) > 1 or len(set(days)) < len(days):
        raise reader.refuse(node, f"the values of {what} have one unit and a day of their own")
    return tuple(sorted(values, key=lambda pair: pair[0] or date.min)), units.pop()


def _quantity(reader: Reader, node: Node, what: str) -> tuple[float, str]:
    text = reader.text(node, what)
    try:
        return read_quantity(text)
    except ValueError as error:
        raise reader.refuse(node, f"{what}: {error}") from None


def read_facts(reader: Reader, node: Node) -> dict[str, Fact]:
    """The facts that can be known, and those computed from them."""
    facts: dict[str, Fact] = {}

    def read(key: Node) -> None:
        assert isinstance(key, Text)
        what = f"fact {key}"
        reader.name(key, "a fact")
        table = reader.fields(section[key], what, _FACT_FIELDS, ("type",))
        written = table.at("type")
        types = [one.value for one in FactType]
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


def _declared(reader: Reader, key: Text, table: Table, type_: FactType) -> Fact:
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
        minimum = int(_quantity(reader, table.at("minimum"), what)[0])
    absent = table.find("absent")
    fact = Fact(
        str(key),
        type_,
        values,
        reader.languages(ask, f"the question of {what}"),
        not reader.yes(table, "fixed"),
        None,
        reader.yes(table, "whole"),
        minimum,
        unit,
        (),
        key.line,
        key.column,
    )
    return fact if absent is None else _with_absent(reader, fact, absent)


def _with_absent(reader: Reader, fact: Fact, node: Node) -> Fact:
    """What the absence of a fact means: a word of its own for a choice, a value for others."""
    absent: object
    if fact.type is FactType.CHOICE:
        absent = str(reader.text(node, "'absent'"))
    else:
        try:
            absent = parse_fact(fact, [str(one) for one in node] if isinstance(node, Items) else str(node))
        except ValueError as error:
            raise reader.refuse(node, f"'absent' of fact {fact.name} {error}") from None
    return Fact(
        fact.name,
        fact.type,
        fact.values,
        fact.ask,
        fact.actionable,
        absent,
        fact.whole,
        fact.minimum,
        fact.unit,
        (),
        fact.line,
        fact.column,
    )


def _derived(reader: Reader, key: Text, table: Table, type_: FactType, facts: Mapping[str, Fact]) -> Fact:
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
                nearest(str(node), [one.name for one in facts.values() if one.type is wanted]),
            )
        parents.append(parent.name)
    unit = "months" if type_ is FactType.MONTHS else ""
    return Fact(str(key), type_, unit=unit, parents=tuple(parents), line=key.line, column=key.column)


def read_agreements(
    reader: Reader, node: Node, facts: Mapping[str, Fact], parameters: Mapping[str, Parameter]
) -> tuple[Agreement, ...]:
    """What customers agreed otherwise; two agreements of one customer never hold on the same day."""
    agreements: list[Agreement] = []
    by_organization: dict[str, list[Agreement]] = {}

    def read(item: Node) -> None:
        table = reader.fields(
            item,
            "an agreement",
            ("organization", "facts", "parameters", "from", "until", "because"),
            ("organization", "because"),
        )
        organization = str(reader.text(table.at("organization"), "'organization'")).strip()
        agreement = Agreement(
            organization,
            _agreed_facts(reader, table, facts),
            _agreed_parameters(reader, table, parameters),
            reader.period(table),
            str(reader.text(table.at("because"), "'because'")),
            table.line,
            table.column,
        )
        others = by_organization.setdefault(organization.casefold(), [])
        if any(agreement.period.meets(one.period) for one in others):
            raise reader.refuse(table.at("organization"), f"two agreements of {organization!r} hold on the same day")
        others.append(agreement)
        agreements.append(agreement)

    reader.each(reader.items(node, "'agreements'"), read)
    return tuple(agreements)


def _agreed_facts(reader: Reader, table: Table, facts: Mapping[str, Fact]) -> dict[str, object]:
    agreed: dict[str, object] = {}
    if "facts" not in table:
        return agreed
    given = reader.table(table.at("facts"), "'facts' of an agreement")
    for name, value in given.items():
        fact = facts.get(name)
        if fact is None or fact.type.is_derived:
            reader.problem(name, f"{str(name)!r} is not a fact", nearest(name, facts))
            continue
        try:
            agreed[str(name)] = parse_fact(fact, [str(one) for one in value] if isinstance(value, Items) else value)
        except ValueError as error:
            reader.problem(value, f"{name}: {str(value)!r} {error}")
    return agreed


def _agreed_parameters(reader: Reader, table: Table, parameters: Mapping[str, Parameter]) -> dict[str, float]:
    agreed: dict[str, float] = {}
    if "parameters" not in table:
        return agreed
    for name, node in reader.table(table.at("parameters"), "'parameters' of an agreement").items():
        parameter = parameters.get(name)
        if parameter is None:
            reader.problem(name, f"{str(name)!r} is not a parameter", nearest(name, parameters))
            continue
        try:
            number, unit = _quantity(reader, node, f"parameter {name}")
        except Refused:
            continue
        if unit != parameter.unit:
            reader.problem(node, f"parameter {name} is in {parameter.unit or 'bare numbers'}")
            continue
        agreed[str(name)] = number
    return agreed


def read_suggestions(reader: Reader, node: Node, facts: Mapping[str, Fact]) -> dict[str, tuple[str, ...]]:
    """The words that suggest each kind, all languages together."""
    keywords: dict[str, tuple[str, ...]] = {}
    kind = facts.get("kind")
    known = kind.values if kind is not None else ()

    def read(key: Node) -> None:
        assert isinstance(key, Text)
        if key not in known:
            raise reader.refuse(key, f"{str(key)!r} is not a kind", nearest(key, known))
        table = reader.fields(section[key], f"the words for {key}", LANGUAGES, LANGUAGES)
        words = [str(word) for language in LANGUAGES for word in reader.words(table.at(language), "a word")]
        keywords[str(key)] = tuple(dict.fromkeys(word.casefold() for word in words))

    section = reader.table(node, "'suggestions'")
    reader.each(section, read)
    return keywords
