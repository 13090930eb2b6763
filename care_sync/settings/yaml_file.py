"""Reading the settings file as nested text, with the place of every value.

Every scalar stays text until the type of its setting reads it: ``02:30`` is a time and not the number 150,
``no`` is a word where a word is asked, and a rate keeps its decimals. Only an empty value, ``~`` and ``null``
mean "not set". Anchors, tags, merge keys, several documents and keys that come twice are refused: in a file of
settings they hide what applies.

Promise: every mistake is reported with line and column, and no line of the file is ever quoted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import yaml

from care_sync.errors import UserError

LARGEST_FILE = 1_000_000
"""Bytes; a file beyond it is not a file of settings."""

DEEPEST_LEVEL = 20

Location = tuple[str | int, ...]
"""Where a value stands: ``("helpdesk", "subdomain")``."""

_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})


class Mark(Protocol):
    """A place as PyYAML tells it, by whichever of its two parsers."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the file; both numbers count from one."""

    line: int
    column: int

    @classmethod
    def of(cls, mark: Mark | None) -> Position:
        """Return the place of a mark of PyYAML, which counts from zero."""
        return cls(mark.line + 1, mark.column + 1) if mark else cls(1, 1)


@dataclass(frozen=True, slots=True)
class YamlFile:
    """A settings file as read: nested ``values``, and where each stands (mappings by their key)."""

    path: Path
    values: dict[str, Any]
    positions: Mapping[Location, Position]

    def place(self, location: Location) -> str | None:
        """Return ``file:line:column`` of ``location``, or of the nearest section around it that is there."""
        for length in range(len(location), 0, -1):
            if position := self.positions.get(location[:length]):
                return f"{self.path}:{position.line}:{position.column}"
        return None

    def holds(self, location: Location) -> bool:
        """Whether the file itself gives a value at ``location``."""
        return location in self.positions


class _Mistake(Exception):
    def __init__(self, mark: Mark | None, message: str) -> None:
        super().__init__(message)
        self.position = Position.of(mark)
        self.message = message


def read_yaml(path: Path) -> YamlFile:
    """Read ``path``; raise :class:`UserError` with line and column when it cannot be read as settings."""
    text = _text_of(path)
    positions: dict[Location, Position] = {}
    try:
        _refuse_marks(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        values = {} if root is None else _value(root, (), positions)
        if root is not None and not isinstance(values, dict):
            raise _Mistake(root.start_mark, "settings are written as `name: value`, one per line")
    except _Mistake as mistake:
        place = f"{path}:{mistake.position.line}:{mistake.position.column}"
        raise UserError(f"{place}: {mistake.message}.") from None
    except yaml.MarkedYAMLError as error:
        position = Position.of(error.problem_mark or error.context_mark)
        problem = error.problem or "this is not YAML"
        raise UserError(
            f"{path}:{position.line}:{position.column}: {problem}. "
            "Check the indentation (spaces, no tabs) and the quotes around it."
        ) from None
    except yaml.YAMLError as error:
        problem = getattr(error, "reason", "unreadable characters")
        raise UserError(f"{path}: this is not YAML: {problem}.") from None
    return YamlFile(path, values, positions)


def _text_of(path: Path) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise UserError(
            f"{path}: there is no such file. Copy config.example.yaml to {path.name}, or give --config."
        ) from None
    except OSError as error:
        problem = error.strerror or "unreadable"
        raise UserError(f"{path}: cannot be read: {problem}. Check the path and its permissions.") from None
    if len(content) > LARGEST_FILE:
        raise UserError(f"{path}: is larger than {LARGEST_FILE} bytes, which no file of settings is.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}:{line}:1: is not UTF-8. Save the file as UTF-8.") from None


def _refuse_marks(text: str) -> None:
    """Refuse what a settings file never needs, before anything is built from it."""
    documents = level = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        level += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if level > DEEPEST_LEVEL:
            raise _Mistake(event.start_mark, f"this is nested deeper than {DEEPEST_LEVEL} levels")
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _Mistake(event.start_mark, "a second document begins here; keep one file of settings")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Mistake(event.start_mark, "anchors (&, *) are not supported; write the value out")
        if getattr(event, "tag", None):
            raise _Mistake(event.start_mark, "tags (!) are not supported; write the bare value")


def _value(node: yaml.Node, location: Location, positions: dict[Location, Position]) -> Any:
    positions.setdefault(location, Position.of(node.start_mark))
    if isinstance(node, yaml.ScalarNode):
        plain_nothing = node.style is None and node.value in _NOTHING
        return None if plain_nothing else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*location, index), positions) for index, item in enumerate(node.value)]
    assert isinstance(node, yaml.MappingNode)
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise _Mistake(key_node.start_mark, "a name is a single word here, not a list or a mapping")
        key = key_node.value
        if key == "<<":
            raise _Mistake(key_node.start_mark, "merge keys (<<) are not supported; write the values out")
        if key in values:
            line = positions[(*location, key)].line
            raise _Mistake(key_node.start_mark, f"{key} is given twice; it already stands on line {line}")
        positions[(*location, key)] = Position.of(key_node.start_mark)
        values[key] = _value(value_node, (*location, key), positions)
    return values
