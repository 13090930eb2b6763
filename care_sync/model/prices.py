"""What an hour costs and what tax comes on it: settings while a month is open, kept for ever when it closes.

Rounding is no setting (:mod:`care_sync.billing.amounts`), so rates and tax are all that an invoice's euros rest on.
A rate holds from its first day to the end of that calendar year: H5 asks for the rate of a year, and a year for which
nobody set one has none.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from care_sync.model.month import Month

Rates = Mapping[date, Decimal]
"""Euro per hour, by the first day on which it holds."""


def rate_on(rates: Rates, day: date) -> Decimal | None:
    """Euro per hour of work of a day; ``None`` where none was set for it."""
    first_days = [first for first in rates if first.year == day.year and first <= day]
    return rates[max(first_days)] if first_days else None


@dataclass(frozen=True, slots=True)
class Prices:
    """The rates, and the percentage of value added tax."""

    rates: Rates
    vat_percent: Decimal


class PriceList:
    """What work of a day costs: as kept when the month of that day, or the next with a rate for it, closed.

    Late time and corrections of a closed month are work of that month, and so are priced as it was.
    """

    def __init__(self, kept: Mapping[Month, Prices], configured: Prices) -> None:
        """``kept`` is by closed month."""
        self._kept = kept
        self._months = sorted(kept)
        self._configured = configured

    def rate_on(self, day: date) -> Decimal | None:
        """Euro per hour; ``None`` when neither what was kept nor the settings have one for the day."""
        # Months close in order: a day before the first kept month was closed together with that month. Where a month
        # closed without a rate of the day, the next one that closed with one has priced its late work for ever.
        for month in self._months[bisect_left(self._months, Month.of(day)) :]:
            if (kept := rate_on(self._kept[month].rates, day)) is not None:
                return kept
        return rate_on(self._configured.rates, day)

    def vat_of(self, period: Month) -> Decimal:
        """The percentage of tax on a month's invoice."""
        return self._kept.get(period, self._configured).vat_percent
