"""The law of the two lanes: whatever people do and wherever we crash, in the end the store holds what the tracker does.

Colleagues create, edit, move, delete and restore entries; some changes come by the fast lane and some never do;
readings of either lane and of single entries break off anywhere. At every moment each stored entry is linked as a
search would link it, and no entry that is there gives its time back to a window. After one quiet, accepted window
that covers everything, the live entries of the store are those of the tracker, field by field, and one more window
changes nothing.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from care_sync.clock import ManualClock
from care_sync.model.linking import Linking, link_entry
from care_sync.model.mark import DirtyKind
from care_sync.pipeline.lookup import StoreLookup
from care_sync.pipeline.pull import pull_entries, pull_named, pull_tickets
from care_sync.pipeline.reconcile import ReconcileReport, reconcile_window
from care_sync.settings.linking import LinkSettings
from care_sync.settings.model import GuardSection
from care_sync.store import open_store
from connectors.errors import Limited, Unavailable
from connectors.records import EntryKind, EntryState, TimeEntry
from tests.conftest import NOW
from tests.pipeline.products import START, Crash, FakeHelpdesk, FakeTracker, a_ticket, an_entry

EVER = (date(2026, 1, 1), date(2026, 12, 31))
DAYS = st.dates(date(2026, 9, 25), date(2026, 11, 5))
IDENTITIES = st.sampled_from([str(number) for number in range(9)])
BREAKS = (Crash, Unavailable)
LIMIT = Limited("fake", "enough", retry_after_seconds=60)


class TwoLanes(RuleBasedStateMachine):
    """A tracker that people work in, and a store that follows it."""

    template: Path

    @initialize()
    def open(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        path = Path(self.directory.name) / "store.sqlite"
        shutil.copyfile(self.template, path)
        self.store = open_store(f"sqlite:///{path}")
        self.clock = ManualClock(NOW)
        self.tracker, self.helpdesk = FakeTracker(), FakeHelpdesk()
        self.linking = Linking.of(LinkSettings(), self.helpdesk.ticket_url)
        self.graveyard: dict[str, TimeEntry] = {}

    @rule(
        identity=IDENTITIES,
        seconds=st.integers(0, 20_000),
        day=DAYS,
        ticket=st.sampled_from(["12", "13", "14"]),
        logged=st.booleans(),
        state=st.sampled_from([EntryState.STOPPED, EntryState.STOPPED, EntryState.RUNNING]),
        kind=st.sampled_from([EntryKind.WORK, EntryKind.WORK, EntryKind.BREAK]),
    )
    def write_down(
        self, identity: str, seconds: int, day: date, ticket: str, logged: bool, state: EntryState, kind: EntryKind
    ) -> None:
        entry = an_entry(identity, seconds=seconds, work_date=day, description=f"#{ticket}", state=state, kind=kind)
        self.tracker.put(entry, logged=logged)

    @rule(identity=IDENTITIES, logged=st.booleans())
    def delete(self, identity: str, logged: bool) -> None:
        if identity in self.tracker.held:
            self.graveyard[identity] = self.tracker.held[identity]
            self.tracker.delete(identity, logged=logged)

    @rule(identity=IDENTITIES, logged=st.booleans())
    def restore(self, identity: str, logged: bool) -> None:
        if identity in self.graveyard and identity not in self.tracker.held:
            self.tracker.put(self.graveyard[identity], logged=logged)

    @rule(ticket=st.sampled_from(["12", "13", "14"]), organization=st.sampled_from(["5", "6", None]))
    def file_a_ticket(self, ticket: str, organization: str | None) -> None:
        self.helpdesk.put(a_ticket(ticket, organization_id=organization))

    @rule(crash=st.none() | st.integers(0, 3))
    def read_tickets(self, crash: int | None) -> None:
        self.helpdesk.breaks_after = crash
        with suppress(*BREAKS):
            pull_tickets(self.store, self.helpdesk, self.linking, self.clock, START)
        self.helpdesk.breaks_after = None

    @rule(crash=st.none() | st.integers(0, 3))
    def read_the_fast_lane(self, crash: int | None) -> None:
        self.tracker.breaks_after = crash
        with suppress(*BREAKS):
            pull_entries(self.store, self.tracker, self.linking, self.clock, START)
        self.tracker.breaks_after = None

    @rule()
    def refuse_old_cursors(self) -> None:
        self.tracker.oldest_cursor = len(self.tracker.log)

    @rule(identities=st.lists(IDENTITIES, max_size=4))
    def hear_webhooks(self, identities: list[str]) -> None:
        with self.store.begin() as work:
            work.dirty.mark(DirtyKind.FETCH_ENTRY, [f"fake:1:{one}" for one in identities], "webhook", NOW)

    @rule(limit=st.none() | st.integers(0, 3), error=st.sampled_from([LIMIT, Unavailable("fake", "down"), Crash()]))
    def read_what_is_named(self, limit: int | None, error: Exception) -> None:
        with self._limited(limit, error), suppress(*BREAKS):
            pull_named(
                self.store, self.helpdesk, [self.tracker], self.linking, GuardSection(missing_limit=3), self.clock
            )

    @rule(
        day=DAYS,
        length=st.integers(0, 40),
        crash=st.none() | st.integers(0, 3),
        limit=st.none() | st.integers(0, 3),
        error=st.sampled_from([LIMIT, Unavailable("fake", "down"), Crash()]),
        most=st.integers(0, 5),
        accept=st.booleans(),
    )
    def read_a_window(
        self, day: date, length: int, crash: int | None, limit: int | None, error: Exception, most: int, accept: bool
    ) -> None:
        last = date.fromordinal(day.toordinal() + length)
        held = self._live() & {f"fake:1:{identity}" for identity in self.tracker.held}
        self.tracker.breaks_after = crash
        guard = GuardSection(missing_limit=2, missing_share=0.3)
        with self._limited(limit, error), suppress(*BREAKS):
            reconcile_window(
                self.store,
                self.tracker,
                self.linking,
                guard,
                self.clock,
                day,
                last,
                accept_missing=accept,
                most_confirmations=most,
            )
        self.tracker.breaks_after = None
        assert held <= self._live(), "an entry that is there gave its time back"

    @invariant()
    def every_link_is_what_a_search_would_find_now(self) -> None:
        if not hasattr(self, "store"):
            return
        with self.store.read() as work:
            lookup = StoreLookup(work, "")
            for one in work.entries.live_between("fake", "1", *EVER):
                assert one.link == link_entry(one.entry, lookup, self.linking)

    @rule()
    def come_to_rest(self) -> None:
        pull_tickets(self.store, self.helpdesk, self.linking, self.clock, START)
        self._whole_window()
        expected = {f"fake:1:{one.id}": one for one in self.tracker.held.values()}
        with self.store.read() as work:
            live = {one.entry.key: one for one in work.entries.live_between("fake", "1", *EVER)}
        assert {key: one.entry for key, one in live.items()} == expected
        assert all(one.missing_since is None for one in live.values())
        for one in live.values():
            wanted = self.helpdesk.held.get(one.entry.description.removeprefix("#"))
            is_linked = wanted is not None and one.entry.kind is EntryKind.WORK
            assert one.link.ticket_id == (wanted.id if wanted and is_linked else None)
            assert one.link.organization_id == (wanted.organization_id if wanted and is_linked else None)
        self._work_off_marks()
        report = self._whole_window()
        assert (report.changed, report.missing, report.relinked) == (0, 0, 0)
        with self.store.read() as work:
            assert work.dirty.count() == {}
            assert work.attention.all() == []

    @contextmanager
    def _limited(self, after: int | None, error: Exception) -> Iterator[None]:
        """Reading single entries breaks with ``error`` after so many."""
        self.tracker.calls["entry"] = 0
        self.tracker.limited_after, self.tracker.limit = after, error
        try:
            yield
        finally:
            self.tracker.limited_after = None

    def _whole_window(self) -> ReconcileReport:
        return reconcile_window(
            self.store, self.tracker, self.linking, GuardSection(), self.clock, *EVER, accept_missing=True
        )

    def _live(self) -> set[str]:
        with self.store.read() as work:
            return {one.entry.key for one in work.entries.live_between("fake", "1", *EVER)}

    def _work_off_marks(self) -> None:
        with self.store.begin() as work:
            for kind in DirtyKind:
                work.dirty.clear(kind, work.dirty.take(kind))

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.come_to_rest()
            self.store.close()
            self.directory.cleanup()


def test_in_the_end_the_store_holds_what_the_tracker_does(sqlite_template: Path) -> None:
    TwoLanes.template = sqlite_template
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        TwoLanes,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.reuse, Phase.generate),  # shrinking whole stories takes minutes
        ),
    )
