"""``care-sync invoices``: what it prints and writes, and how it ends."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from care_sync.clock import SystemClock
from care_sync.store import Store
from connectors.sandbox.moneybird import SandboxMoneybird
from connectors.sandbox.moneybird_state import MoneybirdAdministration
from tests.billing.books import HOUR, SELLER, close, enter, fill, post, ticket, worked
from tests.cli.conftest import Care


@pytest.fixture
def books(site: Path, site_store: Store) -> Path:
    """A closed October of two customers and an open November of one."""
    lines = "\n".join(f"      {name}: {value!r}" for name, value in SELLER.items())
    with (site / "config.yaml").open("a") as file:
        file.write(f"  invoice:\n    number_prefix: CS\n    seller:\n{lines}\n")
    with site_store.begin() as work:
        fill(work, tickets=[ticket("1"), ticket("4", '=HYPERLINK("http://evil.example")', "6")])
        first = enter(work, "a", HOUR)
        post(work, worked("b", 1800, ticket="4"), organization_id="6")
        close(work, "2026-10", worked(first.key, HOUR))
        post(work, worked("c", 60, day=first.work_date.replace(month=11)))
    return site


def test_invoices_are_listed_by_month_and_customer(care: Care, books: Path) -> None:
    found = care("invoices", "list", "--json").json
    text = care("invoices", "list").output

    assert [(one["period"], one["customer"], one["net"], one["state"]) for one in found] == [
        ("2026-10", "Bakkerij Van Dam", "92.50", "closed"),
        ("2026-10", "Northwind Trading", "46.25", "closed"),
        ("2026-11", "Bakkerij Van Dam", "1.54", "open"),
    ]
    assert "111.93" in text
    assert len(care("invoices", "list", "2026-11", "--json").json) == 1
    assert "Nothing is invoiced." in care("invoices", "list", "2020-01").output


def test_an_invoice_is_shown_down_to_the_time_entry(care: Care, books: Path) -> None:
    text = care("invoices", "show", "2026-10", "bakkerij van dam").output
    (line,) = care("invoices", "show", "2026-10", "5", "--json").json["lines"]

    for told in ("1001", "Contactformulier werkt niet", "toggl:1:a", "Anna de Wit", "1:00", "total 111.93 euro"):
        assert told in text
    assert [one["entry_key"] for one in line["entries"]] == ["toggl:1:a"]


def test_csv_is_for_spreadsheets_and_no_subject_becomes_a_formula(care: Care, books: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(care("invoices", "export", "2026-10").output)))

    assert [(row["customer"], row["hours"], row["amount"]) for row in rows] == [
        ("Bakkerij Van Dam", "1", "92.50"),
        ("Northwind Trading", "0.5", "46.25"),
    ]
    assert rows[1]["subject"] == '\'=HYPERLINK("http://evil.example")'
    assert rows[0]["entries"] == "toggl:1:a"


def test_json_holds_everything(care: Care, books: Path) -> None:
    assert care("invoices", "export", "2026-10", "--format", "json", "--output", "out/all.json").code == 0

    found = json.loads((books / "out" / "all.json").read_text())
    assert [one["reference"] for one in found] == ["CS-2026-10-5", "CS-2026-10-6"]


def test_e_invoices_of_a_month_are_files_named_by_their_number(care: Care, books: Path) -> None:
    assert care("invoices", "export", "2026-10", "--format", "ubl", "--output", "ubl").code == 0

    names = sorted(path.name for path in (books / "ubl").iterdir())
    assert [name.split("-", 1)[1] for name in names] == ["0001-bakkerij-van-dam.xml", "0002-northwind-trading.xml"]
    document = (books / "ubl" / names[0]).read_text()
    assert care("invoices", "export", "2026-10", "5", "--format", "ubl").output == document
    assert "number CS" in care("invoices", "list", "2026-10").output


def test_several_e_invoices_need_a_folder_and_give_no_number_without(care: Care, books: Path) -> None:
    answer = care("invoices", "export", "2026-10", "--format", "ubl")

    assert answer.code == 2
    assert "--output" in answer.errors
    assert "number" not in care("invoices", "list", "2026-10").output


def test_an_invoice_that_is_corrected_is_one_customers(care: Care, books: Path) -> None:
    answer = care("invoices", "export", "2026-10", "--format", "ubl", "--output", "ubl", "--corrects", "F1")

    assert answer.code == 2
    assert "name the customer" in " ".join(answer.errors.replace("│", " ").split())


def test_an_open_month_is_no_e_invoice(care: Care, books: Path) -> None:
    answer = care("invoices", "export", "2026-11", "5", "--format", "ubl")

    assert (answer.code, answer.output) == (2, "")
    assert "care-sync period close 2026-11" in answer.errors


@pytest.mark.parametrize("month", ["2026-13", "okt", "2026"])
def test_what_is_no_month_is_a_wrong_command_line(care: Care, books: Path, month: str) -> None:
    assert care("invoices", "list", month).code == 2
    assert care("invoices", "show", month, "5").code == 2
    assert care("invoices", "export", month).code == 2


def test_a_file_that_cannot_be_written_is_told(care: Care, books: Path) -> None:
    (books / "taken").write_text("")
    answer = care("invoices", "export", "2026-10", "--output", "taken/x.csv")

    assert answer.code == 2
    assert "cannot be written" in answer.errors


def test_the_settings_of_the_seller_are_checked_when_they_are_read(care: Care, books: Path) -> None:
    text = (books / "config.yaml").read_text().replace("NL91 ABNA", "NL92 ABNA")
    (books / "config.yaml").write_text(text)

    answer = care("invoices", "list")
    assert answer.code == 2
    assert "ledger.invoice.seller.iban" in answer.errors
    assert "is not an IBAN" in answer.errors


# --- push --------------------------------------------------------------------------------------------------------


@pytest.fixture
def bookkeeping(books: Path) -> Iterator[SandboxMoneybird]:
    administration = MoneybirdAdministration(SystemClock().now)
    administration.add_contact("Bakkerij Van Dam", "5")
    with SandboxMoneybird(administration) as server:
        section = (
            f"product: moneybird\n  administration_id: 123\n  access_token: a-token\n  base_url: {server.api_url}\n"
        )
        with (books / "config.yaml").open("a") as file:
            file.write(f"bookkeeping:\n  {section}  tax_rate_id: 21\n")
        yield server


def test_drafts_are_made_once_and_what_needs_attention_ends_with_1(care: Care, bookkeeping: SandboxMoneybird) -> None:
    tried = care("invoices", "push", "2026-10", "--dry-run")
    assert (tried.code, bookkeeping.requests) == (0, [])
    assert "CS-2026-10-5: Bakkerij Van Dam, 1 lines, 111.93 euro (closed)" in tried.output

    first = care("invoices", "push", "2026-10", "--json")
    assert first.code == 1
    assert [one["outcome"] for one in first.json] == ["made", "failed"]
    assert "customer number 6" in first.json[1]["message"]
    bookkeeping.administration.add_contact("Northwind Trading")
    second = care("invoices", "push", "2026-10")

    assert second.code == 0
    assert "moneybird.com/123/sales_invoices/" in second.output
    assert len(bookkeeping.administration.invoices) == 2
    assert "draft done" in care("invoices", "list", "2026-10").output
    assert "a-token" not in care("config", "show").output


def test_without_a_bookkeeping_pushing_says_how_to_get_one(care: Care, books: Path) -> None:
    answer = care("invoices", "push", "2026-10")

    assert answer.code == 2
    assert "product: moneybird" in answer.errors


def test_an_open_month_is_not_pushed(care: Care, bookkeeping: SandboxMoneybird) -> None:
    answer = care("invoices", "push", "2026-11")

    assert answer.code == 2
    assert "care-sync period close 2026-11" in answer.errors
