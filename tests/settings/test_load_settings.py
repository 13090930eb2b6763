"""The settings of a site: what may stand in them, where from, and what is said when something is wrong."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr

from care_sync.errors import UserError
from care_sync.settings import Settings, load_settings
from connectors.tracker_settings import TimeTrackerSettings, TimeZoneName


class DeskOptions(BaseModel):
    model_config = ConfigDict(extra="forbid")

    subdomain: str
    api_token: SecretStr
    fields: dict[str, int] = {}
    page_size: int | None = None


class TrackerOptions(TimeTrackerSettings):
    workspace_id: int
    api_token: SecretStr

    @property
    def account_name(self) -> str:
        return str(self.workspace_id)


class FileOptions(TimeTrackerSettings):
    path: Path
    time_zone: TimeZoneName

    @property
    def account_name(self) -> str:
        return self.path.stem


PRODUCTS: dict[str, Any] = {
    "helpdesks": {"desk": DeskOptions},
    "time_trackers": {"file": FileOptions, "tracker": TrackerOptions},
}

GOOD = """\
company:
  name: CARE
helpdesk:
  product: desk
  subdomain: care
  api_token: hush-desk
time_trackers:
  tracker:
    workspace_id: 12
    api_token: hush-tracker
"""


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def load(text: str, file: str = "config.yaml") -> Settings:
    Path(file).write_text(dedent(text), encoding="utf-8")
    return load_settings(Path(file), **PRODUCTS)


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(UserError) as raised:
        load(text)
    return raised.value.problems or (raised.value.message,)


def test_a_small_file_is_enough_and_the_rest_has_its_default() -> None:
    settings = load(GOOD)

    assert settings.company.name == "CARE"
    assert settings.company.zone.key == "Europe/Amsterdam"
    assert isinstance(settings.helpdesk.options, DeskOptions)
    assert settings.time_trackers["tracker"].product == "tracker"
    assert settings.schedule.nightly == time(2, 30)
    assert settings.ledger.hour_card.minimum_hours == 50


def test_every_value_is_read_by_the_type_of_its_setting() -> None:
    settings = load(
        GOOD
        + """\
schedule: {nightly: 01:30}
ledger:
  hour_card:
    rates: {2026: 92.50}
