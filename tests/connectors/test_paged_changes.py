"""Walking through changes, here Freshdesk's, misses no ticket, whatever people do and wherever it breaks off."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.conformance.helpdesk_bed import LONG_AGO
from connectors.conformance.helpdesk_words import drain
from connectors.errors import Malformed
from connectors.http import Response
from connectors.paged_changes import read_changes
from connectors.records import Ticket, TicketStatus
from connectors.sandbox.server import Request
from connectors.value_reader import ValueReader
from tests.conformance.freshdesk_bed import FreshdeskBed

NOON = datetime(2026, 10, 26, 12, 0, tzinfo=UTC)


@pytest.fixture(params=["inclusive", "exclusive"])
def bed(request: pytest.FixtureRequest) -> Iterator[FreshdeskBed]:
    """Whether ``updated_since`` holds its own second is told nowhere, so both are tried."""
    with FreshdeskBed.open() as bed:
        bed.server.api.since_is_exclusive = request.param == "exclusive"
        yield bed


def test_no_page_is_asked_for_behind_the_last_that_there_is() -> None:
    with FreshdeskBed.open(most_pages=2) as bed:
        ids = set()
        for number in range(60):
            ids.add(bed.file_ticket(f"Question {number}"))
            bed.later(timedelta(seconds=number % 4))
        bed.settle()

        assert drain(bed, bed.helpdesk()).tickets.keys() == ids


def test_a_bulk_edit_of_more_tickets_than_a_page_holds_is_told_whole(bed: FreshdeskBed) -> None:
    ids = [bed.file_ticket(f"Question {number}") for number in range(23)]
    bed.settle()
    cursor = drain(bed, bed.helpdesk()).cursor
    bed.later(timedelta(hours=1))
    for one in ids:
        bed.tag(one, "campaign")
    bed.settle()

    read = drain(bed, bed.helpdesk(), cursor)

    assert read.tickets.keys() == set(ids)
    assert all("campaign" in one.tags for one in read.tickets.values())


@pytest.mark.parametrize("way", ["edited", "deleted"])
def test_a_ticket_that_slips_by_while_pages_are_turned_is_seen(bed: FreshdeskBed, way: str) -> None:
    ids = [bed.file_ticket(f"Question {number}") for number in range(12)]
    bed.settle()
    act = {"edited": lambda: bed.edit(ids[0], subject="Changed"), "deleted": lambda: bed.delete(ids[0])}[way]
    bed.server.api.before_answering = once_on_page(2, act)

    read = drain(bed, bed.helpdesk())

    assert read.tickets.keys() == set(ids)


def test_a_change_that_shows_late_is_told_by_a_later_reading(bed: FreshdeskBed) -> None:
    early = bed.file_ticket("Early")
    bed.later(timedelta(seconds=2))
    late = bed.file_ticket("Late")
    bed.server.api.not_yet_shown.add(int(early))
    first = drain(bed, bed.helpdesk())
    bed.server.api.not_yet_shown.clear()
    bed.later(timedelta(seconds=20))

    second = drain(bed, bed.helpdesk(), first.cursor)

    assert first.tickets.keys() == {late}
    assert early in second.tickets


def test_a_list_that_never_stands_still_is_an_error(bed: FreshdeskBed) -> None:
    ids = [bed.file_ticket(f"Question {number}") for number in range(30)]
    moved = iter(ids)

    def move_one(request: Request) -> None:
        if request.query.get("page") == "2" and "filter" not in request.query:
            bed.later(timedelta(seconds=1))
            bed.edit(next(moved), subject="Changed")

    bed.server.api.before_answering = move_one

    with pytest.raises(Malformed) as raised:
        drain(bed, bed.helpdesk())

    assert raised.value.retryable


def test_a_list_that_is_in_no_order_is_an_error() -> None:
    rows = [{"id": 1, "updated_at": "2026-10-26T12:00:05Z"}, {"id": 2, "updated_at": "2026-10-26T12:00:00Z"}]

    with pytest.raises(Malformed):
        list(read_changes(answering(rows), NOON, 5, ValueReader("freshdesk")))


def test_an_answer_that_does_not_tell_its_time_moves_the_position_no_further_than_it_must() -> None:
    rows = [{"id": 1, "updated_at": "2026-10-26T12:00:05Z"}]

    (stretch,) = read_changes(answering(rows), NOON, 5, ValueReader("freshdesk"))

    assert (stretch.is_last, stretch.position) == (True, NOON)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**9), exclusive=st.booleans(), quiet=st.integers(0, 3))
def test_whatever_people_do_during_readings_the_last_word_on_every_ticket_is_told(
    seed: int, exclusive: bool, quiet: int
) -> None:
    chance = Random(seed)
    with FreshdeskBed.open(page_size=3) as bed:
        bed.server.api.since_is_exclusive = exclusive
        ids: list[str] = []

        def somebody_acts(request: Request | None = None) -> None:
            for _ in range(chance.randrange(0, 3) if chance.randrange(quiet + 1) == 0 else 0):
                act(bed, ids, chance)

        for _ in range(15):
            act(bed, ids, chance)
        bed.server.api.before_answering = somebody_acts
        told: dict[str, Ticket] = {}
        cursor: str | None = None
        for _ in range(6):
            cursor = read_some(bed, told, cursor, chance)
        bed.server.api.before_answering = lambda request: None
        bed.settle()
        told |= drain(bed, bed.helpdesk(), cursor).tickets

        for one in ids:
            standing = bed.account.records.tickets[int(one)]
            assert told[one].subject == standing.subject
            assert (told[one].status is TicketStatus.DELETED) == (standing.deleted or standing.spam)


def act(bed: FreshdeskBed, ids: list[str], chance: Random) -> None:
    """Somebody files, edits, deletes, restores or marks a ticket, and perhaps a second goes by."""
    bed.later(timedelta(seconds=chance.choice([0, 0, 0, 1, 40])))
    kind = chance.choice(["file", "file", "edit", "edit", "bulk", "delete", "restore", "spam"])
    if kind == "file" or not ids:
        ids.append(bed.file_ticket(f"Question {len(ids)}"))
        return
    ticket_id = int(chance.choice(ids))
    if kind == "edit":
        bed.account.update(ticket_id, {"subject": f"Changed {chance.random()}"})
    elif kind == "bulk":
        for one in ids:
            bed.account.update(int(one), {"subject": f"Bulk {chance.random()}"})
    elif kind == "spam":
        bed.account.mark_spam(ticket_id, is_spam=chance.random() < 0.5)
    else:
        (bed.account.delete if kind == "delete" else bed.account.restore)(ticket_id)


def read_some(bed: FreshdeskBed, told: dict[str, Ticket], cursor: str | None, chance: Random) -> str | None:
    """Read as the daemon does, which may die between any two pages; give the cursor that was stored."""
    left = chance.choice([1, 3, 1000])
    try:
        for page in bed.helpdesk().changed_tickets(cursor, bed.now() - LONG_AGO):
            told |= {one.id: one for one in page.tickets}
            cursor = page.cursor
            left -= 1
            if left == 0:
                break
    except Malformed:
        pass
    return cursor


def once_on_page(number: int, do: Callable[[], None]) -> Callable[[Request], None]:
    waiting = [do]

    def before(request: Request) -> None:
        is_living = request.path.endswith("/tickets") and "filter" not in request.query
        if is_living and request.query.get("page") == str(number) and waiting:
            waiting.pop()()

    return before


def answering(rows: Sequence[Any]) -> Callable[[datetime, int], tuple[Sequence[Any], Response]]:
    return lambda since, page: (rows, Response(200, {}, rows))
