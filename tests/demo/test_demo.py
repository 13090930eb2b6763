"""The demo as a visitor sees it: what it shows is there, adds up, and can be looked at afterwards."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from care_sync.application import site_settings
from care_sync.audit.books import audit_books
from care_sync.cli.main import run
from care_sync.store import Store, open_store
from connectors.sandbox.zendesk import SandboxZendesk
from connectors.sandbox.zendesk_state import ZendeskAccount
from tests.conftest import NOW
from tests.demo import excerpt


@dataclass(frozen=True, slots=True)
class Shown:
    """What the demo printed, and the folder that it left."""

    code: int
    text: str
    folder: Path

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.text.splitlines()]

    def table(self, title: str) -> list[list[str]]:
        """The rows of a table below its columns, cell by cell."""
        begin = self.lines.index(title) + 2
        end = next(place for place in range(begin, len(self.lines)) if not re.search(r"\d$", self.lines[place]))
        return [re.split(r"\s{2,}", line.strip()) for line in self.lines[begin:end]]


def shown(folder: Path) -> Shown:
    code, text = excerpt.play(folder)
    return Shown(code, text, folder)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """The demo, played once for all tests here."""
    return shown(tmp_path_factory.mktemp("demo") / ".demo")


@pytest.fixture
def store(demo: Shown) -> Iterator[Store]:
    """The store that it left."""
    opened = open_store(f"sqlite:///{demo.folder / 'care-sync.sqlite'}")
    yield opened
    opened.close()


def test_it_ends_well_and_tells_every_part(demo: Shown) -> None:
    assert demo.code == 0
    for part in (
        "One month of a web agency",
        "The nightly sync, over everything",
        "The same again: nothing is new, so nothing is written",
        "A day of changes, announced by webhooks",
        "The next nightly sync finds what no webhook announced",
        "October is closed",
        "And once more, with nothing new",
    ):
        assert part in demo.text


def test_passes_over_nothing_new_write_nothing(demo: Shown) -> None:
    assert demo.text.count("written    0 decisions, 0 ledger transactions, 0 updates of tickets") == 2
    assert len(re.findall(r"Zendesk: \d+ read, 0 write · Toggl: \d+ read, 0 write\s+written", demo.text)) == 2


def test_tickets_by_route_and_scope_add_up(demo: Shown) -> None:
    *routes, total = demo.table("Tickets by route and scope")

    assert sum(int(row[-1]) for row in routes) == int(total[-1]) >= 400
    assert sum(int(cell) for row in routes for cell in row[1:-1]) == int(total[-1])
    assert sum(int(cell) for cell in total[1:-1]) == int(total[-1])


@pytest.mark.parametrize("title", ["Minutes by account", "Time entries"])
def test_minutes_add_up(demo: Shown, title: str) -> None:
    *rows, total = demo.table(title)

    assert sum(int(row[2]) for row in rows) == int(total[2])
    for row in (*rows, total):
        hours, minutes = row[3].split(":")
        assert int(hours) * 60 + int(minutes) == int(row[2])


def test_all_that_is_linked_stands_on_accounts(demo: Shown) -> None:
    linked, on_accounts = re.findall(r"Linked ([\d,]+) seconds, on accounts ([\d,]+) seconds: the same", demo.text)[0]

    assert linked == on_accounts


def test_every_clause_decided_something(demo: Shown) -> None:
    told, there_are = re.findall(r"Clauses that decided, .*: (\d+) of (\d+)", demo.text)[0]

    assert told == there_are


def test_every_change_of_the_day_is_followed(demo: Shown) -> None:
    day = demo.text.split("A day of changes")[1].split("And once more")[0]

    for followed in (
        "The cause lies with a third party",
        "brengen we in rekening",
        "becomes",
        "adds the number that was missing",
        "moves the ticket",
        "left on its card",
        "next_deliver",
        "Suggestion (decides nothing)",
        "waived",
        "1 entry is missing from the window",
        "krijg je terug",
        "buys another card",
        "recalculation",
    ):
        assert followed in day


def test_the_store_that_it_leaves_holds_what_it_promises(demo: Shown, store: Store) -> None:
    settings = site_settings(demo.folder / "config.yaml")
    with store.read() as work:
        assert list(audit_books(work, settings)) == []
        assert work.tickets.count() >= 400
        assert work.periods.months().closed_through == "2026-10"


def test_each_command_that_it_recommends_works(demo: Shown, capsys: pytest.CaptureFixture[str]) -> None:
    recommended = re.findall(r"^  care-sync (.+?)  +", demo.text, re.MULTILINE)
    assert len(recommended) >= 8

    for command in recommended:
        assert run(["--config", str(demo.folder / "config.yaml"), *shlex.split(command)]) == 0, command
        assert capsys.readouterr().out


def test_the_readme_shows_what_the_demo_shows(demo: Shown) -> None:
    """To the last digit. When this fails, run `make readme`."""
    assert excerpt.shown() == excerpt.excerpt(demo.lines)


@pytest.mark.slow
def test_it_begins_afresh_and_shows_the_same(demo: Shown, tmp_path: Path) -> None:
    folder = tmp_path / ".demo"
    folder.mkdir()
    for path in demo.folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())

    assert story(shown(folder)) == story(demo)


def story(played: Shown) -> list[str]:
    """What the demo shows, but for the time that the machine took."""
    took = [line for line in played.lines if re.match(r"That took \d+ seconds\. ", line)]
    assert len(took) == 1
    return [line for line in played.lines if line not in took]


def test_a_folder_with_other_settings_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.yaml").write_text("company: {name: Mine}\n", encoding="utf-8")
    (tmp_path / "care-sync.sqlite").write_bytes(b"mine")

    assert run(["demo", "--folder", str(tmp_path)]) == 2
    assert "is not the demo's" in capsys.readouterr().err
    assert (tmp_path / "care-sync.sqlite").read_bytes() == b"mine"


def test_a_store_without_the_demos_settings_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "care-sync.sqlite").write_bytes(b"mine")

    assert run(["demo", "--folder", str(tmp_path)]) == 2
    assert "may be somebody's" in capsys.readouterr().err
    assert (tmp_path / "care-sync.sqlite").read_bytes() == b"mine"


def test_a_demo_that_still_runs_is_left_alone(demo: Shown, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with SandboxZendesk(ZendeskAccount(lambda: NOW)) as stand_in:
        text = (demo.folder / "config.yaml").read_text(encoding="utf-8")
        text = re.sub(r"http://127\.0\.0\.1:\d+", stand_in.base_url, text)
        (tmp_path / "config.yaml").write_text(text, encoding="utf-8")

        assert run(["demo", "--folder", str(tmp_path)]) == 2
    assert "a demo is still running" in capsys.readouterr().err
