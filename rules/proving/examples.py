"""A situation of a diagram as facts that can be given to ``care-sync rules decide``, and in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from rules.deciding.cells import OTHER_TEXT, Cell, Variable, months_after
from rules.deciding.versions import AppliedVersion
from rules.model.facts import Fact, FactType
from rules.model.quantities import in_words as quantity_in_words

_DAY = date(2026, 1, 1)
_ANOTHER = "something else"
UNKNOWN = "unknown"


def example_facts(cells: Mapping[str, int], applied: AppliedVersion, facts: Mapping[str, Fact]) -> dict[str, Any]:
    """Facts that lie in these cells, as JSON would hold them; a fact whose cell is past its last is ``None``."""
    example: dict[str, Any] = {}
    for name, cell in cells.items():
        variable, fact = applied.variables[name], facts[name]
        if cell >= variable.size:
            example.update(dict.fromkeys((parent for parent in fact.parents if facts[parent].absent is None), None))
            if not fact.parents:
                example[name] = None
        elif fact.type is FactType.MONTHS:
            example.update(_two_days(variable.cells[cell], fact.parents))
        elif fact.type is FactType.CONTAINED:
            example.update(_member(variable.words[cell] == "yes", fact.parents, facts))
        else:
            value = _value(variable, fact, cell)
            if value is not None:
                example[name] = value
    return {name: example[name] for name in facts if name in example}


def typical_of(box: Mapping[str, frozenset[int]], applied: AppliedVersion, facts: Mapping[str, Fact]) -> dict[str, int]:
    """One situation of a box: what the absence of a fact means where that is in it, else the first cell."""
    situation: dict[str, int] = {}
    for name, cells in box.items():
        absent, words = facts[name].absent, applied.variables[name].words
        by_absence = words.index(absent) if isinstance(absent, str) and absent in words else -1
        situation[name] = by_absence if by_absence in cells else min(cells)
    return situation


def in_words(facts: Mapping[str, Any]) -> str:
    """``{kind: change, expected_minutes: 240}``; what must be unknown says so."""
    shown = (f"{name}: {_written(value)}" for name, value in facts.items())
    return f"{{{', '.join(shown)}}}"


def region_of(
    box: Mapping[str, frozenset[int]], applied: AppliedVersion, facts: Mapping[str, Fact]
) -> dict[str, list[str]]:
    """The cells of each fact in words, neighbours on a line joined: ``{"kind": ["change", "other"]}``."""
    return {name: _labels(applied.variables[name], cells, facts[name]) for name, cells in box.items()}


def _labels(variable: Variable, cells: frozenset[int], fact: Fact) -> list[str]:
    unit = "date" if fact.type is FactType.DATE else fact.unit
    known = sorted(cell for cell in cells if cell < variable.size)
    if variable.cells:
        labels = [_stretch(variable, first, last, unit) for first, last in _stretches(known)]
    else:
        labels = [variable.words[cell] for cell in known]
        if len(known) == variable.size - 1 and variable.size > 3:
            labels = [f"not {word}" for word in variable.words if word not in labels]
    return labels + [UNKNOWN] * (len(known) < len(cells))


def _stretches(cells: list[int]) -> list[tuple[int, int]]:
    """First and last of each row of neighbours."""
    stretches: list[tuple[int, int]] = []
    for cell in cells:
        if stretches and stretches[-1][1] == cell - 1:
            stretches[-1] = (stretches[-1][0], cell)
        else:
            stretches.append((cell, cell))
    return stretches


def _stretch(variable: Variable, first: int, last: int, unit: str) -> str:
    low, high = variable.cells[first], variable.cells[last]
    if first == last:
        return variable.label(first, unit)
    parts = []
    if low.low is not None:
        parts.append(f"{'at least' if low.is_point else 'more than'} {quantity_in_words(low.low, unit, 'en')}")
    if high.high is not None:
        parts.append(f"{'at most' if high.is_point else 'less than'} {quantity_in_words(high.high, unit, 'en')}")
    return " and ".join(parts) or "any"


def region_in_words(region: Mapping[str, list[str]]) -> str:
    """``kind is change or training and expected_minutes is exactly 4 hours``; ``always`` for every situation."""
    if not region:
        return "always"
    parts = []
    for name, labels in region.items():
        *most, last = labels
        parts.append(f"{name} is {', '.join(most)} or {last}" if most else f"{name} is {last}")
    return "where " + " and ".join(parts)


def _written(value: Any) -> str:
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"[{', '.join(value)}]" if isinstance(value, list) else str(value)


def _value(variable: Variable, fact: Fact, cell: int) -> Any:
    """A value in a cell; ``None`` for what the absence of the fact means."""
    if fact.type is FactType.NUMBER:
        return _number(variable.cells[cell], fact)
    if fact.type is FactType.DATE:
        return date.fromordinal(int(_number(variable.cells[cell], fact))).isoformat()
    word = variable.words[cell]
    if fact.type is FactType.BOOL:
        return word == "yes"
    if fact.type is FactType.TEXT:
        return _ANOTHER if word == OTHER_TEXT else word
    return None if word == fact.absent else word


def _number(cell: Cell, fact: Fact) -> float:
    """The number of a point; else one beside the lower end, or below the higher."""
    if cell.is_point:
        assert cell.low is not None
        number = cell.low
    elif cell.low is not None:
        near = cell.high is not None and cell.high - cell.low <= 1
        number = (cell.low + cell.high) / 2 if near and cell.high is not None else int(cell.low) + 1
    elif cell.high is not None:
        number = max(cell.high - 1, fact.minimum) if fact.minimum is not None else cell.high - 1
    else:
        number = fact.minimum or (0 if fact.type is FactType.NUMBER else _DAY.toordinal())
    return int(number) if number == int(number) else number


def _two_days(cell: Cell, parents: tuple[str, ...]) -> dict[str, str]:
    if cell.low is not None:
        last = months_after(_DAY, int(cell.low)) + timedelta(days=0 if cell.is_point else 1)
    else:
        last = _DAY if cell.high is None else months_after(_DAY, int(cell.high)) - timedelta(days=1)
    return {parents[0]: _DAY.isoformat(), parents[1]: last.isoformat()}


def _member(is_one: bool, parents: tuple[str, ...], facts: Mapping[str, Fact]) -> dict[str, Any]:
    text, texts = parents
    default = sorted(facts[texts].absent or ())
    if is_one:
        return {text: default[0]} if default else {text: _ANOTHER, texts: [_ANOTHER]}
    return {text: _ANOTHER}
