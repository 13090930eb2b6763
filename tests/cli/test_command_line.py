"""The command line as a whole: help that teaches, versions, exit codes, pipes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from care_sync.cli.commands import COMMANDS
from care_sync.cli.lazy import Command
from care_sync.cli.main import app
from tests.cli.conftest import Care


def commands() -> Iterator[tuple[str, ...]]:
    for name, entry in COMMANDS.items():
        if isinstance(entry, Command):
            yield (name,)
        else:
            yield from ((name, sub) for sub in entry.commands)


@pytest.mark.parametrize("command", list(commands()), ids=" ".join)
def test_every_command_has_help_with_an_example(command: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})

    assert result.exit_code == 0
    assert f"care-sync {' '.join(command)}" in re.sub(r"\s+", " ", result.output.split("Usage:")[1].split("\n", 1)[1])


def test_help_shows_the_first_steps(care: Care) -> None:
    answer = care("--help")

    assert answer.code == 0
    assert "care-sync store migrate" in answer.output


def test_the_version_is_told(care: Care) -> None:
    assert care("--version").output == f"care-sync {version('care-sync')}\n"


@pytest.mark.parametrize("arguments", [["stauts"], ["status", "--jsn"], ["cards", "show", "x"], ["--config"]])
def test_a_wrong_command_line_ends_with_2(care: Care, arguments: list[str]) -> None:
    answer = care(*arguments)

    assert (answer.code, answer.output) == (2, "")
    assert "Traceback" not in answer.errors


def test_a_settings_file_that_is_not_there_is_told(care: Care) -> None:
    answer = care("--config", "/nowhere/config.yaml", "status")

    assert answer.code == 2
    assert "/nowhere/config.yaml: there is no such file" in answer.errors


def care_sync(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "care_sync", *arguments]
    return subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_installed_command_tells_errors_in_words_and_by_its_exit_code(tmp_path: Path) -> None:
    process = care_sync("status", cwd=tmp_path)
    output, told = process.communicate()

    assert (process.returncode, output) == (2, "")
    assert "There is no config.yaml here; copy config.example.yaml" in " ".join(told.split())
    assert "Traceback" not in told


def test_a_reader_that_has_enough_is_no_error_to_complain_of(tmp_path: Path) -> None:
    process = care_sync("--help", cwd=tmp_path)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()

    told = process.stderr.read()

    process.wait()
    assert "Traceback" not in told
    assert "Exception ignored" not in told


def test_shells_are_offered_completion(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "_CARE_SYNC_COMPLETE": "complete_bash",
        "COMP_WORDS": "care-sync ca",
        "COMP_CWORD": "1",
    }
    command = [sys.executable, "-m", "care_sync"]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert "cards" in result.stdout
