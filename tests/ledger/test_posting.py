"""What stands after posting, clause by clause, and the laws that hold whatever happens."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from care_sync.errors import UserError
from care_sync.ledger import audit, cards
from care_sync.ledger.posting import post_customer
from care_sync.model.account import Account, Leg
from care_sync.model.allocation import CardCapacity, Demand, allocate
from care_sync.model.month import Month
from care_sync.model.terms import Terms
from care_sync.store import Store
from rules.model.words import Route
from tests.ledger.book_keeping import HOUR, NOW, TODAY, buy, close, entry, judge, post, standing


def test_h1_a_card_of_less_than_fifty_hours_is_refused_and_nothing_is_written(store: Store) -> None:
    with pytest.raises(UserError, match="at least 50 hours"), store.begin() as work:
        cards.buy(work, "5", hours=Decimal(49), rate=Decimal(1), bought_on=TODAY, reference="", now=NOW)
    with store.read() as work:
        assert work.cards.all() == []


def test_h1_an_operator_can_override_with_a_reason_that_is_kept(store: Store) -> None:
    with store.begin() as work:
        cards.buy(
            work, "5", hours=Decimal(10), rate=Decimal(100), bought_on=TODAY, reference="", now=NOW,
            actor="anna", override_reason="trial",
        )  # fmt: skip
        (transaction,) = work.ledger.of_organization("5")
    assert (transaction.actor, transaction.reason, transaction.clauses) == ("anna", "trial", ("H1",))


def test_h2_the_oldest_card_goes_first_and_the_rest_goes_to_the_invoice(store: Store) -> None:
    with store.begin() as work:
        younger, older = buy(work, 1, date(2026, 9, 2)), buy(work, 1, date(2026, 9, 1))
        post(work, entry("a", 2 * HOUR + 600, Route.HOUR_CARD))
        assert {state.card.card_id: state.left for state in cards.states(work, "5")} == {younger: 0, older: 0}
        assert work.ledger.posted(["a"])["a"].shares == (
            Leg(Account.card(older), HOUR),
            Leg(Account.card(younger), HOUR),
            Leg(Account("invoice:2026-10"), 600),
        )


def test_a_card_does_not_pay_for_work_from_before_it_was_bought(store: Store) -> None:
    with store.begin() as work:
        buy(work, 50, date(2026, 10, 6))
        post(work, entry("a", HOUR, Route.INVOICE))
        assert standing(work)["invoice:2026-10"] == HOUR


def test_a_deleted_entry_gives_its_minutes_back(store: Store) -> None:
    with store.begin() as work:
        card = buy(work, 50)
        post(work, entry("a", HOUR, Route.HOUR_CARD))
        post(work)
        assert standing(work) == {Account.card(card): -50 * HOUR}
        assert [one.kind for one in work.ledger.of_entry("a")] == ["entry", "reversal"]


def test_the_same_input_twice_writes_nothing(store: Store) -> None:
    worked = [entry("a", HOUR, Route.HOUR_CARD), entry("b", 60, Route.FAIR_USE), entry("c", 60, Route.PENDING)]
    with store.begin() as work:
        buy(work, 50)
        post(work, *worked)
        count = work.ledger.count()
        assert post(work, *worked).transactions == []
        assert work.ledger.count() == count


def test_an_entry_that_moves_to_another_customer_leaves_the_first(store: Store) -> None:
    with store.begin() as work:
        post(work, entry("a", HOUR, Route.INVOICE))
        post_customer(work, "6", [entry("a", HOUR, Route.INVOICE)], terms=Terms(), now=NOW)
        assert standing(work) == {}
        assert work.ledger.balances("6")["invoice:2026-10"] == HOUR


def test_k1_what_exceeds_the_allowance_goes_to_review(store: Store) -> None:
    with store.begin() as work:
        post(work, entry("a", HOUR, Route.FAIR_USE), allowance=1200)
        assert standing(work) == {"fair_use:2026-10": 1200, "review": HOUR - 1200}


def test_k1_a_person_charges_part_of_what_was_reviewed_and_the_rest_is_waived(store: Store) -> None:
    with store.begin() as work:
        judge(work, "a", judged=HOUR, charged=600)
        post(work, entry("a", HOUR, Route.REVIEW))
        assert standing(work) == {"invoice:2026-10": 600, "waived": HOUR - 600}


def test_i4_what_is_undetermined_when_its_month_closes_is_charged_and_credited_back_later(store: Store) -> None:
    undetermined = entry("a", HOUR, Route.PENDING)
    with store.begin() as work:
        post(work, undetermined)
        assert standing(work) == {"pending": HOUR}
        close(work, Month("2026-10"), undetermined)
        assert standing(work) == {"invoice:2026-10": HOUR}
        assert work.ledger.posted(["a"])["a"].was_charged_while_pending
        assert post(work, undetermined).transactions == []
        assert post(work, entry("a", HOUR, Route.INVOICE)).transactions == []

        post(work, entry("a", HOUR, Route.SLA))
        assert standing(work) == {"invoice:2026-10": HOUR, "invoice:2026-11": -HOUR, "sla": HOUR}
        correction = work.ledger.of_entry("a")[-2]
        assert (correction.kind, correction.period, correction.corrects) == ("correction", Month("2026-11"), 2 + 1)


def test_nothing_that_happens_to_cards_later_moves_a_closed_month(store: Store) -> None:
    worked = entry("a", HOUR, Route.HOUR_CARD)
    with store.begin() as work:
        close(work, Month("2026-10"), worked)
        buy(work, 50)
        assert post(work, worked).transactions == []
        assert standing(work)["invoice:2026-10"] == HOUR


def test_an_entry_of_a_closed_month_that_is_deleted_is_credited_in_the_open_month(store: Store) -> None:
    with store.begin() as work:
        close(work, Month("2026-10"), entry("a", HOUR, Route.INVOICE))
        assert post(work).transactions == []
        post(work, gone=("a",))
        assert standing(work) == {"invoice:2026-10": HOUR, "invoice:2026-11": -HOUR}
        assert post(work, gone=("a",)).transactions == []


def test_time_that_arrives_after_its_month_closed_is_booked_in_the_open_month(store: Store) -> None:
    late = entry("late", HOUR, Route.INVOICE)
    with store.begin() as work:
        close(work, Month("2026-10"))
        post(work, late)
        assert standing(work) == {"invoice:2026-11": HOUR}
        assert post(work, late).transactions == []


def test_a_corrected_fair_use_posting_settles_at_once(store: Store) -> None:
    with store.begin() as work:
        post(work, entry("a", HOUR, Route.FAIR_USE), entry("b", HOUR, Route.FAIR_USE, TODAY), allowance=2 * HOUR)
        close(work, Month("2026-10"), entry("a", HOUR, Route.FAIR_USE), entry("b", HOUR, Route.FAIR_USE, TODAY))
        worked = (entry("a", HOUR, Route.SLA), entry("b", HOUR, Route.FAIR_USE, TODAY))
        post(work, *worked, allowance=2 * HOUR)
        assert post(work, *worked, allowance=2 * HOUR).transactions == []


def test_the_audit_finds_nothing_wrong_and_finds_what_somebody_changed(sqlite_store: Store) -> None:
    with sqlite_store.begin() as work:
        buy(work, 50)
        post(work, entry("a", HOUR, Route.HOUR_CARD))
        assert list(audit.verify(work)) == []
        connection = work.ledger._connection
        connection.exec_driver_sql("DROP TRIGGER postings_frozen_update")
        connection.exec_driver_sql("UPDATE postings SET seconds = seconds + 60 WHERE transaction_id = 2")
        assert {finding.subject for finding in audit.verify(work)} >= {"transaction 2"}


DEMANDS = st.lists(
    st.builds(
        Demand,
        entry_key=st.uuids().map(str),
        seconds=st.integers(0, 5 * HOUR),
        route=st.sampled_from(Route),
        work_date=st.dates(date(2026, 10, 1), date(2026, 11, 30)),
        period=st.sampled_from([Month("2026-10"), Month("2026-11")]),
        ticket_id=st.sampled_from(["1", "2"]),
        judged_seconds=st.sampled_from([0, HOUR]),
        charged_seconds=st.integers(0, HOUR),
    ),
    max_size=12,
    unique_by=lambda demand: demand.entry_key,
)
CARDS = st.lists(
    st.builds(
        CardCapacity,
        card_id=st.integers(1, 99),
        bought_on=st.dates(date(2026, 9, 1), date(2026, 11, 30)),
        left=st.integers(0, 8 * HOUR),
    ),
    max_size=4,
    unique_by=lambda card: card.card_id,
)


@settings(max_examples=300)
@given(DEMANDS, CARDS, st.integers(0, 3 * HOUR), st.randoms())
def test_laws_of_allocation(demands: list[Demand], owned: list[CardCapacity], allowance: int, chance) -> None:  # type: ignore[no-untyped-def]
    terms = Terms(allowance=lambda period: allowance if period == "2026-10" else 0)
    shares = allocate(demands, owned, terms, {}).shares
    shuffled = demands[:]
    chance.shuffle(shuffled)
    assert allocate(shuffled, owned[::-1], terms, {}).shares == shares
    for demand in demands:
        assert sum(leg.seconds for leg in shares[demand.entry_key]) == demand.seconds
        assert all(leg.seconds > 0 for leg in shares[demand.entry_key])
    drawn = {card.card_id: 0 for card in owned}
    absorbed = 0
    for legs in shares.values():
        for leg in legs:
            if (card_id := leg.account.card_id) is not None:
                drawn[card_id] += leg.seconds
            if leg.account == "fair_use:2026-10":
                absorbed += leg.seconds
    assert all(drawn[card.card_id] <= card.left for card in owned)
    assert absorbed <= allowance
    another = CardCapacity(100, date(2026, 9, 1), HOUR)
    assert invoiced(allocate(demands, [*owned, another], terms, {}).shares) <= invoiced(shares)


def invoiced(shares: dict[str, tuple[Leg, ...]]) -> int:
    return sum(leg.seconds for legs in shares.values() for leg in legs if leg.account.startswith("invoice:"))
