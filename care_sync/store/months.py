"""Closed months, in order."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from care_sync.model.month import Month
from care_sync.model.months import ClosedMonth, Months
from care_sync.store.schema import ledger_head, periods


class PeriodRepository:
    """Closed months, as ``yyyy-mm``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def close(self, period: Month, now: datetime, actor: str) -> None:
        """Write down that a month is closed. There is no way back.

        Raises :class:`care_sync.errors.IntegrityError` for a month that does not come after the closed ones.
        """
        head = self._connection.execute(select(ledger_head.c.transaction_id, ledger_head.c.hash)).one()
        self._connection.execute(
            periods.insert().values(
                period=period,
                closed_at=now,
                closed_by=actor,
                transaction_id=head.transaction_id,
                hash=head.hash,
            )
        )

    def closed(self) -> list[ClosedMonth]:
        """Closed months in order."""
        rows = self._connection.execute(select(periods).order_by(periods.c.period))
        return [
            ClosedMonth(Month(row.period), row.closed_at, row.closed_by, row.transaction_id, row.hash) for row in rows
        ]

    def months(self) -> Months:
        """Which months are open. Whoever books takes the ledger's head first, so that they stay so."""
        last: str | None = self._connection.execute(select(func.max(periods.c.period))).scalar_one()
        return Months(None if last is None else Month(last))
