"""The Kimai connector: what is particular to this product, on its sandbox over real HTTP and on its JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests
from pydantic import ValidationError

from care_sync.clock import ManualClock
from connectors.conformance.tracker_bed import START, TODAY, TOKEN, at, by_id, drain, only, window
from connectors.errors import Invalid, Malformed, NotFound
from connectors.kimai.settings import KimaiSettings
from connectors.kimai.translate import entry_from_api
from connectors.records import TicketReference, TimeEntry
from connectors.sandbox.server import Answer
from tests.conformance.kimai_bed import USUAL_PROJECT, KimaiBed

TIMESHEET: dict[str, Any] = {
    "id": 7,
    "begin": "2026-10-26T09:00:00+0100",
    "end": "2026-10-26T10:00:00+0100",
    "duration": 3300,
    "break": 300,
    "description": None,
    "activity": {"id": 2, "name": "Support"},
    "project": {"id": 3, "name": "Site", "customer": {"id": 4, "name": "Site BV"}},
    "user": {"id": 5, "username": "anna", "alias": "Anna Agent"},
    "tags": ["vip"],
    "exported": False,
    "billable": True,
    "metaFields": [{"name": "ticket", "value": "#1042"}, {"name": "other", "value": None}],
}
SINCE_THE_DESCRIPTION = {"break"}
"""What Kimai tells since after the release whose description was kept."""


@pytest.fixture
def bed() -> Iterator[KimaiBed]:
    with KimaiBed.open() as bed:
        yield bed


def read(**changes: object) -> TimeEntry:
    return entry_from_api({**TIMESHEET, **changes}, account="1", ticket_field="ticket")


def shown(bed: KimaiBed, path: str) -> Any:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return requests.get(bed.server.base_url + path, headers=headers, timeout=10).json()


# ---- lists that move -------------------------------------------------------------------------------


def test_timesheets_deleted_between_two_pages_hide_no_other(bed: KimaiBed) -> None:
    ids = [bed.write_down(at(8, minute=number), 900) for number in range(12)]
    pages = bed.tracker().entries_between(TODAY, TODAY)
    found = [entry.id for entry in next(pages).entries]

    for entry_id in ids[:3]:
        bed.delete(entry_id)
    found += [entry.id for page in pages for entry in page.entries]

    assert sorted(found) == sorted(ids)


def test_a_page_that_is_no_longer_there_is_no_end(bed: KimaiBed) -> None:
    ids = [bed.write_down(at(8, minute=number), 900) for number in range(6)]
    pages = bed.tracker().entries_between(TODAY, TODAY)
    found = [entry.id for entry in next(pages).entries]

    bed.delete(ids[0])
    found += [entry.id for page in pages for entry in page.entries]

    assert sorted(found) == sorted(ids)


def test_a_list_that_never_stands_still_is_refused(bed: KimaiBed) -> None:
    ids = [bed.write_down(at(8, minute=number), 60) for number in range(30)]

    def read_and_delete() -> None:
        for _, entry_id in zip(bed.tracker().entries_between(TODAY, TODAY), ids, strict=False):
            bed.delete(entry_id)

    with pytest.raises(Malformed, match="kept moving"):
        read_and_delete()


@pytest.mark.parametrize("headers", [{}, {"X-Total-Count": "3", "X-Total-Pages": "1"}], ids=str)
def test_a_list_that_does_not_say_how_long_it_is_or_is_shorter_is_refused(
    bed: KimaiBed, headers: dict[str, str]
) -> None:
    bed.server.answers_instead = Answer(data=[], headers=headers)

    with pytest.raises(Malformed):
        window(bed.tracker())


# ---- zones and days --------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_an_entry_stands_on_its_own_calendars_day_wherever_we_ask_from(zone: str) -> None:
    with KimaiBed.open(time_zone=zone) as bed:
        for other in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Amsterdam"):
            bed.person("Bert").timezone = other
            for hour in (0, 23):
                begin = datetime(TODAY.year, TODAY.month, TODAY.day, hour, 15, tzinfo=ZoneInfo(other))
                bed.write_down(begin, 900, other, person="Bert")

        entries = window(bed.tracker(), TODAY, TODAY)

        assert len(entries) == 6
        for entry in entries:
            assert bed.tracker().entry(entry.id) == entry


def test_what_is_booked_is_the_duration_without_the_break(bed: KimaiBed) -> None:
    entry_id = bed.write_down(at(9), 3600)
    bed.kimai.edit(int(entry_id), pause_seconds=600)

    entry = only(window(bed.tracker()))

    assert (entry.seconds, entry.ended_at) == (3000, at(10))


# ---- the fast lane ---------------------------------------------------------------------------------


def test_an_idle_fast_lane_costs_two_requests(bed: KimaiBed) -> None:
    bed.write_down(at(9), 900)
    tracker = bed.tracker()
    _, cursor = drain(tracker, None)
    bed.server.requests.clear()

    drain(tracker, cursor)

    assert [request.path for request in bed.server.requests] == ["/api/version", "/api/timesheets"]


def test_time_written_down_for_long_ago_is_told(bed: KimaiBed) -> None:
    _, cursor = drain(bed.tracker(), None)
    bed.clock.advance(timedelta(hours=1))
    late = bed.write_down(at(9, day=TODAY - timedelta(days=400)), 900)

    assert by_id(drain(bed.tracker(), cursor)[0]).keys() == {late}


def test_an_export_changes_no_time_of_change_and_is_seen_by_the_window(bed: KimaiBed) -> None:
    entry_id = bed.write_down(at(9), 900)
    bed.clock.advance(timedelta(hours=1))
    _, cursor = drain(bed.tracker(), None)
    bed.clock.advance(timedelta(hours=1))

    bed.kimai.export(int(entry_id))

    assert drain(bed.tracker(), cursor)[0] == []
    assert only(window(bed.tracker())).locked


@pytest.mark.parametrize("cursor", ["7", "2026-10-26T12:00:00", "yesterday"])
def test_a_cursor_that_is_not_ours_is_invalid(bed: KimaiBed, cursor: str) -> None:
    with pytest.raises(Invalid):
        drain(bed.tracker(), cursor)


# ---- gone, and out of sight ------------------------------------------------------------------------


def test_a_site_that_finds_nothing_at_all_proves_nothing(bed: KimaiBed) -> None:
    entry_id = bed.write_down(at(9), 900)
    bed.server.answers_instead = Answer(404, {"code": 404, "message": "Not Found"})

    with pytest.raises(NotFound):
        bed.tracker().entry(entry_id)
    with pytest.raises(NotFound):
        window(bed.tracker())


def test_an_id_of_another_product_is_no_entry(bed: KimaiBed) -> None:
    assert bed.tracker().entry("../users/1") is None
    assert bed.server.requests == []


# ---- the self-check --------------------------------------------------------------------------------


def failures(bed: KimaiBed, **settings: object) -> dict[str, str]:
    return {one.subject: one.remedy for one in bed.tracker(**settings).check() if not one.passed}


def test_a_token_that_does_not_see_colleagues_is_told(bed: KimaiBed) -> None:
    bed.take_permission_away()

    assert "super administrator" in failures(bed)["sees every colleague"]


def test_a_meta_field_that_is_nowhere_is_told(bed: KimaiBed) -> None:
    entry_id = bed.write_down(at(9), 900)
    assert list(failures(bed, ticket_field="ticket")) == ['meta field "ticket"']

    bed.kimai.edit(int(entry_id), meta={"ticket": ""})

    assert failures(bed, ticket_field="ticket") == {}


def test_a_clock_that_differs_is_told(bed: KimaiBed) -> None:
    bed.clock = ManualClock(START + timedelta(hours=1))

    assert "3600 seconds" in failures(bed)["clock"]


# ---- JSON and settings -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/api/timesheets?user=all", "TimesheetCollection"),
        ("/api/timesheets?user=all&full=1", "TimesheetCollectionExpanded"),
    ],
)
def test_the_sandbox_lists_what_the_vendors_description_names(
    bed: KimaiBed, shared_fixtures: Path, path: str, schema: str
) -> None:
    described = json.loads((shared_fixtures / "kimai" / "kimai-api-docs.openapi.json").read_text())
    schemas = described["components"]["schemas"]
    bed.write_down(at(9), 900)

    (listed,) = shown(bed, path)

    assert set(listed) - SINCE_THE_DESCRIPTION == set(schemas[schema]["properties"])
    if "full" in path:
        assert set(listed["project"]) >= set(schemas["ProjectExpanded"]["properties"])
        assert set(listed["project"]["customer"]) >= set(schemas["Customer"]["properties"])
        assert set(listed["user"]) >= set(schemas["User"]["properties"])


def test_one_timesheet_has_what_the_vendors_description_names(bed: KimaiBed, shared_fixtures: Path) -> None:
    described = json.loads((shared_fixtures / "kimai" / "kimai-api-docs.openapi.json").read_text())
    entry_id = bed.write_down(at(9), 900)

    found = shown(bed, f"/api/timesheets/{entry_id}")

    properties = described["components"]["schemas"]["TimesheetEntity"]["properties"]
    assert set(found) - SINCE_THE_DESCRIPTION == set(properties)


def test_the_activity_stands_before_the_tags() -> None:
    assert read().tags == ("Support", "vip")


def test_whoever_has_an_alias_goes_by_it() -> None:
    assert read().person_name == "Anna Agent"
    assert read(user={"id": 5, "username": "anna", "alias": None}).person_name == "anna"


def test_the_meta_field_tells_the_ticket() -> None:
    address = "https://care.zendesk.com/agent/tickets/7"

    assert read().references == (TicketReference("meta_field", ticket_number="1042"),)
    assert read(metaFields=[{"name": "ticket", "value": address}]).references == (
        TicketReference("meta_field", url=address),
    )
    assert read(metaFields=[]).references == ()


def test_a_duration_below_zero_is_set_aside_for_a_person_to_see() -> None:
    with pytest.raises(Malformed, match="below zero"):
        read(duration=-600)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "7"},
        {"begin": None},
        {"begin": "2026-10-26T09:00:00"},
        {"end": "later"},
        {"duration": None},
        {"duration": 1.5},
        {"project": 3},
        {"project": {"id": 3, "name": "Site", "customer": 4}},
        {"user": {"username": "anna"}},
        {"tags": "vip"},
        {"exported": "no"},
        {"metaFields": {}},
        {"description": 3},
    ],
    ids=str,
)
def test_a_timesheet_of_another_shape_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        read(**changes)


def test_a_site_goes_by_its_address_unless_it_is_named() -> None:
    given = {"base_url": "https://Time.example.com/", "api_token": TOKEN}

    assert KimaiSettings.model_validate(given).account_name == "time.example.com"
    assert KimaiSettings.model_validate({**given, "account": "old.example.com"}).account_name == "old.example.com"


@pytest.mark.parametrize("changes", [{"base_url": "kimai"}, {"api_token": ""}, {"page_size": 501}], ids=str)
def test_a_wrong_setting_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        KimaiSettings.model_validate({"base_url": "https://time.example.com", "api_token": TOKEN, **changes})


def test_the_usual_project_is_of_a_customer(bed: KimaiBed) -> None:
    bed.write_down(at(9), 900)

    assert only(window(bed.tracker())).client_name == f"{USUAL_PROJECT} BV"
