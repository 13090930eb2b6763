"""A pass makes calls for what changed and for nothing else, as ``docs/api-calls.md`` says."""

from __future__ import annotations

import math
from datetime import timedelta
from pathlib import Path

import pytest

from care_sync.pipeline.run import PassKind
from tests.system.office import INCIDENT, Office, open_office

TICKETS = 1000
NOTHING_NEW = (1, 2)
"""Calls of a poll to Zendesk and to Toggl."""


def calls(office: Office, kind: PassKind) -> tuple[int, int]:
    """Run a pass; give the calls that it made to Zendesk and to Toggl."""
    before = len(office.zendesk.requests), len(office.toggl.requests)
    office.sync(kind)
    return len(office.zendesk.requests) - before[0], len(office.toggl.requests) - before[1]


def all_is_quiet(office: Office) -> None:
    """Let more time pass than the fast lane looks back."""
    for _ in range(2):
        office.clock.advance(timedelta(minutes=20))
        office.sync(PassKind.POLL)


@pytest.mark.slow
def test_a_pass_over_n_changed_tickets_makes_calls_that_grow_with_n_alone(
    tmp_path: Path, sqlite_store_url: str
) -> None:
    with open_office(tmp_path, sqlite_store_url) as office:
        office.add_customer("Acme")
        tickets = [office.file_ticket(**INCIDENT) for _ in range(TICKETS)]
        entries = [office.work(ticket, 10) for ticket in tickets]
        office.sync()
        all_is_quiet(office)
        assert calls(office, PassKind.POLL) == NOTHING_NEW
        window = 3 + math.ceil(TICKETS / 200)
        assert calls(office, PassKind.FULL) == (2, 2 + window)

        for number, facts in ((1, {"cause": "care"}), (150, {"kind": "admin_question"}), (TICKETS, {"kind": "change"})):
            for ticket in tickets[:number]:
                office.set_facts(ticket, **facts)
            assert calls(office, PassKind.POLL) == (1 + 3 * math.ceil(number / 100), 2), number
            assert calls(office, PassKind.POLL) == NOTHING_NEW

        for entry in entries[:150]:
            office.toggl.workspace.edit(entry, duration=20 * 60)
        assert calls(office, PassKind.POLL) == (1 + 2 * math.ceil(150 / 100), 2)
        all_is_quiet(office)
        assert calls(office, PassKind.FULL) == (2, 2 + window)


def test_a_note_and_a_reply_on_a_hundred_tickets_are_two_batches(office: Office) -> None:
    tickets = [office.file_ticket(**INCIDENT) for _ in range(100)]
    office.sync()
    for ticket in tickets:
        office.set_facts(ticket, cause="customer")
    office.quiet()
    assert calls(office, PassKind.POLL)[0] == 1 + 3 + 2
    assert all(len(office.replies(ticket)) == 1 for ticket in tickets)
