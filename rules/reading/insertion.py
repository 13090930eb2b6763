"""Putting a new rule into the text of a rules file: at the end of a decision, or under ``unless`` of another rule.

Everything that stands in the file stays as it is written, comments included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rules.model.definition import LANGUAGES, Definition

STEP = 2
"""Spaces by which a list's items, and the fields of an item, are indented."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRule:
    """A rule as a person gave it. ``when`` is a YAML mapping in braces; ``parent`` is the rule that it limits."""

    id: str
    decision: str
    when: str
    then: str
    clauses: Sequence[str]
    basis: str
    reason: Mapping[str, str]
    ask_owner: str = ""
    parent: str = ""

    def lines(self, indent: int) -> list[str]:
        """The rule as an item of a list that is indented so far."""
        reason = ", ".join(f"{language}: {_quoted(self.reason[language])}" for language in LANGUAGES)
        fields = [
            f"id: {self.id}",
            f"clauses: [{', '.join(self.clauses)}]",
            f"basis: {self.basis}",
            *([f"ask_owner: {_quoted(self.ask_owner)}"] if self.ask_owner else []),
            f"when: {self.when}",
            f"then: {self.then}",
            f"reason: {{{reason}}}",
        ]
        margin = " " * indent
        return [f"{margin}- {fields[0]}", *(f"{margin}  {field}" for field in fields[1:])]


def with_rule(definition: Definition, rule: NewRule) -> str:
    """The text of a file with one rule more. It is not read: whoever takes it reads it first."""
    lines = definition.text.split("\n")
    if not rule.parent:
        first = definition.decisions[rule.decision].line - 1
        end = _end_of_block(lines, first, _indent(lines[first]))
        items = next(number for number in range(first, end) if lines[number].strip() == "rules:")
        lines[end:end] = rule.lines(_indent(lines[items]) + STEP)
        return "\n".join(lines)
    first = definition.rules[rule.parent].line - 1
    indent = _indent(lines[first])
    end = _end_of_block(lines, first, indent)
    field = " " * (indent + STEP) + "unless:"
    new = rule.lines(indent + 2 * STEP)
    lines[end:end] = new if any(line == field for line in lines[first:end]) else [field, *new]
    return "\n".join(lines)


def _end_of_block(lines: Sequence[str], first: int, indent: int) -> int:
    """The line behind the last one that belongs to what begins on ``first``; blanks and comments behind it do not."""
    end = number = first + 1
    while number < len(lines) and (not lines[number].strip() or _indent(lines[number]) > indent):
        number += 1
        if lines[number - 1].strip() and not lines[number - 1].lstrip().startswith("#"):
            end = number
    return end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
