"""Taking a purchase back, giving a card to another customer, and mending what was written down wrongly (H1–H3).

Terms
    drawn      seconds of work that a card paid
    moves on   drawn seconds find their place anew: on the customer's other cards, or on the invoice

Promise: a change is one transaction with everything that follows from it, so that a crash leaves all of it or nothing,
and two people, or a person and a pass, change a card one after the other. Open months are laid down anew. What a closed
month drew from a card that is no longer there is corrected in the open month, by that much and no more. The purchase
and every change stay in the ledger, with who and why.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from care_sync.errors import UserError
from care_sync.ledger.book import record_all
from care_sync.ledger.cards import left_on, note_lowered, require
from care_sync.ledger.closing import as_posted, on_account
from care_sync.ledger.due_days import undoing
from care_sync.ledger.posting import post_customer
from care_sync.model.account import CONTRA, PURCHASED, Account, Leg
from care_sync.model.duration import clock
from care_sync.model.hour_card import CardChange, CardChangeKind, HourCard
from care_sync.model.mark import DirtyKind
from care_sync.model.month import Month
from care_sync.model.posted_entry import PostedEntry
from care_sync.model.terms import Terms
from care_sync.model.transaction import Transaction, TransactionKind
from care_sync.store import UnitOfWork

TermsOf = Callable[[str], Terms]
"""A customer's terms, by its id."""

BEFORE_EVERYTHING = Month("2000-01")


