"""Prepaid hour cards: buying, what is left, and what a person may change (H1–H3).

A card never expires (H3). Its hours are whole seconds; its rate is euro per hour at purchase.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from care_sync.errors import UserError
from care_sync.ledger.book import record
from care_sync.model.account import ADJUSTED, PURCHASED, WRITTEN_OFF, Account, Leg
from care_sync.model.duration import clock
from care_sync.model.hour_card import HourCard
from care_sync.model.mark import DirtyKind
from care_sync.model.month import Month
from care_sync.model.transaction import SYSTEM, Transaction, TransactionKind
from care_sync.store import UnitOfWork

MINIMUM_HOURS = Decimal(50)
"""Fewest hours a purchase may hold (H1)."""

MOST_HOURS = Decimal(500)
"""Most hours that a purchase holds without a question: more looks like a slip of the pen."""

LOWERED = "cards_lowered"
"""The kind of telling for a customer of whom a person, or a recalculation, took hours off a card; it is kept until
somebody looks how low the cards are."""


@dataclass(frozen=True, slots=True)
class CardState:
    """A card with what is left on it, in seconds."""

    card: HourCard
    left: int

    @property
    def used(self) -> int:
        """Seconds that are no longer on it, whatever took them."""
        return self.card.seconds - self.left


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
    most_hours: Decimal = MOST_HOURS,
    again: bool = False,
) -> HourCard:
    """Sell a customer a card.

    Raises :class:`UserError` below the minimum unless a reason overrides it (H1), and unless ``again`` says that it is
    meant for what looks like a slip: a reference that a card has, a purchase that was entered before, very many hours.
    """
    if hours <= 0:
        raise UserError(f"an hour card of {hours} hours cannot be bought", ["give a positive number of hours"])
    if rate <= 0:
        raise UserError(f"a rate of {rate} is not an hourly rate", ["give the rate in euro per hour"])
    if hours < minimum_hours and not override_reason:
        raise UserError(
            f"an hour card holds at least {minimum_hours} hours (H1); {hours} were asked for",
            ["buy more hours, or give a reason to override, which is recorded"],
        )
    seconds = seconds_of(hours)
    if not seconds:
        raise UserError(f"an hour card of {hours} hours holds not even a second", ["give the hours, such as 50"])
    work.ledger.lock_head()
    doubts = _doubts(work, organization_id, bought_on, seconds, reference, most_hours)
    if doubts and not again:
        raise UserError(f"is this meant? {'; '.join(doubts)}", ["nothing was sold; if it is meant, add --again"])
    card = work.cards.add(organization_id, bought_on, seconds, rate, reference)
    move(
        work,
        card,
        TransactionKind.PURCHASE,
        PURCHASED,
        seconds,
        period=work.periods.months().booked(bought_on),
        day=bought_on,
        now=now,
        actor=actor,
        reason=override_reason or reference,
        clauses=("H1",),
    )
    return card


def _doubts(
    work: UnitOfWork, organization_id: str, bought_on: date, seconds: int, reference: str, most_hours: Decimal
) -> list[str]:
    """What about a purchase looks as if it was entered before, or as if a digit was typed twice."""
    doubts = []
    standing = [card for card in work.cards.all() if not card.voided]
    named = reference.strip().casefold()
    same = [card for card in standing if named and card.reference.strip().casefold() == named]
    doubts += [f'card {card.card_id} has the reference "{card.reference}" too' for card in same]
    doubts += [
        f"card {card.card_id} of {clock(seconds)} hours was sold to this customer on that day"
        for card in standing
        if (card.organization_id, card.bought_on, card.seconds) == (organization_id, bought_on, seconds)
        and card not in same
    ]
    if seconds > most_hours * 3600:
        doubts.append(f"{clock(seconds)} hours are more than {most_hours} (ledger.hour_card.most_hours)")
    return doubts


def adjust(work: UnitOfWork, card_id: int, *, seconds: int, day: date, now: datetime, actor: str, reason: str) -> int:
    """Add (or with a negative number take away) seconds, by a person and for a reason.

    Raises :class:`UserError` without a reason, for an unknown card, or when the card would fall below zero.
    """
    return _by_a_person(work, card_id, TransactionKind.ADJUSTMENT, ADJUSTED, seconds, day, now, actor, reason)


def write_off(
    work: UnitOfWork, card_id: int, *, seconds: int | None, day: date, now: datetime, actor: str, reason: str
) -> int:
    """Take seconds away for good, all that is left when ``None``.

    Raises :class:`UserError` without a reason, for an unknown card, or for more than is left.
    """
    to_write_off = left_on(work, require(work, card_id)) if seconds is None else seconds
    if to_write_off <= 0:
        raise UserError(
            f"there is nothing to write off on card {card_id}", ["`care-sync cards show` tells what is left"]
        )
    return _by_a_person(work, card_id, TransactionKind.WRITE_OFF, WRITTEN_OFF, -to_write_off, day, now, actor, reason)


def left_on(work: UnitOfWork, card: HourCard) -> int:
    """Seconds left on a card."""
    return -work.ledger.balances(card.organization_id).get(Account.card(card.card_id), 0)


def require(work: UnitOfWork, card_id: int) -> HourCard:
    """The card of that number. Raises :class:`UserError` when there is none."""
    card = work.cards.get(card_id)
    if card is None:
        raise UserError(f"there is no card {card_id}", ["`care-sync cards list` shows the cards"])
    return card


def all_states(work: UnitOfWork) -> dict[str, list[CardState]]:
    """The cards of every customer who has any, each with what is left, oldest purchase first."""
    balances = work.ledger.balances_of_cards()
    found: dict[str, list[CardState]] = {}
    for card in work.cards.all():
        state = CardState(card, -balances.get(Account.card(card.card_id), 0))
        found.setdefault(card.organization_id, []).append(state)
    return found


def states(work: UnitOfWork, organization_id: str) -> list[CardState]:
    """A customer's cards with what is left, oldest purchase first."""
    balances = work.ledger.balances(organization_id)
    return [
        CardState(card, -balances.get(Account.card(card.card_id), 0))
        for card in work.cards.of_organization(organization_id)
    ]


