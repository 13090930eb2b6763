"""The whole vertical: a ticket and its time through decision, ledger and back into the helpdesk."""

from __future__ import annotations

from datetime import timedelta

from care_sync.pipeline.run import PassKind, Scope
from tests.system.office import HOUR, INCIDENT, Office


def test_an_incident_with_its_cause_at_care_is_inside_the_sla(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="care")
    office.work(ticket, 60)
    office.sync()
    assert office.balances() == {"sla": HOUR}
    assert office.ours(ticket) == {"sla_included", "route_sla", "next_handle"}
    assert office.field(ticket, "care_minutes") == "60"
    (note,) = office.notes(ticket)
    assert "I2" in note
    assert "binnen het SLA" in note


def test_a_second_pass_over_nothing_new_writes_nothing(office: Office) -> None:
    office.buy_card()
    for cause in ("care", "third_party", None):
        office.work(office.file_ticket(**INCIDENT, cause=cause), 45)
    office.sync()
    with office.application.store.read() as work:
        transactions = work.ledger.count()
    before = len(office.zendesk.requests)
    report = office.sync()
    assert {name: count for name, count in report.counts.items() if count} == {}
    assert [one.method for one in office.zendesk.requests[before:] if one.method != "GET"] == []
    with office.application.store.read() as work:
        assert work.ledger.count() == transactions


def test_i4_what_turns_out_to_be_outside_is_charged_and_the_customer_is_told_once(office: Office) -> None:
    card = office.buy_card()
    ticket = office.file_ticket(**INCIDENT)
    office.work(ticket, 90)
    office.sync()
    assert office.balances() == {"card:1": -50 * HOUR, "pending": 90 * 60}
    assert office.ours(ticket) == {"sla_undetermined", "route_pending", "next_ask"}
    assert "cause" in str(office.field(ticket, "care_questions"))
    assert office.replies(ticket) == []

    office.set_facts(ticket, cause="third_party")
    office.sync(PassKind.POLL)
    assert office.balances() == {f"card:{card}": -50 * HOUR + 90 * 60}
    assert {"sla_not_included", "route_hour_card"} <= office.ours(ticket)
    assert office.replies(ticket) == []
    office.quiet()
    office.sync(PassKind.POLL)
    (reply,) = office.replies(ticket)
    assert "1:30" in reply
    assert "De oorzaak ligt bij derden." in reply
    assert "Los het incident op" not in reply, "what the agent is to do next is not for the customer"
    office.sync()
    assert len(office.replies(ticket)) == 1


def test_i4_the_reply_counts_only_what_is_charged_and_its_hours_add_up(office: Office) -> None:
    office.buy_card()
    ticket = office.file_ticket(**INCIDENT)
    office.work(ticket, 6, "intake")
    office.work(ticket, 60.5)
    office.work(ticket, 61.5)
    office.sync()

    office.set_facts(ticket, cause="third_party")
    office.quiet()
    office.sync(PassKind.POLL)
    (reply,) = office.replies(ticket)
    assert "2:02 uur" in reply
    assert "SLA: " not in reply

    office.set_facts(ticket, cause="care")
    office.quiet()
    office.sync(PassKind.POLL)
    assert "De 2:02 uur die we eerder" in office.replies(ticket)[-1]


def test_an_edited_a_moved_and_a_deleted_entry_are_followed(office: Office) -> None:
    office.buy_card()
    first = office.file_ticket(kind="change", expected_minutes=30, clear="yes", estimate="none", quote="none")
    other = office.file_ticket(**INCIDENT, cause="care")
    entry, gone = office.work(first, 60), office.work(first, 15)
    office.sync()
    assert office.balances() == {"card:1": -50 * HOUR + 75 * 60}

    office.toggl.workspace.edit(entry, duration=30 * 60)
    office.toggl.workspace.delete(gone)
    office.sync()
    assert office.balances() == {"card:1": -50 * HOUR + 30 * 60}

    office.toggl.workspace.edit(entry, description=f"#{other} werk")
    office.sync()
    assert office.balances() == {"card:1": -50 * HOUR, "sla": 30 * 60}
    assert (office.field(first, "care_minutes"), office.field(other, "care_minutes")) == ("0", "30")


