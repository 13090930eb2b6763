"""E-invoices: valid by the published schemas and rules, numbered once, and refused where something is missing."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from care_sync.billing.invoice import EntryShare, Invoice, InvoiceLine, read_invoice
from care_sync.billing.issue import issue
from care_sync.billing.parties import buyer, seller
from care_sync.billing.ubl import Issued, ubl_of
from care_sync.errors import IntegrityError, UserError
from care_sync.messages import Language
from care_sync.model.month import Month
from care_sync.store import Store, UnitOfWork
from connectors.records import Organization
from tests.billing.books import (
    BUYER,
    CUSTOMER,
    HOUR,
    NORTHWIND,
    NOW,
    SELLER,
    TODAY,
    close,
    fill,
    post,
    settings,
    worked,
)
from tests.billing.published_rules import problems_of

NAMES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}


def line(
    number: int, seconds: int, *, corrects: str | None = None, subject: str = "Formulier", **more: Any
) -> InvoiceLine:
    share = EntryShare("toggl:1:a", date(2026, 10, 5), "Anna", "gebeld", seconds, (1,), ("Q5",))
    values = {"rate": Decimal("95.00"), "ticket_number": "1042", **more}
    return InvoiceLine(number, "1", subject=subject, corrects=corrects, seconds=seconds, shares=(share,), **values)


def issued(*lines: InvoiceLine, **more: Any) -> Issued:
    customer = more.pop("customer", CUSTOMER)
    invoice = Invoice(customer, Month("2026-10"), True, Decimal(21), lines)
    values = {"corrects": ("CS2026-0003",) if invoice.is_credit else (), **more}
    return Issued(
        invoice, "CS2026-0007", date(2026, 11, 2), seller(settings()), buyer(customer), "NL91ABNA0417164300", 30,
        Language.of(customer.locale), **values,
    )  # fmt: skip


def text_of(document: bytes, path: str) -> list[str]:
    return [one.text or "" for one in ET.fromstring(document).findall(path, NAMES)]


@pytest.mark.parametrize("profile", ["peppol", "nlcius"])
def test_an_invoice_is_valid_by_the_published_schemas_and_rules(profile: str) -> None:
    document = ubl_of(issued(line(1, 5400), line(2, 100), line(3, -1800, corrects=Month("2026-09"))), profile)

    assert problems_of(document, profile=profile) == []
    assert b"<Invoice " in document


@pytest.mark.parametrize("profile", ["peppol", "nlcius"])
def test_a_negative_total_is_a_valid_credit_note(profile: str) -> None:
    document = ubl_of(issued(line(1, 1800), line(2, -5400, corrects=Month("2026-09"))), profile)

    assert problems_of(document, profile=profile) == []
    assert b"<CreditNote " in document
    assert text_of(document, "cac:LegalMonetaryTotal/cbc:PayableAmount") == ["114.95"]
    assert text_of(document, "cac:CreditNoteLine/cbc:LineExtensionAmount") == ["-47.50", "142.50"]
    assert text_of(document, "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID") == ["CS2026-0003"]


def test_a_government_customer_is_named_by_its_oin_and_reads_english() -> None:
    document = ubl_of(issued(line(1, 5400), customer=NORTHWIND), "peppol")

    assert problems_of(document) == []
    assert text_of(document, "cac:AccountingCustomerParty/cac:Party/cbc:EndpointID") == ["00000001234567890000"]
    assert text_of(document, "cac:InvoiceLine/cac:Item/cbc:Description") == [
        "1:30 hours at €95.00 per hour, worked on 5 October 2026"
    ]


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "x" * 5000,
        "a\x00b\x0bc",
        "<b>&amp;]]>",
        "שלום 🎉 مرحبا",
        "half \ud83d emoji",
        "no\uffffcharacter",
        "  \n\t ",
    ],
)
def test_no_subject_breaks_an_invoice(subject: str) -> None:
    document = ubl_of(issued(line(1, 5400, subject=subject)), "peppol")

    assert problems_of(document) == []


def test_nothing_to_pay_is_a_valid_invoice() -> None:
    assert problems_of(ubl_of(issued(line(1, 60), line(2, -60, corrects=Month("2026-09"))), "peppol")) == []


@effort(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-40 * HOUR, 40 * HOUR).filter(bool), st.decimals("1", "999.99", places=2)),
        min_size=1,
        max_size=12,
    )
)
def test_sums_and_totals_agree_for_any_seconds_and_rates(lines: list[tuple[int, Decimal]]) -> None:
    made = [line(number, seconds, rate=rate) for number, (seconds, rate) in enumerate(lines, start=1)]

    assert problems_of(ubl_of(issued(*made), "peppol")) == []


def test_the_rules_that_are_held_find_what_is_wrong() -> None:
    document = ubl_of(issued(line(1, 5400)), "peppol")
    wrong = document.replace(b">172.43<", b">172.44<", 1).replace(b"<cbc:CityName>Groningen</cbc:CityName>", b"")

    found = problems_of(wrong)

    assert {one.split()[0] for one in found} >= {"BR-CO-15", "NL-R-004"}
    assert any("BuyerReference" in one for one in problems_of(document.replace(b"BuyerReference", b"BuyerReferense")))


def test_the_same_invoice_gives_the_same_bytes() -> None:
    assert ubl_of(issued(line(1, 5400)), "peppol") == ubl_of(issued(line(1, 5400)), "peppol")


# --- issuing ------------------------------------------------------------------------------------------------------


def october(work: UnitOfWork) -> Invoice:
    return read_invoice(work, CUSTOMER, Month("2026-10"), settings())


def test_a_month_gets_its_number_and_date_once_and_numbers_have_no_holes(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        post(work, worked("n", HOUR), organization_id="6")
        close(work, Month("2026-10"), worked("a", HOUR))
    with pytest.raises(UserError), store.begin() as work:
        issue(
            work, replace(october(work), organization=replace(CUSTOMER, fields={})), settings(), today=TODAY, actor="x"
        )
    with store.begin() as work:
        first = issue(work, october(work), settings(), today=TODAY, actor="anna")
        northwind = read_invoice(work, NORTHWIND, Month("2026-10"), settings())
        second = issue(work, northwind, settings(), today=TODAY, actor="anna")
    with store.begin() as work:
        again = issue(work, october(work), settings(number_prefix="XX"), today=date(2027, 1, 1), actor="bert")

    assert (first.number, second.number) == ("CS2026-0001", "CS2026-0002")
    assert (again.number, again.issued_on, again.due_on) == ("CS2026-0001", TODAY, date(2026, 12, 2))
    assert ubl_of(again, "peppol") == ubl_of(first, "peppol")


def test_customers_that_are_numbered_at_once_get_numbers_without_holes(store: Store) -> None:
    customers = [replace(CUSTOMER, id=str(number), name=f"Klant {number}") for number in range(20, 28)]
    with store.begin() as work:
        fill(work, *customers)
        for customer in customers:
            post(work, worked(f"e{customer.id}", HOUR), organization_id=customer.id)
        work.periods.close(Month("2026-10"), NOW, "anna")
    given: list[str] = []

    def give(customer: Organization) -> None:
        with store.begin() as work:
            invoice = read_invoice(work, customer, Month("2026-10"), settings())
            given.append(issue(work, invoice, settings(), today=TODAY, actor="anna").number)

    threads = [threading.Thread(target=give, args=(customer,)) for customer in [*customers, *customers]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(given) == 16
    assert sorted(set(given)) == [f"CS2026-{number:04}" for number in range(1, 9)]


def test_a_number_is_never_changed_and_never_taken_away(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        close(work, Month("2026-10"), worked("a", HOUR))
        issue(work, october(work), settings(), today=TODAY, actor="anna")
    for statement in ("UPDATE invoice_numbers SET number = 'X'", "DELETE FROM invoice_numbers"):
        with pytest.raises(IntegrityError, match="append-only"), store.begin() as work:
            work.ledger._connection.exec_driver_sql(statement)


def test_an_open_month_gets_no_number(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        post(work, worked("a", HOUR))
        with pytest.raises(UserError, match="not closed") as told:
            issue(work, october(work), settings(), today=TODAY, actor="anna")
    assert "care-sync period close 2026-10" in told.value.problems[0]


def test_an_invoice_that_would_come_to_something_else_now_is_refused(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        close(work, Month("2026-10"), worked("a", HOUR))
        issue(work, october(work), settings(), today=TODAY, actor="anna")
        dearer = settings(rates={2026: "99.00"})
        with pytest.raises(UserError, match=re.escape("came to 114.95 euro when it was numbered")):
            issue(work, read_invoice(work, CUSTOMER, Month("2026-10"), dearer), dearer, today=TODAY, actor="anna")


def test_everything_that_is_missing_is_named_at_once(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        close(work, Month("2026-10"), worked("a", HOUR))
        invoice = replace(october(work), organization=replace(CUSTOMER, fields={"peppol_id": "kvk"}))
        with pytest.raises(UserError, match="cannot be made yet") as told:
            issue(work, invoice, settings(seller={**SELLER, "iban": "", "kvk_number": ""}), today=TODAY, actor="x")
    problems = " ".join(told.value.problems)
    for named in ("seller.iban", "seller.kvk_number", '"street"', '"city"', "kvk_number (8 digits", "0106:12345678"):
        assert named in problems


def test_a_credit_note_names_the_invoice_that_it_gives_back_on(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        close(work, Month("2026-10"), worked("a", HOUR))
        post(work, gone=("a",))
        close(work, Month("2026-11"))
        november = read_invoice(work, CUSTOMER, Month("2026-11"), settings())
        with pytest.raises(UserError, match="must name the invoice") as told:
            issue(work, november, settings(), today=TODAY, actor="anna")
        named = issue(work, november, settings(), today=TODAY, actor="anna", corrects=("F2026-118",))
        assert "--corrects" in told.value.problems[0]
        assert named.corrects == ("F2026-118",)
        issue(work, october(work), settings(), today=TODAY, actor="anna")
        assert issue(work, november, settings(), today=TODAY, actor="anna").corrects == ("CS2026-0002",)


def test_a_customer_abroad_is_for_the_bookkeeper() -> None:
    with pytest.raises(UserError) as told:
        buyer(replace(CUSTOMER, fields={**BUYER, "country": "BE"}))
    assert "whether tax is shifted abroad is for your bookkeeper" in told.value.problems[0]


def test_a_number_field_drops_the_noughts_before_a_registration_and_they_are_put_back() -> None:
    assert buyer(replace(CUSTOMER, fields={**BUYER, "kvk_number": 1234567})).registration.value == "01234567"
    assert buyer(replace(CUSTOMER, fields={**BUYER, "kvk_number": 1234567.0})).registration.value == "01234567"
