"""Making an empty Zendesk ready, seeing what drifted, and taking back what was made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.office import FIELDS, INCIDENT, Office, open_office
from tests.system.test_commands import Shell

PUBLIC = "https://care-sync.example.org"


@pytest.fixture
def office(tmp_path: Path, store_url: str) -> Iterator[Office]:
    """An office whose Zendesk has no fields yet but one that people made."""
    with open_office(tmp_path, store_url) as opened:
        records = opened.account.records
        kept = {key: one for key, one in records.ticket_fields.items() if one.title == "Oorzaak"}
        records.ticket_fields.clear()
        records.ticket_fields.update(kept)
        next(iter(kept.values())).options.pop("cause_customer")
        records.organization_fields.clear()
        with (tmp_path / "config.yaml").open("a", encoding="utf-8") as file:
            file.write(f"web: {{public_url: {PUBLIC}}}\n")
        yield opened


@pytest.fixture
def care(office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("CARE_SYNC_SECRETS_DIRECTORY", str(tmp_path / "secrets"))
    (tmp_path / "secrets").mkdir()
    return Shell(office, tmp_path / "config.yaml", capsys)


def steps(care: Shell, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    code, output = care("setup", *arguments, "--json")
    return code, json.loads(output)


def test_a_check_tells_what_is_missing_and_makes_nothing(office: Office, care: Shell) -> None:
    code, found = steps(care, "--check")
    assert code == 1
    actions = {(one["kind"], one["title"]): one["action"] for one in found}
    assert actions["ticket field", "Soort"] == "create"
    assert actions["ticket field", "Oorzaak"] == "complete"
    assert actions["webhook", "CareSync"] == "create"
    assert len(office.account.records.ticket_fields) == 1
    assert [one.method for one in office.zendesk.requests if one.method != "GET"] == []


def test_setup_makes_everything_once_and_the_second_time_nothing(office: Office, care: Shell) -> None:
    code, _ = steps(care, "--yes")
    assert code == 0
    titles = {one.title for one in office.account.records.ticket_fields.values()}
    assert titles == {title for title, _, _ in FIELDS.values()}
    assert set(office.account.records.made) >= {"webhook", "trigger", "view"}
    before = len(office.zendesk.requests)
    code, again = steps(care, "--yes")
    assert (code, {one["action"] for one in again}) == (0, {"keep"})
    assert [one.method for one in office.zendesk.requests[before:] if one.method != "GET"] == []


def test_an_option_that_an_administrator_removed_is_told_and_put_back(office: Office, care: Shell) -> None:
    steps(care, "--yes")
    cause = next(one for one in office.account.records.ticket_fields.values() if one.title == "Oorzaak")
    del cause.options["cause_care"]
    code, found = steps(care, "--check")
    drifted = [one for one in found if one["action"] != "keep"]
    assert (code, [one["title"] for one in drifted]) == (1, ["Oorzaak"])
    assert "cause_care" in drifted[0]["detail"]
    steps(care, "--yes")
    assert "cause_care" in cause.options


def test_what_is_in_the_way_is_left_for_a_person(office: Office, care: Shell) -> None:
    office.account.add_ticket_field("Soort", "integer")
    code, found = steps(care, "--yes")
    conflicts = [one["title"] for one in found if one["action"] == "conflict"]
    assert (code, conflicts) == (1, ["Soort"])


def test_remove_takes_back_what_was_made_and_leaves_what_people_made(office: Office, care: Shell) -> None:
    steps(care, "--yes")
    code, _ = steps(care, "--remove", "--yes")
    assert code == 0
    assert [one.title for one in office.account.records.ticket_fields.values()] == ["Oorzaak"]
    assert {kind: dict(items) for kind, items in office.account.records.made.items() if items} == {}
    assert steps(care, "--remove", "--yes") == (0, [])


def test_a_site_that_was_set_up_works_and_its_webhook_is_proven_by_the_secret(
    office: Office, care: Shell, tmp_path: Path
) -> None:
    code, output = care("setup", "--yes")
    assert code == 0
    secret = tmp_path / "secrets" / "helpdesk__webhook_secret"
    assert secret.stat().st_mode & 0o777 == 0o600
    assert secret.read_text("utf-8").strip() not in output
    office.add_customer("Acme", sla=None)
    office.account.edit_organization(office.organization("Acme"), sla="sla_standard")
    ticket = office.file_ticket(**INCIDENT, cause="care")
    office.later()
    assert care("sync", "--json")[0] == 0
    assert "sla_included" in office.tags(ticket)

    from care_sync.application import site_settings
    from connectors.protocols import Environment
    from connectors.registry import HELPDESKS
    from tests.conformance.toggl_bed import Budgets

    (event,) = [one for one in office.zendesk.webhooks.waiting if one.kind == "created"]
    (webhook,) = office.zendesk.webhooks.triggered(event)
    settings = site_settings(tmp_path / "config.yaml")
    environment = Environment(office.clock.now, office.clock.sleep, Budgets())
    helpdesk = HELPDESKS["zendesk"].connect(settings.helpdesk.options, environment)
    delivery = office.zendesk.webhooks.call(event, webhook)
    assert webhook.endpoint == f"{PUBLIC}/webhooks/helpdesk/zendesk"
    assert helpdesk.webhook(delivery.headers, delivery.body, office.clock.now()).ticket_ids == (ticket,)
