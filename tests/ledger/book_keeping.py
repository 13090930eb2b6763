"""What the ledger's tests share: entries, cards, verdicts and closings in as few words as possible."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from care_sync.ledger import cards
from care_sync.ledger.posting import PostingReport, post_customer
from care_sync.model.account import CONTRA
from care_sync.model.decided_time import DecidedTime
from care_sync.model.month import Month
from care_sync.model.prices import Prices
from care_sync.model.review import Verdict
from care_sync.model.terms import Terms
from care_sync.store import UnitOfWork
from rules.model.words import Route

NOW = datetime(2026, 11, 2, tzinfo=UTC)
TODAY = date(2026, 11, 2)
HOUR = 3600
PRICES = Prices({date(2026, 1, 1): Decimal("92.50")}, Decimal(21))
CUSTOMER = "5"


def entry(
    key: str, seconds: int, route: Route, day: date = date(2026, 10, 5), ticket: str = "1", rule: str = "R"
) -> DecidedTime:
    """An entry as the pipeline hands it in."""
    return DecidedTime(key, seconds, route, day, ticket, revision=1, rules=(rule,), clauses=("Q5",))


def post(
    work: UnitOfWork,
    *worked: DecidedTime,
    customer: str = CUSTOMER,
    gone: tuple[str, ...] = (),
    closing: Month | None = None,
    allowance: int = 0,
    terms: Terms | None = None,
) -> PostingReport:
    """Post a customer's entries."""
    terms = terms or Terms(allowance=lambda _: allowance)
    return post_customer(work, customer, worked, terms=terms, now=NOW, gone=gone, closing=closing)


def close(work: UnitOfWork, period: str, *worked: DecidedTime, terms: Terms | None = None, allowance: int = 0) -> None:
    """Close a month as the ledger does it: what is pending is charged, then nothing moves any more."""
    post(work, *worked, closing=Month(period), terms=terms, allowance=allowance)
    work.periods.close(Month(period), NOW, "anna")


def buy(work: UnitOfWork, hours: int, bought_on: date = date(2026, 9, 1), customer: str = CUSTOMER) -> int:
    """Sell a card, also a small one."""
    return cards.buy(
        work, customer, hours=Decimal(hours), rate=Decimal(100), bought_on=bought_on, reference="", now=NOW,
        override_reason="test" if hours < 50 else "", again=True,
    ).card_id  # fmt: skip


def judge(work: UnitOfWork, key: str, *, judged: int, charged: int, ticket: str = "1") -> None:
    """Decide on reviewed time."""
    work.verdicts.decide(Verdict(key, CUSTOMER, ticket, judged, charged, "as agreed", "anna", NOW))


def standing(work: UnitOfWork, customer: str = CUSTOMER) -> dict[str, int]:
    """The balances that are not zero, contra accounts left out."""
    return {
        account: seconds
        for account, seconds in work.ledger.balances(customer).items()
        if account not in CONTRA and seconds
    }


def left(work: UnitOfWork, customer: str = CUSTOMER) -> dict[int, int]:
    """Seconds left by card."""
    return {state.card.card_id: state.left for state in cards.states(work, customer)}
