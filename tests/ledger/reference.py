"""The plain reference model of the ledger: what must stand, worked out second by second and without haste.

It shares no code with the ledger but the names of accounts. It knows the input (entries, verdicts, cards), and of
closed months what they settled; from these it tells every balance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

CHARGED = ("hour_card", "invoice")


@dataclass(frozen=True)
class Item:
    """An entry as it stands in the time tracker, with its decision."""

    customer: str
    ticket: str
    route: str
    seconds: int
    day: date
    minute: int

    @property
    def kind(self) -> str:
        return "charged" if self.route in CHARGED else self.route

    @property
    def month(self) -> str:
        return self.day.isoformat()[:7]


@dataclass(frozen=True)
class Card:
    card_id: int
    customer: str
    bought_on: date


@dataclass(frozen=True)
class Agreement:
    """A customer's terms, in seconds. ``monthly`` tells of a month what it gives, where ``allowance`` does not."""

    allowance: int = 0
    carried_months: int = 0
    overdraft: int | None = 0
    monthly: Callable[[str], int] | None = None

    def gives(self, month: str) -> int:
        """What a month gives by itself."""
        return self.allowance if self.monthly is None else self.monthly(month)


@dataclass
class Settled:
    """What a closed month settled for an entry."""

    item: Item
    verdict: tuple[int, int] | None
    accounts: list[str]
    charged_pending: bool


@dataclass
class Outcome:
    """Balances by customer and account, and the accounts of each entry's seconds by the month they are booked in."""

    balances: Counter[tuple[str, str]]
    laid: dict[str, tuple[str, list[str], bool]] = field(default_factory=dict)