"""
    )

    assert settings.schedule.nightly == time(1, 30)
    assert settings.ledger.hour_card.rates == {date(2026, 1, 1): Decimal("92.50")}


def test_a_country_code_is_not_taken_for_a_boolean() -> None:
    assert load(GOOD.replace("name: CARE", "name: no")).company.name == "no"


def test_all_problems_are_told_at_once_each_with_place_value_and_remedy() -> None:
    assert problems(
        """\
        company:
          name: CARE
          time_zone: Amsterdam
        helpdesk:
          product: desk
          subdomian: care
          api_token: hush
        time_trackers:
          toggle: {workspace_id: 12}
        web:
          port: eighty
        schedule:
          poll_minutes: 0
          nightly: late
        logs:
          level: loud
        """
    ) == (
        "config.yaml:4:1: helpdesk.subdomain is not set. Add it to the file, or set CARE_SYNC_HELPDESK__SUBDOMAIN.",
        "config.yaml:6:3: helpdesk.subdomian is not a setting; did you mean subdomain?",
        'config.yaml:9:3: time_trackers.toggle.product: "toggle" is not a product that CareSync knows; '
        "write one of file, tracker, or install the package of another beside CareSync.",
        'config.yaml:3:3: company.time_zone: "Amsterdam" is no time zone; write one of the IANA names, '
        "such as Europe/Amsterdam.",
        'config.yaml:13:3: schedule.poll_minutes: "0" is too small; the least is 1.',
        'config.yaml:14:3: schedule.nightly: "late" is no time of day; write hours and minutes, such as 02:30.',
        'config.yaml:11:3: web.port: "eighty" is no whole number.',
        "config.yaml:16:3: logs.level: \"loud\" is not possible here; write 'debug', 'info', 'warning' or 'error'.",
    )


def test_one_account_under_two_names_is_refused_and_two_accounts_are_not() -> None:
    second = "  again: {product: tracker, workspace_id: 12, api_token: hush-other}\n"

    assert problems(GOOD + second) == (
        "config.yaml:11:3: time_trackers.again is the same tracker account as time_trackers.tracker, 12; "
        "remove one of them.",
    )
    assert len(load(GOOD + second.replace("12", "13")).time_trackers) == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("company: {name: A}\ncompany: {name: B}", "config.yaml:2:1: company is given twice; it already stands on"),
        ("company: &c {name: A}", "config.yaml:1:10: anchors (&, *) are not supported"),
        ("company: !!python/object:os.system {}", "config.yaml:1:10: tags (!) are not supported"),
        ("company:\n\tname: A", "config.yaml:2:1: found character"),
        ("company: {name: A", "config.yaml:1:18: "),
        ("- company", "config.yaml:1:1: settings are written as `name: value`"),
        ("company: {name: A}\n---\nweb: {}", "config.yaml:2:1: a second document begins here"),
        ("web: {<<: {}}", "config.yaml:1:7: merge keys"),
        ("? [a]\n: b", "config.yaml:1:3: a name is a single word"),
        ("a: " + "[" * 30, "config.yaml:1:23: this is nested deeper than 20 levels"),
    ],
)
def test_a_file_that_is_no_settings_file_is_told_by_line_and_column(text: str, told: str) -> None:
    assert problems(text)[0].startswith(told)


def test_a_file_that_is_absent_empty_or_not_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"absent\.yaml: there is no such file"):
        load_settings(Path("absent.yaml"), **PRODUCTS)
    Path("latin.yaml").write_bytes(b"company:\n  name: Caf\xe9\n")
    with pytest.raises(UserError, match=r"latin\.yaml:2:1: is not UTF-8"):
        load_settings(Path("latin.yaml"), **PRODUCTS)
    assert any(problem.startswith("config.yaml: company.name is not set") for problem in problems(""))


def test_the_environment_wins_over_secret_files_and_those_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "helpdesk__api_token").write_text("from-secret-file\n")
    (secrets / "time_trackers__tracker__api_token").write_text("from-secret-file\n")
    (secrets / "of_another_program").write_text("untouched")
    monkeypatch.setenv("CARE_SYNC_SECRETS_DIRECTORY", str(secrets))
    monkeypatch.setenv("CARE_SYNC_TIME_TRACKERS__TRACKER__API_TOKEN", "from-environment")
    monkeypatch.setenv("CARE_SYNC_WEB__PORT", "9000")
    monkeypatch.setenv("CARE_SYNC_HELPDESK__FIELDS__CAUSE", "360001")

    settings = load(GOOD)

    assert settings.secrets() == {"from-secret-file", "from-environment", settings.store.url.get_secret_value()}
    assert settings.web.port == 9000
    assert isinstance(settings.helpdesk.options, DeskOptions)
    assert settings.helpdesk.options.fields == {"cause": 360001}


def test_a_mistake_in_the_environment_or_a_secret_file_names_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "time_trackers__tracker__workspace_id").write_text("twelve")
    monkeypatch.setenv("CARE_SYNC_SECRETS_DIRECTORY", str(tmp_path / "secrets"))
    monkeypatch.setenv("CARE_SYNC_WEB__PORT", "eighty")
    monkeypatch.setenv("CARE_SYNC_WBE__HOST", "0.0.0.0")

    assert problems(GOOD) == (
        "environment variable CARE_SYNC_WBE__HOST: wbe is not a setting; did you mean web?",
        f'{tmp_path}/secrets/time_trackers__tracker__workspace_id: time_trackers.tracker.workspace_id: "twelve" '
        "is no whole number.",
        'environment variable CARE_SYNC_WEB__PORT: web.port: "eighty" is no whole number.',
    )


def test_a_secrets_directory_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARE_SYNC_SECRETS_DIRECTORY", "/nowhere/at/all")

    assert problems(GOOD) == ("environment variable CARE_SYNC_SECRETS_DIRECTORY: /nowhere/at/all is not a directory.",)


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("api_token: hush-desk", "api_tokn: hush-desk"),
        GOOD.replace("api_token: hush-desk", "api_token: [hush-desk]"),
        GOOD.replace("hush-desk", "hush-desk\n  webhook_secret: hush-hook"),
        GOOD + "store: {url: {password: hush-store}}",
        GOOD + "store:\n  url: [hush-store",
        GOOD.replace("  api_token: hush-tracker", "  api_token: hush-tracker: more"),
    ],
)
def test_a_secret_is_never_shown(text: str) -> None:
    with pytest.raises(UserError) as raised:
        load(text)

    assert "hush" not in str(raised.value)
    assert "hush" not in repr(raised.value.__cause__)


def test_relative_paths_are_those_of_the_settings_file(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    settings = load(
        GOOD + "rules: {path: care.yaml}\nmessages: {templates: templates}\nstore: {url: 'sqlite:///ledger.sqlite'}",
        "etc/config.yaml",
    )

    assert settings.rules.path == tmp_path / "etc" / "care.yaml"
    assert settings.messages.templates == tmp_path / "etc" / "templates"
    assert settings.store.url.get_secret_value() == f"sqlite:///{tmp_path}/etc/ledger.sqlite"


def test_a_relative_path_of_a_product_is_one_of_the_settings_file_too(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "config.yaml").write_text(GOOD + "  file: {path: hours.csv}\n")

    settings = load_settings(tmp_path / "etc" / "config.yaml", **PRODUCTS)

    options = settings.time_trackers["file"].options
    assert isinstance(options, FileOptions)
    assert options.path == tmp_path / "etc" / "hours.csv"


@pytest.mark.parametrize(
    ("company", "tracker", "zone"),
    [
        ("", "", "Europe/Amsterdam"),
        ("  time_zone: America/Lima\n", "", "America/Lima"),
        ("  time_zone: America/Lima\n", ", time_zone: Asia/Tokyo", "Asia/Tokyo"),
    ],
)
def test_a_tracker_has_the_time_zone_of_the_company_unless_it_says_otherwise(
    company: str, tracker: str, zone: str
) -> None:
    text = GOOD.replace("  name: CARE\n", f"  name: CARE\n{company}")

    settings = load(text + f"  file: {{path: /hours.csv{tracker}}}\n")

    options = settings.time_trackers["file"].options
    assert isinstance(options, FileOptions)
    assert options.time_zone == zone


def test_the_file_is_found_by_option_then_by_environment_then_beside_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("config", "named", "given"):
        Path(f"{name}.yaml").write_text(GOOD.replace("CARE", name), encoding="utf-8")

    assert load_settings(**PRODUCTS).company.name == "config"
    monkeypatch.setenv("CARE_SYNC_CONFIG", str(tmp_path / "named.yaml"))
    assert load_settings(**PRODUCTS).company.name == "named"
    assert load_settings(Path("given.yaml"), **PRODUCTS).company.name == "given"


def test_without_any_file_the_remedy_is_told() -> None:
    with pytest.raises(UserError, match=r"There is no config\.yaml here; copy config\.example\.yaml") as raised:
        load_settings(**PRODUCTS)

    assert raised.value.problems == (
        "settings: helpdesk.product is not set; say which product it is; write one of desk.",
        "settings: company.name is not set. Add it to the file, or set CARE_SYNC_COMPANY__NAME.",
    )


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load(GOOD).web.port = 1  # type: ignore[misc]
