"""What was agreed with customers, through whole passes: closings, reviews, quotes, alerts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from care_sync.audit.products import audit_helpdesk
from care_sync.ledger import recalculation
from care_sync.ledger.closing import Closing, close_month
from care_sync.pipeline.customer import terms_of
from care_sync.pipeline.run import PassKind
from care_sync.settings.mail import MailSection
from connectors.records import Organization
from tests.smtp import Mailbox, OnLoopback
from tests.system.office import HOUR, INCIDENT, Office


def close(office: Office, period: str) -> Closing:
    with office.application.store.begin() as work:
        return close_month(
            work,
            period,
            terms=lambda key: terms_of(
                work, office.application.settings, work.organizations.get(key) or Organization(key, key)
            ),
            prices=office.application.settings.ledger.prices,
            now=office.clock.now(),
            today=office.application.site.today(),
            actor="anna",
        )


def november(office: Office) -> None:
    office.clock.move_to(datetime(2026, 11, 2, 8, 0, tzinfo=UTC))


def test_i4_customers_are_told_what_a_closing_charged_and_what_is_credited_back(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT)
    office.work(ticket, 90)
    office.sync()
    november(office)
    assert [one.seconds for one in close(office, "2026-10").charged] == [90 * 60]

    office.sync()
    (told,) = office.replies(ticket)
    assert "oktober 2026" in told
    assert "1:30" in told
    assert {name: count for name, count in office.sync().counts.items() if count} == {}

    office.set_facts(ticket, cause="care")
    office.sync(PassKind.POLL)
    assert office.balances() == {"invoice:2026-10": 90 * 60, "invoice:2026-11": -90 * 60, "sla": 90 * 60}
    office.quiet()
    office.sync(PassKind.POLL)
    assert "krijg je terug" in office.replies(ticket)[-1]
    assert len(office.replies(ticket)) == 2


def test_what_a_closing_takes_from_a_card_shows_on_every_ticket_that_the_card_paid(office: Office) -> None:
    office.buy_card(2)
    undetermined = office.file_ticket(**INCIDENT)
    office.work(undetermined, 90, days_ago=3)
    change = office.file_ticket(kind="change", expected_minutes=30, clear="yes", estimate="none", quote="none")
    office.work(change, 60, days_ago=1)
    office.sync()
    assert office.field(change, "care_card_minutes") == "60"
    november(office)
    close(office, "2026-10")

    office.sync(PassKind.POLL)
    assert office.field(change, "care_card_minutes") == "30"
    with office.application.store.read() as work:
        assert list(audit_helpdesk(work, office.application.site.helpdesk, "")) == []


def test_time_of_a_closed_month_that_is_edited_moved_or_deleted_is_corrected_in_the_open_one(office: Office) -> None:
    office.add_customer("Other")
    inside = office.file_ticket(**INCIDENT, cause="third_party")
    outside = office.file_ticket(**INCIDENT, cause="third_party", customer="Other")
    edited, moved, deleted = (office.work(inside, 60) for _ in range(3))
    office.sync()
    november(office)
    close(office, "2026-10")

    workspace = office.toggl.workspace
    workspace.edit(edited, duration=30 * 60)
    workspace.delete(deleted)
    workspace.edit(moved, description=f"#{outside} werk", project_id=office._project("Other"))
    office.work(inside, 15, days_ago=20)
    office.sync()

    assert office.balances() == {"invoice:2026-10": 3 * HOUR, "invoice:2026-11": -3 * HOUR + 45 * 60}
    assert office.balances("Other") == {"invoice:2026-11": HOUR}
    assert {name: count for name, count in office.sync().counts.items() if count} == {}


def test_k1_what_exceeds_fair_use_is_decided_on_in_the_helpdesk(office: Office) -> None:
    ticket = office.file_ticket(kind="short_question", expected_minutes=10)
    office.work(ticket, 80)
    office.sync()
    assert office.balances() == {"fair_use:2026-10": HOUR, "review": 20 * 60}

    office.account.update(int(ticket), office.agent, {"tags": [*office.tags(ticket), "care_review_15"]})
    office.sync(PassKind.POLL)
    assert office.balances() == {"fair_use:2026-10": HOUR, "invoice:2026-10": 15 * 60, "waived": 5 * 60}
    assert "care_review_15" in office.tags(ticket)
    assert {name: count for name, count in office.sync().counts.items() if count} == {}


def test_o3_an_accepted_quote_absorbs_the_alignment_that_went_before(office: Office) -> None:
    ticket = office.file_ticket(kind="new_build", quote="requested", quote_basis="fixed", expected_minutes=600)
    office.work(ticket, 30, "alignment")
    office.sync()
    before = office.balances()
    office.set_facts(ticket, quote="accepted")
    office.work(ticket, 60)
    office.sync()
    assert before != office.balances() == {f"quote:{ticket}": 90 * 60}


def test_o4_time_on_a_declined_quote_goes_to_review_and_is_charged_when_somebody_says_so(office: Office) -> None:
    ticket = office.file_ticket(kind="new_build", quote="requested", quote_basis="fixed", expected_minutes=600)
    office.work(ticket, 30, "alignment")
    office.sync()
    office.set_facts(ticket, quote="declined")
    office.sync(PassKind.POLL)
    assert office.balances() == {"review": 30 * 60}
    office.account.update(int(ticket), office.agent, {"tags": [*office.tags(ticket), "care_review_all"]})
    office.sync(PassKind.POLL)
    assert office.balances() == {"invoice:2026-10": 30 * 60}


# --- estimates ---------------------------------------------------------------------------------------------------

CHANGE = {"kind": "change", "clear": "yes", "quote": "none"}


def memos(office: Office, ticket: str, word: str) -> list[str]:
    return [note for note in office.notes(ticket) if note.startswith(word)]


def test_m3_the_agent_is_told_once_how_much_of_the_estimate_is_used(office: Office) -> None:
    ticket = office.file_ticket(**CHANGE, expected_minutes=100, estimate="agreed")
    office.work(ticket, 79)
    office.work(ticket, 60, "alignment")
    office.sync()
    assert memos(office, ticket, "Schatting") == []

    office.work(ticket, 1)
    office.sync()
    (told,) = memos(office, ticket, "Schatting")
    assert told.startswith("Schatting voor 80% verbruikt: 1:20 van 1:40 uur")
    assert {name: count for name, count in office.sync().counts.items() if count} == {}

    office.work(ticket, 30)
    office.sync()
    assert memos(office, ticket, "Schatting")[1:] == [
        note for note in office.notes(ticket) if note.startswith("Schatting verbruikt: 1:50 van 1:40 uur")
    ]
    office.set_facts(ticket, expected_minutes=120)
    office.sync()
    assert len(memos(office, ticket, "Schatting")) == 3
    assert len(memos(office, ticket, "Schatting voor 80% verbruikt: 1:50 van 2:00 uur")) == 1


# --- alerts ------------------------------------------------------------------------------------------------------


CHARGED = {"kind": "consultancy", "expected_minutes": 60, "quote": "none", "estimate": "none"}


def owned(office: Office, **changes: Any) -> str:
    """A ticket of the account owner, named by the customer's organization."""
    office.add_customer("Own office")
    ticket = office.file_ticket("Strippenkaarten", customer="Own office", kind="other")
    office.account.edit_organization(office.organization("Acme"), owner_ticket=ticket, **changes)
    return ticket


