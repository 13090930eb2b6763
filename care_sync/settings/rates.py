"""Hourly rates in the settings: by calendar year, or by the first day on which one holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field


def _first_day(value: Any) -> Any:
    """A year is its first of January."""
    if isinstance(value, int) or (isinstance(value, str) and re.fullmatch(r"\d{4}", value)):
        year = int(value)
        if not 2000 <= year <= 2100:
            raise ValueError(f"{year} is not a year between 2000 and 2100")
        return date(year, 1, 1)
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError("is neither a year (2026) nor a first day (2026-07-01)")
    return value


FirstDay = Annotated[date, BeforeValidator(_first_day), Field(ge=date(2000, 1, 1), le=date(2100, 12, 31))]
Rate = Annotated[Decimal, Field(gt=0)]

Rates = Mapping[FirstDay, Rate]
"""Euro per hour. A rate holds from its first day to the end of that calendar year."""
