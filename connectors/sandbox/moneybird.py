"""A Moneybird administration behind real HTTP on 127.0.0.1: contacts, tax rates, and sales invoices as drafts.

Methods of :class:`MoneybirdAdministration` that begin with a verb are what a person does in Moneybird itself. As in the
product: two invoices can have one reference; asked by reference, the newest is given; 150 requests are allowed in five
minutes, told by headers that count seconds where requests are expected; ``Retry-After`` is an instant.
"""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from urllib.parse import unquote

from connectors.sandbox.parameters import Parameters
from connectors.sandbox.server import Answer, Faults, Request, SandboxServer

REQUESTS, WINDOW = 150, timedelta(minutes=5)
CENT = Decimal("0.01")
MOST_A_PAGE = 100


@dataclass(slots=True)
class MoneybirdContact:
    """Somebody who gets invoices."""

    id: str
    company_name: str
    customer_id: str


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
        self.contacts[contact_id] = MoneybirdContact(contact_id, company_name, customer_id)
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


class SandboxMoneybird(SandboxServer):
    """``with SandboxMoneybird(administration) as server: server.api_url``."""

    def __init__(self, administration: MoneybirdAdministration, *, faults: Faults | None = None, port: int = 0) -> None:
        super().__init__(administration.now, faults, port)
        self.administration = administration

    @property
    def api_url(self) -> str:
        """Where API v2 is."""
        return f"{self.base_url}/api/v2"

    def answer(self, request: Request) -> Answer:
        """What Moneybird answers."""
        with self.administration.lock:
            limits, is_allowed = self._count()
            if not is_allowed:
                return Answer(429, "Retry later", {**limits, "Retry-After": limits["RateLimit-Reset"]})
            answer = self._answer(request)
            return Answer(answer.status, answer.data, {**limits, **answer.headers})

    def _answer(self, request: Request) -> Answer:
        own = self.administration
        if request.headers.get("authorization") != f"Bearer {own.access_token}":
            return Answer(401, {"error": "The access token is invalid", "symbolic": {"unauthorized": "invalid_token"}})
        begin = f"/api/v2/{own.administration_id}/"
        if not request.path.startswith(begin):
            return _not_found("administration")
        route = f"{request.method} {request.path.removeprefix(begin)}"
        if route == "GET tax_rates.json":
            request.query.ignore("page", "per_page")
            return Answer(data=[_tax_rate(own, one) for one in own.tax_rates])
        if route == "GET contacts.json":
            return self._contacts(request.query)
        if route == "POST sales_invoices.json":
            return self._create(request.json)
        if matched := re.fullmatch(r"GET contacts/customer_id/(.+)\.json", route):
            wanted = unquote(matched[1])
            found = next((contact for contact in own.contacts.values() if contact.customer_id == wanted), None)
            return _not_found("customer_id") if found is None else Answer(data=_contact(own, found))
        if matched := re.fullmatch(r"GET sales_invoices/find_by_reference/(.+)\.json", route):
            invoices = own.of_reference(unquote(matched[1]))
            return Answer(data=self._shown(invoices[-1])) if invoices else _not_found("reference")
        return _not_found("id")

    def _count(self) -> tuple[dict[str, str], bool]:
        """Count a request; gives the headers that tell of it, and whether it is allowed."""
        own, now = self.administration, self.administration.now()
        if own.window_began is None or now - own.window_began >= WINDOW:
            own.window_began, own.window_requests = now, 0
        own.window_requests += 1
        ends = own.window_began + WINDOW
        limits = {
            "RateLimit-Limit": str(own.requests_allowed),
            "RateLimit-Remaining": str(int((ends - now).total_seconds())),
            "RateLimit-Reset": str(int(ends.timestamp())),
            "RateLimit-RequestsRemaining": str(max(0, own.requests_allowed - own.window_requests)),
        }
        return limits, own.window_requests <= own.requests_allowed

    def _contacts(self, query: Mapping[str, str]) -> Answer:
        size = int(query.get("per_page", 50))
        if not 1 <= size <= MOST_A_PAGE:
            return Answer(400, {"error": "per_page does not have a valid value"})
        wanted = query.get("query", "").casefold()
        found = [
            contact
            for contact in self.administration.contacts.values()
            if wanted in contact.company_name.casefold() or wanted == contact.customer_id.casefold()
        ]
        page = int(query.get("page", 1))
        shown = found[(page - 1) * size : page * size]
        link = (
            {"Link": f'<{self.api_url}/contacts.json?page={page + 1}>; rel="next"'} if page * size < len(found) else {}
        )
        return Answer(data=[_contact(self.administration, record) for record in shown], headers=link)

    def _create(self, body: Any) -> Answer:
        attributes = body.get("sales_invoice") if isinstance(body, dict) else None
        if not isinstance(attributes, Parameters):
            return Answer(400, {"error": "sales_invoice is missing"})
        if str(attributes.get("contact_id")) not in self.administration.contacts:
            return _invalid("contact_id", "is invalid")
        for detail in attributes.get("details_attributes", []):
            if str(detail.get("tax_rate_id")) not in self.administration.tax_rates:
                return _invalid("details.tax_rate_id", "is invalid")
            if _decimal(detail.get("price")) is None or _decimal(detail.get("amount", "1")) is None:
                return _invalid("details.price", "is not a number")
        attributes.ignore("currency", "prices_are_incl_tax", "workflow_id", "document_style_id")
        return Answer(201, self._shown(self.administration.make(attributes)))

    def _shown(self, invoice: MoneybirdInvoice) -> dict[str, Any]:
        net, tax = Decimal(0), Decimal(0)
        taxable: dict[str, Decimal] = {}
        for detail in invoice.details:
            amount = (_decimal(detail.get("amount", "1")) or Decimal(0)) * (_decimal(detail["price"]) or Decimal(0))
            amount = amount.quantize(CENT, ROUND_HALF_UP)
            net += amount
            taxable[str(detail["tax_rate_id"])] = taxable.get(str(detail["tax_rate_id"]), Decimal(0)) + amount
        for rate, amount in taxable.items():
            tax += (amount * self.administration.tax_rates[rate] / 100).quantize(CENT, ROUND_HALF_UP)
        return {
            "id": invoice.id,
            "administration_id": int(self.administration.administration_id),
            "contact_id": invoice.contact_id,
            "contact": _contact(self.administration, self.administration.contacts[invoice.contact_id]),
            "invoice_id": invoice.number,
            "draft_id": None if invoice.number else 1,
            "state": "open" if invoice.number else "draft",
            "invoice_date": None,
            "reference": invoice.reference,
            "language": "nl",
            "currency": "EUR",
            "created_at": _instant(invoice.created_at),
            "updated_at": _instant(invoice.created_at),
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


def _contact(own: MoneybirdAdministration, contact: MoneybirdContact) -> dict[str, Any]:
    return {
        "id": contact.id,
        "administration_id": int(own.administration_id),
        "company_name": contact.company_name,
        "firstname": None,
        "lastname": None,
        "customer_id": contact.customer_id or None,
        "archived": False,
    }


def _tax_rate(own: MoneybirdAdministration, tax_rate_id: str) -> dict[str, Any]:
    return {
        "id": tax_rate_id,
        "administration_id": int(own.administration_id),
        "name": f"{own.tax_rates[tax_rate_id]:f}% btw",
        "percentage": str(own.tax_rates[tax_rate_id]),
        "tax_rate_type": "sales_invoice",
        "show_tax": True,
        "active": True,
    }


def _not_found(name: str) -> Answer:
    return Answer(404, {"error": "record not found", "symbolic": {name: "not_found"}})


def _invalid(name: str, told: str) -> Answer:
    return Answer(422, {"error": {name: [told]}, "details": {name: [{"error": "invalid"}]}})


def _decimal(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value).replace(",", "."))
    except InvalidOperation:
        return None


def _amount(amount: Decimal) -> str:
    """As Moneybird writes amounts: ``300.0``, ``129.95``."""
    text = f"{amount:.2f}"
    return text[:-1] if text.endswith("0") else text


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
