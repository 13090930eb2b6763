"""How fast rules decide: beside other engines on thirty rules, and the whole policy with a quarter of facts unknown.

    pip install --group bench
    python -m benchmarks.rules_speed            (a table; --json for a document)

All engines take turns in one process on one core, round after round, so that what disturbs one disturbs them all (and
ZEN, which hands work to threads, is several times faster on one core than on two); each must answer every ticket as
the table says before it is timed. Ratios carry over to other machines, microseconds do not.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from time import perf_counter
from typing import Any

from benchmarks.thirty_rules import BOOLS, NUMBERS, ROWS, VALUES, Condition, answer_of, as_rules, tickets
from rules.loading import SHIPPED, load_rules
from rules.model.facts import Fact, FactType, parse_facts
from rules.proving.proof import prove
from rules.reading.definition_file import read_definition

ROUNDS = 9
TICKETS = 1_000
FACTS = (*VALUES, *BOOLS, *NUMBERS)


@dataclass(frozen=True, slots=True)
class Contender:
    """An engine: what it is given for each ticket, and what turns that into scope, route and next step."""

    name: str
    given: Sequence[Any]
    decide: Callable[[Any], Any]
    answer: Callable[[Any], tuple[str, str, str]]


def contenders(each: Sequence[Mapping[str, Any]]) -> list[Contender]:
    """CareSync three times, and those of the other engines that are installed."""
    book = as_rules()
    known = [parse_facts(ticket, book.facts) for ticket in each]
    whole = lambda decision: (decision.scope, decision.route, decision.next_step)  # noqa: E731
    found = [
        Contender("CareSync, facts read before", known, book.decider().outcomes, tuple),
        Contender("CareSync, facts read and checked each time", each, book.outcomes, tuple),
        Contender("CareSync, with rules, reason and questions", each, book.decide, whole),
    ]
    for make in (_zen, _cel):
        try:
            found.append(make(each))
        except ImportError as error:
            sys.stderr.write(f"{error.name} is not installed and is left out\n")
    return found


def _zen(each: Sequence[Mapping[str, Any]]) -> Contender:
    """GoRules ZEN: a decision table with a column per fact."""
    import zen  # noqa: PLC0415 - only where it is installed

    def cell(conditions: Sequence[Condition]) -> str:
        if not conditions:
            return ""
        how, bound = conditions[0][1:]
        if len(conditions) == 2:
            return f"[{bound}..{conditions[1][2]}]"
        if how in ("=", "in"):
            return ", ".join(json.dumps(value) for value in (bound if how == "in" else (bound,)))
        return f"{how} {bound}"

    outputs = ("scope", "route", "next_step")
    rows = []
    for number, row in enumerate(ROWS):
        cells = {fact: cell([one for one in row.conditions if one[0] == fact]) for fact in FACTS}
        words = dict(zip(outputs, map(json.dumps, row.answer), strict=True))
        rows.append({"_id": str(number), **cells, **words})
    table = {
        "hitPolicy": "first",
        "inputs": [{"id": fact, "name": fact, "type": "expression", "field": fact} for fact in FACTS],
        "outputs": [{"id": name, "name": name, "type": "expression", "field": name} for name in outputs],
        "rules": rows,
    }
    place = {"position": {"x": 0, "y": 0}}
    graph = {
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in", **place},
            {"id": "table", "type": "decisionTableNode", "name": "table", "content": table, **place},
            {"id": "out", "type": "outputNode", "name": "out", **place},
        ],
        "edges": [
            {"id": "1", "sourceId": "in", "targetId": "table", "type": "edge"},
            {"id": "2", "sourceId": "table", "targetId": "out", "type": "edge"},
        ],
    }
    decision = zen.ZenEngine().create_decision(json.dumps(graph))
    return Contender(
        f"ZEN {version('zen-engine')}, decision table",
        [dict(ticket) for ticket in each],
        decision.evaluate,
        lambda answer: tuple(answer["result"][name] for name in outputs),  # type: ignore[return-value]
    )


def _cel(each: Sequence[Mapping[str, Any]]) -> Contender:
    """CEL in Rust: one program, a chain of conditions."""
    import cel  # noqa: PLC0415 - only where it is installed

    def expression(condition: Condition) -> str:
        fact, how, bound = condition
        if how == "in":
            return f"{fact} in {json.dumps(list(bound))}"
        return f"{fact} {'==' if how == '=' else how} {json.dumps(bound)}"

    program = '"none"'
    for row in reversed(ROWS):
        program = f"({' && '.join(map(expression, row.conditions))}) ? {json.dumps(' '.join(row.answer))} : {program}"
    return Contender(
        f"CEL {version('common-expression-language')} (Rust), one program",
        [dict(ticket) for ticket in each],
        cel.compile(program).execute,
        lambda answer: tuple(answer.split()),
    )


def race(field: Sequence[Contender], each: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The median microseconds of a decision, by contender; each has answered every ticket rightly before."""
    expected = [answer_of(ticket) for ticket in each]
    for one in field:
        told = [one.answer(one.decide(given)) for given in one.given]
        if told != expected:
            raise SystemExit(f"{one.name} disagrees with the table")
    rounds: dict[str, list[float]] = {one.name: [] for one in field}
    gc.collect()
    gc.disable()
    for _ in range(ROUNDS):
        for one in field:
            decide, given = one.decide, one.given
            began = perf_counter()
            for facts in given:
                decide(facts)
            rounds[one.name].append((perf_counter() - began) / len(given))
    gc.enable()
    return {name: 1e6 * statistics.median(taken) for name, taken in rounds.items()}


