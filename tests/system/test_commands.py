"""The commands that need products, run as a person would on an office's own settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from care_sync.cli.main import app
from care_sync.cli.session import Session
from care_sync.errors import UserError
from tests.system.office import HOUR, INCIDENT, Office


class Shell:
    """Runs commands with the office's clock."""

    def __init__(self, office: Office, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._session = Session(config, verbose=False, clock=office.clock)
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str]:
        self._capsys.readouterr()
        code = 0
        try:
            app(list(arguments), prog_name="care-sync", obj=self._session)
        except SystemExit as ended:
            code = int(ended.code or 0)
        return code, self._capsys.readouterr().out

    def json(self, *arguments: str) -> Any:
        code, output = self(*arguments, "--json")
        assert code == 0
        return json.loads(output)


@pytest.fixture
def care(office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(office, tmp_path / "config.yaml", capsys)


def test_a_dry_run_shows_what_would_change_and_writes_nothing(office: Office, care: Shell) -> None:
    ticket = office.file_ticket("Betalen lukt niet", **INCIDENT, cause="care")
    office.work(ticket, 60)
    office.later()
    code, output = care("sync", "--dry-run")
    assert code == 0
    assert f"#{ticket}  Betalen lukt niet  (Acme)" in output
    assert "  + sla_included" in output
    assert "sla +1:00" in output
    assert "Nothing was written." in output
    with office.application.store.read() as work:
        assert (work.ledger.count(), work.tickets.count(), work.outbox.counts(), work.passes.recent()) == (0, 0, {}, [])
    assert office.ours(ticket) == set()


def test_sync_does_what_the_dry_run_said_and_then_nothing(office: Office, care: Shell) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="care")
    office.work(ticket, 60)
    office.later()
    planned = care.json("sync", "--dry-run")["differences"]
    done = care.json("sync")
    assert (done["counts"]["writes_made"], done["failures"]) == (1, [])
    assert set(planned[0]["changes"][0]["add_tags"]) == office.ours(ticket)
    assert office.balances() == {"sla": HOUR}
    assert care("sync", "--dry-run")[1] == "Nothing would change.\n"


def test_one_ticket_alone_is_read_decided_and_written(office: Office, care: Shell) -> None:
    office.sync()
    first, second = (office.file_ticket(**INCIDENT, cause="care") for _ in range(2))
    office.later()
    care.json("sync", "--ticket", first)
    assert office.ours(first) != set()
    assert office.ours(second) == set()


def test_a_ticket_that_is_not_there_is_told(office: Office, care: Shell) -> None:
    code, _ = care("sync", "--ticket", "99999")
    assert code == 1


def test_explain_tells_rule_clause_and_where_each_fact_came_from(office: Office, care: Shell) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="third_party")
    office.work(ticket, 30)
    office.sync()
    found = care.json("rules", "explain", ticket)
    assert found["decision"]["scope"] == "not_included"
    assert "I3a" in found["decision"]["clauses"]
    assert found["facts"]["cause"] == {"value": "third_party", "source": "ticket field cause"}
    assert found["facts"]["sla"] == {"value": True, "source": "what was agreed in sla, as of 2026-10-12"}
    assert found["activities"]["work"]["route"] == "invoice"
    assert found["seconds"] == {"invoice:2026-10": 1800}
    code, output = care("rules", "explain", ticket, "--language", "en")
    assert code == 0
    assert "ticket field cause" in output


def test_explain_names_the_exceptions_that_did_not_apply(office: Office, care: Shell) -> None:
    ticket = office.file_ticket(kind="change", expected_minutes=30, clear="yes", quote="none", estimate="none")
    office.sync()
    code, output = care("rules", "explain", ticket)
    assert code == 0
    assert "Exceptions that did not apply" in output
    assert "work-assignment-quoted" in output


def test_explain_tells_what_would_have_to_be_otherwise(office: Office, care: Shell) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="third_party")
    office.sync()
    found = care.json("rules", "explain", ticket, "--why-not", "scope=included")
    assert {"cause": "care"} in found["why_not"]
    assert "cause: care" in care("rules", "explain", ticket, "--why-not", "route=sla")[1]
    with pytest.raises(UserError, match="route=free is not an outcome"):
        care("rules", "explain", ticket, "--why-not", "route=free")


def test_explain_of_an_unknown_ticket_says_what_to_do(office: Office, care: Shell) -> None:
    with pytest.raises(UserError, match="is not in the store"):
        care("rules", "explain", "4711")


def test_missing_time_is_given_back_on_a_persons_word(office: Office, care: Shell) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="care")
    entries = [office.work(ticket, 10) for _ in range(8)]
    office.sync()
    for entry in entries[:7]:
        del office.toggl.workspace.entries[entry]
    code, _ = care("sync")
    assert code == 1
    assert office.balances() == {"sla": 80 * 60}
    code, output = care("reconcile", "--accept-missing")
    assert code == 0
    assert "7 given back" in output
    office.sync()
    assert office.balances() == {"sla": 10 * 60}


def test_check_tells_line_by_line_what_is_right_and_what_to_do(office: Office, care: Shell) -> None:
    code, output = care("check", "--json")
    lines = {one["subject"]: one for one in json.loads(output)}
    assert code == 1
    wrong = [subject for subject, one in lines.items() if not one["passed"]]
    assert wrong == ["webhook address"]
    assert "web.public_url" in lines["webhook address"]["remedy"]
    assert {"settings", "rules", "store", "zendesk: credentials", "toggl: API token"} <= lines.keys()
    assert [one.path for one in office.zendesk.requests if one.method != "GET"] == []


def test_check_names_a_withdrawn_token_and_goes_on_with_the_other_product(office: Office, care: Shell) -> None:
    office.account.records.api_tokens.clear()
    code, output = care("check")
    assert code == 1
    assert "✗ zendesk: credentials" in output
    assert "✓ toggl: API token" in output