@dataclass(frozen=True, slots=True)
class ChangedBalance:
    """Seconds of a customer on an account, debit positive, before a change and after it."""

    organization_id: str
    account: Account
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class ChangedCard:
    """A change of a card, and every balance that it moved."""

    change: CardChange
    balances: tuple[ChangedBalance, ...]


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes a card, when and why. Raises :class:`UserError` without a reason."""

    actor: str
    reason: str
    now: datetime

    def __post_init__(self) -> None:
        """Refuse a change without a reason."""
        if not self.reason.strip():
            raise UserError("a change of a card needs a reason", ["say why, for the customer and the auditor"])


def void(work: UnitOfWork, card_id: int, author: Author, *, terms: TermsOf) -> ChangedCard:
    """Take a purchase back: the card holds nothing, and what it had paid moves on.

    Raises :class:`UserError` for a card that is not there or was voided before.
    """
    work.ledger.lock_head()
    card = _standing(work, card_id)
    return _changed(work, CardChangeKind.VOIDED, card, replace(card, voided=True), author, terms)


def move_to(work: UnitOfWork, card_id: int, organization_id: str, author: Author, *, terms: TermsOf) -> ChangedCard:
    """Give a card to another customer, whole: what it had paid for the first moves on.

    Raises :class:`UserError` for a card that is not there, was voided, or is that customer's already.
    """
    work.ledger.lock_head()
    card = _standing(work, card_id)
    if card.organization_id == organization_id:
        raise UserError(f"card {card_id} is that customer's already", ["nothing was changed"])
    after = replace(card, organization_id=organization_id)
    return _changed(work, CardChangeKind.MOVED, card, after, author, terms)


def correct(
    work: UnitOfWork,
    card_id: int,
    author: Author,
    *,
    terms: TermsOf,
    seconds: int | None = None,
    bought_on: date | None = None,
) -> ChangedCard:
    """Mend the hours or the day of a purchase, as if they had been right from the beginning.

    Where a card held less than closed months drew, what was worked last moves on. Raises :class:`UserError` for a card
    that is not there or was voided, when nothing would change, and when people took more off the card than it would
    hold.
    """
    work.ledger.lock_head()
    card = _standing(work, card_id)
    after = replace(card, seconds=card.seconds if seconds is None else seconds, bought_on=bought_on or card.bought_on)
    if after == card:
        raise UserError(f"card {card_id} says so already", ["give other --hours, or another day in --on"])
    if after.seconds <= 0:
        raise UserError("a card holds hours", ["take the purchase back with `care-sync cards void`"])
    return _changed(work, CardChangeKind.CORRECTED, card, after, author, terms)


def _standing(work: UnitOfWork, card_id: int) -> HourCard:
    card = require(work, card_id)
    if card.voided:
        raise UserError(f"card {card_id} was voided", ["`care-sync cards show` tells by whom and why"])
    return card


def _changed(
    work: UnitOfWork, kind: CardChangeKind, before: HourCard, after: HourCard, author: Author, terms: TermsOf
) -> ChangedCard:
    customers = sorted({before.organization_id, after.organization_id})
    balances = {customer: work.ledger.balances(customer) for customer in customers}
    change = CardChange(kind, before, after, author.now, author.actor, author.reason.strip())
    work.cards.change(change)
    if kind is CardChangeKind.CORRECTED:
        _correct(work, change, terms)
    else:
        _take_off(work, change, terms)
    for customer in customers:
        note_lowered(work, customer, author.now)
    work.dirty.mark(DirtyKind.ORGANIZATION, customers, f"hour card {after.card_id}: {kind}", author.now)
    return ChangedCard(change, _differing(work, balances))


def _take_off(work: UnitOfWork, change: CardChange, terms: TermsOf) -> None:
    """Let the time go that the card had paid, then its hours; put them on the card at its new customer."""
    card, now = change.before, change.changed_at
    account = Account.card(card.card_id)
    _undo_settlements(work, card, now)
    _undo_recalculations(work, change)
    paid = work.ledger.posted_on(account, organization_id=card.organization_id)
    _lay_anew(work, card.organization_id, paid, terms, now)
    held = left_on(work, card)
    kind = TransactionKind.VOID if change.kind is CardChangeKind.VOIDED else TransactionKind.MOVE
    _book(work, change, kind, card.organization_id, -held)
    if kind is TransactionKind.MOVE:
        _book(work, change, kind, change.after.organization_id, held)
        _lay_anew(work, change.after.organization_id, (), terms, now)


def _correct(work: UnitOfWork, change: CardChange, terms: TermsOf) -> None:
    card, limit = change.after, terms(change.after.organization_id).overdraft_seconds
    work.recalculations.release(card.card_id)
    left_before = left_on(work, card)
    months = work.periods.months()
    if months.booked(card.bought_on) == months.booked(change.before.bought_on):
        more = card.seconds - change.before.seconds
        _book(work, change, TransactionKind.PURCHASE_CORRECTION, card.organization_id, more)
    else:  # each month's statement shows the purchase where it was made
        _book(work, change, TransactionKind.PURCHASE_CORRECTION, card.organization_id, card.seconds)
        _book(
            work, change, TransactionKind.PURCHASE_CORRECTION, card.organization_id, -change.before.seconds, mended=True
        )
    _lay_anew(work, card.organization_id, _beyond(work, card, limit), terms, change.changed_at)
    left = left_on(work, card)
    if limit is not None and left < min(-limit, left_before):
        raise UserError(
            f"people took more off card {card.card_id} than it would hold: {clock(-left)} hours too much",
            ["take back what was adjusted or written off with `care-sync cards adjust` first"],
        )


def _beyond(work: UnitOfWork, card: HourCard, limit: int | None) -> list[PostedEntry]:
    """Entries of closed months for which the card holds no room (any more): what was worked last."""
    if limit is None:
        return []
    account = Account.card(card.card_id)
    paid = work.ledger.posted_on(account, organization_id=card.organization_id)
    months = work.periods.months()
    closed = [standing for standing in paid if months.is_closed(standing.period)]
    in_open_months = sum(on_account(standing, account) for standing in paid) - sum(
        on_account(standing, account) for standing in closed
    )
    missing = -limit - (left_on(work, card) + in_open_months)
    beyond = []
    for standing in sorted(closed, key=_order, reverse=True):
        if missing <= 0:
            break
        beyond.append(standing)
        missing -= on_account(standing, account)
    return beyond


def _order(standing: PostedEntry) -> tuple[Month, date, float, str]:
    started = standing.started_at.timestamp() if standing.started_at is not None else 0.0
    return (standing.period, standing.work_date, started, standing.entry_key)


def _lay_anew(
    work: UnitOfWork, organization_id: str, paid: Collection[PostedEntry], terms: TermsOf, now: datetime
) -> None:
    """Lay a customer's open months down anew, and with them what closed months ``paid`` with the card."""
    months = work.periods.months()
    closed = [standing for standing in paid if months.is_closed(standing.period)]
    post_customer(
        work,
        organization_id,
        as_posted(work, organization_id, closed),
        terms=terms(organization_id),
        now=now,
        anew=[standing.entry_key for standing in closed],
    )


