"""``care-sync ledger show``: one screen from the tracker to the invoice line."""

from __future__ import annotations

from pathlib import Path

import pytest

from care_sync.store import Store
from rules.model.words import Route
from tests.billing.books import HOUR, buy, enter, fill, post, worked
from tests.cli.conftest import Care


@pytest.fixture
def books(site: Path, site_store: Store) -> Path:
    with site_store.begin() as work:
        fill(work)
        buy(work, 1)
        entry = enter(work, "a", 5400, "hersteld")
        post(work, worked(entry.key, 5400, Route.HOUR_CARD))
    return site


def test_an_entry_is_told_on_one_screen(care: Care, books: Path) -> None:
    text = care("ledger", "show", "--entry", "toggl:1:a").output

    for told in (
        "1:30 by Anna de Wit on 2026-10-05", "hersteld", "#1001 Contactformulier werkt niet", "card:1 1:00",
        "invoice:2026-10", "line 1: 0:30 at 92.50 is 46.25 euro", "the month is open",
    ):  # fmt: skip
        assert told in text
    assert len(text.splitlines()) < 25


def test_a_ticket_and_a_customer_are_told(care: Care, books: Path) -> None:
    ticket = care("ledger", "show", "--ticket", "#1001").output
    customer = care("ledger", "show", "--customer", "bakkerij van dam", "--period", "2026-10").output

    assert "1:30 hours" in ticket
    assert "toggl:1:a" in ticket
    assert "0:00 of 1:00 hours left" in customer
    assert "Transactions of 2026-10" in customer


def test_everything_comes_as_json(care: Care, books: Path) -> None:
    entry = care("ledger", "show", "--entry", "toggl:1:a", "--json").json
    (same,) = care("ledger", "show", "--ticket", "1001", "--json").json
    customer = care("ledger", "show", "--customer", "5", "--period", "2026-10", "--json").json

    assert entry == same
    assert {place["account"]: place["seconds"] for place in entry["places"]} == {
        "card:1": HOUR,
        "invoice:2026-10": 1800,
    }
    assert [one["kind"] for one in customer["transactions"]] == ["entry"]
    assert entry["transactions"][0]["legs"] == {"card:1": HOUR, "invoice:2026-10": 1800, "worked": -5400}


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([], 2, "name one"),
        (["--entry", "a", "--ticket", "1"], 2, "name one"),
        (["--ticket", "1001", "--period", "2026-10"], 2, "goes with --customer"),
        (["--customer", "5", "--period", "x"], 2, "is not a month"),
        (["--entry", "nobody"], 2, "there is no time entry nobody"),
        (["--ticket", "99"], 2, "care-sync sync --ticket 99"),
    ],
)
def test_a_wrong_question_is_told(care: Care, books: Path, arguments: list[str], code: int, told: str) -> None:
    answer = care("ledger", "show", *arguments)

    assert answer.code == code
    assert told in " ".join(answer.errors.replace("│", " ").split())
