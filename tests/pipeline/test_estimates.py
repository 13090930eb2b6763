"""How much of an agreed estimate is used: what counts, and at which marks the agent is told (M3-M5)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care_sync.model.time_entry import Link, LinkState, StoredEntry
from care_sync.pipeline.estimates import agreed_seconds, reached, worked_seconds
from connectors.records import EntryKind, EntryState, TimeEntry


@pytest.mark.parametrize(
    ("facts", "seconds"),
    [
        ({"estimate": "agreed", "expected_minutes": 120}, 7200),
        ({"estimate": "given", "expected_minutes": 120}, None),
        ({"expected_minutes": 120}, None),
        ({"estimate": "agreed"}, None),
        ({"estimate": "agreed", "expected_minutes": None}, None),
        ({"estimate": "agreed", "expected_minutes": 0}, None),
    ],
)
def test_m3_only_an_estimate_that_was_agreed_counts(facts: dict[str, Any], seconds: int | None) -> None:
    assert agreed_seconds(facts) == seconds


def entry(seconds: int, activity: str | None, state: EntryState = EntryState.STOPPED) -> StoredEntry:
    one = TimeEntry("toggl", "1", "7", state, EntryKind.WORK, seconds, date(2026, 10, 5))
    return StoredEntry(one, 1, Link(LinkState.LINKED, "1", "5", activity))


def test_m5_alignment_and_what_is_no_work_on_the_estimate_is_outside_it() -> None:
    activities = ("work", None, "alignment", "intake", "administration", "extra_work")
    entries = [entry(2**place, activity) for place, activity in enumerate(activities)]
    assert worked_seconds([*entries, entry(1000, "work", EntryState.DELETED)]) == 1 + 2


@pytest.mark.parametrize(
    ("worked", "marks"), [(0, []), (79, []), (80, [80]), (99, [80]), (100, [80, 100]), (300, [80, 100])]
)
def test_marks_are_reached_exactly(worked: int, marks: list[int]) -> None:
    assert reached(100, worked, (100, 80)) == marks


@given(st.integers(1, 10**6), st.integers(0, 10**7), st.lists(st.integers(1, 1000)))
def test_more_work_never_unreaches_a_mark(estimated: int, worked: int, marks: list[int]) -> None:
    assert set(reached(estimated, worked, marks)) <= set(reached(estimated, worked + 1, marks))
