"""The ledger's invariants, whatever happens in whatever order, against a plain reference model.

Entries are put, edited, moved, decided anew and deleted; cards are bought and adjusted; people judge; months close;
passes run over some customers or all. At any moment the ledger is whole (1, 2). Whenever everything was posted its
balances are those of the model, posting again writes nothing (4), and a ledger that hears the same in another order
comes to the same balances (3).
"""

from __future__ import annotations

import itertools
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from care_sync.ledger import audit, cards
from care_sync.ledger.closing import close_month
from care_sync.ledger.posting import post_customer
from care_sync.model.account import CONTRA
from care_sync.model.decided_time import DecidedTime
from care_sync.model.mark import DirtyKind
from care_sync.model.month import Month
from care_sync.model.review import Verdict
from care_sync.model.terms import Terms
from care_sync.store import Store, UnitOfWork, open_store
from rules.model.words import Route
from tests.conftest import _numbers, _sql
from tests.ledger.book_keeping import PRICES
from tests.ledger.reference import Agreement, Card, Item, Reference, after

NOW = datetime(2027, 6, 1, tzinfo=UTC)
TODAY = date(2027, 6, 1)
FIRST_MONTH = Month("2026-09")
AGREEMENTS = {
    "plain": Agreement(allowance=4),
    "carried": Agreement(allowance=3, carried_months=2),
    "limited": Agreement(allowance=2, overdraft=5),
    "until next": Agreement(overdraft=None),
}
TERMS = {
    customer: Terms(
        allowance=lambda _period, seconds=agreement.allowance: seconds,  # type: ignore[misc]
        carried_months=agreement.carried_months,
        first_month=FIRST_MONTH,
        overdraft_seconds=agreement.overdraft,
    )
    for customer, agreement in AGREEMENTS.items()
}

KEYS = st.sampled_from([f"entry {number}" for number in range(7)])
CUSTOMERS = st.sampled_from(sorted(AGREEMENTS))
DAYS = st.dates(date(2026, 9, 1), date(2026, 12, 31))
ITEMS = st.builds(
    Item,
    customer=CUSTOMERS,
    ticket=st.sampled_from(["1", "2"]),
    route=st.sampled_from([route.value for route in Route]),
    seconds=st.integers(0, 9),
    day=DAYS,
    minute=st.integers(0, 3),
)

NewStore = Callable[[], Store]


