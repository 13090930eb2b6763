"""The environment of a connector in a suite: a clock that the test moves, and budgets in memory."""

from __future__ import annotations

from datetime import timedelta

from connectors.clock import ManualClock
from connectors.protocols import BudgetState, Environment


class Budgets:
    """Budgets that outlive a connector, as the daemon's store keeps them."""

    def __init__(self) -> None:
        self.kept: dict[str, BudgetState] = {}

    def load(self, account: str) -> BudgetState | None:
        """What was last saved for ``account``."""
        return self.kept.get(account)

    def save(self, account: str, state: BudgetState) -> None:
        """Keep ``state`` for ``account``."""
        self.kept[account] = state


def environment(clock: ManualClock, budgets: Budgets | None = None, *, ahead: timedelta = timedelta()) -> Environment:
    """What a connector gets from its host, whose clock is ``ahead``; without ``budgets`` it begins with none."""
    return Environment(lambda: clock.now() + ahead, clock.sleep, budgets or Budgets())
