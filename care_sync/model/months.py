"""Which months are open: every month after the last closed one.

Months are closed in order, so that one month says it all: what lies at or before it is closed, whether anything was
ever booked there or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from care_sync.model.month import Month


@dataclass(frozen=True, slots=True)
class ClosedMonth:
    """A month that nothing can alter any more.

    ``transaction_id`` and ``hash`` are the end of the ledger's chain when it closed: no later transaction is of it.
    """

    period: Month
    closed_at: datetime
    closed_by: str
    transaction_id: int
    hash: str


@dataclass(frozen=True, slots=True)
class Months:
    """``closed_through`` is the last closed month, ``None`` while none is closed."""

    closed_through: Month | None = None

    @property
    def first_open(self) -> Month | None:
        """The oldest open month, where corrections go; ``None`` while no month is closed."""
        return None if self.closed_through is None else self.closed_through.next

    @property
    def first_open_day(self) -> date:
        """The first day of the open months; the first of all days while no month is closed."""
        return date.min if self.first_open is None else self.first_open.first_day

    def is_closed(self, month: Month) -> bool:
        """Whether nothing can be booked in ``month`` any more."""
        return self.closed_through is not None and month <= self.closed_through

    def booked(self, day: date) -> Month:
        """The month in which something of that day is booked: its own, or the oldest open one."""
        month = Month.of(day)
        return month if self.first_open is None else max(month, self.first_open)

    def correcting(self, month: Month) -> Month:
        """The month in which something booked in ``month`` is taken back: the same, or the oldest open one."""
        return month if self.first_open is None else max(month, self.first_open)
