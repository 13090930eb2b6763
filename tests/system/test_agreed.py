"""What was agreed with a customer counts from a day: what was reported before is judged by what was agreed before."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from care_sync.errors import UserError
from care_sync.pipeline.run import PassKind
from tests.system.office import HOUR, INCIDENT, Office
from tests.system.test_commands import Shell

INSIDE = {**INCIDENT, "cause": "care"}


@pytest.fixture
def care(office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(office, tmp_path / "config.yaml", capsys)


def agree(office: Office, customer: str = "Acme", **fields: object) -> None:
    """Somebody edits the organization, and the nightly pass sees it."""
    office.account.edit_organization(office.organization(customer), **fields)
    office.sync()


def levels_are_text(office: Office, more_settings: str = "") -> None:
    """A site that writes the SLA's level in a field that can be empty, as a checkbox cannot."""
    office.account.add_organization_field("level", "text")
    text = office.config.read_text(encoding="utf-8")
    office.config.write_text(text.replace("{sla: sla,", "{sla: level,"), encoding="utf-8")
    office.restart(more_settings)


def days_go_by(office: Office, days: int) -> None:
    office.clock.advance(timedelta(days=days))


def test_an_sla_that_ends_moves_nothing_of_what_was_reported_before(office: Office) -> None:
    before = office.file_ticket(**INSIDE)
    office.work(before, 60)
    office.sync()
    days_go_by(office, 3)
    agree(office, sla=False)
    assert office.balances() == {"sla": HOUR}
    assert "sla_included" in office.ours(before)

    after = office.file_ticket(**INSIDE)
    office.work(after, 30)
    office.work(before, 10)
    office.sync()
    assert office.balances() == {"sla": HOUR + 600, "invoice:2026-10": 1800}
    assert "sla_not_included" in office.ours(after)
    assert office.replies(before) == []
    assert office.sync().summary == "nothing new"


def test_an_sla_that_begins_does_not_reach_back(office: Office) -> None:
    office.add_customer("Globex", sla=False)
    before = office.file_ticket(customer="Globex", **INSIDE)
    office.work(before, 60, customer="Globex")
    office.sync()
    days_go_by(office, 1)
    agree(office, "Globex", sla=True)
    after = office.file_ticket(customer="Globex", **INSIDE)
    office.work(after, 60, customer="Globex")
    office.sync()
    assert office.balances("Globex") == {"invoice:2026-10": HOUR, "sla": HOUR}


def test_a_field_that_nobody_had_filled_in_is_an_answer_to_all_that_was_asked(office: Office) -> None:
    levels_are_text(office)
    ticket = office.file_ticket(**INSIDE)
    office.work(ticket, 60)
    office.sync()
    assert office.balances() == {"pending": HOUR}
    days_go_by(office, 2)
    agree(office, level="Gold")
    assert office.balances() == {"sla": HOUR}
    days_go_by(office, 2)
    agree(office, level="")
    asked = office.file_ticket(**INSIDE)
    office.work(asked, 30)
    office.sync()
    assert office.balances() == {"sla": HOUR, "pending": 1800}
    days_go_by(office, 2)
    agree(office, level="none")
    assert office.balances() == {"sla": HOUR, "invoice:2026-10": 1800}


def test_a_service_that_is_added_counts_from_then(office: Office) -> None:
    before = office.file_ticket(**{**INSIDE, "service": "hosting"})
    office.work(before, 60)
    office.sync()
    days_go_by(office, 2)
    agree(office, covered_services="hosting")
    office.work(office.file_ticket(**{**INSIDE, "service": "hosting"}), 30)
    office.sync()
    assert office.balances() == {"invoice:2026-10": HOUR, "sla": 1800}


def test_where_a_default_answered_a_field_that_is_filled_in_counts_from_then(office: Office) -> None:
    levels_are_text(office, "facts: {defaults: {sla: 'no'}}\n")
    before = office.file_ticket(**INSIDE)
    office.work(before, 60)
    office.sync()
    assert office.balances() == {"invoice:2026-10": HOUR}
    days_go_by(office, 2)
    agree(office, level="Gold")
    office.work(office.file_ticket(**INSIDE), 30)
    office.sync()
    assert office.balances() == {"invoice:2026-10": HOUR, "sla": 1800}


def test_a_service_that_is_taken_out_of_the_agreement_was_in_it_until_then(office: Office) -> None:
    agree(office, covered_services="hosting")
    before = office.file_ticket(**{**INSIDE, "service": "hosting"})
    office.work(before, 60)
    office.sync()
    days_go_by(office, 1)
    agree(office, covered_services="mail")
    assert office.balances() == {"sla": HOUR}
    office.work(office.file_ticket(**{**INSIDE, "service": "hosting"}), 30)
    office.sync()
    assert office.balances() == {"sla": HOUR, "invoice:2026-10": 1800}


