"""The window: edits and deletions that nobody tells of are found, and nothing is given back on suspicion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import pytest

from care_sync.clock import ManualClock
from care_sync.model.linking import Linking
from care_sync.model.mark import DirtyKind
from care_sync.model.time_entry import LinkState, StoredEntry
from care_sync.pipeline.pull import pull_entries, pull_tickets
from care_sync.pipeline.reconcile import (
    MISSING,
    MOST_CONFIRMATIONS,
    ReconcileReport,
    is_suspicious,
    reconcile_window,
)
from care_sync.settings.linking import LinkSettings
from care_sync.settings.model import GuardSection
from care_sync.store import Store
from connectors.errors import ConnectorError, Limited, Malformed, PermissionMissing, Unavailable, WrongCredentials
from connectors.records import EntryPage, EntryState, Organization
from tests.pipeline.products import FIRST, LAST, START, Crash, FakeHelpdesk, FakeTracker, a_ticket, an_entry

OTHER_MONTH = date(2026, 8, 3)


@dataclass
class Site:
    """One site with ticket 12 in its helpdesk."""

    store: Store
    clock: ManualClock
    helpdesk: FakeHelpdesk = field(default_factory=FakeHelpdesk)
    tracker: FakeTracker = field(default_factory=FakeTracker)
    guard: GuardSection = field(default_factory=GuardSection)
    settings: LinkSettings = field(default_factory=LinkSettings)

    @property
    def linking(self) -> Linking:
        return Linking.of(self.settings, self.helpdesk.ticket_url)

    def tickets(self) -> None:
        pull_tickets(self.store, self.helpdesk, self.linking, self.clock, START)

    def entries(self) -> None:
        pull_entries(self.store, self.tracker, self.linking, self.clock, START)

    def window(
        self, first: date = FIRST, last: date = LAST, *, accept: bool = False, most: int = MOST_CONFIRMATIONS
    ) -> ReconcileReport:
        return reconcile_window(
            self.store,
            self.tracker,
            self.linking,
            self.guard,
            self.clock,
            first,
            last,
            accept_missing=accept,
            most_confirmations=most,
        )

    def marked(self, kind: DirtyKind = DirtyKind.TICKET) -> set[str]:
        with self.store.begin() as work:
            taken = work.dirty.take(kind)
            work.dirty.clear(kind, taken)
        return set(taken)

    def entry(self, identity: str) -> StoredEntry:
        with self.store.read() as work:
            found = work.entries.get(f"fake:1:{identity}")
        assert found is not None
        return found

    def questions(self) -> list[str]:
        with self.store.read() as work:
            return [one.message for one in work.attention.all(MISSING)]

    def counting(self, *identities: str) -> list[bool]:
        return [self.entry(one).counts for one in identities]


@pytest.fixture
def site(store: Store, clock: ManualClock) -> Site:
    site = Site(store, clock)
    site.helpdesk.put_organization(Organization("5", "Bakkerij Van Dam"))
    site.helpdesk.put(a_ticket("12"))
    site.tickets()
    return site


def known(site: Site, count: int) -> list[str]:
    """So many entries, in the tracker and in the store, with every mark worked off."""
    identities = [f"{number:03}" for number in range(count)]
    site.tracker.put(*map(an_entry, identities))
    site.entries()
    for kind in DirtyKind:
        site.marked(kind)
    return identities


def test_a_window_that_agrees_changes_nothing(site: Site) -> None:
    known(site, 3)
    assert site.window() == ReconcileReport(FIRST, LAST, read=3)
    assert site.marked() == set()
    assert site.tracker.calls["entry"] == 0


def test_a_deletion_that_nobody_told_of_is_found_and_confirmed(site: Site) -> None:
    known(site, 3)
    site.tracker.delete("001")
    assert site.window() == ReconcileReport(FIRST, LAST, read=2, missing=1, gone=1)
    assert site.counting("000", "001", "002") == [True, False, True]
    assert (site.entry("001").entry.state, site.entry("001").revision) == (EntryState.DELETED, 2)
    assert site.marked() == {"12"}
    assert site.window() == ReconcileReport(FIRST, LAST, read=2)
    assert site.marked() == set()


def test_an_edit_that_nobody_told_of_is_found(site: Site) -> None:
    known(site, 1)
    site.tracker.put(an_entry("000", seconds=60), logged=False)
    assert site.window().changed == 1
    assert site.entry("000").entry.seconds == 60
    assert site.marked() == {"12"}


def test_an_entry_written_down_late_is_found(site: Site) -> None:
    site.tracker.put(an_entry("1", work_date=FIRST), logged=False)
    assert site.window().changed == 1
    assert site.entry("1").counts


@pytest.mark.parametrize("outside", [date(2026, 9, 30), date(2026, 11, 1)])
def test_an_entry_that_moved_out_of_the_window_is_only_moved(site: Site, outside: date) -> None:
    known(site, 2)
    site.tracker.put(an_entry("000", work_date=outside), logged=False)
    assert site.window() == ReconcileReport(FIRST, LAST, read=1, missing=1, found=1)
    stored = site.entry("000")
    assert (stored.counts, stored.entry.work_date, stored.missing_since) == (True, outside, None)
    assert site.marked() == {"12"}


def test_an_entry_that_the_list_left_out_keeps_its_time_and_marks_nothing(site: Site) -> None:
    known(site, 2)
    left_out = site.tracker.held.pop("000")
    site.tracker.entry = lambda _identity: left_out  # type: ignore[method-assign]
    assert site.window().found == 1
    assert (site.counting("000"), site.entry("000").revision, site.entry("000").missing_since) == ([True], 1, None)
    assert site.marked() == set()


def test_a_restored_entry_lives_again(site: Site) -> None:
    known(site, 1)
    site.tracker.delete("000")
    site.window()
    site.marked()
    site.tracker.put(an_entry("000"), logged=False)
    assert site.window().changed == 1
    assert (site.counting("000"), site.entry("000").revision) == ([True], 3)
    assert site.marked() == {"12"}


def test_a_tombstone_in_the_window_is_a_deletion(site: Site) -> None:
    known(site, 1)
    site.tracker.put(an_entry("000", state=EntryState.DELETED), logged=False)
    site.window()
    assert site.counting("000") == [False]


def test_a_running_entry_that_the_list_leaves_out_stays(site: Site) -> None:
    running = an_entry("1", state=EntryState.RUNNING, seconds=0)
    site.tracker.put(running)
    site.entries()
    del site.tracker.held["1"]
    site.tracker.entry = lambda _identity: running  # type: ignore[method-assign]
    site.window()
    assert site.entry("1").entry.state is EntryState.RUNNING


@pytest.mark.parametrize(
    ("missing", "window", "expected"),
    [(5, 6, False), (6, 6, True), (6, 300, False), (7, 300, True), (6, 299, True), (0, 0, False)],
)
def test_the_guard_wants_both_many_and_a_large_share(missing: int, window: int, expected: bool) -> None:
    assert is_suspicious(missing, window, GuardSection(missing_limit=5, missing_share=0.02)) is expected


def test_when_suspiciously_much_is_missing_nothing_is_given_back_and_a_person_is_asked(site: Site) -> None:
    identities = known(site, 8)
    site.tracker.delete(*identities[:6])
    site.tracker.put(an_entry("006", seconds=60), logged=False)
    report = site.window()
    assert (report.missing, report.gone, report.left, report.changed) == (6, 0, 6, 1)
    assert site.tracker.calls["entry"] == 0
    assert site.counting(*identities) == [True] * 8
    assert site.entry("006").entry.seconds == 60
    assert site.questions() == [report.stopped]
    assert "6 of 8 time entries are missing from fake 1" in report.stopped
    assert "no project: 6; 3.00 hours" in report.stopped
    assert "care-sync reconcile --accept-missing" in report.stopped


def test_the_guard_is_not_passed_by_a_smaller_window_or_by_asking_again(site: Site) -> None:
    identities = known(site, 8)
    site.tracker.delete(*identities[:6])
    site.window()
    site.window(LAST, LAST)
    site.window()
    assert site.counting(*identities) == [True] * 8


def test_a_persons_word_lifts_the_guard_and_takes_the_question_off_the_list(site: Site) -> None:
    identities = known(site, 8)
    site.tracker.delete(*identities[:6])
    site.window()
    report = site.window(accept=True, most=2)
    assert (report.gone, report.left, report.stopped) == (6, 0, "")
    assert site.counting(*identities) == [False] * 6 + [True] * 2
    assert site.questions() == []


def test_even_a_persons_word_does_not_delete_what_is_there(site: Site) -> None:
    identities = known(site, 8)
    for identity in identities[:6]:
        site.tracker.put(an_entry(identity, work_date=OTHER_MONTH), logged=False)
    report = site.window(accept=True)
    assert (report.gone, report.found) == (0, 6)
    assert all(site.counting(*identities))


def test_entries_that_come_back_take_the_question_off_the_list(site: Site) -> None:
    identities = known(site, 8)
    site.tracker.delete(*identities[:6])
    site.window()
    site.tracker.put(*map(an_entry, identities[:6]), logged=False)
    site.marked()
    report = site.window()
    assert (report.missing, report.changed, report.stopped) == (0, 0, "")
    assert site.questions() == []
    assert site.marked() == set()


@pytest.mark.parametrize("error", [PermissionMissing("fake", "no right"), WrongCredentials("fake", "who are you")])
def test_missing_permission_never_gives_anything_back(site: Site, error: ConnectorError) -> None:
    identities = known(site, 4)
    site.tracker.delete(*identities[:2])
    site.tracker.limited_after, site.tracker.limit = 1, error
    report = site.window()
    assert (report.gone, report.left) == (0, 2)
    assert site.counting(*identities) == [True] * 4
    assert site.questions() == [report.stopped]
    assert str(error) in report.stopped
    site.tracker.limited_after = None
    assert site.window().gone == 2
    assert site.questions() == []


def test_an_entry_that_cannot_be_read_is_not_confirmed_and_keeps_no_other_from_it(site: Site) -> None:
    identities = known(site, 4)
    site.tracker.delete(*identities[:3])
    site.tracker.limited_after, site.tracker.limit = 1, Malformed("fake", "the year 1026")

    report = site.window()

    assert (report.gone, report.left, report.stopped, report.interrupted) == (1, 2, "", "")
    assert site.counting(*identities) == [False, True, True, True]


@pytest.mark.parametrize(
    "error",
    [
        Limited("fake", "enough", retry_after_seconds=60),
        Unavailable("fake", "down"),
        Malformed("fake", "cut off", request="GET /entries/1"),
    ],
)
def test_a_limit_or_failure_while_confirming_leaves_the_rest_for_the_next_pass(
    site: Site, error: ConnectorError
) -> None:
    identities = known(site, 4)
    site.tracker.delete(*identities[:3])
    site.tracker.limited_after, site.tracker.limit = 1, error
    report = site.window()
    assert (report.gone, report.left, report.stopped, report.interrupted) == (1, 2, "", str(error))
    site.tracker.limited_after = None
    report = site.window()
    assert (report.missing, report.gone, report.left) == (2, 2, 0)
    assert site.tracker.calls["entry"] == 4


def test_confirming_reads_are_bounded_and_the_longest_missing_come_first(site: Site) -> None:
    site.tracker.page_size = 50
    identities = known(site, 200)
    site.tracker.delete("150")
    site.window(most=0)
    site.clock.sleep(60)
    site.tracker.delete("003", "004")
    assert (site.window(most=1).gone, site.counting("150", "003")) == (1, [False, True])
    assert (site.window(most=1).left, site.window(most=1).left) == (1, 0)
    assert site.tracker.calls["entry"] == 3
    assert sum(site.counting(*identities)) == 197


def test_what_was_missed_is_still_confirmed_when_the_window_has_moved_on(site: Site) -> None:
    known(site, 1)
    site.tracker.delete("000")
    site.window(most=0)
    assert site.window(date(2026, 11, 20), date(2026, 11, 30)).gone == 1


def test_a_window_that_breaks_off_compares_nothing(site: Site) -> None:
    identities = known(site, 5)
    site.tracker.delete("004")
    site.tracker.breaks_after, site.tracker.breaks_with = 1, Malformed("fake", "cut off")
    with pytest.raises(Malformed):
        site.window()
    assert site.counting(*identities) == [True] * 5
    assert all(site.entry(one).missing_since is None for one in identities)


def test_a_window_that_ends_without_a_last_page_compares_nothing(site: Site) -> None:
    known(site, 2)
    site.tracker.entries_between = lambda _first, _last: iter([EntryPage((), None, last=False)])  # type: ignore[method-assign]
    with pytest.raises(Malformed, match="broke off before the last page"):
        site.window()
    assert site.counting("000", "001") == [True, True]


def test_an_entry_that_changed_while_it_was_being_confirmed_is_left_alone(site: Site) -> None:
    known(site, 1)
    site.tracker.delete("000")

    def restored_meanwhile(_identity: str) -> None:
        site.tracker.put(an_entry("000", seconds=60))
        site.entries()

    site.tracker.entry = restored_meanwhile  # type: ignore[method-assign]
    assert (site.window().gone, site.counting("000")) == (0, [True])


def test_another_account_is_not_touched(site: Site) -> None:
    known(site, 1)
    site.tracker.held["9"] = an_entry("9", account="2")
    site.window()
    other = FakeTracker()
    other.held = {"000": an_entry("000")}
    site.tracker = other
    assert site.window().missing == 0


def test_the_links_of_the_window_follow_changed_settings(site: Site) -> None:
    known(site, 1)
    with site.store.begin() as work:
        work.organizations.upsert([Organization("6", "Timmerman")], site.clock.now())
    site.tracker.put(an_entry("1", description="overleg", project_name="Onderhoud"), an_entry("2", client_name="BVD"))
    site.entries()
    site.marked()
    site.settings = LinkSettings.model_validate(
        {"projects": [{"project": "Onderhoud", "ticket": "12"}], "clients": {"BVD": "Timmerman"}}
    )
    assert site.window().relinked == 2
    assert (site.entry("1").link.ticket_id, site.entry("2").link.state) == ("12", LinkState.OTHER_CUSTOMER)
    assert site.marked() == {"12"}
    assert site.window().relinked == 0


@pytest.mark.parametrize("breaks_after", [0, 1, 2])
def test_a_crash_between_pages_is_made_good_by_the_next_window(site: Site, breaks_after: int) -> None:
    known(site, 5)
    site.tracker.delete("000")
    site.tracker.put(an_entry("004", seconds=7), logged=False)
    site.tracker.breaks_after = breaks_after
    crashed: Callable[[], ReconcileReport] = site.window
    try:
        crashed()
    except Crash:
        site.window()
    assert site.counting("000", "001") == [False, True]
    assert site.entry("004").entry.seconds == 7
