"""The sandbox's Toggl answers as Toggl does: compared with recorded answers, and read by a client of others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.conformance.tracker_bed import TODAY, TOKEN, at
from connectors.sandbox.toggl_webhooks import TogglWebhooks
from tests.conformance.toggl_bed import WEBHOOK_SECRET, TogglBed


@pytest.fixture
def bed() -> Iterator[TogglBed]:
    with TogglBed.open() as bed:
        yield bed


def ask(bed: TogglBed, method: str, path: str, **more: Any) -> requests.Response:
    return requests.request(method, bed.server.base_url + path, auth=(TOKEN, "api_token"), timeout=10, **more)


def recorded(shared_fixtures: Path, method: str, path: str) -> list[Any]:
    """The bodies that the live service answered to such requests with 200."""
    interactions = json.loads((shared_fixtures / "toggl" / "recorded-api-v9-2024-12.json").read_text())["interactions"]
    found = [
        each["response"]["body"]
        for each in interactions
        if each["request"]["method"] == method
        and each["request"]["url"].split("?")[0].endswith(path)
        and each["response"]["status"] == 200
    ]
    assert found
    return found


def assert_same_shape(ours: dict[str, Any], theirs: dict[str, Any], *, may_lack: frozenset[str] = frozenset()) -> None:
    """Same names; same types wherever neither is null."""
    assert set(ours) ^ set(theirs) <= may_lack
    for name in set(ours) & set(theirs):
        if ours[name] is not None and theirs[name] is not None:
            assert type(ours[name]) is type(theirs[name]), name


# ---- shapes of recorded answers --------------------------------------------------------------------


def test_a_running_timer_has_the_recorded_shape(bed: TogglBed, shared_fixtures: Path) -> None:
    bed.start_timer("Open Sourcing")
    theirs = next(body for body in recorded(shared_fixtures, "GET", "/me/time_entries/current") if body)

    ours = ask(bed, "GET", "/api/v9/me/time_entries/current").json()

    assert_same_shape(ours, theirs, may_lack=frozenset({"pid"}))
    assert ours["duration"] < 0
    assert ours["stop"] is None


def test_without_a_timer_the_answer_is_null(bed: TogglBed, shared_fixtures: Path) -> None:
    assert None in recorded(shared_fixtures, "GET", "/me/time_entries/current")

    answer = ask(bed, "GET", "/api/v9/me/time_entries/current")

    assert (answer.status_code, answer.text) == (200, "null")


def test_tombstones_have_the_recorded_shape_and_keep_their_hours(bed: TogglBed, shared_fixtures: Path) -> None:
    entry_id = bed.write_down(at(9), 994, "Hello Toggl")
    bed.delete(entry_id)
    since = int(at(9).timestamp())
    lists = recorded(shared_fixtures, "GET", "/me/time_entries")
    theirs = next(item for items in lists for item in items if item["server_deleted_at"])

    (ours,) = ask(bed, "GET", f"/api/v9/me/time_entries?since={since}").json()

    assert_same_shape(ours, theirs)
    assert (ours["duration"], bool(ours["server_deleted_at"])) == (994, True)


def test_entries_with_names_have_the_recorded_shape(bed: TogglBed, shared_fixtures: Path) -> None:
    bed.write_down(at(9), 900, "Inbox", project="Site")
    theirs = next(
        item
        for items in recorded(shared_fixtures, "GET", "/me/time_entries")
        for item in items
        if "client_name" in item and "shared_with" not in item
    )

    (ours,) = ask(bed, "GET", f"/api/v9/me/time_entries?meta=true&start_date={TODAY}&end_date={TODAY}").json()

    assert_same_shape(ours, theirs)


def test_who_i_am_has_the_recorded_shape(bed: TogglBed, shared_fixtures: Path) -> None:
    theirs = recorded(shared_fixtures, "GET", "/api/v9/me")[0]

    assert_same_shape(ask(bed, "GET", "/api/v9/me").json(), theirs)


def test_a_new_entry_has_the_recorded_shape(bed: TogglBed, shared_fixtures: Path) -> None:
    theirs = recorded(shared_fixtures, "POST", "/time_entries")[0]
    path = f"/api/v9/workspaces/{bed.workspace.workspace_id}/time_entries"

    ours = ask(bed, "POST", path, json={"start": at(9).isoformat(), "created_with": "test"}).json()

    assert_same_shape(ours, theirs)
    assert (ours["stop"], ours["duration"]) == (theirs["stop"], theirs["duration"]) == (None, 0)


def test_since_and_before_together_are_refused_in_the_recorded_words(bed: TogglBed, shared_fixtures: Path) -> None:
    interactions = json.loads((shared_fixtures / "toggl" / "recorded-api-v9-2024-12.json").read_text())["interactions"]
    theirs = next(each["response"] for each in interactions if each["response"]["status"] == 400)

    ours = ask(bed, "GET", "/api/v9/me/time_entries?since=1761465600&before=2026-10-26")

    assert (ours.status_code, ours.json()) == (400, theirs["body"])


def test_a_wrong_token_gets_an_empty_401(bed: TogglBed) -> None:
    answer = requests.get(f"{bed.server.base_url}/api/v9/me", auth=("nobody", "api_token"), timeout=10)

    assert (answer.status_code, answer.content) == (401, b"")


# ---- the report ------------------------------------------------------------------------------------


def report(bed: TogglBed, **body: Any) -> requests.Response:
    path = f"/reports/api/v3/workspace/{bed.workspace.workspace_id}/search/time_entries"
    return ask(bed, "POST", path, json={"start_date": str(TODAY), "end_date": str(TODAY), **body})


def test_the_report_knows_every_filter_that_we_send(shared_fixtures: Path) -> None:
    spec = json.loads((shared_fixtures / "toggl" / "toggl-api-v9-and-reports-v3.swagger.json").read_text())
    known = set(spec["definitions"]["detailed.Post"]["properties"])

    sent = {"start_date", "end_date", "page_size", "order_by", "order_dir", "grouped", "hide_amounts"}
    sent |= {"enrich_response", "rounding", "rounding_minutes", "time_entry_ids"}
    sent |= {"first_id", "first_row_number", "first_timestamp"}

    assert sent <= known


def test_the_report_pages_by_its_headers(bed: TogglBed) -> None:
    ids = [int(bed.write_down(at(8, minute=number), 900)) for number in range(3)]

    first = report(bed, page_size=2, rounding=0)
    second = report(bed, page_size=2, rounding=0, first_row_number=int(first.headers["X-Next-Row-Number"]))

    assert [row["time_entries"][0]["id"] for row in first.json() + second.json()] == ids
    assert first.headers["X-Next-ID"] == str(ids[2])
    assert "X-Next-Row-Number" not in second.headers
    assert [row["row_number"] for row in first.json() + second.json()] == [1, 2, 3]


def test_grouped_rows_hold_the_entries_that_are_alike(bed: TogglBed) -> None:
    for hour in (8, 9):
        bed.write_down(at(hour), 900, "#1 alike")
    bed.write_down(at(10), 900, "#2 other")

    rows = report(bed, grouped=True, rounding=0).json()

    assert sorted(len(row["time_entries"]) for row in rows) == [1, 2]


def test_without_being_told_otherwise_the_report_rounds(bed: TogglBed) -> None:
    bed.write_down(at(9), 61)

    assert report(bed).json()[0]["time_entries"][0]["seconds"] == 900
    assert report(bed, rounding=0).json()[0]["time_entries"][0]["seconds"] == 61


def test_a_range_over_a_year_is_refused(bed: TogglBed) -> None:
    assert report(bed, start_date="2024-01-01").status_code == 400


# ---- quota -----------------------------------------------------------------------------------------


def test_the_quota_counts_down_and_ends_in_402_with_its_headers() -> None:
    with TogglBed.open(quota=2) as bed:
        answers = [ask(bed, "GET", "/api/v9/me") for _ in range(3)]

        assert [answer.status_code for answer in answers] == [200, 200, 402]
        assert [answer.headers["X-Toggl-Quota-Remaining"] for answer in answers] == ["1", "0", "0"]
        assert ask(bed, "GET", "/api/v9/me/quota").json()[0]["remaining"] == 0

        bed.clock.advance(timedelta(hours=1))
        assert ask(bed, "GET", "/api/v9/me").status_code == 200


# ---- people through the product's own interface ------------------------------------------------------


def test_an_entry_is_made_changed_stopped_and_deleted_over_http(bed: TogglBed) -> None:
    path = f"/api/v9/workspaces/{bed.workspace.workspace_id}/time_entries"
    body = {"start": at(11).isoformat(), "duration": -1, "created_with": "test", "description": "#1"}
    entry_id = ask(bed, "POST", path, json=body).json()["id"]

    stopped = ask(bed, "PATCH", f"{path}/{entry_id}/stop").json()
    edited = ask(bed, "PUT", f"{path}/{entry_id}", json={"duration": 1800}).json()
    ask(bed, "DELETE", f"{path}/{entry_id}")

    assert (stopped["duration"], edited["duration"]) == (3600, 1800)
    assert ask(bed, "GET", f"/api/v9/me/time_entries/{entry_id}").status_code == 404


# ---- webhooks --------------------------------------------------------------------------------------


def test_events_wait_in_order_and_are_signed(bed: TogglBed) -> None:
    webhooks: TogglWebhooks = bed.server.webhooks
    entry_id = bed.write_down(at(9), 900)
    bed.edit(entry_id, seconds=1800)
    bed.delete(entry_id)

    assert [event.action for event in webhooks.waiting] == ["created", "updated", "deleted"]
    headers, body = bed.webhook_call(entry_id)
    assert bed.tracker().webhook(headers, body, bed.clock.now()).entry_ids == (entry_id,)
    assert json.loads(body)["metadata"]["action"] == "created"
    assert WEBHOOK_SECRET not in body.decode()


# ---- a client written by others ----------------------------------------------------------------------


def test_toggl_python_understands_what_the_sandbox_answers(bed: TogglBed) -> None:
    toggl = pytest.importorskip("toggl_python", reason="toggl-python, a client written by others, is not installed")
    bed.write_down(at(9), 900, "#1", project="Site", tags=("admin",))
    bed.delete(bed.write_down(at(10), 1800, "#2"))
    running = bed.start_timer("#3")
    auth = toggl.TokenAuth(TOKEN)

    user = toggl.CurrentUser(auth=auth)
    user.client.base_url = f"{bed.server.base_url}/api/v9"
    reports = toggl.entities.report_time_entry.ReportTimeEntry(auth=auth)
    reports.client.base_url = f"{bed.server.base_url}/reports/api/v3/workspace"

    assert user.me().fullname == "Anna"
    assert str(user.get_current_time_entry().id) == running
    (row,) = reports.search(bed.workspace.workspace_id, start_date=str(TODAY), end_date=str(TODAY), page_size=5)
    assert row.username == "Anna"
    assert len(row.time_entries) == 1
