"""A rules file that changes while the daemon works is taken when it holds, and refused when it does not."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
import structlog

from care_sync.application import Application
from care_sync.cli.main import run
from care_sync.pipeline.run import PassKind
from care_sync.rules_in_force import RULES_REFUSED
from care_sync.status import read_status
from care_sync.web import WebContext, WebServer, create_app
from rules.loading import SHIPPED
from tests.system.office import INCIDENT, Office

SHIPPED_TEXT = SHIPPED.read_text(encoding="utf-8")
THIRD_PARTY = "when: {cause: third_party}\n                then: not_included"
GOODWILL = "when: {cause: third_party, worked_before: no}\n                then: not_included"
BROKEN = SHIPPED_TEXT.replace("cause: third_party}", "casue: third_party}", 1)
GAPPED = SHIPPED_TEXT.replace(THIRD_PARTY, GOODWILL)
CONFLICTING = SHIPPED_TEXT.replace(THIRD_PARTY, THIRD_PARTY.replace("not_included", "included"))
UNFIT = re.sub(r"\bservice\b", "dienst", SHIPPED_TEXT)
RENAMED = re.sub(r"\bfair_use\b", "fairuse", SHIPPED_TEXT)
SCOPE_LINE = SHIPPED_TEXT.splitlines().index("  scope:") + 1
UNMAPPED = re.sub(r"(?<=  )quote:|(?<=[{ ])quote:(?= [a-z\[])", "offer:", SHIPPED_TEXT)
GOOD = SHIPPED_TEXT.replace("small_below: {value: 45 minutes", "small_below: {value: 30 minutes")


@pytest.fixture
def rules_file(office: Office, tmp_path: Path) -> Path:
    """The rules file of the office's site, as it was shipped."""
    path = tmp_path / "site.yaml"
    write(path, SHIPPED_TEXT)
    office.restart(f"rules: {{path: {path}}}\nfacts: {{defaults: {{service: website}}}}\n")
    return path


def write(path: Path, text: str) -> None:
    """Put a file in the place of another, as editors do."""
    beside = path.with_suffix(".new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def refusals(office: Office) -> list[str]:
    with office.application.store.read() as work:
        return [one.message for one in work.attention.all(RULES_REFUSED)]


def health(application: Application) -> str:
    site = application.site
    context = WebContext(application.store, site.clock, site.helpdesk, site.trackers, lambda: None, 600)
    server = WebServer(create_app(context), "127.0.0.1", 0)
    server.start()
    try:
        return str(requests.get(f"{server.address}/health", timeout=10).json()["rules"])
    finally:
        server.stop()


def test_a_changed_file_is_taken_by_the_next_pass_and_decides_everything_open_anew(
    office: Office, rules_file: Path
) -> None:
    ticket = office.file_ticket(kind="change", expected_minutes=40, clear="yes", quote="none", estimate="none")
    office.set_facts(ticket, acceptance="none")
    office.sync()
    assert "next_do_now" in office.ours(ticket)

    write(rules_file, GOOD)
    report = office.sync(PassKind.POLL)

    assert report.counts["tickets_decided"] == 1
    assert "next_estimate" in office.ours(ticket)
    assert office.sync(PassKind.POLL).summary == "nothing new"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (BROKEN, "did you mean 'cause'?"),
        (GAPPED, "gap: scope is not decided where kind is incident"),
        (CONFLICTING, "conflict: scope is decided twice"),
        (RENAMED, "'fairuse' is not an outcome of route that CareSync can act on"),
        (UNMAPPED, "helpdesk.fields.quote: 'quote' is not a fact of these rules"),
        (UNFIT, "facts: 'service' is not a fact that can be set here"),
        ("", "a mapping is wanted here"),
    ],
    ids=[
        "broken",
        "gapped",
        "conflicting",
        "an outcome renamed",
        "a mapped fact renamed",
        "not for these settings",
        "empty",
    ],
)
def test_a_file_that_does_not_hold_is_refused_and_the_old_rules_go_on(
    office: Office, rules_file: Path, text: str, told: str
) -> None:
    before = office.application.site.rules.hash
    write(rules_file, text)
    ticket = office.file_ticket(**INCIDENT, cause="third_party")
    office.sync()

    assert office.application.site.rules.hash == before
    assert office.ours(ticket) == {"sla_not_included", "route_invoice", "next_handle"}
    (message,) = refusals(office)
    assert told in message
    assert before[:12] in message
    assert f"care-sync rules check {rules_file}" in message
    assert office.sync(PassKind.POLL).summary == "nothing new"


def test_a_file_that_is_gone_is_refused_too(office: Office, rules_file: Path) -> None:
    rules_file.unlink()
    office.sync()

    (message,) = refusals(office)
    assert "cannot be read: No such file" in message