def policy() -> dict[str, float]:
    """The shipped policy: milliseconds to load and prove, microseconds for tickets with a quarter of facts unknown."""
    text = SHIPPED.read_text(encoding="utf-8")
    book = load_rules()
    each = partial_tickets(book.facts, 3 * TICKETS)
    known = [parse_facts(ticket, book.facts) for ticket in each]
    agreed = text.replace("agreements: []\n", f"agreements:\n{_agreements(500)}")
    book.decide({})
    book.outcomes({})
    return {
        "load and prove, ms": _milliseconds(lambda: prove(read_definition(text))),
        "load and prove with 500 agreements, ms": _milliseconds(lambda: prove(read_definition(agreed))),
        "all decisions, facts read before, us": _each(book.decider().outcomes, known),
        "all decisions, facts read and checked, us": _each(book.outcomes, each),
        "with rules, reason and questions, first time, us": _each(book.decide, each),
        "with rules, reason and questions, seen before, us": _each(book.decide, each),
    }


def partial_tickets(facts: Mapping[str, Fact], count: int) -> list[dict[str, Any]]:
    """Random tickets with a quarter of the facts unknown."""
    source = random.Random(25)

    def value(fact: Fact) -> Any:
        if fact.type is FactType.CHOICE:
            return source.choice(fact.values)
        if fact.type is FactType.BOOL:
            return source.random() < 0.5
        if fact.type is FactType.NUMBER:
            return source.choice((0, 10, 15, 16, 30, 45, 60, 120, 240, 300))
        if fact.type is FactType.DATE:
            return f"2026-{source.randint(1, 12):02}-{source.randint(1, 28):02}"
        return source.choice(("website", "mail")) if fact.type is FactType.TEXT else ["website"]

    given = [fact for fact in facts.values() if not fact.parents]
    return [
        {
            fact.name: value(fact)
            for fact in given
            if source.random() < (0.4 if fact.name == "activity" else 0.75 if fact.absent is None else 1)
        }
        for _ in range(count)
    ]


def _agreements(count: int) -> str:
    """Customers with services and numbers of their own."""
    source = random.Random(500)
    return "".join(
        f'  - {{organization: "{4000 + number}", facts: {{covered_services: [mail, shop]}}, '
        f"parameters: {{short_question: {source.choice((10, 15, 20, 30))} minutes, "
        f'small_below: {source.choice((45, 60, 90))} minutes}}, because: "Agreement {number}"}}\n'
        for number in range(count)
    )


def _milliseconds(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS):
        began = perf_counter()
        work()
        taken.append(perf_counter() - began)
    return 1e3 * statistics.median(taken)


def _each(decide: Callable[[Any], object], given: Sequence[Any]) -> float:
    """The median microseconds of one decision among many different ones."""
    taken = []
    for facts in given:
        began = perf_counter()
        decide(facts)
        taken.append(perf_counter() - began)
    return 1e6 * statistics.median(taken)


def main() -> None:
    """Run everything and print it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true", help="one JSON document instead of text")
    as_json = arguments.parse_args().json
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    if not prove(as_rules().definition).holds:
        raise SystemExit("the table of thirty rules does not hold")
    each = tickets(TICKETS)
    micros = race(contenders(each), each)
    slowest_of_others = next((value for name, value in micros.items() if name.startswith("ZEN")), None)
    numbers = policy()
    if as_json:
        print(json.dumps({"thirty_rules_us": micros, "policy": numbers}, indent=2))
        return
    print(f"Thirty rules, {TICKETS} tickets, median of {ROUNDS} rounds in turn")
    for name, value in sorted(micros.items(), key=lambda item: item[1]):
        ratio = f"{slowest_of_others / value:8.1f} x ZEN" if slowest_of_others else ""
        print(f"  {name:<46} {value:9.2f} us {1e6 / value:>12,.0f}/s {ratio}")
    print("The shipped policy, median")
    for name, value in numbers.items():
        print(f"  {name:<52} {value:9.2f}")


if __name__ == "__main__":
    main()
