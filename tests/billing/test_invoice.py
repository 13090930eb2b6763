"""Invoice lines: every second of the account stands on one, and every line tells the entries behind it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from care_sync.billing.amounts import amount_of, hours_of, tax_on
from care_sync.billing.invoice import (
    Invoice,
    invoice_reference,
    invoiced_periods,
    read_invoice,
    read_invoices,
)
from care_sync.errors import UserError
from care_sync.ledger.closing import close_month
from care_sync.model.decided_time import DecidedTime
from care_sync.model.month import Month
from care_sync.model.terms import Terms
from care_sync.store import Store, UnitOfWork, open_store
from rules.model.words import Route
from tests.billing.books import (
    CUSTOMER,
    HOUR,
    NOW,
    TODAY,
    buy,
    close,
    enter,
    fill,
    post,
    settings,
    ticket,
    worked,
)


@pytest.fixture(scope="module")
def one_store(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for all examples of a law: each is undone at its end."""
    path = tmp_path_factory.mktemp("laws") / "store.sqlite"
    shutil.copyfile(sqlite_template, path)
    store = open_store(f"sqlite:///{path}")
    yield store
    store.close()


def invoice(work: UnitOfWork, period: str = Month("2026-10")) -> Invoice:
    return read_invoice(work, CUSTOMER, period, settings())


