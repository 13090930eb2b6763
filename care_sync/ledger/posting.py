"""Making the ledger say what should stand: reverse and post only where it differs.

Entries of open months are laid down anew (:mod:`care_sync.ledger.allocation`) and compared with what stands. Entries
that stand in a closed month stay as they are unless what the customer pays for them changed: then the closed posting is
corrected in the open month, and the correction cites it.

Terms
    basis     what a posting rests on: customer, ticket, route, seconds, verdict, and the rules that led there
    gone      an entry that stands on accounts and should not any more: deleted, unlinked, moved to another customer
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from care_sync.ledger import accounts
from care_sync.ledger.allocation import CardCapacity, Demand, Route, allocate
from care_sync.ledger.book import Transaction, record_all
from care_sync.store import UnitOfWork
from care_sync.store.ledger import Leg, Standing

Allowance = Callable[[str], int]
"""Seconds of fair use that a customer has in a month (``yyyy-mm``)."""


@dataclass(frozen=True, slots=True)
class Worked:
    """An entry's time as it should stand: the demand and why."""

    demand: Demand
    revision: int
    rules: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one entry: the shares before and after, and the transactions that did it."""

    entry_key: str
    ticket_id: str | None
    before: tuple[Leg, ...]
    after: tuple[Leg, ...]
    corrected_period: str | None = None


@dataclass(slots=True)
class PostingReport:
    """What a customer's posting did; nothing at all when everything stood already."""

    organization_id: str
    changes: list[Change] = field(default_factory=list)
    transactions: list[int] = field(default_factory=list)


def post_customer(
    work: UnitOfWork,
    organization_id: str,
    worked: Iterable[Worked],
    *,
    allowance: Allowance,
    now: datetime,
    today: date,
    gone: Collection[str] = (),
    closing: str | None = None,
) -> PostingReport:
    """Make a customer's ledger agree with ``worked``.

    ``worked`` holds every entry of the customer that is or should be booked in an open month, and those booked in
    closed months whose facts were touched. An entry that stands in an open month and is not in ``worked`` is reversed;
    one that stands in a closed month is corrected away only when ``gone`` names it. With ``closing``, what is pending
    in that month is charged (I4).
    """
    work.ledger.lock_head()
    closed = {period.period for period in work.periods.closed()}
    wanted = {one.demand.entry_key: one for one in worked}
    standing = work.ledger.standing_of_organization(organization_id)
    elsewhere = {
        key: stands for key, stands in work.ledger.standing(wanted).items() if stands.organization_id != organization_id
    }
    opened = {key: stands for key, stands in standing.items() if stands.period not in closed}
    frozen = {key: stands for key, stands in standing.items() if stands.period in closed}
    unsettled = {
        key: stands
        for key, stands in frozen.items()
        if (key in wanted and not _is_settled(stands, wanted[key])) or (key in gone and key not in wanted)
    }
    laid = {
        key: _booked(one, opened.get(key), closed, today)
        for key, one in wanted.items()
        if key not in frozen or key in unsettled
    }
    demands = [_charged_at_closing(one.demand, closing) for one in laid.values()]
    writing = _Writing(now, closed, _open_period(closed, accounts.period_of_date(today)))
    room = _Room(work, organization_id, [*opened.values(), *unsettled.values()], writing)
    shares = allocate(demands, room.cards(), room.allowances({one.period for one in demands}, allowance))
    report = PostingReport(organization_id)
    for key, stands in sorted({**opened, **unsettled, **elsewhere}.items()):
        one = laid.get(key)
        if one is not None and key in opened and _stands_already(stands, one, shares[key]):
            del laid[key]
            continue
        after = shares.get(key, ()) if one is not None else ()
        writing.reverse(work, stands, "decided, edited or moved" if one is not None else "no longer counts")
        corrected = stands.period if stands.period in closed else None
        report.changes.append(Change(key, stands.ticket_id, stands.shares, after, corrected))
    changed = {change.entry_key for change in report.changes}
    for key, one in sorted(laid.items(), key=lambda item: item[1].demand.order):
        if one.demand.seconds > 0:
            writing.post(organization_id, one, shares[key])
            if key not in changed:
                report.changes.append(Change(key, one.demand.ticket_id, (), shares[key]))
    report.transactions = writing.write(work)
    return report


