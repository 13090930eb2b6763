"""Statements: balances that add up, every deduction told, and documents that are the same each time."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pypdf
import pytest
from hypothesis import given
from hypothesis import settings as effort

from care_sync.billing.statement import Statement, read_statement, read_statements
from care_sync.billing.statement_document import statement_as_csv, statement_as_pdf
from care_sync.errors import UserError
from care_sync.ledger import cards
from care_sync.messages import Language
from care_sync.model.month import Month
from care_sync.store import Store, UnitOfWork, open_store
from rules.model.words import Route
from tests.billing.books import CUSTOMER, HOUR, NORTHWIND, NOW, buy, close, enter, fill, post, ticket, worked
from tests.billing.test_invoice import STEPS

DUTCH, ENGLISH = Language.of("nl"), Language.of("en-GB")


def statement(work: UnitOfWork, period: str = Month("2026-10")) -> Statement:
    return read_statement(work, CUSTOMER, period)


def pages(document: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(document)).pages]


def test_each_deduction_tells_date_ticket_who_what_time_and_clause(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        card = buy(work, 50)
        entry = enter(work, "a", HOUR, "hersteld", "Bert Visser", date(2026, 10, 7))
        post(work, worked(entry.key, HOUR, Route.HOUR_CARD, date(2026, 10, 7), clauses=("I3d", "Q5")))
        found = statement(work)

    ((one),) = found.movements
    assert (one.kind, one.day, one.ticket_number, one.subject) == (
        "deduction", date(2026, 10, 7), "1001", "Contactformulier werkt niet",
    )  # fmt: skip
    assert (one.who, one.what, one.seconds, one.clauses) == ("Bert Visser", "hersteld", -HOUR, ("I3d", "Q5"))
    assert one.cards == {card: -HOUR}
    assert (found.opening, found.closing) == (50 * HOUR, 49 * HOUR)


def test_purchases_adjustments_and_recalculations_stand_before_the_deductions_with_who_and_why(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        card = buy(work, 50, date(2026, 10, 3))
        cards.adjust(work, card, seconds=-60, day=date(2026, 10, 9), now=NOW, actor="bert", reason="dubbel")
        post(work, worked("a", HOUR, Route.HOUR_CARD))
        found = statement(work)

    assert [(one.kind, one.seconds, one.who, one.what) for one in found.others] == [
        ("purchase", 50 * HOUR, "anna", "F1"),
        ("adjustment", -60, "bert", "dubbel"),
    ]
    assert (found.opening, found.closing) == (0, 49 * HOUR - 60)


def test_a_correction_of_a_closed_month_stands_apart_and_the_closed_statement_stays(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        buy(work, 50)
        close(work, Month("2026-10"), worked("a", HOUR, Route.HOUR_CARD), worked("b", 600, Route.HOUR_CARD))
        before = statement(work)
        post(work, worked("a", 1800, Route.HOUR_CARD), gone=("b",))
        october, november = statement(work), statement(work, Month("2026-11"))

    assert october == before
    assert october.is_closed
    assert [(one.corrects, one.seconds) for one in november.corrections] == [
        (Month("2026-10"), 1800),
        (Month("2026-10"), 600),
    ]
    assert november.deductions == []
    assert (november.opening, november.closing) == (50 * HOUR - HOUR - 600, 50 * HOUR - 1800)


def test_what_was_posted_and_taken_back_in_an_open_month_is_not_told(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        buy(work, 50)
        post(work, worked("a", HOUR, Route.HOUR_CARD), worked("b", 60, Route.HOUR_CARD))
        post(work, worked("a", 2 * HOUR, Route.HOUR_CARD))
        assert [(one.entry_key, one.seconds) for one in statement(work).deductions] == [("a", -2 * HOUR)]


def test_time_that_went_off_no_card_is_told_by_where_it_went(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        post(work, worked("a", HOUR, Route.SLA), worked("b", 60), worked("c", 120, Route.FAIR_USE), allowance=120)
        found = statement(work)

    assert dict(found.elsewhere) == {"sla": HOUR, "fair_use": 120, "invoice": 60}
    assert found.cards == ()


def test_everybody_with_a_card_or_with_time_gets_a_statement(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        buy(work, 50)
        assert [one.organization.name for one in read_statements(work, Month("2026-10"))] == ["Bakkerij Van Dam"]
        post(work, worked("n", 60), organization_id="6")
        assert [one.organization.name for one in read_statements(work, Month("2026-10"))] == [
            "Bakkerij Van Dam",
            "Northwind Trading",
        ]


def test_the_balance_of_each_day_ends_at_the_closing_balance(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        close(work, Month("2026-09"))
        buy(work, 50, date(2026, 9, 3))
        post(
            work,
            worked("late", 60, Route.HOUR_CARD, date(2026, 9, 9)),
            worked("b", 600, Route.HOUR_CARD, date(2026, 10, 31)),
        )
        found = statement(work)

    days = found.by_day()
    assert (len(days), days[0], days[-2], days[-1]) == (31, 50 * HOUR - 60, 50 * HOUR - 60, 50 * HOUR - 660)


@pytest.fixture(scope="module")
def one_store(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for all examples of a law: each is undone at its end."""
    path = tmp_path_factory.mktemp("laws") / "store.sqlite"
    shutil.copyfile(sqlite_template, path)
    store = open_store(f"sqlite:///{path}")
    yield store
    store.close()


