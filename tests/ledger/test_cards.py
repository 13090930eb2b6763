"""The yearly recalculation (H4–H6) and what a person may do to a card."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from care_sync.errors import UserError
from care_sync.ledger import cards
from care_sync.ledger.cards import Proposal, Refusal
from care_sync.store import Store
from care_sync.store.agreements import CardRow

NOW = datetime(2026, 11, 2, tzinfo=UTC)
HOUR = 3600
CARD = CardRow(1, "5", date(2025, 3, 1), 50 * HOUR, Decimal("100.00"), "")
RATES = {2026: Decimal("110.00")}


@pytest.mark.parametrize(
    ("bought_on", "due"),
    [
        (date(2023, 12, 31), None),
        (date(2024, 1, 1), date(2025, 1, 1)),
        (date(2024, 2, 29), date(2025, 2, 28)),
    ],
)
def test_h4_a_card_from_2024_on_falls_due_after_twelve_months(bought_on: date, due: date | None) -> None:
    assert cards.due_on(bought_on) == due


def propose(left: int, rates: dict[int, Decimal] = RATES) -> Proposal | Refusal:
    return cards.propose(CARD, due=date(2026, 3, 1), left_then=left, left_now=left, rates=rates)


def test_h5_what_remains_is_worth_what_it_was_bought_for() -> None:
    proposal = propose(22 * HOUR)
    assert isinstance(proposal, Proposal)
    assert proposal.left_after == 20 * HOUR


def test_h5_the_nearest_second_counts() -> None:
    proposal = propose(10 * HOUR + 1)
    assert isinstance(proposal, Proposal)
    assert proposal.left_after == 32728


def test_h6_exactly_ninety_percent_used_is_recalculated_and_more_is_not() -> None:
    assert isinstance(propose(5 * HOUR), Proposal)
    refused = propose(5 * HOUR - 1)
    assert isinstance(refused, Refusal)
    assert refused.is_final


@pytest.mark.parametrize("rates", [{}, {2026: Decimal("99.00")}, {2026: Decimal("100.00")}])
def test_h5_a_rate_that_is_missing_or_not_higher_never_increases_hours_silently(rates: dict[int, Decimal]) -> None:
    refused = propose(22 * HOUR, rates)
    assert isinstance(refused, Refusal)
    assert not refused.is_final


def test_a_recalculation_is_booked_once(store: Store) -> None:
    with store.begin() as work:
        card = cards.buy(
            work, "5", hours=Decimal(50), rate=Decimal(100), bought_on=date(2025, 3, 1), reference="", now=NOW
        )
        proposal = cards.propose(
            card, due=date(2026, 3, 1), left_then=50 * HOUR, left_now=50 * HOUR, rates={2026: Decimal(125)}
        )
        assert isinstance(proposal, Proposal)
        cards.apply_recalculation(work, proposal, now=NOW, today=date(2026, 3, 2), actor="anna")
        assert cards.states(work, "5")[0].left == 40 * HOUR
        with pytest.raises(UserError, match="has changed"):
            cards.apply_recalculation(work, proposal, now=NOW, today=date(2026, 3, 2), actor="anna")


def test_a_person_adjusts_with_a_reason_and_never_below_zero(store: Store) -> None:
    with store.begin() as work:
        card = cards.buy(
            work, "5", hours=Decimal(50), rate=Decimal(1), bought_on=date(2026, 1, 1), reference="", now=NOW
        )
        cards.adjust(work, card.card_id, seconds=-HOUR, day=date(2026, 10, 1), now=NOW, actor="anna", reason="agreed")
        assert cards.states(work, "5")[0].left == 49 * HOUR
        for seconds, reason, said in ((-50 * HOUR, "x", "49"), (60, " ", "reason"), (0, "x", "nothing")):
            with pytest.raises(UserError, match=said if said != "49" else "cannot be taken away"):
                cards.adjust(
                    work, card.card_id, seconds=seconds, day=date(2026, 10, 1), now=NOW, actor="anna", reason=reason
                )
        with pytest.raises(UserError, match="no card 99"):
            cards.adjust(work, 99, seconds=60, day=date(2026, 10, 1), now=NOW, actor="anna", reason="x")
