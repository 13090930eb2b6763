"""Histories of a small office for property tests: three customers, five tickets, six entries, three cards.

`histories` are lists of (days that pass, event); what the office refuses is left out by whoever plays them. `facts` are
chains of events: the order within a chain is given, the order among chains is not.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from tests.reference import events as heard
from tests.reference.office import Office

START = datetime.fromisoformat("2026-08-20 12:00")
HOUR = 3600

CUSTOMERS = ["a", "b", "c"]
TICKETS = [f"t{number}" for number in range(5)]
ENTRIES = [f"e{number}" for number in range(6)]
CARDS = [1, 2, 3]
ROUTES = ["sla", "hour_card", "invoice", "quote:Q1", "quote:Q2", "fair_use", "pending", "review"]

customers = st.sampled_from(CUSTOMERS)
tickets = st.sampled_from(TICKETS)
entries = st.sampled_from(ENTRIES)
cards = st.sampled_from(CARDS)
work_days = st.sampled_from([date(2026, 8, 1) + timedelta(days=3 * index) for index in range(40)])
purchase_days = st.sampled_from([date(2025, 8, 28), date(2025, 9, 15), date(2025, 10, 2), date(2026, 9, 1)])
seconds = st.integers(1, 15).map(lambda number: number * HOUR)
card_seconds = st.sampled_from([50 * HOUR, 60 * HOUR])
card_rates = st.sampled_from([Decimal(80), Decimal(100), Decimal(125)])


def recorded(versions: st.SearchStrategy[int]) -> st.SearchStrategy[heard.Event]:
    return st.one_of(
        st.builds(
            heard.EntryRecorded,
            entry=entries,
            version=versions,
            ticket=tickets | st.none(),
            seconds=seconds,
            day=work_days,
            person=st.sampled_from(["anna", "bert", "carla"]),
            start=st.integers(0, 20).map(lambda number: number * HOUR),
            standing=st.sampled_from(["counts", "counts", "counts", "ignored", "copy"]),
        ),
        st.builds(heard.EntryDeleted, entries, versions),
    )


agreements = st.one_of(
    st.builds(heard.Agreed, customers, st.just("fair_use_seconds"), seconds, work_days),
    st.builds(heard.Agreed, customers, st.just("carried_months"), st.integers(0, 3), work_days),
)
purchases = st.builds(heard.CardBought, cards, customers, purchase_days, card_seconds, card_rates, again=st.just(True))
decisions = st.builds(heard.Decided, tickets, st.sampled_from(ROUTES), because=st.sampled_from(["facts", "settings"]))
judgements = st.builds(
    lambda entry, judged, part: heard.Judged(entry, judged, judged * part // 4), entries, seconds, st.integers(0, 4)
)
anything = st.one_of(
    recorded(st.integers(1, 9)),
    recorded(st.integers(10, 99)),
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
closings = st.sampled_from([heard.MonthClosed(month) for month in ("2026-08", "2026-09", "2026-10")])
histories = st.lists(st.tuples(st.integers(0, 5), anything | closings), max_size=60)


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


def hear_if_taken(office: Office, at: datetime, event: heard.Event) -> bool:
    """Hear it; whether it was taken. A month closes by a pass and the closing."""
    try:
        if isinstance(event, heard.MonthClosed):
            office.hear(at, heard.PassMade())
        if is_known(office, event):
            office.hear(at, event)
            return True
    except heard.Refused:
        pass
    return False
