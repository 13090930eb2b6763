"""Making an empty Freshdesk ready, seeing what drifted, and taking back what was made."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from care_sync.application import site_settings
from care_sync.cli.main import app
from care_sync.cli.session import Session
from care_sync.clock import ManualClock
from connectors.conformance.environment import Budgets
from connectors.errors import PermissionMissing, Unavailable
from connectors.preparation import MARK
from connectors.protocols import Environment
from connectors.registry import HELPDESKS
from connectors.sandbox.freshdesk import SandboxFreshdesk
from connectors.sandbox.freshdesk_admin import ON_CREATION, ON_UPDATE
from connectors.sandbox.freshdesk_state import FreshdeskAccount
from tests.system.office import START, TOKEN

PUBLIC = "https://care-sync.example.org"
CONFIGURED = "a-secret-that-people-chose-0001"
CONFIG = """\
company: {{name: CARE}}
helpdesk:
  product: freshdesk
  domain: care
  base_url: {freshdesk}
  api_key: {token}
  fields: {{kind: Soort, cause: Oorzaak, clear: Opdracht duidelijk, delivered_on: Geleverd op, care_minutes: CARE min}}
  organization_fields: {{sla: SLA, covered_services: Diensten}}
time_trackers:
  freshdesk: {{domain: care, base_url: {freshdesk}, api_key: {token}}}
