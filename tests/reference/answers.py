"""What should stand, by everything that is known: balances, cards, entries, invoices, attention."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tests.reference.laying import Laid, lay
from tests.reference.settled import Books, Posting, Recalculated
from tests.reference.world import World


@dataclass(frozen=True)
class Invoice:
    """A customer's month: seconds by rate, and euros without rounding (`None`: waits for a rate)."""

    seconds_by_rate: dict[Decimal | None, int]

    @property
    def euros(self) -> Fraction | None:
        if None in self.seconds_by_rate:
            return None
        return sum(
            (Fraction(seconds, 3600) * Fraction(rate) for rate, seconds in self.seconds_by_rate.items() if rate),
            Fraction(0),
        )


class Answers:
    """Answers to what `world` knows and `books` settled; forgets what it laid when either changes (`_laid`)."""

    def __init__(self) -> None:
        self.world = World()
        self.books = Books()
        self._laid: Laid | None = None

    def laid(self) -> Laid:
        if self._laid is None:
            self._laid = lay(self.world, self.books)
        return self._laid

    def postings(self) -> list[Posting]:
        """Everything that stands: what closed months settled, and what open months hold."""
        return self.books.postings + self.laid().postings

    def balances(self, customer: str) -> dict[str, int]:
        """Seconds of work on each account; of a card, what the customer's time drew from it."""
        accounts: Counter[str] = Counter()
        for posting in self.postings():
            if posting.holder == customer:
                accounts[posting.account] += posting.seconds
        return {account: seconds for account, seconds in sorted(accounts.items()) if seconds}

    def entry(self, key: str) -> dict[tuple[str, str], int]:
        """Where an entry's seconds stand, by customer and account."""
        accounts: Counter[tuple[str, str]] = Counter()
        for posting in self.postings():
            if posting.entry == key:
                accounts[posting.holder, posting.account] += posting.seconds
        return {account: seconds for account, seconds in sorted(accounts.items()) if seconds}

    def seconds_by_kind(self, entry: str) -> Counter[str]:
        kinds: Counter[str] = Counter()
        for posting in self.postings():
            if posting.entry == entry:
                kinds[posting.kind] += posting.seconds
        return kinds

    def card_left(self, card: int) -> int:
        return self.laid().left[card]

    def recalculations(self) -> dict[tuple[int, date], Recalculated]:
        return self.laid().due_days

    def invoice(self, customer: str, month: str) -> Invoice:
        seconds: Counter[Decimal | None] = Counter()
        for posting in self.postings():
            if (posting.holder, posting.account) == (customer, f"invoice:{month}"):
                seconds[self._rate_of(posting)] += posting.seconds
        return Invoice({rate: total for rate, total in seconds.items() if total})

    def _rate_of(self, posting: Posting) -> Decimal | None:
        return self.books.rate_of(self.world, posting.day) if posting.rate is None else posting.rate

    def ticket_accounts(self, ticket: str) -> set[str]:
        """Where a ticket's time stands: what its tag and field have to say (I)."""
        standing: Counter[str] = Counter()
        stays = self.world.ticket_that_stays(ticket)
        for posting in self.postings():
            if self.world.ticket_that_stays(posting.ticket) == stays:
                standing[posting.account.partition(":")[0]] += posting.seconds
        return {account for account, seconds in standing.items() if seconds > 0}

    def held(self) -> dict[str, str]:
        """Entries that a guard holds, and why."""
        entries = self.world.entries
        reasons = {
            key: self.world.held_because(entry, settled=bool(self.books.pieces.get(key)))
            for key, entry in entries.items()
            if entry.standing == "counts"
        }
        return {key: reason for key, reason in sorted(reasons.items()) if reason is not None}

    def nobodys(self) -> list[str]:
        """Entries whose time stands nowhere, or stays in a closed month only, because it is nobody's now."""
        entries = self.world.entries.values()
        return sorted(e.key for e in entries if not e.deleted and self.world.customer_of(e) is None)

    def unsettled(self) -> list[str]:
        """What a person should look at before a month closes."""
        return [f"{key}: {reason}" for key, reason in self.held().items()] + [
            f"{key}: nobody's" for key in self.nobodys() if self.world.entries[key].standing == "counts"
        ]

    def attention(self) -> set[tuple[str, str]]:
        """What a person must look at: (kind, subject)."""
        rows = {("held", key) for key in self.held()}
        rows |= {("closed time stays", key) for key in self.laid().stays}
        for card in self.world.cards.values():
            holder = self.world.holder(card.customer)
            if holder in self.world.deleted and self.card_left(card.number) > 0:
                rows.add(("deleted customer with a card", holder))
        for (card_number, _), due in self.recalculations().items():
            if due.state in {"proposed", "waits"}:
                rows.add((f"recalculation {due.state}", str(card_number)))
        for posting in self.postings():
            if posting.account.startswith("invoice:") and self._rate_of(posting) is None:
                rows.add(("no rate", posting.holder))
        return rows
