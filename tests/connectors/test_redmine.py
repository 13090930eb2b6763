"""The Redmine connector: what is particular to this product, on its sandbox over real HTTP and on its JSON."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.conformance.tracker_bed import START, TODAY, TOKEN, at, by_id, drain, only, window
from connectors.errors import BadSignature, Invalid, Malformed, NotFound, PermissionMissing
from connectors.records import TicketReference, TimeEntry
from connectors.redmine.connector import LOOK_BACK
from connectors.redmine.settings import RedmineSettings
from connectors.redmine.translate import entry_from_api, seconds_of
from connectors.sandbox.redmine_shapes import hours
from connectors.sandbox.server import Answer
from tests.conformance.redmine_bed import (
    BILLABLE_FIELD,
    ENTRY_TICKET_FIELD,
    TICKET_FIELD,
    WEBHOOK_SECRET,
    RedmineBed,
)

ENTRY: dict[str, Any] = {
    "id": 7,
    "project": {"id": 1, "name": "Site"},
    "issue": {"id": 3},
    "user": {"id": 5, "name": "Anna Agent"},
    "activity": {"id": 9, "name": "Development"},
    "hours": 0.38,
    "comments": None,
    "spent_on": "2026-10-26",
    "created_on": "2026-10-26T11:00:00Z",
    "updated_on": "2026-10-26T11:00:00Z",
    "custom_fields": [{"id": 1, "name": "Ticket", "value": None}, {"id": 2, "name": "Billable", "value": "1"}],
}


@pytest.fixture
def bed() -> Iterator[RedmineBed]:
    with RedmineBed.open() as bed:
        yield bed


def read(**changes: object) -> TimeEntry:
    return entry_from_api({**ENTRY, **changes}, account="1", ticket_field="Ticket", billable_field="Billable")


def paths(bed: RedmineBed) -> list[str]:
    return [request.path for request in bed.server.requests]


# ---- lists that move -------------------------------------------------------------------------------


def test_entries_deleted_between_two_pages_hide_no_other(bed: RedmineBed) -> None:
    ids = [bed.write_down(at(8, minute=number), 900) for number in range(12)]
    pages = bed.tracker().entries_between(TODAY, TODAY)
    found = [entry.id for entry in next(pages).entries]

    for entry_id in ids[:3]:
        bed.delete(entry_id)
    found += [entry.id for page in pages for entry in page.entries]

    assert sorted(found) == sorted(ids)


def test_an_entry_moved_into_the_window_while_it_is_read_makes_none_come_twice(bed: RedmineBed) -> None:
    early = bed.write_down(at(8, day=TODAY - timedelta(days=3)), 900)
    bed.clock.advance(timedelta(minutes=1))
    ids = [bed.write_down(at(8, minute=number), 900) for number in range(12)]
    pages = bed.tracker().entries_between(TODAY, TODAY)
    found = [entry.id for entry in next(pages).entries]

    bed.edit(early, start=at(9))
    found += [entry.id for page in pages for entry in page.entries]

    assert sorted(found) == sorted([early, *ids])


def test_a_list_that_never_stands_still_is_refused(bed: RedmineBed) -> None:
    ids = [bed.write_down(at(8, minute=number), 60) for number in range(12)]

    def read_and_delete() -> None:
        for _, entry_id in zip(bed.tracker().entries_between(TODAY, TODAY), ids, strict=False):
            bed.delete(entry_id)

    with pytest.raises(Malformed, match="kept moving"):
        read_and_delete()


def test_fewer_entries_than_there_are_is_no_window(bed: RedmineBed) -> None:
    bed.server.answers_instead = Answer(data={"time_entries": [ENTRY], "total_count": 3, "offset": 0, "limit": 5})

    with pytest.raises(Malformed):
        window(bed.tracker())


# ---- the fast lane ---------------------------------------------------------------------------------


def test_an_idle_fast_lane_costs_two_requests(bed: RedmineBed) -> None:
    bed.write_down(at(9), 900)
    tracker = bed.tracker()
    _, cursor = drain(tracker, None)
    bed.server.requests.clear()

    drain(tracker, cursor)

    assert paths(bed) == ["/time_entries.json"] * 2


def test_time_written_down_for_long_ago_is_told_once_it_is_made(bed: RedmineBed) -> None:
    old = bed.write_down(at(9, day=TODAY - timedelta(days=90)), 900)
    bed.clock.advance(timedelta(minutes=1))
    _, cursor = drain(bed.tracker(), None)
    late = bed.write_down(at(9, day=TODAY - timedelta(days=60)), 900)

    told, _ = drain(bed.tracker(), cursor)

    assert [entry.id for entry in told] == [late]
    assert old not in by_id(told)


def test_a_first_reading_of_nothing_does_not_make_the_next_one_read_all_history(bed: RedmineBed) -> None:
    for number in range(12):
        bed.write_down(at(9, day=TODAY - timedelta(days=100 + number)), 900)
        bed.clock.advance(timedelta(seconds=1))
    _, cursor = drain(bed.tracker(), None)

    assert drain(bed.tracker(), cursor)[0] == []


def test_an_edit_of_an_older_entry_is_left_to_the_window(bed: RedmineBed) -> None:
    day = TODAY - LOOK_BACK - timedelta(days=1)
    entry_id = bed.write_down(at(9, day=day), 900)
    _, cursor = drain(bed.tracker(), None, since=START - timedelta(days=30))
    bed.edit(entry_id, seconds=1800)

    assert drain(bed.tracker(), cursor)[0] == []
    assert only(window(bed.tracker(), day, TODAY)).seconds == 1800


def test_a_cursor_that_is_not_ours_is_invalid(bed: RedmineBed) -> None:
    with pytest.raises(Invalid):
        drain(bed.tracker(), "2026-10-26T12:00:00+00:00")


# ---- tickets and issues ----------------------------------------------------------------------------


def test_the_ticket_of_the_issue_comes_through_and_that_of_the_entry_goes_before_it(bed: RedmineBed) -> None:
    issue = bed.open_issue("Bug", ticket="#1042")
    by_issue = bed.write_down(at(9), 900, issue=issue)
    address = "https://care.zendesk.com/agent/tickets/7"
    by_entry = bed.write_down(at(10), 900, issue=issue, values={ENTRY_TICKET_FIELD: address})
    tracker = bed.tracker(ticket_field=ENTRY_TICKET_FIELD)

    assert by_id(window(bed.tracker()))[by_issue].references == (TicketReference("custom_field", ticket_number="1042"),)
    assert by_id(window(tracker))[by_entry].references == (TicketReference("custom_field", url=address),)
    assert by_id(window(tracker))[by_issue].references == ()
    assert by_id(window(bed.tracker(ticket_field=None)))[by_issue].references == ()


def test_both_lanes_and_the_single_reading_tell_the_same_ticket(bed: RedmineBed) -> None:
    entry_id = bed.write_down(at(9), 900, issue=bed.open_issue("Bug", ticket="1042"))
    tracker = bed.tracker()

    told = [only(window(tracker)), only(drain(tracker, None)[0]), tracker.entry(entry_id)]

    assert len({entry.fingerprint for entry in told if entry}) == 1
    assert told[0] is not None
    assert told[0].references


def test_issues_are_read_once_and_a_hundred_at_a_time(bed: RedmineBed) -> None:
    issues = [bed.open_issue(f"Bug {number}", ticket=str(number)) for number in range(101)]
    for issue in issues:
        bed.write_down(at(9), 60, issue=issue)
    tracker = bed.tracker(page_size=100)
    bed.server.requests.clear()

    tickets = {entry.references[0].ticket_number for entry in window(tracker)}

    assert tickets == {str(number) for number in range(101)}
    assert paths(bed).count("/issues.json") == 2


def test_the_issue_of_a_closed_ticket_is_read_too(bed: RedmineBed) -> None:
    issue = bed.open_issue("Bug", ticket="1042")
    bed.write_down(at(9), 900, issue=issue)
    bed.ask("PUT", f"/issues/{issue}.json", json={"issue": {"status_id": 5}}, expect=204)

    assert only(window(bed.tracker())).references


def test_an_issue_out_of_sight_is_not_an_entry_without_a_ticket(bed: RedmineBed) -> None:
    bed.write_down(at(9), 900, issue=bed.open_issue("Bug", ticket="1042"))
    for role in bed.server.site.roles.values():
        blind = tuple(one for one in role.permissions if one != "view_issues")
        bed.server.site.roles[role.id] = type(role)(role.id, role.name, blind, role.time_entries_visibility)

    with pytest.raises(PermissionMissing, match="every colleague"):
        window(bed.tracker())
    assert "sees every colleague" in failures(bed)
    assert window(bed.tracker(ticket_field=None))


def test_an_issue_that_went_away_meanwhile_is_tried_again_later(bed: RedmineBed) -> None:
    issue = bed.open_issue("Bug", ticket="1042")
    bed.write_down(at(9), 900, issue=issue)
    del bed.server.site.issues[issue]

    with pytest.raises(Malformed) as raised:
        window(bed.tracker(api_key=bed.administrator_key))

    assert raised.value.retryable


def test_deleting_an_issue_takes_its_time_along(bed: RedmineBed) -> None:
    issue = bed.open_issue("Bug")
    entry_id = bed.write_down(at(9), 900, issue=issue)

    bed.ask("DELETE", f"/issues/{issue}.json", expect=204)

    assert bed.tracker().entry(entry_id) is None


# ---- gone, and out of sight ------------------------------------------------------------------------


def test_the_time_of_an_archived_project_is_out_of_sight_and_not_gone(bed: RedmineBed) -> None:
    entry_id = bed.write_down(at(9), 900, project="Old")
    bed.ask("PUT", f"/projects/{bed.project('Old')}/archive.json", expect=204)

    assert window(bed.tracker()) == []
    for key in (TOKEN, bed.administrator_key):
        with pytest.raises(PermissionMissing):
            bed.tracker(api_key=key).entry(entry_id)


def test_a_site_that_finds_nothing_at_all_proves_nothing(bed: RedmineBed) -> None:
    entry_id = bed.write_down(at(9), 900)
    bed.server.answers_instead = Answer(404, is_empty=True)

    with pytest.raises(NotFound):
        bed.tracker().entry(entry_id)


def test_an_id_of_another_product_is_no_entry(bed: RedmineBed) -> None:
    assert bed.tracker().entry("../users/1") is None
    assert paths(bed) == []


# ---- the self-check --------------------------------------------------------------------------------


def failures(bed: RedmineBed, **settings: object) -> dict[str, str]:
    return {one.subject: one.remedy for one in bed.tracker(**settings).check() if not one.passed}


def test_an_administrators_key_and_a_members_both_pass(bed: RedmineBed) -> None:
    bed.write_down(at(9), 900, issue=bed.open_issue("Bug"))

    assert failures(bed, billable_field=BILLABLE_FIELD) == {}
    assert failures(bed, billable_field=BILLABLE_FIELD, api_key=bed.administrator_key) == {}


def test_a_role_that_shows_only_ones_own_time_is_told_with_its_project(bed: RedmineBed) -> None:
    bed.write_down(at(9), 900, project="Site")
    bed.see_only_oneself()

    assert "It does not see colleagues in Sundry, Site." in failures(bed)["sees every colleague"]


def test_a_key_without_any_project_is_told(bed: RedmineBed) -> None:
    bed.take_permission_away()

    assert "a member of no project" in failures(bed)["sees every colleague"]


def test_a_custom_field_that_is_nowhere_is_told(bed: RedmineBed) -> None:
    bed.write_down(at(9), 900, issue=bed.open_issue("Bug"))

    assert list(failures(bed, ticket_field="Tiket")) == ['custom field "Tiket"']
    assert list(failures(bed, billable_field=TICKET_FIELD)) == [f'custom field "{TICKET_FIELD}"']


# ---- webhooks --------------------------------------------------------------------------------------


def signed(body: bytes) -> dict[str, str]:
    signature = hmac.new(WEBHOOK_SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {"x-redmine-signature-256": f"sha256={signature}"}


def test_a_deletion_names_its_entry_and_another_things_event_names_none(bed: RedmineBed) -> None:
    deleted = json.dumps({"type": "time_entry.deleted", "data": {"time_entry": {"id": 7}}}).encode()
    issue = json.dumps({"type": "issue.updated", "data": {"issue": {"id": 7}}}).encode()
    tracker, now = bed.tracker(), bed.clock.now()

    assert tracker.webhook(signed(deleted), deleted, now).entry_ids == ("7",)
    assert tracker.webhook(signed(issue), issue, now).entry_ids == ()


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"type": "time_entry.updated"}'], ids=repr)
def test_a_signed_call_of_another_shape_is_malformed(bed: RedmineBed, body: bytes) -> None:
    with pytest.raises(Malformed):
        bed.tracker().webhook(signed(body), body, bed.clock.now())


def test_without_a_secret_no_call_is_believed(bed: RedmineBed) -> None:
    with pytest.raises(BadSignature, match="webhook_secret"):
        bed.tracker(webhook_secret=None).webhook(signed(b"{}"), b"{}", bed.clock.now())


# ---- JSON and settings -----------------------------------------------------------------------------


@given(st.integers(min_value=0, max_value=60 * 1000))
def test_every_minute_value_is_recovered_from_its_rounded_hours(minutes: int) -> None:
    assert seconds_of(hours(Fraction(minutes, 60))) == minutes * 60


@pytest.mark.parametrize("value", [None, "1.5", True, -1, float("nan"), float("inf"), 1e9], ids=str)
def test_hours_that_are_none_are_refused(value: object) -> None:
    with pytest.raises(Malformed):
        seconds_of(value)


def test_the_activity_stands_as_the_tag() -> None:
    assert read().tags == ("Development",)


@pytest.mark.parametrize(("value", "billable"), [("1", True), ("0", False), (None, None), ("", None)])
def test_the_field_says_whether_it_is_billable(value: object, billable: object) -> None:
    assert read(custom_fields=[{"id": 2, "name": "Billable", "value": value}]).billable is billable


def test_several_tickets_in_one_field_all_come_through() -> None:
    several = read(custom_fields=[{"id": 1, "name": "Ticket", "value": ["12", " ", "https://help.example/t/13"]}])

    assert several.references == (
        TicketReference("custom_field", ticket_number="12"),
        TicketReference("custom_field", url="https://help.example/t/13"),
    )


def test_an_entry_without_issue_comments_or_custom_fields_is_read() -> None:
    least = {name: value for name, value in ENTRY.items() if name not in ("issue", "custom_fields")}

    entry = entry_from_api(least, account="1", ticket_field="Ticket")

    assert (entry.seconds, entry.description, entry.references) == (23 * 60, "", ())


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "7"},
        {"spent_on": None},
        {"spent_on": "26-10-2026"},
        {"hours": None},
        {"user": "Anna"},
        {"project": {"name": "x"}},
        {"updated_on": None},
        {"updated_on": "2026-10-26T11:00:00"},
        {"comments": 3},
        {"custom_fields": {}},
        {"custom_fields": [{"id": 1, "name": "Ticket", "value": 3}]},
    ],
    ids=str,
)
def test_an_entry_of_another_shape_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        read(**changes)


@pytest.mark.parametrize(
    ("address", "account"),
    [
        ("https://Redmine.Example.com", "redmine.example.com"),
        ("https://redmine.example.com/", "redmine.example.com"),
        ("http://redmine.example.com:80/tracker/", "redmine.example.com/tracker"),
        ("https://redmine.example.com:8443", "redmine.example.com:8443"),
    ],
)
def test_a_site_goes_by_its_address(address: str, account: str) -> None:
    assert RedmineSettings.model_validate({"base_url": address, "api_key": TOKEN}).account_name == account


def test_a_site_that_moved_keeps_its_name() -> None:
    given = {"base_url": "https://new.example.com", "api_key": TOKEN, "account": "old.example.com"}

    assert RedmineSettings.model_validate(given).account_name == "old.example.com"


@pytest.mark.parametrize(
    "changes",
    [{"base_url": "redmine"}, {"api_key": ""}, {"page_size": 1}, {"page_size": 101}, {"account": ""}],
    ids=str,
)
def test_a_wrong_setting_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RedmineSettings.model_validate({"base_url": "https://redmine.example.com", "api_key": TOKEN, **changes})
