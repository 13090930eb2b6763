"""Single edits of a rules file, each of which a person could make by mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.deciding.rule_book import RuleBook
from rules.model.definition import Rule

FLIPPED = {
    "less than": "at most",
    "at most": "less than",
    "at least": "more than",
    "more than": "at least",
    "exactly": "at least",
}
_CONDITION = re.compile(r"(\w+): (\[[^\]]*\]|[^,}]+)")


def mutants(book: RuleBook) -> Iterator[tuple[str, str]]:
    """Each edit with its words: a rule deleted, an outcome swapped, a condition dropped or altered, a number moved."""
    lines = book.text.splitlines()
    for rule in book.rules.values():
        yield f"delete {rule.id}", _without(lines, rule)
        yield from _other_outcomes(book, lines, rule)
        yield from _other_conditions(book, lines, rule)
    for parameter in book.parameters.values():
        for step in (-1, 1):
            yield from _moved(lines, parameter.line, step)


def _block(lines: list[str], rule: Rule) -> tuple[int, int, int]:
    """First line, line behind the last, and indent of a rule."""
    first = rule.line - 1
    indent = len(lines[first]) - len(lines[first].lstrip())
    last = first + 1
    while last < len(lines) and (not lines[last].strip() or len(lines[last]) - len(lines[last].lstrip()) > indent):
        last += 1
    return first, last, indent


def _own(lines: list[str], rule: Rule, field: str) -> int | None:
    """The line of a field of the rule itself, not of its exceptions."""
    first, last, indent = _block(lines, rule)
    start = " " * (indent + 2) + f"{field}: "
    return next((number for number in range(first, last) if lines[number].startswith(start)), None)


def _without(lines: list[str], rule: Rule) -> str:
    first, last, indent = _block(lines, rule)
    kept = lines[:first] + lines[last:]
    parent = first - 1
    while not kept[parent].strip() or kept[parent].lstrip().startswith("#"):
        parent -= 1
    has_sibling = first < len(kept) and kept[first].startswith(" " * indent + "- ")
    if kept[parent].strip() in ("unless:", "rules:") and not has_sibling:
        kept[parent] += " []"
    return "\n".join(kept) + "\n"


def _other_outcomes(book: RuleBook, lines: list[str], rule: Rule) -> Iterator[tuple[str, str]]:
    place = _own(lines, rule, "then")
    if place is not None:
        for outcome in book.definition.decisions[rule.decision].outcomes:
            if outcome != rule.then:
                yield f"{rule.id} then {outcome}", _put(lines, place, lines[place].replace(rule.then, outcome))


def _other_conditions(book: RuleBook, lines: list[str], rule: Rule) -> Iterator[tuple[str, str]]:
    place = _own(lines, rule, "when")
    if place is None:
        return
    head, _, inside = lines[place].partition("{")
    found = _CONDITION.findall(inside.rstrip("}"))
    for position, (name, value) in enumerate(found):
        others = [f"{one}: {other}" for one, other in found if one != name]
        if others:
            yield f"{rule.id} without {name}", _put(lines, place, f"{head}{{{', '.join(others)}}}")
        for altered in _altered(book, name, value):
            put = [f"{one}: {other}" for one, other in found]
            put[position] = f"{name}: {altered}"
            yield f"{rule.id} with {name}: {altered}", _put(lines, place, f"{head}{{{', '.join(put)}}}")


def _altered(book: RuleBook, name: str, value: str) -> Iterator[str]:
    for phrase, other in FLIPPED.items():
        if value.startswith(f"{phrase} "):
            yield value.replace(phrase, other, 1)
            return
    if value in ("yes", "no"):
        yield "no" if value == "yes" else "yes"
    elif value.startswith("["):
        words = [word.strip() for word in value.strip("[]").split(",")]
        for word in words:
            yield f"[{', '.join(other for other in words if other != word)}]"
    else:
        known = book.facts[name].values if name in book.facts else book.definition.decisions[name].outcomes
        yield from [word for word in known if word != value.removeprefix("not ")][:2]


def _moved(lines: list[str], line: int, step: int) -> Iterator[tuple[str, str]]:
    for number in range(line - 1, min(line + 2, len(lines))):
        match = re.search(r"value: (\d+)", lines[number])
        if match:
            moved = lines[number].replace(match[0], f"value: {int(match[1]) + step}", 1)
            yield f"{lines[number].strip()[:30]} {step:+}", _put(lines, number, moved)
            return


def _put(lines: list[str], place: int, line: str) -> str:
    return "\n".join([*lines[:place], line, *lines[place + 1 :]]) + "\n"
