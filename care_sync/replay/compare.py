"""Two rule books over one history. Pure.

Each subject is decided by both from the facts that decided it last; where routes differ, the customer's time since the
first day is laid over cards and allowances twice, as if every month were open, and the accounts are compared.

Terms
    difference   a subject whose scope, route or next step the new rules decide differently
    moved        seconds and euro that an account of a customer holds more (or less) by the new rules
    culprits     the rules that lead to one outcome and not to the other
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from care_sync.billing.amounts import amount_of
from care_sync.model.account import Account
from care_sync.model.allocation import Demand, allocate
from care_sync.model.month import Month
from care_sync.replay.history import CustomerHistory, History, Subject
from rules.deciding.rule_book import RuleBook
from rules.model.decision import Decision
from rules.model.facts import Fact, parse_fact
from rules.model.words import Route

ROUTES = {route.value: route for route in Route}

RateOf = Callable[[date], Decimal | None]
"""Euro per hour that is invoiced for work of a day; ``None`` where no rate is configured."""


@dataclass(frozen=True, slots=True)
class DecisionDifference:
    """A subject that the new rules decide differently."""

    subject: Subject
    before: Decision
    after: Decision

    @property
    def culprits(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Rules that led to the old outcome alone, and to the new one alone."""
        old, new = set(self.before.rules), set(self.after.rules)
        return tuple(sorted(old - new)), tuple(sorted(new - old))


@dataclass(slots=True)
class Moved:
    """What moves on one account of a customer, in seconds by rate; the rate is ``None`` where none is configured."""

    by_rate: dict[Decimal | None, int] = field(default_factory=dict)

    def add(self, seconds: int, rate: Decimal | None) -> None:
        """Count time at a rate in euro per hour."""
        self.by_rate[rate] = self.by_rate.get(rate, 0) + seconds

    @property
    def seconds(self) -> int:
        """All of it; below zero where the account holds less by the new rules."""
        return sum(self.by_rate.values())

    @property
    def euro(self) -> Decimal | None:
        """What it is worth, each rate rounded once; ``None`` where a rate is missing."""
        total = Decimal("0.00")
        for rate, seconds in self.by_rate.items():
            if rate is None and seconds:
                return None
            amount = amount_of(abs(seconds), rate or Decimal(0))
            total += amount if seconds > 0 else -amount
        return total


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the new rules change. ``moved`` is by customer's id and account (``card``, ``invoice``, ``sla`` …)."""

    since: date
    subjects: int
    tickets: int
    differences: tuple[DecisionDifference, ...]
    moved: Mapping[str, Mapping[str, Moved]] = field(default_factory=dict)

    @property
    def changed_tickets(self) -> list[str]:
        """Ids of tickets of which anything is decided differently, in the order of the history."""
        return list(dict.fromkeys(difference.subject.ticket_id for difference in self.differences))

    def by_culprits(self) -> dict[tuple[tuple[str, ...], tuple[str, ...]], int]:
        """How many subjects each set of responsible rules changed, most first."""
        counted: dict[tuple[tuple[str, ...], tuple[str, ...]], int] = {}
        for difference in self.differences:
            counted[difference.culprits] = counted.get(difference.culprits, 0) + 1
        return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