class Reference:
    """The model."""

    def __init__(self, agreements: dict[str, Agreement], first_month: str) -> None:
        self.agreements = agreements
        self.first_month = first_month
        self.entries: dict[str, Item] = {}
        self.verdicts: dict[tuple[str, str, str], tuple[int, int]] = {}  # by entry, customer and ticket
        self.cards: list[Card] = []
        self.closed_through = ""
        self.base: Counter[tuple[str, str]] = Counter()
        self.settled: dict[str, Settled] = {}

    # --- what happens

    def put_on_card(self, card: Card, seconds: int) -> None:
        self.base[card.customer, f"card:{card.card_id}"] -= seconds

    def close(self, month: str) -> None:
        outcome = self.outcome(closing=month)
        self.settled = {
            key: settled
            for key, settled in self.settled.items()
            if key in self.entries and self.is_settled(settled, key)
        }
        for key, (booked, accounts, charged_pending) in outcome.laid.items():
            if booked == month:
                self.settled[key] = Settled(self.entries[key], self.verdict_of(key), accounts, charged_pending)
            else:
                for account in accounts:
                    outcome.balances[self.entries[key].customer, account] -= 1
        self.base = outcome.balances
        self.closed_through = month

    # --- what must stand

    def outcome(self, closing: str = "") -> Outcome:
        outcome = Outcome(Counter(self.base))
        to_lay: list[tuple[str, Item]] = []
        for key in sorted(self.entries.keys() | self.settled.keys()):
            item, settled = self.entries.get(key), self.settled.get(key)
            if item is not None and settled is not None and self.is_settled(settled, key):
                continue
            if settled is not None:
                for account in settled.accounts:
                    outcome.balances[settled.item.customer, self.moved(account)] -= 1
            if item is not None and item.seconds:
                to_lay.append((key, item))
        overdrawn: Counter[int] = Counter()
        for customer in self.agreements:
            self.settle_overdrawn(customer, outcome.balances)
        for card in self.cards:
            overdrawn[card.card_id] = max(0, outcome.balances[card.customer, f"card:{card.card_id}"])
        for key, item in sorted(to_lay, key=lambda one: (self.booked(one[1]), one[1].day, one[1].minute, one[0])):
            self.lay(key, item, outcome, overdrawn, closing)
        return outcome

    def unsettled(self, customer: str) -> bool:
        """Whether something that a closed month settled for a customer is not true any more."""
        return any(
            settled.item.customer == customer and (key not in self.entries or not self.is_settled(settled, key))
            for key, settled in self.settled.items()
        )

    def lay(self, key: str, item: Item, outcome: Outcome, overdrawn: Counter[int], closing: str) -> None:
        booked = self.booked(item)
        settled = self.settled.get(key)
        of_same = settled is not None and settled.item.customer == item.customer
        charged_pending = item.kind == "pending" and (
            booked == closing or (settled is not None and of_same and settled.charged_pending)
        )
        absorbed = None
        if settled is not None and of_same and self.differs_by_verdict(settled, item):
            absorbed = sum(account.startswith("fair_use:") for account in settled.accounts)
        accounts: list[str] = []
        free = 0
        judged = 0
        for _ in range(item.seconds):
            account = item.route
            if item.kind == "charged" or charged_pending:
                account = self.charge(item, outcome.balances, overdrawn)
            elif item.kind == "quote":
                account = f"quote:{item.ticket}"
            elif item.kind in ("fair_use", "review"):
                has_room = (
                    self.free(item.customer, booked, outcome.balances) > 0 if absorbed is None else free < absorbed
                )
                if item.kind == "fair_use" and has_room:
                    free += 1
                    account = f"fair_use:{booked}"
                else:
                    judged += 1
                    account = self.judged(key, judged, item, outcome.balances, overdrawn)
            outcome.balances[item.customer, account] += 1
            accounts.append(account)
        outcome.laid[key] = (booked, accounts, charged_pending)

    def judged(
        self, key: str, number: int, item: Item, balances: Counter[tuple[str, str]], overdrawn: Counter[int]
    ) -> str:
        of, charged = self.verdicts.get((key, item.customer, item.ticket), (0, 0))
        if number > of:
            return "review"
        return self.charge(item, balances, overdrawn) if number <= charged else "waived"

    def charge(self, item: Item, balances: Counter[tuple[str, str]], overdrawn: Counter[int]) -> str:
        cards = sorted(
            (card for card in self.cards if card.customer == item.customer),
            key=lambda card: (card.bought_on, card.card_id),
        )
        before = [card for card in cards if card.bought_on <= item.day]
        after = [card for card in cards if card.bought_on > item.day]
        for card in before:
            if balances[item.customer, f"card:{card.card_id}"] < 0:
                return f"card:{card.card_id}"
        limit = self.agreements[item.customer].overdraft
        if before and (limit is None or overdrawn[before[-1].card_id] < limit):
            overdrawn[before[-1].card_id] += 1
            for card in after:
                if balances[item.customer, f"card:{card.card_id}"] < 0:
                    return f"card:{card.card_id}"
            return f"card:{before[-1].card_id}"
        return f"invoice:{self.booked(item)}"

    def settle_overdrawn(self, customer: str, balances: Counter[tuple[str, str]]) -> None:
        cards = sorted(
            (card for card in self.cards if card.customer == customer), key=lambda card: (card.bought_on, card.card_id)
        )
        if not self.closed_through:
            return
        for place, card in enumerate(cards):
            for later in cards[place + 1 :]:
                while (
                    balances[customer, f"card:{card.card_id}"] > 0 and balances[customer, f"card:{later.card_id}"] < 0
                ):
                    balances[customer, f"card:{card.card_id}"] -= 1
                    balances[customer, f"card:{later.card_id}"] += 1

    def free(self, customer: str, month: str, balances: Counter[tuple[str, str]]) -> int:
        """What fair use may still absorb: every free second is used in its own month or, the oldest first, later."""
        agreement = self.agreements[customer]
        if not agreement.carried_months:
            return agreement.gives(month) - balances[customer, f"fair_use:{month}"]
        ages: list[int] = []
        current = self.first_month
        while True:
            ages = [age + 1 for age in ages if age < agreement.carried_months]
            ages += [0] * agreement.gives(current)
            used = balances[customer, f"fair_use:{current}"]
            if current >= month:
                return len(ages) - used
            ages.sort(reverse=True)
            ages = ages[used:] if used >= 0 else [max(ages, default=0)] * -used + ages
            current = after(current)

    def verdict_of(self, key: str) -> tuple[int, int] | None:
        item = self.entries[key]
        return self.verdicts.get((key, item.customer, item.ticket)) if item.kind in ("fair_use", "review") else None

    def is_settled(self, settled: Settled, key: str) -> bool:
        item = self.entries[key]
        was = settled.item
        if (was.customer, was.ticket, was.seconds) != (item.customer, item.ticket, item.seconds):
            return False
        if settled.charged_pending and item.kind == "charged":
            return True
        return was.kind == item.kind and settled.verdict == self.verdict_of(key)

    def differs_by_verdict(self, settled: Settled, item: Item) -> bool:
        was = settled.item
        return (was.ticket, was.kind, was.seconds) == (item.ticket, item.kind, item.seconds)

    def booked(self, item: Item) -> str:
        return item.month if item.month > self.closed_through else after(self.closed_through)

    def moved(self, account: str) -> str:
        kind, _, month = account.partition(":")
        return f"{kind}:{after(self.closed_through)}" if kind in ("invoice", "fair_use") and month else account


def after(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12}-{number % 12 + 1:02}"
