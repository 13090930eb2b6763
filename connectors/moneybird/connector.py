"""Moneybird as a bookkeeping: it makes drafts, and finds by our reference what it made.

Terms
    contact       whom an invoice is to; found by its customer number, which is the organization's id in the helpdesk,
                  and otherwise by its company name, when exactly one contact of all has it
    reference     our own mark on an invoice; Moneybird lets two invoices have the same, so we look before we ask

Promises. A request to make a draft is never repeated by itself: when its answer is lost, the error says that the
outcome is uncertain. A person sends the invoice; nothing here does.

Sources: developer.moneybird.com ("Introduction", "Sales invoices", "Contacts") and the OpenAPI document. A 429 answer
tells ``Retry-After`` as an instant (seconds since 1970), not as a wait. ``RateLimit-Remaining`` is documented as
requests and was observed (August 2026) to count seconds, with the requests in ``RateLimit-RequestsRemaining``: the
latter is believed where it is there, and the former only while it can be a number of requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from connectors.errors import ConnectorError, Invalid, Malformed, NotFound, Redirected
from connectors.http import HttpClient, Left, Limits, date_of
from connectors.moneybird.settings import PRODUCT, MoneybirdSettings
from connectors.moneybird.translate import READ, contacts_named, draft_to_api, invoice_from_api, text_of
from connectors.oauth import check_connected, fixed_or_connected
from connectors.protocols import Environment
from connectors.records import BookedInvoice, CheckResult, DraftInvoice
from connectors.self_check import check_that
from connectors.value_reader import Object

WINDOW_SECONDS = 300
"""150 requests in five minutes, per address that asks ("Throttling")."""
PAGE = 100


class MoneybirdBookkeeping:
    """Keeps :class:`connectors.protocols.Bookkeeping` for a Moneybird administration."""

    def __init__(self, settings: MoneybirdSettings, environment: Environment) -> None:
        self._settings = settings
        self._now = environment.now
        self._credentials = fixed_or_connected(settings, settings.access_token, environment, {})
        self._http = HttpClient(
            PRODUCT,
            f"{str(settings.base_url).rstrip('/')}/{settings.administration_id}",
            self._credentials,
            environment,
            Limits(account=f"{PRODUCT}:{settings.administration_id}", left=left, reserve=settings.reserved_requests),
            network=settings,
        )
        self._contacts: dict[str, str] = {}

    @property
    def product(self) -> str:
        """``moneybird``."""
        return PRODUCT

    @property
    def account(self) -> str:
        """The administration's number."""
        return self._settings.administration_id

    def invoice(self, reference: str) -> BookedInvoice | None:
        """The invoice that carries our reference, whatever its state and month."""
        path = f"/sales_invoices/find_by_reference/{quote(reference, safe='')}.json"
        try:
            answer = self._http.request("GET", path)
        except NotFound:
            return None
        invoice = invoice_from_api(answer.data, settings=self._settings)
        return invoice if invoice.reference == reference else None

    def create_draft(self, draft: DraftInvoice) -> BookedInvoice:
        """Make a draft for the customer's contact.

        Raises :class:`NotFound` when the customer has no contact or several, and :class:`Invalid` for what Moneybird
        rejects; then nothing was made.
        """
        body = draft_to_api(draft, contact_id=self._contact(draft), settings=self._settings)
        answer = self._http.request("POST", "/sales_invoices.json", json=body)
        try:
            return invoice_from_api(answer.data, settings=self._settings)
        except Malformed as error:
            problem = "the answer has another shape"
            raise Malformed(PRODUCT, problem, request="POST /sales_invoices.json", uncertain=True) from error

    def check(self) -> Sequence[CheckResult]:
        """Try token, administration and tax rate, in two requests."""
        try:
            rates = list(self._listed("/tax_rates.json", "tax rates", {}))
            self._http.request("GET", "/contacts.json", params={"per_page": 1})
        except ConnectorError as error:
            return (CheckResult("access token and administration", passed=False, remedy=str(error)),)
        rate = next((rate for rate in rates if text_of(rate, "id") == self._settings.tax_rate_id), None)
        is_usable = rate is not None and rate.get("tax_rate_type") == "sales_invoice" and rate.get("active") is True
        usable = ", ".join(
            f"{text_of(rate, 'id')} ({rate.get('name')})"
            for rate in rates
            if rate.get("tax_rate_type") == "sales_invoice"
        )
        return (
            CheckResult("access token and administration", passed=True),
            *check_connected(self._credentials, self._now(), self._settings.oauth.scopes),
            check_that(
                "tax rate", is_usable, f"tax_rate_id is not an active rate for sales invoices; there are: {usable}."
            ),
        )

    def _contact(self, draft: DraftInvoice) -> str:
        if draft.customer_id not in self._contacts:
            self._contacts[draft.customer_id] = self._find_contact(draft)
        return self._contacts[draft.customer_id]

    def _find_contact(self, draft: DraftInvoice) -> str:
        try:
            answer = self._http.request("GET", f"/contacts/customer_id/{quote(draft.customer_id, safe='')}.json")
        except Redirected:
            raise
        except (NotFound, Invalid):
            pass
        else:
            return text_of(READ.an_object(answer.data, "a contact"), "id")
        contacts = self._listed("/contacts.json", "contacts", {"query": draft.customer_name})
        named = sorted(set(contacts_named(contacts, draft.customer_name)))
        if len(named) == 1:
            return named[0]
        problem = f'{"no contact is" if not named else "several contacts are"} called "{draft.customer_name}"'
        remedy = f"Give the contact in Moneybird the customer number {draft.customer_id}."
        raise NotFound(PRODUCT, problem, request="GET /contacts.json", remedy=remedy)

    def _listed(self, path: str, what: str, filters: Mapping[str, Any]) -> Iterator[Object]:
        """Every item of a list, page by page; a ``Link`` header names the next page where there is one."""
        page, seen = 1, set[str]()
        while True:
            answer = self._http.request("GET", path, params={**filters, "per_page": PAGE, "page": page})
            items = READ.objects(answer.data, what)
            fresh = [item for item in items if text_of(item, "id") not in seen]
            seen.update(text_of(item, "id") for item in fresh)
            yield from fresh
            goes_on = len(items) == PAGE or 'rel="next"' in answer.headers.get("Link", "")
            if not goes_on or not fresh:
                return
            page += 1


def left(headers: Mapping[str, str]) -> Left | None:
    """Requests that are left, and the seconds until the window ends, by the product's own clock."""
    limit, remaining = _count(headers, "RateLimit-Limit"), _count(headers, "RateLimit-Remaining")
    counted = _count(headers, "RateLimit-RequestsRemaining")
    if counted is None and remaining is not None and limit is not None and remaining <= limit:
        counted = remaining
    resets_at, now = _count(headers, "RateLimit-Reset"), date_of(headers.get("Date", ""))
    if counted is None or resets_at is None or now is None:
        return None
    resets_in = resets_at - now.timestamp()
    return Left(counted, resets_in) if 0 < resets_in <= 4 * WINDOW_SECONDS else None


def _count(headers: Mapping[str, str], name: str) -> float | None:
    text = headers.get(name, "")
    return float(text) if text.isascii() and text.isdigit() and len(text) < 15 else None
