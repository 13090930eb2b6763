"""Changed rules over a stored history: what would have been decided differently, and what it would have cost whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from care_sync.model.decision import StoredDecision
from care_sync.model.prices import PriceList, Prices
from care_sync.replay.compare import compare
from care_sync.replay.history import History, read_history
from care_sync.replay.questions import fact_costs
from care_sync.replay.report import as_document, as_page
from rules.loading import load_rules, load_text
from tests.system.office import INCIDENT, Office, open_office

SINCE = date(2026, 10, 1)
RATES = {date(2026, 1, 1): Decimal(100)}
RATE_OF = PriceList({}, Prices(RATES, Decimal(21))).rate_on


@pytest.fixture
def office(tmp_path: Path, store_url: str) -> Iterator[Office]:
    with open_office(tmp_path, store_url) as opened:
        opened.add_customer("Acme <b>")
        yield opened


def changed_rules(**replaced: str) -> str:
    """The shipped rules with some text replaced, each of which must stand in them."""
    text = load_rules().text
    for before, after in replaced.items():
        assert before in text
        text = text.replace(before, after, 1)
    return text


def longer_small_changes() -> str:
    return changed_rules(**{"small_below: {value: 45 minutes": "small_below: {value: 90 minutes"})


def history(office: Office) -> History:
    with office.application.store.read() as work:
        return read_history(work, office.application.settings, SINCE)


def change(office: Office, minutes: int) -> str:
    return office.file_ticket(
        kind="change", expected_minutes=minutes, clear="yes", estimate="none", quote="none", acceptance="none",
        customer="Acme <b>",
    )  # fmt: skip


def test_the_same_rules_change_nothing(office: Office) -> None:
    office.work(change(office, 30), 30, customer=None)
    office.sync()
    comparison = compare(history(office), office.application.site.rules, load_rules(), RATE_OF)
    assert (comparison.differences, comparison.moved) == ((), {})
    assert comparison.tickets == 1


def test_a_moved_threshold_changes_the_tickets_between_and_no_other(office: Office) -> None:
    small, between, large = (change(office, minutes) for minutes in (30, 60, 120))
    office.sync()
    comparison = compare(history(office), load_rules(), load_text(longer_small_changes()), RATE_OF)
    assert comparison.changed_tickets == [between]
    (difference,) = comparison.differences
    assert (difference.before.next_step, difference.after.next_step) == ("estimate", "do_now")
    assert {small, large}.isdisjoint(comparison.changed_tickets)


def test_time_that_moves_is_told_in_hours_and_euro_by_account(office: Office) -> None:
    office.buy_card(1, customer="Acme <b>")
    ticket = office.file_ticket(**INCIDENT, cause="third_party", customer="Acme <b>")
    office.work(ticket, 90, customer=None)
    office.sync()
    comparison = compare(history(office), load_rules(), load_text(third_party_inside()), RATE_OF)
    (moved,) = comparison.moved.values()
    assert {kind: (one.seconds, one.euro) for kind, one in moved.items()} == {
        "card": (-3600, Decimal("-90.00")),
        "invoice": (-1800, Decimal("-50.00")),
        "sla": (5400, Decimal("0.00")),
    }
    assert comparison.by_culprits() != {}


def third_party_inside() -> str:
    """Rules under which an incident with its cause at a third party is inside."""
    before = "when: {cause: third_party}\n                then: not_included"
    return changed_rules(**{before: before.replace("not_included", "included")})


def test_a_missing_rate_is_told_and_not_guessed(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="third_party", customer="Acme <b>")
    office.work(ticket, 60, customer=None)
    office.sync()
    comparison = compare(history(office), load_rules(), load_text(third_party_inside()), {}.get)
    (moved,) = comparison.moved.values()
    assert moved["invoice"].euro is None


def test_facts_that_the_new_rules_no_longer_know_are_unknown_to_them(office: Office) -> None:
    ticket = office.file_ticket(**INCIDENT, cause="third_party", customer="Acme <b>")
    office.sync()
    renamed = load_text(load_rules().text.replace("third_party", "somebody_else"))
    comparison = compare(history(office), load_rules(), renamed, RATE_OF)
    assert comparison.changed_tickets == [ticket]
    assert {one.after.scope for one in comparison.differences} == {"undetermined"}


def test_a_replay_touches_nothing(office: Office) -> None:
    office.work(change(office, 60), 30, customer=None)
    office.sync()
    with office.application.store.read() as work:
        before = (work.ledger.count(), work.dirty.count(), work.outbox.counts())
    compare(history(office), load_rules(), load_text(longer_small_changes()), RATE_OF)
    with office.application.store.read() as work:
        assert (work.ledger.count(), work.dirty.count(), work.outbox.counts()) == before


def test_the_page_stands_alone_and_escapes_what_customers_write(office: Office) -> None:
    change(office, 60)
    office.sync()
    found = history(office)
    comparison = compare(found, load_rules(), load_text(longer_small_changes()), RATE_OF)
    page = as_page(comparison, found, title="What if", old="now", new="<script>")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "http" not in page.replace("</html>", "")
    assert as_document(comparison, found)["changed_tickets"] == 1


def decided(ticket: str, hours: int, *questions: str) -> StoredDecision:
    outcome = {"scope": "undetermined" if questions else "included", "route": "sla", "next_step": "handle"}
    moment = datetime(2026, 10, 1, tzinfo=UTC) + timedelta(hours=hours)
    return StoredDecision(ticket, "", {}, {}, "", {**outcome, "questions": questions}, moment, "")


def test_the_fact_that_left_most_time_undetermined_is_worth_asking_first() -> None:
    found = fact_costs(
        [decided("1", 0, "cause", "service"), decided("2", 0, "service"), decided("1", 5, "cause"), decided("1", 8)],
        {"1": 7200, "2": 60},
        datetime(2026, 10, 2, tzinfo=UTC),
    )
    told = [(one.fact, len(one.tickets), one.waited_seconds // 3600, one.seconds_at_stake) for one in found]
    assert told == [("service", 2, 5 + 24, 7260), ("cause", 1, 8, 7200)]
    assert found[0].still_open == {"2"}
