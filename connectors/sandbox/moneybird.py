"""A Moneybird administration behind real HTTP on 127.0.0.1: ``with SandboxMoneybird(own) as server: server.api_url``.

As in the product: asked by reference, the newest invoice is given; lists give 50 rows a page, at most 100, by ``page``
with a ``Link`` header to the next, previous, first and last one; 150 requests are allowed in five minutes, told by
headers that count seconds where requests are expected; ``Retry-After`` is an instant. OAuth (``server.oauth``, see
:mod:`connectors.sandbox.oauth`) is at ``POST /oauth/token`` and ``GET /oauth/authorize``. Source: the developer
documentation, "Introduction", "Pagination", "Contacts", "Sales invoices".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlencode

from connectors.sandbox import moneybird_shapes as shapes
from connectors.sandbox.moneybird_state import WINDOW, MoneybirdAdministration, MoneybirdInvoice
from connectors.sandbox.oauth import OauthRecords, OauthServer
from connectors.sandbox.parameters import Parameters, plain
from connectors.sandbox.server import Answer, Faults, Request, SandboxServer
from connectors.sandbox.values import Unreadable, choice, flag, inside, read_number, rows, text, whole_number

MOST_A_PAGE, USUAL_PAGE = 100, 50
OF_INVOICES = ("currency", "prices_are_incl_tax", "workflow_id", "document_style_id", "invoice_date", "language")
OF_LINES = ("description", "ledger_account_id", "period", "product_id", "project_id")
"""What an invoice and its lines take besides, and what changes nothing that this sandbox tells."""
STATES = ("all", "draft", "open", "scheduled", "pending_payment", "late", "reminded", "paid", "uncollectible")


class SandboxMoneybird(SandboxServer):
    """Serves one administration's API v2."""

    def __init__(self, administration: MoneybirdAdministration, *, faults: Faults | None = None, port: int = 0) -> None:
        super().__init__(administration.now, faults, port)
        self.administration = administration
        scopes = frozenset({"sales_invoices"})
        self.oauth = OauthServer(OauthRecords(), administration.now, default_scopes=scopes)

    @property
    def api_url(self) -> str:
        """Where API v2 is."""
        return f"{self.base_url}/api/v2"

    def answer(self, request: Request) -> Answer:
        """What Moneybird answers."""
        with self.administration.lock:
            if (request.method, request.path) == ("POST", "/oauth/token"):
                is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
                given = request.form if is_form else request.json
                return self.oauth.token(given if isinstance(given, Parameters) else Parameters())
            if (request.method, request.path) == ("GET", "/oauth/authorize"):
                return self.oauth.authorize(request.query)
            limits, is_allowed = self._count()
            if not is_allowed:
                return Answer(429, "Retry later", {**limits, "Retry-After": limits["RateLimit-Reset"]})
            try:
                answer = self._routed(request)
            except Unreadable as error:
                answer = Answer(400, {"error": f"{error.name} does not have a valid value"})
            return Answer(answer.status, answer.data, {**limits, **answer.headers})

    def _routed(self, request: Request) -> Answer:
        own = self.administration
        if not self._is_known(request.headers.get("authorization", "")):
            return Answer(401, {"error": "The access token is invalid", "symbolic": {"unauthorized": "invalid_token"}})
        if (request.method, request.path) == ("GET", "/api/v2/administrations.json"):
            return Answer(data=[{"id": own.administration_id, "name": "CARE", "language": "nl", "currency": "EUR"}])
        begin = f"/api/v2/{own.administration_id}/"
        if not request.path.startswith(begin):
            return _not_found("administration")
        route = f"{request.method} {request.path.removeprefix(begin)}"
        if route == "GET tax_rates.json":
            request.query.ignore("page", "per_page")  # few enough for one page
            return Answer(data=[shapes.tax_rate(own, tax_rate) for tax_rate in own.tax_rates])
        if route == "GET contacts.json":
            return self._contacts(request)
        if route == "GET sales_invoices.json":
            return self._invoices(request)
        if route == "POST sales_invoices.json":
            return self._create(request)
        return self._single(route)

    def _single(self, route: str) -> Answer:
        """A contact or an invoice, by its id or by another mark."""
        own = self.administration
        matched = re.fullmatch(r"GET (contacts|sales_invoices)/(?:(customer_id|find_by_reference)/)?(.+)\.json", route)
        kind, mark, value = matched.groups() if matched else ("", None, "")
        wanted = unquote(value)
        if (kind, mark) == ("contacts", "customer_id"):
            numbered = (contact for contact in own.contacts.values() if contact.customer_id == wanted)
            contact = next(numbered, None)
            return _not_found("customer_id") if contact is None else Answer(data=shapes.contact(own, contact))
        if (kind, mark) == ("sales_invoices", "find_by_reference"):
            invoices = own.of_reference(wanted)
            return Answer(data=shapes.sales_invoice(own, invoices[-1])) if invoices else _not_found("reference")
        if kind == "contacts" and wanted in own.contacts:
            return Answer(data=shapes.contact(own, own.contacts[wanted]))
        if kind == "sales_invoices" and wanted in own.invoices:
            return Answer(data=shapes.sales_invoice(own, own.invoices[wanted]))
        return _not_found("id")

    def _is_known(self, authorization: str) -> bool:
        own, given = self.administration, authorization.removeprefix("Bearer ")
        has_ended = own.token_ends_at is not None and own.now() >= own.token_ends_at
        return (given == own.access_token and not has_ended) or self.oauth.living(given) is not None

    def _count(self) -> tuple[dict[str, str], bool]:
        """Count a request; gives the headers that tell of it, and whether it is allowed."""
        own, now = self.administration, self.administration.now()
        if own.window_began is None or now - own.window_began >= WINDOW:
            own.window_began, own.window_requests = now, 0
        own.window_requests += 1
        ends = own.window_began + WINDOW
        limits = {
            "RateLimit-Limit": str(own.requests_allowed),
            "RateLimit-Remaining": str(int((ends - now) / timedelta(seconds=1))),
            "RateLimit-Reset": str(int(ends.timestamp())),
            "RateLimit-RequestsRemaining": str(max(0, own.requests_allowed - own.window_requests)),
        }
        return limits, own.window_requests <= own.requests_allowed

    # ---- lists ---------------------------------------------------------------------------------------

    def _contacts(self, request: Request) -> Answer:
        own, wanted = self.administration, text(request.query, "query", "").casefold()
        flag(request.query, "include_archived", False)
        contacts = [
            shapes.contact(own, contact)
            for contact in own.contacts.values()
            if wanted in contact.company_name.casefold() or wanted == contact.customer_id.casefold()
        ]
        return self._page(request, contacts)

    def _invoices(self, request: Request) -> Answer:
        keeps = _filtered(text(request.query, "filter", ""))
        own = self.administration
        invoices = [invoice for invoice in reversed(own.invoices.values()) if keeps(invoice)]
        return self._page(request, [shapes.sales_invoice(own, invoice) for invoice in invoices])

    def _page(self, request: Request, listed: Sequence[Any]) -> Answer:
        query = request.query
        size = whole_number(query, "per_page", USUAL_PAGE, least=1, most=MOST_A_PAGE)
        page = whole_number(query, "page", 1, least=1)
        last = max(1, -(-len(listed) // size))
        pages = {"first": 1, "prev": page - 1, "next": page + 1, "last": last}
        links = [
            f'<{self.base_url}{request.path}?{urlencode({**query.whole(), "page": number})}>; rel="{name}"'
            for name, number in pages.items()
            if (name == "prev" and page > 1) or (name == "next" and page < last) or (name in ("first", "last"))
        ]
        headers = {"Link": ", ".join(links)} if last > 1 else {}
        return Answer(data=list(listed[(page - 1) * size : page * size]), headers=headers)

    # ---- making an invoice ---------------------------------------------------------------------------

    def _create(self, request: Request) -> Answer:
        attributes = inside(request.json, "sales_invoice")
        if not attributes.whole():
            return Answer(400, {"error": "sales_invoice is missing"})
        own = self.administration
        if str(attributes.get("contact_id")) not in own.contacts:
            return _invalid("contact_id", "is invalid")
        details = []
        for position, line in enumerate(rows(attributes, "details_attributes")):
            if str(line.get("tax_rate_id")) not in own.tax_rates:
                return _invalid("details.tax_rate_id", "is invalid")
            if shapes.decimal(line.get("price")) is None or shapes.decimal(line.get("amount", "1")) is None:
                return _invalid("details.price", "is not a number")
            order = read_number(line.get("row_order", position), "row_order")
            line.ignore(*OF_LINES)
            details.append({**plain(line), "row_order": order})
        days = whole_number(attributes, "first_due_interval", None)
        attributes.ignore("reference", *OF_INVOICES)
        given = {**plain(attributes), "details_attributes": details, "first_due_interval": days}
        return Answer(201, shapes.sales_invoice(own, own.make(given)))


def _filtered(words: str) -> Callable[[MoneybirdInvoice], bool]:
    """``state:draft,reference:…,contact_id:…``: whether an invoice is meant. All hold."""
    conditions = dict(part.partition(":")[::2] for part in words.split(",") if part)
    for name in conditions:
        if name not in ("state", "reference", "contact_id"):
            raise Unreadable("filter", words, "a filter that is known")
    states = set(choice(conditions, "state", (*STATES, conditions.get("state", "all")), "all").split("|"))
    if not states <= set(STATES):
        raise Unreadable("filter", words, "a filter that is known")

    def keeps(invoice: MoneybirdInvoice) -> bool:
        state = "open" if invoice.number else "draft"
        return (
            ("all" in states or state in states)
            and conditions.get("reference", invoice.reference) == invoice.reference
            and conditions.get("contact_id", invoice.contact_id) == invoice.contact_id
        )

    return keeps


def _not_found(name: str) -> Answer:
    return Answer(404, {"error": "record not found", "symbolic": {name: "not_found"}})


def _invalid(name: str, told: str) -> Answer:
    return Answer(422, {"error": {name: [told]}, "details": {name: [{"error": "invalid"}]}})
