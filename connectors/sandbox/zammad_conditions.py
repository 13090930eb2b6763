"""Which tickets the conditions of the sandbox's triggers and overviews mean.

A condition is an object by attribute (all of them hold), or a tree of ``conditions`` that stand under ``AND``, ``OR``
or ``NOT``. What the product takes and this sandbox cannot judge raises :class:`NotImplementedError`, so that no test
leans on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.sandbox.zammad_records import ZammadRecords, ZammadTicket
from connectors.sandbox.zammad_state import ZammadEvent

OPERATORS = frozenset(
    {
        *("is", "is not", "is set", "not set", "is any of", "is none of", "has changed", "today"),
        *("contains", "contains not", "contains all", "contains one", "contains all not", "contains one not"),
        *("before (absolute)", "after (absolute)", "before (relative)", "after (relative)"),
        *("within last (relative)", "within next (relative)", "starts with one of", "ends with one of"),
    }
)
"""Those of the product's that people choose most."""
WITHOUT_VALUE = frozenset({"is set", "not set", "has changed", "today"})
PLACES = frozenset({"ticket", "article", "customer", "organization", "owner", "execution_time", "ticket_state"})


def clauses(condition: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every clause of a condition with the attribute that it is about."""
    if "conditions" not in condition:
        yield from condition.items()
        return
    for part in condition["conditions"]:
        yield from clauses(part) if "conditions" in part else [(str(part.get("name")), part)]


def is_valid(condition: Any, records: ZammadRecords) -> bool:
    """Whether the product takes a condition."""
    if not isinstance(condition, dict) or not condition:
        return False
    known = {"tags", "action", *ZammadTicket.__slots__, *(column.name for column in records.columns("Ticket"))}
    for name, clause in clauses(condition):
        place, _, attribute = name.partition(".")
        if place not in PLACES or (place == "ticket" and attribute not in known) or not isinstance(clause, dict):
            return False
        if clause.get("operator") not in OPERATORS:
            return False
        is_empty, aim = clause.get("value") in (None, "", []), clause.get("pre_condition")
        if is_empty and clause["operator"] not in WITHOUT_VALUE and aim in (None, "specific"):
            return False
    return True


def holds(condition: Mapping[str, Any], ticket: ZammadTicket, event: ZammadEvent | None = None) -> bool:
    """Whether a condition holds of a ticket, and of the event that is told."""
    if "conditions" in condition:
        parts = [
            holds(part if "conditions" in part else {str(part["name"]): part}, ticket, event)
            for part in condition["conditions"]
        ]
        if condition.get("operator") == "NOT":
            return not all(parts)
        return any(parts) if condition.get("operator") == "OR" else all(parts)
    return all(_holds(name, clause, ticket, event) for name, clause in condition.items())


def _holds(name: str, clause: Mapping[str, Any], ticket: ZammadTicket, event: ZammadEvent | None) -> bool:
    place, _, attribute = name.partition(".")
    operator, value = clause["operator"], clause.get("value")
    wanted = {str(part) for part in (value if isinstance(value, list) else [value])}
    if name == "ticket.tags" and operator in ("contains all", "contains one"):
        tags = {part.strip() for part in str(value).split(",")}
        return tags <= {*ticket.tags} if operator == "contains all" else not tags.isdisjoint(ticket.tags)
    if name == "ticket.action" and event is not None:
        return (event.action in wanted) is (operator == "is")
    if place == "ticket" and operator in ("is", "is not") and clause.get("pre_condition") in (None, "", "specific"):
        stands = getattr(ticket, attribute, ticket.attributes.get(attribute))
        return (str(stands) in wanted) is (operator == "is")
    raise NotImplementedError(f"this sandbox cannot judge {name} {clause}")
