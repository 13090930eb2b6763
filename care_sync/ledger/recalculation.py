"""The yearly recalculation of what is left on an hour card (H4–H6): which due days are judged, and what people say.

Terms
    due day    12 calendar months after purchase (H4); more of them, a year apart, only where that is configured
    judged     a due day that is over, and that a full pass without failures has read past: work of that day is known
    approve    what a person says of a proposal (H5): remaining × rate at purchase ÷ rate of the due day

What a due day comes to is worked out while the customer's time is laid (:mod:`care_sync.ledger.due_days`), again and
again until its month closes. Hours never grow: a rate that is missing or lower than the old one is reported.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from care_sync.errors import UserError
from care_sync.ledger import cards
from care_sync.ledger.book import record_all
from care_sync.ledger.cards import note_lowered
from care_sync.ledger.closing import as_posted
from care_sync.ledger.due_days import booking, tell
from care_sync.ledger.posting import post_customer
from care_sync.model.account import Account
from care_sync.model.hour_card import HourCard
from care_sync.model.mark import DirtyKind
from care_sync.model.prices import rate_on
from care_sync.model.recalculation import Recalculation, RecalculationState, due_days
from care_sync.model.terms import Terms
from care_sync.model.transaction import SYSTEM
from care_sync.settings.agreements import HourCardSection
from care_sync.store import UnitOfWork


def judge(work: UnitOfWork, settings: HourCardSection, *, through: date, now: datetime) -> int:
    """Judge the due days up to and with ``through``, the last day that a full pass has read to its end.

    Marks the customers of whom something must be worked out, also where a rate has become another one; returns how many
    due days are new. Judging twice changes nothing.
    """
    if settings.recalculation == "off":
        return 0
    work.ledger.lock_head()
    known = {record.key: record for record in work.recalculations.all()}
    new: list[Recalculation] = []
    customers: set[str] = set()
    for card in work.cards.all():
        if card.voided:
            continue
        for due in due_days(card.bought_on, through, yearly=settings.recalculate_yearly):
            before = known.get((card.card_id, due))
            if before is None:
                new.append(_judged(card, due, settings, now))
                customers.add(card.organization_id)
            elif not before.is_kept and before.new_rate != rate_on(settings.rates, due):
                customers.add(card.organization_id)
    work.recalculations.put(*new)
    work.dirty.mark(DirtyKind.ORGANIZATION, sorted(customers), "an hour card is due for recalculation", now)
    return len(new)


def unjudged(work: UnitOfWork, settings: HourCardSection, today: date) -> list[tuple[HourCard, date]]:
    """Cards with a due day that is over and that no full pass has judged yet, with that day."""
    if settings.recalculation == "off":
        return []
    known = {record.key for record in work.recalculations.all()}
    over = today - timedelta(days=1)
    return [
        (card, due)
        for card in work.cards.all()
        if not card.voided
        for due in due_days(card.bought_on, over, yearly=settings.recalculate_yearly)
        if (card.card_id, due) not in known
    ]


def open_proposals(work: UnitOfWork) -> list[Recalculation]:
    """Due days that wait for a person: proposed, or without a usable rate."""
    voided = {card.card_id for card in work.cards.all() if card.voided}
    return [record for record in work.recalculations.all() if record.state.is_open and record.card_id not in voided]


def require_open(work: UnitOfWork, card_id: int) -> Recalculation:
    """The open due day of a card. Raises :class:`UserError` when there is none."""
    card = cards.require(work, card_id)
    for proposal in open_proposals(work):
        if proposal.card_id == card_id:
            return proposal
    judged = {record.due_on for record in work.recalculations.of_cards([card_id])}
    due = next(due_days(card.bought_on, date.max), None)
    if due is not None and due not in judged:
        raise UserError(
            f"card {card_id} falls due on {due}, and is judged when a full pass has read past that day",
            ["run `care-sync sync` when the day is over; the nightly pass does it too"],
        )
    raise UserError(f"card {card_id} is not due for recalculation", ["`care-sync cards recalculate` shows which are"])


def approve(
    work: UnitOfWork, card_id: int, due_on: date, *, terms: Terms, now: datetime, actor: str, reason: str
) -> Recalculation:
    """Apply what is proposed for a due day.

    Raises :class:`UserError` unless it is proposed. In an open month it goes on following the work that becomes known;
    that of a closed month is what it came to then.
    """
    work.ledger.lock_head()
    proposal = _require_proposed(work, card_id, due_on)
    said = replace(proposal, approved=True, actor=actor, said=reason.strip(), decided_at=now)
    return _decided(work, said, terms, now)


def decline(work: UnitOfWork, card_id: int, *, terms: Terms, now: datetime, actor: str, reason: str) -> Recalculation:
    """Leave a card as it is for its open due day, for a reason.

    Raises :class:`UserError` without one, or when the card is not due.
    """
    work.ledger.lock_head()
    if not reason.strip():
        raise UserError("declining a recalculation needs a reason", ["say why, for whoever looks for it next year"])
    said = replace(require_open(work, card_id), approved=False, actor=actor, said=reason.strip(), decided_at=now)
    return _decided(work, said, terms, now)


def _judged(card: HourCard, due: date, settings: HourCardSection, now: datetime) -> Recalculation:
    """A due day that nobody has worked out yet."""
    is_automatic = settings.recalculation == "automatic"
    was_elsewhere = card.taken_over_on is not None and due < card.taken_over_on
    return Recalculation(
        card_id=card.card_id,
        due_on=due,
        state=RecalculationState.SETTLED if was_elsewhere else RecalculationState.WAITING,
        left_before=0,
        left_after=0,
        old_rate=card.rate,
        new_rate=None,
        reason=f"it fell due before {card.taken_over_on}, when it was taken over" if was_elsewhere else "",
        found_at=now,
        approved=True if is_automatic and not was_elsewhere else None,
        actor=SYSTEM if is_automatic and not was_elsewhere else "",
        decided_at=now if is_automatic and not was_elsewhere else None,
        is_kept=was_elsewhere,
    )


def _decided(work: UnitOfWork, said: Recalculation, terms: Terms, now: datetime) -> Recalculation:
    """Keep what somebody said of a due day, and lay the customer's open months anew with it."""
    card = cards.require(work, said.card_id)
    if said.is_kept:
        said = _decided_later(work, card, said, now)
    elif said.approved is False and said.state is RecalculationState.WAITING:
        said = replace(said, state=RecalculationState.DECLINED)
    work.recalculations.put(said)
    post_customer(work, card.organization_id, as_posted(work, card.organization_id), terms=terms, now=now)
    after = next(record for record in work.recalculations.of_cards([said.card_id]) if record.due_on == said.due_on)
    if after.state is RecalculationState.APPLIED:
        note_lowered(work, card.organization_id, now)
    tell(work, card, after, now)
    # What is left on the card has changed, and with it what tickets show.
    work.dirty.mark(DirtyKind.ORGANIZATION, [card.organization_id], f"hour card {card.card_id} was recalculated", now)
    return after


