"""A value of each fact for every cell that the rules tell apart: what searches and generated cases go through."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta

from rules.deciding.rule_book import RuleBook
from rules.model.facts import Fact, FactType


def representative_values(book: RuleBook, fact: Fact, known: Mapping[str, Any], on: date | None = None) -> list[Any]:
    """A value of a fact for each cell that the rules tell apart; dates stand to the others that are known."""
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
    thresholds = {
        int(value)
        for parameter in book.parameters.values()
        if parameter.unit == fact.unit
        for _, value in parameter.values
    }
    lowest = fact.minimum if fact.minimum is not None else min(thresholds, default=0) - 1
    near = {lowest} | {threshold + step for threshold in thresholds for step in (-1, 0, 1)}
    return sorted(number for number in near if number >= lowest)


def _dates(book: RuleBook, fact: Fact, known: Mapping[str, Any], on: date | None) -> list[Any]:
    """Dates on and beside the thresholds in months before the day that the fact is compared with."""
    months = {
        int(value)
        for parameter in book.parameters.values()
        if parameter.unit == "months"
        for _, value in parameter.values
    }
    last = next(
        (
            derived.parents[1]
            for derived in book.facts.values()
            if derived.type is FactType.MONTHS and derived.parents[0] == fact.name
        ),
        None,
    )
    end = known.get(last) if last is not None else None
    day = end if isinstance(end, date) else on
    if day is None:
        return []
    starts = [day - relativedelta(months=count) for count in months]
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
