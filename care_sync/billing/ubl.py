"""An invoice as UBL 2.1, by Peppol BIS Billing 3 or by NLCIUS: both are profiles of EN 16931.

The two differ in the customization identifier alone; what is written keeps the rules of both. Numbers in brackets
are the business terms of EN 16931 (BT-24 …). Sources: OASIS UBL 2.1; "Peppol BIS Billing 3.0" with its rules
PEPPOL-EN16931-R… and NL-R-…; "SI-UBL 2.0" with its rules BR-NL-….

Terms
    issued        an invoice that has its number and its date for ever
    credit note   what an invoice is when it gives money back: amounts change sign, prices stay positive

Promise: the same issued invoice gives the same bytes; tests hold them against the published schemas and rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from xml.etree import ElementTree as ET

from care_sync.billing.amounts import hours_of, plain
from care_sync.billing.invoice import Invoice, InvoiceLine
from care_sync.billing.parties import Party
from care_sync.billing.texts import name_of, shortened, work_of
from care_sync.messages import Language

CUSTOMIZATIONS = {
    "peppol": "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
    "nlcius": "urn:cen.eu:en16931:2017#compliant#urn:fdc:nen.nl:nlcius:v1.0",
}
PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
INVOICE_CODE, CREDIT_NOTE_CODE = "380", "381"
SEPA_CREDIT_TRANSFER, STANDING_AGREEMENT = "58", "57"
STANDARD_RATE = "S"
HOURS = "HUR"
CURRENCY = "EUR"
LONGEST_REFERENCE = 100

_UBL = "urn:oasis:names:specification:ubl:schema:xsd"
_CAC = f"{_UBL}:CommonAggregateComponents-2"
_CBC = f"{_UBL}:CommonBasicComponents-2"
ET.register_namespace("cac", _CAC)
ET.register_namespace("cbc", _CBC)


@dataclass(frozen=True, slots=True)
class Issued:
    """An invoice with what makes it one: number, day, parties.

    ``corrects`` are the numbers of the invoices that it corrects.
    """

    invoice: Invoice
    number: str
    issued_on: date
    seller: Party
    buyer: Party
    iban: str
    payment_days: int
    language: Language
    buyer_reference: str = ""
    corrects: Sequence[str] = ()

    @property
    def due_on(self) -> date:
        """The last day of payment."""
        return self.issued_on + timedelta(days=self.payment_days)


def ubl_of(issued: Issued, profile: str) -> bytes:
    """Return the XML document, UTF-8: an ``Invoice``, or a ``CreditNote`` when it gives money back."""
    kind = "CreditNote" if issued.invoice.is_credit else "Invoice"
    root = ET.Element(kind, {"xmlns": f"{_UBL}:{kind}-2"})
    _header(root, issued, profile)
    _references(root, issued)
    _party(_group(root, "AccountingSupplierParty"), issued.seller)
    _party(_group(root, "AccountingCustomerParty"), issued.buyer)
    _payment(root, issued)
    _totals(root, issued)
    for line in issued.invoice.lines:
        _line(root, line, issued)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return document + b"\n"


def _header(root: ET.Element, issued: Issued, profile: str) -> None:
    is_credit = issued.invoice.is_credit
    _text(root, "CustomizationID", CUSTOMIZATIONS[profile])  # BT-24
    _text(root, "ProfileID", PROFILE)  # BT-23
    _text(root, "ID", issued.number)  # BT-1
    _text(root, "IssueDate", issued.issued_on.isoformat())  # BT-2
    if not is_credit:
        _text(root, "DueDate", issued.due_on.isoformat())  # BT-9
    _text(root, *(("CreditNoteTypeCode", CREDIT_NOTE_CODE) if is_credit else ("InvoiceTypeCode", INVOICE_CODE)))
    _text(root, "DocumentCurrencyCode", CURRENCY)  # BT-5
    _text(root, "BuyerReference", shortened(issued.buyer_reference or issued.invoice.reference, LONGEST_REFERENCE))


def _references(root: ET.Element, issued: Issued) -> None:
    year, month = (int(part) for part in issued.invoice.period.split("-"))
    first = date(year, month, 1)
    period = _group(root, "InvoicePeriod")  # BG-14
    _text(period, "StartDate", first.isoformat())
    _text(period, "EndDate", (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).isoformat())
    for number in issued.corrects:  # BG-3
        _text(_group(_group(root, "BillingReference"), "InvoiceDocumentReference"), "ID", number)


def _party(parent: ET.Element, party: Party) -> None:
    element = _group(parent, "Party")
    _text(element, "EndpointID", party.endpoint.value, schemeID=party.endpoint.scheme)
    _text(_group(element, "PartyName"), "Name", party.name)
    address = _group(element, "PostalAddress")
    _text(address, "StreetName", party.street)
    _text(address, "CityName", party.city)
    _text(address, "PostalZone", party.postal_code)
    _text(_group(address, "Country"), "IdentificationCode", party.country)
    if party.vat_number:
        tax = _group(element, "PartyTaxScheme")
        _text(tax, "CompanyID", party.vat_number)
        _text(_group(tax, "TaxScheme"), "ID", "VAT")
    legal = _group(element, "PartyLegalEntity")
    _text(legal, "RegistrationName", party.name)
    _text(legal, "CompanyID", party.registration.value, schemeID=party.registration.scheme)
    if party.email:
        _text(_group(element, "Contact"), "ElectronicMail", party.email)


def _payment(root: ET.Element, issued: Issued) -> None:
    """How it is paid. Of a credit note no account is known, and the rules want a means all the same (NL-R-007)."""
    is_credit = issued.invoice.is_credit
    means = _group(root, "PaymentMeans")
    _text(means, "PaymentMeansCode", STANDING_AGREEMENT if is_credit else SEPA_CREDIT_TRANSFER)  # BT-81
    _text(means, "PaymentID", issued.number)  # BT-83
    if not is_credit:
        account = _group(means, "PayeeFinancialAccount")
        _text(account, "ID", issued.iban)
    pattern = issued.language.word("invoice", "credit_terms" if is_credit else "terms")
    terms = pattern.format(days=issued.payment_days, number=issued.number)
    _text(_group(root, "PaymentTerms"), "Note", terms)  # BT-20


def _totals(root: ET.Element, issued: Issued) -> None:
    invoice = issued.invoice
    sign = _sign(issued)
    tax = _group(root, "TaxTotal")
    _amount(tax, "TaxAmount", sign * invoice.vat)
    part = _group(tax, "TaxSubtotal")
    _amount(part, "TaxableAmount", sign * invoice.net)
    _amount(part, "TaxAmount", sign * invoice.vat)
    _tax_category(part, "TaxCategory", invoice.vat_percent)
    totals = _group(root, "LegalMonetaryTotal")
    _amount(totals, "LineExtensionAmount", sign * invoice.net)
    _amount(totals, "TaxExclusiveAmount", sign * invoice.net)
    _amount(totals, "TaxInclusiveAmount", sign * invoice.total)
    _amount(totals, "PayableAmount", sign * invoice.total)


def _line(root: ET.Element, line: InvoiceLine, issued: Issued) -> None:
    is_credit, sign = issued.invoice.is_credit, _sign(issued)
    element = _group(root, "CreditNoteLine" if is_credit else "InvoiceLine")
    _text(element, "ID", str(line.number))
    quantity = f"{sign * hours_of(line.seconds):f}"
    _text(element, "CreditedQuantity" if is_credit else "InvoicedQuantity", quantity, unitCode=HOURS)
    _amount(element, "LineExtensionAmount", sign * line.amount)
    item = _group(element, "Item")
    _text(item, "Description", work_of(line, issued.language))
    _text(item, "Name", name_of(line, issued.language))
    _tax_category(item, "ClassifiedTaxCategory", issued.invoice.vat_percent)
    _text(_group(element, "Price"), "PriceAmount", f"{line.rate:f}", currencyID=CURRENCY)


def _sign(issued: Issued) -> int:
    return -1 if issued.invoice.is_credit else 1


def _tax_category(parent: ET.Element, name: str, percent: Decimal) -> None:
    category = _group(parent, name)
    _text(category, "ID", STANDARD_RATE)
    _text(category, "Percent", f"{plain(percent):f}")
    _text(_group(category, "TaxScheme"), "ID", "VAT")


def _group(parent: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(parent, f"{{{_CAC}}}{name}")


def _text(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, f"{{{_CBC}}}{name}", attributes).text = text


def _amount(parent: ET.Element, name: str, amount: Decimal) -> None:
    _text(parent, name, f"{amount:.2f}", currencyID=CURRENCY)
