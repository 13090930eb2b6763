"""The plain reference model of the ledger: what must stand, worked out second by second and without haste.

It shares no code with the ledger but the names of accounts. It knows the input (entries, verdicts, cards), and of
closed months what they settled, second by second; from these it tells every balance. What a closed month settled moves
by the difference alone: a second that is still what it was stays on its account.
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
    """What a closed month settled for an entry: the account of each second, in the order in which they were laid."""

    item: Item
    verdict: tuple[int, int] | None
    accounts: list[str]


@dataclass(frozen=True)
class Second:
    """One second that is to be laid. As the ``number``-th reviewed one it falls under a verdict of its own."""

    kind: str
    number: int = 0


@dataclass
class Difference:
    """What stays of what was settled, and the seconds that are laid anew."""

    kept: list[str]
    seconds: list[Second]
    is_none: bool = False


@dataclass
class Outcome:
    """Balances by customer and account, and the accounts of each entry's seconds by the month they are booked in.

    ``free`` counts the free seconds that are used, by customer and month.
    """

    balances: Counter[tuple[str, str]]
    free: Counter[tuple[str, str]]
    laid: dict[str, tuple[str, list[str]]] = field(default_factory=dict)


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
        self.free: Counter[tuple[str, str]] = Counter()
        self.settled: dict[str, Settled] = {}
        self.given: dict[tuple[str, str], int] = {}  # free seconds that an entry's correction takes back

    # --- what happens

    def put_on_card(self, card: Card, seconds: int) -> None:
        self.base[card.customer, f"card:{card.card_id}"] -= seconds

    def close(self, month: str) -> None:
        outcome = self.outcome(closing=month)
        self.settled = {
            key: settled
            for key, settled in self.settled.items()
            if key in self.entries and key not in outcome.laid and self.entries[key].seconds
        }
        free = Counter(self.free)
        for key, (booked, accounts) in outcome.laid.items():
            customer = self.entries[key].customer
            if booked == month:
                self.settled[key] = Settled(self.entries[key], self.verdict_of(key), accounts)
                free[customer, month] += max(0, accounts.count(f"fair_use:{month}") - self.given_back(key, customer))
            else:
                for account in accounts:
                    outcome.balances[customer, account] -= 1
        self.given = {}
        self.free = free
        self.base = outcome.balances
        self.closed_through = month

    def given_back(self, key: str, customer: str) -> int:
        return self.given.get((key, customer), 0)

    # --- what must stand

    def outcome(self, closing: str = "") -> Outcome:
        outcome = Outcome(Counter(self.base), Counter(self.free))
        to_lay: list[tuple[str, Item, Difference]] = []
        self.given = {}
        for key in sorted(self.entries.keys() | self.settled.keys()):
            item, settled = self.entries.get(key), self.settled.get(key)
            difference = self.difference(key, item, settled)
            if difference.is_none:
                continue
            if settled is not None:
                for account in settled.accounts:
                    outcome.balances[settled.item.customer, self.moved(account)] -= 1
                self.given[key, settled.item.customer] = sum(name.startswith("fair_use:") for name in settled.accounts)
            if item is not None and item.seconds:
                to_lay.append((key, item, difference))
                for account in difference.kept:
                    outcome.balances[item.customer, account] += 1
        overdrawn: Counter[int] = Counter()
        for customer in self.agreements:
            self.settle_overdrawn(customer, outcome.balances)
        for card in self.cards:
            overdrawn[card.card_id] = max(0, outcome.balances[card.customer, f"card:{card.card_id}"])
        for key, item, difference in sorted(to_lay, key=lambda one: self.order(*one)):
            self.lay(key, item, difference, outcome, overdrawn, closing)
        return outcome

    def order(self, key: str, item: Item, difference: Difference) -> tuple[str, date, int, str]:
        return (self.booked(item, difference), item.day, item.minute, key)

    def difference(self, key: str, item: Item | None, settled: Settled | None) -> Difference:
        if item is None:
            return Difference([], [], is_none=settled is None)
        verdict = self.verdict_of(key) or (0, 0)
        whole = [Second(item.kind, number) for number in range(1, item.seconds + 1)]
        if settled is None or not self.pays_alike(settled.item, item):
            return Difference([], whole)
        kept = settled.accounts[: item.seconds]
        seconds: list[Second] = []
        if item.kind in ("fair_use", "review") and (settled.verdict or (0, 0)) != verdict:
            kept, seconds = self.judged_anew(kept, verdict)
        reviewed = sum(not account.startswith("fair_use:") for account in settled.accounts)
        extra = item.seconds - len(settled.accounts)
        seconds += [Second(item.kind, reviewed + number) for number in range(1, extra + 1)]
        if self.cards_of(settled.item) != self.cards_of(item):
            charged = [account for account in kept if account.startswith(("card:", "invoice:"))]
            kept = [account for account in kept if account not in charged]
            seconds = [Second("charged")] * len(charged) + seconds
        is_none = not seconds and kept == settled.accounts and settled.item.ticket == item.ticket
        return Difference([self.moved(account) for account in kept], seconds, is_none)

    def judged_anew(self, kept: list[str], verdict: tuple[int, int]) -> tuple[list[str], list[Second]]:
        """Of reviewed seconds so many are charged, waived and waiting as the verdict says; the latest ones change."""
        stays = [account for account in kept if account.startswith("fair_use:")]
        reviewed = [account for account in kept if not account.startswith("fair_use:")]
        judged, charged = min(verdict[0], len(reviewed)), min(*verdict, len(reviewed))
        seconds: list[Second] = []
        for kind, wanted in (
            ("charged", charged),
            ("waived", judged - charged),
            ("review", len(reviewed) - judged),
        ):
            those = [account for account in reviewed if self.became(account) == kind]
            stays += those[:wanted]
            seconds += [Second("waiting" if kind == "review" else kind)] * (wanted - len(those))
        return stays, seconds

    def became(self, account: str) -> str:
        return "charged" if account.startswith(("card:", "invoice:")) else account

    def pays_alike(self, was: Item, item: Item) -> bool:
        """By closing, what is undetermined is charged; afterwards it stays charged (I4)."""
        kinds = {"charged" if kind == "pending" else kind for kind in (was.kind, item.kind)}
        is_other_quote = item.kind == "quote" and was.ticket != item.ticket
        return was.customer == item.customer and len(kinds) == 1 and not is_other_quote

    def cards_of(self, item: Item) -> set[int]:
        return {card.card_id for card in self.cards if card.customer == item.customer and card.bought_on <= item.day}

    def unsettled(self, customer: str) -> bool:
        """Whether something that a closed month settled for a customer is not true any more."""
        return any(
            settled.item.customer == customer and not self.difference(key, self.entries.get(key), settled).is_none
            for key, settled in self.settled.items()
        )

    def lay(
        self,
        key: str,
        item: Item,
        difference: Difference,
        outcome: Outcome,
        overdrawn: Counter[int],
        closing: str,
    ) -> None:
        booked = self.booked(item, difference)
        accounts = list(difference.kept)
        judged = 0
        for second in difference.seconds:
            account = "review" if second.kind == "waiting" else second.kind
            if second.kind == "charged" or (second.kind == "pending" and booked == closing):
                account = self.charge(item, booked, outcome.balances, overdrawn)
            elif second.kind == "quote":
                account = f"quote:{item.ticket}"
            elif second.kind in ("fair_use", "review"):
                judged = judged or second.number
                if second.kind == "fair_use" and self.left_free(item.customer, booked, outcome.free) > 0:
                    outcome.free[item.customer, booked] += 1
                    account = f"fair_use:{booked}"
                else:
                    account = self.judged(key, judged, item, booked, outcome.balances, overdrawn)
                    judged += 1
            outcome.balances[item.customer, account] += 1
            accounts.append(account)
        outcome.laid[key] = (booked, accounts)

    def judged(
        self,
        key: str,
        number: int,
        item: Item,
        booked: str,
        balances: Counter[tuple[str, str]],
        overdrawn: Counter[int],
    ) -> str:
        of, charged = self.verdicts.get((key, item.customer, item.ticket), (0, 0))
        if number > of:
            return "review"
        return self.charge(item, booked, balances, overdrawn) if number <= charged else "waived"

    def charge(self, item: Item, booked: str, balances: Counter[tuple[str, str]], overdrawn: Counter[int]) -> str:
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
        return f"invoice:{booked}"

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

    def left_free(self, customer: str, month: str, used_seconds: Counter[tuple[str, str]]) -> int:
        """What fair use may still absorb: every free second is used in its own month or, the oldest first, later."""
        agreement = self.agreements[customer]
        if not agreement.carried_months:
            return agreement.gives(month) - used_seconds[customer, month]
        ages: list[int] = []
        current = self.first_month
        while True:
            ages = [age + 1 for age in ages if age < agreement.carried_months]
            ages += [0] * agreement.gives(current)
            used = used_seconds[customer, current]
            if current >= month:
                return len(ages) - used
            ages.sort(reverse=True)
            ages = ages[used:]
            current = after(current)

    def verdict_of(self, key: str) -> tuple[int, int] | None:
        item = self.entries[key]
        return self.verdicts.get((key, item.customer, item.ticket)) if item.kind in ("fair_use", "review") else None

    def booked(self, item: Item, difference: Difference) -> str:
        first_open = after(self.closed_through) if self.closed_through else item.month
        return first_open if difference.kept else max(item.month, first_open)

    def moved(self, account: str) -> str:
        kind, _, month = account.partition(":")
        return f"{kind}:{after(self.closed_through)}" if kind in ("invoice", "fair_use") and month else account


def after(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12}-{number % 12 + 1:02}"