def test_a_card_that_runs_low_and_empty_is_told_once_each_to_customer_and_owner(office: Office) -> None:
    office.buy_card(8)
    owner = owned(office)
    ticket = office.file_ticket(**CHARGED)
    office.work(ticket, 150)
    office.sync()
    assert office.replies(ticket) == []

    office.work(ticket, 40)
    office.sync()
    (reply,) = office.replies(ticket)
    assert "staat nog 4:50 van de 8:00 uur" in reply
    assert "zijn de uren op rond" in reply
    assert "maandfactuur" in reply
    (memo,) = memos(office, owner, "Strippenkaart van Acme")
    assert memo.startswith("Strippenkaart van Acme: nog 4:50 uur")
    assert f"ticket #{ticket}; de klant is daar ingelicht" in memo
    with office.application.store.read() as work:
        assert [one.subject for one in work.attention.all("low_balance")] == [str(office.organization("Acme"))]
    assert {name: count for name, count in office.sync().counts.items() if count} == {}

    office.work(ticket, 400)
    office.sync()
    assert "is op: van de 8:00 uur is niets over" in office.replies(ticket)[-1]
    assert len(office.replies(ticket)) == len(memos(office, owner, "Strippenkaart van Acme")) == 2

    office.buy_card(50)
    office.sync()
    with office.application.store.read() as work:
        assert work.attention.all("low_balance") == []