def _undo_settlements(work: UnitOfWork, card: HourCard, now: datetime) -> None:
    """What other cards took over of this one, or it of others, goes back where it came from."""
    account = Account.card(card.card_id)
    settlements = work.ledger.unreversed(card.organization_id, TransactionKind.SETTLEMENT, BEFORE_EVERYTHING)
    undone = [
        Transaction(
            kind=TransactionKind.SETTLEMENT,
            organization_id=settlement.organization_id,
            period=work.periods.months().correcting(settlement.period),
            work_date=settlement.work_date,
            booked_at=now,
            legs=tuple(Leg(leg.account, -leg.seconds) for leg in settlement.legs),
            reason=f"card {card.card_id} is no longer there",
            reverses=settlement.transaction_id,
        )
        for settlement in settlements
        if any(leg.account == account for leg in settlement.legs)
    ]
    record_all(work, undone, overdraft_seconds=None)


def _undo_recalculations(work: UnitOfWork, change: CardChange) -> None:
    """What open months recalculated of the card goes back; at another customer it is worked out anew (H4)."""
    records = [record for record in work.recalculations.of_cards([change.before.card_id]) if not record.is_kept]
    booked = work.ledger.many(record.transaction_id for record in records if record.transaction_id is not None)
    months = work.periods.months()
    reason = f"card {change.before.card_id} is no longer there"
    undone = [undoing(transaction, months, change.changed_at, reason) for transaction in booked.values()]
    record_all(work, undone, overdraft_seconds=None)
    for record in records:
        if change.kind is CardChangeKind.VOIDED:
            work.recalculations.forget(record)
        else:
            work.recalculations.put(replace(record, transaction_id=None))


def _book(
    work: UnitOfWork,
    change: CardChange,
    kind: TransactionKind,
    organization_id: str,
    seconds: int,
    *,
    mended: bool = False,
) -> None:
    """Put seconds on the card, or with a negative number take them off, in the month of the purchase.

    ``mended`` says that it is the month in which the purchase stood by mistake.
    """
    if not seconds:
        return
    bought_on = change.before.bought_on if mended else change.after.bought_on
    transaction = Transaction(
        kind=kind,
        organization_id=organization_id,
        period=work.periods.months().booked(bought_on),
        work_date=bought_on,
        booked_at=change.changed_at,
        legs=(Leg(Account.card(change.after.card_id), -seconds), Leg(PURCHASED, seconds)),
        actor=change.actor,
        reason=change.reason,
        clauses=("H1",),
    )
    # A correction can leave too little for what open months drew: that is laid anew before the transaction ends.
    record_all(work, [transaction], overdraft_seconds=None)


def _differing(work: UnitOfWork, before: Mapping[str, Mapping[Account, int]]) -> tuple[ChangedBalance, ...]:
    changed: list[ChangedBalance] = []
    for customer, balances in before.items():
        after = work.ledger.balances(customer)
        accounts: Sequence[Account] = sorted({*balances, *after} - CONTRA)
        changed += [
            ChangedBalance(customer, account, balances.get(account, 0), after.get(account, 0))
            for account in accounts
            if balances.get(account, 0) != after.get(account, 0)
        ]
    return tuple(changed)
