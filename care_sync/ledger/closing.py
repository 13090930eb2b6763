"""Closing a month: what is still undetermined in it is charged (I4), then nothing of it moves any more.

Terms
    outlook    what a person should know before a month closes: pending, under review, without a ticket, not yet posted
    charged    time that a closing charged although its cause was unknown; the customer is told, per ticket and month

Promise: months close in order, each once, and only when they are over. Closing, charging and marking the tickets whose
customers must be told, or that show what charging moved, are one transaction. It rests on what was posted last; what
arrives later is a correction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from care_sync.errors import UserError
from care_sync.ledger.posting import post_customer
from care_sync.model.account import PENDING, REVIEW, Account, Leg
from care_sync.model.decided_time import DecidedTime
from care_sync.model.mark import DirtyKind
from care_sync.model.month import Month
from care_sync.model.posted_entry import PostedEntry
from care_sync.model.prices import Prices
from care_sync.model.terms import Terms
from care_sync.model.time_entry import StoredEntry
from care_sync.store import UnitOfWork

TermsOf = Callable[[str], Terms]
"""The terms of a customer, by organization id."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What stands in a month that is about to close.

    ``pending`` and ``review`` are what entries stand on; ``unlinked`` count for nobody; ``to_do`` counts marks that no
    pass has worked on yet (the ledger may not know all of the month).
    """

    period: Month
    pending: tuple[PostedEntry, ...]
    review: tuple[PostedEntry, ...]
    unlinked: tuple[StoredEntry, ...]
    to_do: int

    @property
    def pending_seconds(self) -> int:
        """Seconds that closing will charge."""
        return sum(on_account(posted, PENDING) for posted in self.pending)

    @property
    def review_seconds(self) -> int:
        """Seconds that wait for a person; they stay under review when the month closes."""
        return sum(on_account(posted, REVIEW) for posted in self.review)


@dataclass(frozen=True, slots=True)
class Charged:
    """A ticket's time that the closing of ``period`` charged while it was undetermined, by the accounts it is on."""

    ticket_id: str
    organization_id: str
    period: Month
    shares: tuple[Leg, ...]

    @property
    def seconds(self) -> int:
        """All of it."""
        return sum(leg.seconds for leg in self.shares)


@dataclass(frozen=True, slots=True)
class Closing:
    """What closing a month did."""

    period: Month
    charged: tuple[Charged, ...]
    transactions: int


def outlook(work: UnitOfWork, period: Month) -> Outlook:
    """Look at a month before it closes."""
    standing = list(work.ledger.posted_in(period))
    marks = work.dirty.count()
    return Outlook(
        period=period,
        pending=tuple(posted for posted in standing if on_account(posted, PENDING)),
        review=tuple(posted for posted in standing if on_account(posted, REVIEW)),
        unlinked=tuple(entry for entry in work.entries.unlinked() if Month.of(entry.entry.work_date) == period),
        to_do=sum(marks.values()),
    )


def require_closable(work: UnitOfWork, period: Month, today: date) -> None:
    """Raise :class:`UserError` unless ``period`` is the next month to close, and over."""
    months = work.periods.months()
    if months.is_closed(period):
        raise UserError(
            f"the month {period} is closed already",
            ["later changes become corrections in the open month by themselves"],
        )
    if period >= Month.of(today):
        raise UserError(f"the month {period} is not over yet", [f"close it from {period.next}-01 on"])
    expected = months.first_open or work.ledger.first_worked_month()
    if expected is not None and expected < period:
        raise UserError(
            f"the month {expected} is still open", [f"months close in order: `care-sync period close {expected}`"]
        )


def close_month(
    work: UnitOfWork, period: Month, *, terms: TermsOf, prices: Prices, now: datetime, today: date, actor: str
) -> Closing:
    """Charge what is pending in ``period`` (I4), close it, and keep its ``prices`` for ever.

    Raises :class:`UserError` for a month that is closed, not over, or not the next in order.
    """
    # Before the outlook is read: a daemon that posts in between would put time into a month that is being closed.
    work.ledger.lock_head()
    require_closable(work, period, today)
    pending = outlook(work, period).pending
    transactions, touched = 0, set[str]()
    for organization_id in sorted({posted.organization_id for posted in pending}):
        report = post_customer(
            work,
            organization_id,
            as_posted(work, organization_id),
            terms=terms(organization_id),
            now=now,
            closing=period,
        )
        transactions += len(report.transactions)
        touched.update(change.ticket_id for change in report.changes if change.ticket_id is not None)
        touched.update(work.tickets.of_organization(organization_id))
    work.periods.close(period, now, actor)
    # In the same transaction: a closed month whose euros follow the settings would be another month tomorrow.
    work.periods.keep_prices(period, prices)
    work.settled_tickets.keep_of(period)
    work.recalculations.keep_through(Month(period).next.first_day - timedelta(days=1))
    work.ledger.forget_corrected(period)
    entry_keys = {posted.entry_key for posted in pending}
    charged = _by_ticket(
        posted for posted in work.ledger.posted(entry_keys).values() if posted.was_charged_while_pending
    )
    # What is charged can take a card's time from other tickets, and its last: all of the customer's show it.
    work.dirty.mark(DirtyKind.TICKET, sorted(touched), f"{period} closed and charged what was undetermined", now)
    return Closing(period, charged, transactions)


def as_posted(work: UnitOfWork, organization_id: str, closed: Iterable[PostedEntry] = ()) -> list[DecidedTime]:
    """A customer's open entries as they were posted last: laying them down again changes what cards allow, no more.

    ``closed`` are entries of closed months that are laid down again with them.
    """
    standings = work.ledger.posted_of_organization(organization_id, work.periods.months().first_open)
    standings.update({standing.entry_key: standing for standing in closed})
    transactions = work.ledger.many(standing.transaction_id for standing in standings.values())
    return [DecidedTime.as_posted(standing, transactions[standing.transaction_id]) for standing in standings.values()]


def on_account(standing: PostedEntry, account: Account) -> int:
    """Seconds of an entry on one account."""
    return sum(leg.seconds for leg in standing.shares if leg.account == account)


def _by_ticket(standings: Iterable[PostedEntry]) -> tuple[Charged, ...]:
    shares: dict[tuple[str, str, Month], dict[Account, int]] = {}
    for standing in standings:
        accounts_of_ticket = shares.setdefault((standing.ticket_id, standing.organization_id, standing.period), {})
        for leg in standing.shares:
            accounts_of_ticket[leg.account] = accounts_of_ticket.get(leg.account, 0) + leg.seconds
    return tuple(
        Charged(*key, tuple(Leg(account, seconds) for account, seconds in sorted(found.items())))
        for key, found in sorted(shares.items())
    )
