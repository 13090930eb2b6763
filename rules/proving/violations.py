"""What does not hold in a rules file, with its place and its smallest example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Something that does not hold.

    ``kind`` is one of ``gap``, ``conflict``, ``dead rule``, ``unused clause``, ``unused outcome``, ``never``,
    ``monotone`` and ``too entangled``. ``region`` says where, fact by fact in words; ``example`` holds facts of it,
    ``None`` for what must be unknown. ``rules`` are those concerned; ``remedy`` is what
    to do about it, in words, where that can be said. ``judged_by`` says by which version or agreement,
    where there are several.
    """

    kind: str
    message: str
    line: int
    column: int
    example: Mapping[str, Any] | None = None
    region: Mapping[str, list[str]] | None = None
    rules: tuple[str, ...] = ()
    judged_by: str = ""
    remedy: str = ""

    @property
    def what(self) -> tuple[str, int, int, tuple[str, ...]]:
        """What does not hold, wherever: said once, not again for every version and agreement."""
        return (self.kind, self.line, self.column, self.rules)

    def as_json(self) -> dict[str, Any]:
        """The same as a plain object."""
        return {
            "kind": self.kind,
            "message": self.message,
            "line": self.line,
            "column": self.column,
            "example": None if self.example is None else dict(self.example),
            "region": None if self.region is None else dict(self.region),
            "rules": list(self.rules),
            "judged_by": self.judged_by,
            "remedy": self.remedy,
        }
