"""The yearly recalculation of what is left on a card (H4-H6)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care_sync.errors import UserError
from care_sync.ledger import audit, cards, recalculation
from care_sync.ledger.card_changes import Author, correct, move_to, void
from care_sync.ledger.card_import import PlannedCard, import_cards
from care_sync.ledger.closing import as_posted, close_month
from care_sync.ledger.due_days import CHANGED, NO_RATE
from care_sync.ledger.posting import post_customer
from care_sync.model.month import Month
from care_sync.model.prices import rate_on
from care_sync.model.recalculation import Recalculation, RecalculationState, due_days, recalculated, was_used_up
from care_sync.model.terms import Terms
from care_sync.settings.agreements import HourCardSection
from care_sync.store import Store, UnitOfWork
from rules.model.words import Route
from tests.ledger.book_keeping import HOUR, PRICES, entry, left, standing

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
BOUGHT = date(2025, 3, 1)
DUE = date(2026, 3, 1)
ON_THE_DAY = datetime(2026, 3, 1, 20, tzinfo=UTC)
NEXT_NIGHT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def settings(**changes: Any) -> HourCardSection:
    return HourCardSection(**{"rates": {2025: "100", 2026: "125", 2027: "150"}, **changes})


def buy(work: UnitOfWork, hours: int = 50, bought_on: date = BOUGHT, at: datetime | None = None) -> int:
    return cards.buy(
        work, "5", hours=Decimal(hours), rate=Decimal(100), bought_on=bought_on, reference="",
        again=True, now=at or datetime(bought_on.year, bought_on.month, bought_on.day, 9, tzinfo=UTC),
    ).card_id  # fmt: skip


def terms(section: HourCardSection) -> Terms:
    return Terms(card_rate_of=lambda day: rate_on(section.rates, day))


def use(work: UnitOfWork, seconds: int, at: datetime, day: date = date(2026, 2, 1), key: str = "a") -> None:
    """An entry of these seconds becomes known."""
    others = [time for time in as_posted(work, "5") if time.entry_key != key]
    worked = [*others, *([entry(key, seconds, Route.HOUR_CARD, day)] if seconds else [])]
    post_customer(work, "5", worked, terms=terms(settings()), now=at)


def find(work: UnitOfWork, at: datetime = NEXT_NIGHT, **changes: Any) -> list[Recalculation]:
    """What a nightly pass makes of the cards that are due."""
    section = settings(**changes)
    recalculation.judge(work, section, through=at.astimezone(AMSTERDAM).date() - timedelta(days=1), now=at)
    post_customer(work, "5", as_posted(work, "5"), terms=terms(section), now=at)
    return work.recalculations.all()


def approve(work: UnitOfWork, card: int, at: datetime = NEXT_NIGHT, reason: str = "", due: date = DUE) -> Recalculation:
    return recalculation.approve(work, card, due, terms=terms(settings()), now=at, actor="anna", reason=reason)


def close(work: UnitOfWork, month: str, at: datetime = NEXT_NIGHT) -> None:
    close_month(
        work, Month(month), terms=lambda _: terms(settings()), prices=PRICES, now=at, today=date(2030, 1, 1),
        actor="anna",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("bought_on", "due"),
    [
        (date(2023, 12, 31), []),
        (date(2024, 1, 1), [date(2025, 1, 1)]),
        (date(2024, 2, 29), [date(2025, 2, 28)]),
        (date(2025, 11, 3), []),
    ],
)
def test_h4_a_card_from_2024_on_falls_due_after_twelve_months(bought_on: date, due: list[date]) -> None:
    assert list(due_days(bought_on, date(2026, 11, 2))) == due


def test_h4_a_card_of_a_leap_day_falls_due_on_leap_days_again() -> None:
    due = list(due_days(date(2024, 2, 29), date(2028, 12, 31), yearly=True))
    assert due == [date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29)]


def test_h5_what_remains_is_worth_what_it_was_bought_for_to_the_nearest_second() -> None:
    assert recalculated(22 * HOUR, Decimal(100), Decimal(110)) == 20 * HOUR
    assert recalculated(10 * HOUR + 1, Decimal(100), Decimal(110)) == 32728


@given(st.integers(0, 400 * HOUR), st.decimals(1, 500, places=2), st.decimals(1, 500, places=2))
def test_h5_hours_never_grow_at_a_higher_rate_and_keep_their_worth(seconds: int, old: Decimal, new: Decimal) -> None:
    after = recalculated(seconds, old, new)
    assert abs(Decimal(after) * new - Decimal(seconds) * old) <= new / 2
    if new >= old:
        assert 0 <= after <= seconds


def test_h6_exactly_ninety_percent_used_is_recalculated_and_more_is_not() -> None:
    assert not was_used_up(50 * HOUR, 45 * HOUR)
    assert was_used_up(50 * HOUR, 45 * HOUR + 1)


def test_h5_a_due_card_is_proposed_and_applied_once_it_is_approved(store: Store) -> None:
    with store.begin() as work:
        card = buy(work)
        assert find(work, ON_THE_DAY - timedelta(days=1)) == []
        (proposed,) = find(work)
        assert (proposed.state, proposed.due_on, proposed.left_before, proposed.left_after) == (
            RecalculationState.PROPOSED,
            DUE,
            50 * HOUR,
            40 * HOUR,
        )
        assert left(work) == {card: 50 * HOUR}
        assert find(work) == [proposed]

        applied = approve(work, card, reason="told them")
        assert left(work) == {card: 40 * HOUR}
        booked = work.ledger.transaction(applied.transaction_id or 0)
        assert booked is not None
        assert (booked.kind, booked.clauses, booked.actor, booked.reason, booked.work_date) == (
            "recalculation",
            ("H4", "H5"),
            "anna",
            "100 → 125 per hour; told them",
            DUE,
        )
        with pytest.raises(UserError, match="cannot be applied"):
            approve(work, card)
        assert find(work, NEXT_NIGHT + timedelta(days=800)) == [applied]
        assert left(work) == {card: 40 * HOUR}


def test_h5_work_that_becomes_known_before_or_after_the_approval_comes_to_the_same(store: Store) -> None:
    with store.begin() as work:
        card = buy(work)
        find(work)
        use(work, 10 * HOUR, NEXT_NIGHT, date(2026, 3, 1))
        (refreshed,) = find(work)
        assert (refreshed.left_before, refreshed.left_after) == (40 * HOUR, 32 * HOUR)
        approve(work, card)
        assert left(work) == {card: 32 * HOUR}
        use(work, 0, NEXT_NIGHT)
        use(work, 5 * HOUR, NEXT_NIGHT)
        assert left(work) == {card: (50 - 5) * HOUR * 100 // 125}
        (changed,) = work.attention.all(CHANGED)
        assert "took 8:00 hours when it was approved and takes 9:00 now" in changed.message
        use(work, 10 * HOUR, NEXT_NIGHT)
        assert left(work) == {card: 32 * HOUR}
        assert work.attention.all(CHANGED) == []


@pytest.mark.parametrize("is_known_before", [True, False])
def test_the_balance_does_not_rest_on_the_night_in_which_work_became_known(store: Store, is_known_before: bool) -> None:
    with store.begin() as work:
        card = buy(work)
        if is_known_before:
            use(work, 10 * HOUR, ON_THE_DAY)
        find(work, recalculation="automatic")
        use(work, 10 * HOUR, NEXT_NIGHT)
        assert left(work) == {card: 32 * HOUR}


def test_a_typing_error_that_emptied_a_card_for_one_night_is_as_if_it_had_never_been(store: Store) -> None:
    with store.begin() as work:
        card = buy(work)
        use(work, 100 * HOUR, ON_THE_DAY)
        (used_up,) = find(work, recalculation="automatic")
        assert (used_up.state, "H6" in used_up.reason) == (RecalculationState.SETTLED, True)
        use(work, 10 * HOUR, NEXT_NIGHT)
        assert left(work) == {card: 32 * HOUR}


def test_h6_a_purchase_that_was_typed_wrongly_is_judged_by_the_hours_that_were_bought(store: Store) -> None:
    author = Author("anna", "500 was a slip", NEXT_NIGHT)
    with store.begin() as work:
        card = cards.buy(
            work, "5", hours=Decimal(500), rate=Decimal(100), bought_on=BOUGHT, reference="", now=NEXT_NIGHT,
        ).card_id  # fmt: skip
        use(work, 5 * HOUR, ON_THE_DAY)
        correct(work, card, author, terms=lambda _: terms(settings()), seconds=50 * HOUR)
        (proposed,) = find(work)
        assert (proposed.state, proposed.left_before) == (RecalculationState.PROPOSED, 45 * HOUR)


def test_a_purchase_that_was_dated_wrongly_falls_due_by_its_right_day(store: Store) -> None:
    author = Author("anna", "a year earlier", NEXT_NIGHT)
    with store.begin() as work:
        card = buy(work)
        find(work, recalculation="automatic")
        assert left(work) == {card: 40 * HOUR}
        correct(work, card, author, terms=lambda _: terms(settings()), bought_on=date(2025, 6, 1))
        assert left(work) == {card: 50 * HOUR}
        assert work.recalculations.all() == []
        (applied,) = find(work, datetime(2026, 6, 2, 1, 30, tzinfo=UTC), recalculation="automatic")
        assert (applied.due_on, left(work)) == (date(2026, 6, 1), {card: 40 * HOUR})


def test_what_a_due_day_came_to_stands_when_its_month_has_closed(store: Store) -> None:
    with store.begin() as work:
        card = buy(work)
        use(work, 10 * HOUR, ON_THE_DAY)
        find(work, recalculation="automatic")
        close(work, "2026-02")
        close(work, "2026-03")
        use(work, 5 * HOUR, NEXT_NIGHT, key="late")
        assert left(work) == {card: (32 - 5) * HOUR}
        post_customer(
            work, "5", [time for time in as_posted(work, "5") if time.entry_key != "late"],
            terms=terms(settings()), now=NEXT_NIGHT,
        )  # fmt: skip
        assert left(work) == {card: 32 * HOUR}


def test_a_card_that_moves_to_another_customer_is_recalculated_there(store: Store) -> None:
    author = Author("anna", "sold to the other branch", NEXT_NIGHT)
    with store.begin() as work:
        card = buy(work)
        use(work, 10 * HOUR, ON_THE_DAY)
        find(work, recalculation="automatic")
        move_to(work, card, "6", author, terms=lambda _: terms(settings()))
        assert left(work, "6") == {card: 40 * HOUR}
        void(work, card, author, terms=lambda _: terms(settings()))
        assert (left(work, "6"), work.recalculations.all()) == ({card: 0}, [])
        assert list(audit.verify(work)) == []


def test_a_card_that_is_entered_after_its_due_day_waits_for_the_next_full_pass(store: Store) -> None:
    with store.begin() as work:
        card = buy(work, at=NEXT_NIGHT)
        with pytest.raises(UserError, match="judged when a full pass has read past that day"):
            recalculation.require_open(work, card)
        use(work, 46 * HOUR, NEXT_NIGHT)
        (settled,) = find(work)
        assert "H6" in settled.reason


def test_h5_it_is_applied_by_itself_where_that_is_configured(store: Store) -> None:
    with store.begin() as work:
        card = buy(work)
        (applied,) = find(work, recalculation="automatic")
        assert (applied.state, applied.actor) == (RecalculationState.APPLIED, "care-sync")
        assert left(work) == {card: 40 * HOUR}
        assert find(work, recalculation="automatic") == [applied]


def test_h6_a_card_of_which_more_than_ninety_percent_was_used_is_never_recalculated(store: Store) -> None:
    with store.begin() as work:
        buy(work)
        use(work, 45 * HOUR + 1, ON_THE_DAY)
        (settled,) = find(work)
        assert (settled.state, "H6" in settled.reason) == (RecalculationState.SETTLED, True)
        use(work, HOUR, NEXT_NIGHT)
        (proposed,) = find(work)
        assert (
            proposed.state is RecalculationState.PROPOSED
        )  # the day is judged by what is true, until its month closes


def test_h6_work_from_before_the_due_day_counts_however_late_it_becomes_known(store: Store) -> None:
    with store.begin() as work:
        buy(work)
        (proposed,) = find(work)
        assert proposed.state is RecalculationState.PROPOSED
        use(work, 48 * HOUR, NEXT_NIGHT)
        (settled,) = find(work)
        assert (settled.state, settled.left_before, "H6" in settled.reason) == (
            RecalculationState.SETTLED,
            2 * HOUR,
            True,
        )


def test_h6_a_card_is_judged_when_the_due_day_is_over_and_work_of_that_day_counts(store: Store) -> None:
    night_before = datetime(2026, 3, 1, 1, 30, tzinfo=UTC)
    with store.begin() as work:
        card = buy(work)
        use(work, 44 * HOUR, night_before)
        assert find(work, night_before, recalculation="automatic") == []
        use(work, 2 * HOUR, ON_THE_DAY, DUE, key="b")
        (settled,) = find(work, recalculation="automatic")
        assert settled.state is RecalculationState.SETTLED
        assert left(work) == {card: 4 * HOUR}


def test_h6_work_after_the_due_day_is_no_use_of_it(store: Store) -> None:
    with store.begin() as work:
        buy(work)
        use(work, 46 * HOUR, NEXT_NIGHT, date(2026, 3, 2))
        (proposed,) = find(work)
        assert (proposed.state, proposed.left_before) == (RecalculationState.PROPOSED, 50 * HOUR)


def test_h6_hours_that_a_person_took_off_a_card_are_no_use(store: Store) -> None:
    with store.begin() as work:
        card = buy(work)
        cards.adjust(work, card, seconds=-46 * HOUR, day=DUE, now=ON_THE_DAY, actor="anna", reason="agreed")
        (proposed,) = find(work)
        assert (proposed.state, proposed.left_before) == (RecalculationState.PROPOSED, 4 * HOUR)


def test_h6_what_was_used_before_a_card_was_taken_over_is_use(store: Store) -> None:
    planned = PlannedCard(2, "5", "Acme", BOUGHT, 50 * HOUR, 4 * HOUR, Decimal(100), "F1")
    with store.begin() as work:
        import_cards(work, [planned], taken_over_on=date(2026, 1, 5), now=ON_THE_DAY, actor="anna", source="cards.csv")
        (settled,) = find(work)
        assert (settled.state, "H6" in settled.reason) == (RecalculationState.SETTLED, True)


def test_h6_of_a_card_that_was_entered_after_its_due_day_the_work_dates_decide(store: Store) -> None:
    with store.begin() as work:
        buy(work, at=NEXT_NIGHT)
        use(work, 46 * HOUR, NEXT_NIGHT)
        (settled,) = find(work)
        assert (settled.state, settled.left_before) == (RecalculationState.SETTLED, 4 * HOUR)


@pytest.mark.parametrize(("rates", "told"), [({2025: "100"}, "no hourly rate"), ({2026: "99"}, "is lower than")])
def test_h5_a_rate_that_is_missing_or_lower_is_told_and_increases_nothing(
    store: Store, rates: dict[int, str], told: str
) -> None:
    with store.begin() as work:
        card = buy(work)
        (waiting,) = find(work, rates=rates)
        assert (waiting.state, told in waiting.reason) == (RecalculationState.WAITING, True)
        (attention,) = work.attention.all(NO_RATE)
        assert told in attention.message
        assert left(work) == {card: 50 * HOUR}
        with pytest.raises(UserError, match="cannot be applied"):
            approve(work, card)

        (proposed,) = find(work)
        assert proposed.state is RecalculationState.PROPOSED
        assert work.attention.all(NO_RATE) == []


def test_h5_the_same_rate_changes_nothing_and_asks_nothing(store: Store) -> None:
    with store.begin() as work:
        buy(work)
        (settled,) = find(work, rates={2026: "100.00"})
        assert settled.state is RecalculationState.SETTLED
        assert work.attention.all(NO_RATE) == []


def test_a_person_declines_with_a_reason_and_is_asked_no_more(store: Store) -> None:
    with store.begin() as work:
        card = buy(work)
        find(work, rates={})
        with pytest.raises(UserError, match="needs a reason"):
            recalculation.decline(work, card, terms=terms(settings()), now=NEXT_NIGHT, actor="anna", reason=" ")
        declined = recalculation.decline(
            work, card, terms=terms(settings()), now=NEXT_NIGHT, actor="anna", reason="renewed"
        )
        assert (declined.state, declined.actor, declined.said) == (RecalculationState.DECLINED, "anna", "renewed")
        assert work.attention.all(NO_RATE) == []
        assert find(work) == [declined]
        with pytest.raises(UserError, match="not due"):
            recalculation.require_open(work, card)


def test_h5_a_card_is_recalculated_once_unless_every_year_is_configured(store: Store) -> None:
    later = datetime(2027, 4, 1, tzinfo=UTC)
    with store.begin() as work:
        card = buy(work)
        assert len(find(work, later, recalculation="automatic")) == 1
        assert left(work) == {card: 40 * HOUR}
        _, second = find(work, later, recalculation="automatic", recalculate_yearly=True)
        assert (second.due_on, second.old_rate, second.new_rate) == (date(2027, 3, 1), Decimal(125), Decimal(150))
        assert left(work) == {card: 120000}  # 40 h at 125 are worth 33:20 h at 150


def test_h5_the_next_years_proposal_rests_on_what_became_of_this_one(store: Store) -> None:
    later = datetime(2027, 4, 1, tzinfo=UTC)
    with store.begin() as work:
        card = buy(work)
        first, second = find(work, later, recalculate_yearly=True)
        assert (first.left_after, second.left_after) == (40 * HOUR, 50 * HOUR * 100 // 150)
        approve(work, card, later)
        _, second = find(work, later, recalculate_yearly=True)
        assert (second.old_rate, second.left_before, second.left_after) == (Decimal(125), 40 * HOUR, 120000)


def test_nothing_is_looked_for_where_it_is_switched_off(store: Store) -> None:
    with store.begin() as work:
        buy(work)
        assert find(work, recalculation="off") == []
        assert work.recalculations.all() == []


def test_a_due_day_from_before_a_card_was_taken_over_is_not_recalculated_here(store: Store) -> None:
    planned = PlannedCard(2, "5", "Acme", BOUGHT, 50 * HOUR, 30 * HOUR, Decimal(100), "F1")
    with store.begin() as work:
        import_cards(work, [planned], taken_over_on=date(2026, 3, 2), now=NEXT_NIGHT, actor="anna", source="cards.csv")
        (settled,) = find(work, NEXT_NIGHT + timedelta(days=1))
        assert (settled.state, "taken over" in settled.reason) == (RecalculationState.SETTLED, True)


def test_in_a_closed_month_it_is_booked_in_the_open_one(store: Store) -> None:
    with store.begin() as work:
        card = buy(work)
        find(work)
        close(work, "2026-03")
        use(work, 45 * HOUR, NEXT_NIGHT, date(2026, 4, 2))
        done = approve(work, card)
        booked = work.ledger.transaction(done.transaction_id or 0)
        assert booked is not None
        assert (booked.period, booked.work_date) == (Month("2026-04"), DUE)
        assert left(work) == {card: 0}
        assert standing(work)["invoice:2026-04"] == 5 * HOUR


def test_open_time_that_goes_after_a_recalculation_is_recalculated_too(store: Store) -> None:
    with store.begin() as work:
        card = buy(work)
        use(work, 10 * HOUR, ON_THE_DAY)
        find(work, recalculation="automatic")
        assert left(work) == {card: 32 * HOUR}
        use(work, 0, NEXT_NIGHT)
        assert left(work) == {card: 40 * HOUR}