def seconds_of(hours: Decimal) -> int:
    """Whole seconds, to the nearest."""
    return int((hours * 3600).to_integral_value(ROUND_HALF_UP))


def move(
    work: UnitOfWork,
    card: HourCard,
    kind: TransactionKind,
    contra: Account,
    seconds: int,
    *,
    period: Month,
    day: date,
    now: datetime,
    actor: str,
    reason: str,
    clauses: tuple[str, ...] = (),
) -> int:
    """Add ``seconds`` to a card against a contra account, and mark its customer to be laid down anew.

    What goes on a card can take time off the invoice. Returns the transaction's number.
    """
    number = record(
        work,
        Transaction(
            kind=kind,
            organization_id=card.organization_id,
            period=period,
            work_date=day,
            booked_at=now,
            legs=(Leg(Account.card(card.card_id), -seconds), Leg(contra, seconds)),
            actor=actor,
            reason=reason,
            clauses=clauses,
        ),
    )
    if seconds < 0:
        note_lowered(work, card.organization_id, now)
    work.dirty.mark(DirtyKind.ORGANIZATION, [card.organization_id], f"hour card {card.card_id}: {kind}", now)
    return number


def note_lowered(work: UnitOfWork, organization_id: str, now: datetime) -> None:
    """Remember that it was not work alone that brought a customer's cards down, so that nobody says that it was."""
    work.tellings.tell(LOWERED, organization_id, LOWERED, now)


def _by_a_person(
    work: UnitOfWork,
    card_id: int,
    kind: TransactionKind,
    contra: Account,
    seconds: int,
    day: date,
    now: datetime,
    actor: str,
    reason: str,
) -> int:
    work.ledger.lock_head()
    card = require(work, card_id)
    if card.voided:
        raise UserError(f"card {card_id} was voided", ["`care-sync cards show` tells by whom and why"])
    if not reason.strip():
        raise UserError(f"a change of card {card_id} needs a reason", ["say why, for the customer and the auditor"])
    if seconds == 0:
        raise UserError("a change of nothing changes nothing", ["give the hours to add or take away"])
    left = left_on(work, card)
    if seconds < 0 and left + seconds < 0:
        raise UserError(
            f"card {card_id} has {clock(left)} hours left; {clock(-seconds)} cannot be taken away",
            ["take away what is left at most"],
        )
    period = work.periods.months().booked(day)
    return move(work, card, kind, contra, seconds, period=period, day=day, now=now, actor=actor, reason=reason.strip())