class Keeper:
    """A ledger that is kept: what was touched since the last pass, and the pass itself."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.touched: dict[str, set[str]] = {customer: set() for customer in AGREEMENTS}
        self.entries: dict[str, Item] = {}
        self.revision = itertools.count(1)

    def put(self, key: str, item: Item | None) -> None:
        before = self.entries.pop(key, None)
        if item is not None:
            self.entries[key] = item
        for customer in {one.customer for one in (before, item) if one is not None}:
            self.touched[customer].add(key)

    def judge(self, key: str, place: tuple[str, str], judged: int, charged: int) -> None:
        with self.store.begin() as work:
            work.verdicts.decide(Verdict(key, *place, judged, charged, "as agreed", "anna", NOW))
        if key in self.entries:
            self.touched[self.entries[key].customer].add(key)

    def buy(self, customer: str, seconds: int, bought_on: date) -> int:
        with self.store.begin() as work:
            card = cards.buy(
                work, customer, hours=Decimal(seconds) / 3600, rate=Decimal(100), bought_on=bought_on, reference="",
                again=True, now=NOW, override_reason="small",
            )  # fmt: skip
            work.dirty.mark(DirtyKind.ORGANIZATION, [customer], "card bought", NOW)
        return card.card_id

    def adjust(self, card_id: int, seconds: int) -> None:
        with self.store.begin() as work:
            card = cards.require(work, card_id)
            cards.adjust(work, card_id, seconds=seconds, day=TODAY, now=NOW, actor="anna", reason="agreed")
            work.dirty.mark(DirtyKind.ORGANIZATION, [card.organization_id], "card adjusted", NOW)

    def dirty(self) -> list[str]:
        with self.store.read() as work:
            marked = work.dirty.take(DirtyKind.ORGANIZATION)
        return sorted({customer for customer, keys in self.touched.items() if keys} | marked.keys())

    def post(self, customer: str) -> int:
        """One pass over one customer; the number of transactions that it wrote."""
        with self.store.begin() as work:
            work.ledger.lock_head()
            marks = work.dirty.take(DirtyKind.ORGANIZATION)
            worked, gone = self.worked(work, customer)
            report = post_customer(work, customer, worked, terms=TERMS[customer], now=NOW, gone=gone)
            work.dirty.clear(DirtyKind.ORGANIZATION, {customer: marks[customer]} if customer in marks else {})
        self.touched[customer].clear()
        return len(report.transactions)

    def worked(self, work: UnitOfWork, customer: str) -> tuple[list[DecidedTime], set[str]]:
        months = work.periods.months()
        opened = work.ledger.posted_of_organization(customer, months.first_open or "")
        own = {key: item for key, item in self.entries.items() if item.customer == customer}
        wanted = {
            key: item
            for key, item in own.items()
            if key in opened or key in self.touched[customer] or not months.is_closed(item.month)
        }
        return [self.as_worked(key, item) for key, item in wanted.items()], self.touched[customer] - own.keys()

    def as_worked(self, key: str, item: Item) -> DecidedTime:
        started = datetime(item.day.year, item.day.month, item.day.day, 9, item.minute, tzinfo=UTC)
        return DecidedTime(
            key,
            item.seconds,
            Route(item.route),
            item.day,
            item.ticket,
            next(self.revision),
            started,
            rules=(item.route,),
        )

    def settle(self, chance: random.Random | None = None) -> None:
        while dirty := self.dirty():
            if chance is not None:
                chance.shuffle(dirty)
            for customer in dirty:
                self.post(customer)

    def close(self, month: str) -> None:
        with self.store.begin() as work:
            close_month(work, Month(month), terms=TERMS.__getitem__, prices=PRICES, now=NOW, today=TODAY, actor="anna")

    def balances(self) -> dict[tuple[str, str], int]:
        with self.store.read() as work:
            return {
                key: seconds for key, seconds in work.ledger.all_balances().items() if seconds and key[1] not in CONTRA
            }

    def count(self) -> int:
        with self.store.read() as work:
            return work.ledger.count()


class LedgerMachine(RuleBasedStateMachine):
    """Everything that can happen to a ledger."""

    new_store: NewStore

    def __init__(self) -> None:
        super().__init__()
        self.keeper = Keeper(type(self).new_store())
        self.model = Reference(AGREEMENTS, FIRST_MONTH)
        self.epochs: list[dict[str, Any]] = [{"cards": [], "adjusted": [], "verdicts": {}}]

    @rule(key=KEYS, item=ITEMS)
    def an_entry_is_put(self, key: str, item: Item) -> None:
        self.model.entries[key] = item
        self.keeper.put(key, item)

    @precondition(lambda self: self.model.entries)
    @rule(data=st.data())
    def an_entry_is_deleted(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.model.entries)))
        del self.model.entries[key]
        self.keeper.put(key, None)

    @precondition(lambda self: self.model.entries)
    @rule(data=st.data(), changed=ITEMS, name=st.sampled_from(["customer", "ticket", "route", "seconds", "day"]))
    def an_entry_is_changed(self, data: st.DataObject, changed: Item, name: str) -> None:
        key = data.draw(st.sampled_from(sorted(self.model.entries)))
        self.an_entry_is_put(key, replace(self.model.entries[key], **{name: getattr(changed, name)}))

    @precondition(lambda self: self.model.settled)
    @rule(data=st.data())
    def an_entry_is_changed_back_to_what_a_closed_month_knew(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.model.settled)))
        self.an_entry_is_put(key, self.model.settled[key].item)

    @rule(key=KEYS, at=ITEMS, judged=st.integers(0, 9), share=st.integers(0, 9))
    def a_person_judges(self, key: str, at: Item, judged: int, share: int) -> None:
        """Mostly what the entry is now, and sometimes what it was or will be elsewhere."""
        item = self.model.entries.get(key, at) if judged % 3 else at
        place = (item.customer, item.ticket)
        charged = min(judged, share)
        self.model.verdicts[key, *place] = self.epochs[-1]["verdicts"][key, place] = (judged, charged)
        self.keeper.judge(key, place, judged, charged)

    @rule(customer=CUSTOMERS, seconds=st.integers(2, 20), bought_on=DAYS)
    def a_card_is_bought(self, customer: str, seconds: int, bought_on: date) -> None:
        card = Card(self.keeper.buy(customer, seconds, bought_on), customer, bought_on)
        self.model.cards.append(card)
        self.model.put_on_card(card, seconds)
        self.epochs[-1]["cards"].append((card, seconds))

    @precondition(lambda self: self.model.cards)
    @rule(data=st.data(), seconds=st.integers(-6, 6).filter(bool))
    def a_card_is_adjusted(self, data: st.DataObject, seconds: int) -> None:
        card = data.draw(st.sampled_from(self.model.cards))
        self.keeper.settle()
        left = -self.keeper.balances().get((card.customer, f"card:{card.card_id}"), 0)
        # Hours that a correction gave back may be taken again by what it corrects: those are left alone here.
        if left + seconds < 0 or (seconds < 0 and self.model.unsettled(card.customer)):
            return
        self.keeper.adjust(card.card_id, seconds)
        self.model.put_on_card(card, seconds)
        self.epochs[-1]["adjusted"].append((card, seconds))

    @rule(customers=st.lists(CUSTOMERS, unique=True))
    def a_pass_runs_over(self, customers: list[str]) -> None:
        for customer in customers:
            self.keeper.post(customer)

    @precondition(lambda self: self.model.closed_through < Month("2026-12"))
    @rule()
    def the_next_month_closes(self) -> None:
        month = after(self.model.closed_through) if self.model.closed_through else FIRST_MONTH
        self.keeper.settle()
        self.keeper.close(month)
        self.model.close(month)
        self.epochs[-1].update(entries=dict(self.model.entries), closed=month)
        self.epochs.append({"cards": [], "adjusted": [], "verdicts": {}})
        self.everything_stands_as_it_must()

    @rule()
    def everything_was_posted(self) -> None:
        self.keeper.settle()
        self.everything_stands_as_it_must()

    def everything_stands_as_it_must(self) -> None:
        expected = {key: seconds for key, seconds in self.model.outcome().balances.items() if seconds}
        assert self.keeper.balances() == expected
        count = self.keeper.count()
        for customer in AGREEMENTS:
            for key, item in self.model.entries.items():
                if item.customer == customer:
                    self.keeper.touched[customer].add(key)
            assert self.keeper.post(customer) == 0
        assert self.keeper.count() == count

    @invariant()
    def the_ledger_is_whole(self) -> None:
        with self.keeper.store.read() as work:
            assert list(audit.verify(work, overdraft_seconds=None)) == []
            for (customer, account), balance in work.ledger.all_balances().items():
                limit = AGREEMENTS[customer].overdraft
                assert account.card_id is None or limit is None or balance <= limit

    def teardown(self) -> None:
        self.keeper.settle()
        self.everything_stands_as_it_must()
        self.epochs[-1]["entries"] = dict(self.model.entries)
        replayed = replay(type(self).new_store(), self.epochs, random.Random(len(self.epochs)))
        assert replayed.balances() == self.keeper.balances()
        for keeper in (self.keeper, replayed):
            keeper.store.close()


def replay(store: Store, epochs: list[dict[str, Any]], chance: random.Random) -> Keeper:
    """Tell a new ledger what came in between two closings, in any order and with passes anywhere."""
    keeper = Keeper(store)
    for epoch in epochs:
        for card, seconds in epoch["cards"]:
            assert keeper.buy(card.customer, seconds, card.bought_on) == card.card_id
        for card, seconds in epoch["adjusted"]:
            keeper.adjust(card.card_id, seconds)
        events: list[Callable[[], None]] = []
        for key in sorted(keeper.entries.keys() | epoch["entries"].keys()):
            item = epoch["entries"].get(key)
            if item != keeper.entries.get(key):
                events.append(lambda key=key, item=item: keeper.put(key, item))  # type: ignore[misc]
        for (key, place), (judged, charged) in epoch["verdicts"].items():
            events.append(partial(keeper.judge, key, place, judged, charged))
        chance.shuffle(events)
        for event in events:
            event()
            if chance.random() < 0.4:
                keeper.settle(chance)
        keeper.settle(chance)
        if "closed" in epoch:
            keeper.close(epoch["closed"])
    return keeper


def run(new_store: NewStore, examples: int) -> None:
    machine = type("Machine", (LedgerMachine,), {"new_store": staticmethod(new_store)})
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.slow
def test_the_ledger_keeps_its_invariants_whatever_happens(sqlite_template: Path, tmp_path: Path) -> None:
    numbers = itertools.count()

    def new_store() -> Store:
        path = tmp_path / f"{next(numbers)}.sqlite"
        shutil.copyfile(sqlite_template, path)
        return open_store(f"sqlite:///{path}")

    run(new_store, examples=45)


@pytest.mark.slow
def test_the_ledger_keeps_its_invariants_on_postgresql(postgresql_server: str) -> None:
    names: list[str] = []

    def new_store() -> Store:
        name = f"invariants_{next(_numbers)}"
        _sql(postgresql_server, f"CREATE DATABASE {name} TEMPLATE template_care_sync")
        names.append(name)
        return open_store(f"{postgresql_server}{name}")

    try:
        run(new_store, examples=6)
    finally:
        for name in names:
            _sql(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")