def test_a_month_gives_the_free_minutes_of_any_of_its_days(office: Office) -> None:
    office.sync()
    agree(office, sla=False)
    question = office.file_ticket(kind="short_question", expected_minutes=10)
    office.work(question, 20)
    office.sync()
    assert office.balances() == {"fair_use:2026-10": 20 * 60}
    days_go_by(office, 25)
    later = office.file_ticket(kind="short_question", expected_minutes=10)
    office.work(later, 20)
    office.sync()
    assert office.balances() == {"fair_use:2026-10": 20 * 60, "review": 20 * 60}


def test_what_was_entered_late_counts_from_the_day_that_a_person_says(office: Office, care: Shell) -> None:
    office.add_customer("Globex", sla=False)
    ticket = office.file_ticket(customer="Globex", **INSIDE)
    other = office.file_ticket(**INSIDE)
    office.work(ticket, 60, customer="Globex")
    office.work(other, 60)
    office.sync()
    days_go_by(office, 22)
    office.close_month("2026-10")
    agree(office, "Globex", sla=True)
    assert office.balances("Globex") == {"invoice:2026-10": HOUR}

    arguments = ("customers", "since", "Globex", "sla", "2026-10-01", "--reason", "signed in September")
    planned = care.json(*arguments)
    assert (planned["tickets"], planned["tickets_with_closed_time"], planned["done"]) == ([ticket], [ticket], False)
    assert office.sync().counts["tickets_decided"] == 0
    done = care.json(*arguments, "--yes")
    assert done["after"] == [{"since": None, "value": False}, {"since": "2026-10-01", "value": True}]
    assert office.sync(PassKind.POLL).counts["tickets_decided"] == 1
    assert office.balances("Globex") == {"invoice:2026-10": HOUR, "invoice:2026-11": -HOUR, "sla": HOUR}
    shown = care.json("customers", "show", "Globex")
    assert shown["written_down"][-1]["reason"] == "signed in September"
    assert shown["written_down"][-1]["actor"] not in ("", "care-sync")
    agree(office, "Globex", sla=True)
    assert office.sync().summary == "nothing new"


def test_what_was_entered_early_counts_as_before_until_it_begins(office: Office, care: Shell) -> None:
    office.sync()
    days_go_by(office, 1)
    agree(office, sla=False)  # it ends with the month, and was unticked today
    ticket = office.file_ticket(**INSIDE)
    office.work(ticket, 60)
    office.sync()
    assert office.balances() == {"invoice:2026-10": HOUR}
    care.json("customers", "since", "Acme", "sla", "2026-11-01", "--reason", "ends with the month", "--yes")
    office.sync()
    assert office.balances() == {"sla": HOUR}
    days_go_by(office, 20)
    office.work(office.file_ticket(**INSIDE), 30)
    office.sync()
    assert office.balances() == {"sla": HOUR, "invoice:2026-11": 1800}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("Acme", "sla", "2026-11-01", "--reason", "x"), "is not known"),
        (("Acme", "sla", "2026-11-01", "--reason", " "), "needs a reason"),
        (("Acme", "covered_services", "2026-11-01", "--reason", "x"), "never said anything"),
        (("Nobody", "sla", "2026-11-01", "--reason", "x"), "there is no customer"),
    ],
)
def test_a_day_that_cannot_be_is_refused_and_nothing_is_written_down(
    office: Office, care: Shell, arguments: tuple[str, ...], told: str
) -> None:
    office.sync()
    before = care.json("customers", "show", "Acme")
    with pytest.raises(UserError, match=told):
        care("customers", "since", *arguments, "--yes")
    assert care.json("customers", "show", "Acme") == before


def test_customers_are_listed_with_what_is_agreed(office: Office, care: Shell) -> None:
    office.buy_card(50)
    office.sync()
    days_go_by(office, 1)
    agree(office, covered_services="hosting")
    agree(office, sla=False)
    (acme,) = care.json("customers", "list")
    assert (acme["sla"], acme["covered_services"]) == (False, "hosting")
    assert acme["sla_since"] == office.application.site.today().isoformat()
    assert acme["card_seconds_left"] == 50 * HOUR
    code, output = care("customers", "list")
    assert code == 0
    for told in ("Acme", "no", "hosting", "50:00"):
        assert told in output
    assert date.fromisoformat(acme["sla_since"]) == date(2026, 10, 13)


def test_a_field_that_is_mapped_no_longer_says_nothing(office: Office) -> None:
    ticket = office.file_ticket(**INSIDE)
    office.work(ticket, 60)
    office.sync()
    text = office.config.read_text(encoding="utf-8")
    office.config.write_text(text.replace("{sla: sla, ", "{"), encoding="utf-8")
    office.restart()
    office.sync()
    assert office.balances() == {"pending": HOUR}
    office.config.write_text(text, encoding="utf-8")
    office.restart()
    office.sync()
    assert office.balances() == {"sla": HOUR}
