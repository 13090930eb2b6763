"""Making the ledger say what should stand: reverse and post only where it differs.

Entries of open months are laid down anew (:mod:`care_sync.model.allocation`) and compared with what stands. Entries
that stand in a closed month stay as they are unless what the customer pays for them changed: then the closed posting is
corrected in the oldest open month, by the difference (:mod:`care_sync.model.correction`), and the correction cites it.

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
from datetime import date, datetime

from care_sync.errors import IntegrityError
from care_sync.ledger.posting_batch import PostingBatch, moved
from care_sync.ledger.room import Room
from care_sync.ledger.verdicts import tickets_that_stay, verdicts_at
from care_sync.model.account import Account, Leg
from care_sync.model.allocation import Demand, allocate
from care_sync.model.clauses import UNDETERMINED
from care_sync.model.correction import Correction, Piece, Place, correction
from care_sync.model.decided_time import DecidedTime
from care_sync.model.mark import DirtyKind
from care_sync.model.month import Month
from care_sync.model.months import Months
from care_sync.model.posted_change import PostedChange
from care_sync.model.posted_entry import Basis, PostedEntry
from care_sync.model.review import Verdict
from care_sync.model.terms import Terms
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
    nobodys: Collection[str] = (),
) -> PostingReport:
    """Make a customer's ledger agree with ``decided``.

    ``decided`` holds every entry of the customer that is or should be booked in an open month, and those booked in
    closed months whose facts were touched; its months and verdicts are found here. An entry that stands in an open
    month and is not in ``decided`` is reversed; what a closed month settled is corrected away only when ``gone`` names
    the entry. Of time that ``nobodys`` names (its ticket lost its customer, say) a closed month keeps what it had
    settled, also where a correction had taken that back meanwhile. With ``closing``, what is pending in that month is
    charged (I4). What a closed month settled for entries in ``anew`` is corrected although it is true: a card that paid
    for them is no longer there.

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
    for key in _settled_before_a_merge(work, wanted, stands, months):
        del wanted[key], stands.elsewhere[key]
    laying = _Laying(organization_id, months, closing, _place(work, organization_id, wanted, stands, terms))
    laid = {
        key: entry
        for key, time in wanted.items()
        if not (entry := laying.of(time, verdicts.get(key), stands.closed.get(key))).is_as_settled
        or key not in stands.frozen
        or key in anew
    }
    for key, closed in stands.as_settled(nobodys, wanted).items():
        original = work.ledger.many([closed.transaction_id])[closed.transaction_id]
        laid[key] = laying.as_settled(DecidedTime.as_posted(closed, original), closed)
    dropped = [key for key in gone if key in stands.frozen and key not in wanted]
    unsettled = {key: stands.frozen[key] for key in (*laid, *dropped) if key in stands.frozen}
    # Everything that is laid anew is taken off cards and allowances before anything is put back on them: an entry must
    # not find a card full because of its own posting.
    room = Room(work, organization_id, [*stands.opened.values(), *unsettled.values()], terms, months)
    shares, demands = _pin(room, laid)
    room.settle()
    allocated = allocate(demands, room.cards, terms, room.absorbed, room.steps())
    for key, legs in allocated.shares.items():
        shares[key] = _joined(shares.get(key, ()), legs)

    # One batch: a reversal without the posting that follows it would show a balance that never was (invariant 1).
    report = PostingReport(organization_id)
    writing = PostingBatch(work, now, months)
    room.write_settlements(writing)
    taken_back = {**stands.opened, **unsettled, **stands.elsewhere}
    originals = work.ledger.many(posted.transaction_id for posted in taken_back.values())
    for key, standing in sorted(taken_back.items()):
        wanted_now = laid.get(key)
        stays = key in stands.opened and wanted_now is not None
        if wanted_now is not None and stays and _stands_already(standing, wanted_now, shares.get(key, ())):
            _keep_beside(work, standing, wanted_now)
            del laid[key]
            continue
        writing.take_back(
            standing,
            originals[standing.transaction_id],
            "decided, edited or moved" if wanted_now is not None else "no longer counts",
        )
        corrected = standing.period if months.is_closed(standing.period) else None
        charged = corrected is not None and standing.was_charged_while_pending
        after = shares.get(key, ())
        report.changes.append(PostedChange(key, standing.ticket_id, standing.shares, after, corrected, charged))
    changed = {change.entry_key for change in report.changes}
    for key, entry in sorted(laid.items(), key=lambda item: item[1].order):
        if entry.time.seconds > 0:
            writing.post(entry.time, entry.period, entry.basis, shares[key], entry.reason)
            if key not in changed:
                report.changes.append(PostedChange(key, entry.time.ticket_id, (), shares[key]))
    keep_due_days = room.due_days.book(writing, allocated.due_days, now)
    report.transactions = writing.write(terms.overdraft_seconds)
    keep_due_days(report.transactions)
    report.others = frozenset(posted.organization_id for posted in stands.elsewhere.values())
    work.dirty.mark(DirtyKind.ORGANIZATION, sorted(report.others), "time moved to another customer", now)
    return report


