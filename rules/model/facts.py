"""Facts: what can be known about a ticket, and reading their values.

Terms
    fact       a named value that comes in from outside: ``cause``, ``expected_minutes``
    derived    a value computed from two facts: the months between two dates, whether a set contains a text
    unknown    a fact that is absent or null; never a value of its own
    absent     what it means when some facts are not there: no ``activity`` is the ticket as a whole

Promise: a value is read by the type of its fact, or refused with the fact's name and the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from rules.model.errors import Problem, RulesError, nearest

YES = frozenset({"yes", "true", "ja"})
NO = frozenset({"no", "false", "nee"})
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,9})?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LARGEST = 10**15


class FactType(StrEnum):
    """How a fact's values are written and told apart."""

    CHOICE = "choice"
    BOOL = "yes or no"
    NUMBER = "number"
    DATE = "date"
    TEXT = "text"
    TEXTS = "set of texts"
    MONTHS = "months between"
    CONTAINED = "contained"

    @property
    def is_derived(self) -> bool:
        """Whether it is computed and never comes in from outside."""
        return self in (FactType.MONTHS, FactType.CONTAINED)

    @property
    def is_measured(self) -> bool:
        """Whether rules compare it instead of naming its values."""
        return self in (FactType.NUMBER, FactType.DATE, FactType.MONTHS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One declared fact.

    ``ask`` is the question that is put to a person when it is unknown and matters, by language. ``actionable``: a
    person who handles the ticket can change it. ``absent`` is what its absence means where that is no lack of
    knowledge (the ticket as a whole, the website alone); ``None`` for facts that are simply unknown then. ``whole``
    numbers refuse fractions and are not below ``minimum``; ``unit`` is that of its numbers. ``parents`` are the two
    facts that a derived one is computed from: the dates from and to, or the text and the set.
    """

    name: str
    type: FactType
    values: tuple[str, ...] = ()
    ask: Mapping[str, str] = field(default_factory=dict)
    actionable: bool = True
    absent: Any = None
    whole: bool = False
    minimum: int | None = None
    unit: str = ""
    parents: tuple[str, ...] = ()
    line: int = 0
    column: int = 0
    ready_class: Any = field(init=False, repr=False, compare=False)
    ready: Container[Any] = field(init=False, repr=False, compare=False)
    """Values of ``ready_class`` among these need no reading: they are what they would be read as."""

    def __post_init__(self) -> None:
        ready_class, ready = _ready(self)
        object.__setattr__(self, "ready_class", ready_class)
        object.__setattr__(self, "ready", ready)


def parse_fact(fact: Fact, value: Any) -> Any:
    """Read one value by the type of its fact; ``None`` stays ``None``.

    Texts are told apart without regard to capitals. Raises ``ValueError`` that says what the fact takes.
    """
    return None if value is None else _PARSERS[fact.type](fact, value)


def parse_facts(raw: Mapping[str, Any], declared: Mapping[str, Fact], source: str = "facts") -> dict[str, Any]:
    """Read facts by their types; unknown facts are absent from the result.

    Raises :class:`RulesError` naming every fact that is not declared and every value that its fact does not take.
    """
    facts: dict[str, Any] = {}
    try:
        for name, value in raw.items():
            fact = declared[name]
            if value.__class__ is fact.ready_class and value in fact.ready:
                facts[name] = value
            elif value is not None:
                facts[name] = _PARSERS[fact.type](fact, value)
            elif fact.parents:
                raise KeyError(name)
    except (KeyError, ValueError):
        raise RulesError(list(_problems(raw, declared, source))) from None
    return facts


def _problems(raw: Mapping[str, Any], declared: Mapping[str, Fact], source: str) -> Iterator[Problem]:
    """Everything that is wrong with facts."""
    for name, value in raw.items():
        fact = declared.get(name)
        line, column = getattr(name, "line", 0), getattr(name, "column", 0)
        if fact is None or fact.type.is_derived:
            given = [declared_fact.name for declared_fact in declared.values() if not declared_fact.type.is_derived]
            yield Problem(f"{str(name)!r} is not a fact", source, line, column, nearest(str(name), given))
            continue
        try:
            parse_fact(fact, value)
        except ValueError as error:
            yield Problem(f"{name}: {_shown(value)} {error}", source, line, column)


def _shown(value: Any) -> str:
    text = repr(str(value)) if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"


def _ready(fact: Fact) -> tuple[type | None, Container[Any]]:
    """The class and the values that need no reading; a class below it, as ``bool`` is below ``int``, is not it."""
    if fact.type is FactType.BOOL:
        return bool, (True, False)
    if fact.type is FactType.CHOICE:
        return str, frozenset(fact.values)
    if fact.type is FactType.NUMBER:
        return int, range(-_LARGEST if fact.minimum is None else fact.minimum, _LARGEST + 1)
    return None, ()


def _bool(_fact: Fact, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and (word := value.strip().lower()) in YES | NO:
        return word in YES
    raise ValueError("is not valid: it must be yes or no")


def _choice(fact: Fact, value: Any) -> str:
    if isinstance(value, str) and value in fact.values:
        return str(value)
    near = nearest(str(value), fact.values)
    hint = f" - did you mean {near!r}?" if near else ""
    raise ValueError(f"is not valid: it must be one of {', '.join(fact.values)}{hint}")


def _number(fact: Fact, value: Any) -> int | float:
    kind = "a whole number" if fact.whole else "a number"
    wanted = f"{kind} of at least {fact.minimum}" if fact.minimum is not None else kind
    number: int | float
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        number = float(value)
    else:
        raise ValueError(f"is not valid: it must be {wanted}")
    if not -_LARGEST <= number <= _LARGEST:
        raise ValueError(f"is not valid: it must be {wanted}")
    if number == int(number):
        number = int(number)
    elif fact.whole:
        raise ValueError(f"is not valid: it must be {wanted}")
    if fact.minimum is not None and number < fact.minimum:
        raise ValueError(f"is not valid: it must be {wanted}")
    return number


def _date(_fact: Fact, value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DATE.fullmatch(value.strip()):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            raise ValueError("is not a day of the calendar") from None
    raise ValueError("is not valid: it must be a date such as 2026-01-31")


def _text(_fact: Fact, value: Any) -> str:
    if isinstance(value, str) and value.strip():
        return value.strip().casefold()
    raise ValueError("is not valid: it must be a text")


def _texts(fact: Fact, value: Any) -> frozenset[str]:
    if isinstance(value, (list, tuple, set, frozenset)):
        return frozenset(_text(fact, text) for text in value)
    raise ValueError("is not valid: it must be a list of texts")


def _derived(_fact: Fact, _value: Any) -> Any:
    raise ValueError("is computed from other facts and cannot be given")


_PARSERS: Mapping[FactType, Callable[[Fact, Any], Any]] = {
    FactType.BOOL: _bool,
    FactType.CHOICE: _choice,
    FactType.NUMBER: _number,
    FactType.DATE: _date,
    FactType.TEXT: _text,
    FactType.TEXTS: _texts,
    FactType.MONTHS: _derived,
    FactType.CONTAINED: _derived,
}
