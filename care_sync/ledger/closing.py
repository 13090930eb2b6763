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
from datetime import date, datetime

from care_sync.errors import UserError
from care_sync.ledger import accounts
from care_sync.ledger.allocation import Demand
from care_sync.ledger.basis import Worked, route_of, was_charged_while_pending
from care_sync.ledger.months import Months
from care_sync.ledger.posting import post_customer
from care_sync.ledger.terms import Terms
from care_sync.store import UnitOfWork
from care_sync.store.entries import StoredEntry
from care_sync.store.ledger import Leg, Standing, StoredTransaction
from care_sync.store.work import DirtyKind

TermsOf = Callable[[str], Terms]
"""The terms of a customer, by organization id."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What stands in a month that is about to close.

    ``pending`` and ``review`` are what entries stand on; ``unlinked`` count for nobody; ``to_do`` counts marks that no
    pass has worked on yet (the ledger may not know all of the month).
    """

    period: str
    pending: tuple[Standing, ...]
    review: tuple[Standing, ...]
    unlinked: tuple[StoredEntry, ...]
    to_do: int

    @property
    def pending_seconds(self) -> int:
        """Seconds that closing will charge."""
        return sum(on_account(one, accounts.PENDING) for one in self.pending)

    @property
    def review_seconds(self) -> int:
        """Seconds that wait for a person; they stay under review when the month closes."""
        return sum(on_account(one, accounts.REVIEW) for one in self.review)


@dataclass(frozen=True, slots=True)
class Charged:
    """A ticket's time that the closing of ``period`` charged while it was undetermined, by the accounts it is on."""

    ticket_id: str
    organization_id: str
    period: str
    shares: tuple[Leg, ...]

    @property
    def seconds(self) -> int:
        """All of it."""
        return sum(leg.seconds for leg in self.shares)


@dataclass(frozen=True, slots=True)
class Closing:
    """What closing a month did."""

    period: str
    charged: tuple[Charged, ...]
    transactions: int


def outlook(work: UnitOfWork, period: str) -> Outlook:
    """Look at a month before it closes."""
    standing = list(work.ledger.standing_in(period))
    marks = work.dirty.count()
    return Outlook(
        period=period,
        pending=tuple(one for one in standing if on_account(one, accounts.PENDING)),
        review=tuple(one for one in standing if on_account(one, accounts.REVIEW)),
        unlinked=tuple(
            one for one in work.entries.unlinked() if accounts.period_of_date(one.entry.work_date) == period
        ),
        to_do=sum(marks.values()),
    )


def require_closable(work: UnitOfWork, period: str, today: date) -> None:
    """Raise :class:`UserError` unless ``period`` is the next month to close, and over."""
    if not accounts.is_period(period):
        raise UserError(f'"{period}" is no month', ["write it as year and month, as in 2026-10"])
    months = Months.read(work)
    if months.is_closed(period):
        raise UserError(
            f"the month {period} is closed already",
            ["later changes become corrections in the open month by themselves"],
        )
    if period >= accounts.period_of_date(today):
        raise UserError(f"the month {period} is not over yet", [f"close it from {accounts.next_period(period)}-01 on"])
    expected = months.first_open or work.ledger.first_worked_period()
    if expected is not None and expected < period:
        raise UserError(
            f"the month {expected} is still open", [f"months close in order: `care-sync period close {expected}`"]
        )


def close_month(work: UnitOfWork, period: str, *, terms: TermsOf, now: datetime, today: date, actor: str) -> Closing:
    """Charge what is pending in ``period`` (I4) and close it.

    Raises :class:`UserError` for a month that is closed, not over, or not the next in order.
    """
    work.ledger.lock_head()
    require_closable(work, period, today)
    pending = outlook(work, period).pending
    transactions, touched = 0, set[str]()
    for organization_id in sorted({one.organization_id for one in pending}):
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
    work.ledger.forget_corrected(period)
    entry_keys = {one.entry_key for one in pending}
    charged = _by_ticket(one for one in work.ledger.standing(entry_keys).values() if was_charged_while_pending(one))
    # What is charged can take a card's time from other tickets, and its last: all of the customer's show it.
    work.dirty.mark(DirtyKind.TICKET, sorted(touched), f"{period} closed and charged what was undetermined", now)
    return Closing(period, charged, transactions)


def as_posted(work: UnitOfWork, organization_id: str) -> list[Worked]:
    """A customer's open entries as they were posted last: laying them down again changes what cards allow, no more."""
    standings = work.ledger.standing_of_organization(organization_id, Months.read(work).first_open or "")
    transactions = work.ledger.many(one.transaction_id for one in standings.values())
    return [_as_posted(one, transactions[one.transaction_id]) for one in standings.values()]


def on_account(standing: Standing, account: str) -> int:
    """Seconds of an entry on one account."""
    return sum(leg.seconds for leg in standing.shares if leg.account == account)


def _as_posted(standing: Standing, transaction: StoredTransaction) -> Worked:
    return Worked(
        Demand(
            entry_key=standing.entry_key,
            seconds=standing.seconds,
            route=route_of(standing),
            work_date=standing.work_date,
            period=standing.period,
            ticket_id=standing.ticket_id or "",
            started_at=standing.started_at,
        ),
        revision=transaction.entry_revision or 0,
        rules=transaction.rules,
        clauses=transaction.clauses,
        reason=transaction.reason,
    )


def _by_ticket(standings: Iterable[Standing]) -> tuple[Charged, ...]:
    shares: dict[tuple[str, str, str], dict[str, int]] = {}
    for one in standings:
        accounts_of_ticket = shares.setdefault((one.ticket_id or "", one.organization_id, one.period), {})
        for leg in one.shares:
            accounts_of_ticket[leg.account] = accounts_of_ticket.get(leg.account, 0) + leg.seconds
    return tuple(
        Charged(*key, tuple(Leg(account, seconds) for account, seconds in sorted(found.items())))
        for key, found in sorted(shares.items())
    )
