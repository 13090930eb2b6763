"""Words in the subject or the body of a ticket that suggest a kind. It is shown, never decides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A kind, and the words that spoke for it."""

    kind: str
    words: tuple[str, ...]


class Suggester:
    """Looks for the words of every kind; those in the subject count double.

    The kind with the most words wins, the longer words where they are equally many; nothing is suggested when two kinds
    are even.
    """

    def __init__(self, keywords: Mapping[str, tuple[str, ...]]) -> None:
        self._patterns = [
            (kind, word, re.compile(_pattern(word))) for kind, words in keywords.items() for word in words
        ]

    def suggest(self, subject: str, body: str) -> Suggestion | None:
        """The kind that the words of a ticket speak for."""
        title, text = subject.casefold(), body.casefold()
        words: dict[str, list[str]] = {}
        points: dict[str, tuple[int, int]] = {}
        for kind, word, pattern in self._patterns:
            hits = 2 * bool(pattern.search(title)) + bool(pattern.search(text))
            if hits:
                words.setdefault(kind, []).append(word)
                count, length = points.get(kind, (0, 0))
                points[kind] = (count + hits, length + len(word))
        best = sorted(points, key=lambda kind: points[kind], reverse=True)
        if not best or (len(best) > 1 and points[best[0]] == points[best[1]]):
            return None
        return Suggestion(best[0], tuple(words[best[0]]))


def _pattern(word: str) -> str:
    stem = re.escape(word.removesuffix("*")).replace(r"\ ", r"\s+")
    return rf"(?<!\w){stem}" + ("" if word.endswith("*") else r"(?!\w)")
