"""The story of a minute, from the tracker to the invoice line."""

from __future__ import annotations

from datetime import date

import pytest

from care_sync.billing.invoice import read_invoice
from care_sync.billing.issue import issue
from care_sync.errors import UserError
from care_sync.model.decision import StoredDecision
from care_sync.store import Store
from care_sync.story import customer_balances, entry_story, ticket_stories
from rules.model.words import Route
from tests.billing.books import CUSTOMER, HOUR, NOW, TODAY, buy, close, enter, fill, post, settings, ticket, worked

OUTCOME = {"scope": "not_included", "route": "hour_card", "clauses": ["I3a"], "reason": {"en": "a third party"}}


def test_an_entry_split_over_a_card_and_an_invoice_is_told_from_end_to_end(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        buy(work, 1)
        entry = enter(work, "a", 5400, "hersteld")
        work.decisions.keep_rules("r", "text", NOW)
        work.decisions.append([StoredDecision("1", "work", {}, {}, "r", OUTCOME, NOW, "p")])
        close(work, "2026-10", worked(entry.key, 5400, Route.HOUR_CARD))
        issue(work, read_invoice(work, CUSTOMER, "2026-10", settings()), settings(), today=TODAY, actor="anna")
        story = entry_story(work, entry.key, settings())

    assert story.stored is not None
    assert (story.stored.entry.description, story.ticket and story.ticket.number) == ("hersteld", "1001")
    assert story.decision is not None
    assert list(story.decision.outcome["clauses"]) == ["I3a"]
    assert [(place.account, place.seconds) for place in story.places] == [("card:1", HOUR), ("invoice:2026-10", 1800)]
    assert "0:00 of 1:00 hours left" in story.places[0].told
    for told in ("line 1: 0:30 at 95.00 is 47.50 euro", "number CS2026-0001"):
        assert told in story.places[1].told
    assert story.seconds == 5400


def test_what_a_closed_month_charged_and_an_open_one_gives_back_is_told_as_both(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        close(work, "2026-10", worked("a", HOUR))
        post(work, worked("a", HOUR, Route.SLA))
        story = entry_story(work, "a", settings())

    assert {place.account: place.seconds for place in story.places} == {
        "invoice:2026-10": HOUR,
        "invoice:2026-11": -HOUR,
        "sla": HOUR,
    }
    told = {place.account: place.told for place in story.places}
    assert "closed, not sent yet" in told["invoice:2026-10"]
    assert "line 1, which corrects 2026-10" in told["invoice:2026-11"]
    assert story.stored is None


def test_a_tickets_story_holds_entries_that_moved_away_and_those_that_are_gone(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        first = enter(work, "b", HOUR, day=date(2026, 10, 9))
        moved = enter(work, "m", 60, ticket_id="2")
        post(work, worked(moved.key, 60), worked(first.key, HOUR, day=date(2026, 10, 9)), worked("gone", 30))
        post(work, worked(moved.key, 60, ticket="2"), worked(first.key, HOUR, day=date(2026, 10, 9)))
        stories = ticket_stories(work, ticket("1"), settings())

    assert [(story.entry_key, story.seconds) for story in stories] == [
        ("gone", 0),
        (moved.key, 60),
        (first.key, HOUR),
    ]


def test_a_customers_accounts_are_told_with_what_they_mean(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        buy(work, 50)
        post(work, worked("a", HOUR, Route.PENDING), worked("b", 60, Route.HOUR_CARD))
        found = {place.account: place.told for place in customer_balances(work, "5", settings())}

    assert found["pending"] == "held until the cause is known (I4)"
    assert "49:59 of 50:00 hours left" in found["card:1"]


def test_a_missing_rate_does_not_hide_the_rest(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        post(work, worked("a", HOUR))
        story = entry_story(work, "a", settings(rates={}))

    assert "set ledger.invoice.rates.2026" in story.places[0].told


def test_an_entry_that_nobody_knows_is_told(store: Store) -> None:
    with store.read() as work, pytest.raises(UserError, match="no time entry toggl:1:x"):
        entry_story(work, "toggl:1:x", settings())
