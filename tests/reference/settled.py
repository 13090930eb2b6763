"""What closed months settled, and what of it differs from the facts of today (section B).

A closed month is never touched. What it settled for an entry stands as *pieces*: so many seconds on one account, at
one rate. A later fact that means other money takes back exactly such pieces, in the oldest open month and at the rate
that they were settled at, and lays the time anew there. A month that closes with corrections settles those in turn.

Every entry that settled something keeps its *basis*: what the settled pieces were for. Only a difference from the
basis is money. Readings:

- **Other customer, or other route**: everything is taken back and laid anew. Another ticket of the same customer by
  the same route is no difference, but a verdict given elsewhere no longer holds (D).
- **Undetermined** after closing: what was charged stays charged, because that is what closing does to undetermined
  time (I4). What was on another account becomes pending in the open month.
- **Settings, rules, ticket merges and merged customers** shift the basis and move nothing: where the basis was what
  the facts said before, it is what they say after. A merge of tickets of two customers is such a shift too.
- **More seconds**: the extra ones are laid in the open month by the route of today. **Fewer**: what settled last goes
  first.
- **Another work date** is money only for charged time (card or invoice), when the rate of invoiced time differs or
  another set of cards may pay; then the charged pieces alone are taken back and laid anew. Rates of days in closed
  months are those kept when the month closed, so a setting never makes the difference.
- **A verdict** on reviewed pieces moves only by its difference: more is charged in the open month, less is taken from
  what was charged last.
- **Nobody's** time stays where it settled, whatever else changed, until it is somebody's again. So does time that
  moves to a customer who was deleted: nothing can be charged there.
- **A card that is no longer the customer's** (voided, moved) or that really held less: what was drawn moves on to the
  open month; of an overfull card, what settled last.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from tests.reference.world import Entry, World, is_charged, month_after, month_of, rate_in

REVIEWED = ("review", "judged", "waived")


@dataclass(frozen=True)
class Posting:
    """Seconds of an entry on an account of a month; negative ones take back a settled piece (`takes`).

    `customer` is the ticket's, `holder` whose account it is. `kind`: `plain`, `fair_use`, `review`, `judged` (charged
    by a verdict) or `waived`.
    """

    entry: str
    customer: str
    holder: str
    ticket: str
    account: str
    month: str
    seconds: int
    day: date
    rate: Decimal | None = None
    kind: str = "plain"
    takes: int | None = None

    @property
    def is_money(self) -> bool:
        return self.account.startswith(("card:", "invoice:"))


@dataclass
class Piece:
    """What is left of something that a closed month settled."""

    number: int
    posting: Posting
    seconds: int


@dataclass(frozen=True)
class Basis:
    customer: str
    route: str
    day: date
    judged: int
    charged: int


@dataclass(frozen=True)
class Recalculated:
    """What became of a card's due day: `none` (H6), `applied`, `proposed`, `declined`, `waits` (for a rate).

    `left` and `change` in seconds, as of the end of the due day by work date.
    """

    state: str
    left: int = 0
    change: int = 0


@dataclass
class Books:
    postings: list[Posting] = field(default_factory=list)
    pieces: dict[str, list[Piece]] = field(default_factory=dict)
    bases: dict[str, Basis] = field(default_factory=dict)
    due_days: dict[tuple[int, date], Recalculated] = field(default_factory=dict)
    kept_rates: list[tuple[str, dict[date, Decimal]]] = field(default_factory=list)

    def open_month(self, day: date) -> str:
        """The month in which work of a day counts: its own, or the oldest open one."""
        own = month_of(day)
        closed = self.kept_rates[-1][0] if self.kept_rates else ""
        return own if own > closed else month_after(closed)

    def rate_of(self, world: World, day: date) -> Decimal | None:
        """The rate of a work date: as kept when its month closed, for ever; what was missing then, as kept later."""
        for month, rates in self.kept_rates:
            if month_of(day) <= month and (kept := rate_in(rates, day)) is not None:
                return kept
        return world.rate_of(day)

    def settle(self, posting: Posting) -> None:
        """Keep what a closing month settles; taking back uses up the piece that it takes."""
        pieces = self.pieces.setdefault(posting.entry, [])
        if posting.takes is None:
            pieces.append(Piece(len(self.postings), posting, posting.seconds))
        else:
            piece = next(piece for piece in pieces if piece.number == posting.takes)
            piece.seconds += posting.seconds
        self.pieces[posting.entry] = [piece for piece in pieces if piece.seconds]
        self.postings.append(posting)


@dataclass(frozen=True)
class Demand:
    """Time to lay in an open month. Of its reviewed seconds `judged` are judged and `charged` of those charged."""

    entry: str
    customer: str
    ticket: str
    route: str
    seconds: int
    day: date
    start: int
    month: str
    judged: int = 0
    charged: int = 0
    kind: str = "plain"


@dataclass
class Differences:
    """What has to be laid anew of one or many entries, and what is taken back for it."""

    demands: list[Demand] = field(default_factory=list)
    taken: list[Posting] = field(default_factory=list)
    stays: list[str] = field(default_factory=list)

    def take(self, books: Books, world: World, piece: Piece, seconds: int) -> None:
        if seconds <= 0:
            return
        settled = piece.posting
        piece.seconds -= seconds
        month = books.open_month(date.min)
        name = settled.account.partition(":")[0]
        account = f"{name}:{month}" if name in {"invoice", "fair_use"} else settled.account
        self.taken.append(
            Posting(
                settled.entry,
                settled.customer,
                world.holder(settled.holder),
                settled.ticket,
                account,
                month,
                -seconds,
                settled.day,
                settled.rate,
                settled.kind,
                takes=piece.number,
            )
        )

    def take_latest(self, books: Books, world: World, pieces: list[Piece], seconds: int) -> None:
        """Take so many seconds back from what settled last."""
        for piece in reversed(pieces):
            part = min(seconds, piece.seconds)
            self.take(books, world, piece, part)
            seconds -= part


def basis_now(world: World, entry: Entry) -> Basis | None:
    customer = world.customer_of(entry)
    if customer is None:
        return None
    verdict = world.verdict_on(entry)
    judged, charged = (verdict.judged, verdict.charged) if verdict else (0, 0)
    return Basis(customer, world.route_of(entry), entry.day, judged, charged)


def means_the_same(settled: str, now: str) -> bool:
    """Whether a customer pays by this route what the closed month settled by that one."""
    as_settled = "charged" if is_charged(settled) or settled == "pending" else settled
    return as_settled == ("charged" if is_charged(now) or now == "pending" else now)


def differences(world: World, books: Books, pieces: dict[str, list[Piece]]) -> Differences:
    """What all entries need in open months. `pieces` are reduced by what is taken back."""
    result = Differences()
    for entry in sorted(world.entries.values(), key=lambda entry: entry.key):
        _compare(world, books, entry, pieces.get(entry.key, []), result)
    return result


def demand_of(books: Books, entry: Entry, basis: Basis, seconds: int, kind: str = "plain") -> Demand:
    return Demand(
        entry.key,
        basis.customer,
        entry.ticket or "",
        basis.route,
        seconds,
        entry.day,
        entry.start,
        books.open_month(entry.day),
        basis.judged,
        basis.charged,
        kind,
    )


def _compare(world: World, books: Books, entry: Entry, pieces: list[Piece], result: Differences) -> None:
    now = basis_now(world, entry)
    settled_seconds = sum(piece.seconds for piece in pieces)
    if not pieces:
        if now is not None and world.held_because(entry, settled=False) is None:
            result.demands.append(demand_of(books, entry, now, entry.seconds))
        return
    if entry.deleted:
        result.take_latest(books, world, pieces, settled_seconds)
        return
    basis = books.bases[entry.key]
    if now is None or world.held_because(entry, settled=True) is not None:
        result.stays.append(entry.key)
        return
    moved = world.holder(basis.customer) != world.holder(now.customer)
    if moved and world.holder(now.customer) in world.deleted:
        result.stays.append(entry.key)
        return
    if moved or not means_the_same(basis.route, now.route):
        result.take_latest(books, world, pieces, settled_seconds)
        result.demands.append(demand_of(books, entry, now, entry.seconds))
        return
    result.take_latest(books, world, pieces, settled_seconds - entry.seconds)
    reviewed = [piece for piece in pieces if piece.posting.kind in REVIEWED]
    before = sum(piece.seconds for piece in reviewed)
    if (basis.judged, basis.charged) != (now.judged, now.charged):
        _judge(world, books, entry, now, reviewed, result)
    if entry.seconds > settled_seconds:
        judged = max(0, now.judged - before)
        charged = max(0, now.charged - min(now.charged, now.judged, before))
        rest = replace(now, judged=judged, charged=charged)
        result.demands.append(demand_of(books, entry, rest, entry.seconds - settled_seconds))
    _redate(world, books, entry, basis, now, pieces, result)


def _judge(world: World, books: Books, entry: Entry, now: Basis, reviewed: list[Piece], result: Differences) -> None:
    """Move settled reviewed seconds by what the verdict of now differs from the one that was settled."""
    total = sum(piece.seconds for piece in reviewed)
    charged = min(now.charged, now.judged, total)
    waived = min(now.judged, total) - charged
    wanted = {"judged": charged, "waived": waived, "review": total - charged - waived}
    for kind, seconds in wanted.items():
        pieces = [piece for piece in reviewed if piece.posting.kind == kind]
        change = seconds - sum(piece.seconds for piece in pieces)
        if change < 0:
            result.take_latest(books, world, pieces, -change)
        elif change > 0:
            route = "invoice" if kind == "judged" else kind
            result.demands.append(demand_of(books, entry, replace(now, route=route), change, kind))


def _redate(
    world: World, books: Books, entry: Entry, basis: Basis, now: Basis, pieces: list[Piece], result: Differences
) -> None:
    """Lay charged time anew when its work date now chooses another rate or other cards."""
    money = [piece for piece in pieces if piece.posting.is_money and piece.seconds]
    invoiced = any(piece.posting.account.startswith("invoice:") for piece in money)
    other_rate = invoiced and books.rate_of(world, basis.day) != books.rate_of(world, now.day)
    other_cards = world.cards_for(now.customer, basis.day) != world.cards_for(now.customer, now.day)
    if other_rate or other_cards:
        lay_money_anew(world, books, entry, now.customer, money, result)


def lay_money_anew(
    world: World, books: Books, entry: Entry, customer: str, pieces: list[Piece], result: Differences
) -> None:
    """Take charged pieces back whole, and lay their seconds as chargeable ones in the open month."""
    for piece in pieces:
        kind, seconds = piece.posting.kind, piece.seconds
        result.take(books, world, piece, seconds)
        basis = Basis(customer, "invoice", entry.day, 0, 0)
        result.demands.append(demand_of(books, entry, basis, seconds, kind))
