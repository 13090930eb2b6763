"""Prepaid hour cards: buying, what is left, adjusting, and the yearly recalculation (H1–H6).

A card never expires (H3). Its hours are whole seconds; its rate is euro per hour at purchase.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from dateutil.relativedelta import relativedelta

from care_sync.errors import UserError
from care_sync.ledger import accounts
from care_sync.ledger.book import SYSTEM, Transaction, record
from care_sync.ledger.months import Months
from care_sync.store import UnitOfWork
from care_sync.store.agreements import CardRow
from care_sync.store.ledger import Leg

MINIMUM_HOURS = Decimal(50)
"""Fewest hours a purchase may hold (H1)."""
RECALCULATED_SINCE = date(2024, 1, 1)
"""Cards bought before this day are never recalculated (H4)."""
USED_UP_SHARE = Decimal("0.9")
"""Used more than this at twelve months: no recalculation (H6); exactly this much: recalculated."""


@dataclass(frozen=True, slots=True)
class CardState:
    """A card with what is left on it, in seconds."""

    card: CardRow
    left: int

    @property
    def used(self) -> int:
        """Seconds that are no longer on it, whatever took them."""
        return self.card.seconds - self.left


@dataclass(frozen=True, slots=True)
class Proposal:
    """A recalculation that may be applied (H5): seconds left before and after."""

    card_id: int
    due_on: date
    left_before: int
    left_after: int
    old_rate: Decimal
    new_rate: Decimal


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a card is not recalculated for a due date; ``is_final`` says that this will not change."""

    card_id: int
    due_on: date
    reason: str
    is_final: bool


def buy(
    work: UnitOfWork,
    organization_id: str,
    *,
    hours: Decimal,
    rate: Decimal,
    bought_on: date,
    reference: str,
    now: datetime,
    actor: str = SYSTEM,
    override_reason: str = "",
    minimum_hours: Decimal = MINIMUM_HOURS,
) -> CardRow:
    """Sell a customer a card. Raises :class:`UserError` below the minimum unless a reason overrides it (H1)."""
    if hours <= 0:
        raise UserError(f"an hour card of {hours} hours cannot be bought", ["give a positive number of hours"])
    if rate <= 0:
        raise UserError(f"a rate of {rate} is not an hourly rate", ["give the rate in euro per hour"])
    if hours < minimum_hours and not override_reason:
        raise UserError(
            f"an hour card holds at least {minimum_hours} hours (H1); {hours} were asked for",
            ["buy more hours, or give a reason to override, which is recorded"],
        )
    seconds = int((hours * 3600).to_integral_value(ROUND_HALF_UP))
    card = work.cards.add(organization_id, bought_on, seconds, rate, reference)
    _move(
        work,
        card,
        "purchase",
        accounts.PURCHASED,
        seconds,
        period=Months.read(work).booked(bought_on),
        day=bought_on,
        now=now,
        actor=actor,
        reason=override_reason or reference,
        clauses=("H1",),
    )
    return card


def adjust(
    work: UnitOfWork,
    card_id: int,
    *,
    seconds: int,
    day: date,
    now: datetime,
    actor: str,
    reason: str,
    write_off: bool = False,
) -> int:
    """Add (or with a negative number take away) seconds, by a person and for a reason.

    Raises :class:`UserError` without a reason, for an unknown card, or when the card would fall below zero.
    """
    card = require(work, card_id)
    if not reason.strip():
        raise UserError("an adjustment needs a reason", ["say why, for the customer and the auditor"])
    if seconds == 0:
        raise UserError("an adjustment of nothing changes nothing", ["give the hours to add or take away"])
    left = -work.ledger.balances(card.organization_id).get(accounts.card(card_id), 0)
    if left + seconds < 0:
        raise UserError(
            f"card {card_id} has {left} seconds left; {-seconds} cannot be taken away",
            ["take away what is left at most"],
        )
    kind, contra = ("write_off", accounts.WRITTEN_OFF) if write_off else ("adjustment", accounts.ADJUSTED)
    return _move(
        work, card, kind, contra, seconds,
        period=Months.read(work).booked(day), day=day, now=now, actor=actor, reason=reason,
    )  # fmt: skip


