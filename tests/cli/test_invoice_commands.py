"""``care-sync invoices``: what it prints and writes, and how it ends."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from care_sync.store import Store
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
    assert names == ["cs2026-0001-bakkerij-van-dam.xml", "cs2026-0002-northwind-trading.xml"] or len(names) == 2
    document = (books / "ubl" / names[0]).read_text()
    assert care("invoices", "export", "2026-10", "5", "--format", "ubl").output == document
    assert "number CS" in care("invoices", "list", "2026-10").output


def test_several_e_invoices_need_a_folder_and_give_no_number_without(care: Care, books: Path) -> None:
    answer = care("invoices", "export", "2026-10", "--format", "ubl")

    assert answer.code == 1
    assert "--output" in answer.errors
    assert "number" not in care("invoices", "list", "2026-10").output


def test_an_open_month_is_no_e_invoice(care: Care, books: Path) -> None:
    answer = care("invoices", "export", "2026-11", "5", "--format", "ubl")

    assert (answer.code, answer.output) == (1, "")
    assert "care-sync period close 2026-11" in answer.errors


@pytest.mark.parametrize("month", ["2026-13", "okt", "2026"])
def test_what_is_no_month_is_a_wrong_command_line(care: Care, books: Path, month: str) -> None:
    assert care("invoices", "list", month).code == 2
    assert care("invoices", "show", month, "5").code == 2
    assert care("invoices", "export", month).code == 2


def test_a_file_that_cannot_be_written_is_told(care: Care, books: Path) -> None:
    (books / "taken").write_text("")
    answer = care("invoices", "export", "2026-10", "--output", "taken/x.csv")

    assert answer.code == 1
    assert "cannot be written" in answer.errors


def test_the_settings_of_the_seller_are_checked_when_they_are_read(care: Care, books: Path) -> None:
    text = (books / "config.yaml").read_text().replace("NL91 ABNA", "NL92 ABNA")
    (books / "config.yaml").write_text(text)

    answer = care("invoices", "list")
    assert answer.code == 1
    assert "ledger.invoice.seller.iban" in answer.errors
    assert "is no IBAN" in answer.errors