def test_a_line_is_the_time_of_one_ticket_with_the_entries_behind_it(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        first, second = enter(work, "a", HOUR), enter(work, "b", 1800, "hersteld", "Bert Visser", date(2026, 10, 7))
        post(
            work, worked(first.key, HOUR), worked(second.key, 1800, day=date(2026, 10, 7)), worked("c", 60, ticket="2")
        )
        found = invoice(work)

    line = found.lines[0]
    assert (line.ticket_number, line.subject, line.seconds) == ("1001", "Contactformulier werkt niet", 5400)
    assert [(one.entry_key, one.person, one.seconds, one.clauses) for one in line.shares] == [
        ("toggl:1:a", "Anna de Wit", HOUR, ("Q5",)),
        ("toggl:1:b", "Bert Visser", 1800, ("Q5",)),
    ]
    assert [share.transactions for share in line.shares] == [(2,), (3,)]
    assert (line.rate, line.amount) == (Decimal("95.00"), Decimal("142.50"))
    assert (line.first_day, line.last_day) == (date(2026, 10, 5), date(2026, 10, 7))
    assert [one.ticket_number for one in found.lines] == ["1001", "1002"]


def test_only_what_no_card_covers_is_invoiced(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        buy(work, 1)
        post(work, worked("a", HOUR + 900, Route.HOUR_CARD), worked("b", HOUR, Route.SLA, ticket="2"))
        found = invoice(work)

    assert [(line.ticket_number, line.seconds) for line in found.lines] == [("1001", 900)]


def test_what_was_posted_and_taken_back_in_the_same_month_is_not_on_the_invoice(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        post(work, worked("a", HOUR), worked("b", 600))
        post(work, worked("a", 2 * HOUR))
        found = invoice(work)

    ((line),) = found.lines
    ((share),) = line.shares
    assert (share.entry_key, share.seconds, len(share.transactions)) == ("a", 2 * HOUR, 3)


def test_a_correction_of_a_closed_month_stands_on_the_open_one_and_cites_it(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        close(work, Month("2026-10"), worked("a", HOUR), worked("b", HOUR, ticket="2"))
        before = invoice(work)
        post(
            work,
            worked("a", 1800),
            worked("late", 900, day=date(2026, 10, 20)),
            worked("new", 60, day=date(2026, 11, 1)),
        )
        october, november = invoice(work), invoice(work, Month("2026-11"))

    assert october == before
    assert october.is_closed
    assert [(line.corrects, line.ticket_number, line.seconds) for line in november.lines] == [
        (None, "1001", 960),
        (Month("2026-10"), "1001", -1800),
    ]
    ((correction),) = november.lines[1].shares
    assert correction.entry_key == "a"


def test_a_deleted_entry_of_a_closed_month_makes_a_credit_at_the_rate_of_its_year(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        close(work, Month("2025-12"), worked("a", HOUR, day=date(2025, 12, 3)))
        post(work, gone=("a",), now=datetime(2026, 1, 5, tzinfo=UTC))
        found = invoice(work, Month("2026-01"))

    assert [(line.corrects, line.rate, line.amount) for line in found.lines] == [
        (Month("2025-12"), Decimal("90.00"), Decimal("-90.00"))
    ]
    assert found.is_credit
    assert (found.net, found.vat, found.total) == (Decimal("-90.00"), Decimal("-18.90"), Decimal("-108.90"))


def test_an_entry_that_moves_to_another_ticket_after_closing_is_taken_from_one_and_put_on_the_other(
    store: Store,
) -> None:
    with store.begin() as work:
        fill(work)
        close(work, Month("2026-10"), worked("a", HOUR))
        post(work, worked("a", HOUR, ticket="2"))
        found = invoice(work, Month("2026-11"))

    assert {(line.corrects, line.ticket_number, line.seconds) for line in found.lines} == {
        (Month("2026-10"), "1001", -HOUR),
        (Month("2026-10"), "1002", HOUR),
    }
    assert found.net == 0


def test_work_of_two_years_stands_on_two_lines_at_two_rates(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        close(work, Month("2025-12"))
        post(work, worked("late", HOUR, day=date(2025, 12, 30)), worked("new", HOUR, day=date(2026, 1, 2)))
        found = invoice(work, Month("2026-01"))

    assert [(line.rate, line.seconds) for line in found.lines] == [(Decimal("90.00"), HOUR), (Decimal("95.00"), HOUR)]


def closed_at(work: UnitOfWork, rate: str, *time: DecidedTime, period: str = "2026-09", vat: int = 21) -> None:
    post(work, *time)
    close_month(
        work, Month(period), terms=lambda _: Terms(), now=NOW, today=TODAY,
        prices=settings(rates={2026: rate}, vat_percent=vat).ledger.prices, actor="anna",
    )  # fmt: skip


def test_a_closed_month_keeps_its_rate_and_its_tax_for_ever(store: Store) -> None:
    dearer = settings(rates={2026: "98.00"}, vat_percent=19)
    september = worked("a", 10 * HOUR, day=date(2026, 9, 7))
    with store.begin() as work:
        fill(work)
        closed_at(work, "92.50", september)
        post(work, worked("o", HOUR), worked("late", HOUR, day=date(2026, 9, 8)))
        closed = read_invoice(work, CUSTOMER, Month("2026-09"), dearer)
        october = read_invoice(work, CUSTOMER, Month("2026-10"), dearer)

    assert (closed.net, closed.vat) == (Decimal("925.00"), Decimal("194.25"))
    assert [(line.rate, line.seconds) for line in october.lines] == [
        (Decimal("92.50"), HOUR),
        (Decimal("98.00"), HOUR),
    ]
    assert october.vat_percent == 19


def test_a_closed_month_is_credited_at_the_rate_that_it_was_invoiced_at_however_often_it_is_corrected(
    store: Store,
) -> None:
    day = date(2026, 9, 7)
    with store.begin() as work:
        fill(work)
        closed_at(work, "92.50", worked("a", 10 * HOUR, day=day))
        closed_at(work, "98.00", worked("a", 8 * HOUR, day=day), period="2026-10")
        post(work, gone=("a",))
        months = [
            read_invoice(work, CUSTOMER, Month(period), settings(rates={2026: "110.00"})).net
            for period in ("2026-09", "2026-10", "2026-11")
        ]

    assert months == [Decimal("925.00"), Decimal("-185.00"), Decimal("-740.00")]


def test_a_rate_that_was_missing_when_the_month_closed_is_the_one_that_is_set_later(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        post(work, worked("a", HOUR, day=date(2026, 9, 7)))
        close_month(
            work, Month("2026-09"), terms=lambda _: Terms(), prices=settings(rates={}).ledger.prices, now=NOW,
            today=TODAY, actor="anna",
        )  # fmt: skip
        with pytest.raises(UserError, match="no hourly rate"):
            read_invoice(work, CUSTOMER, Month("2026-09"), settings(rates={}))
        assert read_invoice(work, CUSTOMER, Month("2026-09"), settings()).net == Decimal("95.00")


def test_every_year_without_a_rate_is_named_at_once(store: Store) -> None:
    with store.begin() as work:
        fill(work)
        post(work, worked("a", HOUR, day=date(2025, 1, 2)), worked("b", HOUR, day=date(2025, 1, 3)))
        with pytest.raises(UserError, match="no hourly rate") as told:
            read_invoice(work, CUSTOMER, Month("2025-01"), settings(rates={}))

    assert told.value.problems == ("set ledger.invoice.rates.2025 in the settings, or ledger.hour_card.rates.2025",)


def test_the_rate_of_the_hour_card_serves_a_year_without_one_of_its_own(store: Store) -> None:
    configured = settings(rates={})
    cards = configured.ledger.hour_card.model_copy(update={"rates": {date(2026, 1, 1): Decimal("80.00")}})
    configured = configured.model_copy(update={"ledger": configured.ledger.model_copy(update={"hour_card": cards})})
    with store.begin() as work:
        fill(work)
        post(work, worked("a", HOUR))
        assert read_invoice(work, CUSTOMER, Month("2026-10"), configured).net == Decimal("80.00")


def test_all_customers_of_a_month_and_the_months_that_matter_now_are_found(store: Store) -> None:
    with store.begin() as work:
        fill(work, tickets=[ticket("1"), ticket("4", organization_id="6")])
        post(work, worked("a", HOUR), worked("n", HOUR, day=date(2026, 11, 1)))
        post(work, worked("b", HOUR, ticket="4"), organization_id="6")
        assert [one.organization.name for one in read_invoices(work, Month("2026-10"), settings()).invoices] == [
            "Bakkerij Van Dam",
            "Northwind Trading",
        ]
        assert invoiced_periods(work) == [Month("2026-10"), Month("2026-11")]
        close(work, Month("2026-10"), worked("a", HOUR), worked("n", HOUR, day=date(2026, 11, 1)))
        close(work, Month("2026-11"), worked("a", HOUR), worked("n", HOUR, day=date(2026, 11, 1)))
        assert invoiced_periods(work) == [Month("2026-11")]


def test_work_of_a_day_without_a_rate_holds_up_the_invoice_of_its_own_customer_alone(store: Store) -> None:
    with store.begin() as work:
        fill(work, tickets=[ticket("1"), ticket("4", organization_id="6")])
        close(work, Month("2026-09"))
        post(work, worked("a", HOUR))
        post(work, worked("b", HOUR, day=date(2019, 5, 1), ticket="4"), organization_id="6")
        month = read_invoices(work, Month("2026-10"), settings())
    assert [one.organization.name for one in month.invoices] == ["Bakkerij Van Dam"]
    (waiting,) = month.waiting
    assert (waiting.organization.name, waiting.seconds) == ("Northwind Trading", HOUR)
    assert waiting.remedies == ("set ledger.invoice.rates.2019 in the settings, or ledger.hour_card.rates.2019",)


def test_a_reference_is_of_letters_and_digits_and_differs_for_every_customer() -> None:
    assert invoice_reference("360001", Month("2026-10")) == "CS-2026-10-360001"
    assert invoice_reference("a,b|c", Month("2026-10")) == "CS-2026-10-a_2c_b_7c_c"


@given(st.integers(-(10**9), 10**9), st.decimals("0.01", "9999.99", places=2))
def test_an_amount_is_within_half_a_cent_of_the_truth_and_taking_it_back_gives_the_same(
    seconds: int, rate: Decimal
) -> None:
    amount = amount_of(seconds, rate)
    assert abs(amount * 3600 - seconds * rate) <= Decimal("0.005") * 3600
    assert amount_of(-seconds, rate) == -amount
    assert abs(hours_of(seconds) * rate - amount) < Decimal("0.02")
    assert tax_on(-amount, Decimal(21)) == -tax_on(amount, Decimal(21))


STEPS = st.lists(
    st.tuples(
        st.sampled_from("abcd"),
        st.integers(1, 3 * HOUR),
        st.sampled_from([Route.INVOICE, Route.HOUR_CARD, Route.SLA, Route.PENDING]),
        st.sampled_from(["1", "2"]),
        st.dates(date(2026, 9, 1), date(2026, 11, 30)),
        st.booleans(),
    ),
    max_size=10,
)


@effort(max_examples=60, deadline=None)
@given(STEPS)
def test_laws_of_invoices(one_store: Store, steps: list[tuple[str, int, Route, str, date, bool]]) -> None:
    """Whatever happens, lines are the account, a closed month's invoice stays, and totals agree."""
    with one_store.begin() as work, work.undone():
        fill(work)
        buy(work, 1)
        known: dict[str, tuple[int, Route, str, date]] = {}
        frozen: dict[str, Invoice] = {}
        open_months = [Month("2026-09"), Month("2026-10")]
        for key, seconds, route, ticket_id, day, closes in steps:
            known[key] = (seconds, route, ticket_id, day)
            time = [worked(one, of[0], of[1], of[3], of[2]) for one, of in known.items()]
            if closes and open_months:
                month = open_months.pop(0)
                close(work, month, *time)
                frozen[month] = invoice(work, month)
            else:
                post(work, *time)
        for period in (Month("2026-09"), Month("2026-10"), Month("2026-11"), Month("2026-12")):
            found = invoice(work, period)
            assert found.seconds == work.ledger.balances("5").get(f"invoice:{period}", 0)
            assert found.net == sum((line.amount for line in found.lines), Decimal(0))
            assert found.total == found.net + found.vat
            for line in found.lines:
                assert line.seconds == sum(share.seconds for share in line.shares) != 0
            assert found == frozen.get(period, found)
