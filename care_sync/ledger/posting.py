"""Making the ledger say what should stand: reverse and post only where it differs.

Entries of open months are laid down anew (:mod:`care_sync.ledger.allocation`) and compared with what stands. Entries
that stand in a closed month stay as they are unless what the customer pays for them changed: then the closed posting is
corrected in the oldest open month, and the correction cites it.

Terms
    gone       an entry that stands on accounts and should not any more: deleted, unlinked, moved to another customer
    closed     what a closed month settled for an entry, also while a correction in the open month takes it back
    opened     what stands in open months; all of it is laid down anew each time

Promise: what stands afterwards follows from the input and from what closed months hold, never from how often or in what
order posting was done meanwhile. An entry that is changed after its month closed and then changed back stands, to the
second, where it stood.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from care_sync.errors import IntegrityError
from care_sync.ledger.posting_batch import PostingBatch, moved, returned, settlement_legs
from care_sync.ledger.verdicts import verdicts_at
from care_sync.model.account import Account, AccountKind, Leg
from care_sync.model.allocation import CardCapacity, Demand, Settlement, allocate, settle_overdrafts
from care_sync.model.clauses import UNDETERMINED
from care_sync.model.decided_time import DecidedTime, differs_by_verdict_alone, is_settled
from care_sync.model.mark import DirtyKind
from care_sync.model.month import Month
from care_sync.model.months import Months
from care_sync.model.posted_change import PostedChange
from care_sync.model.posted_entry import Basis, PostedEntry
from care_sync.model.review import Verdict
from care_sync.model.terms import Terms
from care_sync.model.transaction import StoredTransaction, TransactionKind
from care_sync.store import UnitOfWork
from rules.model.words import Route


@dataclass(slots=True)
class PostingReport:
    """What a customer's posting did; nothing at all when everything stood already.

    ``others`` are customers that time was taken away from: they are marked, to be laid down anew.
    """

    organization_id: str
    changes: list[PostedChange] = field(default_factory=list)
    transactions: list[int] = field(default_factory=list)
    others: frozenset[str] = frozenset()


def post_customer(
    work: UnitOfWork,
    organization_id: str,
    decided: Iterable[DecidedTime],
    *,
    terms: Terms,
    now: datetime,
    gone: Collection[str] = (),
    closing: Month | None = None,
    anew: Collection[str] = (),
) -> PostingReport:
    """Make a customer's ledger agree with ``decided``.

    ``decided`` holds every entry of the customer that is or should be booked in an open month, and those booked in
    closed months whose facts were touched; its months and verdicts are found here. An entry that stands in an open
    month and is not in ``decided`` is reversed; one that stands in a closed month is corrected away only when ``gone``
    names it. With ``closing``, what is pending in that month is charged (I4). What a closed month settled for entries
    in ``anew`` is corrected although it is true: a card that paid for them is no longer there.

    The ledger's head must have been taken (``work.ledger.lock_head()``) *before* the entries of ``decided`` were read:
    otherwise another daemon can post newer ones in between, and they would be turned back.
    """
    # First of all: what is read below must be what stands when it is posted, whoever else posts (see the docstring).
    work.ledger.lock_head()
    months = work.periods.months()
    wanted = _by_entry(decided)
    judged = {key: (organization_id, time.ticket_id) for key, time in wanted.items() if time.route.is_judged}
    verdicts = verdicts_at(work, judged)
    stands = _Standing.read(work, organization_id, wanted, gone, months)
    laid = {
        key: _laid(organization_id, time, verdicts.get(key), stands.closed.get(key), months, closing)
        for key, time in wanted.items()
        if key not in stands.frozen
        or key in anew
        or not is_settled(stands.frozen[key], time.basis(organization_id, verdicts.get(key)))
    }
    dropped = [key for key in gone if key in stands.frozen and key not in wanted]
    unsettled = {key: stands.frozen[key] for key in (*laid, *dropped) if key in stands.frozen}
    # Everything that is laid anew is taken off cards and allowances before anything is put back on them: an entry must
    # not find a card full because of its own posting.
    room = _Room(work, organization_id, [*stands.opened.values(), *unsettled.values()], months)
    shares, demands = room.pin(laid, terms)
    room.settle()
    for key, legs in allocate(demands, room.cards, terms, room.absorbed).items():
        shares[key] = _joined(shares.get(key, ()), legs)

    # One batch: a reversal without the posting that follows it would show a balance that never was (invariant 1).
    report = PostingReport(organization_id)
    writing = PostingBatch(work, now, months)
    room.write_settlements(writing)
    taken_back = {**stands.opened, **unsettled, **stands.elsewhere}
    originals = work.ledger.many(posted.transaction_id for posted in taken_back.values())
    for key, standing in sorted(taken_back.items()):
        one = laid.get(key)
        if one is not None and key in stands.opened and _stands_already(standing, one, shares[key]):
            _keep_order(work, standing, one)
            del laid[key]
            continue
        writing.take_back(
            standing,
            originals[standing.transaction_id],
            "decided, edited or moved" if one is not None else "no longer counts",
        )
        corrected = standing.period if months.is_closed(standing.period) else None
        charged = corrected is not None and standing.was_charged_while_pending
        after = shares.get(key, ())
        report.changes.append(PostedChange(key, standing.ticket_id, standing.shares, after, corrected, charged))
    changed = {change.entry_key for change in report.changes}
    for key, one in sorted(laid.items(), key=lambda item: item[1].demand.order):
        if one.demand.seconds > 0:
            writing.post(one.time, one.demand.period, one.basis, shares[key], one.reason)
            if key not in changed:
                report.changes.append(PostedChange(key, one.demand.ticket_id, (), shares[key]))
    report.transactions = writing.write(terms.overdraft_seconds)
    report.others = frozenset(posted.organization_id for posted in stands.elsewhere.values())
    work.dirty.mark(DirtyKind.ORGANIZATION, sorted(report.others), "time moved to another customer", now)
    return report


@dataclass(frozen=True, slots=True)
class _Laid:
    """An entry that is laid down: ``basis`` is what it rests on, ``demand`` how it is allocated.

    ``pinned`` shares are what a closed month had settled and what is true again: they are taken as they were, before
    anything is allocated, as long as the cards still hold them.
    """

    time: DecidedTime
    basis: Basis
    demand: Demand
    reason: str
    pinned: tuple[Leg, ...] = ()


@dataclass(frozen=True, slots=True)
class _Standing:
    """What stands, by entry.

    ``opened``     of this customer, in open months
    ``frozen``     of this customer, in closed months (only entries that were asked for)
    ``closed``     ``frozen``, and what closed months had settled before a correction took it back
    ``elsewhere``  of other customers: entries that should be this one's
    """

    opened: Mapping[str, PostedEntry]
    frozen: Mapping[str, PostedEntry]
    closed: Mapping[str, PostedEntry]
    elsewhere: Mapping[str, PostedEntry]

    @classmethod
    def read(
        cls,
        work: UnitOfWork,
        organization_id: str,
        wanted: Mapping[str, DecidedTime],
        gone: Collection[str],
        months: Months,
    ) -> _Standing:
        asked = work.ledger.posted({**wanted, **dict.fromkeys(gone)})
        own = {key: one for key, one in asked.items() if one.organization_id == organization_id}
        frozen = {key: one for key, one in own.items() if months.is_closed(one.period)}
        corrected = work.ledger.corrected(wanted, months.first_open) if months.first_open is not None else {}
        taken_back = {key: one for key, one in corrected.items() if one.organization_id == organization_id}
        return cls(
            opened=work.ledger.posted_of_organization(organization_id, months.first_open),
            frozen=frozen,
            closed={**taken_back, **frozen},
            elsewhere={key: one for key, one in asked.items() if key in wanted and key not in own},
        )


def _by_entry(decided: Iterable[DecidedTime]) -> dict[str, DecidedTime]:
    by_entry = {time.entry_key: time for time in decided}
    for time in by_entry.values():
        if time.seconds < 0:
            raise IntegrityError(f"time entry {time.entry_key} lasts {time.seconds} seconds")
    return by_entry


def _laid(
    organization_id: str,
    time: DecidedTime,
    verdict: Verdict | None,
    closed: PostedEntry | None,
    months: Months,
    closing: Month | None,
) -> _Laid:
    """Give an entry its month, and what a closed month settled of it already."""
    period, absorbed, route, reason = months.booked(time.work_date), None, time.route, time.reason
    pinned: tuple[Leg, ...] = ()
    basis = time.basis(organization_id, verdict)
    if closed is not None and is_settled(closed, basis):
        period = months.correcting(closed.period)
        pinned = moved(closed.shares, months)
    elif closed is not None and differs_by_verdict_alone(closed, basis):
        absorbed = closed.seconds_on(AccountKind.FAIR_USE)
    stays_charged = closed is not None and closed.was_charged_while_pending
    if route is Route.PENDING and (period == closing or stays_charged):
        basis = replace(basis, clauses=tuple(dict.fromkeys((*time.clauses, UNDETERMINED))))
        route = Route.HOUR_CARD
        reason = f"still undetermined when {closed.period if closed else closing} closed"
    demand = Demand(
        time.entry_key, time.seconds, route, time.work_date, period, time.ticket_id, time.started_at, verdict, absorbed
    )
    return _Laid(time, basis, demand, reason, pinned)


def _stands_already(standing: PostedEntry, laid: _Laid, shares: tuple[Leg, ...]) -> bool:
    return (
        standing.basis == laid.basis
        and standing.period == laid.demand.period
        and sorted((leg.account, leg.seconds) for leg in standing.shares)
        == sorted((leg.account, leg.seconds) for leg in shares)
    )


def _keep_order(work: UnitOfWork, standing: PostedEntry, one: _Laid) -> None:
    """Remember a new time of day, which moves nothing by itself but says who comes first."""
    if standing.started_at != one.demand.started_at:
        work.ledger.put_posted([replace(standing, started_at=one.demand.started_at)])


def _joined(pinned: Sequence[Leg], laid: Sequence[Leg]) -> tuple[Leg, ...]:
    seconds: dict[Account, int] = {}
    for leg in (*pinned, *laid):
        seconds[leg.account] = seconds.get(leg.account, 0) + leg.seconds
    return tuple(Leg(account, value) for account, value in seconds.items())


class _Room:
    """What cards and allowances hold when everything that is laid down anew has been taken off them."""

    def __init__(self, work: UnitOfWork, organization_id: str, freed: Collection[PostedEntry], months: Months) -> None:
        self._organization_id = organization_id
        self._months = months
        self._balances = work.ledger.balances(organization_id)
        self._owned = [card for card in work.cards.of_organization(organization_id) if not card.voided]
        self._settled = self._settlements_in_open_months(work)
        self._settlements: list[Settlement] = []
        legs = [leg for standing in freed for leg in returned(standing, months)]
        legs += [leg for settlement in self._settled for leg in settlement.legs]
        self._take(Leg(leg.account, -leg.seconds) for leg in legs)

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

    @property
    def absorbed(self) -> dict[Month, int]:
        """Seconds that fair use took, by month."""
        return {
            account.month: seconds
            for account, seconds in self._balances.items()
            if account.is_fair_use and account.month
        }

    def pin(self, laid: Mapping[str, _Laid], terms: Terms) -> tuple[dict[str, tuple[Leg, ...]], list[Demand]]:
        """Take pinned shares as they were, in the order of work; return them, and what there is to allocate.

        What a card paid that was voided or moved is laid anew by itself; what other accounts hold stays.
        """
        owned = {card.card_id for card in self._owned}
        shares: dict[str, tuple[Leg, ...]] = {}
        demands: list[Demand] = []
        for key, one in sorted(laid.items(), key=lambda item: item[1].demand.order):
            kept = tuple(leg for leg in one.pinned if leg.account.card_id is None or leg.account.card_id in owned)
            lost = sum(leg.seconds for leg in one.pinned) - sum(leg.seconds for leg in kept)
            if not kept or not self.hold(kept, terms):
                demands.append(one.demand)
                continue
            shares[key] = kept
            if lost:
                demands.append(replace(one.demand, seconds=lost, route=Route.HOUR_CARD, verdict=None, absorbed=None))
        return shares, demands

    def hold(self, pinned: Sequence[Leg], terms: Terms) -> bool:
        """Take pinned shares as they were; ``False`` when a card no longer holds what they need."""
        limit = terms.overdraft_seconds
        left = {card.card_id: card.left for card in self.cards}
        for leg in pinned:
            card_id = leg.account.card_id
            if card_id is not None and limit is not None and left.get(card_id, 0) - leg.seconds < -limit:
                return False
        self._take(pinned)
        return True

    def settle(self) -> None:
        """Let newer cards take over what closed months have overdrawn."""
        if self._months.closed_through is None:
            return
        self._settlements = settle_overdrafts(self.cards)
        self._take(leg for settlement in self._settlements for leg in settlement_legs(settlement))

    def _take(self, legs: Iterable[Leg]) -> None:
        for leg in legs:
            self._balances[leg.account] = self._balances.get(leg.account, 0) + leg.seconds

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

    def _settlements_in_open_months(self, work: UnitOfWork) -> Iterable[StoredTransaction]:
        first_open = self._months.first_open
        if first_open is None or len(self._owned) < 2:
            return []
        return work.ledger.unreversed(self._organization_id, TransactionKind.SETTLEMENT, first_open)
