"""Both lanes over Redmine, the sandbox's and a real one: time that people spend on issues stands on the ticket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from care_sync.model.time_entry import LinkState
from care_sync.store import Store
from connectors.conformance.tracker_bed import TODAY
from connectors.errors import PermissionMissing
from connectors.records import EntryState
from tests.conformance.redmine_bed import RedmineBed
from tests.pipeline.site import Site, at, follow


@pytest.fixture(params=["sandbox", pytest.param("real", marks=pytest.mark.slow)])
def bed(request: pytest.FixtureRequest) -> Iterator[RedmineBed]:
    if request.param == "real":
        yield RedmineBed.on(request.getfixturevalue("real_redmine"))
        return
    with RedmineBed.open() as sandbox:
        yield sandbox


@pytest.fixture
def site(bed: RedmineBed, sqlite_store: Store) -> Site:
    return follow(sqlite_store, bed)


def test_time_spent_on_an_issue_stands_on_the_ticket_that_the_issue_names(site: Site, bed: RedmineBed) -> None:
    issue = bed.open_issue("Formulier", ticket="12", project="Site BV")
    mine = bed.write_down(at(9), 23 * 60, "formulier", issue=issue)
    bed.write_down(at(9, days_ago=20), 600, issue=issue, person="Bert")
    loose = bed.write_down(at(10), 600, "overleg", project="Site")
    other = bed.write_down(at(11), 600, issue=bed.open_issue("Ander", ticket="13", project="Site BV"))

    site.fast_lane()

    assert site.seconds_that_count() == 23 * 60 + 600
    assert site.entry(mine).link.via == "reference"
    assert site.entry(loose).link.state is LinkState.UNLINKED
    assert site.entry(other).link.state is LinkState.OTHER_CUSTOMER
    assert (site.fast_lane().changed, site.window().changed) == (0, 0)


def test_an_edit_and_a_deletion_are_found(site: Site, bed: RedmineBed) -> None:
    issue = bed.open_issue("Formulier", ticket="12")
    edited, gone = (bed.write_down(at(9), 3600, issue=issue) for _ in range(2))
    site.fast_lane()
    bed.edit(edited, seconds=1800)
    bed.delete(gone)

    site.fast_lane()
    assert site.seconds_that_count() == 5400
    assert site.window().gone == 1

    assert site.seconds_that_count() == 1800
    assert site.entry(gone).entry.state is EntryState.DELETED


def test_an_entry_moved_far_back_keeps_its_time(site: Site, bed: RedmineBed) -> None:
    moved = bed.write_down(at(9), 1800, issue=bed.open_issue("Formulier", ticket="12"))
    site.fast_lane()
    bed.edit(moved, start=at(9, days_ago=90))

    assert site.window().found == 1

    assert site.seconds_that_count() == 1800
    assert site.entry(moved).entry.work_date == TODAY - timedelta(days=90)


def test_an_issue_that_is_given_to_another_ticket_takes_its_time_along(site: Site, bed: RedmineBed) -> None:
    issue = bed.open_issue("Formulier", ticket="13")
    entry_id = bed.write_down(at(9), 1800, issue=issue)
    site.fast_lane()
    assert site.seconds_that_count() == 0

    bed.give_issue_to(issue, "12")
    site.fast_lane()

    assert site.seconds_that_count() == 1800
    assert site.entry(entry_id).revision == 2


def test_an_issue_deleted_with_much_time_on_it_makes_us_ask(site: Site, bed: RedmineBed) -> None:
    issue = bed.open_issue("Formulier", ticket="12")
    for _ in range(7):
        bed.write_down(at(9), 600, issue=issue)
    site.fast_lane()
    bed.ask("DELETE", f"/issues/{issue}.json", expect=204)

    assert "7 of 7 time entries are missing" in site.window().stopped
    assert site.seconds_that_count() == 4200
    assert site.window(accept=True).gone == 7
    assert site.seconds_that_count() == 0


def test_without_the_permission_nothing_is_given_back(site: Site, bed: RedmineBed) -> None:
    bed.write_down(at(9), 1800, issue=bed.open_issue("Formulier", ticket="12"))
    site.fast_lane()
    bed.take_permission_away()

    with pytest.raises(PermissionMissing, match="sees_only: own"):
        site.window()

    assert site.seconds_that_count() == 1800
