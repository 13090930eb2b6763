"""A decision: what the rules say of one ticket or of one kind of work on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ANSWER = ("scope", "route", "next_step")
"""The decisions that the rest of CareSync asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the rules say of one ticket, or of one time entry when ``activity`` was given.

    ``questions`` are the unknown facts that can still change the outcome, the most telling first. ``rules`` and
    ``clauses`` led here; ``reason`` says it in a sentence, by language.
    """

    scope: str
    route: str
    next_step: str
    questions: tuple[str, ...]
    rules: tuple[str, ...]
    clauses: tuple[str, ...]
    reason: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        """The same as a plain object, in the order of the contract."""
        return {
            "scope": self.scope,
            "route": self.route,
            "next_step": self.next_step,
            "questions": list(self.questions),
            "rules": list(self.rules),
            "clauses": list(self.clauses),
            "reason": dict(self.reason),
        }
