"""Work that stands in two time trackers counts once, whichever comes first and whatever becomes of either."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care_sync.clock import ManualClock
from care_sync.model.duplicates import copies
from care_sync.model.linking import Linking
from care_sync.model.mark import DirtyKind
from care_sync.model.time_entry import LinkState
from care_sync.pipeline.ingest import ingest_entries, ingest_tickets, relink_entries
from care_sync.settings.linking import LinkSettings
from care_sync.store import Store
from connectors.records import EntryKind, EntryState, TicketPage, TimeEntry
from tests.pipeline.products import a_ticket

DAY = date(2026, 10, 30)
NINE = datetime(2026, 10, 30, 8, 0, tzinfo=UTC)
LINKING = Linking.of(LinkSettings(), lambda ticket_id: f"https://acme.example.org/tickets/{ticket_id}")
TOGGL = TimeEntry(
    "toggl",
    "1",
    "7",
    EntryState.STOPPED,
    EntryKind.WORK,
    1830,
    DAY,
    description="#12 Formulier hersteld",
    started_at=NINE,
    person_name="Anna van Dam",
)
REDMINE = replace(TOGGL, tracker="redmine", account="r", id="70", seconds=1800, started_at=None, grain_seconds=60)
KIMAI = replace(TOGGL, tracker="kimai", account="k", id="700")


def told(*entries: TimeEntry) -> dict[str, str]:
    return {key: copy.original for key, copy in copies(entries).items()}


# ---- what is a copy --------------------------------------------------------------------------------


def test_the_finer_entry_counts_and_the_coarser_is_its_copy() -> None:
    assert told(REDMINE, TOGGL) == {REDMINE.key: TOGGL.key}


@pytest.mark.parametrize(
    "difference",
    [
        {"seconds": 1890},
        {"description": "Gebeld met de klant"},
        {"description": ""},
        {"person_name": "Bert van Dam"},
        {"tracker": "toggl", "account": "1"},
    ],
    ids=str,
)
def test_what_differs_in_anything_that_tells_is_no_copy(difference: dict[str, object]) -> None:
    assert told(TOGGL, replace(REDMINE, **difference)) == {}  # type: ignore[arg-type]


@pytest.mark.parametrize(("minutes", "is_copy"), [(0, True), (5, False)])
def test_known_clock_times_decide(minutes: int, is_copy: bool) -> None:
    other = replace(KIMAI, description="iets anders", started_at=NINE + timedelta(minutes=minutes))

    assert bool(told(TOGGL, other)) is is_copy


def test_the_same_text_at_another_time_is_another_piece_of_work() -> None:
    assert told(TOGGL, replace(KIMAI, started_at=NINE + timedelta(hours=1))) == {}


def test_a_length_to_the_odd_second_is_no_coincidence_and_a_quarter_of_an_hour_can_be() -> None:
    odd = replace(KIMAI, description="", started_at=None, seconds=1830)

    assert told(TOGGL, odd)
    assert told(replace(TOGGL, seconds=900), replace(odd, seconds=900)) == {}


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("anna van dam", True),
        ("Anna", True),
        ("A. van Dam", True),
        ("anna.dam@care.example", True),
        (None, True),
        ("Piet van Dam", False),
        ("Bert", False),
    ],
)
def test_names_of_one_person_are_written_in_many_ways(name: str | None, is_one: bool) -> None:
    assert bool(told(TOGGL, replace(REDMINE, person_name=name))) is is_one


def test_entries_of_one_account_are_never_copies_of_each_other() -> None:
    assert told(TOGGL, replace(TOGGL, id="8"), replace(TOGGL, id="9")) == {}


def test_an_original_has_one_copy_in_each_account() -> None:
    second = replace(REDMINE, id="71")

    assert told(TOGGL, REDMINE, second, KIMAI) == {REDMINE.key: KIMAI.key, TOGGL.key: KIMAI.key}


LOOK_ALIKES = st.lists(
    st.builds(
        replace,
        st.sampled_from([TOGGL, REDMINE, KIMAI]),
        id=st.sampled_from(["1", "2", "3"]),
        seconds=st.sampled_from([900, 1800, 1830]),
        description=st.sampled_from(["", "Formulier hersteld", "Gebeld met de klant"]),
        person_name=st.sampled_from([None, "Anna", "Bert"]),
        started_at=st.sampled_from([None, NINE, NINE + timedelta(hours=1)]),
    ),
    max_size=7,
    unique_by=lambda entry: entry.key,
)


@given(LOOK_ALIKES, st.randoms(use_true_random=False))
def test_whatever_the_order_the_same_entries_are_copies_and_each_has_an_original_that_counts(
    entries: list[TimeEntry], random: object
) -> None:
    found = told(*entries)
    by_key = {entry.key: entry for entry in entries}

    for shuffled in itertools.islice(itertools.permutations(entries), 24):
        assert told(*shuffled) == found
    for key, original in found.items():
        assert original not in found
        one, other = by_key[key], by_key[original]
        assert (one.tracker, one.account) != (other.tracker, other.account)
    pairs = [(original, by_key[key].tracker, by_key[key].account) for key, original in found.items()]
    assert len(set(pairs)) == len(pairs)


# ---- in the store ----------------------------------------------------------------------------------


class Site:
    """A store with tickets 12 and 13 of one customer."""

    def __init__(self, store: Store, clock: ManualClock, linking: Linking = LINKING) -> None:
        self.store, self.clock, self.linking = store, clock, linking
        with store.begin() as work:
            ingest_tickets(work, TicketPage((a_ticket("12"), a_ticket("13")), (), (), None, True), linking, clock.now())
            self.forget(work)

    def take(self, *entries: TimeEntry) -> int:
        with self.store.begin() as work:
            return ingest_entries(work, entries, self.linking, self.clock.now())

    def relink(self) -> int:
        with self.store.begin() as work:
            found = work.entries.get_many([TOGGL.key, REDMINE.key, KIMAI.key])
            return relink_entries(work, found.values(), self.linking, self.clock.now())

    def seconds(self, ticket: str = "12") -> int:
        with self.store.read() as work:
            found = work.entries.of_tickets([ticket]).get(ticket, [])
        return sum(one.entry.seconds for one in found if one.counts)

    def marked(self) -> set[str]:
        with self.store.begin() as work:
            found = set(work.dirty.take(DirtyKind.TICKET))
            self.forget(work)
        return found

    def forget(self, work: object) -> None:
        for kind in DirtyKind:
            work.dirty.clear(kind, work.dirty.take(kind))  # type: ignore[attr-defined]


@pytest.fixture
def site(store: Store, clock: ManualClock) -> Site:
    return Site(store, clock)


@pytest.mark.parametrize("order", list(itertools.permutations([TOGGL, REDMINE, KIMAI])), ids=lambda _: "")
def test_in_whatever_order_they_come_the_time_counts_once(
    sqlite_store: Store, clock: ManualClock, order: tuple[TimeEntry, ...]
) -> None:
    site = Site(sqlite_store, clock)

    for entry in order:
        site.take(entry)

    assert site.seconds() == KIMAI.seconds
    assert site.relink() == 0


def test_a_copy_says_of_what_and_why(site: Site) -> None:
    site.take(REDMINE, TOGGL)

    with site.store.read() as work:
        (copy,) = work.entries.copies()
    assert copy.link.state is LinkState.COPY
    assert copy.link.reason == f"a copy of {TOGGL.key}: the same person, day, length and text"
    assert (copy.link.ticket_id, copy.counts) == ("12", False)


def test_when_the_original_goes_its_copy_counts_and_the_ticket_is_decided_again(site: Site) -> None:
    site.take(REDMINE, TOGGL)
    site.marked()

    site.take(replace(TOGGL, state=EntryState.DELETED))

    assert site.seconds() == REDMINE.seconds
    assert site.marked() == {"12"}


@pytest.mark.parametrize(
    "change", [{"description": "#13 Formulier hersteld"}, {"seconds": 3600}, {"work_date": date(2026, 10, 29)}], ids=str
)
def test_when_the_original_changes_its_copy_counts_where_it_is(site: Site, change: dict[str, object]) -> None:
    site.take(REDMINE, TOGGL)

    site.take(replace(TOGGL, **change))  # type: ignore[arg-type]

    expected = REDMINE.seconds + (0 if "description" in change else replace(TOGGL, **change).seconds)  # type: ignore[arg-type]
    assert site.seconds() == expected


def test_a_copy_that_is_edited_into_work_of_its_own_counts(site: Site) -> None:
    site.take(REDMINE, TOGGL)

    site.take(replace(REDMINE, description="#12 Gebeld met de klant"))

    assert site.seconds() == TOGGL.seconds + REDMINE.seconds


def test_an_original_that_comes_late_takes_the_place_of_its_copy(site: Site) -> None:
    site.take(REDMINE)
    site.marked()

    assert site.take(TOGGL) == 1

    assert site.seconds() == TOGGL.seconds
    assert site.marked() == {"12"}


def test_reading_both_again_marks_nothing(site: Site) -> None:
    site.take(REDMINE, TOGGL)
    site.marked()

    assert site.take(TOGGL, REDMINE) == 0
    assert site.relink() == 0
    assert site.marked() == set()


def test_a_site_that_wants_both_counted_gets_both(store: Store, clock: ManualClock) -> None:
    site = Site(store, clock)
    site.take(REDMINE, TOGGL)
    assert site.seconds() == TOGGL.seconds

    site.linking = replace(LINKING, settings=LinkSettings(copies="count"))

    assert site.relink() == 1
    assert site.seconds() == TOGGL.seconds + REDMINE.seconds
