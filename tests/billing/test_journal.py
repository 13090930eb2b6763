"""The journal: the real tools read it, refuse it when it is wrong, and come to the ledger's balances to the second."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort

from care_sync.billing.journal import COMMODITY, Tool, day_of, journal, name_of
from care_sync.ledger import cards
from care_sync.model.month import Month
from care_sync.store import Store, UnitOfWork, open_store
from connectors.records import Organization
from rules.model.words import Route
from tests.billing.books import HOUR, NOW, buy, close, fill, post, worked
from tests.billing.test_invoice import STEPS

NASTY = 'Anders; "x" \\ | , = * (7) ! ¤ \n 2026-01-01 open Assets:Stolen'


def by_beancount(text: str) -> dict[str, int]:
    """The balances that Beancount comes to; fails on any error that it finds, its own assertions included."""
    loader = pytest.importorskip("beancount.loader", reason="beancount is absent")
    entries, errors, _ = loader.load_string(text)
    assert errors == []
    balances: dict[str, int] = {}
    for entry in entries:
        for posting in getattr(entry, "postings", ()):
            assert posting.units.currency == COMMODITY
            balances[posting.account] = balances.get(posting.account, 0) + int(posting.units.number)
    return balances


def hledger(path: Path, *arguments: str) -> str:
    """What hledger prints; it must find nothing wrong."""
    command = shutil.which("hledger")
    if command is None:
        pytest.skip("hledger is not on this machine (Debian's package of that name)")
    done = subprocess.run([command, "-f", str(path), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def by_hledger(path: Path, *arguments: str) -> dict[str, int]:
    rows = csv.reader(io.StringIO(hledger(path, "balance", "--flat", "--empty", "-N", "-O", "csv", *arguments)))
    return {account: int(balance.split()[0]) for account, balance in list(rows)[1:]}


def by_ledger(work: UnitOfWork) -> dict[str, int]:
    return {name_of(*key): seconds for key, seconds in work.ledger.summed_balances().items()}


def text_of(work: UnitOfWork, tool: Tool, organization_id: str | None = None) -> str:
    return "".join(f"{line}\n" for line in journal(work, tool, organization_id))


def fill_books(work: UnitOfWork) -> None:
    """Two customers, cards, a closed month with corrections after it, and words that could break a journal."""
    fill(work)
    work.organizations.upsert([Organization("a,b/c:d", NASTY)], NOW)
    card = buy(work, 50, date(2026, 9, 1))
    time = [worked("old", HOUR, Route.HOUR_CARD, date(2026, 9, 3)), worked("gone", 60, Route.INVOICE, date(2026, 9, 4))]
    close(work, Month("2026-09"), *time)
    post(work, worked("old", 1801, Route.HOUR_CARD, date(2026, 9, 3)), worked("q", 7, Route.QUOTE), gone=("gone",))
    cards.adjust(work, card, seconds=-61, day=date(2026, 10, 9), now=NOW, actor="anna", reason=NASTY)
    post(
        work,
        worked("n", 3599, Route.SLA),
        worked("f", 90, Route.FAIR_USE),
        worked("i", 12),
        organization_id="a,b/c:d",
        allowance=60,
    )


@pytest.mark.parametrize("tool", list(Tool))
def test_the_real_tool_comes_to_the_same_balances_to_the_second(store: Store, tmp_path: Path, tool: Tool) -> None:
    with store.begin() as work:
        fill_books(work)
        text, expected = text_of(work, tool), by_ledger(work)
    path = tmp_path / "care.journal"
    path.write_text(text, encoding="utf-8")

    assert (by_beancount(text) if tool is Tool.BEANCOUNT else by_hledger(path)) == expected
    assert len(expected) == 10
    assert not any(line.lstrip().startswith("2026-01-01 open Assets:Stolen") for line in text.splitlines())


def test_a_months_balances_are_the_ledgers_period(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "care.journal"
    with store.begin() as work:
        fill_books(work)
        path.write_text(text_of(work, Tool.HLEDGER), encoding="utf-8")
        before = {
            name_of("5", account): seconds
            for account, seconds in work.ledger.balances_before("5", Month("2026-10")).items()
        }

    assert by_hledger(path, "--end", "2026-10-01", "Customer-5:") == before


@pytest.mark.parametrize("tool", list(Tool))
def test_a_journal_that_was_changed_is_refused_by_the_tool(store: Store, tmp_path: Path, tool: Tool) -> None:
    with store.begin() as work:
        fill_books(work)
        text = text_of(work, tool).replace("3599 SEC", "3598 SEC", 1).replace("-3599 SEC", "-3598 SEC", 1)
    path = tmp_path / "care.journal"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(AssertionError):
        by_beancount(text) if tool is Tool.BEANCOUNT else by_hledger(path)


def test_every_transaction_is_told_with_its_entry_clauses_and_what_it_corrects(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "care.journal"
    with store.begin() as work:
        fill_books(work)
        path.write_text(text_of(work, Tool.HLEDGER), encoding="utf-8")
        correction = next(one for one in work.ledger.of_entry("old") if one.corrects)

    told = hledger(path, "print", f"tag:transaction=^{correction.transaction_id}$")
    for part in ("2026-10-01", "correction", "entry: old", "clauses: Q5", f"corrects: {correction.corrects}"):
        assert part in told
    assert day_of(correction) == date(2026, 10, 1)
    assert "workdate: 2026-09-03" in told


@pytest.mark.parametrize("tool", list(Tool))
def test_one_customers_journal_stands_by_itself(store: Store, tool: Tool) -> None:
    with store.begin() as work:
        fill_books(work)
        text = text_of(work, tool, "5")

    assert "Customer-5:" in text
    assert "a-2c-b" not in text
    if tool is Tool.BEANCOUNT:
        assert set(by_beancount(text)) == {name_of("5", account) for account in accounts_of(store, "5")}


def accounts_of(store: Store, organization_id: str) -> list[str]:
    with store.read() as work:
        return list(work.ledger.balances(organization_id))


def test_an_empty_ledger_is_an_empty_journal(store: Store) -> None:
    with store.read() as work:
        assert by_beancount(text_of(work, Tool.BEANCOUNT)) == {}


def test_no_two_ids_become_one_account() -> None:
    names = [name_of(one, "sla") for one in ("a-b", "a_b", "a--b", "a-2d-b", "ab", "AB")]

    assert len(set(names)) == len(names)


@pytest.fixture(scope="module")
def one_store(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for all examples of a law: each is undone at its end."""
    path = tmp_path_factory.mktemp("laws") / "store.sqlite"
    shutil.copyfile(sqlite_template, path)
    store = open_store(f"sqlite:///{path}")
    yield store
    store.close()


@effort(max_examples=15, deadline=None)
@given(STEPS)
def test_whatever_was_booked_the_balances_agree(one_store: Store, steps: list[Any]) -> None:
    with one_store.begin() as work, work.undone():
        fill(work)
        buy(work, 1)
        known: dict[str, Any] = {}
        months = [Month("2026-09"), Month("2026-10")]
        for key, seconds, route, ticket_id, day, closes in steps:
            known[key] = worked(key, seconds, route, day, ticket_id)
            if closes and months:
                close(work, months.pop(0), *known.values())
            else:
                post(work, *known.values())
        assert by_beancount(text_of(work, Tool.BEANCOUNT)) == by_ledger(work)