def test_an_owner_who_cannot_be_told_is_told_of(office: Office) -> None:
    owner = owned(office, owner_email="nobody")
    office.account.close(int(owner))
    office.buy_card(1)
    office.work(office.file_ticket(**CHARGED), 60)
    office.sync()
    with office.application.store.read() as work:
        (told,) = work.attention.all("owner_not_told")
    assert f"the ticket {owner} in the field owner_ticket takes no note" in told.message
    assert '"nobody" in the field owner_email is no e-mail address' in told.message


def test_a_card_on_a_closed_ticket_is_told_to_the_owner_alone(office: Office) -> None:
    owner = owned(office)
    office.buy_card(6)
    ticket = office.file_ticket(**CHARGED)
    office.sync()
    office.account.close(int(ticket))
    office.work(ticket, 360)
    office.sync()
    assert office.replies(ticket) == []
    (memo,) = memos(office, owner, "Strippenkaart van Acme: op")
    assert "niet ingelicht" in memo


def test_h5_a_recalculation_is_proposed_and_told_to_the_owner_with_the_notice_in_both_languages(office: Office) -> None:
    owner = owned(office)
    card = office.buy_card(50, bought_on=date(2025, 10, 1))
    office.sync()
    (memo,) = memos(office, owner, f"Strippenkaart {card} van Acme kan worden herberekend")
    assert "van 50:00 naar 48:39 uur" in memo
    assert "from 50:00 to 48:39 hours" in memo
    assert {name: count for name, count in office.sync().counts.items() if count} == {}

    with office.application.store.begin() as work:
        acme = work.organizations.get(str(office.organization("Acme")))
        assert acme is not None
        terms = terms_of(work, office.application.settings, acme)
        recalculation.approve(
            work, card, date(2026, 10, 1), terms=terms, now=office.clock.now(), actor="anna", reason=""
        )
    office.sync(PassKind.POLL)
    assert len(memos(office, owner, f"Strippenkaart {card} van Acme is herberekend")) == 1
    assert {name: count for name, count in office.sync().counts.items() if count} == {}


def test_owners_and_the_office_are_told_by_mail(office: Office) -> None:
    owned(office, owner_email="owner@care.example")
    mailbox = Mailbox()
    server = OnLoopback(mailbox, hostname="127.0.0.1", port=0)
    server.start()
    try:
        settings = office.application.settings
        mail = MailSection(host="127.0.0.1", port=server.port, security="none", sender="care-sync@care.example")
        alerts = settings.alerts.model_copy(update={"mail_to": ("office@care.example", "Owner@care.example")})
        site = replace(office.application.site, settings=settings.model_copy(update={"mail": mail, "alerts": alerts}))
        office.application = replace(office.application, started_with=site)
        office.buy_card(1)
        office.work(office.file_ticket(**CHARGED), 60)
        assert office.sync().counts["mails_sent"] == 2
        assert office.sync().counts["mails_sent"] == 0
    finally:
        server.stop()
    assert sorted(mailbox.recipients) == ["office@care.example", "owner@care.example"]
    assert {str(mail["Subject"]) for mail in mailbox.received} == {"Strippenkaart van Acme: op"}
    assert "de klant is daar ingelicht" in str(mailbox.received[0].get_content())


@pytest.mark.parametrize("named", ["abc", "999999", "12 34"])
def test_an_owners_ticket_that_is_not_there_is_told_and_stops_nothing(office: Office, named: str) -> None:
    office.account.edit_organization(office.organization("Acme"), owner_ticket=named)
    office.buy_card(1)
    ticket = office.file_ticket(**CHARGED)
    office.work(ticket, 60)
    office.sync()
    assert len(office.replies(ticket)) == 1
    with office.application.store.read() as work:
        (told,) = work.attention.all("write_refused")
    assert f"ticket {named} could not be written" in told.message
    assert {name: count for name, count in office.sync().counts.items() if count} == {}
