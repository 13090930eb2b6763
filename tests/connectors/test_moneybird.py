"""Moneybird: what goes over the line, what comes back, and what its odd headers mean."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from care_sync.clock import ManualClock
from connectors.errors import (
    ConnectorError,
    Invalid,
    Limited,
    Malformed,
    NotFound,
    PermissionMissing,
    Unavailable,
    WrongCredentials,
)
from connectors.moneybird.connector import MoneybirdBookkeeping, left
from connectors.moneybird.settings import MoneybirdSettings
from connectors.protocols import Bookkeeping, BudgetState, Environment
from connectors.records import DraftInvoice, DraftLine
from connectors.sandbox.moneybird import SandboxMoneybird
from connectors.sandbox.moneybird_state import MoneybirdAdministration
from connectors.sandbox.server import Answer, FaultKind

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


class Budgets:
    """Budgets in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, BudgetState] = {}

    def load(self, account: str) -> BudgetState | None:
        return self.kept.get(account)

    def save(self, account: str, state: BudgetState) -> None:
        self.kept[account] = state


@pytest.fixture
def own_clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def server(own_clock: ManualClock) -> Iterator[SandboxMoneybird]:
    administration = MoneybirdAdministration(own_clock.now)
    administration.add_contact("Bakkerij Van Dam", "5")
    with SandboxMoneybird(administration) as running:
        yield running


def connected(server: SandboxMoneybird, clock: ManualClock, **options: Any) -> MoneybirdBookkeeping:
    values = {"administration_id": 123, "access_token": "a-token", "tax_rate_id": "21", "base_url": server.api_url}
    environment = Environment(clock.now, clock.sleep, Budgets())
    return MoneybirdBookkeeping(MoneybirdSettings.model_validate({**values, **options}), environment)


def draft(reference: str = "CS-2026-10-5", customer: str = "5", name: str = "Bakkerij Van Dam") -> DraftInvoice:
    lines = (
        DraftLine("Ticket #1042: Formulier\n1:30 uur", Decimal("142.50")),
        DraftLine("Correctie", Decimal("-9.99")),
    )
    return DraftInvoice(reference, customer, name, lines, payment_days=30)


def test_it_keeps_the_protocol(server: SandboxMoneybird, own_clock: ManualClock) -> None:
    bookkeeping = connected(server, own_clock)

    assert isinstance(bookkeeping, Bookkeeping)
    assert (bookkeeping.product, bookkeeping.account) == ("moneybird", "123")


def test_a_draft_is_made_and_found_by_its_reference(server: SandboxMoneybird, own_clock: ManualClock) -> None:
    bookkeeping = connected(server, own_clock, ledger_account_id=77, workflow_id="88", document_style_id="99")

    assert bookkeeping.invoice("CS-2026-10-5") is None
    made = bookkeeping.create_draft(draft())
    found = bookkeeping.invoice("CS-2026-10-5")

    assert found == made
    assert (made.net, made.total, made.is_draft, made.number) == (Decimal("132.51"), Decimal("160.34"), True, None)
    assert made.url == f"https://moneybird.com/123/sales_invoices/{made.id}"
    (invoice,) = server.administration.invoices.values()
    assert [(one["amount"], one["price"], one["ledger_account_id"]) for one in invoice.details] == [
        ("1", "142.50", "77"),
        ("1", "-9.99", "77"),
    ]
    assert invoice.payment_days == 30


def test_an_invoice_that_was_sent_is_found_too(server: SandboxMoneybird, own_clock: ManualClock) -> None:
    bookkeeping = connected(server, own_clock)
    made = bookkeeping.create_draft(draft())
    server.administration.send_invoice(made.id, "2026-0001")

    found = bookkeeping.invoice("CS-2026-10-5")
    assert found is not None
    assert (found.is_draft, found.number) == (False, "2026-0001")


def test_a_contact_is_found_by_its_customer_number_else_by_its_name(
    server: SandboxMoneybird, own_clock: ManualClock
) -> None:
    bookkeeping = connected(server, own_clock)
    by_name = server.administration.add_contact("Northwind Trading")
    server.administration.add_contact("Northwind Trading Holding")

    bookkeeping.create_draft(draft("CS-1", "6", "northwind trading"))
    (invoice,) = server.administration.of_reference("CS-1")
    assert invoice.contact_id == by_name


@pytest.mark.parametrize("names", [[], ["Museum De Vest", "Museum De Vest"]])
def test_a_customer_without_a_contact_of_its_own_is_told_and_nothing_is_made(
    server: SandboxMoneybird, own_clock: ManualClock, names: list[str]
) -> None:
    for name in names:
        server.administration.add_contact(name)

    with pytest.raises(NotFound, match="customer number 7") as told:
        connected(server, own_clock).create_draft(draft("CS-1", "7", "Museum De Vest"))
    assert "Museum De Vest" in str(told.value)
    assert server.administration.invoices == {}


def test_a_contact_behind_the_first_page_is_found(server: SandboxMoneybird, own_clock: ManualClock) -> None:
    for number in range(150):
        server.administration.add_contact(f"Museum De Vest {number}")
    wanted = server.administration.add_contact("Museum De Vest")

    connected(server, own_clock).create_draft(draft("CS-1", "7", "Museum De Vest"))

    (invoice,) = server.administration.invoices.values()
    assert invoice.contact_id == wanted