class FactReader:
    """Reads stored facts as a rule book knows them now; each value once, because tickets repeat themselves.

    What the book does not know (any more), and values that it does not take, are unknown to it.
    """

    def __init__(self, book: RuleBook) -> None:
        self._declared = {name: fact for name, fact in book.facts.items() if not fact.type.is_derived}
        self._values: dict[tuple[str, Any], Any] = {}

    def __call__(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """The facts that the book can decide by."""
        known: dict[str, Any] = {}
        values = self._values
        for name, value in facts.items():
            key = (name, value)
            read = values[key] if key in values else self._read(name, value)
            if read is not None:
                known[name] = read
        return known

    def _read(self, name: str, value: Any) -> Any:
        fact = self._declared.get(name)
        try:
            read = None if fact is None else parse_fact(fact, value)
        except ValueError:
            read = None
        self._values[name, value] = read
        return read


def compare(history: History, old: RuleBook, new: RuleBook, rate_of: RateOf) -> Comparison:
    """Decide the history by both rule books and compare."""
    routes_before: dict[tuple[str, str], str] = {}
    rerouted: dict[tuple[str, str], str] = {}
    differences: list[DecisionDifference] = []
    read_by_old, read_by_new = FactReader(old), FactReader(new)
    are_read_alike = _meaning(old.facts) == _meaning(new.facts)
    for subject in history.subjects:
        on, organization = subject.on, subject.organization_id
        known_before = read_by_old(subject.facts)
        known_after = known_before if are_read_alike else read_by_new(subject.facts)
        before = old.outcomes_of_read(known_before, on=on, organization=organization)
        after = new.outcomes_of_read(known_after, on=on, organization=organization)
        routes_before[subject.ticket_id, subject.activity] = before.route
        if before != after:
            differences.append(
                DecisionDifference(
                    subject,
                    old.decide(known_before, on=on, organization=organization),
                    new.decide(known_after, on=on, organization=organization),
                )
            )
            rerouted[subject.ticket_id, subject.activity] = after.route
    moved = {
        key: accounts_moved
        for key, customer in history.customers.items()
        if any((entry.ticket_id, entry.activity) in rerouted for entry in customer.worked)
        and (accounts_moved := _moved(customer, routes_before, rerouted, rate_of))
    }
    return Comparison(history.since, len(history.subjects), len(history.tickets), tuple(differences), moved)


def _meaning(facts: Mapping[str, Fact]) -> Mapping[str, Fact]:
    """What facts are read by, wherever they are declared and however they are asked for."""
    return {name: replace(fact, ask={}, line=0, column=0) for name, fact in facts.items()}


def _moved(
    customer: CustomerHistory,
    before: Mapping[tuple[str, str], str],
    rerouted: Mapping[tuple[str, str], str],
    rate_of: RateOf,
) -> dict[str, Moved]:
    demands = _demands(customer, before)
    otherwise = [
        replace(demand, route=ROUTES[rerouted[subject]]) if subject in rerouted else demand
        for subject, demand in demands
    ]
    old, new = (
        allocate(some, customer.capacities, customer.terms, {}).shares
        for some in ((demand for _, demand in demands), otherwise)
    )
    days = {entry.entry_key: entry.work_date for entry in customer.worked}
    rates: dict[str, Decimal | None] = {Account.card(card.card_id): card.rate for card in customer.cards}
    moved_by_kind: dict[str, Moved] = {}
    for key, legs_before in old.items():
        if legs_before == new[key]:
            continue
        for sign, legs in ((-1, legs_before), (1, new[key])):
            for leg in legs:
                kind = leg.account.partition(":")[0]
                rate = rate_of(days[key]) if kind == "invoice" else rates.get(leg.account, Decimal(0))
                moved_by_kind.setdefault(kind, Moved()).add(sign * leg.seconds, rate)
    return {kind: moved for kind, moved in sorted(moved_by_kind.items()) if moved.seconds or moved.euro}


def _demands(customer: CustomerHistory, routes: Mapping[tuple[str, str], str]) -> list[tuple[tuple[str, str], Demand]]:
    """A customer's time as it was sent, each with the subject that sends it."""
    return [
        (
            subject,
            Demand(
                entry_key=entry.entry_key,
                seconds=entry.seconds,
                route=ROUTES[routes[subject]],
                work_date=entry.work_date,
                period=Month.of(entry.work_date),
                ticket_id=entry.ticket_id,
                started_at=entry.started_at,
            ),
        )
        for entry in customer.worked
        if (subject := (entry.ticket_id, entry.activity)) in routes
    ]
