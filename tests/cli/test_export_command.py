"""``care-sync export``: where the journal goes, and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from care_sync.store import Store
from tests.billing.books import HOUR, fill, post, worked
from tests.billing.test_journal import by_beancount
from tests.cli.conftest import Care


@pytest.fixture
def books(site: Path, site_store: Store) -> Path:
    with site_store.begin() as work:
        fill(work)
        post(work, worked("a", HOUR))
        post(work, worked("n", 60), organization_id="6")
    return site


def test_the_journal_goes_to_standard_output_or_to_a_file(care: Care, books: Path) -> None:
    printed = care("export").output
    assert "Assets:Customer-5:Invoice:2026-10" in printed

    answer = care("export", "--format", "beancount", "--customer", "Northwind Trading", "--output", "care.beancount")
    assert answer.code == 0
    assert by_beancount((books / "care.beancount").read_text()) == {
        "Assets:Customer-6:Invoice:2026-10": 60,
        "Income:Customer-6:Worked": -60,
    }


def test_a_file_that_cannot_be_written_is_told(care: Care, books: Path) -> None:
    answer = care("export", "--output", "nowhere/care.journal")

    assert (answer.code, answer.output) == (2, "")
    assert "cannot be written" in answer.errors
