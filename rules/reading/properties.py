"""Reading what must hold in every situation."""

from __future__ import annotations

from rules.model.definition import Condition, Property
from rules.model.errors import nearest
from rules.reading.conditions import UNKNOWN, ConditionReader
from rules.reading.positioned_yaml import Node


def read_properties(conditions: ConditionReader, node: Node) -> tuple[Property, ...]:
    """Every property, read against the decisions that ``conditions`` knows."""
    reader = conditions.reader
    properties: dict[str, Property] = {}

    def read(item: Node) -> None:
        table = reader.fields(item, "a property", ("id", "never", "monotone", "because"), ("id", "because"))
        written = reader.text(table.at("id"), "'id'")
        if written in properties:
            raise reader.refuse(written, f"property {written} is written twice")
        if ("never" in table) == ("monotone" in table):
            raise reader.refuse(table, "a property says either 'never' or 'monotone'")
        never: tuple[Condition, ...] = ()
        monotone: tuple[str, ...] = ()
        if "never" in table:
            never = conditions.read(table.at("never"), "'never'", in_property=True)
        else:
            names = reader.words(table.at("monotone"), "'monotone'")
            for name in names:
                if name not in conditions.decisions:
                    reader.problem(name, f"{str(name)!r} is not a decision", nearest(name, conditions.decisions))
            monotone = tuple(map(str, names))
        properties[str(written)] = Property(
            id=str(written),
            never=tuple(condition for condition in never if condition.words != {UNKNOWN}),
            unknown=tuple(condition.name for condition in never if condition.words == {UNKNOWN}),
            monotone=monotone,
            because=reader.languages(table.at("because"), "'because'"),
            line=written.line,
            column=written.column,
        )

    reader.each(reader.items(node, "'properties'"), read)
    return tuple(properties.values())
