"""A ticket is judged by what was agreed with its customer when it was reported, whatever the helpdesk says later."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import typer

from care_sync.errors import UserError
from care_sync.model.agreement import ALWAYS
from care_sync.model.mark import DirtyKind
from care_sync.pipeline.pull import pull_organizations
from care_sync.pipeline.run import PassKind
from care_sync.pipeline.update_customers import update_customers
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


def test_a_change_of_the_same_day_leaves_what_was_reported_in_the_morning(office: Office) -> None:
    hand, poll = office.file_ticket(**INSIDE), office.file_ticket(**INSIDE)
    office.work(hand, 60)
    office.work(poll, 60)
    office.sync()
    office.account.edit_organization(office.organization("Acme"), sla=False)
    office.set_facts(poll, expected_minutes=30)
    office.sync(PassKind.POLL)
    office.sync()
    assert office.balances() == {"sla": 2 * HOUR}
    assert office.replies(hand) == office.replies(poll) == []


def test_an_answer_reaches_closed_months_of_open_and_closed_tickets_alike(office: Office) -> None:
    levels_are_text(office)
    tickets = [office.file_ticket(**INSIDE) for _ in range(2)]
    for ticket in tickets:
        office.work(ticket, 60)
    office.sync()
    office.account.close(int(tickets[1]))
    office.sync()
    days_go_by(office, 31)
    office.close_month("2026-10")
    office.sync()
    assert office.balances() == {"invoice:2026-10": 2 * HOUR}
    agree(office, level="Gold")
    after = {"invoice:2026-10": 2 * HOUR, "invoice:2026-11": -2 * HOUR, "sla": 2 * HOUR}
    assert office.balances() == after
    office.sync(tickets=(tickets[1],))
    assert office.balances() == after


def test_a_default_that_is_taken_out_later_has_answered_what_it_answered(office: Office) -> None:
    levels_are_text(office, "facts: {defaults: {sla: 'no'}}\n")
    office.work(office.file_ticket(**INSIDE), 60)
    office.sync()
    days_go_by(office, 2)
    agree(office, level="Gold")
    text = office.config.read_text(encoding="utf-8")
    office.config.write_text(text.replace("facts: {defaults: {sla: 'no'}}\n", ""), encoding="utf-8")
    office.restart()
    office.sync()
    assert office.balances() == {"invoice:2026-10": HOUR}


@pytest.mark.parametrize("is_new", [False, True])
def test_what_another_process_reads_while_one_settles_is_not_lost(office: Office, is_new: bool) -> None:
    office.add_customer("Globex")
    if not is_new:
        office.sync()
        days_go_by(office, 3)
    store, site = office.application.store, office.application.site
    if is_new:
        pull_organizations(store, site.helpdesk, site.clock)
        with store.begin() as work:
            work.dirty.clear(DirtyKind.ORGANIZATION, work.dirty.take(DirtyKind.ORGANIZATION))
    with store.begin() as work:
        work.dirty.mark(DirtyKind.ORGANIZATION, [str(office.organization("Globex"))], "busy", site.now())
    office.account.edit_organization(office.organization("Acme"), sla=False)

    def meanwhile(_count: int) -> None:
        pull_organizations(store, site.helpdesk, site.clock)

    update_customers(store, site, "one", progress=meanwhile)
    seen_at = office.clock.now()
    days_go_by(office, 9)
    office.sync()
    with store.read() as work:
        assert work.dirty.count() == {}
        written = work.agreed.of_organizations([str(office.organization("Acme"))]).popitem()[1]
    said = [(one.value, one.since) for one in written if one.name == "sla"]
    assert said == ([(False, ALWAYS)] if is_new else [(True, ALWAYS), (False, seen_at)])


def test_what_was_entered_late_counts_from_the_day_that_a_person_says(office: Office, care: Shell) -> None:
    office.add_customer("Globex", sla=False)
    ticket = office.file_ticket(customer="Globex", **INSIDE)
    office.work(ticket, 60, customer="Globex")
    office.work(office.file_ticket(**INSIDE), 60)
    office.sync()
    days_go_by(office, 22)
    office.close_month("2026-10")
    agree(office, "Globex", sla=True)
    assert office.balances("Globex") == {"invoice:2026-10": HOUR}

    arguments = (
        "customers",
        "state",
        "Globex",
        "sla",
        "yes",
        "--from",
        "2026-10-01",
        "--reason",
        "signed in September",
    )
    planned = care.json(*arguments)
    assert (planned["tickets"], planned["tickets_with_closed_time"], planned["done"]) == ([ticket], [ticket], False)
    assert office.sync().counts["tickets_decided"] == 0
    done = care.json(*arguments, "--yes")
    assert done["after"] == [
        {"since": None, "value": False},
        {"since": "2026-10-01T00:00:00+02:00", "value": True},
    ]
    assert office.sync(PassKind.POLL).counts["tickets_decided"] == 1
    assert office.balances("Globex") == {"invoice:2026-10": HOUR, "invoice:2026-11": -HOUR, "sla": HOUR}
    shown = care.json("customers", "show", "Globex")
    assert shown["written_down"][-1]["reason"] == "signed in September"
    assert shown["written_down"][-1]["kind"] == "stated"
    agree(office, "Globex", sla=True)
    assert office.sync().summary == "nothing new"
    with pytest.raises(UserError, match="says so for that time already"):
        care(*arguments, "--yes")


def test_what_was_entered_early_counts_as_before_until_it_begins(office: Office, care: Shell) -> None:
    office.sync()
    days_go_by(office, 1)
    agree(office, sla=False)  # it ends with the month, and was unticked today
    ticket = office.file_ticket(**INSIDE)
    office.work(ticket, 60)
    office.sync()
    assert office.balances() == {"invoice:2026-10": HOUR}
    care.json("customers", "state", "Acme", "sla", "yes", "--until", "2026-11-01", "--reason", "ends later", "--yes")
    office.sync()
    assert office.balances() == {"sla": HOUR}
    (acme,) = care.json("customers", "list")
    assert (acme["sla"], acme["sla_since"]) == (True, None)
    days_go_by(office, 20)
    office.work(office.file_ticket(**INSIDE), 30)
    office.sync()
    assert office.balances() == {"sla": HOUR, "invoice:2026-11": 1800}


def test_a_statement_holds_for_its_time_alone_and_is_taken_back_by_another(office: Office, care: Shell) -> None:
    levels_are_text(office)
    agree(office, level="Gold")
    days_go_by(office, 5)
    agree(office, level="none")
    days_go_by(office, 2)
    agree(office, level="Gold")
    before = care.json("customers", "show", "Acme")["agreed"]["sla"]
    state = ("customers", "state", "Acme", "sla")
    first, last = "2026-10-13", "2026-10-15"
    care.json(*state, "none", "--from", first, "--until", last, "--reason", "a mistake", "--yes")
    changed = care.json("customers", "show", "Acme")["agreed"]["sla"]
    assert [one["value"] for one in changed] == ["Gold", "none", "Gold", "none", "Gold"]
    care.json(*state, "gold", "--from", first, "--until", last, "--reason", "taken back", "--yes")
    assert care.json("customers", "show", "Acme")["agreed"]["sla"] == before


def test_who_was_inside_and_is_stated_outside_is_told_by_a_person(office: Office, care: Shell) -> None:
    office.sync()
    ticket = office.file_ticket(**INSIDE)
    office.work(ticket, 60)
    office.sync()
    days_go_by(office, 1)
    care.json("customers", "state", "Acme", "sla", "no", "--from", "2026-10-12", "--reason", "never signed", "--yes")
    office.sync()
    assert office.balances() == {"invoice:2026-10": HOUR}
    assert office.replies(ticket) == []
    with office.application.store.read() as work:
        (one,) = work.attention.all("customer_not_told")
    assert one.subject == f"{ticket}:turned_outside"
    assert "what was agreed with its customer is another" in one.message


def test_what_changed_between_question_and_answer_is_not_done(
    office: Office, care: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.sync()
    days_go_by(office, 2)
    agree(office, sla=False)

    def answer(*_: object, **__: object) -> bool:
        agree(office, covered_services="hosting", sla=True)
        return True

    monkeypatch.setattr(typer, "confirm", answer)
    with pytest.raises(UserError, match="has changed in the meantime"):
        care("customers", "state", "Acme", "sla", "no", "--from", "2026-10-13", "--reason", "x")
    assert [one["kind"] for one in care.json("customers", "show", "Acme")["written_down"]].count("stated") == 0


def test_where_a_fact_came_from_names_the_day(office: Office, care: Shell) -> None:
    ticket = office.file_ticket(**INSIDE)
    office.sync()
    days_go_by(office, 2)
    agree(office, sla=False)
    said = care.json("rules", "explain", ticket)["facts"]["sla"]
    assert said["source"] == "what was agreed in sla, as of 2026-10-12"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("Acme", "sla", "yes", "--reason", "x"), "says so for that time already"),
        (("Acme", "sla", "yes", "--reason", " "), "needs a reason"),
        (("Acme", "sla", "gould", "--reason", "x"), "no customer ever had"),
        (("Acme", "sla", "yes", "--from", "2026-10-12", "--until", "2026-10-12", "--reason", "x"), "ends before it"),
        (("Nobody", "sla", "yes", "--reason", "x"), "there is no customer"),
    ],
)
def test_a_statement_that_cannot_be_is_refused_and_nothing_is_written_down(
    office: Office, care: Shell, arguments: tuple[str, ...], told: str
) -> None:
    office.sync()
    before = care.json("customers", "show", "Acme")
    with pytest.raises(UserError, match=told):
        care("customers", "state", *arguments, "--yes")
    assert care.json("customers", "show", "Acme") == before


def test_customers_are_listed_with_what_is_agreed(office: Office, care: Shell) -> None:
    office.buy_card(50)
    office.sync()
    days_go_by(office, 1)
    agree(office, covered_services="hosting", sla=False)
    (acme,) = care.json("customers", "list")
    assert (acme["sla"], acme["covered_services"]) == (False, "hosting")
    assert acme["sla_since"] == acme["covered_services_since"] == "2026-10-13T10:02:02+02:00"
    assert acme["card_seconds_left"] == 50 * HOUR
    code, output = care("customers", "list")
    assert code == 0
    for told in ("Acme", "no", "hosting", "50:00", "2026-10-13"):
        assert told in output


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


def test_what_was_seen_and_not_settled_counts_from_when_it_was_seen(office: Office) -> None:
    office.sync()
    days_go_by(office, 1)
    store, site = office.application.store, office.application.site
    office.account.edit_organization(office.organization("Acme"), sla=False)
    pull_organizations(store, site.helpdesk, site.clock)
    seen_at = office.clock.now()
    days_go_by(office, 1)
    agree(office, owner_email="eva@example.com")
    with store.read() as work:
        written = work.agreed.of_organizations([str(office.organization("Acme"))]).popitem()[1]
    assert [(one.value, one.since) for one in written if one.name == "sla"][-1] == (False, seen_at)


@pytest.mark.parametrize("filled", ["Gold", "none"])
@pytest.mark.parametrize("default", ["", "facts: {defaults: {sla: 'no'}}\n"])
def test_what_was_stated_holds_whatever_is_filled_in_later(
    office: Office, care: Shell, filled: str, default: str
) -> None:
    levels_are_text(office, default)
    office.add_customer("Globex", level="Gold", sla=None)
    ticket = office.file_ticket(**INSIDE)
    office.work(ticket, 60)
    office.sync()
    days_go_by(office, 1)
    care.json("customers", "state", "Acme", "sla", "Gold", "--from", "2026-10-01", "--reason", "signed", "--yes")
    office.sync()
    assert office.balances() == {"sla": HOUR}
    days_go_by(office, 1)
    agree(office, level=filled)
    assert office.balances() == {"sla": HOUR}


def test_what_is_stated_before_a_pass_saw_the_change_holds_too(office: Office, care: Shell) -> None:
    office.sync()
    days_go_by(office, 1)
    office.account.edit_organization(office.organization("Acme"), sla=False)
    care.json("customers", "state", "Acme", "sla", "yes", "--until", "2026-11-01", "--reason", "ends later", "--yes")
    office.sync()
    office.work(office.file_ticket(**INSIDE), 60)
    office.sync()
    assert office.balances() == {"sla": HOUR}


def test_a_default_that_is_taken_out_before_the_answer_has_answered_until_then(office: Office) -> None:
    levels_are_text(office, "facts: {defaults: {sla: 'no'}}\n")
    office.work(office.file_ticket(**INSIDE), 60)
    office.sync()
    days_go_by(office, 1)
    text = office.config.read_text(encoding="utf-8")
    office.config.write_text(text.replace("facts: {defaults: {sla: 'no'}}\n", ""), encoding="utf-8")
    office.restart()
    office.sync()
    office.work(office.file_ticket(**INSIDE), 30)
    office.sync()
    assert office.balances() == {"invoice:2026-10": HOUR, "pending": 1800}
    days_go_by(office, 1)
    agree(office, level="Gold")
    assert office.balances() == {"invoice:2026-10": HOUR, "sla": 1800}


def test_a_mistaken_statement_that_is_taken_back_tells_the_customer_nothing(office: Office, care: Shell) -> None:
    ticket = office.file_ticket(**INSIDE)
    office.work(ticket, 60)
    office.sync()
    state = ("customers", "state", "Acme", "sla")
    day = ("--from", "2026-10-12")
    care.json(*state, "no", *day, "--reason", "a mistake", "--yes")
    office.set_facts(ticket, expected_minutes=30)
    office.sync()
    assert office.balances() == {"invoice:2026-10": HOUR}
    care.json(*state, "yes", *day, "--reason", "taken back", "--yes")
    office.sync()
    assert office.balances() == {"sla": HOUR}
    assert office.replies(ticket) == []
    with office.application.store.read() as work:
        assert work.attention.all("customer_not_told") == []
