"""A customer is told because of how a ticket stands, once it has stood so for the quiet time, and never before."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from care_sync.pipeline.run import PassKind
from care_sync.pipeline.tell import NOT_TOLD
from care_sync.store import migrate
from tests.system.office import HOUR, INCIDENT, Office
from tests.system.test_commands import Shell

OUTSIDE, INSIDE, UNKNOWN = {"cause": "third_party"}, {"cause": "care"}, {"cause": None}
KINDS = pytest.mark.parametrize("kind", [PassKind.POLL, PassKind.FULL, PassKind.WAKE])


@pytest.fixture
def care(office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(office, tmp_path / "config.yaml", capsys)


def minutes_go_by(office: Office, minutes: float) -> None:
    office.clock.advance(timedelta(minutes=minutes))


def listed(office: Office) -> list[str]:
    with office.application.store.read() as work:
        return [attention.subject for attention in work.attention.all(NOT_TOLD)]


def incident(office: Office, **facts: str | None) -> str:
    """An incident with an hour of work that CareSync has seen."""
    ticket = office.file_ticket(**{**INCIDENT, **facts})
    office.work(ticket, 60)
    office.sync()
    return ticket


def test_a_customer_is_told_although_no_pass_saw_the_ticket_undetermined(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT, **OUTSIDE)
    office.work(ticket, 60)
    minutes_go_by(office, 15)
    office.sync(PassKind.POLL)
    office.sync(PassKind.POLL)
    (reply,) = office.replies(ticket)
    assert "1:00 uur" in reply


def test_a_misclick_that_is_mended_in_time_is_told_to_nobody(office: Office) -> None:
    ticket = incident(office)
    office.set_facts(ticket, **OUTSIDE)
    office.sync(PassKind.POLL)
    assert "sla_not_included" in office.ours(ticket)
    minutes_go_by(office, 10)
    office.sync(PassKind.POLL)
    office.set_facts(ticket, **UNKNOWN)
    office.sync(PassKind.POLL)
    minutes_go_by(office, 60)
    office.sync()
    assert (office.replies(ticket), listed(office)) == ([], [])


def test_a_misclick_on_a_ticket_whose_customer_was_told_credits_nothing(office: Office) -> None:
    ticket = incident(office, **OUTSIDE)
    office.quiet()
    office.sync()
    assert len(office.replies(ticket)) == 1
    office.set_facts(ticket, **INSIDE)
    office.sync(PassKind.POLL)
    assert office.balances() == {"sla": HOUR}
    minutes_go_by(office, 5)
    office.set_facts(ticket, **OUTSIDE)
    office.sync(PassKind.POLL)
    minutes_go_by(office, 60)
    office.sync()
    assert len(office.replies(ticket)) == 1


@KINDS
def test_the_pass_after_the_quiet_time_tells_although_nothing_else_changed(office: Office, kind: PassKind) -> None:
    ticket = incident(office)
    office.set_facts(ticket, **OUTSIDE)
    office.sync(PassKind.POLL)
    minutes_go_by(office, 5)
    assert office.sync(PassKind.POLL).counts.get("writes_planned") == 0
    assert office.replies(ticket) == []
    minutes_go_by(office, 9)
    office.sync(kind)
    assert len(office.replies(ticket)) == 1
    assert office.sync().summary == "nothing new"


def test_our_own_tags_and_notes_do_not_prolong_the_quiet_time(office: Office) -> None:
    ticket = incident(office)
    office.set_facts(ticket, **OUTSIDE)
    minutes_go_by(office, 12)
    office.sync(PassKind.POLL)
    assert "sla_not_included" in office.ours(ticket)
    office.sync(PassKind.POLL)
    assert office.replies(ticket) == []
    office.sync(PassKind.POLL)
    assert len(office.replies(ticket)) == 1


def test_what_somebody_changes_meanwhile_begins_the_quiet_time_anew(office: Office) -> None:
    ticket = incident(office)
    office.set_facts(ticket, **OUTSIDE)
    office.sync(PassKind.POLL)
    minutes_go_by(office, 10)
    office.set_facts(ticket, expected_minutes=20)
    office.sync(PassKind.POLL)
    minutes_go_by(office, 10)
    office.sync(PassKind.POLL)
    assert office.replies(ticket) == []
    minutes_go_by(office, 5)
    office.sync(PassKind.POLL)
    assert len(office.replies(ticket)) == 1


def test_a_site_that_reads_once_a_night_tells_at_the_latest_the_next_night(office: Office) -> None:
    quiet, just_now = incident(office), incident(office)
    office.set_facts(quiet, **OUTSIDE)
    minutes_go_by(office, 8 * 60)
    office.set_facts(just_now, **OUTSIDE)
    office.sync()
    assert (len(office.replies(quiet)), len(office.replies(just_now))) == (1, 0)
    minutes_go_by(office, 24 * 60)
    office.sync()
    assert (len(office.replies(quiet)), len(office.replies(just_now))) == (1, 1)


def test_a_quiet_time_of_none_tells_at_once(office: Office) -> None:
    office.restart("write_back: {quiet_minutes: 0}\n")
    assert len(office.replies(incident(office, **OUTSIDE))) == 1


def test_the_credit_after_the_quiet_time_still_tells_how_much(office: Office) -> None:
    ticket = incident(office, **OUTSIDE)
    office.quiet()
    office.sync()
    office.set_facts(ticket, **INSIDE)
    office.sync(PassKind.POLL)
    office.work(ticket, 30)
    office.sync(PassKind.POLL)
    office.quiet()
    office.sync(PassKind.POLL)
    assert "1:00 uur" in office.replies(ticket)[-1]
    assert "krijg je terug" in office.replies(ticket)[-1]


def test_a_customer_without_an_sla_is_not_told_that_something_became_clear(office: Office) -> None:
    office.add_customer("Globex", sla=False)
    ticket = office.file_ticket(customer="Globex", **INCIDENT, **OUTSIDE)
    office.work(ticket, 60, customer="Globex")
    minutes_go_by(office, 60)
    office.sync()
    assert office.balances("Globex") == {"invoice:2026-10": HOUR}
    assert (office.replies(ticket), listed(office)) == ([], [])


def test_what_replies_that_are_off_keep_back_is_listed_and_told_once_when_they_are_on(office: Office) -> None:
    office.restart("write_back: {replies: false}\n")
    ticket = incident(office)
    office.set_facts(ticket, **OUTSIDE)
    office.sync()
    assert listed(office) == []
    office.quiet()
    office.sync()
    assert (office.replies(ticket), listed(office)) == ([], [f"{ticket}:turned_outside"])
    assert office.sync().summary == "nothing new"
    text = office.config.read_text(encoding="utf-8")
    office.config.write_text(text.replace("replies: false", "replies: true"), encoding="utf-8")
    office.restart()
    office.sync()
    office.sync()
    assert (len(office.replies(ticket)), listed(office)) == (1, [])


def test_what_a_person_has_told_is_not_told_again_when_replies_are_on(office: Office, care: Shell) -> None:
    office.restart("write_back: {replies: false}\n")
    ticket = incident(office, **OUTSIDE)
    office.quiet()
    office.sync()
    care("attention", "settle", NOT_TOLD, f"{ticket}:turned_outside")
    text = office.config.read_text(encoding="utf-8")
    office.config.write_text(text.replace("replies: false", "replies: true"), encoding="utf-8")
    office.restart()
    office.sync()
    assert (office.replies(ticket), listed(office)) == ([], [])
    office.set_facts(ticket, **INSIDE)
    office.quiet()
    office.sync()
    assert len(office.replies(ticket)) == 1  # the person told of a charge, and the credit undoes it


def test_what_is_listed_and_no_longer_so_leaves_the_list_and_nothing_follows(office: Office) -> None:
    office.restart("write_back: {replies: false}\n")
    ticket = incident(office, **OUTSIDE)
    office.quiet()
    office.sync()
    assert listed(office) == [f"{ticket}:turned_outside"]
    office.set_facts(ticket, **INSIDE)
    office.sync()
    assert listed(office) == []
    text = office.config.read_text(encoding="utf-8")
    office.config.write_text(text.replace("replies: false", "replies: true"), encoding="utf-8")
    office.restart()
    office.quiet()
    office.sync()
    assert (office.replies(ticket), listed(office)) == ([], [])


def test_what_was_outside_before_caresync_came_is_not_told_until_it_turns_anew(office: Office, tmp_path: Path) -> None:
    ticket = office.file_ticket(**INCIDENT, **OUTSIDE)
    office.work(ticket, 60)
    minutes_go_by(office, 60)
    store_url = f"sqlite:///{(tmp_path / 'new.sqlite').as_posix()}"
    migrate(store_url)
    office.restart(store_url=store_url)
    later = office.file_ticket(**INCIDENT, **OUTSIDE)
    office.sync()
    office.quiet()
    office.sync()
    assert (len(office.replies(ticket)), len(office.replies(later))) == (0, 1)
    office.set_facts(ticket, expected_minutes=20)
    office.quiet()
    office.sync()
    assert office.replies(ticket) == []
    for facts, replies in ((INSIDE, 0), (OUTSIDE, 1), (INSIDE, 2)):
        office.set_facts(ticket, **facts)
        office.quiet()
        office.sync()
        assert len(office.replies(ticket)) == replies
