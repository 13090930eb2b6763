"""A store that follows a time tracker in which people work: what tests of both lanes are told with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from care_sync.model.linking import Linking
from care_sync.model.mark import DirtyKind
from care_sync.model.time_entry import StoredEntry
from care_sync.pipeline.pull import NamedReport, PullReport, pull_entries, pull_named, pull_tickets
from care_sync.pipeline.reconcile import ReconcileReport, reconcile_window
from care_sync.settings.linking import LinkSettings
from care_sync.settings.model import GuardSection
from care_sync.store import Store
from connectors.conformance.tracker_bed import START, TODAY, ZONE, TrackerBed
from connectors.records import Organization
from tests.pipeline.products import FakeHelpdesk, a_ticket

FIRST, LAST = TODAY - timedelta(days=30), TODAY
SINCE = START - timedelta(days=30)


def at(hour: int, minute: int = 0, *, days_ago: int = 0) -> datetime:
    day = TODAY - timedelta(days=days_ago)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE)


@dataclass
class Site:
    """A store that follows a workspace of Anna and Bert; ticket 12 is of the client of the project ``Site``."""

    store: Store
    bed: TrackerBed
    helpdesk: FakeHelpdesk
    linking: Linking

    def fast_lane(self) -> PullReport:
        return pull_entries(self.store, self.bed.tracker(), self.linking, self.bed.clock, SINCE)

    def window(self, first: date = FIRST, last: date = LAST, *, accept: bool = False) -> ReconcileReport:
        return reconcile_window(
            self.store,
            self.bed.tracker(),
            self.linking,
            GuardSection(),
            self.bed.clock,
            first,
            last,
            accept_missing=accept,
        )

    def named(self, *entry_ids: str) -> NamedReport:
        tracker = self.bed.tracker()
        with self.store.begin() as work:
            keys = [f"{tracker.product}:{tracker.account}:{one}" for one in entry_ids]
            work.dirty.mark(DirtyKind.FETCH_ENTRY, keys, "webhook", self.bed.clock.now())
        return pull_named(self.store, self.helpdesk, [tracker], self.linking, GuardSection(), self.bed.clock)

    def entry(self, entry_id: str) -> StoredEntry:
        tracker = self.bed.tracker()
        with self.store.read() as work:
            found = work.entries.get(f"{tracker.product}:{tracker.account}:{entry_id}")
        assert found is not None
        return found

    def seconds_that_count(self) -> int:
        with self.store.read() as work:
            found = work.entries.of_tickets(["12"]).get("12", [])
            return sum(one.entry.seconds for one in found if one.counts)

    def wait(self, **by: float) -> None:
        self.bed.clock.advance(timedelta(**by))


def follow(store: Store, bed: TrackerBed) -> Site:
    helpdesk = FakeHelpdesk()
    helpdesk.put_organization(Organization("5", "Site BV"), Organization("6", "Timmerman"))
    helpdesk.put(a_ticket("12"), a_ticket("13", organization_id="6"))
    linking = Linking.of(LinkSettings(), helpdesk.ticket_url)
    pull_tickets(store, helpdesk, linking, bed.clock, SINCE)
    return Site(store, bed, helpdesk, linking)
