"""The yearly recalculation of what is left on an hour card (H4–H6).

Terms
    due day      12 calendar months after purchase (H4); more of them, a year apart, only where that is configured
    left then    what was left at the end of the due day, by the day of the work and not by when it became known (H6)
    proposal     a recalculation that a person may approve (H5): remaining × rate at purchase ÷ rate of the due day's
                 year

States of a due day: ``proposed`` and ``waiting`` (for a rate) are open; ``applied``, ``declined`` (by a person) and
``settled`` (nothing to recalculate, and why) are final.

Promise: once per due day, however often it is looked for. Hours never grow: a rate that is missing or lower than the
old one is reported to a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from care_sync.errors import UserError
from care_sync.ledger import cards
from care_sync.model.account import RECALCULATED
from care_sync.model.hour_card import HourCard
from care_sync.model.recalculation import Recalculation, RecalculationState, due_days, recalculated, was_used_up
from care_sync.model.transaction import SYSTEM, TransactionKind
from care_sync.settings.agreements import HourCardSection
from care_sync.store import UnitOfWork

NO_RATE = "recalculation_rate"
"""The kind of attention for a card whose due day lacks a usable rate; its subject is ``<card>:<due day>``."""


def find_due(work: UnitOfWork, settings: HourCardSection, zone: ZoneInfo, *, now: datetime) -> list[Recalculation]:
    """Look every card's due days up and keep what is found; apply it where that is configured.

    Returns what is new or changed. For the nightly pass; looking twice changes nothing.
    """
    if settings.recalculation == "off":
        return []
    work.ledger.lock_head()
    today = now.astimezone(zone).date()
    # A due day is looked at when it is over: what is worked on it counts (H6).
    known = {
        (recalculation.card_id, recalculation.due_on): recalculation for recalculation in work.recalculations.all()
    }
    results = []
    for card in work.cards.all():
        if card.voided:
            continue
        for due in due_days(card.bought_on, today - timedelta(days=1), yearly=settings.recalculate_yearly):
            before = known.get((card.card_id, due))
            if before is not None and before.state.is_final:
                continue
            after = _judged(work, card, due, before, settings.rates, now)
            if after != before:
                work.recalculations.put(after)
            if settings.recalculation == "automatic" and after.state is RecalculationState.PROPOSED:
                after = apply(work, card.card_id, due, now=now, today=today, actor=SYSTEM, reason="")
            if after != before:
                results.append(after)
            _tell(work, card, after, now)
            if not after.state.is_final:
                break  # the next year's recalculation rests on what becomes of this one
    return results


def open_proposals(work: UnitOfWork) -> list[Recalculation]:
    """Due days that wait for a person: proposed, or without a usable rate."""
    return [recalculation for recalculation in work.recalculations.all() if not recalculation.state.is_final]


def require_open(work: UnitOfWork, card_id: int) -> Recalculation:
    """The open due day of a card. Raises :class:`UserError` when there is none."""
    cards.require(work, card_id)
    for open_proposal in open_proposals(work):
        if open_proposal.card_id == card_id:
            return open_proposal
    raise UserError(f"card {card_id} is not due for recalculation", ["`care-sync cards recalculate` shows which are"])


def apply(
    work: UnitOfWork, card_id: int, due_on: date, *, now: datetime, today: date, actor: str, reason: str
) -> Recalculation:
    """Book a recalculation of what is left now.

    Raises :class:`UserError` unless it is proposed.
    """
    work.ledger.lock_head()
    proposal = _require_proposed(work, card_id, due_on)
    card = cards.require(work, card_id)
    left = cards.left_on(work, card)
    after = recalculated(left, proposal.old_rate, _rate(proposal))
    if left <= 0 or after == left:
        settled = replace(
            proposal,
            state=RecalculationState.SETTLED,
            left_before=left,
            left_after=left,
            reason="nothing is left to recalculate",
            actor=actor,
            decided_at=now,
        )
        work.recalculations.put(settled)
        return settled
    number = cards.move(
        work,
        card,
        TransactionKind.RECALCULATION,
        RECALCULATED,
        after - left,
        period=work.periods.months().booked(today),
        day=due_on,
        now=now,
        actor=actor,
        reason=f"{proposal.old_rate} → {proposal.new_rate} per hour"
        + (f"; {reason.strip()}" if reason.strip() else ""),
        clauses=("H4", "H5"),
    )
    applied = replace(
        proposal,
        state=RecalculationState.APPLIED,
        left_before=left,
        left_after=after,
        reason=reason.strip(),
        actor=actor,
        decided_at=now,
        transaction_id=number,
    )
    work.recalculations.put(applied)
    return applied


def decline(work: UnitOfWork, card_id: int, *, now: datetime, actor: str, reason: str) -> Recalculation:
    """Leave a card as it is for its open due day, for a reason.

    Raises :class:`UserError` without one, or when the card is not due.
    """
    work.ledger.lock_head()
    if not reason.strip():
        raise UserError("declining a recalculation needs a reason", ["say why, for whoever looks for it next year"])
    declined = replace(
        require_open(work, card_id),
        state=RecalculationState.DECLINED,
        reason=reason.strip(),
        actor=actor,
        decided_at=now,
    )
    work.recalculations.put(declined)
    work.attention.resolve(NO_RATE, [_subject(declined)])
    return declined


def _judged(
    work: UnitOfWork,
    card: HourCard,
    due: date,
    before: Recalculation | None,
    rates: Mapping[int, Decimal],
    now: datetime,
) -> Recalculation:
    """What a due day comes to."""
    left = cards.left_on(work, card)
    old_rate, new_rate = _old_rate(work, card, due), rates.get(due.year)
    left_then = work.ledger.card_left(card.card_id, worked_until=due)
    used = work.ledger.card_used(card.card_id, worked_until=due)
    state, reason = RecalculationState.PROPOSED, ""
    if card.taken_over_on is not None and due < card.taken_over_on:
        state, reason = RecalculationState.SETTLED, f"it fell due before {card.taken_over_on}, when it was taken over"
    elif was_used_up(card.seconds, used):
        state, reason = RecalculationState.SETTLED, "more than 90 % was used at twelve months (H6)"
    elif new_rate is None:
        state, reason = RecalculationState.WAITING, f"no hourly rate is configured for {due.year}"
    elif new_rate < old_rate:
        state = RecalculationState.WAITING
        reason = f"the rate of {due.year} ({new_rate}) is lower than the one before ({old_rate}): hours never grow"
    elif new_rate == old_rate:
        state, reason = RecalculationState.SETTLED, f"the rate of {due.year} is the one before: nothing changes"
    elif left <= 0:
        state, reason = RecalculationState.SETTLED, "nothing is left to recalculate"
    after = recalculated(left, old_rate, new_rate) if state is RecalculationState.PROPOSED and new_rate else left
    return Recalculation(
        card_id=card.card_id,
        due_on=due,
        state=state,
        left_then=left_then,
        left_before=left,
        left_after=after,
        old_rate=old_rate,
        new_rate=new_rate,
        reason=reason,
        found_at=before.found_at if before else now,
    )


def _old_rate(work: UnitOfWork, card: HourCard, due: date) -> Decimal:
    """The rate at purchase, or that of the last recalculation before this due day."""
    earlier = [
        recalculation
        for recalculation in work.recalculations.of_card(card.card_id)
        if recalculation.due_on < due and recalculation.state is RecalculationState.APPLIED
    ]
    return _rate(earlier[-1]) if earlier else card.rate


def _rate(one: Recalculation) -> Decimal:
    assert one.new_rate is not None, "what is proposed or applied has a rate"
    return one.new_rate


def _require_proposed(work: UnitOfWork, card_id: int, due_on: date) -> Recalculation:
    proposal = next(
        (recalculation for recalculation in work.recalculations.of_card(card_id) if recalculation.due_on == due_on),
        None,
    )
    if proposal is None or proposal.state is not RecalculationState.PROPOSED:
        why = f": {proposal.reason}" if proposal is not None and proposal.reason else ""
        raise UserError(
            f"the recalculation of card {card_id} for {due_on} cannot be applied{why}",
            ["`care-sync cards recalculate` shows what is proposed"],
        )
    return proposal


def _tell(work: UnitOfWork, card: HourCard, one: Recalculation, now: datetime) -> None:
    if one.state is RecalculationState.WAITING:
        work.attention.raise_(
            NO_RATE,
            _subject(one),
            f"Card {card.card_id}, bought on {card.bought_on}, fell due for recalculation on {one.due_on}: "
            f"{one.reason}. Set ledger.hour_card.rates.{one.due_on.year}, or run "
            f"`care-sync cards recalculate {card.card_id} --decline --reason …`.",
            now,
        )
    else:
        work.attention.resolve(NO_RATE, [_subject(one)])


def _subject(one: Recalculation) -> str:
    return f"{one.card_id}:{one.due_on}"
