"""What was read before a newer reading and is stored after it turns nothing back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from care_sync.store import Store
from connectors.records import (
    EntryKind,
    EntryState,
    Organization,
    Ticket,
    TicketChange,
    TicketStatus,
    TimeEntry,
)

FIRST = datetime(2026, 10, 12, 9, tzinfo=UTC)
LATER = FIRST + timedelta(seconds=20)
BETWEEN = FIRST + timedelta(seconds=10)
TICKET = Ticket("12", "12", "Broken", TicketStatus.OPEN, FIRST, FIRST, organization_id="5", fields={"cause": None})
ENTRY = TimeEntry("toggl", "1", "7", EntryState.STOPPED, EntryKind.WORK, 3600, date(2026, 10, 12))


@pytest.mark.parametrize("tells_changes", [True, False])
def test_a_page_of_entries_that_is_stored_late_turns_no_money_back(store: Store, tells_changes: bool) -> None:
    old = replace(ENTRY, source_updated_at=FIRST if tells_changes else None)
    new = replace(ENTRY, seconds=1800, source_updated_at=LATER if tells_changes else None)
    with store.begin() as work:
        work.entries.upsert([old], FIRST)
        assert len(work.entries.upsert([new], LATER)) == 1
        assert work.entries.upsert([old], BETWEEN) == []
        stored = work.entries.get(ENTRY.key)
        assert stored is not None
        assert stored.entry.seconds == 1800


def test_an_entry_that_changed_after_the_newer_reading_began_is_taken(store: Store) -> None:
    with store.begin() as work:
        work.entries.upsert([replace(ENTRY, source_updated_at=FIRST)], LATER)
        moved = work.entries.upsert([replace(ENTRY, seconds=60, source_updated_at=LATER)], BETWEEN)
        assert [change.after.entry.seconds for change in moved] == [60]


def test_a_page_of_tickets_that_is_stored_late_is_not_taken(store: Store) -> None:
    filled = replace(TICKET, fields={"cause": "care"}, updated_at=LATER)
    with store.begin() as work:
        work.tickets.upsert([TICKET], FIRST)
        assert len(work.tickets.upsert([filled], LATER)) == 1
        assert work.tickets.upsert([TICKET], BETWEEN) == []
        assert work.tickets.get("12") == filled


def test_two_changes_within_one_second_are_told_apart_by_the_readings(store: Store) -> None:
    again = replace(TICKET, fields={"cause": "customer"})
    with store.begin() as work:
        work.tickets.upsert([TICKET], FIRST)
        assert len(work.tickets.upsert([again], LATER)) == 1


def test_a_page_that_was_read_before_our_own_write_does_not_take_it_away(store: Store) -> None:
    with store.begin() as work:
        work.tickets.upsert([TICKET], FIRST)
        work.tickets.note_written(TicketChange("12", "CS-1", add_tags=frozenset({"sla_included"})), now=LATER)
        assert work.tickets.upsert([TICKET], BETWEEN) == []
        ticket = work.tickets.get("12")
        assert ticket is not None
        assert ticket.tags == {"sla_included"}


def test_a_page_of_organizations_that_is_stored_late_is_not_taken(store: Store) -> None:
    with store.begin() as work:
        work.organizations.upsert([Organization("5", "Acme", {"sla": "yes"})], FIRST)
        work.organizations.upsert([Organization("5", "Acme", {"sla": "no"})], LATER)
        assert work.organizations.upsert([Organization("5", "Acme", {"sla": "yes"})], BETWEEN) == []
        organization = work.organizations.get("5")
        assert organization is not None
        assert organization.fields["sla"] == "no"
