"""Reading the words that suggest what kind of ticket it is."""

from __future__ import annotations

from collections.abc import Mapping

from rules.model.definition import LANGUAGES
from rules.model.errors import nearest
from rules.model.facts import Fact
from rules.reading.positioned_yaml import Node, TextNode
from rules.reading.reader import Reader


def read_suggestions(reader: Reader, node: Node, facts: Mapping[str, Fact]) -> dict[str, tuple[str, ...]]:
    """The words that suggest each kind, all languages together."""
    keywords: dict[str, tuple[str, ...]] = {}
    kind = facts.get("kind")
    known = kind.values if kind is not None else ()

    def read(key: Node) -> None:
        assert isinstance(key, TextNode)
        if key not in known:
            raise reader.refuse(key, f"{str(key)!r} is not a kind", nearest(key, known))
        table = reader.fields(section[key], f"the words for {key}", LANGUAGES, LANGUAGES)
        words = [str(word) for language in LANGUAGES for word in reader.words(table.at(language), "a word")]
        keywords[str(key)] = tuple(dict.fromkeys(word.casefold() for word in words))

    section = reader.table(node, "'suggestions'")
    reader.each(section, read)
    return keywords
