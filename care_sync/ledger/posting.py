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
from care_sync.ledger import accounts
from care_sync.ledger.allocation import CardCapacity, Demand, Route, Settlement, allocate, settle
from care_sync.ledger.basis import Worked, basis, differs_by_verdict_alone, is_settled, was_charged_while_pending
from care_sync.ledger.months import Months
from care_sync.ledger.terms import Terms
from care_sync.ledger.writing import SETTLEMENT, Writing, moved, returned, settlement_legs
from care_sync.store import UnitOfWork
from care_sync.store.ledger import Leg, Standing, StoredTransaction
from care_sync.store.work import DirtyKind

__all__ = ["Change", "PostingReport", "Worked", "post_customer"]

CLOSING = "I4"
"""The clause by which a month's closing charges what is still undetermined."""


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one entry: the shares before and after.

    ``corrected_period`` is the closed month that is corrected, ``was_charged_undetermined`` whether that month had
    charged it because its cause was unknown (I4).
    """

    entry_key: str
    ticket_id: str | None
    before: tuple[Leg, ...]
    after: tuple[Leg, ...]
    corrected_period: str | None = None
    was_charged_undetermined: bool = False


@dataclass(slots=True)
class PostingReport:
    """What a customer's posting did; nothing at all when everything stood already.

    ``others`` are customers that time was taken away from: they are marked, to be laid down anew.
    """

    organization_id: str
    changes: list[Change] = field(default_factory=list)
    transactions: list[int] = field(default_factory=list)
    others: frozenset[str] = frozenset()


def post_customer(
    work: UnitOfWork,
    organization_id: str,
    worked: Iterable[Worked],
    *,
    terms: Terms,
    now: datetime,
    gone: Collection[str] = (),
    closing: str | None = None,
) -> PostingReport:
    """Make a customer's ledger agree with ``worked``.

    ``worked`` holds every entry of the customer that is or should be booked in an open month, and those booked in
    closed months whose facts were touched; its periods and verdicts are filled in here. An entry that stands in an open
    month and is not in ``worked`` is reversed; one that stands in a closed month is corrected away only when ``gone``
    names it. With ``closing``, what is pending in that month is charged (I4).

    The ledger's head must have been taken (``work.ledger.lock_head()``) *before* the entries of ``worked`` were read:
    else another daemon can post newer ones in between, and they would be turned back.
    """
    work.ledger.lock_head()
    months = Months.read(work)
    wanted = _with_verdicts(work, worked)
    stands = _Standing.read(work, organization_id, wanted, gone, months)
    laid = {
        key: _laid(one, stands.closed.get(key), months, closing)
        for key, one in wanted.items()
        if key not in stands.frozen or not is_settled(stands.frozen[key], one)
    }
    dropped = [key for key in gone if key in stands.frozen and key not in wanted]
    unsettled = {key: stands.frozen[key] for key in (*laid, *dropped) if key in stands.frozen}
    room = _Room(work, organization_id, [*stands.opened.values(), *unsettled.values()], months)
    shares = {key: one.pinned for key, one in sorted(laid.items()) if one.pinned and room.hold(one.pinned, terms)}
    room.settle()
    demands = [one.demand for key, one in laid.items() if key not in shares]
    shares.update(allocate(demands, room.cards, terms, room.absorbed))

    report = PostingReport(organization_id)
    writing = Writing(work, now, months)
    room.write_settlements(writing)
    taken_back = {**stands.opened, **unsettled, **stands.elsewhere}
    originals = work.ledger.many(one.transaction_id for one in taken_back.values())
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
        charged = corrected is not None and was_charged_while_pending(standing)
        after = shares.get(key, ())
        report.changes.append(Change(key, standing.ticket_id, standing.shares, after, corrected, charged))
    changed = {change.entry_key for change in report.changes}
    for key, one in sorted(laid.items(), key=lambda item: item[1].demand.order):
        if one.demand.seconds > 0:
            writing.post(organization_id, one.as_wanted, shares[key], one.reason)
            if key not in changed:
                report.changes.append(Change(key, one.demand.ticket_id, (), shares[key]))
    report.transactions = writing.write(terms.overdraft_seconds)
    report.others = frozenset(one.organization_id for one in stands.elsewhere.values())
    work.dirty.mark(DirtyKind.ORGANIZATION, sorted(report.others), "time moved to another customer", now)
    return report


@dataclass(frozen=True, slots=True)
class _Laid:
    """An entry that is laid down: ``as_wanted`` is what it rests on, ``demand`` how it is allocated.

    ``pinned`` shares are what a closed month had settled and what is true again: they are taken as they were, before
    anything is allocated, as long as the cards still hold them.
    """

    as_wanted: Worked
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

    opened: Mapping[str, Standing]
    frozen: Mapping[str, Standing]
    closed: Mapping[str, Standing]
    elsewhere: Mapping[str, Standing]

    @classmethod
    def read(
        cls,
        work: UnitOfWork,
        organization_id: str,
        wanted: Mapping[str, Worked],
        gone: Collection[str],
        months: Months,
    ) -> _Standing:
        asked = work.ledger.standing({**wanted, **dict.fromkeys(gone)})
        own = {key: one for key, one in asked.items() if one.organization_id == organization_id}
        frozen = {key: one for key, one in own.items() if months.is_closed(one.period)}
        corrected = work.ledger.corrected(wanted, months.first_open) if months.first_open is not None else {}
        taken_back = {key: one for key, one in corrected.items() if one.organization_id == organization_id}
        return cls(
            opened=work.ledger.standing_of_organization(organization_id, months.first_open or ""),
            frozen=frozen,
            closed={**taken_back, **frozen},
            elsewhere={key: one for key, one in asked.items() if key in wanted and key not in own},
        )


def _with_verdicts(work: UnitOfWork, worked: Iterable[Worked]) -> dict[str, Worked]:
    """By entry, each with what a person judged of it."""
    by_entry = {one.demand.entry_key: one for one in worked}
    for one in by_entry.values():
        if one.demand.seconds < 0:
            raise IntegrityError(f"time entry {one.demand.entry_key} lasts {one.demand.seconds} seconds")
    verdicts = work.verdicts.get_many(key for key, one in by_entry.items() if one.demand.route.is_judged)
    return {key: replace(one, demand=replace(one.demand, verdict=verdicts.get(key))) for key, one in by_entry.items()}


def _laid(one: Worked, closed: Standing | None, months: Months, closing: str | None) -> _Laid:
    """Give the demand its month, and what a closed month settled of it already."""
    demand = replace(one.demand, period=months.booked(one.demand.work_date))
    reason = one.reason
    pinned: tuple[Leg, ...] = ()
    if closed is not None and is_settled(closed, one):
        demand = replace(demand, period=str(months.first_open))
        pinned = moved(closed.shares, months)
    elif closed is not None and differs_by_verdict_alone(closed, one):
        absorbed = sum(leg.seconds for leg in closed.shares if accounts.is_fair_use(leg.account))
        demand = replace(demand, absorbed=absorbed)
    wanted = replace(one, demand=demand)
    stays_charged = closed is not None and was_charged_while_pending(closed)
    if demand.route is Route.PENDING and (demand.period == closing or stays_charged):
        wanted = replace(wanted, clauses=tuple(dict.fromkeys((*one.clauses, CLOSING))))
        demand = replace(demand, route=Route.HOUR_CARD)
        reason = f"still undetermined when {closed.period if closed else closing} closed"
    return _Laid(wanted, demand, reason, pinned)


def _stands_already(standing: Standing, one: _Laid, shares: tuple[Leg, ...]) -> bool:
    return (
        standing.basis == basis(standing.organization_id, one.as_wanted)
        and standing.period == one.demand.period
        and sorted((leg.account, leg.seconds) for leg in standing.shares)
        == sorted((leg.account, leg.seconds) for leg in shares)
    )


def _keep_order(work: UnitOfWork, standing: Standing, one: _Laid) -> None:
    """Remember a new time of day, which moves nothing by itself but says who comes first."""
    if standing.started_at != one.demand.started_at:
        work.ledger.stand([replace(standing, started_at=one.demand.started_at)])


class _Room:
    """What cards and allowances hold when everything that is laid down anew has been taken off them."""

    def __init__(self, work: UnitOfWork, organization_id: str, freed: Collection[Standing], months: Months) -> None:
        self._organization_id = organization_id
        self._months = months
        self._balances = work.ledger.balances(organization_id)
        self._owned = work.cards.of_organization(organization_id)
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
                -self._balances.get(accounts.card(card.card_id), 0),
                card.covers_from,
            )
            for card in self._owned
        ]

    @property
    def absorbed(self) -> dict[str, int]:
        """Seconds that fair use took, by month."""
        return {
            str(accounts.period_of(account)): seconds
            for account, seconds in self._balances.items()
            if accounts.is_fair_use(account)
        }

    def hold(self, pinned: Sequence[Leg], terms: Terms) -> bool:
        """Take pinned shares as they were; ``False`` when a card no longer holds what they need."""
        limit = terms.overdraft_seconds
        left = {card.card_id: card.left for card in self.cards}
        for leg in pinned:
            card_id = accounts.card_of(leg.account)
            if card_id is not None and limit is not None and left.get(card_id, 0) - leg.seconds < -limit:
                return False
        self._take(pinned)
        return True

    def settle(self) -> None:
        """Let newer cards take over what closed months have overdrawn."""
        if self._months.closed_through is None:
            return
        self._settlements = settle(self.cards)
        self._take(leg for settlement in self._settlements for leg in settlement_legs(settlement))

    def _take(self, legs: Iterable[Leg]) -> None:
        for leg in legs:
            self._balances[leg.account] = self._balances.get(leg.account, 0) + leg.seconds

    def write_settlements(self, writing: Writing) -> None:
        """Settle what closed months have overdrawn, where that differs from what was settled already."""
        bought_on = {card.card_id: card.bought_on for card in self._owned}
        missing = list(self._settlements)
        for stored in self._settled:
            same = next((one for one in missing if set(settlement_legs(one)) == set(stored.legs)), None)
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
        return work.ledger.unreversed(self._organization_id, SETTLEMENT, first_open)
