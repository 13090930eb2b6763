"""Who sends an e-invoice and who gets it, with everything that the Dutch rules ask of both.

The seller comes from the settings (``ledger.invoice.seller``). The buyer comes from the helpdesk: from organization
fields that the configuration maps to the names in :data:`BUYER_FIELDS`.

Promise: a party is complete, or a :class:`UserError` names everything that is missing, and where to fill it in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from care_sync.billing.texts import one_line
from care_sync.errors import UserError
from care_sync.settings import Settings
from connectors.records import FieldValue, Organization

KVK_SCHEME = "0106"
OIN_SCHEME = "0190"
"""ISO 6523 codes of the trade register and of government bodies."""

BUYER_FIELDS = (
    "legal_name",
    "street",
    "postal_code",
    "city",
    "country",
    "kvk_number",
    "oin_number",
    "vat_number",
    "peppol_id",
    "buyer_reference",
)
"""Our names of the organization fields that an e-invoice reads."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number and whose numbering it is of (an ISO 6523 code)."""

    scheme: str
    value: str


@dataclass(frozen=True, slots=True)
class Party:
    """A company on an invoice. ``endpoint`` is its address in the Peppol network."""

    name: str
    street: str
    postal_code: str
    city: str
    country: str
    registration: Identifier
    endpoint: Identifier
    vat_number: str = ""
    email: str = ""


def seller(settings: Settings) -> Party:
    """Our own company. Raises :class:`UserError` naming every setting that is missing."""
    section = settings.ledger.invoice.seller
    registration = _registration(section.kvk_number, section.oin_number)
    missing = [
        f"set ledger.invoice.seller.{name} in the settings"
        for name in ("street", "postal_code", "city", "vat_number", "iban")
        if not getattr(section, name)
    ]
    if registration is None:
        missing.append("set ledger.invoice.seller.kvk_number in the settings (or oin_number)")
    if section.country != "NL":
        missing.append("ledger.invoice.seller.country is not NL; e-invoices are made for Dutch companies alone")
    if missing or registration is None:
        raise UserError("an e-invoice needs more about your own company", missing)
    return Party(
        name=section.legal_name or settings.company.name,
        street=section.street,
        postal_code=section.postal_code,
        city=section.city,
        country=section.country,
        registration=registration,
        endpoint=registration,
        vat_number=section.vat_number,
        email=section.email,
    )


def buyer(organization: Organization) -> Party:
    """The customer. Raises :class:`UserError` naming every organization field that is missing."""
    fields = {name: _text(organization.fields, name) for name in BUYER_FIELDS}
    country = (fields["country"] or "NL").upper()
    registration = _registration(fields["kvk_number"], fields["oin_number"])
    endpoint = _endpoint(fields["peppol_id"]) or registration
    missing = [name for name in ("street", "postal_code", "city") if not fields[name]]
    if registration is None:
        missing.append("kvk_number (8 digits; or oin_number, 20 digits)")
    problems = [f'fill in the organization field "{name}" in the helpdesk' for name in missing]
    if fields["peppol_id"] and _endpoint(fields["peppol_id"]) is None:
        problems.append(f'peppol_id "{fields["peppol_id"]}" is no Peppol address; write 0106:12345678')
    if country != "NL":
        problems.append(
            f'its country is "{country}": whether tax is shifted abroad is for your bookkeeper; '
            "make this invoice in the bookkeeping"
        )
    if problems or registration is None or endpoint is None:
        raise UserError(f"an e-invoice to {organization.name} needs more about the customer", problems)
    return Party(
        name=fields["legal_name"] or organization.name,
        street=fields["street"],
        postal_code=fields["postal_code"],
        city=fields["city"],
        country=country,
        registration=registration,
        endpoint=endpoint,
        vat_number=fields["vat_number"],
    )


def buyer_reference(organization: Organization) -> str:
    """What the customer wants to see on it (BT-10), empty when nothing was agreed."""
    return _text(organization.fields, "buyer_reference")


def _registration(kvk_number: str, oin_number: str) -> Identifier | None:
    if kvk_number.isdecimal():
        kvk_number = kvk_number.zfill(8)  # a field for numbers drops the noughts before it
    if len(kvk_number) == 8 and kvk_number.isdecimal():
        return Identifier(KVK_SCHEME, kvk_number)
    if len(oin_number) == 20 and oin_number.isdecimal():
        return Identifier(OIN_SCHEME, oin_number)
    return None


def _endpoint(address: str) -> Identifier | None:
    scheme, _, value = address.partition(":")
    is_address = len(scheme) == 4 and scheme.isdecimal() and bool(value)
    return Identifier(scheme, value) if is_address else None


def _text(fields: Mapping[str, FieldValue], name: str) -> str:
    value = fields.get(name)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return one_line(str(value)) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
