"""Hour cards from the command line: changing, importing, recalculating."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest

from care_sync.application import site_settings
from care_sync.ledger import cards, recalculation
from care_sync.ledger.closing import as_posted
from care_sync.ledger.posting import post_customer
from care_sync.model.prices import rate_on
from care_sync.model.terms import Terms
from care_sync.store import Store
from connectors.records import Organization
from rules.model.words import Route
from tests.cli.conftest import CONFIG, Care
from tests.ledger.book_keeping import HOUR, NOW, buy, entry, left, post, standing


@pytest.fixture
def card(site_store: Store) -> int:
    with site_store.begin() as work:
        work.organizations.upsert([Organization("5", "Bakkerij Van Dam")], NOW)
        return buy(work, 50, date(2025, 3, 1))


def test_hours_are_added_taken_away_and_written_off_for_a_reason(care: Care, site_store: Store, card: int) -> None:
    assert "52:30 hours left" in care("cards", "adjust", "1", "--hours", "2,5", "--reason", "goodwill").output
    assert "51:30 hours left" in care("cards", "adjust", "1", "--hours=-1", "--reason", "a call").output
    assert (
        care("cards", "write-off", "1", "--hours", "1.5", "--reason", "x", "--json").json["left_seconds"] == 50 * HOUR
    )
    assert "0:00 hours left" in care("cards", "write-off", "1", "--reason", "paid back").output
    movements = care("cards", "show", "1", "--json").json["movements"]
    assert [(one["kind"], one["seconds"], one["reason"]) for one in movements[1:]] == [
        ("adjustment", 9000, "goodwill"),
        ("adjustment", -3600, "a call"),
        ("write_off", -5400, "x"),
        ("write_off", -180_000, "paid back"),
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["adjust", "1", "--hours", "1"], "--reason"),
        (["adjust", "1", "--hours", "1", "--reason", ""], "needs a reason"),
        (["adjust", "1", "--hours=-51", "--reason", "x"], "50:00 hours left; 51:00 cannot be taken away"),
        (["adjust", "9", "--hours", "1", "--reason", "x"], "there is no card 9"),
        (["write-off", "1", "--hours", "0", "--reason", "x"], "nothing to write off"),
        (["write-off", "1", "--hours", "51", "--reason", "x"], "cannot be taken away"),
        (["buy", "5", "--hours", "50", "--rate", "90", "--on", "2125-01-01"], "is in the future"),
    ],
)
def test_a_change_that_will_not_do_is_told_and_nothing_is_booked(
    care: Care, site_store: Store, card: int, arguments: list[str], told: str
) -> None:
    answer = care("cards", *arguments)

    assert (answer.code, answer.output) == (2, "")
    assert told in " ".join(answer.errors.replace("│", " ").split())
    with site_store.read() as work:
        assert left(work) == {card: 50 * HOUR}


# --- import ------------------------------------------------------------------------------------------------------


def test_an_import_shows_what_it_would_do_before_it_does_it(
    care: Care, site: Path, site_store: Store, card: int
) -> None:
    file = site / "cards.csv"
    file.write_bytes("klant;gekocht op;uren;over;tarief\nBakkerij Van Dam;1-4-2025;50;12,5;89\n".encode("cp1252"))
    arguments = ("cards", "import", "cards.csv", "--taken-over-on", "2025-11-01")

    rehearsed = care(*arguments)

    assert rehearsed.code == 0
    assert "1 cards with 12:30 hours left would be imported, as of 2025-11-01" in rehearsed.output
    assert len(care("cards", "list", "--json").json) == 1
    assert not care(*arguments, "--json").json["imported"]

    done = care(*arguments, "--yes")

    assert "1 cards with 12:30 hours left are imported" in done.output
    with site_store.read() as work:
        assert work.tellings.told("low_balance", ["5"]) == {}
    assert [one["left_seconds"] for one in care("cards", "list", "--json").json] == [180_000, 45_000]
    again = care(*arguments, "--yes")
    assert (again.code, "line 2, column klant: this card is there already, as card 2" in again.errors) == (2, True)


def test_a_file_that_cannot_be_imported_is_told(care: Care, site: Path, card: int) -> None:
    (site / "cards.csv").write_text("klant;uren\nx;1\n")

    missing = care("cards", "import", "nowhere.csv")
    wrong = care("cards", "import", "cards.csv")
    future = care("cards", "import", "cards.csv", "--taken-over-on", "2125-01-01")

    assert [one.code for one in (missing, wrong, future)] == [2, 2, 2]
    assert "nowhere.csv cannot be read: No such file" in missing.errors
    assert "column bought_on is missing; column left is missing" in wrong.errors


# --- recalculation -----------------------------------------------------------------------------------------------


@pytest.fixture
def rates(site: Path) -> None:
    (site / "config.yaml").write_text(CONFIG.replace("{2026: 92.50}", "{2025: 100, 2026: 125}"), encoding="utf-8")


def judged(store: Store, site: Path) -> None:
    """A full pass has read past the due day of every card."""
    section = site_settings(site / "config.yaml").ledger.hour_card
    terms = Terms(card_rate_of=lambda day: rate_on(section.rates, day))
    with store.begin() as work:
        recalculation.judge(work, section, through=date(2026, 12, 31), now=NOW)
        post_customer(work, "5", as_posted(work, "5"), terms=terms, now=NOW)


def test_a_due_card_waits_for_a_full_pass(care: Care, rates: None, card: int) -> None:
    shown = care("cards", "recalculate")
    assert (shown.code, "judged by the next full pass" in shown.output) == (0, True)
    refused = care("cards", "recalculate", "1", "--approve")
    assert (refused.code, "judged when a full pass has read past that day" in refused.errors) == (2, True)


def test_a_due_card_is_proposed_told_and_approved(
    care: Care, rates: None, site: Path, site_store: Store, card: int
) -> None:
    judged(site_store, site)
    proposed = care("cards", "recalculate")
    assert "proposed" in proposed.output
    assert "40:00" in proposed.output
    dutch = care("cards", "recalculate", "1", "--notice", "nl").output
    assert len(dutch.splitlines()) > 5
    assert "van 50:00 naar 40:00 uur" in dutch
    assert "€\u00a0100,00" in dutch
    assert "from 50:00 to 40:00 hours" in care("cards", "recalculate", "1", "--notice", "en").output

    (done,) = care("cards", "recalculate", "--approve", "--json").json

    assert (done["state"], done["left_after_seconds"], done["transaction_id"]) == ("applied", 40 * HOUR, 2)
    assert "No card is due for recalculation." in care("cards", "recalculate").output
    with site_store.read() as work:
        assert left(work) == {card: 40 * HOUR}


def test_a_recalculation_is_declined_for_a_reason(
    care: Care, rates: None, site: Path, site_store: Store, card: int
) -> None:
    judged(site_store, site)
    refused = care("cards", "recalculate", "1", "--decline")
    assert (refused.code, "needs a reason" in refused.errors) == (2, True)

    assert "declined" in care("cards", "recalculate", "1", "--decline", "--reason", "renewed").output
    assert "No card is due" in care("cards", "recalculate").output
    with site_store.read() as work:
        assert cards.left_on(work, cards.require(work, card)) == 50 * HOUR


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["1", "--approve", "--decline"], "not both"),
        (["--decline", "--reason", "x"], "say which card"),
        (["9", "--approve"], "there is no card 9"),
        (["1", "--notice", "fr"], "is not nl or en"),
        (["1", "--notice", "nl"], "nothing is proposed or applied"),
    ],
)
def test_a_wrong_recalculation_is_told(care: Care, card: int, arguments: list[str], told: str) -> None:
    answer = care("cards", "recalculate", *arguments)

    assert (answer.code, answer.output) == (2, "")
    assert told in " ".join(answer.errors.replace("│", " ").split())


def test_a_card_that_is_low_when_it_is_imported_alarms_nobody(care: Care, site: Path, site_store: Store) -> None:
    with site_store.begin() as work:
        work.organizations.upsert([Organization("5", "Bakkerij Van Dam")], NOW)
    (site / "cards.csv").write_text("customer,bought_on,hours,left,rate\n5,2025-04-01,50,2,89\n", encoding="utf-8")

    assert care("cards", "import", "cards.csv", "--yes").code == 0

    with site_store.read() as work:
        assert work.tellings.told("low_balance", ["5"]) == {"5": {"18000"}}


# --- taking back, moving, correcting -----------------------------------------------------------------------------


@pytest.fixture
def used(site_store: Store, card: int) -> int:
    """A card that has paid an hour, and a second customer."""
    with site_store.begin() as work:
        work.organizations.upsert([Organization("6", "Globex")], NOW)
        post(work, entry("a", HOUR, Route.HOUR_CARD))
    return card


def test_a_card_is_voided_when_a_person_has_seen_what_it_does(
    care: Care, site_store: Store, used: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    refused = care("cards", "void", "1", "--reason", "sold twice")
    assert (refused.code, "Nothing was changed." in refused.output) == (1, True)
    for told in ("left on card 1", "49:00", "0:00", "invoice:2026-10", "1:00", "Bakkerij Van Dam"):
        assert told in refused.output
    with site_store.read() as work:
        assert left(work) == {used: 49 * HOUR}

    shown = care("cards", "void", "1", "--reason", "sold twice", "--json")
    assert (shown.code, shown.json["done"], shown.json["after"]["voided"]) == (1, False, True)

    done = care("cards", "void", "1", "--reason", "sold twice", "--yes")

    assert (done.code, done.errors) == (0, "")
    with site_store.read() as work:
        assert standing(work) == {"invoice:2026-10": HOUR}
    listed = care("cards", "list").output
    assert "voided" in listed
    story = care("cards", "show", "1").output
    for told in ("purchase", "void", "sold twice"):
        assert told in story
    assert "which was voided" in care("ledger", "show", "--customer", "5").output
    again = care("cards", "void", "1", "--reason", "once more", "--yes")
    assert (again.code, "was voided" in again.errors) == (2, True)


def test_a_card_is_moved_to_another_customer(care: Care, site_store: Store, used: int) -> None:
    done = care("cards", "move", "1", "--to", "Globex", "--reason", "sold to the wrong one", "--yes", "--json").json

    assert {(one["customer"], one["account"], one["after_seconds"]) for one in done["balances"]} == {
        ("Bakkerij Van Dam", "card:1", 0),
        ("Bakkerij Van Dam", "invoice:2026-10", HOUR),
        ("Globex", "card:1", -50 * HOUR),
    }
    assert "moved here from Bakkerij Van Dam" in care("cards", "list", "Globex").output
    assert care("cards", "list", "5", "--json").json == []
    assert "which was moved to Globex" in care("ledger", "show", "--customer", "5").output
    (shown,) = care("cards", "list", "6", "--json").json
    assert [one["kind"] for one in shown["changes"]] == ["moved"]
    movements = care("cards", "show", "1", "--json").json["movements"]
    assert sum(one["seconds"] for one in movements) == 50 * HOUR


def test_a_slip_is_corrected_with_a_dutch_comma(care: Care, site_store: Store, used: int) -> None:
    done = care("cards", "correct", "1", "--hours", "52,5", "--reason", "the order says so", "--yes")

    assert "50:00 → 52:30 hours" in done.output
    with site_store.read() as work:
        assert left(work) == {used: 51 * HOUR + HOUR // 2}
    assert "corrected, 50:00 → 52:30" in care("cards", "list").output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["void", "1", "--yes"], "--reason"),
        (["void", "1", "--reason", " ", "--yes"], "needs a reason"),
        (["void", "9", "--reason", "x", "--yes"], "there is no card 9"),
        (["move", "1", "--to", "Nobody", "--reason", "x", "--yes"], "Nobody"),
        (["move", "1", "--to", "5", "--reason", "x", "--yes"], "already"),
        (["correct", "1", "--reason", "x", "--yes"], "says so already"),
        (["correct", "1", "--hours", "many", "--reason", "x", "--yes"], "is not a number"),
        (["correct", "1", "--hours", "0", "--reason", "x", "--yes"], "holds hours"),
        (["buy", "5", "--hours", "50", "--rate", "90", "--on", "2025-03-01"], "--again"),
        (["buy", "5", "--hours", "500,5", "--rate", "90"], "most_hours"),
    ],
)
def test_a_change_of_a_card_that_will_not_do_is_reported_and_nothing_is_booked(
    care: Care, site_store: Store, used: int, arguments: list[str], told: str
) -> None:
    answer = care("cards", *arguments)

    assert (answer.code, answer.output) == (2, "")
    assert told in " ".join(answer.errors.replace("│", " ").split())
    with site_store.read() as work:
        assert left(work) == {used: 49 * HOUR}


def test_what_was_asked_about_is_sold_again(care: Care, used: int) -> None:
    bought = care("cards", "buy", "5", "--hours", "50", "--rate", "90", "--on", "2025-03-01", "--again")
    assert (bought.code, bought.errors) == (0, "")
