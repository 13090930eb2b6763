"""What cards and free minutes hold for a customer's open time, when everything that is laid anew was taken off them.

Terms
    freed     postings whose time is laid anew: what they took is there again
    pinned    shares that a closed month settled and that stay: they are taken as they were, before anything is laid
    beyond    seconds of pinned shares that a card holds no room for any more: they move on
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from care_sync.ledger.due_days import DueDays
from care_sync.ledger.posting_batch import PostingBatch, returned, settlement_legs
from care_sync.model.account import Account, Leg
from care_sync.model.allocation import CardCapacity, Settlement, settle_overdrafts
from care_sync.model.month import Month
from care_sync.model.months import Months
from care_sync.model.posted_entry import PostedEntry
from care_sync.model.recalculation import DueDay
from care_sync.model.terms import Terms
from care_sync.model.transaction import StoredTransaction, TransactionKind
from care_sync.store import UnitOfWork


class Room:
    """What a customer's cards and allowances hold."""

    def __init__(
        self, work: UnitOfWork, organization_id: str, freed: Collection[PostedEntry], terms: Terms, months: Months
    ) -> None:
        """Take ``freed`` off; what newer cards took over in open months is worked out anew too."""
        self._organization_id = organization_id
        self._months = months
        self._limit = terms.overdraft_seconds
        self._work = work
        self._terms = terms
        self._balances = work.ledger.balances(organization_id)
        self._dated: list[tuple[date, Leg]] = []
        self._owned = [card for card in work.cards.of_organization(organization_id) if not card.voided]
        self._settled = self._settlements_in_open_months(work)
        self._settlements: list[Settlement] = []
        # Free minutes that a correction of a closed month gives back have lapsed: what it used counts as it was
        # settled, and open months begin with what their own agreement gives.
        self.absorbed: dict[Month, int] = {}
        if terms.carried_months and months.first_open is not None:
            self.absorbed = work.ledger.free_time_settled(organization_id, months.first_open)
        for standing in freed:
            self._take(_negated(returned(standing, months)), standing.work_date)
        for settlement in self._settled:
            self._take(_negated(settlement.legs), settlement.work_date)
        self.due_days = DueDays.read(work, organization_id, self._owned, months)
        for _, leg in self.due_days.lifted():
            self._balances[leg.account] = self._balances.get(leg.account, 0) - leg.seconds

    @property
    def cards(self) -> list[CardCapacity]:
        """Seconds left by card."""
        return [
            CardCapacity(
                card.card_id,
                card.bought_on,
                -self._balances.get(Account.card(card.card_id), 0),
                card.covers_from,
            )
            for card in self._owned
        ]

    def steps(self) -> list[DueDay]:
        """The due days of the cards, for the allocation; everything that is pinned must have been taken."""
        return self.due_days.steps(self._terms, self._worked, self._lifted)

    def _worked(self, card_id: int, until: date) -> int:
        account = Account.card(card_id)
        laid_anew = sum(leg.seconds for day, leg in self._dated if leg.account == account and day <= until)
        return self._work.ledger.card_worked(card_id, until=until) + laid_anew

    def _lifted(self, card_id: int, until: date) -> int:
        account = Account.card(card_id)
        return -sum(leg.seconds for day, leg in self.due_days.lifted() if leg.account == account and day < until)

    def hold(self, pinned: Sequence[Leg], work_date: date) -> tuple[tuple[Leg, ...], int]:
        """Take pinned shares as they were; return those that still have their place, and the seconds that lost it.

        A card that was voided or moved holds nothing any more, and one whose hours were corrected may hold too little:
        then what was settled last moves on.
        """
        owned = {card.card_id for card in self._owned}
        held: list[Leg] = []
        beyond = 0
        for leg in pinned:
            card_id = leg.account.card_id
            seconds = leg.seconds
            if card_id is not None and card_id not in owned:
                seconds = 0
            elif card_id is not None and self._limit is not None:
                left = -self._balances.get(leg.account, 0)
                seconds = max(0, min(seconds, left + self._limit))
            beyond += leg.seconds - seconds
            if seconds:
                held.append(Leg(leg.account, seconds))
                self._take(held[-1:], work_date)
        return tuple(held), beyond

    def settle(self) -> None:
        """Let newer cards take over what closed months have overdrawn."""
        if self._months.closed_through is None:
            return
        self._settlements = settle_overdrafts(self.cards)
        bought_on = {card.card_id: card.bought_on for card in self._owned}
        for settlement in self._settlements:
            self._take(settlement_legs(settlement), bought_on[settlement.settling_card])

    def write_settlements(self, writing: PostingBatch) -> None:
        """Settle what closed months have overdrawn, where that differs from what was settled already."""
        bought_on = {card.card_id: card.bought_on for card in self._owned}
        missing = list(self._settlements)
        for stored in self._settled:
            same = next((absent for absent in missing if set(settlement_legs(absent)) == set(stored.legs)), None)
            if same is None:
                writing.undo_settlement(stored)
            else:
                missing.remove(same)
        for settlement in missing:
            writing.settle(self._organization_id, settlement, bought_on[settlement.settling_card])

    def _take(self, legs: Iterable[Leg], work_date: date) -> None:
        for leg in legs:
            self._balances[leg.account] = self._balances.get(leg.account, 0) + leg.seconds
            if leg.account.card_id is not None:
                self._dated.append((work_date, leg))

    def _settlements_in_open_months(self, work: UnitOfWork) -> Iterable[StoredTransaction]:
        first_open = self._months.first_open
        if first_open is None or len(self._owned) < 2:
            return []
        return work.ledger.unreversed(self._organization_id, TransactionKind.SETTLEMENT, first_open)


def _negated(legs: Iterable[Leg]) -> list[Leg]:
    return [Leg(leg.account, -leg.seconds) for leg in legs]
