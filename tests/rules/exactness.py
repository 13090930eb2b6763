"""Random tickets decided by the rules and by trying everything; the long run is a command.

    python -m tests.rules.exactness --tickets 10000 --seed 7

Tests take a few hundred tickets of a fixed seed. The command takes as many as wanted of any seed, and shows the first
ticket on which the two differ.
"""

from __future__ import annotations

import argparse
import random
from math import prod

from rules.deciding.rule_book import RuleBook
from rules.loading import SHIPPED, load_rules
from tests.rules.oracle import Oracle
from tests.rules.random_tickets import given, random_ticket

MOST_COMPLETIONS = 120


def decide_known(book: RuleBook, oracle: Oracle, tickets: int, seed: int) -> None:
    """Tickets of which every fact is known are decided as by trying every rule. Raises ``AssertionError``."""
    source = random.Random(seed)
    for _ in range(tickets):
        facts = random_ticket(oracle, source)
        expected = oracle.everything_known(facts)
        decision = book.decide(given(facts))

        assert (decision.scope, decision.route, decision.next_step) == (
            expected["scope"],
            expected["route"],
            expected["next_step"],
        ), facts
        assert decision.questions == (), facts
        assert book.outcomes(given(facts)) == (decision.scope, decision.route, decision.next_step), facts


def decide_open(book: RuleBook, oracle: Oracle, tickets: int, seed: int) -> int:
    """Tickets with unknown facts are decided as by trying every completion; the number that stayed open is returned.

    Raises ``AssertionError``.
    """
    source = random.Random(seed)
    may_be_unknown = [name for name, fact in oracle.facts.items() if "ask" in fact and "absent" not in fact]
    still_open = 0
    for _ in range(tickets):
        facts = random_ticket(oracle, source)
        unknown = source.sample(may_be_unknown, source.randint(1, 9))
        while prod(len(oracle.values[name]) for name in unknown) > MOST_COMPLETIONS:
            unknown.pop()
        expected, questions = oracle.answers(facts, unknown)
        decision = book.decide(given(facts, unknown))

        outcomes = book.outcomes(given(facts, unknown))
        assert outcomes == (decision.scope, decision.route, decision.next_step), (facts, unknown)
        shown = {"scope": decision.scope, "route": decision.route, "next_step": decision.next_step}
        assert shown == expected, (facts, unknown)
        assert set(decision.questions) == questions, (facts, unknown)
        still_open += bool(questions)
    return still_open


def main() -> None:
    """Run it for as many tickets as the command line says."""
    parser = argparse.ArgumentParser(description="Decide random tickets by the rules and by trying everything.")
    parser.add_argument("--tickets", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=20260101)
    wanted = parser.parse_args()
    book, oracle = load_rules(), Oracle(SHIPPED.read_text(encoding="utf-8"))
    decide_known(book, oracle, wanted.tickets, wanted.seed)
    still_open = decide_open(book, oracle, wanted.tickets, wanted.seed)
    print(f"{2 * wanted.tickets} tickets are decided as by trying everything; {still_open} of them stayed open.")


if __name__ == "__main__":
    main()
