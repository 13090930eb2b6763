"""Pulling: what changed comes in once, whole pages at a time, and marks what follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest

from care_sync.clock import ManualClock
from care_sync.model.linking import Linking
from care_sync.model.mark import DirtyKind
from care_sync.model.time_entry import LinkState, StoredEntry
from care_sync.pipeline.pull import (
    MOST_NAMED_ENTRIES,
    NamedReport,
    PullReport,
    pull_entries,
    pull_named,
    pull_organizations,
    pull_tickets,
)
from care_sync.settings.linking import LinkSettings
from care_sync.settings.model import GuardSection
from care_sync.store import Store
from connectors.errors import Invalid, Limited, Malformed, PermissionMissing, Unavailable
from connectors.records import EntryState, Organization, TicketChange, TicketStatus
from tests.pipeline.products import START, Crash, FakeHelpdesk, FakeTracker, a_ticket, an_entry

BAKER = Organization("5", "Bakkerij Van Dam", {"sla": True})
CARPENTER = Organization("6", "Timmerman", {"sla": False})


@dataclass
class Site:
    """One site: its store, products and settings."""

    store: Store
    clock: ManualClock
    helpdesk: FakeHelpdesk = field(default_factory=FakeHelpdesk)
    tracker: FakeTracker = field(default_factory=FakeTracker)
    guard: GuardSection = field(default_factory=GuardSection)
    seen: list[int] = field(default_factory=list)

    @property
    def linking(self) -> Linking:
        return Linking.of(LinkSettings(), self.helpdesk.ticket_url)

    def tickets(self) -> PullReport:
        return pull_tickets(self.store, self.helpdesk, self.linking, self.clock, START, self.seen.append)

    def entries(self) -> PullReport:
        return pull_entries(self.store, self.tracker, self.linking, self.clock, START, self.seen.append)

    def organizations(self) -> PullReport:
        return pull_organizations(self.store, self.helpdesk, self.clock, self.seen.append)

    def named(self, *ticket_ids: str) -> NamedReport:
        return pull_named(self.store, self.helpdesk, [self.tracker], self.linking, self.guard, self.clock, ticket_ids)

    def mark(self, kind: DirtyKind, *keys: str) -> None:
        with self.store.begin() as work:
            work.dirty.mark(kind, keys, "webhook", self.clock.now())

    def marked(self, kind: DirtyKind = DirtyKind.TICKET) -> set[str]:
        """What is marked; the marks are taken away, so that the next call tells what came after."""
        with self.store.begin() as work:
            taken = work.dirty.take(kind)
            work.dirty.clear(kind, taken)
        return set(taken)

    def settle(self) -> None:
        """Forget every mark, as a pass that did all its work does."""
        for kind in DirtyKind:
            self.marked(kind)

    def entry(self, identity: str) -> StoredEntry:
        with self.store.read() as work:
            found = work.entries.get(f"fake:1:{identity}")
        assert found is not None
        return found

    def ticket_ids(self) -> set[str]:
        with self.store.read() as work:
            return {one.id for one in work.tickets.each()}


@pytest.fixture
def site(store: Store, clock: ManualClock) -> Iterator[Site]:
    site = Site(store, clock)
    site.helpdesk.put_organization(BAKER, CARPENTER)
    return site


def test_what_changed_comes_in_page_by_page_and_is_marked(site: Site) -> None:
    site.helpdesk.put(*(a_ticket(str(number)) for number in (12, 13, 14)))
    assert site.tickets() == PullReport(pages=2, read=3, changed=3, organizations_changed=1)
    assert site.seen == [2, 1]
    assert site.marked() == {"12", "13", "14"}
    with site.store.read() as work:
        assert work.organizations.get("5") == BAKER
        assert work.people.get("90") is not None


def test_what_was_seen_before_changes_and_marks_nothing(site: Site) -> None:
    site.helpdesk.put(a_ticket("12"))
    site.tracker.put(an_entry("1"))
    site.tickets()
    site.entries()
    site.settle()
    site.helpdesk.put(a_ticket("12", updated_at=START + timedelta(days=3)))
    site.tracker.put(an_entry("1"))
    assert (site.tickets().changed, site.entries().changed) == (0, 0)
    assert [site.marked(kind) for kind in DirtyKind] == [set()] * len(DirtyKind)
    assert site.entry("1").revision == 1


def test_our_own_write_that_comes_back_marks_nothing_but_an_agents_change_of_it_does(site: Site) -> None:
    site.helpdesk.put(a_ticket("12", tags=frozenset({"vip"})))
    site.tickets()
    site.settle()
    with site.store.begin() as work:
        work.tickets.note_written(
            TicketChange("12", "CS-1", add_tags=frozenset({"sla_included"}), fields={"care_scope": "included"}),
            now=site.clock.now(),
        )
    ours = a_ticket("12", tags=frozenset({"vip", "sla_included"}), fields={"care_scope": "included"})
    site.helpdesk.put(ours)
    assert site.tickets().changed == 0
    assert site.marked() == set()
    site.helpdesk.put(replace(ours, tags=frozenset({"vip"})))
    site.tickets()
    assert site.marked() == {"12"}


def test_reading_goes_on_behind_the_last_stored_page_after_a_crash(site: Site) -> None:
    site.helpdesk.put(*(a_ticket(str(number)) for number in range(10, 15)))
    site.helpdesk.breaks_after = 1
    with pytest.raises(Crash):
        site.tickets()
    assert site.ticket_ids() == {"10", "11"}
    assert site.tickets().read == 3
    assert site.ticket_ids() == {"10", "11", "12", "13", "14"}


def test_a_page_that_cannot_be_understood_leaves_the_store_as_it_was(site: Site) -> None:
    site.tracker.put(*(an_entry(str(number)) for number in range(3)))
    site.tracker.breaks_after, site.tracker.breaks_with = 1, Malformed("fake", "the answer is cut off")
    with pytest.raises(Malformed):
        site.entries()
    with site.store.read() as work:
        assert (work.entries.count(), work.cursors.get("entries:fake:1")) == (2, "2")


def test_a_page_that_cannot_be_stored_is_not_stored_in_part(site: Site) -> None:
    broken = a_ticket("13", created_at=START.replace(tzinfo=None))
    site.helpdesk.put(a_ticket("12"), broken)
    with pytest.raises(Exception, match="without a time zone"):
        site.tickets()
    assert site.ticket_ids() == set()
    assert site.marked() == set()
    with site.store.read() as work:
        assert work.cursors.all() == {}


def test_a_cursor_that_is_no_longer_accepted_begins_the_reading_anew(site: Site) -> None:
    site.helpdesk.put(a_ticket("12"))
    site.tickets()
    site.helpdesk.oldest_cursor = 2
    site.helpdesk.put(a_ticket("13"), a_ticket("14"))
    report = site.tickets()
    assert (report.restarted, report.read, report.changed) == (True, 3, 2)
    assert site.ticket_ids() == {"12", "13", "14"}


def test_a_request_that_is_invalid_without_a_cursor_is_told(site: Site) -> None:
    site.tracker.breaks_after, site.tracker.breaks_with = 0, Invalid("fake", "unknown field")
    with pytest.raises(Invalid):
        site.entries()


def test_an_entry_is_linked_when_it_comes_in_and_marks_its_ticket(site: Site) -> None:
    site.helpdesk.put(a_ticket("12"))
    site.tickets()
    site.settle()
    site.tracker.put(an_entry("1"), an_entry("2", description="overleg"))
    assert site.entries().changed == 2
    assert (site.entry("1").link.ticket_id, site.entry("2").link.state) == ("12", LinkState.UNLINKED)
    assert site.marked() == {"12"}
    assert site.marked(DirtyKind.ORGANIZATION) == {"5"}


@pytest.mark.parametrize(
    ("change", "tickets"),
    [
        ({"seconds": 60}, {"12"}),
        ({"description": "#13 werk"}, {"12", "13"}),
        ({"description": "geen ticket"}, {"12"}),
        ({"state": EntryState.DELETED}, {"12"}),
        ({"state": EntryState.RUNNING, "seconds": 0}, {"12"}),
        ({"work_date": date(2026, 10, 2)}, {"12"}),
        ({"tags": ("intake",)}, {"12"}),
        ({"tags": ("pauze",)}, {"12"}),
    ],
)
def test_whatever_is_edited_marks_where_the_entry_was_and_where_it_is(
    site: Site, change: dict[str, object], tickets: set[str]
) -> None:
    site.helpdesk.put(a_ticket("12"), a_ticket("13"))
    site.tracker.put(an_entry("1"))
    site.tickets()
    site.entries()
    site.settle()
    site.tracker.put(an_entry("1", **change))
    site.entries()
    assert site.marked() == tickets
    assert site.entry("1").revision == 2


def test_a_running_entry_counts_and_marks_nothing_until_it_stops(site: Site) -> None:
    site.helpdesk.put(a_ticket("12"))
    site.tickets()
    site.settle()
    site.tracker.put(an_entry("1", state=EntryState.RUNNING, seconds=0))
    site.entries()
    assert site.marked() == set()
    site.tracker.put(an_entry("1"))
    site.entries()
    assert site.marked() == {"12"}
    assert site.entry("1").counts


def test_an_entry_waits_for_its_ticket_and_is_linked_when_it_comes(site: Site) -> None:
    site.tracker.put(an_entry("1"))
    site.entries()
    assert site.entry("1").link.state is LinkState.UNKNOWN_TICKET
    site.settle()
    site.helpdesk.put(a_ticket("12"))
    assert site.tickets().relinked == 1
    assert site.entry("1").link.ticket_id == "12"
    assert site.marked(DirtyKind.ORGANIZATION) == {"5"}


def test_a_ticket_that_an_entry_points_at_and_that_was_never_seen_is_asked_for_once(site: Site) -> None:
    site.helpdesk.held["12"] = a_ticket("12")
    site.tracker.put(an_entry("1"), an_entry("2", description="#404"))
    site.entries()
    report = site.named()
    assert (report.tickets_read, report.relinked, report.absent) == (1, 1, ("404",))
    assert site.entry("1").link.ticket_id == "12"
    site.tracker.put(an_entry("2", description="#404 opnieuw"))
    site.entries()
    assert site.named() == NamedReport()
    assert site.helpdesk.calls["tickets"] == 1


def test_a_ticket_that_changes_hands_takes_its_entries_along(site: Site) -> None:
    site.helpdesk.put(a_ticket("12"))
    site.tracker.put(an_entry("1"), an_entry("2", client_name="Bakkerij Van Dam"))
    site.tickets()
    site.entries()
    site.settle()
    site.helpdesk.put(a_ticket("12", organization_id="6"))
    assert site.tickets().relinked == 2
    assert site.entry("1").link.organization_id == "6"
    assert (site.entry("2").link.state, site.entry("2").link.ticket_id) == (LinkState.OTHER_CUSTOMER, None)
    assert site.marked(DirtyKind.ORGANIZATION) == {"5", "6"}
    site.helpdesk.put(a_ticket("12"))
    site.tickets()
    assert site.entry("2").link.ticket_id == "12"


def test_the_entries_of_a_merged_ticket_follow_it(site: Site) -> None:
    site.helpdesk.put(a_ticket("12"), a_ticket("20"))
    site.tracker.put(an_entry("1"))
    site.tickets()
    site.entries()
    site.settle()
    site.helpdesk.put(a_ticket("12", status=TicketStatus.CLOSED, merged_into="20"))
    assert site.tickets().relinked == 1
    assert site.entry("1").link.ticket_id == "20"
    assert site.marked() == {"12", "20"}


def test_a_ticket_merged_into_one_never_seen_has_that_one_read(site: Site) -> None:
    site.helpdesk.put(a_ticket("12"))
    site.tracker.put(an_entry("1"))
    site.tickets()
    site.entries()
    site.helpdesk.held.update({"20": a_ticket("20", merged_into="30"), "30": a_ticket("30")})
    site.helpdesk.put(a_ticket("12", merged_into="20"))
    site.tickets()
    assert site.entry("1").link.wanted_ticket == "20"
    site.named()
    assert site.entry("1").link.ticket_id == "30"


def test_an_organization_whose_fields_changed_marks_its_tickets(site: Site) -> None:
    site.helpdesk.put(
        a_ticket("12"),
        a_ticket("13", status=TicketStatus.CLOSED),
        a_ticket("14", status=TicketStatus.CLOSED),
        a_ticket("15", organization_id="6"),
    )
    site.tracker.put(an_entry("1", description="#13"), an_entry("2", description="#14", work_date=date(2026, 9, 30)))
    site.tickets()
    site.entries()
    site.organizations()
    with site.store.begin() as work:
        work.periods.close("2026-09", site.clock.now(), "test")
    site.settle()
    assert site.organizations().organizations_changed == 0
    assert site.marked() == set()
    site.helpdesk.put_organization(replace(BAKER, fields={"sla": False}))
    assert site.organizations() == PullReport(pages=1, read=2, organizations_changed=1)
    assert site.marked() == {"12", "13"}
    assert site.marked(DirtyKind.ORGANIZATION) == {"5"}


def test_what_a_webhook_named_is_read_and_its_mark_is_gone(site: Site) -> None:
    site.helpdesk.held["12"] = a_ticket("12")
    site.tracker.put(an_entry("1"), logged=False)
    site.mark(DirtyKind.FETCH_TICKET, "12")
    site.mark(DirtyKind.FETCH_ENTRY, "fake:1:1", "other:9:1")
    report = site.named()
    assert (report.tickets_changed, report.entries_changed) == (1, 1)
    assert site.entry("1").counts
    assert site.marked(DirtyKind.FETCH_TICKET) == set()
    assert site.marked(DirtyKind.FETCH_ENTRY) == {"other:9:1"}


def test_a_ticket_that_a_person_names_is_marked_even_when_nothing_changed(site: Site) -> None:
    site.helpdesk.put(a_ticket("12"))
    site.tickets()
    site.settle()
    assert site.named("12", "404").absent == ("404",)
    assert site.marked() == {"12"}


def test_many_tickets_are_read_a_hundred_at_a_time(site: Site) -> None:
    site.named(*(str(number) for number in range(250)))
    assert site.helpdesk.calls["tickets"] == 3


def test_an_entry_that_a_webhook_named_and_that_is_gone_gives_its_time_back(site: Site) -> None:
    site.helpdesk.put(a_ticket("12"))
    site.tracker.put(an_entry("1"))
    site.tickets()
    site.entries()
    site.settle()
    site.tracker.delete("1")
    site.mark(DirtyKind.FETCH_ENTRY, "fake:1:1", "fake:1:never-seen")
    assert site.named().gone == 1
    assert not site.entry("1").counts
    assert site.marked() == {"12"}


def test_many_entries_gone_at_once_are_left_for_the_guard(site: Site) -> None:
    identities = [str(number) for number in range(6)]
    site.helpdesk.put(a_ticket("12"))
    site.tracker.put(*map(an_entry, identities))
    site.tickets()
    site.entries()
    site.tracker.delete(*identities)
    site.mark(DirtyKind.FETCH_ENTRY, *(f"fake:1:{one}" for one in identities))
    assert site.named().gone == 0
    assert all(site.entry(one).counts and site.entry(one).missing_since for one in identities)


def test_a_limit_leaves_the_rest_for_the_next_pass(site: Site) -> None:
    site.tracker.put(*(an_entry(str(number)) for number in range(4)), logged=False)
    site.mark(DirtyKind.FETCH_ENTRY, *(f"fake:1:{number}" for number in range(4)))
    site.tracker.limited_after, site.tracker.limit = 3, Limited("fake", "enough", retry_after_seconds=60)
    assert (site.named().entries_read, site.tracker.calls["entry"]) == (3, 4)
    site.tracker.limited_after = None
    assert (site.named().entries_read, site.tracker.calls["entry"]) == (1, 5)


def test_an_entry_that_cannot_be_read_keeps_no_other_from_being_read(site: Site) -> None:
    site.tracker.put(*(an_entry(str(number)) for number in range(3)), logged=False)
    site.tracker.unreadable = {"0": PermissionMissing("fake", "hidden"), "1": Malformed("fake", "cut off")}
    site.mark(DirtyKind.FETCH_ENTRY, *(f"fake:1:{number}" for number in range(3)))
    with pytest.raises(PermissionMissing):
        site.named()
    assert site.entry("2").revision == 1
    site.tracker.unreadable.clear()
    assert site.named().entries_read == 1
    assert site.entry("1").revision == 1
    assert site.marked(DirtyKind.FETCH_ENTRY) == set()


def test_a_tracker_that_is_down_does_not_keep_tickets_from_being_read(site: Site) -> None:
    site.helpdesk.held["12"] = a_ticket("12")
    site.mark(DirtyKind.FETCH_TICKET, "12")
    site.mark(DirtyKind.FETCH_ENTRY, "fake:1:1")
    site.tracker.limited_after, site.tracker.limit = 0, Unavailable("fake", "down")
    with pytest.raises(Unavailable):
        site.named()
    assert site.ticket_ids() == {"12"}
    assert site.marked(DirtyKind.FETCH_ENTRY) == {"fake:1:1"}


def test_the_number_of_single_reads_in_a_pass_is_bounded(site: Site) -> None:
    site.mark(DirtyKind.FETCH_ENTRY, *(f"fake:1:{number}" for number in range(MOST_NAMED_ENTRIES + 5)))
    assert site.named().left == 5
    assert site.tracker.calls["entry"] == MOST_NAMED_ENTRIES
