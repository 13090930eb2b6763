"""Decide: facts → decisions, for each ticket as a whole and for each kind of work that was done on it.

Terms
    subject   a ticket and an activity; the empty activity is the ticket as a whole
    standing  the newest decision of a subject
    change    a subject that is decided differently from before: what notices to customers rest on

Promise: a decision is stored with its facts, their sources and the hash of the rules, and only when facts or outcome
differ from what stands; deciding again with nothing new writes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from care_sync.model.decision import WHOLE_TICKET, DecisionChange, StoredDecision, as_decision, differing_facts
from care_sync.model.facts import Collected, FromLedger, collect
from care_sync.model.month import Month
from care_sync.model.time_entry import StoredEntry
from care_sync.pipeline.customer import Customer
from care_sync.pipeline.site import Site
from care_sync.store import UnitOfWork
from connectors.records import Organization, Ticket
from rules.model.decision import Decision

NOT_UNDERSTOOD = "fact_not_understood"
"""The kind of attention for a field whose content the rules cannot read; its subject is ``<ticket id>:<fact>``."""


@dataclass(slots=True)
class Decided:
    """What stands now, by ``(ticket id, activity)``; ``new`` counts what was stored."""

    standing: dict[tuple[str, str], Decision] = field(default_factory=dict)
    turns: dict[str, DecisionChange] = field(default_factory=dict)
    new: int = 0

    def of_entry(self, stored: StoredEntry) -> Decision:
        """The decision that an entry's time follows."""
        return self.standing[stored.ticket_id, stored.activity]


def facts_of(site: Site, ticket: Ticket, customer: Customer | None) -> Collected:
    """The facts of a ticket as they are now; what its customer agreed is that of when it was reported."""
    organization = customer.organization_at(ticket.created_at) if customer is not None else None
    return _collected(site, ticket, organization, customer)


def _collected(site: Site, ticket: Ticket, organization: Organization | None, customer: Customer | None) -> Collected:
    reported_on = site.local_date(ticket.created_at)
    ledger: FromLedger | None = None
    if customer is not None:
        allowance = customer.terms.allowance(Month.of(reported_on))
        ledger = FromLedger(customer.has_card(ticket.id), allowance // 60)
    return collect(ticket, organization, ledger, site.rules.facts, site.settings.facts, reported_on)


def decide_as(site: Site, ticket: Ticket, organization: Organization, customer: Customer, activity: str) -> Decision:
    """What the rules say today of a ticket as it was, for a customer with what was agreed then."""
    facts = _collected(site, ticket, organization, customer)
    return _decide(site, ticket, facts.of_activity(activity) if activity else facts.facts)


def decide_tickets(
    work: UnitOfWork,
    site: Site,
    tickets: Iterable[Ticket],
    activities: Mapping[str, Collection[str]],
    customer: Customer | None,
    pass_id: str,
    now: datetime,
) -> Decided:
    """Decide tickets of one customer, each as a whole and for its ``activities`` (by ticket id)."""
    tickets = list(tickets)
    standing = work.decisions.current([ticket.id for ticket in tickets])
    decided = Decided()
    rows: list[StoredDecision] = []
    problems: dict[str, str] = {}
    for ticket in tickets:
        subjects = [WHOLE_TICKET, *sorted(activities.get(ticket.id, ()))]
        collected = facts_of(site, ticket, customer)
        problems.update({f"{ticket.id}:{fact}": said for fact, said in collected.problems.items()})
        for activity in subjects:
            facts = collected.of_activity(activity) if activity else collected.facts
            decision = _decide(site, ticket, facts)
            before = standing.get((ticket.id, activity))
            decided.standing[ticket.id, activity] = decision
            if before is not None and before.facts == facts and as_decision(before) == decision:
                continue
            rows.append(
                StoredDecision(
                    ticket_id=ticket.id,
                    activity=activity,
                    facts=facts,
                    sources=collected.sources,
                    rules_hash=site.rules.hash,
                    outcome=decision.as_json(),
                    decided_at=now,
                    pass_id=pass_id,
                )
            )
            if activity == WHOLE_TICKET:
                differing = differing_facts(before.facts, facts) if before else frozenset[str]()
                decided.turns[ticket.id] = DecisionChange(
                    ticket.id, as_decision(before) if before else None, decision, differing
                )
    _store(work, site, rows, now)
    _tell(work, tickets, problems, now)
    decided.new = len(rows)
    return decided


def is_outdated(stored: StoredDecision, customer: Customer) -> bool:
    """Whether the ledger tells now of a card what it did not tell when a ticket was decided, or no longer tells it."""
    return stored.facts.get("hour_card") not in (None, customer.has_card(stored.ticket_id))


def _decide(site: Site, ticket: Ticket, facts: Mapping[str, Any]) -> Decision:
    """The rules of the day on which the ticket was reported hold for all of its time."""
    return site.rules.decide(facts, on=site.local_date(ticket.created_at), organization=ticket.organization_id)


def _store(work: UnitOfWork, site: Site, rows: list[StoredDecision], now: datetime) -> None:
    if rows:
        work.decisions.keep_rules(site.rules.hash, site.rules.text, now)
        work.decisions.append(rows)


def _tell(work: UnitOfWork, tickets: Iterable[Ticket], problems: Mapping[str, str], now: datetime) -> None:
    """Put what cannot be read on the list, and take off it what can be read again."""
    ids = {ticket.id for ticket in tickets}
    for attention in work.attention.all(NOT_UNDERSTOOD):
        if attention.subject.rpartition(":")[0] in ids and attention.subject not in problems:
            work.attention.resolve(NOT_UNDERSTOOD, [attention.subject])
    for subject, said in problems.items():
        work.attention.raise_(NOT_UNDERSTOOD, subject, f"{said}. Correct it in the ticket.", now)
