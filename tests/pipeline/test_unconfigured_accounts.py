"""A tracker that was replaced by another account of the same product is told of while its time still matters."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from care_sync.clock import ManualClock
from care_sync.pipeline.unconfigured_accounts import UNCONFIGURED_ACCOUNT, report_unconfigured_accounts
from care_sync.store import Store
from connectors.protocols import TimeTracker
from connectors.records import EntryState, TimeEntry
from tests.pipeline.products import FakeTracker, an_entry

FIRST = date(2026, 9, 18)
ENTRY = an_entry("7", work_date=date(2026, 10, 30))


class Moved(FakeTracker):
    """The same product under another account."""

    @property
    def account(self) -> str:
        return "2"


class Other(FakeTracker):
    """Another product."""

    @property
    def product(self) -> str:
        return "other"


def told(store: Store, clock: ManualClock, *entries: TimeEntry, trackers: tuple[TimeTracker, ...]) -> list[str]:
    with store.begin() as work:
        work.entries.upsert(entries, clock.now())
    count = report_unconfigured_accounts(store, trackers, clock, FIRST)
    with store.read() as work:
        found = work.attention.all(UNCONFIGURED_ACCOUNT)
    assert len(found) == count
    return [f"{one.subject} {one.message}" for one in found]


def test_time_of_an_account_that_was_replaced_is_told_with_the_remedy(store: Store, clock: ManualClock) -> None:
    (line,) = told(store, clock, ENTRY, replace(ENTRY, id="8"), trackers=(Moved(),))

    assert line.startswith("fake:1 2 time entries since 2026-09-18 are of fake 1, which is not configured any more")
    assert "`account: 1`" in line


@pytest.mark.parametrize("trackers", [(FakeTracker(),), (FakeTracker(), Moved()), (Other(),), ()], ids=len)
def test_an_account_that_is_configured_and_a_product_that_is_gone_are_no_strays(
    sqlite_store: Store, clock: ManualClock, trackers: tuple[TimeTracker, ...]
) -> None:
    assert told(sqlite_store, clock, ENTRY, trackers=trackers) == []


@pytest.mark.parametrize("change", [{"work_date": date(2026, 9, 17)}, {"state": EntryState.DELETED}], ids=str)
def test_old_time_and_deleted_time_are_told_no_more(
    sqlite_store: Store, clock: ManualClock, change: dict[str, object]
) -> None:
    assert told(sqlite_store, clock, ENTRY, trackers=(Moved(),))

    assert told(sqlite_store, clock, replace(ENTRY, **change), trackers=(Moved(),)) == []  # type: ignore[arg-type]


def test_what_was_mended_in_the_settings_goes_off_the_list(sqlite_store: Store, clock: ManualClock) -> None:
    assert told(sqlite_store, clock, ENTRY, trackers=(Moved(),))

    assert told(sqlite_store, clock, trackers=(FakeTracker(),)) == []