@dataclass(frozen=True, slots=True)
class _Laid:
    """An entry that is laid down in ``period``: ``basis`` is what it rests on, ``demands`` how it is allocated.

    ``pinned`` shares are what a closed month settled and what stays true: they are taken as they were, before anything
    is allocated, as long as the cards still hold them.
    """

    time: DecidedTime
    period: Month
    basis: Basis
    reason: str
    pinned: tuple[Leg, ...]
    demands: tuple[Demand, ...]
    is_as_settled: bool

    @property
    def order(self) -> tuple[Month, date, float, str]:
        """Entries are laid down month by month, in the order they were worked."""
        return self.demand(0, self.basis.route).order

    def demand(self, seconds: int, route: Route, judged: int = 0, charged: int = 0) -> Demand:
        """Some of its seconds, to be allocated."""
        time = self.time
        return Demand(
            time.entry_key,
            seconds,
            route,
            time.work_date,
            self.period,
            time.ticket_id,
            time.started_at,
            judged,
            charged,
        )


@dataclass(frozen=True, slots=True)
class _Standing:
    """What stands, by entry.

    ``opened``     of this customer, in open months
    ``frozen``     of this customer, in closed months (only entries that were asked for)
    ``closed``     ``frozen``, and whatever closed months had settled before a correction took it back
    ``elsewhere``  of other customers: entries that should be this one's
    """

    opened: Mapping[str, PostedEntry]
    frozen: Mapping[str, PostedEntry]
    closed: Mapping[str, PostedEntry]
    elsewhere: dict[str, PostedEntry]

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
        taken_back = work.ledger.corrected_of_organization(organization_id, months.first_open)
        return cls(
            opened=work.ledger.posted_of_organization(organization_id, months.first_open),
            frozen=frozen,
            closed={**taken_back, **frozen},
            elsewhere={key: one for key, one in asked.items() if key in wanted and key not in own},
        )

    def as_settled(self, nobodys: Collection[str], wanted: Collection[str]) -> dict[str, PostedEntry]:
        """What closed months had settled for entries that are corrected in the open month and nobody's now."""
        return {
            key: self.closed[key]
            for key in nobodys
            if key in self.closed and key not in self.frozen and key not in wanted
        }


def _settled_before_a_merge(
    work: UnitOfWork, wanted: Mapping[str, DecidedTime], stands: _Standing, months: Months
) -> list[str]:
    """Entries that a closed month settled for another customer, whose ticket was merged into one of this customer's.

    A merge moves nothing of a closed month, to whomever the ticket that stays belongs.
    """
    closed = {
        key: posted
        for key, posted in stands.elsewhere.items()
        if months.is_closed(posted.period)
        and posted.ticket_id != wanted[key].ticket_id
        and posted.seconds == wanted[key].seconds
    }
    if not closed:
        return []
    lives_on = tickets_that_stay(
        work, {ticket for key, posted in closed.items() for ticket in (posted.ticket_id, wanted[key].ticket_id)}
    )
    return [key for key, posted in closed.items() if lives_on[posted.ticket_id] == lives_on[wanted[key].ticket_id]]


def _by_entry(decided: Iterable[DecidedTime]) -> dict[str, DecidedTime]:
    by_entry = {time.entry_key: time for time in decided}
    for time in by_entry.values():
        if time.seconds < 0:
            raise IntegrityError(f"time entry {time.entry_key} lasts {time.seconds} seconds")
    return by_entry


