"""Our records into Moneybird's JSON and back: pure functions, no calls.

Source: Moneybird's OpenAPI document, version v2-20260821 ("Sales invoices", "Contacts", "Tax rates").

A line is sent as one piece at its whole amount, with the hours in its description: Moneybird multiplies quantity by
price itself, and does not say how it rounds; one times an amount of whole cents is that amount by any rule. Amounts
come back as text with at least one decimal (``"129.95"``, ``"300.0"``).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from connectors.errors import Malformed
from connectors.moneybird.settings import PRODUCT, MoneybirdSettings
from connectors.records import BookedInvoice, DraftInvoice
from connectors.value_reader import Object, ValueReader

READ = ValueReader(PRODUCT)
LARGEST_AMOUNT = 10**12
DRAFT = "draft"


def draft_to_api(draft: DraftInvoice, *, contact_id: str, settings: MoneybirdSettings) -> dict[str, Any]:
    """The body of "Create a sales invoice"."""
    invoice: dict[str, Any] = {
        "contact_id": contact_id,
        "reference": draft.reference,
        "currency": "EUR",
        "prices_are_incl_tax": False,
        "details_attributes": [
            {
                "description": line.description,
                "amount": "1",
                "price": f"{line.amount:.2f}",
                "tax_rate_id": settings.tax_rate_id,
                "row_order": position,
                **_given(ledger_account_id=settings.ledger_account_id),
            }
            for position, line in enumerate(draft.lines)
        ],
        **_given(
            workflow_id=settings.workflow_id,
            document_style_id=settings.document_style_id,
            first_due_interval=draft.payment_days,
        ),
    }
    return {"sales_invoice": invoice}


def invoice_from_api(raw: object, *, settings: MoneybirdSettings) -> BookedInvoice:
    """Translate a sales invoice. Raises :class:`Malformed`."""
    item = READ.an_object(raw, "a sales invoice")
    invoice_id, number = text_of(item, "id"), item.get("invoice_id")
    site = str(settings.site_url).rstrip("/")
    return BookedInvoice(
        id=invoice_id,
        reference=str(item.get("reference") or ""),
        is_draft=item.get("state") == DRAFT,
        net=_amount(item, "total_price_excl_tax"),
        total=_amount(item, "total_price_incl_tax"),
        number=number if isinstance(number, str) and number else None,
        url=f"{site}/{settings.administration_id}/sales_invoices/{invoice_id}",
    )


def contacts_named(contacts: Iterable[Object], name: str) -> list[str]:
    """Ids of the contacts whose company has exactly this name, upper and lower case alike."""
    return [
        text_of(contact, "id")
        for contact in contacts
        if str(contact.get("company_name") or "").strip().casefold() == name.strip().casefold()
    ]


def text_of(item: Object, name: str) -> str:
    """An id, which comes as text or as a number."""
    value = item.get(name)
    if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value):
        return str(value)
    raise Malformed(PRODUCT, f"{name} is missing")


def _amount(item: Object, name: str) -> Decimal:
    return READ.decimal(item.get(name), name, most=LARGEST_AMOUNT).quantize(Decimal("0.01"))


def _given(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}
