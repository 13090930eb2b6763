"""``--dry-run``, ``--ticket`` and ``--since``: a rehearsal leaves nothing behind and tells what a pass would do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from care_sync.errors import UserError
from care_sync.pipeline.run import PassKind
from tests.system.dump import dump
from tests.system.office import HOUR, INCIDENT, Office
from tests.system.test_commands import Shell

BUDGETS = frozenset({"budgets"})
"""What products still allow is true of a rehearsal, too."""


@pytest.fixture
def care(office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(office, tmp_path / "config.yaml", capsys)


def a_busy_day(office: Office) -> list[str]:
    """Tickets that turn, that close and that wait, time that is edited and deleted, a card."""
    tickets = [office.file_ticket(**INCIDENT) for _ in range(4)]
    entries = [office.work(ticket, 60) for ticket in tickets]
    office.sync()
    office.buy_card(1)
    office.set_facts(tickets[0], cause="third_party")
    office.set_facts(tickets[1], cause="care")
    office.account.close(int(tickets[2]))
    office.toggl.workspace.delete(entries[1])
    office.toggl.workspace.edit(entries[3], duration=90 * 60)
    office.work(office.file_ticket(**INCIDENT, cause="customer"), 30)
    return tickets


def test_a_rehearsal_leaves_nothing_behind_and_tells_what_follows(office: Office, care: Shell) -> None:
    tickets = a_busy_day(office)
    office.later()
    before = dump(office.application.store, but=BUDGETS)
    shown = [office.tags(ticket) for ticket in tickets]
    requests = len(office.zendesk.requests)
    told = care.json("sync", "--dry-run")
    assert dump(office.application.store, but=BUDGETS) == before
    assert [office.tags(ticket) for ticket in tickets] == shown
    assert {one.method for one in office.zendesk.requests[requests:]} == {"GET"}

    done = care.json("sync")
    changes = [change for one in told["differences"] for change in one["changes"]]
    transactions = [one for difference in told["differences"] for one in difference["transactions"]]
    assert len(changes) == done["counts"]["writes_made"]
    assert len(transactions) == done["counts"]["transactions"]
    assert care.json("sync", "--dry-run")["differences"] == []


def test_a_rehearsal_of_one_ticket_tells_of_that_one(office: Office, care: Shell) -> None:
    tickets = a_busy_day(office)
    office.later()
    before = dump(office.application.store, but=BUDGETS)
    told = care.json("sync", "--dry-run", "--ticket", tickets[0])
    (found,) = [one for one in told["differences"] if one["ticket_id"] == tickets[0]]
    assert {"sla_not_included", "route_hour_card"} <= set(found["changes"][0]["add_tags"])
    assert dump(office.application.store, but=BUDGETS) == before

    shown = [office.tags(ticket) for ticket in tickets[1:]]
    care.json("sync", "--ticket", tickets[0])
    assert "route_hour_card" in office.ours(tickets[0])
    assert [office.tags(ticket) for ticket in tickets[1:]] == shown


def test_a_rehearsal_that_meets_a_product_that_is_down_leaves_nothing_behind(office: Office, care: Shell) -> None:
    a_busy_day(office)
    office.later()
    before = dump(office.application.store, but=BUDGETS)
    office.zendesk.faults.add("down", route="incremental")
    code, _ = care("sync", "--dry-run")
    assert code == 1
    assert dump(office.application.store, but=BUDGETS) == before


def test_since_reads_again_what_changed_and_keeps_where_reading_goes_on(office: Office, care: Shell) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="care")
    office.work(ticket, 60)
    office.sync()
    office.sync()
    with office.application.store.begin() as work:  # somebody has meddled with what was read
        stored = work.tickets.get(ticket)
        assert stored is not None
        work.tickets.upsert([replace(stored, fields={})], office.clock.now())
        cursors = work.cursors.all().keys()
    assert office.sync(PassKind.POLL).counts["tickets_changed"] == 0
    counts = care.json("sync", "--since", "2026-10-12")["counts"]
    assert counts["tickets_changed"] == 1
    assert office.balances() == {"sla": HOUR}
    with office.application.store.read() as work:
        assert work.cursors.all().keys() == cursors
    assert office.sync().summary == "nothing new"


def test_since_a_day_that_has_not_come_is_refused(office: Office, care: Shell) -> None:
    before = dump(office.application.store)
    with pytest.raises(UserError, match="2030-01-01"):
        care("sync", "--since", "2030-01-01")
    assert dump(office.application.store) == before
