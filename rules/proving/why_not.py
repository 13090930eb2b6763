"""Why not another outcome: the fewest facts that would have to be different, among those that a person can change.

Terms
    wish         an outcome that somebody asks about: ``route=hour_card``
    changeable   a fact that whoever handles the ticket can fill in or correct; what is fixed stays as it is
    way          the fewest changeable facts, with values, by which the wish comes true; a fact that nobody filled in
                 counts as one that would have to be

Promise: exact over the cells that the rules tell apart: no way with fewer facts leads there. The search goes through
sets of one fact, two and three; an outcome that needs more is reported as out of reach.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations, product
from typing import Any

from rules.deciding.rule_book import RuleBook
from rules.model.decision import Decision
from rules.model.facts import parse_facts
from rules.proving.representative_values import representative_values

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
    :class:`RulesError` for facts that cannot be read and ``ValueError`` for an outcome that there is not.
    """
    table = book.definition.decisions.get(part)
    if part not in PARTS or table is None or outcome not in (*table.outcomes, table.undetermined):
        raise ValueError(f"{part}={outcome} is not an outcome; {_known(book)}")
    known = parse_facts(facts, book.facts)

    def decide(changed: Mapping[str, Any]) -> Decision:
        return book.decide({**known, **changed}, on=on, organization=organization)

    def leads_there(changed: Mapping[str, Any]) -> bool:
        outcomes = book.outcomes({**known, **changed}, on=on, organization=organization)
        return bool(getattr(outcomes, part) == outcome)

    if leads_there({}):
        return []
    candidates = {
        name: [value for value in representative_values(book, fact, known, on) if value != known.get(name)]
        for name, fact in book.facts.items()
        if fact.actionable and not fact.type.is_derived and fact.absent is None
    }
    for size in range(1, MOST_FACTS + 1):
        ways = [Way(changed, decide(changed)) for changed in _ways(candidates, size, leads_there)]
        if ways:
            return ways
    return []


def _ways(
    candidates: Mapping[str, list[Any]], size: int, leads_there: Callable[[Mapping[str, Any]], bool]
) -> Iterator[Mapping[str, Any]]:
    """Ways of just so many facts; of one set of facts the first values that do."""
    count = 0
    for names in combinations(candidates, size):
        for values in product(*(candidates[name] for name in names)):
            changed = dict(zip(names, values, strict=True))
            if leads_there(changed):
                yield changed
                count += 1
                break
        if count == MOST_WAYS:
            return


def _known(book: RuleBook) -> str:
    outcomes = [f"{part}: {', '.join(book.definition.decisions[part].outcomes)}" for part in PARTS]
    return "; ".join(outcomes)
