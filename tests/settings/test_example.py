"""``config.example.yaml`` can be used as it is, and leaves nothing out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from care_sync.application import site_settings
from care_sync.settings import Settings, shown_settings
from connectors.registry import TIME_TRACKERS

EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"
IN_COMMENTS = {
    *(f"helpdesk.{name}" for name in ("base_url", "webhook_secret", "previous_webhook_secret")),
    *(f"helpdesk.{name}" for name in ("oauth_token", "email", "api_token")),
    *(f"helpdesk.{name}" for name in ("ca_file", "proxy")),
    *(f"store.{name}" for name in ("token_key", "previous_token_key")),
    *(f"time_trackers.toggl.{name}" for name in ("webhook_secret", "previous_webhook_secret", "sees_only")),
    *(f"{section}.{name}" for section in ("time_trackers.toggl", "bookkeeping") for name in ("ca_file", "proxy")),
}
"""Settings that cannot stand beside others, that most sites leave out, or that no placeholder may stand for: they are
shown in a comment."""


@pytest.fixture(scope="module")
def settings() -> Settings:
    return site_settings(EXAMPLE)


def paths(values: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for name, value in values.items():
        yield f"{above}{name}"
        if isinstance(value, Mapping):
            yield from paths(value, f"{above}{name}.")


def test_the_example_is_accepted(settings: Settings) -> None:
    assert settings.helpdesk.product == "zendesk"
    assert settings.time_trackers["toggl"].product == "toggl"


def test_the_example_names_every_setting(settings: Settings) -> None:
    written = set(paths(yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))))
    there_are = {path for path in paths(shown_settings(settings)) if ".minutes_per_month." not in path}

    assert there_are - written - IN_COMMENTS == set()


def test_what_the_example_shows_in_comments_is_there_too() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")

    for path in IN_COMMENTS:
        assert f"# {path.split('.')[-1]}:" in text


def test_the_other_time_trackers_that_the_example_shows_can_be_used_as_they_are(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    shown = re.sub(r"^  # (\w+: \{.*\})", r"  \1", text, flags=re.MULTILINE)
    (tmp_path / "config.yaml").write_text(shown, encoding="utf-8")

    trackers = site_settings(tmp_path / "config.yaml").time_trackers

    assert {one.product for one in trackers.values()} == set(TIME_TRACKERS.shipped)


def test_what_the_example_calls_a_default_is_the_default(settings: Settings) -> None:
    shown = shown_settings(settings)
    for section in ("store", "write_back", "schedule", "guard", "web", "logs", "linking", "facts", "rules", "messages"):
        field = Settings.model_fields[section]
        default = shown_settings(settings.model_copy(update={section: field.get_default()}))[section]
        if section == "store":
            default |= {"url": shown["store"]["url"]}
        assert shown[section] == default, section


def test_the_example_keeps_secrets_out_of_what_is_shown(settings: Settings) -> None:
    assert "set me" not in str(shown_settings(settings))
