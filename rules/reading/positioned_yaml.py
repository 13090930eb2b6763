"""Reading YAML so that nothing is guessed and every node knows its place.

Every scalar stays the text that was written until the type of its fact reads it: ``no`` is not a boolean here, ``045``
is not octal and ``0:45`` is not base 60. UnreadableNode: duplicate keys, anchors and aliases, merge keys, tags, several
documents, files over 2 MB and nesting over 40 levels. The tree is built from the parser's events, one by one, so that
a file that is too deep or that repeats itself is refused before anything grows from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import yaml

from rules.model.errors import Problem, RulesError

MOST_BYTES = 2_000_000
MOST_LEVELS = 40
MOST_PROBLEMS = 50
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = frozenset({"", "null", "~"})


class TextNode(str):
    """A scalar as it was written, with its place; ``quoted`` tells an empty text from nothing at all."""

    __slots__ = ("column", "line", "quoted")
    line: int
    column: int
    quoted: bool

    @property
    def is_null(self) -> bool:
        """Whether the value was left out or written ``null``."""
        return not self.quoted and self.lower() in _NULL


class ListNode(list["Node"]):
    """A sequence with its place."""

    __slots__ = ("column", "line")
    line: int
    column: int


class MapNode(dict[TextNode, "Node"]):
    """A mapping with its place; keys know theirs."""

    __slots__ = ("column", "line")
    line: int
    column: int

    def key(self, name: str) -> TextNode:
        """The key as it was written, with its place."""
        return next(key for key in self if key == name)

    def find(self, name: str) -> Node | None:
        """The value of a key, ``None`` when it is not there."""
        return self.get(name)  # type: ignore[call-overload, no-any-return]  # a TextNode is the str that it holds

    def at(self, name: str) -> Node:
        """The value of a key that is there."""
        return self[name]  # type: ignore[index]  # a TextNode is the str that it holds


Node = TextNode | ListNode | MapNode


class Placed(Protocol):
    """Anything that knows its place."""

    @property
    def line(self) -> int: ...

    @property
    def column(self) -> int: ...


def text_at(value: str, place: Placed) -> TextNode:
    """A text that stands at a place."""
    text = TextNode(value)
    text.line, text.column, text.quoted = place.line, place.column, True
    return text


def read_yaml(text: str, source: str) -> MapNode:
    """Read one YAML document whose top is a mapping. Raises :class:`RulesError` with every place."""
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise RulesError([Problem(f"the file is larger than {MOST_BYTES // 1_000_000} MB", source)])
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    tree = _Tree(source)
    try:
        tree.grow(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise RulesError([Problem(error.problem or "this is not YAML", source, line, column)]) from None
    except (yaml.YAMLError, UnicodeError) as error:
        raise RulesError([Problem(f"this is not YAML: {error}".splitlines()[0], source)]) from None
    if tree.problems:
        raise RulesError(tree.problems)
    if not isinstance(tree.root, MapNode):
        raise RulesError([Problem("a mapping is wanted here: names, each with a colon and a value", source, 1, 1)])
    return tree.root


class _Tree:
    """Grows nodes from the parser's events and notes what is refused."""

    def __init__(self, source: str) -> None:
        self._source = source
        self.problems: list[Problem] = []
        self.root: Node | None = None
        self._open: list[ListNode | MapNode] = []
        self._keys: list[TextNode | None] = []

    def grow(self, events: Iterator[Any]) -> None:
        documents = 0
        for event in events:
            if isinstance(event, yaml.ScalarEvent):
                self._refuse_anchor(event)
                plain, _quoted = event.implicit
                if event.tag is not None and not plain and event.tag != "!":
                    self._refuse_tag(event)
                scalar = TextNode(event.value)
                scalar.line, scalar.column = _place_of(event)
                scalar.quoted = bool(event.style)
                self._place(scalar)
            elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                self._refuse_anchor(event)
                if event.tag is not None:
                    self._refuse_tag(event)
                node: ListNode | MapNode = MapNode() if isinstance(event, yaml.MappingStartEvent) else ListNode()
                node.line, node.column = _place_of(event)
                self._place(node)
                self._open.append(node)
                self._keys.append(None)
                if len(self._open) > MOST_LEVELS:
                    self._stop(f"nested deeper than {MOST_LEVELS} levels", event)
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                self._open.pop()
                self._keys.pop()
            elif isinstance(event, yaml.AliasEvent):
                self._stop("anchors and aliases are not used here: write the value out", event)
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._stop("one file holds one document; a second begins here", event)

    def _place(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if isinstance(parent, ListNode):
            parent.append(node)
            return
        key = self._keys[-1]
        if key is not None:
            self._keys[-1] = None
            if key in parent:
                first = parent.key(key).line
                self._problem(f"{str(key)!r} is written twice (first at line {first})", key.line, key.column)
            else:
                parent[key] = node
            return
        if not isinstance(node, TextNode):
            self._problem("a key is a plain word", node.line, node.column)
            node = text_at("", node)
        elif node == "<<" and not node.quoted:
            self._problem("merge keys (`<<`) are not used here: write the values out", node.line, node.column)
        self._keys[-1] = node

    def _refuse_anchor(self, event: Any) -> None:
        if event.anchor is not None:
            self._stop("anchors and aliases are not used here: write the value out", event)

    def _refuse_tag(self, event: Any) -> None:
        self._problem("tags (`!…`) are not used here", *_place_of(event))

    def _stop(self, message: str, event: Any) -> None:
        self._problem(message, *_place_of(event))
        raise RulesError(self.problems)

    def _problem(self, message: str, line: int, column: int) -> None:
        self.problems.append(Problem(message, self._source, line, column))
        if len(self.problems) >= MOST_PROBLEMS:
            raise RulesError(self.problems)


def _place_of(event: Any) -> tuple[int, int]:
    """Line and column, from 1, at which an event begins."""
    return event.start_mark.line + 1, event.start_mark.column + 1
