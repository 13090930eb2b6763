"""Who is told what, and when (I4, I).

A customer is told at a pass because the state asks for it and nobody told them yet, not because a poll saw the ticket
at the right moment. A decision that was mended within the quiet time is told to nobody. While replies are off, what
is due waits and is attention; switched on, it is told. Readings: each notice goes out once (`outside`, `charged
<month>` for each month that closed so); a ticket that turns out to be inside after any of them is told `credited`,
and if it turns once more, the customer is told anew.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tests.reference.settled import Recalculated
from tests.reference.world import World


class Tellings:
    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []  # (ticket, notice) or (card:<n>, what changed), in this order
        self._decisions: dict[str, tuple[str, bool]] = {}
        self._since: dict[str, datetime] = {}
        self._told: set[tuple[str, str]] = set()
        self._charged: set[tuple[str, str]] = set()
        self._recalculations: dict[tuple[int, date], int] = {}

    def decided(self, ticket: str, route: str, tell: bool, at: datetime) -> None:
        if self._decisions.get(ticket) != (route, tell):
            self._decisions[ticket] = (route, tell)
            self._since[ticket] = at

    def charged(self, ticket: str, month: str) -> None:
        self._charged.add((ticket, f"charged {month}"))

    def at_a_pass(self, at: datetime, world: World) -> None:
        for ticket, notice in sorted(self.due(at, world)) if world.settings["replies"] else []:
            self.sent.append((ticket, notice))
            self._charged.discard((ticket, notice))
            self._told.add((ticket, notice))
            if notice == "credited":
                self._told = {told for told in self._told if told[0] != ticket}

    def due(self, at: datetime, world: World) -> set[tuple[str, str]]:
        """What the state asks for and nobody was told: (ticket, notice)."""
        quiet = timedelta(seconds=int(str(world.settings["quiet_seconds"])))
        due = set(self._charged)
        for ticket, (route, tell) in self._decisions.items():
            if at - self._since[ticket] >= quiet:
                if tell:
                    due.add((ticket, "outside"))
                elif route == "sla" and any(told == ticket for told, _ in self._told):
                    due.add((ticket, "credited"))
        return due - self._told

    def recalculated(self, recalculations: dict[tuple[int, date], Recalculated]) -> None:
        """A person is told when an applied recalculation changes because earlier work came late (C)."""
        for key, due in recalculations.items():
            if due.state != "applied":
                continue
            before = self._recalculations.get(key, due.change)
            if before != due.change:
                self.sent.append((f"card:{key[0]}", f"recalculated by {before}, now {due.change}"))
            self._recalculations[key] = due.change
