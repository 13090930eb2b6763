"""Drafts in the bookkeeping: each exactly once, whatever is lost, wherever the process dies."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from care_sync.billing import push
from care_sync.billing.invoice import Invoice, read_invoice, read_invoices
from care_sync.billing.issue import issue
from care_sync.billing.push import Outcome, Pushed, push_invoices
from care_sync.clock import ManualClock
from care_sync.errors import UserError
from care_sync.model.lease import SendState
from care_sync.model.month import Month
from care_sync.store import Store
from connectors.moneybird.connector import MoneybirdBookkeeping
from connectors.moneybird.settings import MoneybirdSettings
from connectors.protocols import Environment
from connectors.records import BookedInvoice, DraftInvoice
from connectors.sandbox.moneybird import SandboxMoneybird
from connectors.sandbox.moneybird_state import MoneybirdAdministration
from connectors.sandbox.server import FaultKind
from tests.billing.books import CUSTOMER, HOUR, NOW, TODAY, close, fill, post, settings, worked


@pytest.fixture
def server(clock: ManualClock) -> Iterator[SandboxMoneybird]:
    administration = MoneybirdAdministration(clock.now)
    administration.add_contact("Bakkerij Van Dam", "5")
    administration.add_contact("Northwind Trading", "6")
    with SandboxMoneybird(administration) as running:
        yield running


@pytest.fixture
def invoices(store: Store) -> list[Invoice]:
    """October of two customers, closed."""
    with store.begin() as work:
        fill(work)
        post(work, worked("n", 1800), organization_id="6")
        close(work, Month("2026-10"), worked("a", HOUR))
        return list(read_invoices(work, Month("2026-10"), settings()).invoices)


def connect(store: Store, server: SandboxMoneybird, clock: ManualClock) -> MoneybirdBookkeeping:
    options = MoneybirdSettings.model_validate(
        {"administration_id": "123", "access_token": "a-token", "tax_rate_id": "21", "base_url": server.api_url}
    )
    return MoneybirdBookkeeping(options, Environment(clock.now, clock.sleep, store.budgets))


def pushing(
    store: Store, server: SandboxMoneybird, clock: ManualClock, invoices: list[Invoice], **more: bool
) -> list[Pushed]:
    return push_invoices(store, connect(store, server, clock), invoices, settings(), clock, **more)


def outcomes(pushed: list[Pushed]) -> list[Outcome]:
    return [one.outcome for one in pushed]


def test_each_invoice_becomes_one_draft_and_the_second_time_none(
    store: Store, server: SandboxMoneybird, clock: ManualClock, invoices: list[Invoice]
) -> None:
    first = pushing(store, server, clock, invoices)
    asked = len(server.requests)
    second = pushing(store, server, clock, invoices)

    assert outcomes(first) == [Outcome.MADE, Outcome.MADE]
    assert outcomes(second) == [Outcome.DONE, Outcome.DONE]
    assert len(server.requests) == asked
    assert [one.url for one in second] == [one.url for one in first]
    drafts = server.administration.of_reference("CS-2026-10-5")
    assert [one["description"] for one in drafts[0].details] == [
        "Ticket #1001: Contactformulier werkt niet\n1:00 uur à € 95,00 per uur, gewerkt op 5 oktober 2026"
    ]
    with store.read() as work:
        assert [(one.state, one.total) for one in work.invoice_drafts.all()] == [
            (SendState.DONE, Decimal("114.95")),
            (SendState.DONE, Decimal("57.48")),
        ]


@pytest.mark.parametrize(
    "kind", [FaultKind.LOST_AFTER, FaultKind.LOST_BEFORE, FaultKind.CUT_OFF, FaultKind.WRONG_SHAPE]
)
def test_a_lost_answer_leads_to_no_second_draft(
    store: Store, server: SandboxMoneybird, clock: ManualClock, invoices: list[Invoice], kind: FaultKind
) -> None:
    server.faults.add(kind, route="POST", times=1)
    first = pushing(store, server, clock, invoices)
    too_early = pushing(store, server, clock, invoices)
    clock.sleep(push.SETTLING.total_seconds())
    later = pushing(store, server, clock, invoices)

    assert outcomes(first) == [Outcome.UNCERTAIN, Outcome.MADE]
    assert outcomes(too_early) == [Outcome.WAITING, Outcome.DONE]
    assert outcomes(later) == [Outcome.MADE if kind is FaultKind.LOST_BEFORE else Outcome.FOUND, Outcome.DONE]
    assert len(server.administration.invoices) == 2


class Died(BaseException):
    """The process ends here."""


class Dying:
    """A bookkeeping in front of which the process dies: before it asked, or after it was answered."""

    def __init__(self, bookkeeping: MoneybirdBookkeeping, *, after: bool) -> None:
        self._bookkeeping = bookkeeping
        self._after = after
        self.product, self.account = bookkeeping.product, bookkeeping.account
        self.check = bookkeeping.check

    def invoice(self, reference: str) -> BookedInvoice | None:
        return self._bookkeeping.invoice(reference)

    def create_draft(self, draft: DraftInvoice) -> BookedInvoice:
        if self._after:
            self._bookkeeping.create_draft(draft)
        raise Died


@pytest.mark.parametrize("after", [False, True])
def test_dying_between_making_and_noting_leads_to_no_second_draft(
    store: Store, server: SandboxMoneybird, clock: ManualClock, invoices: list[Invoice], after: bool
) -> None:
    dying = Dying(connect(store, server, clock), after=after)
    with pytest.raises(Died):
        push_invoices(store, dying, invoices, settings(), clock)
    at_once = pushing(store, server, clock, invoices)
    clock.sleep(push.LEASE.total_seconds())
    later = pushing(store, server, clock, invoices)

    assert outcomes(at_once) == [Outcome.WAITING, Outcome.MADE]
    assert outcomes(later) == [Outcome.FOUND if after else Outcome.MADE, Outcome.DONE]
    assert len(server.administration.invoices) == 2


class Slow(Dying):
    """A bookkeeping that answers so late that somebody else has taken over and made the draft."""

    def __init__(self, bookkeeping: MoneybirdBookkeeping, meanwhile: Callable[[], None]) -> None:
        super().__init__(bookkeeping, after=False)
        self._meanwhile = meanwhile

    def invoice(self, reference: str) -> BookedInvoice | None:
        found = super().invoice(reference)
        self._meanwhile()
        return found


def test_whose_claim_ran_out_while_looking_makes_no_second_draft(
    store: Store, server: SandboxMoneybird, clock: ManualClock, invoices: list[Invoice]
) -> None:
    def meanwhile() -> None:
        clock.sleep(push.LEASE.total_seconds())
        assert outcomes(pushing(store, server, clock, invoices[:1])) == [Outcome.MADE]

    slow = Slow(connect(store, server, clock), meanwhile)
    late = push_invoices(store, slow, invoices[:1], settings(), clock)

    assert outcomes(late) == [Outcome.WAITING]
    assert len(server.administration.invoices) == 1
    assert outcomes(pushing(store, server, clock, invoices[:1])) == [Outcome.DONE]


def test_numbering_and_pushing_at_once_gives_one_of_the_two(
    store: Store, server: SandboxMoneybird, clock: ManualClock, invoices: list[Invoice]
) -> None:
    ended: list[str] = []

    def number() -> None:
        try:
            with store.begin() as work:
                issue(work, invoices[0], settings(), today=TODAY, actor="anna")
            ended.append("numbered")
        except UserError:
            ended.append("refused")

    def draft() -> None:
        ended.append(pushing(store, server, clock, invoices[:1])[0].outcome)

    threads = [threading.Thread(target=number), threading.Thread(target=draft)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ended) in (["failed", "numbered"], ["made", "refused"])


def test_two_daemons_at_once_make_one_draft(
    store: Store, server: SandboxMoneybird, clock: ManualClock, invoices: list[Invoice]
) -> None:
    found: list[Outcome] = []
    threads = [
        threading.Thread(target=lambda: found.extend(outcomes(pushing(store, server, clock, invoices[:1]))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found.count(Outcome.MADE) == 1
    assert set(found) <= {Outcome.MADE, Outcome.DONE, Outcome.WAITING}
    assert len(server.administration.invoices) == 1


def test_a_store_that_was_restored_from_a_backup_finds_the_draft(
    store: Store, server: SandboxMoneybird, clock: ManualClock, invoices: list[Invoice]
) -> None:
    pushing(store, server, clock, invoices[:1])
    with store.begin() as work:
        work.invoice_drafts.forget("5", Month("2026-10"))

    assert outcomes(pushing(store, server, clock, invoices[:1])) == [Outcome.FOUND]
    assert len(server.administration.invoices) == 1


def test_what_a_person_deleted_is_made_again_only_when_asked_for(
    store: Store, server: SandboxMoneybird, clock: ManualClock, invoices: list[Invoice]
) -> None:
    pushing(store, server, clock, invoices[:1])
    assert outcomes(pushing(store, server, clock, invoices[:1], again=True)) == [Outcome.DONE]
    (draft,) = server.administration.of_reference("CS-2026-10-5")
    server.administration.delete_invoice(draft.id)

    assert outcomes(pushing(store, server, clock, invoices[:1])) == [Outcome.DONE]
    assert server.administration.invoices == {}
    assert outcomes(pushing(store, server, clock, invoices[:1], again=True)) == [Outcome.MADE]


def test_one_customer_without_a_contact_does_not_hold_up_the_others(
    store: Store, server: SandboxMoneybird, clock: ManualClock, invoices: list[Invoice]
) -> None:
    server.administration.contacts = {
        key: one for key, one in server.administration.contacts.items() if one.customer_id != "5"
    }
    first = pushing(store, server, clock, invoices)
    server.administration.add_contact("Bakkerij Van Dam")

    assert outcomes(first) == [Outcome.FAILED, Outcome.MADE]
    assert "customer number 5" in first[0].message
    assert outcomes(pushing(store, server, clock, invoices)) == [Outcome.MADE, Outcome.DONE]


def test_a_bookkeeping_that_is_down_is_asked_no_more_and_nothing_is_lost(
    store: Store, server: SandboxMoneybird, clock: ManualClock, invoices: list[Invoice]
) -> None:
    server.faults.add(FaultKind.DOWN)
    first = pushing(store, server, clock, invoices)
    server.faults.clear()

    assert outcomes(first) == [Outcome.FAILED, Outcome.FAILED]
    assert {request.path.rsplit("/")[-1] for request in server.requests} == {"CS-2026-10-5.json"}
    assert outcomes(pushing(store, server, clock, invoices)) == [Outcome.MADE, Outcome.MADE]


def test_a_draft_that_comes_to_something_else_is_told(
    store: Store, server: SandboxMoneybird, clock: ManualClock, invoices: list[Invoice]
) -> None:
    server.administration.tax_rates["21"] = Decimal("9")
    (pushed,) = pushing(store, server, clock, invoices[:1])

    assert pushed.needs_attention
    assert "103.55 with tax in the bookkeeping" in pushed.message
    with store.read() as work:
        assert [one.kind for one in work.attention.all()] == [push.DIFFERS]


def test_an_open_month_is_not_pushed_and_nothing_is_asked(
    store: Store, server: SandboxMoneybird, clock: ManualClock, invoices: list[Invoice]
) -> None:
    with store.begin() as work:
        post(work, worked("new", 60, day=TODAY))
        november = read_invoice(work, CUSTOMER, Month("2026-11"), settings())
    with pytest.raises(UserError, match="not closed"):
        pushing(store, server, clock, [invoices[0], november])
    assert server.requests == []


def test_one_time_gets_one_number(
    store: Store, server: SandboxMoneybird, clock: ManualClock, invoices: list[Invoice]
) -> None:
    with store.begin() as work:
        issue(work, invoices[0], settings(), today=TODAY, actor="anna")
    (pushed, other) = pushing(store, server, clock, invoices)

    assert (pushed.outcome, other.outcome) == (Outcome.FAILED, Outcome.MADE)
    assert "is invoice CS2026-0001 already" in pushed.message
    with pytest.raises(UserError, match="draft in the bookkeeping"), store.begin() as work:
        issue(work, invoices[1], settings(), today=TODAY, actor="anna")


STORM = st.lists(
    st.tuples(
        st.sampled_from([None, *FaultKind]),
        st.sampled_from(["POST", "GET"]),
        st.sampled_from([None, False, True]),
        st.integers(0, 40),
    ),
    min_size=1,
    max_size=8,
)


@effort(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STORM)
def test_whatever_happens_on_the_way_there_is_one_draft_in_the_end(
    sqlite_store: Store, steps: list[tuple[FaultKind | None, str, bool | None, int]]
) -> None:
    clock = ManualClock(NOW)
    administration = MoneybirdAdministration(clock.now)
    administration.add_contact("Bakkerij Van Dam", "5")
    with sqlite_store.begin() as work:
        work.invoice_drafts.forget("5", Month("2026-10"))
        if not work.periods.closed():
            fill(work)
            close(work, Month("2026-10"), worked("a", HOUR))
        invoice = read_invoice(work, CUSTOMER, Month("2026-10"), settings())
    with SandboxMoneybird(administration) as server:
        for fault, route, dies_after, minutes in steps:
            server.faults.clear()
            if fault is not None:
                server.faults.add(fault, route=route, times=1)
            try:
                bookkeeping = connect(sqlite_store, server, clock)
                push_invoices(
                    sqlite_store,
                    bookkeeping if dies_after is None else Dying(bookkeeping, after=dies_after),
                    [invoice],
                    settings(),
                    clock,
                )
            except Died:
                pass
            assert len(administration.invoices) <= 1
            clock.sleep(minutes * 60)
        server.faults.clear()
        clock.sleep(timedelta(minutes=40).total_seconds())
        (last,) = push_invoices(sqlite_store, connect(sqlite_store, server, clock), [invoice], settings(), clock)
    assert last.outcome in (Outcome.MADE, Outcome.FOUND, Outcome.DONE)
    assert len(administration.of_reference("CS-2026-10-5")) == len(administration.invoices) == 1
