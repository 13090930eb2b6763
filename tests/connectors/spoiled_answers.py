"""Answers spoiled at random: what a product would have said, with a part of it something else, or gone."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

from connectors.sandbox.server import Answer, Request, SandboxServer

INSTEAD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 3.5, 10**30, "", "closed", "2026-13-45T99:00:00Z", "2026-10-26T12:00:00"),
    *("\ud800", "\u0000", [], [None], [[]], [{}], {}, {"id": None}, {"id": "x"}, {"value": {}}),
)
"""What is put in place of a part of an answer."""


def places(value: Any, trail: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each part of a JSON value."""
    yield trail
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from places(part, (*trail, name))


def spoiled(value: Any, chance: random.Random) -> Any:
    """The same value with one part of it something else, or gone."""
    trail = chance.choice(list(places(value)))
    if not trail:
        return chance.choice(INSTEAD)
    changed = copy.deepcopy(value)
    inner = changed
    for name in trail[:-1]:
        inner = inner[name]
    if isinstance(inner, dict) and chance.random() < 0.3:
        del inner[trail[-1]]
    else:
        inner[trail[-1]] = chance.choice(INSTEAD)
    return changed


def spoil(server: SandboxServer, honest: Callable[[Request], Answer], seed: int) -> None:
    """From now on every answer of ``server`` is spoiled, each in its own way; ``honest`` are its own answers."""
    chance = random.Random(seed)

    def answer(request: Request) -> Answer:
        told = honest(request)
        return Answer(told.status, spoiled(told.data, chance), told.headers) if chance.random() < 0.7 else told

    server.answer = answer  # type: ignore[method-assign]
