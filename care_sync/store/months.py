"""Closed months, in order."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, func, select

from care_sync.model.month import Month
from care_sync.model.months import ClosedMonth, Months
from care_sync.model.prices import Prices
from care_sync.store.schema import ledger_head, period_prices, periods


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

    def keep_prices(self, period: Month, prices: Prices) -> None:
        """Keep what a month that closes is priced by. It is kept once, for ever."""
        self._connection.execute(
            period_prices.insert().values(
                period=period,
                vat_percent=str(prices.vat_percent),
                rates={day.isoformat(): str(rate) for day, rate in sorted(prices.rates.items())},
            )
        )

    def prices(self) -> dict[Month, Prices]:
        """What closed months were priced by, in order; nothing for months that closed before prices were kept."""
        rows = self._connection.execute(select(period_prices).order_by(period_prices.c.period))
        return {
            Month(row.period): Prices(
                {_first_day(day): Decimal(rate) for day, rate in row.rates.items()}, Decimal(row.vat_percent)
            )
            for row in rows
        }

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


def _first_day(text: str) -> date:
    """A first day; rates that were kept by calendar year hold from its first of January."""
    return date(int(text), 1, 1) if len(text) == len("2026") else date.fromisoformat(text)