@effort(max_examples=60, deadline=None)
@given(STEPS)
def test_laws_of_statements(one_store: Store, steps: list[Any]) -> None:
    """Opening and movements give the closing balance, which opens the next month and is what is left in the end."""
    months = (Month("2026-09"), Month("2026-10"), Month("2026-11"))
    with one_store.begin() as work, work.undone():
        fill(work)
        buy(work, 2)
        buy(work, 1, date(2026, 10, 10))
        known: dict[str, Any] = {}
        frozen: dict[str, Statement] = {}
        open_months = list(months[:2])
        for key, seconds, route, ticket_id, day, closes in steps:
            known[key] = (seconds, route, ticket_id, day)
            time = [worked(one, of[0], of[1], of[3], of[2]) for one, of in known.items()]
            if closes and open_months:
                month = open_months.pop(0)
                close(work, month, *time)
                frozen[month] = statement(work, month)
            else:
                post(work, *time)
        left = 0
        for month in months:
            found = statement(work, month)
            assert found == frozen.get(month, found)
            assert found.opening == left
            assert found.closing == found.opening + sum(one.seconds for one in found.movements)
            assert found.by_day()[-1] == found.closing
            for line in found.cards:
                moved = sum(one.cards.get(line.card.card_id, 0) for one in found.movements)
                assert line.closing == line.opening + moved
            left = found.closing
        assert left == sum(state.left for state in cards.states(work, "5"))


# --- documents ----------------------------------------------------------------------------------------------------


@pytest.fixture
def full(sqlite_store: Store) -> Statement:
    """A month with everything: two cards, deductions, a correction, an adjustment, time elsewhere."""
    with sqlite_store.begin() as work:
        fill(work)
        buy(work, 50)
        close(work, Month("2026-09"), worked("old", HOUR, Route.HOUR_CARD, date(2026, 9, 3)))
        card = buy(work, 50, date(2026, 10, 12))
        cards.adjust(work, card, seconds=HOUR, day=date(2026, 10, 20), now=NOW, actor="anna", reason="coulance")
        first = enter(work, "a", 5400, "hersteld")
        post(
            work,
            worked("old", 1800, Route.HOUR_CARD, date(2026, 9, 3)),
            worked(first.key, 5400, Route.HOUR_CARD),
            worked("sla", 600, Route.SLA),
        )
        return statement(work)


def test_the_document_tells_everything_in_dutch_and_in_english(full: Statement) -> None:
    dutch = " ".join(pages(statement_as_pdf(full, DUTCH, "CARE")))
    english = " ".join(pages(statement_as_pdf(full, ENGLISH, "CARE")))

    for told in (
        "Overzicht strippenkaart", "oktober 2026", "Bakkerij Van Dam", "Beginsaldo", "49:00", "Eindsaldo", "99:00",
        "Afschrijvingen", "05-10-2026", "#1001", "hersteld", "Anna de Wit", "Q5", "−1:30", "coulance",
        "Correctie op september 2026", "0:30", "Binnen het SLA", "0:10", "Voorlopig", "Pagina 1 van",
    ):  # fmt: skip
        assert told in dutch
    for told in (
        "Hour card statement",
        "October 2026",
        "Opening balance",
        "Deductions",
        "Correction of September 2026",
    ):
        assert told in english


def test_the_same_statement_is_the_same_bytes_and_holds_no_time_stamp(full: Statement) -> None:
    document = statement_as_pdf(full, DUTCH, "CARE")

    assert statement_as_pdf(full, DUTCH, "CARE") == document
    assert pypdf.PdfReader(io.BytesIO(document)).metadata.creation_date is None  # type: ignore[union-attr]
    assert b"CreationDate" not in document
    assert b"ModDate" not in document
    assert statement_as_csv(full, DUTCH) == statement_as_csv(full, DUTCH)