def test_a_refusal_is_told_by_status_log_and_health_until_the_file_is_mended(
    office: Office, rules_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office.sync()
    assert health(office.application) == "ok"

    write(rules_file, GAPPED)
    with structlog.testing.capture_logs() as logs:
        office.sync()
        office.sync()
    refused = [one for one in logs if one["event"] == "changed rules rejected; the previous rules stay in force"]
    assert len(refused) == 1
    assert "gap" in refused[0]["problems"][1]
    assert health(office.application) == "refused"
    assert run(["--config", str(tmp_path / "config.yaml"), "status"]) == 0
    assert "The changed rules were rejected; the previous rules stay in force" in capsys.readouterr().out
    with office.application.store.read() as work:
        since = work.attention.all(RULES_REFUSED)[0].since

    write(rules_file, BROKEN)
    office.sync()
    with office.application.store.read() as work:
        (still,) = work.attention.all(RULES_REFUSED)
    assert still.since == since
    assert "did you mean 'cause'?" in still.message

    write(rules_file, GOOD)
    with structlog.testing.capture_logs() as logs:
        office.sync()
    assert "changed rules are in force" in [one["event"] for one in logs]
    assert refusals(office) == []
    assert read_status(office.application.store, office.clock.now()).rules_refused == ""
    assert health(office.application) == "ok"


def test_a_file_that_was_mended_while_nobody_worked_leaves_the_list(office: Office, rules_file: Path) -> None:
    write(rules_file, GAPPED)
    office.sync()
    office.stop()
    write(rules_file, SHIPPED_TEXT)
    office.start()
    office.sync()

    assert refusals(office) == []


def test_work_does_not_begin_by_rules_that_do_not_hold(
    office: Office, rules_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office.stop()
    write(rules_file, GAPPED)

    for command in ("sync", "run"):
        assert run(["--config", str(tmp_path / "config.yaml"), command]) == 2
        told = capsys.readouterr().err
        assert f"The rules {rules_file} do not hold." in told
        assert f"{rules_file}:{SCOPE_LINE}:3: gap: scope is not decided" in told


def test_a_file_that_nobody_touched_is_not_read_again(office: Office, rules_file: Path) -> None:
    book = office.application.site.rules
    dates = rules_file.stat()
    office.sync()
    assert office.application.site.rules is book

    os.utime(rules_file, ns=(dates.st_atime_ns, dates.st_mtime_ns + 1))
    office.sync()
    assert office.application.site.rules is book, "touched, and the same to the letter"


def test_a_pass_ends_with_the_rules_that_it_began_with(office: Office, rules_file: Path) -> None:
    ticket = office.file_ticket(kind="change", expected_minutes=40, clear="yes", quote="none", estimate="none")
    office.set_facts(ticket, acceptance="none")

    class Editor:
        """Changes the rules when the first tickets come in."""

        def stage(self, name: str) -> Callable[[int], None]:
            if name == "customers":
                write(rules_file, GOOD)
            return lambda _count: None

    before = office.application.site.rules.hash
    office.later()
    office.application.run(watcher=Editor())
    with office.application.store.read() as work:
        decided = {row.rules_hash for row in work.decisions.current([ticket]).values()}
    assert decided == {before}

    office.sync()
    with office.application.store.read() as work:
        decided = {row.rules_hash for row in work.decisions.current([ticket]).values()}
    assert decided == {office.application.site.rules.hash} != {before}


def cases_of(rules_file: Path, expect: str) -> None:
    """One case beside the site's rules, with the answer that it must get."""
    facts = "{kind: admin_question, sla: yes, expected_minutes: 5, channel: email, fair_use_left_minutes: 60}"
    write(
        rules_file.with_name("site.cases.yaml"), f"cases:\n  - {{name: a question, facts: {facts}, expect: {expect}}}\n"
    )


def test_mending_the_cases_alone_lifts_a_refusal_that_they_caused(office: Office, rules_file: Path) -> None:
    cases_of(rules_file, "not_included invoice handle")
    write(rules_file, GOOD)
    office.sync()
    (message,) = refusals(office)
    assert f"care-sync rules test {rules_file}" in message

    cases_of(rules_file, "included sla handle")
    office.sync()
    assert refusals(office) == []
    assert office.application.site.rules.text == GOOD


def test_cases_that_fail_the_rules_in_force_are_told_and_change_nothing(office: Office, rules_file: Path) -> None:
    before = office.application.site.rules.hash
    cases_of(rules_file, "not_included invoice handle")
    office.sync()
    (message,) = refusals(office)
    assert "do not pass their cases" in message
    assert office.application.site.rules.hash == before
