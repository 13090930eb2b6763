"""The two laws of the office, for as many examples as one likes, on any kind of store."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from random import Random

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tests.properties.both import Both, Disagreement, Site, play, settled
from tests.properties.histories import Facts, facts, histories, sites
from tests.reference import events as heard

Opening = Callable[[Site], AbstractContextManager[Both]]
"""Opens both offices on a store of their own."""


def balances_are_those_of_the_model(opening: Opening, *, examples: int, most: int, same: bool = True) -> None:
    """Whatever happens, in histories of up to ``most`` events between the closings of months."""

    @_law(examples, same=same)
    @given(sites, histories(most=most))
    def law(site: Site, history: list[heard.Event]) -> None:
        with opening(site) as both:
            play(both, history)

    law()


def order_of_arrival_changes_nothing(opening: Opening, *, examples: int, same: bool = True) -> None:
    """The same facts in any order, recalculations included, while no month closes."""

    @_law(examples, same=same)
    @given(sites, facts, st.randoms(use_true_random=False))
    def law(site: Site, known: Facts, random: Random) -> None:
        arrivals = [known.arrival(random) for _ in range(2)]
        results = []
        for arrival in arrivals:
            note(f"arrival: {arrival}")
            with opening(site) as both:
                results.append(settled(both, arrival))
        if results[0] != results[1]:
            raise Disagreement(f"first {results[0]}\nthen {results[1]}")

    law()


def _law(examples: int, *, same: bool) -> settings:
    """``same``: a test draws the same histories each time, so that what it says follows from the code alone."""
    return settings(
        max_examples=examples,
        derandomize=same,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