def test_a_duration_of_odd_seconds_is_told_to_the_second_everywhere(full: Statement) -> None:
    (one,) = full.deductions
    odd = replace(
        full, movements=tuple(replace(each, seconds=-5417) if each is one else each for each in full.movements)
    )
    text = " ".join(pages(statement_as_pdf(odd, DUTCH, "CARE")))

    assert "−1:30:17" in text
    assert "49:00:00" in text


def test_five_hundred_lines_run_over_pages_with_the_columns_named_on_each(sqlite_store: Store) -> None:
    with sqlite_store.begin() as work:
        fill(work, tickets=[ticket("1", "Een onderwerp dat nogal lang is en dus over meer dan één regel loopt " * 3)])
        buy(work, 500)
        post(work, *(worked(f"e{number:03}", 600, Route.HOUR_CARD) for number in range(500)))
        found = pages(statement_as_pdf(statement(work), DUTCH, "CARE"))

    assert len(found) > 15
    assert sum(page.count("05-10-2026") for page in found) == 500
    for number, page in enumerate(found, start=1):
        assert f"Pagina {number} van {len(found)}" in page
        assert "05-10-2026" not in page or all(name in page for name in ("Datum", "Onderwerp", "Saldo"))


@pytest.mark.parametrize(
    "subject",
    [
        "שלום עולם: הטופס לא עובד",
        "نموذج الاتصال لا يعمل",
        "🎉👩‍👩‍👧‍👦 feest",
        "#set page(fill: red) [*bold*] $x$ \\ `raw` #panic()",
        "x" * 5000,
        "https://example.com/" + "a/" * 400,
        "half \ud83d emoji",
        "a\x00b\u202etxt.exe",
        '"}],"oops":[{',
        "",
    ],
)
def test_no_subject_breaks_the_document_or_is_taken_for_layout(full: Statement, subject: str) -> None:
    changed = replace(
        full,
        organization=replace(full.organization, name=subject or "-"),
        movements=tuple(replace(one, subject=subject, what=subject, who=subject) for one in full.movements),
    )

    assert "Eindsaldo" in " ".join(pages(statement_as_pdf(changed, DUTCH, subject or "-")))
    assert len(list(csv.reader(io.StringIO(statement_as_csv(changed, DUTCH))))) == len(full.movements) + 3


def test_a_card_that_is_overdrawn_and_a_month_without_anything_are_shown(full: Statement) -> None:
    (one, *_) = full.deductions
    overdrawn = replace(full, movements=(replace(one, seconds=-200 * HOUR),))
    empty = replace(full, movements=(), cards=(), elsewhere={})

    assert "−200:00" in " ".join(pages(statement_as_pdf(overdrawn, DUTCH, "CARE")))
    assert "Er is geen strippenkaart." in " ".join(pages(statement_as_pdf(empty, DUTCH, "CARE")))


def test_what_one_card_takes_over_from_another_is_told_in_the_readers_language(full: Statement) -> None:
    (_, adjusted) = full.others
    settled = replace(adjusted, kind="settlement", seconds=0, cards={1: 7200, 2: -7200}, what="card 2 settles card 1")
    text = " ".join(pages(statement_as_pdf(replace(full, movements=(settled,)), DUTCH, "CARE")))

    assert "Verrekening tussen kaarten" in text
    assert "kaart 1 2:00, kaart 2 −2:00" in text


def test_fonts_that_are_not_there_are_told(full: Statement, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no directory with fonts"):
        statement_as_pdf(full, DUTCH, "CARE", tmp_path / "none")
    assert statement_as_pdf(full, DUTCH, "CARE", tmp_path) == statement_as_pdf(full, DUTCH, "CARE")


def test_csv_has_a_row_a_movement_and_the_balance_after_each(full: Statement) -> None:
    rows = list(csv.DictReader(io.StringIO(statement_as_csv(full, DUTCH))))

    assert rows[0]["Soort"] == "Beginsaldo"
    assert rows[-1]["Saldo"] == str(full.closing)
    balance = full.opening
    for row in rows[1:-1]:
        balance += int(row["Tijd"])
        assert int(row["Saldo"]) == balance
    assert {row["Soort"] for row in rows} >= {"Aankoop", "Aanpassing", "Afschrijving", "Correctie"}


def test_the_customers_language_is_that_of_the_helpdesk() -> None:
    assert Language.of(NORTHWIND.locale, "nl").code == "en"
