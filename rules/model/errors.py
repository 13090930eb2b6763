"""What is wrong with a rules file or with facts, said so that a person can correct it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake, at a place. Lines and columns count from 1; 0 where there is no place."""

    message: str
    source: str = ""
    line: int = 0
    column: int = 0
    suggestion: str | None = None

    def __str__(self) -> str:
        place = (
            f"{self.source}:{self.line}:{self.column}: " if self.line else (f"{self.source}: " if self.source else "")
        )
        hint = f" - did you mean {self.suggestion!r}?" if self.suggestion else ""
        return f"{place}{self.message}{hint}"


class RulesError(Exception):
    """Rules or facts that cannot be used; ``problems`` holds every mistake that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


class TooEntangled(RulesError):
    """Rules that test so many facts against each other that their combinations cannot be looked through."""

    def __init__(self) -> None:
        message = (
            "these rules test too many facts against each other to be looked through: let rules of one outcome overlap "
            "less, or take a step of its own first (as `work` is one for `charge`)"
        )
        super().__init__([Problem(message)])


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that somebody probably meant."""
    plain = {known_word.casefold(): known_word for known_word in known}
    near = difflib.get_close_matches(word.casefold(), plain, 1)
    return plain[near[0]] if near else None
