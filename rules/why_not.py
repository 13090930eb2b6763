"""Why not another outcome: the fewest facts that would have to be otherwise, among those that a person can change.

Terms
    wish         an outcome that somebody asks about: ``route=hour_card``
    changeable   a fact that whoever handles the ticket can fill in or correct; what is fixed stays as it is
    way          the fewest changeable facts, with values, by which the wish comes true; a fact that nobody filled in
                 counts as one that would have to be

Promise: exact over the cells that the rules tell apart: no way with fewer facts leads there. The search goes through
sets of one fact, two and three; an outcome that needs more is told to be out of reach.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, product
from typing import Any

from dateutil.relativedelta import relativedelta

from rules.book import RuleBook
from rules.facts import Fact, FactType, parse_facts
from rules.ruleset import Decision

MOST_FACTS = 3
MOST_WAYS = 5
PARTS = ("scope", "route", "next_step")


@dataclass(frozen=True, slots=True)
class Way:
    """Facts with the values that they would have to have, and what is decided then."""

    facts: Mapping[str, Any]
    decision: Decision


def why_not(
    book: RuleBook,
    facts: Mapping[str, Any],
    part: str,
    outcome: str,
    *,
    on: date | None = None,
    organization: str | None = None,
) -> list[Way]:
    """The smallest ways to an outcome of ``scope``, ``route`` or ``next_step``, at most :data:`MOST_WAYS` of one size.

    Empty when it is decided so already, or when no way of at most :data:`MOST_FACTS` facts leads there. Raises
    :class:`rules.errors.RulesError` for facts that cannot be read and ``ValueError`` for an outcome that there is not.
    """
    table = book.definition.decisions.get(part)
    if part not in PARTS or table is None or outcome not in (*table.outcomes, table.undetermined):
        raise ValueError(f"{part}={outcome} is no outcome; {_known(book)}")
    known = parse_facts(facts, book.facts)

    def decide(changed: Mapping[str, Any]) -> Decision:
        return book.decide({**known, **changed}, on=on, organization=organization)

    def leads_there(changed: Mapping[str, Any]) -> bool:
        outcomes = book.outcomes({**known, **changed}, on=on, organization=organization)
        return bool(getattr(outcomes, part) == outcome)

    if leads_there({}):
        return []
    candidates = {
        name: [value for value in _values(book, fact, known, on) if value != known.get(name)]
        for name, fact in book.facts.items()
        if fact.actionable and not fact.type.is_derived and fact.absent is None
    }
    for size in range(1, MOST_FACTS + 1):
        found = [Way(changed, decide(changed)) for changed in _ways(candidates, size, leads_there)]
        if found:
            return found
    return []


def _ways(
    candidates: Mapping[str, list[Any]], size: int, leads_there: Callable[[Mapping[str, Any]], bool]
) -> Iterator[Mapping[str, Any]]:
    """Ways of just so many facts; of one set of facts the first values that do."""
    told = 0
    for names in combinations(candidates, size):
        for values in product(*(candidates[name] for name in names)):
            changed = dict(zip(names, values, strict=True))
            if leads_there(changed):
                yield changed
                told += 1
                break
        if told == MOST_WAYS:
            return


def _values(book: RuleBook, fact: Fact, known: Mapping[str, Any], on: date | None) -> list[Any]:
    """A value of a fact for each cell that the rules tell apart."""
    if fact.type is FactType.CHOICE:
        return list(fact.values)
    if fact.type is FactType.BOOL:
        return [True, False]
    if fact.type is FactType.NUMBER:
        return _numbers(book, fact)
    if fact.type is FactType.DATE:
        return _dates(book, fact, known, on)
    if fact.type is FactType.TEXT:
        return sorted({"website", *_named_texts(book, fact), "another service"})
    return []


def _numbers(book: RuleBook, fact: Fact) -> list[Any]:
    """The thresholds in the fact's unit, and the numbers beside them."""
    thresholds = {int(value) for one in book.parameters.values() if one.unit == fact.unit for _, value in one.values}
    lowest = fact.minimum if fact.minimum is not None else min(thresholds, default=0) - 1
    near = {lowest} | {one + step for one in thresholds for step in (-1, 0, 1)}
    return sorted(number for number in near if number >= lowest)


def _dates(book: RuleBook, fact: Fact, known: Mapping[str, Any], on: date | None) -> list[Any]:
    """Dates on and beside the thresholds in months before the day that the fact is compared with."""
    months = {int(value) for one in book.parameters.values() if one.unit == "months" for _, value in one.values}
    last = next(
        (one.parents[1] for one in book.facts.values() if one.type is FactType.MONTHS and one.parents[0] == fact.name),
        None,
    )
    end = known.get(last) if last is not None else None
    day = end if isinstance(end, date) else on
    if day is None:
        return []
    starts = [day - relativedelta(months=one) for one in months]
    return sorted({start + timedelta(days=step) for start in starts for step in (-1, 0, 1)})


def _named_texts(book: RuleBook, fact: Fact) -> set[str]:
    """Words that some rule compares the fact with."""
    return {
        word.removeprefix("not ")
        for rule in book.rules.values()
        for condition in rule.when
        if condition.name == fact.name
        for word in condition.words
    }


def _known(book: RuleBook) -> str:
    told = [f"{part}: {', '.join(book.definition.decisions[part].outcomes)}" for part in PARTS]
    return "; ".join(told)
