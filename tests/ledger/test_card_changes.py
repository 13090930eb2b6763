"""Cards that are voided, moved and corrected: what they had paid moves on, and everything stays proven (H1–H3)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from threading import Barrier

import pytest

from care_sync.errors import IntegrityError, UserError
from care_sync.ledger import audit, cards
from care_sync.ledger.alerts import take_crossings
from care_sync.ledger.book import record
from care_sync.ledger.card_changes import Author, ChangedCard, correct, move_to, void
from care_sync.model.account import ADJUSTED, Account, Leg
from care_sync.model.month import Month
from care_sync.model.terms import Terms
from care_sync.model.transaction import Transaction, TransactionKind
from care_sync.store import Store, UnitOfWork
from rules.model.words import Route
from tests.ledger.book_keeping import CUSTOMER, HOUR, NOW, TODAY, buy, close, entry, left, post, standing

ANNA = Author("anna", "sold to the wrong customer", NOW)
OTHER = "6"
TERMS = Terms()
AUGUST, OCTOBER, NOVEMBER = date(2026, 8, 10), date(2026, 10, 5), date(2026, 11, 1)


def voided(work: UnitOfWork, card_id: int, terms: Terms = TERMS) -> ChangedCard:
    return void(work, card_id, ANNA, terms=lambda _: terms)


def moved(work: UnitOfWork, card_id: int, terms: Terms = TERMS) -> ChangedCard:
    return move_to(work, card_id, OTHER, ANNA, terms=lambda _: terms)


def corrected(
    work: UnitOfWork, card_id: int, hours: int | None = None, on: date | None = None, terms: Terms = TERMS
) -> ChangedCard:
    seconds = None if hours is None else hours * HOUR
    return correct(work, card_id, ANNA, terms=lambda _: terms, seconds=seconds, bought_on=on)


def proven(work: UnitOfWork) -> bool:
    return list(audit.verify(work)) == []


def is_at_rest(work: UnitOfWork, *worked: object, customer: str = CUSTOMER) -> bool:
    """Whether a pass that reads the same entries posts nothing more."""
    return post(work, *worked, customer=customer).transactions == []  # type: ignore[arg-type]


def test_what_a_voided_card_paid_in_open_months_moves_to_the_next_card_and_the_invoice(store: Store) -> None:
    with store.begin() as work:
        first, second = buy(work, 50, date(2026, 9, 1)), buy(work, 50, date(2026, 9, 2))
        worked = (entry("a", 20 * HOUR, Route.HOUR_CARD), entry("b", 35 * HOUR, Route.HOUR_CARD, NOVEMBER))
        post(work, *worked)

        change = voided(work, first)

        assert left(work) == {first: 0, second: 0}
        assert standing(work) == {"invoice:2026-11": 5 * HOUR}
        assert {(one.account, one.before, one.after) for one in change.balances} == {
            (f"card:{second}", -45 * HOUR, 0),
            ("invoice:2026-11", 0, 5 * HOUR),
        }
        assert proven(work)
        assert is_at_rest(work, *worked)


def test_what_closed_months_drew_from_a_voided_card_is_corrected_in_the_open_month(store: Store) -> None:
    with store.begin() as work:
        first, second = buy(work, 50), buy(work, 50, date(2026, 9, 2))
        september, october = entry("a", HOUR, Route.HOUR_CARD), entry("b", HOUR // 2, Route.HOUR_CARD, NOVEMBER)
        close(work, "2026-10", september)
        post(work, october)

        voided(work, first)

        assert left(work) == {first: 0, second: 50 * HOUR - HOUR - HOUR // 2}
        assert standing(work) == {f"card:{second}": -left(work)[second]}
        assert proven(work)
        assert is_at_rest(work, october, september)


def test_only_what_the_card_paid_moves_on_and_what_a_closed_month_invoiced_stays(store: Store) -> None:
    with store.begin() as work:
        small = buy(work, 1)
        split = entry("a", 3 * HOUR, Route.HOUR_CARD)
        close(work, "2026-10", split)
        later = buy(work, 50, date(2026, 10, 1))
        assert standing(work) == {"invoice:2026-10": 2 * HOUR, f"card:{later}": -50 * HOUR}

        voided(work, small)

        assert standing(work) == {"invoice:2026-10": 2 * HOUR, f"card:{later}": -49 * HOUR}
        assert is_at_rest(work, split)
        assert proven(work)


def test_a_card_sold_to_the_wrong_customer_goes_whole_to_the_right_one(store: Store) -> None:
    with store.begin() as work:
        card = buy(work, 50)
        ours, theirs = entry("a", HOUR, Route.HOUR_CARD), entry("b", HOUR // 2, Route.HOUR_CARD, ticket="7")
        post(work, ours)
        post(work, theirs, customer=OTHER)

        moved(work, card)

        assert standing(work) == {"invoice:2026-10": HOUR}
        assert left(work) == {}
        assert left(work, OTHER) == {card: 50 * HOUR - HOUR // 2}
        assert proven(work)
        assert is_at_rest(work, ours)
        assert is_at_rest(work, theirs, customer=OTHER)


def test_closed_months_of_the_new_customer_stay_and_those_of_the_old_one_are_corrected(store: Store) -> None:
    with store.begin() as work:
        card = buy(work, 50)
        ours, theirs = entry("a", HOUR, Route.HOUR_CARD), entry("b", HOUR // 2, Route.HOUR_CARD, ticket="7")
        post(work, theirs, customer=OTHER)
        close(work, "2026-10", ours)

        moved(work, card)

        assert left(work, OTHER) == {card: 50 * HOUR}
        assert standing(work) == {"invoice:2026-11": HOUR}
        assert standing(work, OTHER) == {"invoice:2026-10": HOUR // 2, f"card:{card}": -50 * HOUR}
        assert proven(work)


def test_a_card_that_was_moved_can_be_moved_back_and_changed_again(store: Store) -> None:
    with store.begin() as work:
        card = buy(work, 50)
        worked = entry("a", HOUR, Route.HOUR_CARD)
        post(work, worked)
        before = standing(work)
        moved(work, card)
        move_to(work, card, CUSTOMER, ANNA, terms=lambda _: TERMS)
        assert standing(work) == before
        assert standing(work, OTHER) == {}
        kinds = [change.kind for change in work.cards.changes([card])[card]]
        assert kinds == ["moved", "moved"]
        assert proven(work)


@pytest.mark.parametrize(("hours", "card_pays"), [(60, 51), (51, 51), (50, 50), (1, 1)])
def test_a_slip_in_the_hours_is_mended_as_if_they_had_been_right(store: Store, hours: int, card_pays: int) -> None:
    with store.begin() as work:
        card = buy(work, 500)
        worked = entry("a", 51 * HOUR, Route.HOUR_CARD)
        post(work, worked)

        corrected(work, card, hours)

        assert left(work) == {card: (hours - card_pays) * HOUR}
        assert standing(work).get("invoice:2026-10", 0) == (51 - card_pays) * HOUR
        assert work.cards.get(card).seconds == hours * HOUR  # type: ignore[union-attr]
        assert is_at_rest(work, worked)
        assert proven(work)


def test_of_what_closed_months_drew_too_much_the_latest_moves_on(store: Store) -> None:
    with store.begin() as work:
        card = buy(work, 500)
        first, last = entry("z", 50 * HOUR, Route.HOUR_CARD), entry("a", 2 * HOUR, Route.HOUR_CARD, date(2026, 10, 10))
        close(work, "2026-10", first, last)

        corrected(work, card, 51)

        assert left(work) == {card: 0}
        assert standing(work) == {"invoice:2026-11": HOUR}
        stands = work.ledger.posted(["z", "a"])
        assert stands["z"].period == "2026-10"
        assert {leg.account: leg.seconds for leg in stands["a"].shares} == {
            f"card:{card}": HOUR,
            "invoice:2026-11": HOUR,
        }
        assert is_at_rest(work, first, last)
        assert proven(work)


def test_a_slip_in_the_day_is_mended(store: Store) -> None:
    with store.begin() as work:
        card = buy(work, 50, NOVEMBER)
        worked = entry("a", HOUR, Route.HOUR_CARD)
        post(work, worked)
        assert standing(work)["invoice:2026-10"] == HOUR

        corrected(work, card, on=date(2026, 10, 1))

        assert left(work) == {card: 49 * HOUR}
        assert work.ledger.balances_before(CUSTOMER, Month("2026-11"))[Account.card(card)] == -49 * HOUR
        assert is_at_rest(work, worked)
        assert proven(work)


def test_more_than_people_left_on_a_card_cannot_be_corrected_away(store: Store) -> None:
    with store.begin() as work:
        card = buy(work, 100)
        cards.write_off(work, card, seconds=80 * HOUR, day=TODAY, now=NOW, actor="anna", reason="agreed")
    with pytest.raises(UserError, match="people took more off card"), store.begin() as work:
        corrected(work, card, 50)
    with store.read() as work:
        assert left(work) == {card: 20 * HOUR}
        assert work.cards.changes([card]) == {}


def test_adjustments_and_write_offs_go_with_a_voided_card(store: Store) -> None:
    with store.begin() as work:
        card = buy(work, 50)
        cards.adjust(work, card, seconds=HOUR, day=TODAY, now=NOW, actor="anna", reason="goodwill")
        cards.write_off(work, card, seconds=5 * HOUR, day=TODAY, now=NOW, actor="anna", reason="agreed")
        voided(work, card)
        assert left(work) == {card: 0}
        assert proven(work)


def test_an_overdraft_that_a_voided_card_had_taken_over_goes_back(store: Store) -> None:
    terms = Terms(overdraft_seconds=5 * HOUR)
    with store.begin() as work:
        first = buy(work, 50)
        much = entry("a", 54 * HOUR, Route.HOUR_CARD)
        close(work, "2026-10", much, terms=terms)
        second = buy(work, 50, NOVEMBER)
        post(work, terms=terms)
        assert left(work) == {first: 0, second: 46 * HOUR}

        voided(work, second, terms)

        assert left(work) == {first: -4 * HOUR, second: 0}
        assert list(audit.verify(work, overdraft_seconds=5 * HOUR)) == []
        assert post(work, terms=terms).transactions == []


@pytest.mark.parametrize("change", [voided, moved, corrected])
def test_a_voided_card_is_changed_no_more(store: Store, change: object) -> None:
    with store.begin() as work:
        card = buy(work, 50)
        voided(work, card)
        with pytest.raises(UserError, match="was voided"):
            change(work, card)  # type: ignore[operator]
        with pytest.raises(UserError, match="was voided"):
            cards.adjust(work, card, seconds=HOUR, day=TODAY, now=NOW, actor="anna", reason="x")


def test_a_change_without_a_reason_or_to_what_it_is_already_is_refused(store: Store) -> None:
    with store.begin() as work:
        card = buy(work, 50)
        with pytest.raises(UserError, match="needs a reason"):
            Author("anna", "  ", NOW)
        with pytest.raises(UserError, match="already"):
            move_to(work, card, CUSTOMER, ANNA, terms=lambda _: TERMS)
        with pytest.raises(UserError, match="already"):
            corrected(work, card, 50)
        with pytest.raises(UserError, match="holds hours"):
            corrected(work, card, 0)
        with pytest.raises(UserError, match="no card 99"):
            voided(work, 99)


def test_nothing_is_booked_any_more_on_a_card_that_is_gone(store: Store) -> None:
    with store.begin() as work:
        card = buy(work, 50)
        voided(work, card)
        legs = (Leg(Account.card(card), -HOUR), Leg(ADJUSTED, HOUR))
        with pytest.raises(IntegrityError, match="does not belong"):
            record(work, Transaction(TransactionKind.ADJUSTMENT, CUSTOMER, Month("2026-11"), TODAY, NOW, legs))


@pytest.mark.parametrize("change", [voided, moved])
def test_a_crash_in_between_leaves_all_of_a_change_or_nothing(store: Store, change: object) -> None:
    with store.begin() as work:
        card = buy(work, 50)
        post(work, entry("a", HOUR, Route.HOUR_CARD))
        before, count = standing(work), work.ledger.count()

    def cut_short() -> None:
        with store.begin() as work:
            change(work, card)  # type: ignore[operator]
            raise RuntimeError("the power is cut")

    with pytest.raises(RuntimeError, match="power"):
        cut_short()
    with store.read() as work:
        assert (standing(work), work.ledger.count(), work.cards.changes([card])) == (before, count, {})
        assert proven(work)


def test_of_two_people_who_void_a_card_at_once_one_is_told_that_it_was_voided(store: Store) -> None:
    with store.begin() as work:
        card = buy(work, 50)
        post(work, entry("a", HOUR, Route.HOUR_CARD))
    both = Barrier(2)

    def one_person(_number: int) -> str:
        both.wait()
        try:
            with store.begin() as work:
                voided(work, card)
        except UserError as error:
            return str(error)
        return "done"

    with ThreadPoolExecutor(2) as people:
        answers = sorted(people.map(one_person, range(2)))

    assert answers.count("done") == 1
    assert sum("was voided" in answer for answer in answers) == 1
    with store.read() as work:
        assert standing(work) == {"invoice:2026-10": HOUR}
        assert proven(work)


def test_a_card_voided_while_a_pass_posts_pays_nothing_afterwards(store: Store) -> None:
    with store.begin() as work:
        card = buy(work, 50)
    worked = entry("a", HOUR, Route.HOUR_CARD)
    both = Barrier(2)

    def a_pass() -> None:
        both.wait()
        with store.begin() as work:
            post(work, worked)

    def a_person() -> None:
        both.wait()
        with store.begin() as work:
            voided(work, card)

    with ThreadPoolExecutor(2) as hands:
        for done in [hands.submit(a_pass), hands.submit(a_person)]:
            done.result()

    with store.begin() as work:
        post(work, worked)
        assert standing(work) == {"invoice:2026-10": HOUR}
        assert proven(work)


# --- what looks like a slip --------------------------------------------------------------------------------------


def sold(work: UnitOfWork, hours: int = 50, on: date = OCTOBER, reference: str = "", **other: object) -> int:
    customer = str(other.pop("customer", CUSTOMER))
    card = cards.buy(
        work, customer, hours=Decimal(hours), rate=Decimal(90), bought_on=on, reference=reference, now=NOW,
        **other,  # type: ignore[arg-type]
    )  # fmt: skip
    return card.card_id


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ({"reference": "F1"}, {"reference": " f1", "hours": 60, "on": NOVEMBER}, "has the reference"),
        ({"reference": "F1"}, {"reference": "F1", "customer": OTHER}, "has the reference"),
        ({}, {}, "was sold to this customer on that day"),
        ({"reference": "F1"}, {"reference": "F2"}, "was sold to this customer on that day"),
        ({}, {"hours": 501}, "more than 500"),
        ({}, {"hours": 81, "most_hours": Decimal(80)}, "more than 80"),
    ],
)
def test_what_looks_like_a_slip_is_asked_about_and_sold_when_it_is_meant(
    store: Store, first: dict[str, object], second: dict[str, object], told: str
) -> None:
    with store.begin() as work:
        sold(work, **first)  # type: ignore[arg-type]
        with pytest.raises(UserError, match="is this meant") as refused:
            sold(work, **second)  # type: ignore[arg-type]
        assert told in str(refused.value)
        assert "--again" in refused.value.problems[0]
        assert len(work.cards.all()) == 1
        sold(work, **second, again=True)  # type: ignore[arg-type]
        assert len(work.cards.all()) == 2


def test_a_card_that_was_voided_is_no_reason_to_ask(store: Store) -> None:
    with store.begin() as work:
        voided(work, sold(work, reference="F1"))
        sold(work, reference="F1")


def test_other_purchases_are_not_asked_about(store: Store) -> None:
    with store.begin() as work:
        sold(work)
        sold(work, on=NOVEMBER)
        sold(work, hours=51)
        sold(work, customer=OTHER)
        sold(work, hours=500)


# --- what is said of it ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["voided", "moved", "corrected", "written off", "adjusted"])
def test_nobody_says_that_work_used_up_what_a_person_took_off(store: Store, how: str) -> None:
    levels = [5 * HOUR, 0]
    with store.begin() as work:
        other, card = buy(work, 1), buy(work, 50, date(2026, 9, 2))
        post(work, entry("a", HOUR, Route.HOUR_CARD))
        assert take_crossings(work, levels, forecast_days=90, today=TODAY, now=NOW) == []
        match how:
            case "voided":
                voided(work, card)
            case "moved":
                moved(work, card)
            case "corrected":
                corrected(work, card, 4)
            case "written off":
                cards.write_off(work, card, seconds=None, day=TODAY, now=NOW, actor="anna", reason="left")
            case _:
                cards.adjust(work, card, seconds=-46 * HOUR, day=TODAY, now=NOW, actor="anna", reason="forgotten")

        found = take_crossings(work, levels, forecast_days=90, today=TODAY, now=NOW)

        (crossing,) = [one for one in found if one.organization_id == CUSTOMER]
        assert not crossing.by_work
        assert other in {state.card.card_id for state in crossing.cards}
        assert take_crossings(work, levels, forecast_days=90, today=TODAY, now=NOW) == []


def test_a_customer_whose_only_card_was_voided_has_no_low_card(store: Store) -> None:
    with store.begin() as work:
        voided(work, buy(work, 50))
        assert take_crossings(work, [0], forecast_days=90, today=TODAY, now=NOW) == []


def test_what_work_brings_down_after_a_change_is_said(store: Store) -> None:
    with store.begin() as work:
        card = buy(work, 50)
        corrected(work, card, 10)
        assert take_crossings(work, [5 * HOUR], forecast_days=90, today=TODAY, now=NOW) == []
        post(work, entry("a", 6 * HOUR, Route.HOUR_CARD))
        (crossing,) = take_crossings(work, [5 * HOUR], forecast_days=90, today=TODAY, now=NOW)
        assert crossing.by_work
