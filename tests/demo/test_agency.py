"""The month of the demo's agency: as much of it as was promised, believable, and touching every clause."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from care_sync.demo.agency import FIRST_DAY, INTERNAL, LAST_DAY, Agency, invent
from care_sync.demo.customers import customers
from care_sync.demo.fields import FACTS
from care_sync.demo.stories import Story, stories
from rules.deciding.rule_book import RuleBook
from rules.loading import load_rules
from rules.model.decision import Decision

REPORTED_ON = date(2026, 10, 14)
DEFAULTS = {"quote": "none", "estimate": "none", "acceptance": "none"}
"""What the demo's settings say of fields that nobody filled in."""


@pytest.fixture(scope="module")
def agency() -> Agency:
    return invent()


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return load_rules()


def decisions(story: Story, book: RuleBook) -> list[Decision]:
    """What the rules say of a story: of the ticket and of each kind of work, for every customer that it is for."""
    found = []
    for has_sla in [True, False] if story.sla is None else [story.sla]:
        facts: dict[str, Any] = {
            **DEFAULTS,
            **story.facts_on(REPORTED_ON),
            "sla": has_sla,
            "covered_services": ["website", *([story.covers] if story.covers else [])],
            "hour_card": True,
            "fair_use_left_minutes": 60,
            "channel": story.channel or "email",
            "reported_on": REPORTED_ON,
        }
        facts = {name: value for name, value in facts.items() if value != -30}
        activities: list[Mapping[str, str]] = [{}, *({"activity": work.activity} for work in story.work)]
        found += [book.decide({**facts, **activity}, on=REPORTED_ON) for activity in activities]
    return found


def test_it_is_as_large_as_was_promised(agency: Agency) -> None:
    assert len(agency.customers) >= 25
    assert {customer.has_sla for customer in agency.customers} == {True, False}
    assert sum(bool(customer.cards) for customer in agency.customers) >= 15
    assert any(customer.covers for customer in agency.customers)
    assert len(agency.tickets) >= 400
    assert {ticket.locale for ticket in agency.tickets} == {"nl", "en"}
    assert len(agency.worked) >= 1500
    assert any(entry.edited_from_seconds for entry in agency.worked)
    assert any(entry.is_deleted for entry in agency.worked)
    assert any(entry.customer and entry.ticket_number is None for entry in agency.worked)


def test_the_same_seed_tells_the_same_month(agency: Agency) -> None:
    assert invent() == agency
    assert invent(8) != agency


@pytest.mark.parametrize("story", stories(), ids=lambda story: story.id)
def test_a_story_touches_the_clauses_that_it_names(story: Story, book: RuleBook) -> None:
    cited = {clause for decision in decisions(story, book) for clause in decision.clauses}

    assert set(story.clauses) <= cited
    assert story.facts.keys() <= FACTS.keys()


def test_every_clause_that_a_ticket_can_touch_is_touched(agency: Agency, book: RuleBook) -> None:
    told = {ticket.story for ticket in agency.tickets}
    cited = {
        clause
        for story in stories()
        if story.id in told
        for decision in decisions(story, book)
        for clause in decision.clauses
    }

    assert {name for name, clause in book.clauses.items() if not clause.kept_by_ledger} <= cited
    assert {story.id for story in stories()} <= told


def test_the_stories_take_every_scope_route_and_next_step(book: RuleBook) -> None:
    found = [decision for story in stories() for decision in decisions(story, book)]

    assert {decision.scope for decision in found} == {"included", "not_included", "undetermined"}
    assert {decision.route for decision in found} == {"sla", "hour_card", "quote", "fair_use", "pending", "review"}
    assert {decision.next_step for decision in found} == set(book.definition.decisions["next_step"].outcomes)


def test_nobody_works_on_two_things_at_once_or_outside_office_hours(agency: Agency) -> None:
    by_person = defaultdict(list)
    for entry in agency.worked:
        if not entry.is_running:
            by_person[entry.person].append(entry)
    for entries in by_person.values():
        entries.sort(key=lambda entry: entry.started_at)
        for entry, following in itertools.pairwise(entries):
            assert entry.written_at <= following.started_at
        for entry in entries:
            assert FIRST_DAY <= entry.started_at.date() <= LAST_DAY
            assert entry.started_at.weekday() < 5
            assert 8 <= entry.started_at.hour < 18


def test_work_comes_after_the_ticket_and_is_the_customers(agency: Agency) -> None:
    for entry in agency.worked:
        if entry.ticket_number is None:
            assert entry.customer in {None, INTERNAL, *(customer.name for customer in customers())}
        else:
            ticket = agency.ticket(entry.ticket_number)
            assert entry.started_at >= ticket.reported_at
            assert entry.customer == ticket.customer


def test_tickets_are_numbered_in_the_order_in_which_they_came(agency: Agency) -> None:
    assert [ticket.number for ticket in agency.tickets] == list(range(1001, 1001 + len(agency.tickets)))
    moments = [ticket.reported_at for ticket in agency.tickets]
    assert moments == sorted(moments)


def test_a_ticket_of_another_month_is_not_there(agency: Agency) -> None:
    with pytest.raises(LookupError, match="#1000"):
        agency.ticket(1000)