def test_a_name_that_stands_on_two_pages_is_ambiguous(server: SandboxMoneybird, own_clock: ManualClock) -> None:
    server.administration.add_contact("Museum De Vest")
    for number in range(150):
        server.administration.add_contact(f"Museum De Vest {number}")
    server.administration.add_contact("museum de vest")

    with pytest.raises(NotFound, match="several contacts"):
        connected(server, own_clock).create_draft(draft("CS-1", "7", "Museum De Vest"))
    assert server.administration.invoices == {}


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_error_after_its_effect_makes_no_second_draft(
    server: SandboxMoneybird, own_clock: ManualClock, status: int
) -> None:
    server.faults.add(FaultKind.LOST_AFTER, route="POST", status=status)
    bookkeeping = connected(server, own_clock)

    with pytest.raises(Unavailable) as raised:
        bookkeeping.create_draft(draft())

    assert raised.value.uncertain
    assert len(server.administration.invoices) == 1
    assert bookkeeping.invoice("CS-2026-10-5") is not None


def test_a_lost_answer_is_uncertain_and_asked_for_once(server: SandboxMoneybird, own_clock: ManualClock) -> None:
    server.faults.add(FaultKind.LOST_AFTER, route="POST")

    with pytest.raises(Unavailable) as told:
        connected(server, own_clock).create_draft(draft())
    assert told.value.uncertain
    assert len(server.administration.invoices) == 1


@pytest.mark.parametrize("kind", [FaultKind.CUT_OFF, FaultKind.MALFORMED, FaultKind.WRONG_SHAPE])
def test_an_answer_that_cannot_be_read_leaves_it_uncertain(
    server: SandboxMoneybird, own_clock: ManualClock, kind: FaultKind
) -> None:
    server.faults.add(kind, route="POST", times=1)

    with pytest.raises(Malformed) as told:
        connected(server, own_clock).create_draft(draft())
    assert told.value.uncertain


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(401, {"error": "The access token is invalid"}), WrongCredentials),
        (Answer(402, {"error": "creating sales invoices is limited"}), PermissionMissing),
        (Answer(403, {"error": "no scope"}), PermissionMissing),
        (Answer(422, {"error": {"details": ["x"]}}), Invalid),
        (Answer(200, ["no object"]), Malformed),
        (Answer(200, {"id": "1", "total_price_excl_tax": "1,0"}), Malformed),
    ],
)
def test_what_goes_wrong_has_its_own_error(
    server: SandboxMoneybird, own_clock: ManualClock, answer: Answer, kind: type[ConnectorError]
) -> None:
    server.answers_instead = answer

    with pytest.raises(kind) as told:
        connected(server, own_clock).invoice("CS-1")
    assert "a-token" not in str(told.value)


def test_another_invoice_that_is_given_for_a_reference_is_none_of_ours(
    server: SandboxMoneybird, own_clock: ManualClock
) -> None:
    server.answers_instead = Answer(
        200,
        {
            "id": "1",
            "reference": "cs-1",
            "state": "draft",
            "total_price_excl_tax": "1.0",
            "total_price_incl_tax": "1.2",
        },
    )

    assert connected(server, own_clock).invoice("CS-1") is None


def test_the_limit_is_told_with_the_seconds_until_it_ends_and_the_reserve_is_left_alone(
    server: SandboxMoneybird, own_clock: ManualClock
) -> None:
    server.administration.requests_allowed = 3
    bookkeeping = connected(server, own_clock, reserved_requests=0)
    for _ in range(3):
        bookkeeping.invoice("CS-1")
    asked = len(server.requests)

    with pytest.raises(Limited) as told:
        bookkeeping.invoice("CS-1")
    assert told.value.retry_after_seconds == 300
    assert len(server.requests) == asked

    own_clock.sleep(301)
    assert bookkeeping.invoice("CS-1") is None


def test_too_many_requests_say_when_as_an_instant(server: SandboxMoneybird, own_clock: ManualClock) -> None:
    server.administration.requests_allowed = 0

    with pytest.raises(Limited) as told:
        connected(server, own_clock).invoice("CS-1")
    assert told.value.retry_after_seconds == 300


DATE = "Mon, 02 Nov 2026 08:00:00 GMT"
RESET = str(int((NOW + timedelta(seconds=160)).timestamp()))


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"RateLimit-Limit": "150", "RateLimit-Remaining": "160", "RateLimit-RequestsRemaining": "143"}, (143, 160)),
        ({"RateLimit-Limit": "150", "RateLimit-Remaining": "149"}, (149, 160)),
        ({"RateLimit-Limit": "150", "RateLimit-Remaining": "160"}, None),
        ({"RateLimit-Limit": "150", "RateLimit-Remaining": "149", "RateLimit-Reset": "5"}, None),
        ({"RateLimit-Limit": "150", "RateLimit-Remaining": "149", "Date": "yesterday"}, None),
        ({"RateLimit-Limit": "150", "RateLimit-Remaining": "nan"}, None),
        ({}, None),
    ],
)
def test_seconds_are_never_taken_for_requests(headers: dict[str, str], told: tuple[int, int] | None) -> None:
    found = left({"Date": DATE, "RateLimit-Reset": RESET, **headers})

    assert (None if found is None else (found.requests, found.resets_in)) == told


def test_the_check_tells_what_is_wrong(server: SandboxMoneybird, own_clock: ManualClock) -> None:
    assert all(one.passed for one in connected(server, own_clock).check())

    (_, rate) = connected(server, own_clock, tax_rate_id="6").check()
    assert not rate.passed
    assert "21 (21.0% btw), 9 (9.0% btw)" in rate.remedy
    (token,) = connected(server, own_clock, access_token="wrong").check()
    assert "does not know these credentials" in token.remedy
    (administration,) = connected(server, own_clock, administration_id="99").check()
    assert not administration.passed
