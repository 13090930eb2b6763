"""What is drawn, and what CareSync does not do yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from random import Random

from hypothesis import strategies as st

from tests.properties.both import ACTIVITIES, Site
from tests.reference import events as heard
from tests.reference.histories import (
    CUSTOMERS,
    HOUR,
    TICKETS,
    agreements,
    anything,
    cards,
    customers,
    decisions,
    deleted,
    purchases,
    recorded,
    tickets,
    versions,
)

NOT_YET: dict[str, str] = {
    "guards": "entries are not held yet: each is accepted at once in the model",
    "CustomersMerged": "`customers merge` is not there yet",
    "CustomersMergeReversed": "`customers merge` is not there yet",
    "EntriesAccepted": "`entries accept` is not there yet",
}
"""Kinds of events, and guards, that wait for the product, and why."""

activities = st.sampled_from(["work", "work", "work", *ACTIVITIES])
entries = st.builds(lambda event, activity: replace(event, activity=activity), recorded(versions), activities)
more = st.one_of(
    anything,
    anything,
    anything,
    anything,
    entries,
    st.builds(heard.CustomerRenamed, customers, st.sampled_from(["Nieuwe naam", *CUSTOMERS])),
    st.builds(heard.TicketPlaced, tickets, customers),
    st.builds(
        heard.RateSet,
        st.sampled_from([date(2026, 1, 1), date(2026, 9, 1), date(2026, 9, 14)]),
        st.sampled_from([Decimal(95), Decimal(105)]),
    ),
    st.just(heard.PassMade(full=False)),
)
sites = st.builds(Site, carried_months=st.sampled_from([0, 0, 1, 2]), overdraft_hours=st.sampled_from([0, 0, 0, 5]))
MONTHS = ("2026-08", "2026-09", "2026-10")


def is_done(event: heard.Event) -> bool:
    """Whether the product can do this."""
    return type(event).__name__ not in NOT_YET


def histories(*, most: int) -> st.SearchStrategy[list[heard.Event]]:
    """Work, cards and agreements; then up to ``most`` of anything before, between and after closed months."""
    things = more.filter(is_done)
    beginnings = st.lists(entries | purchases | agreements, max_size=most + 2)
    months = st.lists(st.lists(things, max_size=most), max_size=len(MONTHS))

    def joined(
        beginning: list[heard.Event], parts: list[list[heard.Event]], end: list[heard.Event]
    ) -> list[heard.Event]:
        history = list(beginning)
        for month, part in zip(MONTHS, parts, strict=False):
            history += [*part, heard.MonthClosed(month)]
        return history + end

    return st.builds(joined, beginnings, months, st.lists(things, max_size=most))


@dataclass(frozen=True)
class Facts:
    """What becomes known, in chains: within one the order is that of the world, between them it is chance."""

    chains: list[list[heard.Event]]

    def arrival(self, random: Random) -> list[heard.Event]:
        """One order in which it may become known."""
        waiting = [list(chain) for chain in self.chains]
        order = [index for index, chain in enumerate(self.chains) for _ in chain]
        random.shuffle(order)
        return [waiting[index].pop(0) for index in order]


def _facts(
    entries: list[heard.EntryRecorded],
    edits: list[heard.EntryRecorded | heard.EntryDeleted],
    bought: list[heard.CardBought],
    corrections: list[heard.CardCorrected],
    decided: list[heard.Decided],
    placed: list[heard.TicketPlaced],
    passes: list[heard.Event],
) -> Facts:
    chains: list[list[heard.Event]] = [[event] for event in passes]
    chains += [[entry, *(edit for edit in edits if edit.entry == entry.entry)] for entry in entries]
    chains += [[card, *(late for late in corrections if late.card == card.card)] for card in bought]
    chains += [[event for event in (*decided, *placed) if event.ticket == ticket] for ticket in TICKETS]
    return Facts(chains)


# Each card has a day of its own: of two bought on one day, the one that was entered first is drawn first.
corrections = st.builds(
    lambda card, seconds, moves: heard.CardCorrected(card, seconds, date(2025, 9, card) if moves else None),
    cards,
    st.sampled_from([5 * HOUR, 70 * HOUR]),
    st.booleans(),
)
# Of what an entry is a copy depends, in a history, on what was there when it came: so nobody makes one here.
own_entries = entries.filter(lambda event: event.version and event.standing != "copy")
facts = st.builds(
    _facts,
    st.lists(own_entries, unique_by=lambda event: event.entry, min_size=2, max_size=6),
    st.lists(own_entries | deleted(st.just(1)), unique_by=lambda event: event.entry, max_size=3),
    st.lists(purchases, unique_by=(lambda event: event.card, lambda event: event.bought_on), min_size=1, max_size=3),
    st.lists(corrections, unique_by=lambda event: event.card, max_size=2),
    st.lists(decisions.filter(lambda event: event.because == "facts"), max_size=3),
    st.lists(st.builds(heard.TicketPlaced, tickets, customers), max_size=2),
    st.lists(st.just(heard.PassMade()), max_size=2),
)
