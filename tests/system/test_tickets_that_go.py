"""Tickets that are deleted, scrubbed, merged or lose their customer, and what becomes of their time."""

from __future__ import annotations

from datetime import timedelta

from care_sync.audit.books import audit_books
from care_sync.model.lease import SendState
from care_sync.pipeline.run import PassKind
from tests.system.office import HOUR, INCIDENT, Office


def attention(office: Office) -> dict[str, str]:
    with office.application.store.read() as work:
        return {f"{one.kind} {one.subject}": one.message for one in work.attention.all()}


def test_a_deleted_ticket_keeps_its_time_also_when_its_content_is_wiped(office: Office) -> None:
    card = office.buy_card()
    ticket = office.file_ticket(**INCIDENT, cause="third_party")
    entry = office.work(ticket, 60)
    office.quiet()
    office.sync()
    expected = {f"card:{card}": -49 * HOUR}
    assert office.balances() == expected

    office.account.delete(int(ticket))
    office.sync()
    assert office.balances() == expected
    office.clock.advance(timedelta(days=30))
    office.account.scrub(int(ticket))
    office.sync()
    assert office.balances() == expected
    assert attention(office) == {}

    office.toggl.workspace.edit(entry, duration=30 * 60)
    office.sync()
    assert office.balances() == {f"card:{card}": -50 * HOUR + 30 * 60}


def test_a_ticket_that_lost_its_customer_before_it_was_deleted_has_none(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="third_party")
    office.work(ticket, 60, customer=None)
    office.sync()
    office.account.update(int(ticket), office.agent, {"organization_id": None})
    office.account.delete(int(ticket))
    office.sync()
    assert office.balances() == {}
    assert f"no_customer {ticket}" in attention(office)


def test_a_note_in_a_ticket_that_was_deleted_and_came_back_stands_there_once(office: Office) -> None:
    """Its answer was lost, and while the ticket was away nobody could look for it."""
    ticket = office.file_ticket(**INCIDENT, cause="third_party")
    office.zendesk.api.jobs.forgotten = 1
    office.try_sync()
    office.zendesk.api.jobs.forgotten = 0
    assert len(office.notes(ticket)) == 1
    office.account.delete(int(ticket))
    office.clock.advance(timedelta(minutes=61))
    office.sync()
    office.account.restore(int(ticket))
    office.clock.advance(timedelta(minutes=61))
    for _ in range(2):
        office.sync()
    assert len(office.notes(ticket)) == 1
    with office.application.store.read() as work:
        assert work.outbox.counts() == {"done": 1}


def test_what_is_uncertain_of_a_deleted_ticket_is_given_up_after_days(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="third_party")
    office.zendesk.api.jobs.forgotten = 1
    office.try_sync()
    office.account.delete(int(ticket))
    for _ in range(4):
        office.clock.advance(timedelta(days=1))
        office.sync()
    with office.application.store.read() as work:
        assert work.outbox.counts() == {"refused": 1}
        assert work.attention.all("write_refused") == []


def test_a_reply_that_is_uncertain_of_a_deleted_ticket_is_put_on_the_list(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT)
    office.work(ticket, 60)
    office.sync()
    office.set_facts(ticket, cause="third_party")
    office.quiet()
    office.sync(PassKind.POLL, pushes=False)
    with office.application.store.begin() as work:  # the note is there; of the reply nobody knows
        note, reply = work.outbox.claim(office.clock.now(), office.clock.now() + timedelta(minutes=15))[:1], None
        work.outbox.finish(note[0], SendState.DONE)
        (reply,) = work.outbox.claim(office.clock.now(), office.clock.now() + timedelta(minutes=15))
        work.outbox.finish(reply, SendState.UNCERTAIN, due_at=office.clock.now())
    office.account.delete(int(ticket))
    for _ in range(4):
        office.clock.advance(timedelta(days=1))
        office.sync()
    (told,) = [one for name, one in attention(office).items() if name.startswith("write_refused")]
    assert "was not told" in told


def test_a_merged_tickets_time_counts_on_the_ticket_that_stays(office: Office) -> None:
    gone, stays = office.file_ticket(**INCIDENT), office.file_ticket(**INCIDENT, cause="care")
    entry = office.work(gone, 60)
    office.sync()
    assert office.balances() == {"pending": HOUR}
    office.account.merge([int(gone)], int(stays), office.agent)
    office.sync()
    assert office.balances() == {"sla": HOUR}
    assert office.field(stays, "care_minutes") == "60"
    office.toggl.workspace.edit(entry, duration=30 * 60)
    office.sync()
    assert office.balances() == {"sla": 30 * 60}


def test_time_of_a_ticket_without_a_customer_is_told_and_counts_once_there_is_one(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="care")
    office.account.update(int(ticket), office.agent, {"organization_id": None})
    office.work(ticket, 60, customer=None)
    office.sync()
    assert office.balances() == {}
    assert "60 minutes" in attention(office)[f"no_customer {ticket}"]
    office.work(ticket, 30, customer=None)
    office.sync()
    assert "90 minutes" in attention(office)[f"no_customer {ticket}"]

    office.account.update(int(ticket), office.agent, {"organization_id": office.organization("Acme")})
    office.sync(PassKind.POLL)
    assert office.balances() == {"sla": 90 * 60}
    assert attention(office) == {}


def test_a_deleted_organization_keeps_what_its_closed_months_settled(office: Office) -> None:
    """Nobody else can be charged for it, and an invoice is not credited because somebody tidied up the helpdesk."""
    ticket = office.file_ticket(**INCIDENT, cause="third_party")
    entry = office.work(ticket, 60)
    office.sync()
    office.clock.advance(timedelta(days=31))
    office.close_month("2026-10")
    office.work(ticket, 30, customer=None)
    office.sync()
    assert office.balances() == {"invoice:2026-10": HOUR, "invoice:2026-11": 30 * 60}

    office.account.delete_organization(office.organization("Acme"))
    office.sync()
    assert office.balances() == {"invoice:2026-10": HOUR}
    assert f"no_customer {ticket}" in attention(office)
    assert office.sync().summary == "nothing new"
    with office.application.store.read() as work:
        assert list(audit_books(work, office.application.settings)) == []

    office.add_customer("Globex", sla=False)
    office.account.update(int(ticket), office.agent, {"organization_id": office.organization("Globex")})
    office.toggl.workspace.move(entry, None)
    office.sync()
    assert office.balances() == {"invoice:2026-10": HOUR, "invoice:2026-11": -HOUR}
    assert office.balances("Globex") == {"invoice:2026-11": 90 * 60}
    assert attention(office) == {}
