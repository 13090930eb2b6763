"""Whoever follows ``docs/writing-a-connector.md`` to the letter has a time tracker that passes the suite."""

from __future__ import annotations

import os
import pydoc
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.conformance.tracker_bed import TODAY
from tests.conformance.zendesk_bed import ZendeskBed

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "writing-a-connector.md"
FILE = re.compile(r'^```\w+ title="(?P<name>[\w.-]+)"\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(#(?P<anchor>[\w-]+)\)")
PATH = re.compile(r"`((?:connectors|tests|docs)/[\w/.-]+)`")
DOTTED = re.compile(r"`(connectors\.[\w.]+)`")
MOST_LINES = 170
COLUMNS = ("id", "date", "minutes", "person", "project", "client", "description")
COMMANDS = """
import sys
from care_sync.cli.main import app
from care_sync.cli.session import Session
from connectors.clock import ManualClock
from connectors.conformance.tracker_bed import START
for command in sys.argv[1:]:
    try:
        app(command.split(), prog_name="care-sync", obj=Session(None, False, ManualClock(START)))
    except SystemExit as ended:
        print("exit code", ended.code)
"""
"""The command line, on the day on which beds begin."""
Run = Callable[..., subprocess.CompletedProcess[str]]


EXAMPLE = ROOT / "docs" / "examples" / "care-deskbook"
PYTEST = ("-m", "pytest", "-p", "connectors.conformance.plugin", "-p", "no:cacheprovider", "-p", "no:randomly", "-q")


def files() -> dict[str, str]:
    return {found["name"]: found["text"] for found in FILE.finditer(GUIDE.read_text(encoding="utf-8"))}


@pytest.fixture(scope="module")
def care_sync(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the wheel of CareSync holds, and nothing else of it."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


def install(folder: Path) -> None:
    """Write the metadata that installing the package of a folder would write."""
    described = tomllib.loads((folder / "pyproject.toml").read_text())
    name, version = described["project"]["name"], described["project"]["version"]
    metadata = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = [
        line
        for group, entries in described["project"]["entry-points"].items()
        for line in (f"[{group}]", *(f"{entry} = {target}" for entry, target in entries.items()))
    ]
    (metadata / "entry_points.txt").write_text("\n".join(lines))


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The guide's files in a folder of their own, installed."""
    for name, text in files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    install(tmp_path)
    return tmp_path


@pytest.fixture
def run(care_sync: Path, tmp_path: Path) -> Run:
    """Run Python in the package's folder, as somebody who has CareSync installed and not its checkout."""

    def running(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "PYTHONPATH": os.pathsep.join([str(tmp_path), str(care_sync)]),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return running


def passed_in(done: subprocess.CompletedProcess[str]) -> int:
    """How many tests passed, when none failed."""
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"(\d+) passed", done.stdout)
    assert found is not None
    return int(found[1])


def test_it_is_the_wheel_that_is_tried(run: Run, care_sync: Path, package: Path) -> None:
    done = run("-c", "import care_sync, connectors, rules; print(care_sync.__file__, connectors.__file__)")

    assert done.stdout.split() == [str(care_sync / one / "__init__.py") for one in ("care_sync", "connectors")]


def test_the_tracker_of_the_guide_passes_the_suite(package: Path, run: Run) -> None:
    assert passed_in(run(*PYTEST, "-rs", f"--basetemp={package / 'temporary'}")) >= 50


def test_a_skipped_promise_names_the_trait_that_the_bed_denied(package: Path, run: Run) -> None:
    done = run(*PYTEST, "-rs", f"--basetemp={package / 'temporary'}")

    assert "has_timers is false: the product has no timers" in done.stdout


def test_the_helpdesk_of_the_examples_passes_the_suite(tmp_path: Path, run: Run) -> None:
    shutil.copytree(EXAMPLE, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    install(tmp_path)

    assert passed_in(run(*PYTEST, f"--basetemp={tmp_path / 'temporary'}")) >= 70
    found = run("-c", "from connectors.registry import HELPDESKS; print(HELPDESKS['deskbook'].settings.__name__)")
    assert (found.stdout, found.stderr) == ("DeskbookSettings\n", "")


def test_the_tracker_of_the_guide_works_in_a_site(package: Path, run: Run) -> None:
    with ZendeskBed.open() as bed:
        bed.come_in_by_oauth()
        bed.server.api.jobs.seconds = 0  # its clock stands still for a program that runs elsewhere
        ticket = bed.file_ticket("Menu broken")
        bed.settle()
        theirs = {
            "subdomain: care\n": f"subdomain: care\n  base_url: {bed.server.base_url}\n",
            '"set me"': "secret-of-care-sync",
        }
        settings = files()["config.yaml"]
        for shown, real in theirs.items():
            assert shown in settings
            settings = settings.replace(shown, real)
        (package / "config.yaml").write_text(settings)
        rows = (f"1,{TODAY},90,Anna,Site,Site BV,#{ticket} menu", f"2,{TODAY},5,Anna,,,lunch")
        (package / "hours.csv").write_text("\n".join((",".join(COLUMNS), *rows, "")))

        done = run("-c", COMMANDS, "store migrate", "check", "sync --dry-run", "sync", f"ledger show --ticket {ticket}")

    said = re.split(r"^exit code (\d)\n", done.stdout, flags=re.MULTILINE)
    _, _, check, _, dry, dry_code, _, code, shown, _, _ = said
    assert f"✓ hours: {package / 'hours.csv'}" in check
    assert "Nothing was written." in dry
    assert (dry_code, code) == ("0", "0"), done.stdout + done.stderr
    assert "csv:hours:1" in shown
    assert "1:30" in shown
    assert "csv:hours:2" not in shown


def test_a_mistake_of_its_code_is_told_as_its_own(package: Path, run: Run) -> None:
    source = (package / "care_csv.py").read_text()
    (package / "care_csv.py").write_text(source.replace("        return None\n", '        return {}["oops"]\n', 1))
    told = (
        "from care_sync.application import site_settings\n"
        "from connectors.conformance.environment import environment\n"
        "from connectors.conformance.tracker_bed import START\n"
        "from connectors.clock import ManualClock\n"
        "from connectors.registry import TIME_TRACKERS\n"
        "from pathlib import Path\n"
        "options = site_settings(Path('config.yaml')).time_trackers['hours'].options\n"
        "tracker = TIME_TRACKERS['csv'].connect(options, environment(ManualClock(START)))\n"
        "try:\n    tracker.budget()\nexcept Exception as error:\n    print(error)\n"
    )

    done = run("-c", told)

    line = (package / "care_csv.py").read_text().splitlines().index('        return {}["oops"]') + 1
    assert f"care-csv 1.0.0, which provides it, made a mistake: KeyError in care_csv.py:{line}." in done.stdout


def test_it_takes_fewer_lines_than_promised() -> None:
    code = "".join(text for name, text in files().items() if name.endswith(".py"))

    assert len([line for line in code.splitlines() if line.strip()]) < MOST_LINES


def test_an_assertion_of_the_suite_shows_its_values(package: Path, run: Run) -> None:
    source = (package / "care_csv.py").read_text()
    (package / "care_csv.py").write_text(source.replace("int(minutes) * 60", "int(minutes) * 59"))

    done = run(*PYTEST, f"--basetemp={package / 'temporary'}", "-k", "with_everything_the_product_says")

    assert done.returncode == 1
    assert "assert 5310 == 5400" in done.stdout


def test_the_settings_of_the_guide_find_it(package: Path, run: Run) -> None:
    told = (
        "from pathlib import Path\n"
        "from care_sync.application import site_settings\n"
        "tracker = site_settings(Path('config.yaml')).time_trackers['hours']\n"
        "print(tracker.product, tracker.options.account_name, type(tracker.options).__name__)\n"
    )

    done = run("-c", told)

    assert (done.stdout, done.stderr) == ("csv hours CsvSettings\n", "")


def test_a_mistake_in_its_settings_is_told_like_any_other(package: Path, run: Run) -> None:
    (package / "config.yaml").write_text(files()["config.yaml"].replace("path: hours.csv", "file: hours.csv"))

    done = run("-m", "care_sync", "config", "check")

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
