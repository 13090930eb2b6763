"""What an hour costs and what tax comes on it: settings while a month is open, kept for ever when it closes.

Rounding is no setting (:mod:`care_sync.billing.amounts`), so rates and tax are all that an invoice's euros rest on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Prices:
    """Euro per hour by calendar year of the work, and the percentage of value added tax."""

    rates: Mapping[int, Decimal]
    vat_percent: Decimal
