"""The section ``ledger.invoice``: what the monthly invoice charges, and what stands on it about us.

Terms
    seller   our own company, as the law wants it named on an invoice
    profile  the agreement that an e-invoice is made by: Peppol BIS Billing 3, or NLCIUS (SI-UBL 2.0)

Promise: numbers that carry their own check digits (IBAN) are checked by them, so that a typing error is reported before
a customer pays somebody else.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from care_sync.settings.rates import Rates


def _iban(text: str) -> str:
    """An IBAN without its spaces. Check digits: ISO 13616, modulo 97."""
    number = re.sub(r"\s", "", text).upper()
    if number and not is_iban(number):
        raise ValueError("is not an IBAN: a digit or letter is wrong or missing")
    return number


def is_iban(number: str) -> bool:
    """Whether ``number`` has the form of an IBAN and its check digits hold."""
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}", number):
        return False
    return int("".join(str(int(letter, 36)) for letter in number[4:] + number[:4])) % 97 == 1


class SellerSection(BaseModel):
    """Our company. What an e-invoice cannot do without is asked for when one is made, not before.

    ``kvk_number`` is the number in the trade register, ``oin_number`` that of a government body; one of them is needed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    legal_name: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "NL"
    kvk_number: Annotated[str, Field(pattern=r"^(\d{8})?$")] = ""
    oin_number: Annotated[str, Field(pattern=r"^(\d{20})?$")] = ""
    vat_number: Annotated[str, Field(pattern=r"^([A-Z]{2}[A-Z0-9]{2,13})?$")] = ""
    iban: Annotated[str, AfterValidator(_iban)] = ""
    email: Annotated[str, Field(pattern=r"^([^@\s]+@[^@\s]+)?$")] = ""


class InvoiceSection(BaseModel):
    """What is charged by the hour beside the cards.

    ``rates`` are euro per hour by calendar year of the work, or by the first day from which they hold; days without one
    take the rate of the hour card.
    ``vat_percent`` is the one rate of value added tax on all of it. ``number_prefix`` begins every invoice number:
    ``CS`` gives ``CS2026-0001``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    rates: Rates = {}
    vat_percent: Annotated[Decimal, Field(gt=0, le=100)] = Decimal(21)
    payment_days: Annotated[int, Field(ge=0, le=365)] = 30
    profile: Literal["peppol", "nlcius"] = "peppol"
    number_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9/-]*$", max_length=12)] = ""
    seller: SellerSection = SellerSection()
