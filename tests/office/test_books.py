"""Whatever happens around the ledger, money stands where the plain model of the office says."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, note, settings

from care_sync.store import open_store
from tests.office.books import NOT_DRIVEN, RESTS_ON_BALANCES, Books, refused, refuses
from tests.reference import events as heard
from tests.reference.histories import CUSTOMERS, ROUTES, START, TICKETS, histories, is_known, opened
from tests.reference.office import Office
from tests.reference.world import month_after


@contextmanager
def opened_books(sqlite_template: Path, office: Office) -> Iterator[Books]:
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "office.sqlite"
        shutil.copyfile(sqlite_template, copy)
        store = open_store(f"sqlite:///{copy}")
        try:
            yield Books(store, office)
        finally:
            store.engine.dispose()


def told(event: heard.Event) -> heard.Event:
    """A quote belongs to its ticket. No two cards are bought on one day: which of them is older nobody could say."""
    if isinstance(event, heard.Decided) and event.route.startswith("quote"):
        return replace(event, route=f"quote:{event.ticket}")
    if isinstance(event, heard.CardBought | heard.CardCorrected) and event.bought_on is not None:
        return replace(event, bought_on=event.bought_on + timedelta(days=event.card))
    if isinstance(event, heard.RecalculationDecided):
        return replace(event, due_on=event.due_on + timedelta(days=event.card))
    return event


def moments(history: list[heard.Event]) -> Iterator[tuple[datetime, heard.Event]]:
    at = START
    for number, event in enumerate(history):
        at += timedelta(hours=7)
        if isinstance(event, heard.EntryRecorded | heard.EntryDeleted) and event.version:
            event = replace(event, version=number + 1)  # noqa: PLW2901
        if isinstance(event, heard.MonthClosed):
            at = max(at, datetime.fromisoformat(f"{month_after(event.month)}-01 09:00"))
            yield at, heard.PassMade()
        yield at, told(event)


def is_driven(office: Office, event: heard.Event) -> bool:
    if type(event) in NOT_DRIVEN or not is_known(office, event):
        return False
    is_carried = isinstance(event, heard.Agreed) and event.term == "carried_months"
    card = office.world.cards.get(event.card) if isinstance(event, heard.CardCorrected) else None
    is_same = (
        card is not None
        and isinstance(event, heard.CardCorrected)
        and (event.seconds in (None, card.seconds) and event.bought_on in (None, card.bought_on))
    )
    return not is_carried and not is_same and not _is_between_customers(office, event)


def _is_between_customers(office: Office, event: heard.Event) -> bool:
    """Merges of two customers' tickets move nothing either (tests/pipeline); what follows them is not driven."""
    if not isinstance(event, heard.TicketsMerged):
        return False
    world = office.world
    tickets = (world.ticket_that_stays(event.ticket), world.ticket_that_stays(event.into))
    return world.tickets.get(tickets[0]) != world.tickets.get(tickets[1])


@settings(
    max_examples=100,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
@given(histories)
def test_money_stands_where_the_plain_model_says(sqlite_template: Path, history: list[heard.Event]) -> None:
    office = opened()
    for index, ticket in enumerate(TICKETS):
        if ROUTES[index].startswith("quote"):
            office.hear(START, heard.Decided(ticket, f"quote:{ticket}"))
    assert set(CUSTOMERS) == {"a", "b", "c"}
    with opened_books(sqlite_template, office) as books:
        at = START
        for at, event in moments(history):
            if not is_driven(office, event):
                continue
            note(f"{at}: {event}")
            if isinstance(event, RESTS_ON_BALANCES):
                books.post(at.replace(tzinfo=UTC))
                books.compare()
            if refused(office, at, event):
                continue
            assert refuses(books, at, event) == ""
        books.post(at.replace(tzinfo=UTC))
        books.compare()
        books.compare_whole()
