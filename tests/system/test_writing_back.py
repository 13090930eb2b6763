"""Writes whose answers are lost, processes that die, products that are down: what an agent sees is right in the end."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from care_sync.model.lease import SendState
from care_sync.pipeline.push import LEASE
from care_sync.pipeline.run import PassKind
from connectors.sandbox.server import FaultKind
from tests.system.office import HOUR, INCIDENT, Office

WRITES = r"PUT /api/v2/tickets/update_many\.json"


def outbox(office: Office) -> dict[str, int]:
    with office.application.store.read() as work:
        return work.outbox.counts()


def attention(office: Office) -> dict[str, str]:
    with office.application.store.read() as work:
        return {one.subject: one.message for one in work.attention.all("write_refused")}


def test_a_write_whose_answer_was_lost_is_found_and_not_made_again(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="care")
    office.zendesk.faults.add(FaultKind.LOST_AFTER, route=WRITES, times=1)
    report = office.try_sync()
    assert report.counts["writes_later"] == 1
    office.clock.advance(timedelta(hours=2))
    report = office.sync(PassKind.PUSH)
    assert report.counts["writes_found"] == 1
    assert len(office.notes(ticket)) == 1
    assert outbox(office) == {"done": 1}


def test_a_note_that_stands_is_not_written_again_when_the_one_after_it_was_withdrawn(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="care")
    office.sync()
    for cause in ("customer", "care"):
        office.set_facts(ticket, cause=cause)
        office.sync(PassKind.POLL, pushes=False)
    office.sync(PassKind.PUSH)
    assert len(office.notes(ticket)) == 1
    assert office.ours(ticket) == {"sla_included", "route_sla", "next_handle"}


def test_a_write_that_never_arrived_is_made_later(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="care")
    office.zendesk.faults.add(FaultKind.LOST_BEFORE, route=WRITES, times=1)
    office.try_sync()
    assert office.notes(ticket) == []
    office.clock.advance(timedelta(hours=2))
    office.sync(PassKind.PUSH)
    assert len(office.notes(ticket)) == 1
    assert outbox(office) == {"done": 1}


def test_a_helpdesk_that_is_down_for_hours_loses_nothing(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="care")
    office.work(ticket, 60)
    office.sync(pushes=False)
    assert office.balances() == {"sla": HOUR}
    office.zendesk.faults.add(FaultKind.DOWN, route=WRITES)
    for _ in range(6):
        assert office.try_sync(PassKind.PUSH).failures != []
        office.clock.advance(timedelta(hours=1))
    office.zendesk.faults.clear()
    office.sync(PassKind.PUSH)
    assert len(office.notes(ticket)) == 1
    assert outbox(office) == {"done": 1}


def test_what_a_daemon_that_died_had_begun_is_looked_for_and_then_made(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="care")
    office.sync(pushes=False)
    now = office.clock.now()
    with office.application.store.begin() as work:
        (row,) = work.outbox.claim(now, now + LEASE)
        assert row.state is SendState.PLANNED
    assert office.sync(PassKind.PUSH).counts.get("writes_made", 0) == 0
    office.clock.advance(LEASE)
    office.sync(PassKind.PUSH)
    assert len(office.notes(ticket)) == 1


def test_a_ticket_that_closes_between_plan_and_push_is_reported_and_left_alone(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="care")
    office.sync(pushes=False)
    office.account.close(int(ticket))
    office.sync(PassKind.PUSH)
    assert office.notes(ticket) == []
    assert outbox(office) == {"refused": 1}
    with office.application.store.read() as work:
        assert [one.kind for one in work.attention.all()] == ["write_refused"]


def test_what_the_helpdesk_refuses_is_told_and_written_when_that_is_mended(office: Office) -> None:
    ticket, fine = office.file_ticket(**INCIDENT, cause="care"), office.file_ticket(**INCIDENT, cause="customer")
    scope = next(one for one in office.account.records.ticket_fields.values() if one.title == "CARE scope")
    scope.type, scope.options = "tagger", {"not_included": "Buiten het SLA"}
    report = office.try_sync()
    assert (report.counts["writes_made"], report.counts["writes_refused"]) == (1, 1)
    assert (office.ours(ticket), len(office.ours(fine))) == (set(), 3)
    (told,) = attention(office).values()
    assert f"care-sync sync --ticket {ticket}" in told
    assert "CARE scope" in told

    scope.options = {**scope.options, "included": "Binnen het SLA"}
    office.sync(tickets=(ticket,))
    assert office.ours(ticket) == {"sla_included", "route_sla", "next_handle"}
    assert len(office.notes(ticket)) == 1
    assert attention(office) == {}
    assert office.sync().counts["writes_planned"] == 0


def test_a_reply_that_the_helpdesk_refuses_is_told_by_a_person(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT)
    office.sync()
    office.set_facts(ticket, cause="customer")
    office.quiet()
    office.sync(PassKind.POLL, pushes=False)
    office.account.close(int(ticket))
    office.sync(PassKind.PUSH)
    (told,) = [text for key, text in attention(office).items() if "-" in key]
    assert "was not told" in told
    assert "Beste Eva of Acme" in told


def test_references_are_never_given_twice_also_by_a_store_that_began_anew(
    office: Office, tmp_path: Path, sqlite_template: Path
) -> None:
    ticket = office.file_ticket(**INCIDENT)
    office.sync()
    shutil.copyfile(sqlite_template, tmp_path / "anew.sqlite")
    office.restart(store_url=f"sqlite:///{tmp_path / 'anew.sqlite'}")
    office.set_facts(ticket, cause="care")
    office.sync()
    office.set_facts(ticket, cause="customer")
    office.quiet()
    office.sync()
    marks = [audit.custom for audit in office.account.records.audits[int(ticket)] if audit.custom]
    references = [mark["care_sync"]["reference"] for mark in marks]
    assert len(references) == 4
    assert len(set(references)) == 4


def test_a_daemon_whose_claim_ran_out_undoes_nothing_of_who_took_it_over(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="care")
    office.sync(pushes=False)
    with office.application.store.begin() as work:
        slow = work.outbox.claim(office.clock.now(), office.clock.now() + LEASE)
    office.clock.advance(LEASE)
    office.sync(PassKind.PUSH)
    assert len(office.notes(ticket)) == 1
    with office.application.store.begin() as work:
        for row in slow:
            work.outbox.finish(row, SendState.PLANNED, due_at=office.clock.now())
    office.sync(PassKind.PUSH)
    assert len(office.notes(ticket)) == 1


def test_a_tag_that_an_agent_sets_between_plan_and_push_stays(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="care")
    office.sync(pushes=False)
    office.account.update(int(ticket), office.agent, {"additional_tags": ["spoed"]})
    office.sync(PassKind.PUSH)
    assert {"spoed", "sla_included"} <= office.tags(ticket)


@pytest.mark.parametrize("tracker_down", [True, False])
def test_a_product_that_is_down_does_not_keep_the_other_from_being_read(office: Office, tracker_down: bool) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="care")
    office.work(ticket, 60)
    server = office.toggl if tracker_down else office.zendesk
    server.faults.add(FaultKind.DOWN)
    report = office.try_sync()
    assert report.failures != []
    server.faults.clear()
    office.clock.advance(timedelta(hours=2))
    office.sync()
    assert office.balances() == {"sla": HOUR}
    assert len(office.notes(ticket)) == 1
