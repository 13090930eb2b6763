"""Reading what single customers agreed: facts and numbers of their own, from and until a day."""

from __future__ import annotations

from collections.abc import Mapping

from rules.model.definition import Agreement, Parameter
from rules.model.errors import nearest
from rules.model.facts import Fact, parse_fact
from rules.reading.positioned_yaml import ListNode, MapNode, Node
from rules.reading.reader import Reader, UnreadableNode
from rules.reading.vocabulary import read_amount


def read_agreements(
    reader: Reader, node: Node, facts: Mapping[str, Fact], parameters: Mapping[str, Parameter]
) -> tuple[Agreement, ...]:
    """What customers agreed with us; two agreements of one customer never hold on the same day."""
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
            organization=organization,
            facts=_agreed_facts(reader, table, facts),
            parameters=_agreed_parameters(reader, table, parameters),
            period=reader.period(table),
            because=str(reader.text(table.at("because"), "'because'")),
            line=table.line,
            column=table.column,
        )
        others = by_organization.setdefault(organization.casefold(), [])
        if any(agreement.period.meets(other.period) for other in others):
            raise reader.refuse(table.at("organization"), f"two agreements of {organization!r} hold on the same day")
        others.append(agreement)
        agreements.append(agreement)

    reader.each(reader.items(node, "'agreements'"), read)
    return tuple(agreements)


def _agreed_facts(reader: Reader, table: MapNode, facts: Mapping[str, Fact]) -> dict[str, object]:
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
            agreed[str(name)] = parse_fact(
                fact, [str(item) for item in value] if isinstance(value, ListNode) else value
            )
        except ValueError as error:
            reader.problem(value, f"{name}: {str(value)!r} {error}")
    return agreed


def _agreed_parameters(reader: Reader, table: MapNode, parameters: Mapping[str, Parameter]) -> dict[str, float]:
    agreed: dict[str, float] = {}
    if "parameters" not in table:
        return agreed
    for name, node in reader.table(table.at("parameters"), "'parameters' of an agreement").items():
        parameter = parameters.get(name)
        if parameter is None:
            reader.problem(name, f"{str(name)!r} is not a parameter", nearest(name, parameters))
            continue
        try:
            number, unit = read_amount(reader, node, f"parameter {name}")
        except UnreadableNode:
            continue
        if unit != parameter.unit:
            reader.problem(node, f"parameter {name} is in {parameter.unit or 'bare numbers'}")
            continue
        agreed[str(name)] = number
    return agreed
