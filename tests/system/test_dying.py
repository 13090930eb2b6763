"""A pass may die at any transaction; the next one goes on, and in the end everything is there once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from care_sync.pipeline.push import LEASE
from tests.system.dying import Died, DyingStore
from tests.system.office import INCIDENT, Office, open_office


def change_something(office: Office, tickets: list[str]) -> None:
    """A new ticket with time; of the one before the cause is found, and of the one before that an entry is edited."""
    if tickets:
        office.set_facts(tickets[-1], cause="third_party")
    if len(tickets) > 1:
        entry = next(one for one in office.toggl.workspace.living() if one.description.startswith(f"#{tickets[-2]} "))
        office.toggl.workspace.edit(entry.id, duration=20 * 60)
    tickets.append(office.file_ticket(**INCIDENT))
    office.work(tickets[-1], 60)


def dies(office: Office, at: int, *, keeps: bool) -> bool:
    """Run a pass that dies at a transaction; tell whether it had so many."""
    store = DyingStore(office.application.store, at, keeps=keeps)
    office.later()
    try:
        replace(office.application, store=store).run()
    except Died:
        return True
    return False


@pytest.mark.parametrize("keeps", [True, False])
def test_a_pass_that_dies_at_any_transaction_is_made_good_by_the_next(
    tmp_path: Path, sqlite_store_url: str, keeps: bool
) -> None:
    with open_office(tmp_path, sqlite_store_url) as office:
        office.add_customer("Acme")
        tickets: list[str] = []
        at = 0
        has_died = True
        while has_died:
            at += 1
            change_something(office, tickets)
            has_died = dies(office, at, keeps=keeps)
            office.clock.advance(LEASE + timedelta(minutes=1))
            office.start()
            office.sync()
            everything_stands_once(office, tickets)
        assert at > 10


def everything_stands_once(office: Office, tickets: list[str]) -> None:
    charged, held = tickets[:-1], tickets[-1:]
    shorter = max(0, len(charged) - 1)
    seconds = {
        "invoice:2026-10": (len(charged) * 60 - shorter * 40) * 60,
        "pending": len(held) * 60 * 60,
    }
    assert office.balances() == {name: amount for name, amount in seconds.items() if amount}
    for ticket in charged:
        assert office.ours(ticket) == {"sla_not_included", "route_invoice", "next_handle"}
        assert (len(office.notes(ticket)), len(office.replies(ticket))) == (2, 1)
    assert office.ours(held[0]) == {"sla_undetermined", "route_pending", "next_ask"}
    assert len(office.notes(held[0])) == 1
    assert [office.field(ticket, "care_minutes") for ticket in tickets[:-2]] == ["20"] * len(tickets[:-2])
    before = len(office.zendesk.requests)
    assert office.sync().counts["writes_planned"] == 0
    assert [one.method for one in office.zendesk.requests[before:] if one.method != "GET"] == []