store: {{url: "sqlite:///{folder}/care.db"}}
web: {{public_url: {public}}}
"""


class Site:
    """A Freshdesk account, and CareSync's commands on its settings."""

    def __init__(self, server: SandboxFreshdesk, clock: ManualClock, config: Path, capsys: Any) -> None:
        self.server = server
        self.account = server.account
        self.clock = clock
        self.config = config
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str]:
        """Run ``care-sync setup``; gives the exit code and what was said."""
        self._capsys.readouterr()
        code = 0
        try:
            app(["setup", *arguments], prog_name="care-sync", obj=Session(self.config, verbose=False, clock=self.clock))
        except SystemExit as ended:
            code = int(ended.code or 0)
        told = self._capsys.readouterr()
        return code, told.out if "--json" in arguments else told.out + told.err

    def steps(self, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
        code, output = self(*arguments, "--json")
        return code, json.loads(output)

    def writes(self) -> list[str]:
        return [f"{one.method} {one.path}" for one in self.server.requests if one.method != "GET"]

    def rule(self, occasion: int) -> dict[str, Any]:
        (found,) = [one for one in self.account.records.rules[occasion] if one["description"] == MARK]
        return found


@pytest.fixture
def site(
    tmp_path: Path, sqlite_template: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    """An account with a field and a rule that people made, and CareSync's key."""
    monkeypatch.setenv("CARE_SYNC_SECRETS_DIRECTORY", str(tmp_path / "secrets"))
    (tmp_path / "secrets").mkdir()
    shutil.copyfile(sqlite_template, tmp_path / "care.db")
    clock = ManualClock(START)
    account = FreshdeskAccount(clock.now)
    account.add_agent("CareSync", api_key=TOKEN)
    account.add_ticket_field("cf_oorzaak", "Oorzaak", "custom_dropdown", ("care", "Third party", "weather"))
    account.records.rules[ON_CREATION] = [
        {"id": 1, "name": "To the website team", "description": "", "active": True, "actions": []}
    ]
    with SandboxFreshdesk(account, requests_a_minute=100_000) as server:
        config = tmp_path / "config.yaml"
        text = CONFIG.format(freshdesk=server.base_url, token=TOKEN, folder=tmp_path.as_posix(), public=PUBLIC)
        config.write_text(text, encoding="utf-8")
        yield Site(server, clock, config, capsys)


def of(found: list[dict[str, Any]], action: str) -> list[tuple[str, str]]:
    return [(one["kind"], one["title"]) for one in found if one["action"] == action]


def test_a_check_tells_what_is_missing_and_what_is_done_by_hand_and_makes_nothing(site: Site) -> None:
    code, found = site.steps("--check")
    assert code == 1
    actions = {(one["kind"], one["title"]): one["action"] for one in found}
    assert actions["ticket field", "Soort"] == "create"
    assert actions["ticket field", "Oorzaak"] == "complete"
    assert actions["company field", "SLA"] == "create"
    assert actions["automation rule", "CareSync: tell of new tickets"] == "create"
    assert actions["view", "CareSync: vragen open"] == "by_hand"
    assert next(one["detail"] for one in found if one["kind"] == "view").startswith(
        "filter tickets by the tag next_ask"
    )
    assert site.writes() == []


def test_setup_makes_everything_once_and_the_second_time_nothing(site: Site) -> None:
    assert site.steps("--yes")[0] == 0
    records = site.account.records
    kinds = {one.label: (one.type, one.choices) for one in records.ticket_fields.values()}
    assert kinds["Opdracht duidelijk"] == ("custom_dropdown", ("yes", "no"))
    assert kinds["Geleverd op"] == ("custom_date", ())
    assert kinds["CARE min"] == ("custom_number", ())
    assert "short_question" in kinds["Soort"][1]
    assert records.company_fields["sla"].choices == ("none", "standard")
    before = len(site.writes())
    code, again = site.steps("--yes")
    assert (code, {one["action"] for one in again}) == (0, {"keep", "by_hand"})
    assert len(site.writes()) == before
    assert site.steps("--check")[0] == 0


def test_choices_that_people_made_stay_and_what_says_the_same_is_not_made_twice(site: Site) -> None:
    site.steps("--yes")
    choices = site.account.records.ticket_fields["cf_oorzaak"].choices
    assert choices[:3] == ("care", "Third party", "weather")
    assert "customer" in choices
    assert "third_party" not in choices


def test_a_choice_that_an_administrator_removed_is_told_and_put_back(site: Site) -> None:
    site.steps("--yes")
    cause = site.account.records.ticket_fields["cf_oorzaak"]
    cause.choices = tuple(one for one in cause.choices if one != "customer")
    code, found = site.steps("--check")
    assert (code, of(found, "complete")) == (1, [("ticket field", "Oorzaak")])
    assert "customer" in next(one["detail"] for one in found if one["action"] == "complete")
    site.steps("--yes")
    assert "customer" in cause.choices


@pytest.mark.parametrize(
    ("key", "value"), [("active", False), ("url", "https://elsewhere.example"), ("secret", "other")]
)
def test_a_rule_that_drifted_is_told_and_mended_and_events_that_people_added_stay(
    site: Site, key: str, value: Any
) -> None:
    site.steps("--yes")
    rule = site.rule(ON_UPDATE)
    rule["events"].append({"field_name": "cf_oorzaak", "from": "--", "to": "--"})
    action = rule["actions"][0]
    if key == "secret":
        site("--yes")
        action["custom_headers"] = {"x-caresync-secret": value}
    else:
        (rule if key == "active" else action)[key] = value
    code, found = site.steps("--check")
    assert (code, of(found, "complete")) == (1, [("automation rule", rule["name"])])
    assert of(found, "by_hand") == [("view", "CareSync: vragen open"), ("view", "CareSync: nog niet te bepalen")]
    site.steps("--yes")
    assert site.steps("--check")[0] == 0
    assert rule["events"][-1]["field_name"] == "cf_oorzaak"


@pytest.mark.parametrize("is_archived", [False, True])
def test_what_is_in_the_way_is_left_for_a_person(site: Site, is_archived: bool) -> None:
    site.account.add_ticket_field("cf_soort", "Soort", "custom_dropdown" if is_archived else "custom_checkbox")
    site.account.records.ticket_fields["cf_soort"].is_archived = is_archived
    rules = site.account.records.rules
    rules[ON_UPDATE] = [{"id": 2, "name": "CareSync: tell of changed tickets", "description": "", "active": True}]
    code, found = site.steps("--yes")
    in_the_way = [("ticket field", "Soort"), ("automation rule", "CareSync: tell of changed tickets")]
    assert (code, of(found, "conflict")) == (1, in_the_way)
    assert len(rules[ON_UPDATE]) == 1


def test_a_secret_never_goes_to_an_address_without_tls(site: Site) -> None:
    text = site.config.read_text("utf-8").replace("https://care-sync", "http://care-sync")
    site.config.write_text(text, encoding="utf-8")
    code, found = site.steps("--yes")
    assert (code, {kind for kind, _ in of(found, "conflict")}) == (1, {"automation rule"})
    assert ON_UPDATE not in site.account.records.rules or site.account.records.rules[ON_UPDATE] == []


def test_our_rule_for_new_tickets_comes_after_those_of_people(site: Site) -> None:
    site.steps("--yes")
    names = [one["name"] for one in site.account.records.rules[ON_CREATION]]
    assert names == ["To the website team", "CareSync: tell of new tickets"]


def test_a_key_that_may_not_administer_is_told_so_with_the_way_out(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    next(iter(site.account.records.agents.values())).may_administer = False
    with pytest.raises(PermissionMissing, match="may not administer") as told:
        site("--check")
    assert "CARE_SYNC_HELPDESK__API_KEY" in str(told.value)
    assert TOKEN not in str(told.value)
    site.account.add_agent("Baas", api_key="the-key-of-an-administrator")
    monkeypatch.setenv("CARE_SYNC_HELPDESK__API_KEY", "the-key-of-an-administrator")
    assert site.steps("--yes")[0] == 0


def test_remove_takes_back_what_was_made_and_leaves_what_people_made(site: Site) -> None:
    site.steps("--yes")
    code, found = site.steps("--remove", "--yes")
    assert code == 0
    assert [one.label for one in site.account.records.ticket_fields.values()] == ["Oorzaak"]
    assert [one["name"] for one in site.account.records.rules[ON_CREATION]] == ["To the website team"]
    assert site.account.records.rules[ON_UPDATE] == []
    by_hand = [("company field", "SLA"), ("company field", "Diensten")]
    assert of(found, "by_hand") == by_hand
    code, again = site.steps("--remove", "--yes")
    assert (code, [(one["kind"], one["title"]) for one in again]) == (0, by_hand)


def test_calls_of_the_rules_are_proven_by_a_secret_that_setup_made_and_never_shows(site: Site, tmp_path: Path) -> None:
    code, output = site("--yes")
    assert code == 0
    path = tmp_path / "secrets" / "helpdesk__webhook_secret"
    assert path.stat().st_mode & 0o777 == 0o600
    secret = path.read_text("utf-8").strip()
    assert len(secret) >= 32
    assert secret not in output
    assert {
        site.rule(one)["actions"][0]["custom_headers"]["x-caresync-secret"] for one in (ON_CREATION, ON_UPDATE)
    } == {secret}
    requester = site.account.add_contact("Eva")
    ticket = site.account.file_ticket("Formulier stuk", "Kijken jullie?", requester)
    site.account.update(ticket, {"status": 4})
    site.account.note(ticket, requester, "voor ons", private=True)
    created, solved = site.server.webhooks.waiting
    assert {one.rule.address for one in (created, solved)} == {f"{PUBLIC}/webhooks/helpdesk/freshdesk"}
    settings = site_settings(site.config)
    environment = Environment(site.clock.now, site.clock.sleep, Budgets())
    helpdesk = HELPDESKS["freshdesk"].connect(settings.helpdesk.options, environment)
    assert helpdesk.webhook(created.headers, created.body, site.clock.now()).ticket_ids == (str(ticket),)


def test_a_secret_of_the_settings_is_the_one_that_rules_send(site: Site, tmp_path: Path) -> None:
    text = site.config.read_text("utf-8").replace("  fields:", f"  webhook_secret: {CONFIGURED}\n  fields:")
    site.config.write_text(text, encoding="utf-8")
    code, output = site("--yes")
    assert code == 0
    assert site.rule(ON_UPDATE)["actions"][0]["custom_headers"] == {"x-caresync-secret": CONFIGURED}
    assert list((tmp_path / "secrets").iterdir()) == []
    assert CONFIGURED not in output


def test_setup_that_was_cut_off_goes_on_with_the_secret_it_began_with(site: Site) -> None:
    site.server.faults.add("down", route="POST /api/v2/automations/4", times=10)
    with pytest.raises(Unavailable):
        site("--yes")
    first = site.rule(ON_CREATION)["actions"][0]["custom_headers"]
    site.server.faults.clear()
    assert site("--yes")[0] == 0
    assert site.rule(ON_CREATION)["actions"][0]["custom_headers"] == first
    assert site.rule(ON_UPDATE)["actions"][0]["custom_headers"] == first
