"""``care-sync cards statement``: what it writes, and how it ends."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pypdf
import pytest

from care_sync.store import Store
from rules.model.words import Route
from tests.billing.books import HOUR, buy, fill, post, worked
from tests.cli.conftest import Care


@pytest.fixture
def books(site: Path, site_store: Store) -> Path:
    with site_store.begin() as work:
        fill(work)
        buy(work, 50)
        post(work, worked("a", HOUR, Route.HOUR_CARD))
        post(work, worked("n", HOUR, Route.SLA), organization_id="6")
    return site


def test_one_customers_statement_is_a_file(care: Care, books: Path) -> None:
    answer = care("cards", "statement", "2026-10", "Bakkerij Van Dam", "--output", "out/october.pdf")

    assert answer.code == 0
    text = pypdf.PdfReader(books / "out" / "october.pdf").pages[0].extract_text()
    assert "49:00" in text


def test_everybodys_statements_are_files_in_a_folder_each_in_the_customers_language(care: Care, books: Path) -> None:
    assert care("cards", "statement", "2026-10", "--output", "all").code == 0

    names = sorted(path.name for path in (books / "all").iterdir())
    assert names == ["2026-10-bakkerij-van-dam-5.pdf", "2026-10-northwind-trading-6.pdf"]
    assert "Hour card statement" in pypdf.PdfReader(books / "all" / names[1]).pages[0].extract_text()


def test_csv_goes_to_standard_output_in_the_language_that_is_asked_for(care: Care, books: Path) -> None:
    output = care("cards", "statement", "2026-10", "5", "--format", "csv", "--language", "en").output

    rows = list(csv.DictReader(io.StringIO(output)))
    assert [row["Kind"] for row in rows] == ["Opening balance", "Deduction", "Closing balance"]


def test_everybodys_statements_need_a_folder(care: Care, books: Path) -> None:
    answer = care("cards", "statement", "2026-10", "--format", "csv")

    assert answer.code == 2
    assert "--output" in answer.errors


def test_a_wrong_month_and_an_unknown_customer_are_told(care: Care, books: Path) -> None:
    assert care("cards", "statement", "oktober").code == 2
    assert "there is no customer" in care("cards", "statement", "2026-10", "Nobody", "--format", "csv").errors
