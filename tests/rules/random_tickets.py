"""Tickets drawn at random, from values among which every difference that the rules make shows."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from tests.rules.oracle import Oracle


def random_ticket(oracle: Oracle, source: random.Random) -> dict[str, Any]:
    """Facts, every one known; its days lie near each other, so that unknown ones can lie before and after."""
    facts = {name: source.choice(values) for name, values in oracle.values.items()}
    for name, fact in oracle.facts.items():
        if fact["type"] == "date":
            facts[name] = source.choice(oracle.values[name][1:-1])
    if source.random() < 0.6:
        facts["activity"] = "whole_ticket"
    return facts


def given(facts: Mapping[str, Any], unknown: list[str] | tuple[str, ...] = ()) -> dict[str, Any]:
    """The facts as they are given to a rule book."""
    return {
        name: value
        for name, value in facts.items()
        if name not in unknown and not (name == "activity" and value == "whole_ticket")
    }
