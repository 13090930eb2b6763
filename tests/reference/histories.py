"""Histories of a small office for property tests: three customers, five tickets, eight entries, three cards.

`histories` begin with work, cards and agreements, and go on with anything, two months closing in between. `play` hears
them; what the office refuses is left out.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from tests.reference import events as heard
from tests.reference.office import Office
from tests.reference.world import month_after

START = datetime.fromisoformat("2026-08-20 12:00")
HOUR = 3600

CUSTOMERS = ["a", "b", "c"]
TICKETS = [f"t{number}" for number in range(5)]
ENTRIES = [f"e{number}" for number in range(8)]
CARDS = [1, 2, 3]
ROUTES = ["sla", "hour_card", "invoice", "quote:Q1", "quote:Q2", "fair_use", "pending", "review"]

customers = st.sampled_from(CUSTOMERS)
tickets = st.sampled_from(TICKETS)
entries = st.sampled_from(ENTRIES)
cards = st.sampled_from(CARDS)
work_days = st.sampled_from([date(2026, 8, 1) + timedelta(days=3 * index) for index in range(30)])
purchase_days = st.sampled_from([date(2025, 8, 28), date(2025, 9, 15), date(2025, 10, 2), date(2026, 9, 1)])
seconds = st.integers(1, 15).map(lambda number: number * HOUR)
card_seconds = st.sampled_from([6 * HOUR, 12 * HOUR, 50 * HOUR])
card_rates = st.sampled_from([Decimal(80), Decimal(100), Decimal(125)])


def recorded(versions: st.SearchStrategy[int]) -> st.SearchStrategy[heard.Event]:
    """An entry is read. Mostly it counts, and mostly no guard has anything against it."""
    return st.builds(
        heard.EntryRecorded,
        entry=entries,
        version=versions,
        ticket=st.sampled_from([*TICKETS, *TICKETS, None]),
        seconds=seconds,
        day=work_days,
        person=st.sampled_from([f"person {number}" for number in range(9)]),
        start=st.integers(0, 20).map(lambda number: number * HOUR),
        standing=st.sampled_from(["counts"] * 8 + ["ignored", "copy"]),
    )


def deleted(versions: st.SearchStrategy[int]) -> st.SearchStrategy[heard.Event]:
    return st.builds(heard.EntryDeleted, entries, versions)


# A version of 0 is a page that was read long ago; else `play` numbers the versions as they come.
versions = st.sampled_from([1, 1, 1, 0])
agreements = st.one_of(
    st.builds(heard.Agreed, customers, st.just("fair_use_seconds"), seconds, work_days),
    st.builds(heard.Agreed, customers, st.just("carried_months"), st.integers(0, 3), work_days),
)
purchases = st.builds(
    heard.CardBought,
    cards,
    customers,
    purchase_days,
    card_seconds,
    card_rates,
    again=st.just(True),
    reason=st.just("a small one"),
)
decisions = st.builds(heard.Decided, tickets, st.sampled_from(ROUTES), because=st.sampled_from(["facts", "settings"]))
judgements = st.builds(
    lambda entry, judged, part: heard.Judged(entry, judged, judged * part // 4), entries, seconds, st.integers(0, 4)
)
anything = st.one_of(
    recorded(versions),
    recorded(versions),
    recorded(versions),
    deleted(versions),
    decisions,
    decisions,
    purchases,
    agreements,
    judgements,
    st.builds(heard.EntriesAccepted, st.lists(entries, min_size=1, max_size=2).map(tuple)),
    st.builds(heard.ReviewFilledIn, tickets, st.sampled_from(["all", "none"]) | seconds),
    st.builds(heard.TicketPlaced, tickets, customers | st.none()),
    st.builds(heard.TicketsMerged, tickets, tickets),
    st.builds(heard.CustomersMerged, customers, customers),
    st.builds(heard.CustomersMergeReversed, customers),
    st.builds(heard.OrganizationsMerged, customers, customers),
    st.builds(heard.CardCorrected, cards, card_seconds | st.none(), purchase_days | st.none()),
    st.builds(heard.CardAdjusted, cards, st.integers(-9, 9).map(lambda number: number * HOUR), work_days),
    st.builds(heard.CardWrittenOff, cards, work_days),
    st.builds(heard.CardVoided, cards),
    st.builds(heard.CardMoved, cards, customers),
    st.builds(heard.RateSet, st.just(date(2026, 1, 1)), st.sampled_from([Decimal(100), Decimal(125), None])),
    st.builds(heard.SettingChanged, st.just("recalculation"), st.sampled_from(["off", "propose", "automatic"])),
    st.builds(heard.RecalculationDecided, cards, purchase_days.map(lambda day: day.replace(year=2026)), st.booleans()),
    st.just(heard.PassMade()),
)
beginnings = st.lists(recorded(st.just(1)) | purchases | agreements, min_size=8, max_size=20)
months = st.lists(anything, min_size=3, max_size=12)
histories = st.tuples(beginnings, months, months, months).map(
    lambda parts: [
        *parts[0],
        heard.MonthClosed("2026-08"),
        *parts[1],
        heard.MonthClosed("2026-09"),
        *parts[2],
        heard.MonthClosed("2026-10"),
        *parts[3],
    ]
)


def opened() -> Office:
    """An office with its customers, tickets and rates, that recalculates by itself."""
    office = Office()
    office.hear(START, heard.SettingChanged("recalculation", "automatic"))
    for year in (2025, 2026):
        office.hear(START, heard.RateSet(date(year, 1, 1), Decimal(100)))
    for customer in CUSTOMERS:
        office.hear(START, heard.CustomerAppeared(customer, customer))
    for index, ticket in enumerate(TICKETS):
        office.hear(START, heard.TicketPlaced(ticket, CUSTOMERS[index % 3]))
        office.hear(START, heard.Decided(ticket, ROUTES[index]))
    return office


def is_known(office: Office, event: heard.Event) -> bool:
    """Whether what an event names is there, as it is for every person who does something in a product."""
    named = [event.entry] if isinstance(event, heard.Judged) else []
    named = list(event.entries) if isinstance(event, heard.EntriesAccepted) else named
    return all(entry in office.world.entries for entry in named)


def play(office: Office, history: list[heard.Event], repeated: tuple[type[object], ...] = ()) -> None:
    """Hear a history, a few hours between any two events; events of the `repeated` kinds are heard twice."""
    at = START
    for number, event in enumerate(history):
        at += timedelta(hours=7)
        if isinstance(event, heard.EntryRecorded | heard.EntryDeleted) and event.version:
            event = replace(event, version=number + 1)  # noqa: PLW2901
        if isinstance(event, heard.MonthClosed):
            at = max(at, datetime.fromisoformat(f"{month_after(event.month)}-01 09:00"))
            office.hear(at, heard.PassMade())
        if is_known(office, event):
            with suppress(heard.Refused):
                office.hear(at, event)
                if isinstance(event, repeated):
                    office.hear(at, event)