def require(work: UnitOfWork, card_id: int) -> CardRow:
    """The card of that number. Raises :class:`UserError` when there is none."""
    card = work.cards.get(card_id)
    if card is None:
        raise UserError(f"there is no card {card_id}", ["`care-sync cards list` shows the cards"])
    return card


def states(work: UnitOfWork, organization_id: str) -> list[CardState]:
    """A customer's cards with what is left, oldest purchase first."""
    balances = work.ledger.balances(organization_id)
    return [
        CardState(card, -balances.get(accounts.card(card.card_id), 0))
        for card in work.cards.of_organization(organization_id)
    ]


def due_on(bought_on: date, years: int = 1) -> date | None:
    """When a card falls due for recalculation: ``years`` × 12 calendar months after purchase (H4).

    ``None`` for cards from before 2024. A card bought on 29 February falls due on 28 February.
    """
    if bought_on < RECALCULATED_SINCE:
        return None
    return bought_on + relativedelta(months=12 * years)


def propose(
    card: CardRow, *, due: date, left_then: int, left_now: int, rates: Mapping[int, Decimal]
) -> Proposal | Refusal:
    """What recalculation a card gets for a due date (H5, H6).

    ``left_then`` is what was left at the end of the due day, as known on it; whatever arrives later does not change
    whether more than 90 % was used. The rate is that of the calendar year in which the due date lies. New remaining =
    remaining × rate at purchase ÷ rate of that year, to the nearest second.
    """
    used_share = 1 - Decimal(left_then) / Decimal(card.seconds)
    if used_share > USED_UP_SHARE:
        return Refusal(card.card_id, due, "more than 90 % was used at twelve months (H6)", is_final=True)
    rate = rates.get(due.year)
    if rate is None:
        return Refusal(card.card_id, due, f"no hourly rate is configured for {due.year}", is_final=False)
    if rate <= card.rate:
        return Refusal(
            card.card_id,
            due,
            f"the rate of {due.year} ({rate}) is not higher than at purchase ({card.rate}): hours never grow silently",
            is_final=False,
        )
    after = (Decimal(left_now) * card.rate / rate).to_integral_value(ROUND_HALF_UP)
    return Proposal(card.card_id, due, left_now, int(after), card.rate, rate)


def apply_recalculation(work: UnitOfWork, proposal: Proposal, *, now: datetime, today: date, actor: str) -> int:
    """Book an approved recalculation. Raises :class:`UserError` when the card has moved since it was proposed."""
    card = require(work, proposal.card_id)
    left = -work.ledger.balances(card.organization_id).get(accounts.card(card.card_id), 0)
    if left != proposal.left_before:
        raise UserError(
            f"card {card.card_id} has changed since its recalculation was proposed",
            ["propose it again and approve that"],
        )
    return _move(
        work,
        card,
        "recalculation",
        accounts.RECALCULATED,
        proposal.left_after - proposal.left_before,
        period=Months.read(work).booked(today),
        day=proposal.due_on,
        now=now,
        actor=actor,
        reason=f"{proposal.old_rate} → {proposal.new_rate} per hour",
        clauses=("H4", "H5"),
    )


def _move(
    work: UnitOfWork,
    card: CardRow,
    kind: str,
    contra: str,
    seconds: int,
    *,
    period: str,
    day: date,
    now: datetime,
    actor: str,
    reason: str,
    clauses: tuple[str, ...] = (),
) -> int:
    """Add ``seconds`` to a card against a contra account."""
    return record(
        work,
        Transaction(
            kind=kind,
            organization_id=card.organization_id,
            period=period,
            work_date=day,
            booked_at=now,
            legs=(Leg(accounts.card(card.card_id), -seconds), Leg(contra, seconds)),
            actor=actor,
            reason=reason,
            clauses=clauses,
        ),
    )
