"""What every section of a rules file is read with: fields by name, problems with their place.

Reading goes on after a mistake, so that one run names them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from rules.model.definition import LANGUAGES, Period
from rules.model.errors import Problem, RulesError, nearest
from rules.reading.positioned_yaml import MOST_PROBLEMS, ListNode, MapNode, Node, TextNode

YES_WORDS = ("yes", "true")
NO_WORDS = ("no", "false")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
BASES = ("text", "inference", "decision")


class UnreadableNode(Exception):
    """This node cannot be read any further; the problem is noted already."""


@dataclass(slots=True)
class Reader:
    """Reads nodes of one file and collects what is wrong with them."""

    source: str
    problems: list[Problem] = field(default_factory=list)
    spoiled: set[str] = field(default_factory=set)
    """Names whose declaration was refused: what speaks of them is not reported as well."""

    def problem(self, node: Node, message: str, suggestion: str | None = None) -> None:
        """Note a mistake at the place of ``node``."""
        self.problems.append(Problem(message, self.source, node.line, node.column, suggestion))
        if len(self.problems) >= MOST_PROBLEMS:
            raise RulesError(self.problems)

    def refuse(self, node: Node, message: str, suggestion: str | None = None) -> UnreadableNode:
        """Note a mistake and return what to raise."""
        self.problem(node, message, suggestion)
        return UnreadableNode()

    def table(self, node: Node, what: str) -> MapNode:
        """A mapping, or refused."""
        if isinstance(node, MapNode):
            return node
        raise self.refuse(node, f"{what} is a mapping: names, each with a colon and a value")

    def items(self, node: Node, what: str) -> ListNode:
        """A list, or refused."""
        if isinstance(node, ListNode):
            return node
        raise self.refuse(node, f"{what} is a list, each item behind a dash")

    def text(self, node: Node, what: str) -> TextNode:
        """A text that is not empty, or refused."""
        if isinstance(node, TextNode) and not node.is_null and node.strip():
            return node
        raise self.refuse(node, f"{what} is a text and is not left empty")

    def fields(self, node: Node, what: str, known: Iterable[str], required: Sequence[str] = ()) -> MapNode:
        """A mapping whose keys are all known and that has those required."""
        table, names = self.table(node, what), tuple(known)
        meant: set[str | None] = set()
        for key in table:
            if key not in names:
                near = nearest(key, names)
                meant.add(near)
                self.problem(key, f"{what} has no {str(key)!r}; it has {', '.join(names)}", near)
        missing = [name for name in required if name not in table]
        if missing and not meant.issuperset(missing):
            self.problem(table, f"{what} lacks {' and '.join(map(repr, missing))}")
        if missing:
            raise UnreadableNode
        return table

    def name(self, key: TextNode, what: str) -> None:
        """Note a name that is not written as names are."""
        if not _NAME.fullmatch(key):
            self.problem(key, f"the name of {what} is made of small letters, digits and _, and begins with a letter")

    def words(self, node: Node, what: str) -> list[TextNode]:
        """One word or a list of words."""
        if isinstance(node, ListNode):
            return [self.text(word, what) for word in node]
        return [self.text(node, what)]

    def yes(self, table: MapNode, name: str) -> bool:
        """A field that is yes or no; no when it is not there."""
        node = table.find(name)
        if node is None:
            return False
        word = self.text(node, repr(name)).lower()
        if word not in YES_WORDS + NO_WORDS:
            raise self.refuse(node, f"{name!r} is yes or no")
        return word in YES_WORDS

    def languages(self, node: Node, what: str) -> dict[str, str]:
        """A text in every language."""
        table = self.fields(node, what, LANGUAGES, LANGUAGES)
        return {language: str(self.text(table.at(language), what)).strip() for language in LANGUAGES}

    def day(self, node: Node, what: str) -> date:
        """A date."""
        text = self.text(node, what)
        try:
            if len(text) != 10:
                raise ValueError
            return date.fromisoformat(text)
        except ValueError:
            raise self.refuse(node, f"{what} is a date such as 2026-01-31") from None

    def period(self, table: MapNode) -> Period:
        """The days from ``from`` to ``until``, both included."""
        first, last = table.find("from"), table.find("until")
        period = Period(
            None if first is None else self.day(first, "'from'"), None if last is None else self.day(last, "'until'")
        )
        if period.first is not None and period.last is not None and period.last < period.first:
            raise self.refuse(table, "'until' lies before 'from'")
        return period

    def clauses(self, table: MapNode, known: Mapping[str, object], what: str) -> tuple[str, ...]:
        """The clauses that are cited, all of them known."""
        cited = self.words(table.at("clauses"), "a clause")
        if not cited:
            raise self.refuse(table.at("clauses"), f"{what} cites at least one clause")
        for clause in cited:
            if clause not in known and clause not in self.spoiled:
                self.problem(clause, f"{str(clause)!r} is not a clause", nearest(clause, known))
        return tuple(map(str, cited))

    def basis(self, table: MapNode, default: str = "text") -> tuple[str, str]:
        """On what it rests, and the question to the owner."""
        node = table.find("basis")
        basis = default if node is None else str(self.text(node, "'basis'"))
        if basis not in BASES:
            assert node is not None
            raise self.refuse(node, f"'basis' is one of {', '.join(BASES)}", nearest(basis, BASES))
        question = table.find("ask_owner")
        asked = "" if question is None else str(self.text(question, "'ask_owner'"))
        if basis == "decision" and not asked:
            raise self.refuse(
                table if node is None else node, "a decision of the owner carries 'ask_owner', the question to put"
            )
        return basis, asked

    def each(self, nodes: Iterable[Node], read: Callable[[Node], None]) -> None:
        """Read one after the other; a refused one does not stop the next."""
        for node in nodes:
            try:
                read(node)
            except UnreadableNode:
                if isinstance(node, TextNode):
                    self.spoiled.add(str(node))