def test_a_ticket_that_changes_hands_takes_its_time_with_it(office: Office) -> None:
    office.add_customer("Globex", sla=False)
    ticket = office.file_ticket(**INCIDENT, cause="care")
    office.work(ticket, 60, customer=None)
    office.sync()
    assert office.balances("Acme") == {"sla": HOUR}

    office.account.update(int(ticket), office.agent, {"requester_id": office.requester("Globex")})
    office.account.update(int(ticket), office.agent, {"organization_id": office.organization("Globex")})
    office.sync()
    assert office.balances("Acme") == {}
    assert office.balances("Globex") == {"invoice:2026-10": HOUR}


def test_tags_of_agents_and_other_tools_stay(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT)
    office.account.update(int(ticket), office.agent, {"additional_tags": ["vip", "sla_gold"]})
    office.sync()
    office.set_facts(ticket, cause="care")
    office.sync()
    assert {"vip", "sla_gold", "sla_included"} <= office.tags(ticket)
    assert "sla_undetermined" not in office.tags(ticket)


def test_a_tag_of_ours_that_somebody_took_away_comes_back(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="care")
    office.sync()
    office.account.update(int(ticket), office.agent, {"remove_tags": ["sla_included"]})
    office.sync()
    assert "sla_included" in office.tags(ticket)
    assert len(office.notes(ticket)) == 1


def test_a_card_that_runs_out_shows_on_the_tickets_and_the_rest_is_invoiced(office: Office) -> None:
    office.buy_card(1)
    change = {"kind": "change", "expected_minutes": 30, "clear": "yes", "estimate": "none", "quote": "none"}
    worked, waiting = office.file_ticket(**change), office.file_ticket(**change)
    office.sync()
    assert "route_hour_card" in office.ours(waiting)
    office.work(worked, 75)
    office.sync()
    assert office.balances() == {"invoice:2026-10": 15 * 60}
    assert "route_hour_card" in office.ours(worked)
    assert "route_invoice" in office.ours(waiting)


def test_a_card_that_runs_out_in_the_same_pass_gives_each_ticket_one_note(office: Office) -> None:
    office.buy_card(1)
    change = {"kind": "change", "expected_minutes": 30, "clear": "yes", "estimate": "none", "quote": "none"}
    worked, waiting = office.file_ticket(**change), office.file_ticket(**change)
    office.work(worked, 75)
    office.sync()

    assert "route_invoice" in office.ours(waiting)
    (note,) = office.notes(waiting)
    assert "maandfactuur" in note
    assert len(office.notes(worked)) == 1


def test_a_note_that_could_not_be_written_is_written_once_in_its_newest_form(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT)
    office.work(ticket, 30)
    office.clock.advance(timedelta(seconds=61))
    office.application.rehearse(office.application.store, Scope(PassKind.FULL))
    office.work(ticket, 15)
    office.sync()

    (note,) = office.notes(ticket)
    assert "0:45" in note


def test_a_running_timer_counts_when_it_stops(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="care")
    user = next(iter(office.toggl.workspace.users.values()))
    timer = office.toggl.workspace.start_timer(user.id, f"#{ticket} bezig")
    office.sync()
    assert office.balances() == {}
    office.clock.advance(timedelta(minutes=30))
    office.toggl.workspace.stop_timer(timer)
    office.sync()
    assert office.balances() == {"sla": office.toggl.workspace.entries[timer].duration}


def test_an_entry_that_waits_for_its_ticket_is_taken_up_when_it_comes(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="care")
    office.sync()
    office.work(str(int(ticket) + 1), 20)
    report = office.try_sync()
    assert report.failures == []
    assert office.balances() == {}
    late = office.file_ticket(**INCIDENT, cause="care")
    assert late == str(int(ticket) + 1)
    office.sync()
    assert office.balances() == {"sla": 20 * 60}


def test_a_closed_ticket_is_never_written_and_its_time_still_counts(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="care")
    office.sync()
    office.account.close(int(ticket))
    office.work(ticket, 30)
    before = len(office.zendesk.requests)
    report = office.sync()
    assert report.counts["tickets_closed"] == 1
    assert office.balances() == {"sla": 30 * 60}
    assert [one.path for one in office.zendesk.requests[before:] if one.method != "GET"] == []
