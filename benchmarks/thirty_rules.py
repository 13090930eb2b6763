"""Thirty rules that every engine is given alike: as rows of a table whose conditions exclude each other.

Because no two rows apply to the same ticket, neither their order nor an engine's hit policy matters, and all facts of
the tickets are known, because most engines have no other facts.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rules.deciding.rule_book import RuleBook
from rules.loading import load_text

VALUES: Mapping[str, tuple[str, ...]] = {
    "kind": (
        "incident",
        "short_question",
        "admin_question",
        "change",
        "new_build",
        "consultancy",
        "training",
        "quote_request",
        "other",
    ),
    "channel": ("email", "web", "phone"),
    "service": ("website", "mail"),
    "cause": ("care", "third_party", "customer", "general_development", "hourly_assignment", "quoted_assignment"),
    "quote": ("none", "sent", "accepted", "declined"),
}
BOOLS = ("sla", "fix_adopted", "hour_card")
NUMBERS = ("expected_minutes", "months_old")

Condition = tuple[str, str, Any]
"""A fact, one of ``in = < <= > >=``, and what it is compared with."""


@dataclass(frozen=True, slots=True)
class Row:
    """One rule: all conditions hold; scope, route and next step."""

    conditions: tuple[Condition, ...]
    answer: tuple[str, str, str]


def _row(answer: str, *conditions: Condition) -> Row:
    scope, route, next_step = answer.split()
    return Row(conditions, (scope, route, next_step))


def _is(fact: str, *values: Any) -> Condition:
    return (fact, "=", values[0]) if len(values) == 1 else (fact, "in", values)


INCIDENT, INSIDE = _is("kind", "incident"), (_is("kind", "incident"), _is("sla", True), _is("service", "website"))
QUESTION, BY_MAIL = _is("kind", "short_question"), _is("channel", "email", "web")
CHANGE, NO_QUOTE = _is("kind", "change"), _is("quote", "none")
CARD, NO_CARD = _is("hour_card", True), _is("hour_card", False)
OUTSIDE_CAUSE = _is("cause", "third_party", "customer", "hourly_assignment")
DEVELOPMENT, QUOTED = _is("cause", "general_development"), _is("cause", "quoted_assignment")
LARGE = _is("kind", "change", "new_build", "quote_request")
SHORT, LONG = ("expected_minutes", "<=", 15), ("expected_minutes", ">", 15)
SMALL = ("expected_minutes", "<", 45)
MEDIUM = (("expected_minutes", ">=", 45), ("expected_minutes", "<=", 240))

ROWS = (
    _row("not_included hour_card handle", INCIDENT, _is("sla", False), CARD),
    _row("not_included invoice handle", INCIDENT, _is("sla", False), NO_CARD),
    _row("not_included review review", INCIDENT, _is("sla", True), _is("service", "mail")),
    _row("included sla handle", *INSIDE, _is("cause", "care")),
    _row("not_included hour_card handle", *INSIDE, OUTSIDE_CAUSE, CARD),
    _row("not_included invoice handle", *INSIDE, OUTSIDE_CAUSE, NO_CARD),
    _row("included sla handle", *INSIDE, DEVELOPMENT, _is("fix_adopted", True)),
    _row("not_included hour_card handle", *INSIDE, DEVELOPMENT, _is("fix_adopted", False), CARD),
    _row("not_included invoice handle", *INSIDE, DEVELOPMENT, _is("fix_adopted", False), NO_CARD),
    _row("included sla handle", *INSIDE, QUOTED, ("months_old", "<=", 6)),
    _row("not_included hour_card handle", *INSIDE, QUOTED, ("months_old", ">", 6), CARD),
    _row("not_included invoice handle", *INSIDE, QUOTED, ("months_old", ">", 6), NO_CARD),
    _row("included sla handle", _is("kind", "admin_question"), _is("sla", True)),
    _row("not_included fair_use handle", _is("kind", "admin_question"), _is("sla", False)),
    _row("not_included hour_card handle", QUESTION, _is("channel", "phone"), CARD),
    _row("not_included invoice handle", QUESTION, _is("channel", "phone"), NO_CARD),
    _row("not_included fair_use handle", QUESTION, BY_MAIL, SHORT),
    _row("not_included hour_card estimate", QUESTION, BY_MAIL, LONG, CARD),
    _row("not_included invoice estimate", QUESTION, BY_MAIL, LONG, NO_CARD),
    _row("not_included hour_card do_now", CHANGE, NO_QUOTE, SMALL, CARD),
    _row("not_included invoice do_now", CHANGE, NO_QUOTE, SMALL, NO_CARD),
    _row("not_included hour_card estimate", CHANGE, NO_QUOTE, *MEDIUM, CARD),
    _row("not_included invoice estimate", CHANGE, NO_QUOTE, *MEDIUM, NO_CARD),
    _row("not_included quote rough_estimate", CHANGE, NO_QUOTE, ("expected_minutes", ">", 240)),
    _row("not_included quote handle", LARGE, _is("quote", "sent", "accepted")),
    _row("not_included review review", LARGE, _is("quote", "declined")),
    _row("not_included quote rough_estimate", _is("kind", "new_build", "quote_request"), NO_QUOTE),
    _row("not_included hour_card handle", _is("kind", "consultancy", "training"), CARD),
    _row("not_included invoice handle", _is("kind", "consultancy", "training"), NO_CARD),
    _row("not_included review review", _is("kind", "other")),
)

COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda value, bound: bool(value == bound),
    "in": lambda value, bound: value in bound,
    "<": lambda value, bound: bool(value < bound),
    "<=": lambda value, bound: bool(value <= bound),
    ">": lambda value, bound: bool(value > bound),
    ">=": lambda value, bound: bool(value >= bound),
}


def answer_of(ticket: Mapping[str, Any]) -> tuple[str, str, str]:
    """The answer by trying every row: what every engine must say."""
    (found,) = [
        row.answer for row in ROWS if all(COMPARE[how](ticket[fact], bound) for fact, how, bound in row.conditions)
    ]
    return found


def tickets(count: int) -> list[dict[str, Any]]:
    """Tickets as an agency sees them, the same ones every time."""
    source = random.Random(30)

    def one() -> dict[str, Any]:
        (kind,) = source.choices(VALUES["kind"], [34, 18, 6, 20, 4, 5, 3, 5, 5])
        (cause,) = source.choices(VALUES["cause"], [40, 20, 8, 12, 8, 12])
        (quote,) = source.choices(VALUES["quote"], [75, 8, 12, 5])
        return {
            "kind": kind,
            "channel": source.choices(VALUES["channel"], [60, 25, 15])[0],
            "service": source.choices(VALUES["service"], [85, 15])[0],
            "cause": cause,
            "quote": quote,
            "sla": source.random() < 0.8,
            "fix_adopted": source.random() < 0.4,
            "hour_card": source.random() < 0.6,
            "expected_minutes": source.choice((5, 10, 15, 20, 30, 44, 45, 60, 90, 120, 240, 241, 480)),
            "months_old": source.randrange(24),
        }

    return [one() for _ in range(count)]


_WORDS = {"<": "less than", "<=": "at most", ">": "more than", ">=": "at least"}


def as_rules() -> RuleBook:
    """The table as a rules file of CareSync: a decision that finds the row, and three that read it."""
    lines = ['policy: {nl: "Tabel", en: "Table"}', "effective_from: 2026-01-01", "parameters: {}"]
    lines += ['clauses: {T: {nl: "Tabel", en: "Table"}}', "facts:"]
    ask = 'ask: {nl: "?", en: "?"}'
    lines += [f"  {name}: {{type: choice, values: [{', '.join(words)}], {ask}}}" for name, words in VALUES.items()]
    lines += [f"  {name}: {{type: yes or no, {ask}}}" for name in BOOLS]
    lines += [f"  {name}: {{type: number, whole: yes, minimum: 0, {ask}}}" for name in NUMBERS]
    names = [f"row_{number}" for number in range(1, len(ROWS) + 1)]
    lines += ["decisions:", *_decision("row", names, shown=False)]
    lines += [_rule(name, _when(row), name) for name, row in zip(names, ROWS, strict=True)]
    for position, decision in enumerate(("scope", "route", "next_step")):
        outcomes = list(dict.fromkeys(row.answer[position] for row in ROWS))
        lines += _decision(decision, outcomes, shown=True)
        for outcome in outcomes:
            rows = [name for name, row in zip(names, ROWS, strict=True) if row.answer[position] == outcome]
            lines.append(_rule(f"{decision}_{outcome}", f"row: [{', '.join(rows)}]", outcome))
    return load_text("\n".join(lines), "thirty rules")


def _decision(name: str, outcomes: list[str], *, shown: bool) -> list[str]:
    title, show = '{nl: "?", en: "?"}', ["    shown: yes"] if shown else []
    return [f"  {name}:", f"    title: {title}", f"    outcomes: [{', '.join(outcomes)}]", *show, "    rules:"]


def _rule(name: str, when: str, then: str) -> str:
    return (
        f"      - {{id: {name}, clauses: [T], basis: text, when: {{{when}}}, then: {then}, "
        'reason: {nl: "?", en: "?"}}'
    )


def _when(row: Row) -> str:
    numbers: dict[str, list[str]] = {}
    parts: list[str] = []
    for fact, how, bound in row.conditions:
        if how in _WORDS:
            numbers.setdefault(fact, []).append(f"{_WORDS[how]} {bound}")
        elif how == "in":
            parts.append(f"{fact}: [{', '.join(bound)}]")
        else:
            parts.append(f"{fact}: {'yes' if bound is True else 'no' if bound is False else bound}")
    parts += [f"{fact}: {' and '.join(comparisons)}" for fact, comparisons in numbers.items()]
    return ", ".join(parts)
