"""What a command loads before it works. Starting is slow by what is imported, so each command says what it may load."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from care_sync.cli.commands import COMMANDS
from care_sync.cli.lazy import Command, load

PARTS = {
    "the database": ("sqlalchemy", "alembic", "care_sync.store"),
    "the scheduler": ("apscheduler",),
    "the web": ("fastapi", "uvicorn", "care_sync.web"),
    "PDF": ("typst",),
    "templates": ("jinja2", "babel"),
    "the settings": ("pydantic_settings", "care_sync.settings"),
    "logs": ("structlog",),
    "a connector": (
        *(f"connectors.{name}" for name in ("clockify", "freshdesk", "harvest", "kimai", "moneybird", "redmine")),
        *(f"connectors.{name}" for name in ("request_tracker", "toggl", "zammad", "zendesk")),
    ),
    "stand-ins": ("connectors.sandbox",),
    "the demo": ("care_sync.demo",),
    "the rules": ("rules",),
    "the proof": ("rules.proving",),
}
"""Parts that cost time to load, by the modules that show that they are loaded."""

NO_SITE = {"the rules", "the proof"}
STORE = NO_SITE | {"the database", "templates", "the settings", "logs", "a connector"}
MAY_LOAD = {
    "rules decide": NO_SITE,
    "demo": STORE | {"the demo", "stand-ins", "the scheduler", "the web"},
    "cards statement": STORE | {"PDF"},
    "run": STORE | {"the scheduler", "the web"},
}
"""By command; any other loads what a site's store and its products need."""


def leaves() -> Iterator[tuple[str, Command]]:
    for name, entry in COMMANDS.items():
        if isinstance(entry, Command):
            yield name, entry
        else:
            yield from ((f"{name} {sub}", command) for sub, command in entry.commands.items())


def loaded_by(arguments: list[str], folder: Path, **environment: str) -> set[str]:
    """The parts that a process has loaded when its command line is done."""
    program = (
        "import atexit, json, sys\n"
        "from care_sync.cli.main import main\n"
        "atexit.register(lambda: open('modules.json', 'w').write(json.dumps(sorted(sys.modules))))\n"
        f"sys.argv[1:] = {arguments!r}\n"
        "main()\n"
    )
    subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**os.environ, **environment},
        input="{kind: incident, sla: yes, cause: third_party}",
        capture_output=True,
        text=True,
        check=False,
    )
    modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    return {
        part
        for part, names in PARTS.items()
        if any(module == name or module.startswith(f"{name}.") for module in modules for name in names)
    }


@pytest.mark.parametrize("arguments", [["--help"], ["rules", "--help"], ["cards", "--help"], ["--version"], ["stauts"]])
def test_help_and_mistyped_commands_load_nothing(arguments: list[str], tmp_path: Path) -> None:
    assert loaded_by(arguments, tmp_path) == set()


@pytest.mark.parametrize("typed", ["care-sync ", "care-sync ca", "care-sync rules ", "care-sync rules d"])
def test_completion_of_commands_loads_nothing(typed: str, tmp_path: Path) -> None:
    words = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split(" ")) - 1)}
    program_name = {"_CARE_SYNC_COMPLETE": "complete_bash"}

    assert loaded_by([], tmp_path, **words, **program_name) == set()


def test_deciding_needs_the_rules_alone(tmp_path: Path) -> None:
    assert loaded_by(["rules", "decide", "--facts", "-"], tmp_path) == NO_SITE


@pytest.mark.parametrize("name", {command.function.partition(":")[0]: name for name, command in leaves()}.values())
def test_a_command_loads_what_it_may_and_nothing_else(name: str, tmp_path: Path) -> None:
    """One command of each module: what is loaded for one of it is loaded for all."""
    allowed = MAY_LOAD.get(name, STORE)

    assert loaded_by([*name.split(), "--help"], tmp_path) - allowed == set()


@pytest.mark.parametrize(("name", "command"), list(leaves()))
def test_what_lists_say_of_a_command_is_the_first_line_of_its_help(name: str, command: Command) -> None:
    assert load(name.rpartition(" ")[2], command).help.split("\n\n")[0] == command.about
