"""What became of a customer's invoice of a month: the number it was given, and its draft in the bookkeeping."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from care_sync.model.lease import SendState
from care_sync.model.month import Month


@dataclass(frozen=True, slots=True)
class InvoiceNumber:
    """The number of a customer's month, and what it came to when it was given."""

    organization_id: str
    period: Month
    number: str
    issued_on: date
    issued_by: str
    net: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class InvoiceDraft:
    """A customer's month in the bookkeeping.

    ``external_id`` and ``url`` are the bookkeeping's own, once it is there.
    """

    organization_id: str
    period: Month
    reference: str
    state: SendState
    attempts: int
    external_id: str | None
    url: str | None
    total: Decimal
    last_error: str
    leased_until: datetime | None
    lease_token: str | None = None
