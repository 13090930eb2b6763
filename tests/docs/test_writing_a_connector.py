"""Whoever follows ``docs/writing-a-connector.md`` to the letter has a time tracker that passes the suite."""

from __future__ import annotations

import os
import pydoc
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "writing-a-connector.md"
FILE = re.compile(r'^```\w+ title="(?P<name>[\w.-]+)"\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(#(?P<anchor>[\w-]+)\)")
PATH = re.compile(r"`((?:connectors|tests|docs)/[\w/.-]+)`")
DOTTED = re.compile(r"`(connectors\.[\w.]+)`")
MOST_LINES = 150


def files() -> dict[str, str]:
    return {found["name"]: found["text"] for found in FILE.finditer(GUIDE.read_text(encoding="utf-8"))}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The guide's files in a folder of their own, with the metadata that installing them would write."""
    for name, text in files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    described = tomllib.loads(files()["pyproject.toml"])
    metadata = tmp_path / "care_csv-1.0.0.dist-info"
    metadata.mkdir()
    name, version = described["project"]["name"], described["project"]["version"]
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = [
        line
        for group, entries in described["project"]["entry-points"].items()
        for line in (f"[{group}]", *(f"{entry} = {target}" for entry, target in entries.items()))
    ]
    (metadata / "entry_points.txt").write_text("\n".join(lines))
    return tmp_path


def run(package: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the package's folder, as somebody who has CareSync installed and not its checkout."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(package),
        "PYTHONPATH": os.pathsep.join([str(package), str(ROOT)]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=package,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_the_tracker_of_the_guide_passes_the_suite(package: Path) -> None:
    done = run(package, "-m", "pytest", "-p", "connectors.conformance.plugin", "-p", "no:cacheprovider", "-p",
               "no:randomly", "-q", "-rs", f"--basetemp={package / 'temporary'}")  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) >= 30


def test_it_takes_fewer_lines_than_promised() -> None:
    code = "".join(text for name, text in files().items() if name.endswith(".py"))

    assert len([line for line in code.splitlines() if line.strip()]) < MOST_LINES


def test_an_assertion_of_the_suite_shows_its_values(package: Path) -> None:
    source = (package / "care_csv.py").read_text()
    (package / "care_csv.py").write_text(source.replace('int(row["minutes"]) * 60', 'int(row["minutes"]) * 59'))

    done = run(package, "-m", "pytest", "-p", "connectors.conformance.plugin", "-p", "no:cacheprovider", "-q",
               f"--basetemp={package / 'temporary'}", "-k", "with_everything_the_product_says")  # fmt: skip

    assert done.returncode == 1
    assert "assert 5310 == 5400" in done.stdout


def test_the_settings_of_the_guide_find_it(package: Path) -> None:
    told = (
        "from pathlib import Path\n"
        "from care_sync.application import site_settings\n"
        "tracker = site_settings(Path('config.yaml')).time_trackers['hours']\n"
        "print(tracker.product, tracker.options.account_name, type(tracker.options).__name__)\n"
    )

    done = run(package, "-c", told)

    assert (done.stdout, done.stderr) == ("csv hours CsvSettings\n", "")


def test_a_mistake_in_its_settings_is_told_like_any_other(package: Path) -> None:
    (package / "config.yaml").write_text(files()["config.yaml"].replace("path: hours.csv", "file: hours.csv"))

    done = run(package, "-m", "care_sync", "config", "check")

    assert done.returncode != 0
    assert "time_trackers.hours.file is not a setting" in done.stderr


def test_what_the_guide_points_at_is_there() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

    assert {found["anchor"] for found in LINK.finditer(text)} <= anchors
    assert [path for path in PATH.findall(text) if not (ROOT / path).exists()] == []
    assert [name for name in DOTTED.findall(text) if pydoc.locate(name) is None] == []


def test_the_plugin_is_an_entry_point_of_the_wheel() -> None:
    described = tomllib.loads((ROOT / "pyproject.toml").read_text())

    assert described["project"]["entry-points"]["pytest11"] == {
        "connectors.conformance.plugin": "connectors.conformance.plugin"
    }
    assert "connectors" in described["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
