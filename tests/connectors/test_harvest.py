"""The Harvest connector: what is particular to this product, on its sandbox over real HTTP and on its JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.conformance.tracker_bed import TODAY, TOKEN, at, drain, window
from connectors.errors import ConnectorError, Invalid, Malformed
from connectors.harvest.settings import HarvestSettings
from connectors.harvest.translate import entry_from_api, seconds_of
from connectors.records import EntryState, TicketReference, TimeEntry
from connectors.sandbox.server import Answer
from tests.conformance.harvest_bed import USUAL_PROJECT, HarvestBed
from tests.connectors.shifting_windows import read_while_it_changes, read_while_it_never_stands_still

ENTRY: dict[str, Any] = {
    "id": 636709355,
    "spent_date": "2026-10-26",
    "user": {"id": 1, "name": "Kim Allen"},
    "client": {"id": 2, "name": "ABC Corp"},
    "project": {"id": 3, "name": "Marketing Website"},
    "task": {"id": 4, "name": "administration"},
    "hours": 2.11,
    "notes": "#5515: styling",
    "updated_at": "2026-10-26T16:47:14Z",
    "is_running": False,
    "billable": True,
    "external_reference": None,
}


@pytest.fixture
def bed() -> Iterator[HarvestBed]:
    with HarvestBed.open() as bed:
        yield bed


def read(**changes: object) -> TimeEntry:
    return entry_from_api({**ENTRY, **changes}, account="1")


def samples(shared_fixtures: Path) -> list[dict[str, Any]]:
    found = json.loads((shared_fixtures / "harvest" / "docs-samples-time_entries.json").read_text())["samples"]
    bodies = [sample["body"] for sample in found if isinstance(sample.get("body"), dict)]
    listed = [entry for body in bodies for entry in body.get("time_entries", [])]
    return [*listed, *(body for body in bodies if "spent_date" in body and "hours" in body)]


# ---- requests --------------------------------------------------------------------------------------


def test_an_idle_fast_lane_costs_one_request(bed: HarvestBed) -> None:
    bed.write_down(at(9), 900)
    tracker = bed.tracker()
    _, cursor = drain(tracker, None)
    bed.server.requests.clear()

    drain(tracker, cursor)

    assert len(bed.server.requests) == 1


def test_every_request_says_who_asks_for_which_account(bed: HarvestBed) -> None:
    with pytest.raises(ConnectorError):
        window(bed.tracker(account_id=7))

    answer = requests.get(
        f"{bed.server.api_url}/users/me",
        headers={
            "Authorization": f"Bearer {TOKEN}",
            "Harvest-Account-Id": str(bed.harvest.account_id),
            "User-Agent": "",
        },
        timeout=10,
    )

    assert answer.status_code == 400
    assert window(bed.tracker()) == []


def test_a_page_that_ends_before_the_total_is_refused(bed: HarvestBed) -> None:
    bed.server.answers_instead = Answer(data={"time_entries": [], "total_entries": 3, "links": {"next": None}})

    with pytest.raises(Malformed):
        window(bed.tracker(sees_only="own"))


def test_pages_that_lead_in_circles_are_refused(bed: HarvestBed) -> None:
    link = f"{bed.server.api_url}/time_entries?cursor=x"
    bed.server.answers_instead = Answer(data={"time_entries": [ENTRY], "total_entries": 9, "links": {"next": link}})

    with pytest.raises(Malformed):
        window(bed.tracker(sees_only="own"))


@pytest.mark.parametrize("link", ["https://elsewhere.example/v2/time_entries?page=2", "/v2/users?page=2", "http://[x"])
def test_a_page_that_leads_elsewhere_is_refused(bed: HarvestBed, link: str) -> None:
    bed.server.answers_instead = Answer(data={"time_entries": [ENTRY], "total_entries": 9, "links": {"next": link}})

    with pytest.raises(Malformed, match="leads elsewhere"):
        window(bed.tracker(sees_only="own"))


@pytest.mark.parametrize("change", ["delete", "enter"])
def test_a_window_that_changes_while_it_is_read_is_read_anew_and_whole(bed: HarvestBed, change: str) -> None:
    read_while_it_changes(bed, change)


def test_a_window_that_never_stands_still_is_refused(bed: HarvestBed) -> None:
    read_while_it_never_stands_still(bed)


def test_a_cursor_that_is_not_ours_is_invalid(bed: HarvestBed) -> None:
    with pytest.raises(Invalid):
        drain(bed.tracker(), "yesterday")


def test_an_entry_keeps_its_number_when_it_is_started_again(bed: HarvestBed) -> None:
    entry_id = bed.write_down(at(9), 3600)
    bed.harvest.edit(int(entry_id), timer_started_at=bed.clock.now())

    entry = bed.tracker().entry(entry_id)

    assert entry is not None
    assert (entry.state, entry.seconds) == (EntryState.RUNNING, 0)


def test_an_invoiced_entry_is_marked_as_locked(bed: HarvestBed) -> None:
    entry_id = bed.write_down(at(9), 3600)
    bed.harvest.edit(int(entry_id), billed=True)

    assert [entry.locked for entry in window(bed.tracker())] == [True]


def test_a_reference_to_a_ticket_comes_through(bed: HarvestBed) -> None:
    url = "https://care.zendesk.com/agent/tickets/1001"
    reference = {"id": "1001", "permalink": url, "service": "care.zendesk.com"}
    bed.harvest.write_down(
        bed.person("Anna").id, TODAY, 900, project_id=bed.project(USUAL_PROJECT), external_reference=reference
    )

    (entry,) = window(bed.tracker())

    assert entry.references == (TicketReference("external_reference", ticket_id="1001", url=url),)


# ---- JSON ------------------------------------------------------------------------------------------


def test_every_sample_of_the_vendor_is_understood(shared_fixtures: Path) -> None:
    found = samples(shared_fixtures)
    assert len(found) > 3

    for sample in found:
        entry = entry_from_api(sample, account="1")
        assert entry.work_date.isoformat() == sample["spent_date"]
        assert entry.client_name == sample["client"]["name"]
        assert (entry.state is EntryState.RUNNING) is sample["is_running"]


def test_the_sandbox_answers_in_the_vendors_shape(bed: HarvestBed, shared_fixtures: Path) -> None:
    entry_id = bed.write_down(at(9), 900)

    headers = {
        "Authorization": f"Bearer {TOKEN}",
        "Harvest-Account-Id": str(bed.harvest.account_id),
        "User-Agent": "test (operations@example.com)",
    }

    shown = requests.get(f"{bed.server.api_url}/time_entries/{entry_id}", headers=headers, timeout=10).json()

    assert set(shown) == set(samples(shared_fixtures)[0])


@given(st.integers(min_value=0, max_value=2400))
def test_hours_of_two_digits_are_whole_steps_of_36_seconds(hundredths: int) -> None:
    assert seconds_of(hundredths / 100) == hundredths * 36


@pytest.mark.parametrize("hours", [None, "1.5", True, -1, float("nan"), float("inf"), 1e9], ids=str)
def test_hours_that_are_none_are_refused(hours: object) -> None:
    with pytest.raises(Malformed):
        seconds_of(hours)


def test_the_task_stands_as_the_tag() -> None:
    assert read().tags == ("administration",)


def test_the_id_in_another_tool_is_no_ticket() -> None:
    card = {"id": "1001", "permalink": "https://trello.com/c/1001", "service": "trello.com"}

    assert read(external_reference=card).references == (
        TicketReference("external_reference", ticket_id=None, url="https://trello.com/c/1001"),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "1"},
        {"spent_date": None},
        {"spent_date": "26-10-2026"},
        {"hours": None},
        {"user": "Kim"},
        {"project": {"name": "x"}},
        {"updated_at": None},
        {"notes": 3},
        {"external_reference": "x"},
    ],
    ids=str,
)
def test_an_entry_of_another_shape_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        read(**changes)


@pytest.mark.parametrize(
    "changes", [{"account_id": 0}, {"access_token": ""}, {"contact": "nobody"}, {"page_size": 2001}], ids=str
)
def test_a_wrong_setting_is_refused(changes: dict[str, object]) -> None:
    least = {"account_id": 1, "access_token": TOKEN, "contact": "operations@example.com"}
    with pytest.raises(ValidationError):
        HarvestSettings.model_validate({**least, **changes})