def _decided_later(work: UnitOfWork, card: HourCard, said: Recalculation, now: datetime) -> Recalculation:
    """A due day of a closed month keeps what it came to; what was taken off the card since is not taken twice."""
    if not said.approved:
        return replace(said, state=RecalculationState.DECLINED)
    months = work.periods.months()
    account = Account.card(card.card_id)
    drawn = sum(
        leg.seconds
        for posted in work.ledger.posted_of_organization(card.organization_id, months.first_open).values()
        for leg in posted.shares
        if leg.account == account
    )
    change = max(said.change, -max(0, cards.left_on(work, card) + drawn))
    said = replace(
        said,
        state=RecalculationState.APPLIED,
        left_after=said.left_before + change,
        approved_change=change,
    )
    if not change:
        return said
    # What open months drew may not fit any more: it is laid anew before the transaction ends.
    (number,) = record_all(work, [booking(card.organization_id, said, change, months, now)], overdraft_seconds=None)
    return replace(said, transaction_id=number)


def _require_proposed(work: UnitOfWork, card_id: int, due_on: date) -> Recalculation:
    proposal = next(
        (record for record in work.recalculations.of_cards([card_id]) if record.due_on == due_on),
        None,
    )
    if proposal is None or proposal.state is not RecalculationState.PROPOSED:
        why = f": {proposal.reason}" if proposal is not None and proposal.reason else ""
        raise UserError(
            f"the recalculation of card {card_id} for {due_on} cannot be applied{why}",
            ["`care-sync cards recalculate` shows what is proposed"],
        )
    return proposal
