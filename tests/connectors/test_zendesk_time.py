"""Zendesk's Time Tracking app as a time tracker: time rebuilt from audits, on the sandbox and as a law."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.conformance.tracker_bed import TODAY, TOKEN, drain, only, window
from connectors.errors import Malformed, PermissionMissing
from connectors.records import TicketReference
from connectors.zendesk.settings import ZendeskTimeSettings
from connectors.zendesk.time_rebuild import rebuilt
from tests.conformance.zendesk_time_bed import TOTAL, ZendeskTimeBed

TOTAL_ID, LAST_ID = "11", "12"
AT = datetime(2026, 10, 26, 11, 0, tzinfo=UTC)


@pytest.fixture
def bed() -> Iterator[ZendeskTimeBed]:
    with ZendeskTimeBed.open() as bed:
        yield bed


def audit(number: int, **fields: object) -> dict[str, Any]:
    events = [
        {"type": "Change", "field_name": {"total": TOTAL_ID, "last": LAST_ID}[name], "value": value}
        for name, value in fields.items()
    ]
    return {"id": number, "author_id": 5, "created_at": "2026-10-26T11:00:00Z", "events": events}


def lengths(*audits: dict[str, Any]) -> list[tuple[str, int]]:
    return [(one.audit_id, one.seconds) for one in rebuilt(audits, TOTAL_ID, LAST_ID)]


# ---- rebuilding ------------------------------------------------------------------------------------


def test_each_submission_is_the_time_of_its_author() -> None:
    first, second = audit(1, total="90", last="90"), {**audit(2, total="150", last="60"), "author_id": 6}

    spent = rebuilt([first, second], TOTAL_ID, LAST_ID)

    assert [(one.author_id, one.seconds, one.submitted_at) for one in spent] == [("5", 90, AT), ("6", 60, AT)]


def test_an_update_as_long_as_the_one_before_is_told_by_the_total_alone() -> None:
    assert lengths(audit(1, total="90", last="90"), audit(2, total="180")) == [("1", 90), ("2", 90)]


def test_a_total_raised_by_hand_lengthens_the_newest_time() -> None:
    assert lengths(audit(1, total="90", last="90"), audit(2, total="100")) == [("1", 100)]


def test_a_total_lowered_by_hand_takes_back_the_newest_time_first() -> None:
    spent = [audit(1, total="90", last="90"), audit(2, total="150", last="60")]

    assert lengths(*spent, audit(3, total="120")) == [("1", 90), ("2", 30)]
    assert lengths(*spent, audit(3, total="80")) == [("1", 80)]
    assert lengths(*spent, audit(3, total="0")) == []
    assert lengths(*spent, audit(3, total=None)) == []


def test_time_of_a_ticket_that_was_brought_in_counts() -> None:
    created = audit(1, total=90)
    created["events"][0]["type"] = "Create"

    assert lengths(created) == [("1", 90)]


@pytest.mark.parametrize("value", ["soon", "1.5", [], {}], ids=str)
def test_what_is_no_number_changes_nothing(value: object) -> None:
    assert lengths(audit(1, total="90", last="90"), audit(2, total=value)) == [("1", 90)]


def test_without_the_second_field_every_rise_is_a_submission() -> None:
    spent = rebuilt([audit(1, total="90"), audit(2, total="100")], TOTAL_ID, None)

    assert [one.seconds for one in spent] == [90, 10]


@given(st.lists(st.tuples(st.integers(0, 5000), st.booleans()), max_size=12))
def test_what_is_rebuilt_adds_up_to_the_total_and_nothing_of_it_is_negative(doings: list[tuple[int, bool]]) -> None:
    audits, total = [], 0
    for number, (seconds, is_submission) in enumerate(doings):
        total = total + seconds if is_submission else seconds
        audits.append(audit(number, total=str(total), **({"last": str(seconds)} if is_submission else {})))

    spent = rebuilt(audits, TOTAL_ID, LAST_ID)

    assert sum(one.seconds for one in spent) == total
    assert all(one.seconds > 0 for one in spent)
    assert len({one.audit_id for one in spent}) == len(spent)


@pytest.mark.parametrize(
    "broken", [{"id": "1"}, {"created_at": None}, {"author_id": "me"}, {"events": "none"}], ids=str
)
def test_an_audit_of_another_shape_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        rebuilt([{**audit(1, total="90", last="90"), **broken}], TOTAL_ID, LAST_ID)


# ---- on the sandbox --------------------------------------------------------------------------------


def test_the_time_of_a_ticket_names_ticket_worker_and_customer(bed: ZendeskTimeBed) -> None:
    ticket_id = bed.file_ticket("Acme")
    first = bed.submit(ticket_id, 300)
    second = bed.submit(ticket_id, 300, person="Bert")

    entries = {entry.id: entry for entry in window(bed.tracker())}

    assert [entries[first].person_name, entries[second].person_name] == ["Anna", "Bert"]
    assert {entry.references for entry in entries.values()} == {(TicketReference("ticket", ticket_id=str(ticket_id)),)}
    assert {entry.client_name for entry in entries.values()} == {"Acme BV"}
    assert {entry.seconds for entry in entries.values()} == {300}


def test_time_of_this_very_minute_is_in_the_window(bed: ZendeskTimeBed) -> None:
    old, new = bed.file_ticket(), bed.file_ticket()
    bed.submit(old, 300)
    bed.clock.advance(timedelta(hours=1))
    bed.submit(new, 60)
    bed.submit(old, 90)

    assert sorted(entry.seconds for entry in window(bed.tracker())) == [60, 90, 300]


def test_a_deleted_ticket_takes_its_time_along_and_a_restored_one_brings_it_back(bed: ZendeskTimeBed) -> None:
    ticket_id = bed.file_ticket()
    entry_id = bed.submit(ticket_id, 300)
    tracker = bed.tracker()
    assert window(tracker)

    bed.account.delete(ticket_id)
    assert (window(tracker), tracker.entry(entry_id)) == ([], None)

    bed.account.restore(ticket_id)
    bed.clock.advance(timedelta(minutes=5))
    assert only(window(tracker)).id == entry_id


def test_a_ticket_out_of_sight_is_not_gone(bed: ZendeskTimeBed) -> None:
    ticket_id = bed.file_ticket()
    entry_id = bed.submit(ticket_id, 300)
    bed.account.delete(ticket_id)
    bed.take_permission_away()

    with pytest.raises(PermissionMissing, match="out of sight"):
        bed.tracker().entry(entry_id)


def test_audits_are_read_again_only_where_the_ticket_changed(bed: ZendeskTimeBed) -> None:
    tickets = [bed.file_ticket() for _ in range(7)]
    for ticket_id in tickets:
        bed.submit(ticket_id, 300)
    bed.clock.advance(timedelta(hours=1))
    tracker = bed.tracker()
    before = window(tracker)
    bed.submit(tickets[0], 60)
    bed.clock.advance(timedelta(hours=1))
    bed.server.requests.clear()

    after = window(tracker)

    assert len(after) == len(before) + 1
    assert [one.path for one in bed.server.requests if "audits" in one.path] == [
        f"/api/v2/tickets/{tickets[0]}/audits.json"
    ]


def test_tickets_without_time_cost_no_request(bed: ZendeskTimeBed) -> None:
    for _ in range(5):
        bed.file_ticket()

    assert window(bed.tracker()) == []
    assert not [one for one in bed.server.requests if "audits" in one.path]


def test_time_on_a_ticket_with_hundreds_of_updates_is_whole(bed: ZendeskTimeBed) -> None:
    ticket_id = bed.file_ticket()
    for number in range(130):
        bed.submit(ticket_id, 60 + number)

    entries = window(bed.tracker())

    assert sum(entry.seconds for entry in entries) == bed.total(ticket_id)
    assert len(entries) == 130


def test_our_own_writes_change_no_time(bed: ZendeskTimeBed) -> None:
    ticket_id = bed.file_ticket()
    bed.submit(ticket_id, 300)
    tracker = bed.tracker()
    before = window(tracker)
    bed.account.update(ticket_id, bed.reader, {"additional_tags": ["sla_included"], "status": "solved"}, channel="api")
    bed.account.close(ticket_id)

    assert window(tracker) == before


def test_without_the_apps_field_nothing_counts_as_gone(bed: ZendeskTimeBed) -> None:
    entry_id = bed.submit(bed.file_ticket(), 300)
    bed.account.records.ticket_fields[bed.fields[TOTAL]].active = False

    for read in (
        lambda: window(bed.tracker()),
        lambda: drain(bed.tracker(), None),
        lambda: bed.tracker().entry(entry_id),
    ):
        with pytest.raises(PermissionMissing, match="Total time spent"):
            read()
    failed = [one for one in bed.tracker().check() if not one.passed]
    assert [one.subject for one in failed] == [f'ticket field "{TOTAL}"']
    assert "install the Time Tracking app" in failed[0].remedy


def test_a_field_that_was_renamed_is_found_by_its_number(bed: ZendeskTimeBed) -> None:
    bed.submit(bed.file_ticket(), 300)
    bed.account.records.ticket_fields[bed.fields[TOTAL]].title = "Tijd"

    assert only(window(bed.tracker(total_field=bed.fields[TOTAL]))).seconds == 300


@pytest.mark.parametrize("entry_id", ["7", "7-", "-7", "a-7", "7-a", "../users-1", "7-8-9"])
def test_an_id_of_another_product_is_no_entry(bed: ZendeskTimeBed, entry_id: str) -> None:
    assert bed.tracker().entry(entry_id) is None
    assert bed.server.requests == []


def test_the_day_is_that_of_the_submission_in_the_configured_zone(bed: ZendeskTimeBed) -> None:
    bed.clock.move_to(datetime(2026, 10, 26, 23, 30, tzinfo=UTC))
    bed.submit(bed.file_ticket(), 300)

    tomorrow = TODAY + timedelta(days=1)
    assert only(window(bed.tracker(), TODAY, tomorrow)).work_date == tomorrow
    assert only(window(bed.tracker(time_zone="UTC"), TODAY, tomorrow)).work_date == TODAY


@pytest.mark.parametrize(
    "changes",
    [{"subdomain": "care.zendesk.com"}, {"email": None}, {"oauth_token": "x"}, {"time_zone": "Mars"}],
    ids=str,
)
def test_a_wrong_setting_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ZendeskTimeSettings.model_validate({"subdomain": "care", "email": "a@b.example", "api_token": TOKEN, **changes})
