"""Facts as people and programs write them: one YAML or JSON mapping, or JSON objects one a line.

Promise: what cannot be read is refused whole, with its line; duplicate names are refused, not the last taken.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rules.model.errors import Problem, RulesError
from rules.reading.positioned_yaml import ListNode, MapNode, Node, TextNode, read_yaml


def read_facts(text: str, source: str) -> dict[str, Any]:
    """Facts from one mapping, YAML or JSON; values stay as they were written. Raises :class:`RulesError`."""
    if text.lstrip().startswith("{"):
        try:
            facts = _json(text)
        except ValueError:
            pass  # a YAML mapping in braces, or a mistake that reading it as YAML names with its place
        else:
            return _mapping(facts, source)
    return {name: _plain(value) for name, value in read_yaml(text, source).items()}


def read_fact_lines(text: str, source: str) -> tuple[list[tuple[int, dict[str, Any]]], list[Problem]]:
    """Facts from JSON objects, one a line, each with its line number; and what is wrong with the other lines."""
    facts_by_line: list[tuple[int, dict[str, Any]]] = []
    problems: list[Problem] = []
    lines = text.split("\n")
    if lines and not lines[-1].strip():
        lines.pop()
    for number, line in enumerate(lines, 1):
        try:
            facts_by_line.append((number, _mapping(_json(line), source, number)))
        except RulesError as error:
            problems.extend(error.problems)
        except json.JSONDecodeError as error:
            problems.append(Problem(f"this line is not JSON: {error.msg}", source, number, error.colno))
        except ValueError as error:
            problems.append(Problem(f"this line cannot be used: {error}", source, number, 1))
    return facts_by_line, problems


def _mapping(value: Any, source: str, line: int = 1) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise RulesError([Problem('a mapping of facts is wanted here, such as {"kind": "incident"}', source, line, 1)])


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _once(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    mapping: dict[str, Any] = {}
    for name, value in pairs:
        if name in mapping:
            raise ValueError(f"{name!r} is written twice")
        mapping[name] = value
    return mapping


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not a value")


def _plain(node: Node) -> Any:
    if isinstance(node, TextNode):
        return None if node.is_null else node
    if isinstance(node, ListNode):
        return [_plain(item) for item in node]
    assert isinstance(node, MapNode)
    return {name: _plain(value) for name, value in node.items()}
