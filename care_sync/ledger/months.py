"""Which months are open: every month after the last closed one.

Months are closed in order, so that one month says it all: what lies at or before it is closed, whether anything was
ever booked there or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from care_sync.ledger import accounts
from care_sync.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class Months:
    """``closed_through`` is the last closed month (``yyyy-mm``), ``None`` while none is closed."""

    closed_through: str | None = None

    @classmethod
    def read(cls, work: UnitOfWork) -> Months:
        """As they stand in the store. Whoever books takes the ledger's head first, so that they stay so."""
        return cls(work.periods.closed_through())

    @property
    def first_open(self) -> str | None:
        """The oldest open month, where corrections go; ``None`` while no month is closed."""
        return None if self.closed_through is None else accounts.next_period(self.closed_through)

    def is_closed(self, period: str) -> bool:
        """Whether nothing can be booked in ``period`` any more."""
        return self.closed_through is not None and period <= self.closed_through

    def booked(self, day: date) -> str:
        """The month in which something of that day is booked: its own, or the oldest open one."""
        month = accounts.period_of_date(day)
        return str(self.first_open) if self.is_closed(month) else month
