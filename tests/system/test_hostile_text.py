"""Whatever a stranger wrote into a subject, a name or a description, no command hands it to a terminal to obey."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from care_sync.cli.main import app
from care_sync.cli.session import Session
from tests.hostile import HOSTILE, obeyed
from tests.system.office import INCIDENT, Office

CUSTOMER = f"Klant {HOSTILE}"
COMMANDS = (
    "sync --dry-run",
    "status",
    "attention list",
    "cards list",
    "cards show {card}",
    "cards statement 2026-10 {customer} --format csv",
    "customers list",
    "customers show {customer}",
    "entries unlinked",
    "export",
    "invoices list 2026-10",
    "invoices show 2026-10 {customer}",
    "ledger show --ticket {ticket}",
    "ledger show --customer {customer} --period 2026-10",
    "ledger show --entry {entry}",
    "review list",
    "rules explain {ticket}",
)


STYLES = r"\x1b\[[0-9;]*m"
PROGRESS = rf"{STYLES}|\r|\x1b\[(2K|1A|\?25[lh])"
"""What bold print and the progress of a pass are made of. The hostile text has other sequences, too."""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Printed:
    """How a command ended, and what it sent to the terminal."""

    code: int
    shown: str
    complained: str


class Hostile:
    """A site whose customer, ticket and time all have hostile texts, and commands run on it."""

    def __init__(self, office: Office, config: Path) -> None:
        self._session = Session(config, verbose=True, clock=office.clock)
        office.add_customer(CUSTOMER)
        office.sync()
        card = office.buy_card(Decimal("0.25"), customer=CUSTOMER)
        ticket = office.file_ticket(f"Stuk {HOSTILE}", customer=CUSTOMER, **INCIDENT, cause="third_party")
        waits = office.file_ticket(
            f"Offerte {HOSTILE}", customer=CUSTOMER, kind="new_build", quote="declined", expected_minutes=600
        )
        entries = [office.work(number, 30, customer=CUSTOMER) for number in (ticket, waits, "99999")]
        for entry in entries:
            office.toggl.workspace.entries[entry].description += f" {HOSTILE}"
        office.sync()
        self.names = {"customer": str(office.organization(CUSTOMER)), "ticket": ticket, "card": str(card)}
        story = json.loads(self("ledger show --ticket {ticket} --json").shown)
        self.names["entry"] = story[0]["entry_key"]
        office.file_ticket(f"Nieuw {HOSTILE}", customer=CUSTOMER, **INCIDENT, cause="care")
        office.later()

    def __call__(self, command: str) -> Printed:
        with redirect_stdout(Terminal()) as shown, redirect_stderr(Terminal()) as complained:
            try:
                app([word.format(**self.names) for word in command.split()], prog_name="care-sync", obj=self._session)
                code = 0
            except SystemExit as ended:
                code = int(ended.code or 0)
        return Printed(code, shown.getvalue(), complained.getvalue())


@pytest.fixture
def site(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hostile:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    return Hostile(office, tmp_path / "config.yaml")


def test_it_is_shown_by_every_command_and_obeyed_by_no_terminal(site: Hostile) -> None:
    for command in COMMANDS:
        printed = site(command)

        assert printed.code in (0, 1), command
        assert obeyed(printed.shown, but=STYLES) == [], command
        assert obeyed(printed.complained, but=PROGRESS) == [], command
        #        assert ("]52;c" in printed.shown) is (command not in SILENT), command
