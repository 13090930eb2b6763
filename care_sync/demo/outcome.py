"""What stands after a pass, added up from the store: decisions, time by account, cards, questions.

Everything here is read from the store again, so that the demo shows what is there and not what it believes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from care_sync.application import Application
from care_sync.ledger import cards
from care_sync.ledger.cards import CardState
from care_sync.model.attention import Attention
from care_sync.model.decision import WHOLE_TICKET, StoredDecision
from care_sync.model.time_entry import LinkState, StoredEntry
from care_sync.store import UnitOfWork
from connectors.records import EntryState

KINDS = ("sla", "card", "invoice", "quote", "fair_use", "pending", "review", "waived")
"""Kinds of accounts on which time stands, in the order in which they are shown."""

WITHOUT_CUSTOMER = "without_customer"
"""Beside the link states: linked to a ticket that has no organization, so that nobody can be charged."""


@dataclass(frozen=True, slots=True)
class Card:
    """A customer's card, with the seconds that time entries draw from it."""

    customer: str
    state: CardState
    drawn: int


@dataclass(slots=True)
class Amount:
    """Time entries and their seconds."""

    entries: set[str] = field(default_factory=set)
    seconds: int = 0

    def add(self, entry_key: str, seconds: int) -> None:
        """Count an entry, or a part of one."""
        self.entries.add(entry_key)
        self.seconds += seconds


@dataclass(slots=True)
class Outcome:
    """``tickets`` is by ``(route, scope)``; ``time`` by kind of account; ``links`` by link state, living entries alone.

    ``asked`` counts tickets by the question that comes first; ``clauses`` counts tickets that cite each clause, as a
    whole or for a kind of work.
    """

    tickets: Counter[tuple[str, str]]
    next_steps: Counter[str]
    asked: Counter[str]
    clauses: Counter[str]
    time: Mapping[str, Amount]
    links: Mapping[str, Amount]
    running: int
    deleted: int
    cards: Sequence[Card]
    attention: Sequence[Attention]

    @property
    def standing_seconds(self) -> int:
        """All time that stands on accounts."""
        return sum(amount.seconds for amount in self.time.values())

    @property
    def living(self) -> int:
        """Time entries that are there, timers that run included."""
        return self.running + sum(len(amount.entries) for amount in self.links.values())


def read_outcome(application: Application, first: date, last: date) -> Outcome:
    """Add up what stands, with the time entries of ``first`` to ``last``."""
    with application.store.read() as work:
        ids = [ticket.id for ticket in work.tickets.each()]
        standing = work.decisions.current(ids)
        whole = [one.outcome for (_, activity), one in standing.items() if activity == WHOLE_TICKET]
        time = _time(work)
        links, running = _links(_entries(application, work, first, last))
        return Outcome(
            tickets=Counter((outcome["route"], outcome["scope"]) for outcome in whole),
            next_steps=Counter(outcome["next_step"] for outcome in whole),
            asked=Counter(outcome["questions"][0] for outcome in whole if outcome["questions"]),
            clauses=_clauses(standing),
            time=time,
            links=links,
            running=running,
            deleted=work.entries.count() - running - sum(len(amount.entries) for amount in links.values()),
            cards=_cards(work),
            attention=work.attention.all(),
        )


def _time(work: UnitOfWork) -> dict[str, Amount]:
    by_key: dict[str, Amount] = {}
    for page in work.ledger.each_posted():
        for entry in page:
            for leg in entry.shares:
                by_key.setdefault(leg.account.partition(":")[0], Amount()).add(entry.entry_key, leg.seconds)
    return {kind: by_key[kind] for kind in KINDS if kind in by_key}


def _entries(application: Application, work: UnitOfWork, first: date, last: date) -> Iterator[StoredEntry]:
    for tracker in application.site.trackers.values():
        yield from work.entries.live_between(tracker.product, tracker.account, first, last)


def _links(entries: Iterator[StoredEntry]) -> tuple[dict[str, Amount], int]:
    links = {
        state: Amount() for state in (LinkState.LINKED.value, WITHOUT_CUSTOMER, *(item.value for item in LinkState))
    }
    running = 0
    for entry in entries:
        if entry.entry.state is EntryState.RUNNING:
            running += 1
            continue
        is_of_nobody = entry.link.state is LinkState.LINKED and entry.link.organization_id is None
        state = WITHOUT_CUSTOMER if is_of_nobody else entry.link.state.value
        links[state].add(entry.entry.key, entry.entry.seconds)
    return links, running


def _clauses(standing: Mapping[tuple[str, str], StoredDecision]) -> Counter[str]:
    cited = {(ticket_id, clause) for (ticket_id, _), one in standing.items() for clause in one.outcome["clauses"]}
    return Counter(clause for _, clause in cited)


def _cards(work: UnitOfWork) -> list[Card]:
    drawn: Counter[int] = Counter()
    for page in work.ledger.each_posted():
        for entry in page:
            for leg in entry.shares:
                if (card_id := leg.account.card_id) is not None:
                    drawn[card_id] += leg.seconds
    return [
        Card(organization.name, state, drawn[state.card.card_id])
        for organization in work.organizations.all()
        for state in cards.states(work, organization.id)
    ]
