"""What Moneybird's answers look like: the administration of the sandbox as JSON, in the shapes of API v2."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from connectors.sandbox.moneybird_state import MoneybirdAdministration, MoneybirdContact, MoneybirdInvoice

CENT, LARGEST = Decimal("0.01"), Decimal("1e9")


def sales_invoice(own: MoneybirdAdministration, invoice: MoneybirdInvoice) -> dict[str, Any]:
    """A sales invoice with its lines and its sums."""
    net, tax = Decimal(0), Decimal(0)
    taxable: dict[str, Decimal] = {}
    for detail in invoice.details:
        amount = (decimal(detail.get("amount", "1")) or Decimal(0)) * (decimal(detail["price"]) or Decimal(0))
        amount = amount.quantize(CENT, ROUND_HALF_UP)
        net += amount
        taxable[str(detail["tax_rate_id"])] = taxable.get(str(detail["tax_rate_id"]), Decimal(0)) + amount
    for rate, amount in taxable.items():
        tax += (amount * own.tax_rates[rate] / 100).quantize(CENT, ROUND_HALF_UP)
    return {
        "id": invoice.id,
        "administration_id": int(own.administration_id),
        "contact_id": invoice.contact_id,
        "contact": contact(own, own.contacts[invoice.contact_id]),
        "invoice_id": invoice.number,
        "draft_id": None if invoice.number else 1,
        "state": "open" if invoice.number else "draft",
        "invoice_date": None,
        "reference": invoice.reference,
        "language": "nl",
        "currency": "EUR",
        "created_at": instant(invoice.created_at),
        "updated_at": instant(invoice.created_at),
        "details": [
            {
                "id": f"{invoice.id}{position}",
                "tax_rate_id": detail["tax_rate_id"],
                "ledger_account_id": detail.get("ledger_account_id"),
                "amount": detail.get("amount"),
                "description": detail.get("description"),
                "price": detail["price"],
                "row_order": position,
            }
            for position, detail in enumerate(invoice.details)
        ],
        "prices_are_incl_tax": False,
        "total_price_excl_tax": _amount(net),
        "total_price_incl_tax": _amount(net + tax),
        "total_unpaid": _amount(net + tax),
        "events": [],
    }


def contact(own: MoneybirdAdministration, person: MoneybirdContact) -> dict[str, Any]:
    """Somebody who gets invoices."""
    return {
        "id": person.id,
        "administration_id": int(own.administration_id),
        "company_name": person.company_name,
        "firstname": None,
        "lastname": None,
        "customer_id": person.customer_id or None,
        "archived": False,
        "created_at": instant(person.created_at),
        "updated_at": instant(person.created_at),
    }


def tax_rate(own: MoneybirdAdministration, tax_rate_id: str) -> dict[str, Any]:
    """A rate of value added tax."""
    return {
        "id": tax_rate_id,
        "administration_id": int(own.administration_id),
        "name": f"{own.tax_rates[tax_rate_id]:f}% btw",
        "percentage": str(own.tax_rates[tax_rate_id]),
        "tax_rate_type": "sales_invoice",
        "show_tax": True,
        "active": True,
    }


def decimal(value: Any) -> Decimal | None:
    """A number, with a point or a comma; nothing where it is none, or none that can be money."""
    try:
        number = Decimal(str(value).replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < LARGEST else None


def _amount(amount: Decimal) -> str:
    """As Moneybird writes amounts: ``300.0``, ``129.95``."""
    text = f"{amount:.2f}"
    return text[:-1] if text.endswith("0") else text


def instant(value: datetime) -> str:
    """A time as the API writes it."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
