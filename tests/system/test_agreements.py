"""What was agreed with customers, through whole passes: closings, reviews, quotes, alerts."""

from __future__ import annotations

from datetime import UTC, datetime

from care_sync.audit.products import audit_helpdesk
from care_sync.ledger.closing import Closing, close_month
from care_sync.pipeline.customer import terms_of
from care_sync.pipeline.run import PassKind
from connectors.records import Organization
from tests.system.office import HOUR, INCIDENT, Office


def close(office: Office, period: str) -> Closing:
    with office.application.store.begin() as work:
        return close_month(
            work,
            period,
            terms=lambda key: terms_of(
                work, office.application.settings, work.organizations.get(key) or Organization(key, key)
            ),
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
