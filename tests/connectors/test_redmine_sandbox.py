"""The sandbox's Redmine answers as Redmine does: as 5.0.4 was recorded, and as a real server answers right now."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from care_sync.clock import ManualClock
from connectors.sandbox.redmine import SandboxRedmine
from connectors.sandbox.redmine_state import (
    EDIT_TIME,
    LOG_TIME,
    LOG_TIME_FOR_OTHERS,
    VIEW_ISSUES,
    VIEW_TIME,
    RedmineSite,
)
from tests.conformance.redmine_bed import BILLABLE_FIELD, ENTRY_TICKET_FIELD, TICKET_FIELD, RedmineBed
from tests.real_servers.redmine import RealRedmine

RECORDED_ON = datetime(2026, 11, 24, 11, 50, 19, tzinfo=UTC)
SINGULAR = {"time_entries": "time_entry", "issues": "issue", "roles": "role"}
OF_THIS_RUN = ("api_key", "login", "mail", "start_date")
STAMPS = ("created_on", "updated_on", "closed_on", "passwd_changed_on", "last_login_on")


@pytest.fixture
def recorded_site() -> Iterator[tuple[SandboxRedmine, ManualClock]]:
    """The sandbox, set up as the recorded server was."""
    clock = ManualClock(RECORDED_ON)
    site = RedmineSite(clock.now, first_ids={"user": 5, "role": 3})
    manager = site.add_role("Manager", permissions=(VIEW_ISSUES, VIEW_TIME, LOG_TIME, LOG_TIME_FOR_OTHERS, EDIT_TIME))
    for name, customized, default in (
        ("SLA scope", "issue", None),
        ("Billing route", "issue", None),
        ("Helpdesk ticket", "issue", None),
        ("CareSync id", "time_entry", None),
        ("Billable", "time_entry", "1"),
    ):
        site.add_field(name, customized, default=default)
    caller = site.add_user("caresync", "CareSync", "API", "caresync@example.org")
    caller.api_key = "of the caller"
    site.add_user("admin", "Redmine", "Admin", "admin@example.org", admin=True).api_key = "of the administrator"
    for identifier, name in (("acme", "ACME BV - support"), ("globex", "Globex NV - project")):
        site.add_member(site.add_project(name, identifier).id, caller.id, (manager.id,))
    with SandboxRedmine(site) as server:
        yield server, clock


def without_stamps(data: Any) -> Any:
    """Instants replaced by whether there is one: the rest must be equal."""
    if isinstance(data, list):
        return [without_stamps(one) for one in data]
    if isinstance(data, dict):
        return {name: value is not None if name in STAMPS else without_stamps(value) for name, value in data.items()}
    return round(data, 9) if isinstance(data, float) else data


def test_every_recorded_request_is_answered_as_it_was(
    recorded_site: tuple[SandboxRedmine, ManualClock], shared_fixtures: Path
) -> None:
    server, clock = recorded_site
    server.is_strict = False  # the real one ignores filters that it does not know, and was recorded doing so
    file = shared_fixtures / "redmine" / "redmine-5.0.4-time_entries-recorded.json"
    interactions = json.loads(file.read_text())["interactions"]
    keys = {"no key": None, "bad key": "unknown", "delete issue (admin)": "of the administrator"}

    assert len(interactions) == 38
    for one in interactions:
        name, request, response = one["name"], one["request"], one["response"]
        key = keys.get(name, "of the caller")
        headers = {"X-Redmine-API-Key": key} if key else {}
        answer = requests.request(
            request["method"], server.base_url + request["path"], json=request["json"], headers=headers, timeout=10
        )
        clock.advance(timedelta(milliseconds=100))

        assert answer.status_code == response["status"], name
        told = answer.json() if answer.content else ""
        assert without_stamps(told) == without_stamps(response["body"]), name
        for header in ("WWW-Authenticate", "Location"):
            ours, theirs = answer.headers.get(header), response["headers"].get(header)
            assert (ours is None) == (theirs is None), name
            assert ours is None or theirs is None or ours.rsplit("/", 2)[-2:] == theirs.rsplit("/", 2)[-2:]


def conversation(bed: RedmineBed) -> list[tuple[str, int, Any]]:
    """What a connector may ask in every situation, with what came back, numbers replaced by their order."""
    told: list[tuple[str, int, Any]] = []
    numbers: dict[tuple[str, int], int] = {}

    def ask(method: str, path: str, *, key: str | None = bed.key, **more: Any) -> Any:
        headers = {"X-Redmine-API-Key": key} if key else {}
        answer = requests.request(method, bed.url + path, headers=headers, timeout=30, **more)
        data = answer.json() if answer.content else None
        told.append((method + " /" + path.split("/")[1], answer.status_code, renumbered(without_stamps(data))))
        return data

    def renumbered(data: Any, kind: str = "") -> Any:
        if isinstance(data, list):
            return [renumbered(one, kind) for one in data]
        if not isinstance(data, dict):
            return data
        shown = {name: renumbered(value, SINGULAR.get(name, name)) for name, value in data.items()}
        if isinstance(data.get("id"), int):
            shown["id"] = numbers.setdefault((kind, data["id"]), len(numbers))
        return {name: value for name, value in shown.items() if name not in OF_THIS_RUN}

    issue = bed.open_issue("Bug", ticket="1042")
    on_issue = bed.write_down(bed.clock.now(), 1380, "23 minuten", issue=issue, values={ENTRY_TICKET_FIELD: "7"})
    bed.clock.advance(timedelta(minutes=1))
    of_bert = bed.write_down(bed.clock.now() - timedelta(days=1), 6600, person="Bert")
    for parameters in (
        {},
        {"sort": "created_on"},
        {"sort": "created_on:desc", "limit": "1"},
        {"sort": "updated_on:desc"},
        {"from": "2026-10-26", "to": "2026-10-27"},
        {"limit": "500", "offset": "1"},
        {"updated_on": ">=2999-01-01"},
        {"from": "2999-01-01", "limit": "1"},
        {"offset": "9"},
    ):
        ask("GET", "/time_entries.json", params=parameters)
    ask("GET", f"/time_entries/{on_issue}.json")
    ask("GET", f"/time_entries/{bed.absent_id()}.json")
    ask("GET", "/issues.json", params={"issue_id": f"{issue},{bed.absent_id()}", "status_id": "*", "limit": "100"})
    ask("GET", f"/issues/{issue}.json")
    me = ask("GET", "/users/current.json", params={"include": "memberships"})["user"]
    ask("GET", f"/roles/{me['memberships'][0]['roles'][0]['id']}.json")
    ask("GET", "/custom_fields.json")
    ask("PUT", f"/time_entries/{on_issue}.json", json={"time_entry": {"hours": 2}})
    ask("GET", "/time_entries.json", key=None)
    ask("GET", "/time_entries.json", key="unknown")
    bed.see_only_oneself()
    ask("GET", "/time_entries.json")
    ask("GET", f"/time_entries/{of_bert}.json")
    bed.take_permission_away()
    ask("GET", "/time_entries.json")
    ask("GET", f"/time_entries/{of_bert}.json")
    ask("GET", "/issues.json", params={"issue_id": str(issue), "status_id": "*"})
    ask("GET", f"/issues/{issue}.json")
    bed.ask("DELETE", f"/issues/{issue}.json", expect=204)
    ask("GET", f"/time_entries/{on_issue}.json", key=bed.administrator_key)
    return told


@pytest.mark.slow
def test_a_real_server_and_the_sandbox_answer_alike(real_redmine: RealRedmine) -> None:
    real = conversation(RedmineBed.on(real_redmine))
    with RedmineBed.open() as bed:
        bed.server.is_strict = False  # filters that Redmine ignores are part of the conversation
        ours = conversation(bed)

    assert len(real) == len(ours)
    for theirs, mine in zip(real, ours, strict=True):
        assert mine == theirs


@pytest.mark.slow
def test_time_in_an_archived_project_is_forbidden_and_not_gone(real_redmine: RealRedmine) -> None:
    statuses = []
    with RedmineBed.open() as sandbox:
        for bed in (RedmineBed.on(real_redmine), sandbox):
            entry_id = bed.write_down(bed.clock.now(), 900, project="Old")
            bed.ask("PUT", f"/projects/{bed.project('Old')}/archive.json", expect=204)
            for key in (bed.key, bed.administrator_key):
                headers = {"X-Redmine-API-Key": key}
                answer = requests.get(f"{bed.url}/time_entries/{entry_id}.json", headers=headers, timeout=30)
                statuses.append(answer.status_code)

    assert statuses == [403] * 4


def test_the_fields_of_the_beds_stand_where_they_are_looked_for() -> None:
    with RedmineBed.open() as bed:
        entry_id = bed.write_down(bed.clock.now(), 900, issue=bed.open_issue("Bug"))
        shown = bed.ask("GET", f"/time_entries/{entry_id}.json")["time_entry"]
        (issue,) = bed.ask("GET", "/issues.json")["issues"]

    assert [one["name"] for one in shown["custom_fields"]] == [ENTRY_TICKET_FIELD, BILLABLE_FIELD]
    assert [one["name"] for one in issue["custom_fields"]] == [TICKET_FIELD]
