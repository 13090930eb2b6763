"""A Moneybird administration in memory: contacts, tax rates, and sales invoices as drafts.

Methods of :class:`MoneybirdAdministration` that begin with a verb are what a person does in Moneybird itself. Two
invoices can have one reference. Nothing here knows HTTP.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

REQUESTS, WINDOW = 150, timedelta(minutes=5)


@dataclass(slots=True)
class MoneybirdContact:
    """Somebody who gets invoices."""

    id: str
    company_name: str
    customer_id: str
    created_at: datetime


@dataclass(slots=True)
class MoneybirdInvoice:
    """A sales invoice; ``number`` is given when it is sent."""

    id: str
    contact_id: str
    reference: str
    details: list[dict[str, Any]]
    created_at: datetime
    payment_days: int | None = None
    number: str | None = None


@dataclass(slots=True)
class MoneybirdAdministration:
    """The whole administration; safe to use from the server's threads. ``tax_rates`` are percentages by id."""

    now: Callable[[], datetime]
    administration_id: str = "123"
    access_token: str = "a-token"  # noqa: S105
    token_ends_at: datetime | None = None
    tax_rates: dict[str, Decimal] = field(default_factory=lambda: {"21": Decimal("21.0"), "9": Decimal("9.0")})
    contacts: dict[str, MoneybirdContact] = field(default_factory=dict)
    invoices: dict[str, MoneybirdInvoice] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    requests_allowed: int = REQUESTS
    window_began: datetime | None = None
    window_requests: int = 0
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(496_081_523_381_896_487))

    def add_contact(self, company_name: str, customer_id: str = "") -> str:
        """Enter a contact; gives its id."""
        contact_id = str(next(self._ids))
        self.contacts[contact_id] = MoneybirdContact(contact_id, company_name, customer_id, self.now())
        return contact_id

    def delete_invoice(self, invoice_id: str) -> None:
        """Delete a draft."""
        with self.lock:
            del self.invoices[invoice_id]

    def send_invoice(self, invoice_id: str, number: str) -> None:
        """Send a draft: it is one no longer."""
        self.invoices[invoice_id].number = number

    def of_reference(self, reference: str) -> list[MoneybirdInvoice]:
        """Invoices with this reference, oldest first."""
        return [invoice for invoice in self.invoices.values() if invoice.reference == reference]

    def make(self, attributes: Mapping[str, Any]) -> MoneybirdInvoice:
        """Enter an invoice as a draft."""
        invoice_id = str(next(self._ids))
        details = [dict(attribute) for attribute in attributes.get("details_attributes", [])]
        self.invoices[invoice_id] = MoneybirdInvoice(
            invoice_id,
            str(attributes["contact_id"]),
            str(attributes.get("reference") or ""),
            sorted(details, key=lambda detail: int(detail.get("row_order", 0))),
            self.now(),
            attributes.get("first_due_interval"),
        )
        return self.invoices[invoice_id]
