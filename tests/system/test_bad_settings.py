"""Settings, rules and templates with mistakes: told with place and remedy, exit code 2, and nothing is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from care_sync.cli.main import run
from tests.system.dump import dump
from tests.system.office import INCIDENT, TOKEN, Office, open_office

RULES = """\
policy: {nl: "Proef", en: "Trial"}
effective_from: 2024-01-01
"""


@pytest.fixture
def office(tmp_path: Path, sqlite_store_url: str) -> Iterator[Office]:
    """An office that was synced, with something new to do."""
    with open_office(tmp_path, sqlite_store_url) as opened:
        opened.add_customer("Acme")
        opened.work(opened.file_ticket(**INCIDENT, cause="care"), 60)
        opened.sync()
        opened.file_ticket(**INCIDENT)
        yield opened


def replaced(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


def added(lines: str) -> Callable[[str], str]:
    return lambda text: text + lines


MISTAKES: dict[str, tuple[Callable[[str], str], str]] = {
    "no YAML": (replaced("company: {name: CARE}", "company: {name: CARE"), "config.yaml:"),
    "no mapping": (lambda _text: "- a\n- b\n", "config.yaml"),
    "an unknown section": (added("compnay: {name: CARE}\n"), "compnay"),
    "an unknown setting": (replaced("{name: CARE}", "{name: CARE, zone: Europe/Amsterdam}"), "zone"),
    "a number that is text": (replaced("workspace_id: ", "workspace_id: x"), "workspace_id"),
    "an unknown product": (replaced("product: zendesk", "product: zendisk"), "zendisk"),
    "an unknown zone": (replaced("{name: CARE}", "{name: CARE, time_zone: Europe/Amterdam}"), "time_zone"),
    "an address that is none": (replaced("base_url: http://", "base_url: htp:/"), "base_url"),
    "a store that is none": (replaced('store: {url: "sqlite', 'store: {url: "sqlight'), "store.url"),
    "a fact that the rules do not know": (added("facts: {defaults: {colour: red}}\n"), "colour"),
    "a value that a fact does not take": (added("facts: {defaults: {cause: nobody}}\n"), "nobody"),
    "rules that are not there": (added("rules: {path: nowhere.yaml}\n"), "nowhere.yaml"),
    "templates that are not there": (added("messages: {templates: nowhere}\n"), "nowhere"),
    "a rate of nothing": (replaced("2026: 92.50", "2026: 0"), "rates"),
    "a negative allowance": (replaced("default: 60", "default: -1"), "minutes_per_month"),
    "an unknown way of linking": (added("linking: {methods: [guess]}\n"), "guess"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_settings_is_told_and_nothing_is_touched(
    office: Office, capsys: pytest.CaptureFixture[str], mistake: str
) -> None:
    change, told = MISTAKES[mistake]
    office.config.write_text(change(office.config.read_text(encoding="utf-8")), encoding="utf-8")
    assert_refused(office, capsys, told)


def test_the_daemon_does_not_start_with_a_mistake(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    with office.config.open("a", encoding="utf-8") as file:
        file.write("schedule: {poll_minutes: 0}\n")
    assert_refused(office, capsys, "poll_minutes", "run")


BAD_RULES: dict[str, tuple[str, str]] = {
    "no YAML": (RULES + "parameters: [", "rules.yaml:"),
    "an anchor": (RULES + "parameters: &a {}\n", "rules.yaml:3:"),
    "a key twice": (RULES + "effective_from: 2025-01-01\n", "rules.yaml:3:"),
    "a rule without an outcome": (
        RULES + "decisions:\n  scope:\n    outcomes: [included]\n    rules:\n      - id: one\n        when: {}\n",
        "rules.yaml:",
    ),
    "nothing": ("", "rules.yaml"),
}


@pytest.mark.parametrize("mistake", BAD_RULES)
def test_a_mistake_in_the_rules_is_told_with_its_place_and_nothing_is_touched(
    office: Office, capsys: pytest.CaptureFixture[str], tmp_path: Path, mistake: str
) -> None:
    text, told = BAD_RULES[mistake]
    (tmp_path / "rules.yaml").write_text(text, encoding="utf-8")
    with office.config.open("a", encoding="utf-8") as file:
        file.write(f"rules: {{path: {tmp_path / 'rules.yaml'}}}\n")
    assert_refused(office, capsys, told)


def test_a_mistake_in_a_template_is_told_with_its_place_and_nothing_is_touched(
    office: Office, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "texts" / "nl").mkdir(parents=True)
    (tmp_path / "texts" / "nl" / "note.txt.j2").write_text("{{ scope }}\n{% if %}\n", encoding="utf-8")
    with office.config.open("a", encoding="utf-8") as file:
        file.write(f"messages: {{templates: {tmp_path / 'texts'}}}\n")
    assert_refused(office, capsys, "note.txt.j2:2")


def assert_refused(office: Office, capsys: pytest.CaptureFixture[str], told: str, command: str = "sync") -> None:
    before = dump(office.application.store, but=frozenset())
    requests = len(office.zendesk.requests), len(office.toggl.requests)
    capsys.readouterr()
    code = run(["--config", str(office.config), command])
    printed = capsys.readouterr()
    assert code == 2
    assert told in printed.err
    assert "Traceback" not in printed.err
    assert TOKEN not in printed.err + printed.out
    assert dump(office.application.store, but=frozenset()) == before
    assert (len(office.zendesk.requests), len(office.toggl.requests)) == requests
