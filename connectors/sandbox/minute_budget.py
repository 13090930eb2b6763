"""A limit of so many requests a minute, as products have it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

MINUTE = 60


@dataclass(slots=True)
class MinuteBudget:
    """``total`` credits in each minute of the clock."""

    total: int
    now: Callable[[], datetime]
    _minute: int = -1
    _used: int = 0

    @property
    def remaining(self) -> int:
        """Credits left in this minute."""
        self._turn()
        return max(self.total - self._used, 0)

    @property
    def resets_in(self) -> int:
        """Seconds until the next minute."""
        return MINUTE - int(self.now().timestamp()) % MINUTE

    def take(self, cost: int = 1) -> bool:
        """Use up what a request costs; false when too few are left."""
        self._turn()
        self._used += cost
        return self._used <= self.total

    def _turn(self) -> None:
        minute = int(self.now().timestamp()) // MINUTE
        if minute != self._minute:
            self._minute, self._used = minute, 0
