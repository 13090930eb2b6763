"""Open time, laid over cards, allowances and invoices in the order of work.

One walk through the days: at the start of a day cards are bought, then its work is laid by start, and at its end
cards fall due. Nothing here depends on when something became known. Readings:

- **Chargeable** time draws the cards bought on or before its work date, the oldest purchase first; one entry can be
  split; the rest goes to the invoice of its month (H2).
- **Pending** time of a month that closes is charged in its place in the order of work (I4).
- **Fair use** (K1) takes the oldest free minutes that are still usable, then waits for review. Free minutes that a
  correction of a closed month gives back have lapsed: use counts as it was settled (D).
- **A verdict** covers the reviewed seconds first to last: of what it judged, so many are charged and the rest is
  waived; what the entry gained since waits for a verdict of its own. Of an entry that shrank, the charged seconds
  stay first.
- **Recalculation** (H4–H6, C) is a step at the end of the due day. Left and used are as of that step by work date;
  used is time drawn, bought is what was really bought. Part seconds are rounded half up. It needs a full pass that
  read after the due day, and what it takes is never more than what is there. Adjustments by a person count on the
  card as a whole, and for the due day when they are dated up to it. A recalculation whose month closed stands, unless
  the card is corrected; one still undecided then keeps its amount. Where a rate was missing it still waits for one.
- **Overdraft**: the newest card that may pay falls below zero, so far as agreed on the work date; the next card
  bought takes that over at the start of its day, hours for hours, also what closed months had overdrawn.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from tests.reference.settled import (
    Books,
    Demand,
    Differences,
    Piece,
    Posting,
    Recalculated,
    differences,
    lay_money_anew,
)
from tests.reference.world import Card, World, is_charged, month_before


@dataclass
class Laid:
    """Everything that open months hold, and what became of each due day."""

    postings: list[Posting] = field(default_factory=list)
    due_days: dict[tuple[int, date], Recalculated] = field(default_factory=dict)
    stays: list[str] = field(default_factory=list)
    left: dict[int, int] = field(default_factory=dict)


def lay(world: World, books: Books, *, closing: str = "") -> Laid:
    """Lay all open time. In the month that is `closing`, pending time is charged."""
    return _Walk(world, books, closing).walk()


class _Walk:
    def __init__(self, world: World, books: Books, closing: str) -> None:
        self.world, self.books, self.closing = world, books, closing
        self.pieces = {
            key: [Piece(piece.number, piece.posting, piece.seconds) for piece in pieces]
            for key, pieces in books.pieces.items()
        }
        self.open: list[Posting] = []  # what has been laid so far
        self.due: dict[tuple[int, date], Recalculated] = {}
        self.free = self._free_minutes_after_closed_months()
        self.difference = differences(world, books, self.pieces)

    def walk(self) -> Laid:
        self._move_on_what_cards_cannot_hold()
        demands = sorted(self.difference.demands, key=lambda demand: (demand.day, demand.start, demand.entry))
        steps = [(demand.day, 1, index) for index, demand in enumerate(demands)]
        cards = sorted(self.world.cards.values(), key=lambda card: (card.bought_on, card.number))
        steps += [(card.bought_on, 0, card.number) for card in cards if not card.void]
        for card in cards:
            steps += [(due, 2, card.number) for due in self.world.due_days(card, self.world.passed)]
        for day, kind, index in sorted(steps):
            if kind == 0:
                self._settle_overdraft(self.world.cards[index])
            elif kind == 1:
                self._lay(demands[index])
            else:
                self._recalculate(self.world.cards[index], day)
        left = {card.number: self.room(card) for card in cards}
        return Laid(self.difference.taken + self.open, self.due, self.difference.stays, left)

    # Cards

    def room(self, card: Card) -> int:
        """What is left on a card by everything that has been laid so far."""
        account = f"card:{card.number}"
        changes = sum(
            due.change
            for (number, _), due in {**self._standing_due_days(), **self.due}.items()
            if number == card.number and due.state == "applied"
        )
        settled = sum(piece.seconds for piece in self._all_pieces() if piece.posting.account == account)
        laid = sum(posting.seconds for posting in self.open if posting.account == account)
        bought = 0 if card.void else card.seconds + sum(seconds for seconds, _ in card.adjustments)
        return bought + changes - settled - laid

    def _all_pieces(self) -> list[Piece]:
        return [piece for pieces in self.pieces.values() for piece in pieces]

    def _standing_due_days(self) -> dict[tuple[int, date], Recalculated]:
        """Recalculations of closed months, as approved or declined by now."""
        return {
            (number, due): self._decided(number, due, standing)
            for (number, due), standing in self.books.due_days.items()
            if due in self.world.due_days(self.world.cards[number], date.max)
        }

    def _decided(self, number: int, due: date, recalculated: Recalculated) -> Recalculated:
        if recalculated.state not in {"applied", "proposed", "declined"}:
            return recalculated
        approved = self.world.decided_dues.get((number, due))
        if approved is None:
            approved = True if self.world.judged_dues.get((number, due)) == "automatic" else None
        state = {None: "proposed", True: "applied", False: "declined"}[approved]
        return Recalculated(state, recalculated.left, recalculated.change)

    def _move_on_what_cards_cannot_hold(self) -> None:
        for card in self.world.cards.values():
            account, owner = f"card:{card.number}", self.world.holder(card.customer)
            drawn = [piece for piece in self._all_pieces() if piece.posting.account == account and piece.seconds]
            for piece in drawn:
                if card.void or self.world.holder(piece.posting.customer) != owner:
                    self._move_on(piece, piece.seconds)
            allowed = max((piece.posting.day for piece in drawn), default=card.bought_on)
            limit = self.world.agreed_on(owner, "overdraft_seconds", allowed)
            for piece in sorted(drawn, key=lambda piece: -piece.number):
                excess = -self.room(card) - limit
                self._move_on(piece, min(excess, piece.seconds))

    def _move_on(self, piece: Piece, seconds: int) -> None:
        if seconds > 0:
            part = Differences()
            entry = self.world.entries[piece.posting.entry]
            whole, piece.seconds = piece.seconds, seconds
            lay_money_anew(self.world, self.books, entry, piece.posting.customer, [piece], part)
            piece.seconds = whole - seconds
            self.difference.taken += part.taken
            self.difference.demands += part.demands

    def _settle_overdraft(self, card: Card) -> None:
        """A card that is bought takes over what the customer's older cards are below zero."""
        for older in self.world.cards_for(card.customer, card.bought_on):
            overdrawn = min(-self.room(older), self.room(card))
            if older.number == card.number or overdrawn <= 0:
                continue
            for index in reversed(range(len(self.open))):
                posting = self.open[index]
                part = min(overdrawn, posting.seconds)
                if posting.account == f"card:{older.number}" and part > 0:
                    self.open[index] = _resized(posting, posting.seconds - part)
                    self.open.append(_resized(posting, part, account=f"card:{card.number}"))
                    overdrawn -= part
            drawn = [piece for piece in self._all_pieces() if piece.posting.account == f"card:{older.number}"]
            for piece in sorted(drawn, key=lambda piece: -piece.number):
                part = min(overdrawn, piece.seconds)
                if part > 0:
                    taken = Differences()
                    taken.take(self.books, self.world, piece, part)
                    self.difference.taken += taken.taken
                    moved = taken.taken[0]
                    self.open.append(_resized(moved, part, account=f"card:{card.number}"))
                    overdrawn -= part

    def _recalculate(self, card: Card, due: date) -> None:
        key = (card.number, due)
        if key in self.books.due_days:
            self.due[key] = self._standing_due_days()[key]
            return
        if key not in self.world.judged_dues:
            return
        account = f"card:{card.number}"
        drawn = sum(
            piece.seconds
            for piece in self._all_pieces()
            if piece.posting.account == account and piece.posting.day <= due
        ) + sum(posting.seconds for posting in self.open if posting.account == account)
        earlier = {day: state for (number, day), state in self.due.items() if number == card.number and day < due}
        adjusted = sum(seconds for seconds, day in card.adjustments if day <= due)
        changes = sum(state.change for state in earlier.values() if state.state == "applied")
        left = max(0, card.seconds + adjusted + changes - drawn)
        if drawn * 10 > card.seconds * 9:
            self.due[key] = Recalculated("none", left)
            return
        applied = [day for day, state in earlier.items() if state.state == "applied"]
        old = self.books.rate_of(self.world, max(applied)) if applied else card.rate
        new = self.books.rate_of(self.world, due)
        if old is None or new is None or new < old:
            self.due[key] = Recalculated("waits", left)
            return
        remaining = int((Decimal(left) * old / new).quantize(Decimal(1), ROUND_HALF_UP))
        change = max(remaining - left, -max(0, self.room(card)))
        self.due[key] = self._decided(card.number, due, Recalculated("proposed", left, change))

    # Time

    def _lay(self, demand: Demand) -> None:
        route = demand.route
        if route == "pending" and demand.month == self.closing:
            route = "invoice"
        if is_charged(route):
            self._charge(demand, demand.seconds, demand.kind)
        elif route == "fair_use":
            free = self._use_free_minutes(demand)
            self._post(demand, f"fair_use:{demand.month}", free, "fair_use")
            self._review(demand, demand.seconds - free)
        elif route == "review" and demand.kind == "plain":
            self._review(demand, demand.seconds)
        else:
            self._post(demand, route, demand.seconds, demand.kind)

    def _charge(self, demand: Demand, seconds: int, kind: str) -> None:
        cards = self.world.cards_for(demand.customer, demand.day)
        for card in cards:
            part = max(0, min(seconds, self.room(card)))
            self._post(demand, f"card:{card.number}", part, kind)
            seconds -= part
        if cards and seconds:
            limit = self.world.agreed_on(self.world.holder(demand.customer), "overdraft_seconds", demand.day)
            part = max(0, min(seconds, self.room(cards[-1]) + limit))
            self._post(demand, f"card:{cards[-1].number}", part, kind)
            seconds -= part
        self._post(demand, f"invoice:{demand.month}", seconds, kind)

    def _review(self, demand: Demand, seconds: int) -> None:
        charged = min(demand.charged, demand.judged, seconds)
        waived = min(demand.judged, seconds) - charged
        self._charge(demand, charged, "judged")
        self._post(demand, "waived", waived, "waived")
        self._post(demand, "review", seconds - charged - waived, "review")

    def _post(self, demand: Demand, account: str, seconds: int, kind: str) -> None:
        if seconds > 0:
            rate = self.books.rate_of(self.world, demand.day) if account.startswith("invoice:") else None
            holder = self.world.holder(demand.customer)
            self.open.append(
                Posting(
                    demand.entry,
                    demand.customer,
                    holder,
                    demand.ticket,
                    account,
                    demand.month,
                    seconds,
                    demand.day,
                    rate,
                    kind,
                )
            )

    # Fair use

    def _free_minutes_after_closed_months(self) -> dict[tuple[str, str], int]:
        """What is left of each month's free seconds when closed months have used what they settled."""
        self.free = {}
        used: dict[tuple[str, str], int] = {}
        for posting in self.books.postings:
            if posting.account.startswith("fair_use:") and posting.seconds > 0:
                key = (posting.month, posting.holder)
                used[key] = used.get(key, 0) + posting.seconds
        for (month, holder), seconds in sorted(used.items()):
            self._take_free(holder, month, seconds)
        return self.free

    def _use_free_minutes(self, demand: Demand) -> int:
        return self._take_free(self.world.holder(demand.customer), demand.month, demand.seconds)

    def _take_free(self, holder: str, month: str, seconds: int) -> int:
        """Use up free seconds that a month may use, the oldest first; how many there were."""
        carried = self.world.most_agreed_in(holder, "carried_months", month)
        months = [month]
        for _ in range(carried):
            months.insert(0, month_before(months[0]))
        taken = 0
        for source in months:
            key = (holder, source)
            if key not in self.free:
                self.free[key] = self.world.most_agreed_in(holder, "fair_use_seconds", source)
            part = min(seconds - taken, self.free[key])
            self.free[key] -= part
            taken += part
        return taken


def _resized(posting: Posting, seconds: int, account: str = "") -> Posting:
    return replace(posting, seconds=seconds, account=account or posting.account, takes=None)