@dataclass(frozen=True, slots=True)
class _Laying:
    """How a customer's entries are laid down; ``closing`` is the month that closes with it."""

    organization_id: str
    months: Months
    closing: Month | None
    place: Place

    def as_settled(self, time: DecidedTime, closed: PostedEntry) -> _Laid:
        """An entry of which everything stays as a closed month settled it."""
        period = self.months.correcting(closed.period)
        return _Laid(time, period, closed.basis, time.reason, moved(closed.shares, self.months), (), is_as_settled=True)

    def of(self, time: DecidedTime, verdict: Verdict | None, closed: PostedEntry | None) -> _Laid:
        """Give an entry its month, and what a closed month settled of it already."""
        whole = Piece(
            time.seconds,
            time.route,
            verdict.judged_seconds if verdict is not None else 0,
            verdict.charged_seconds if verdict is not None else 0,
        )
        difference = Correction((), (whole,), moves=True)
        period, reason, basis = (
            self.months.booked(time.work_date),
            time.reason,
            time.basis(self.organization_id, verdict),
        )
        if closed is not None:
            difference = correction(closed, time, verdict, self.place)
            period = self.months.correcting(closed.period) if difference.kept else period
        pieces = difference.pieces
        if time.route is Route.PENDING and (
            period == self.closing or any(leg.account.is_charged for leg in difference.kept)
        ):
            basis = replace(basis, clauses=tuple(dict.fromkeys((*time.clauses, UNDETERMINED))))
            reason = f"still undetermined when {closed.period if closed else self.closing} closed"
        if period == self.closing:
            pieces = tuple(
                replace(piece, route=Route.HOUR_CARD) if piece.route is Route.PENDING else piece for piece in pieces
            )
        laid = _Laid(
            time,
            period,
            basis,
            reason,
            moved(difference.kept, self.months),
            (),
            not difference.moves,
        )
        demands = (
            laid.demand(piece.seconds, piece.route, piece.judged_seconds, piece.charged_seconds) for piece in pieces
        )
        return replace(laid, demands=tuple(demands))


def _place(
    work: UnitOfWork, organization_id: str, wanted: Mapping[str, DecidedTime], stands: _Standing, terms: Terms
) -> Place:
    cards = [card for card in work.cards.of_organization(organization_id) if not card.voided] if stands.closed else []
    tickets = {
        ticket_id
        for key, closed in stands.closed.items()
        if key in wanted and closed.ticket_id != wanted[key].ticket_id
        for ticket_id in (closed.ticket_id, wanted[key].ticket_id)
    }
    lives_on = tickets_that_stay(work, tickets) if tickets else {}
    return Place(
        rate_of=terms.rate_of,
        cards_of=lambda day: tuple(card.card_id for card in cards if (card.covers_from or card.bought_on) <= day),
        lives_on=lambda ticket_id: lives_on.get(ticket_id, ticket_id),
    )


def _pin(room: Room, laid: Mapping[str, _Laid]) -> tuple[dict[str, tuple[Leg, ...]], list[Demand]]:
    """Take pinned shares as they were, in the order of work; return them, and what there is to allocate.

    What a card paid that holds it no more is laid anew by itself; what other accounts hold stays.
    """
    shares: dict[str, tuple[Leg, ...]] = {}
    demands: list[Demand] = []
    for key, entry in sorted(laid.items(), key=lambda item: item[1].order):
        shares[key], beyond = room.hold(entry.pinned, entry.time.work_date)
        if beyond:
            demands.append(entry.demand(beyond, Route.HOUR_CARD))
        demands += entry.demands
    return shares, demands


def _stands_already(standing: PostedEntry, laid: _Laid, shares: tuple[Leg, ...]) -> bool:
    return (
        standing.basis == laid.basis
        and standing.period == laid.period
        and sorted((leg.account, leg.seconds) for leg in standing.shares)
        == sorted((leg.account, leg.seconds) for leg in shares)
    )


def _keep_beside(work: UnitOfWork, standing: PostedEntry, laid: _Laid) -> None:
    """Remember what moves nothing by itself: a new time of day, which says who comes first, and the kind of work."""
    after = replace(standing, started_at=laid.time.started_at, activity=laid.time.activity)
    if after != standing:
        work.ledger.put_posted([after])


def _joined(pinned: Sequence[Leg], laid: Sequence[Leg]) -> tuple[Leg, ...]:
    seconds: dict[Account, int] = {}
    for leg in (*pinned, *laid):
        seconds[leg.account] = seconds.get(leg.account, 0) + leg.seconds
    return tuple(Leg(account, value) for account, value in seconds.items())
