"""An empty Zammad is made ready, works with what was made, and is given back as it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from care_sync.cli.main import app
from care_sync.cli.session import Session
from care_sync.clock import ManualClock
from connectors.errors import Unavailable
from connectors.sandbox.zammad import SandboxZammad
from connectors.sandbox.zammad_conditions import holds
from connectors.sandbox.zammad_state import ZammadSite
from tests.system.office import START, TOKEN

PUBLIC = "https://care-sync.example.org"
ADDRESS = f"{PUBLIC}/webhooks/helpdesk/zammad"
CONFIGURED = "a-secret-that-people-chose-0001"
TRIGGER = "CareSync: tell of changed tickets"
CONFIG = """\
company: {{name: CARE}}
helpdesk:
  product: zammad
  base_url: {zammad}
  api_token: {token}
  fields:
    kind: Soort
    service: dienst
    worked_before: Werkte eerder
    cause: oorzaak
    delivered_on: Opgeleverd op
    expected_minutes: Verwachte minuten
    clear: Opdracht duidelijk
    care_scope: care_scope
    care_minutes: CARE minuten
    care_questions: CARE vragen
  organization_fields: {{sla: sla, covered_services: Diensten}}
time_trackers:
  zammad: {{base_url: {zammad}, api_token: {token}, unit_minutes: 15}}
store: {{url: "sqlite:///{folder}/care.db"}}
web: {{public_url: {public}}}
"""
ADMINISTRATES = {"admin.object", "admin.webhook", "admin.trigger", "admin.overview"}


@dataclass
class Site:
    """A Zammad, and CareSync's commands on its settings."""

    server: SandboxZammad
    clock: ManualClock
    config: Path
    capsys: pytest.CaptureFixture[str]
    robot: int
    anna: int

    @property
    def zammad(self) -> ZammadSite:
        return self.server.site

    def __call__(self, *arguments: str) -> tuple[int, str]:
        """Run ``care-sync``; gives the exit code and what was said."""
        self.capsys.readouterr()
        code = 0
        try:
            app(list(arguments), prog_name="care-sync", obj=Session(self.config, verbose=False, clock=self.clock))
        except SystemExit as ended:
            code = int(ended.code or 0)
        told = self.capsys.readouterr()
        return code, told.out if "--json" in arguments else told.out + told.err

    def steps(self, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
        code, output = self("setup", *arguments, "--json")
        return code, json.loads(output)


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "secrets"
    directory.mkdir()
    monkeypatch.setenv("CARE_SYNC_SECRETS_DIRECTORY", str(directory))
    return directory


@pytest.fixture
def site(tmp_path: Path, sqlite_template: Path, secrets: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Site]:
    """A site with one attribute and one overview that people made, an agent, and CareSync's token."""
    shutil.copyfile(sqlite_template, tmp_path / "care.db")
    clock = ManualClock(START)
    zammad = ZammadSite(clock.now)
    zammad.add_group("Support")
    anna, robot = zammad.add_agent("Anna"), zammad.add_agent("CareSync", token=TOKEN)
    zammad.records.users[robot].permissions |= ADMINISTRATES
    options = {"care": "CARE", "Third party": "Derde partij", "weather": "Het weer"}
    zammad.add_attribute("Ticket", "oorzaak", "Oorzaak", "select", options)
    with SandboxZammad(zammad) as server:
        config = tmp_path / "config.yaml"
        text = CONFIG.format(zammad=server.base_url, token=TOKEN, folder=tmp_path.as_posix(), public=PUBLIC)
        config.write_text(text, encoding="utf-8")
        yield Site(server, clock, config, capsys, robot, anna)


@pytest.mark.parametrize("arguments", [("--yes",), ("--yes", "--json")])
def test_the_secret_that_setup_makes_is_kept_for_its_owner_and_never_shown(
    site: Site, secrets: Path, arguments: tuple[str, ...]
) -> None:
    code, output = site("setup", *arguments)
    assert code == 0
    path = secrets / "helpdesk__webhook_secret"
    assert path.stat().st_mode & 0o777 == 0o600
    secret = path.read_text("utf-8").strip()
    assert len(secret) >= 32
    assert secret not in output
    assert [one["signature_token"] for one in site.zammad.records.webhooks.values()] == [secret]


def test_who_has_no_place_for_the_secret_is_told_what_to_do(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CARE_SYNC_SECRETS_DIRECTORY")
    code, output = site("setup", "--yes")
    assert code == 0
    assert "run setup again with that directory, or with a secret of your own" in output


def test_the_secret_is_kept_even_when_setup_is_cut_off_for_zammad_shows_it_to_nobody_again(
    site: Site, secrets: Path
) -> None:
    site.server.faults.add("down", route="execute_migrations", times=10)
    with pytest.raises(Unavailable):
        site("setup", "--yes")
    site.server.faults.clear()
    secret = (secrets / "helpdesk__webhook_secret").read_text("utf-8").strip()
    assert [one["signature_token"] for one in site.zammad.records.webhooks.values()] == [secret]
    assert site.steps("--yes")[0] == 0
    assert site.steps("--check")[0] == 0


def test_a_site_that_was_set_up_decides_a_ticket_by_its_attributes(site: Site) -> None:
    assert site("setup", "--yes")[0] == 0
    _, output = site("check")
    assert [line.split(":")[0].strip() for line in output.splitlines() if "✗" in line] == ["✗ webhook address"]
    acme = site.zammad.add_organization("Acme", sla="standard")
    eva = site.zammad.add_customer("Eva", organization_id=acme)
    ticket = site.zammad.file_ticket("Formulier stuk", "Kijken jullie?", eva)
    facts = {"care_kind": "incident", "dienst": "website", "care_worked_before": "yes", "oorzaak": "care"}
    site.zammad.update(ticket, site.anna, facts)
    unclear = site.zammad.file_ticket("Wat nu?", "Kijken jullie?", eva)
    site.zammad.account_time(ticket, site.anna, Decimal(2))
    site.clock.advance(timedelta(minutes=5))
    assert site("sync", "--json")[0] == 0
    record = site.zammad.records.tickets[ticket]
    assert "sla_included" in record.tags
    assert record.attributes["care_minutes"] == 30
    assert record.attributes["care_scope"]
    (waiting, _) = site.zammad.records.overviews.values()
    assert holds(waiting["condition"], site.zammad.records.tickets[unclear])
    assert not holds(waiting["condition"], record)


def test_setup_tells_what_drifted_and_gives_the_site_back_as_it_was(site: Site) -> None:
    assert site.steps("--yes")[0] == 0
    code, kept = site.steps("--check")
    assert (code, {one["action"] for one in kept}) == (0, {"keep"})
    next(iter(site.zammad.records.webhooks.values()))["active"] = False
    assert site.steps("--check")[0] == 1
    assert site.steps("--remove", "--yes")[0] == 0
    records = site.zammad.records
    assert [one.name for one in records.attributes.values()] == ["oorzaak"]
    assert (records.webhooks, records.triggers, records.overviews) == ({}, {}, {})
    assert site.steps("--remove", "--yes") == (0, [])