@dataclass(slots=True)
class _Writing:
    """Transactions being gathered, with what stands after them."""

    now: datetime
    closed: set[str]
    open_period: str
    transactions: list[Transaction] = field(default_factory=list)
    standing: list[Standing | str | None] = field(default_factory=list)

    def reverse(self, work: UnitOfWork, stands: Standing, reason: str) -> None:
        """Take a posting back: where it stood, or in the open month when its own is closed."""
        is_closed = stands.period in self.closed
        period = self.open_period if is_closed else stands.period
        legs = [Leg(leg.account, -leg.seconds) for leg in self.returned(stands)]
        original = work.ledger.transaction(stands.transaction_id)
        assert original is not None
        self.transactions.append(
            Transaction(
                kind="correction" if is_closed else "reversal",
                organization_id=stands.organization_id,
                period=period,
                work_date=original.work_date,
                booked_at=self.now,
                legs=(*legs, Leg(accounts.WORKED, stands.seconds)),
                reason=reason,
                entry_key=stands.entry_key,
                entry_revision=original.entry_revision,
                ticket_id=stands.ticket_id,
                rules=original.rules,
                clauses=original.clauses,
                reverses=stands.transaction_id,
                corrects=stands.transaction_id if is_closed else None,
            )
        )
        self.standing.append(stands.entry_key)

    def returned(self, stands: Standing) -> tuple[Leg, ...]:
        """Where a standing's shares are taken back: a closed month's on the account of the open month."""
        if stands.period not in self.closed:
            return stands.shares
        return tuple(Leg(accounts.moved_to(leg.account, self.open_period), leg.seconds) for leg in stands.shares)

    def post(self, organization_id: str, one: Worked, shares: tuple[Leg, ...]) -> None:
        """Post an entry's shares."""
        demand = one.demand
        self.transactions.append(
            Transaction(
                kind="entry",
                organization_id=organization_id,
                period=demand.period,
                work_date=demand.work_date,
                booked_at=self.now,
                legs=(*shares, Leg(accounts.WORKED, -demand.seconds)),
                reason=one.reason,
                entry_key=demand.entry_key,
                entry_revision=one.revision,
                ticket_id=demand.ticket_id,
                rules=one.rules,
                clauses=one.clauses,
            )
        )
        self.standing.append(
            Standing(
                demand.entry_key,
                organization_id,
                demand.ticket_id,
                demand.period,
                basis(organization_id, one),
                demand.seconds,
                shares,
                0,
            )
        )

    def write(self, work: UnitOfWork) -> list[int]:
        """Write everything at once; a card is judged when all of it stands."""
        if not self.transactions:
            return []
        numbers = record_all(work, self.transactions)
        for number, standing in zip(numbers, self.standing, strict=True):
            if isinstance(standing, Standing):
                work.ledger.stand(replace(standing, transaction_id=number))
            elif standing is not None:
                work.ledger.forget(standing)
        return numbers


def basis(organization_id: str, one: Worked) -> str:
    """What a posting rests on, in words: what the customer pays for before the ``#``, why after it."""
    demand = one.demand
    verdict = "" if demand.charged_seconds is None else str(demand.charged_seconds)
    money = f"{organization_id}|{demand.ticket_id}|{demand.route}|{demand.seconds}|{verdict}"
    return f"{money}#{','.join(one.rules)}#{','.join(one.clauses)}"


def route_of(standing: Standing) -> Route:
    """The route that a standing entry was decided to go (``pending`` also after its month charged it, I4)."""
    return Route(standing.basis.split("#")[0].split("|")[-3])


def was_charged_while_pending(standing: Standing) -> bool:
    """Whether the closing of a month charged what was still undetermined (I4)."""
    return route_of(standing) is Route.PENDING and any(leg.account != accounts.PENDING for leg in standing.shares)


def _is_settled(stands: Standing, one: Worked) -> bool:
    """Whether a closed posting still says what the customer pays."""
    if stands.basis.split("#")[0] == basis(stands.organization_id, one).split("#")[0]:
        return True
    return (
        was_charged_while_pending(stands)
        and one.demand.route.is_chargeable
        and one.demand.seconds == stands.seconds
        and one.demand.ticket_id == stands.ticket_id
    )


def _stands_already(stands: Standing, one: Worked, shares: tuple[Leg, ...]) -> bool:
    return (
        stands.basis == basis(stands.organization_id, one)
        and stands.period == one.demand.period
        and sorted((leg.account, leg.seconds) for leg in stands.shares)
        == sorted((leg.account, leg.seconds) for leg in shares)
    )


def _booked(one: Worked, stands: Standing | None, closed: set[str], today: date) -> Worked:
    """Give the demand its month: that of the work, or an open one when that is closed."""
    month = accounts.period_of_date(one.demand.work_date)
    if month in closed or any(month < period for period in closed):
        month = stands.period if stands is not None else _open_period(closed, month)
    return replace(one, demand=replace(one.demand, period=month))


def _open_period(closed: set[str], month: str) -> str:
    """``month``, or the first month that is open after the closed ones."""
    if not closed or month > max(closed):
        return month
    return accounts.next_period(max(closed))


def _charged_at_closing(demand: Demand, closing: str | None) -> Demand:
    if demand.route is Route.PENDING and demand.period == closing:
        return replace(demand, route=Route.INVOICE)
    return demand


class _Room:
    """What cards and allowances hold when everything that is laid down anew has been taken off them."""

    def __init__(self, work: UnitOfWork, organization_id: str, freed: Collection[Standing], writing: _Writing) -> None:
        self._cards = work.cards.of_organization(organization_id)
        self._balances = work.ledger.balances(organization_id)
        for standing in freed:
            for leg in writing.returned(standing):
                self._balances[leg.account] = self._balances.get(leg.account, 0) - leg.seconds

    def cards(self) -> list[CardCapacity]:
        """Seconds left by card."""
        return [
            CardCapacity(card.card_id, card.bought_on, -self._balances.get(accounts.card(card.card_id), 0))
            for card in self._cards
        ]

    def allowances(self, periods: Collection[str], allowance: Allowance) -> Mapping[str, int]:
        """Seconds of fair use left by month."""
        return {period: allowance(period) - self._balances.get(accounts.fair_use(period), 0) for period in periods}
