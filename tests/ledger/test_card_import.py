"""Taking over cards from another administration: all of a file or nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from care_sync.errors import UserError
from care_sync.ledger.card_import import PlannedCard, import_cards, read_cards
from care_sync.store import Store, UnitOfWork
from connectors.records import Organization
from rules.model.words import Route
from tests.ledger.book_keeping import HOUR, NOW, TODAY, entry, left, post, standing

START = date(2026, 11, 1)
GOOD = """\
klant;gekocht op;uren;over;tarief;referentie
Bakkerij Van Dam;1-3-2025;50;12:30;€ 89,00;F2025-12
6;2026-02-10;62,5;62,5;;
"""


@pytest.fixture
def customers(store: Store) -> Store:
    with store.begin() as work:
        work.organizations.upsert(
            [Organization("5", "Bakkerij Van Dam"), Organization("6", "Acme"), Organization("7", "Gone", deleted=True)],
            NOW,
        )
    return store


def read(work: UnitOfWork, text: str) -> list[PlannedCard]:
    return read_cards(work, text.encode(), rates={date(2026, 1, 1): Decimal("92.50")}, today=TODAY, taken_over_on=START)


def take_over(work: UnitOfWork, text: str) -> None:
    import_cards(work, read(work, text), taken_over_on=START, now=NOW, actor="anna", source="cards.csv")


def test_cards_are_taken_over_with_what_is_left_on_them(customers: Store) -> None:
    with customers.begin() as work:
        take_over(work, GOOD)
        (of_baker,) = work.cards.of_organization("5")
        (of_acme,) = work.cards.of_organization("6")
        assert (of_baker.bought_on, of_baker.seconds, of_baker.rate, of_baker.reference, of_baker.taken_over_on) == (
            date(2025, 3, 1),
            50 * HOUR,
            Decimal("89.00"),
            "F2025-12",
            START,
        )
        assert of_acme.rate == Decimal("92.50")
        assert left(work) == {of_baker.card_id: 12 * HOUR + 1800}
        assert left(work, "6") == {of_acme.card_id: 62 * HOUR + 1800}
        assert [(one.kind, one.actor, one.reason) for one in work.ledger.of_organization("5")] == [
            ("purchase", "anna", "taken over from cards.csv, line 2"),
            ("adjustment", "anna", "used before 2026-11-01; taken over from cards.csv, line 2"),
        ]


def test_work_from_before_they_were_taken_over_is_not_deducted_again(customers: Store) -> None:
    with customers.begin() as work:
        take_over(work, GOOD)
        post(
            work,
            entry("before", HOUR, Route.HOUR_CARD, date(2026, 10, 31)),
            entry("after", HOUR, Route.HOUR_CARD, START),
        )
        assert standing(work)["invoice:2026-10"] == HOUR
        assert sum(left(work).values()) == 11 * HOUR + 1800


def test_a_file_is_imported_once(customers: Store) -> None:
    with customers.begin() as work:
        take_over(work, GOOD)
        with pytest.raises(UserError) as raised:
            read(work, GOOD)
    assert raised.value.problems == (
        "line 2, column referentie: this card is there already, as card 1",
        "line 3, column klant: this card is there already, as card 2",
    )


BAD = """\
klant;gekocht op;uren;over;tarief;referentie
Bakkerij;1-3-2025;50;12;89;A
Gone;1-3-2025;50;12;89;A
Acme;3/1/2025;50;12;89;A
Acme;2026-11-02;50;12;89;B
Acme;1-3-2025;1.250;12;89;C
Acme;1-3-2025;50;-2;89;D
Acme;1-3-2025;50;60;89;E
Acme;1-3-2025;50;12;;F
Acme;1-3-2025;50;12;0;G
Acme;1-3-2025;50;12;89;H
Acme;1-3-2025;50;10;89;h
"""


def test_every_bad_cell_is_named_by_line_and_column_and_nothing_is_imported(customers: Store) -> None:
    with customers.begin() as work:
        with pytest.raises(UserError) as raised:
            read(work, BAD)
        assert work.cards.all() == []
    places = [problem.split(": ")[0] for problem in raised.value.problems]
    assert places == [
        "line 2, column klant",
        "line 3, column klant",
        "line 4, column gekocht op",
        "line 5, column gekocht op",
        "line 6, column uren",
        "line 7, column over",
        "line 8, column over",
        "line 9, column tarief",
        "line 10, column tarief",
        "line 12, column referentie",
    ]
    assert "this card is there already, as line 11" in raised.value.problems[-1]


@pytest.mark.parametrize("text", ["", "klant;gekocht op;uren;over\n", "klant;uren\nAcme;50", "PK\0\0"])
def test_a_file_that_holds_no_cards_is_told(customers: Store, text: str) -> None:
    with customers.begin() as work, pytest.raises(UserError, match="cannot be imported"):
        read(work, text)
