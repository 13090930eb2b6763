"""What is known: the facts as they were heard, and the questions that need nothing but facts.

Readings of what the clauses leave open:

- **A customer is not its name** (A). Tickets name a customer by identity. `OrganizationsMerged` by itself moves no
  time: open time and cards follow when the operator says so, by a mapping that can be reversed; `holder` follows it.
- **A merged ticket** is the ticket that stays, also for verdicts: a merge is not "moved elsewhere" (D).
- **Nobody's time** (A): no ticket, a ticket without a customer, ignored, a copy, or held by a guard (E).
- **Guards** (E) are functions of what is known, so that the order of arrival does not matter. Of equal entries the
  one with the lowest name counts. Of a person's day, entries count in the order of their start while they fit into 24
  h; entries that are held anyway do not fill the day. "Before the first open month" is asked of time that has settled
  nothing: a re-dated entry of a closed month is corrected (B), not held.
- **An allowance** is a calendar month's: the most that was agreed at any time in it. It begins in the month of the
  agreement (D), whatever work is dated before.
- **A rate** holds from its first day to the end of that calendar year: H5 asks for the rate of a year, and a year for
  which nobody set one has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from tests.reference import events as heard

LONGEST_ENTRY = 16 * heard.HOUR
LONGEST_DAY = 24 * heard.HOUR


def month_of(day: date) -> str:
    return f"{day:%Y-%m}"


def month_after(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


def month_before(month: str) -> str:
    return month_of(date.fromisoformat(month + "-01") - timedelta(days=1))


def last_day(month: str) -> date:
    return date.fromisoformat(month_after(month) + "-01") - timedelta(days=1)


def years_later(day: date, years: int) -> date:
    """The same day so many years later; 29 February becomes 28 February."""
    if (day.month, day.day) == (2, 29):
        day = day.replace(day=28)
    return day.replace(year=day.year + years)


def is_charged(route: str) -> bool:
    return route in {"hour_card", "invoice"}


@dataclass(frozen=True)
class Entry:
    """A time entry as last read. `start` and `seconds` in seconds."""

    key: str
    version: int
    ticket: str | None = None
    seconds: int = 0
    day: date = date.min
    start: int = 0
    person: str = ""
    text: str = ""
    activity: str = "work"
    standing: str = "counts"
    deleted: bool = False

    @property
    def accepted_as(self) -> tuple[object, ...]:
        return (self.person, self.day, self.start, self.seconds, self.text)


@dataclass(frozen=True)
class Card:
    """A prepaid hour card; `adjustments` are (seconds, day) given or taken by a person."""

    number: int
    customer: str
    bought_on: date
    seconds: int
    rate: Decimal
    reference: str
    adjustments: tuple[tuple[int, date], ...] = ()
    void: bool = False


@dataclass(frozen=True)
class Verdict:
    customer: str
    ticket: str
    judged: int
    charged: int


@dataclass
class World:
    names: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    merged_customers: dict[str, str] = field(default_factory=dict)
    agreed: dict[tuple[str, str], dict[date, int]] = field(default_factory=dict)
    rates: dict[date, Decimal] = field(default_factory=dict)
    settings: dict[str, object] = field(
        default_factory=lambda: {
            "recalculation": "propose",
            "recalculate_yearly": False,
            "replies": True,
            "quiet_seconds": 15 * 60,
            "most_card_hours": None,
        }
    )
    cards: dict[int, Card] = field(default_factory=dict)
    tickets: dict[str, str | None] = field(default_factory=dict)
    merged_tickets: dict[str, str] = field(default_factory=dict)
    routes: dict[tuple[str, str], str] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    accepted: dict[str, tuple[object, ...]] = field(default_factory=dict)
    verdicts: dict[str, list[Verdict]] = field(default_factory=dict)
    passed: date = date.min  # the day on which the last full pass read
    judged_dues: dict[tuple[int, date], str] = field(default_factory=dict)
    decided_dues: dict[tuple[int, date], bool] = field(default_factory=dict)
    today: date = date.min
    closed_through: str = ""

    # Customers and tickets

    def holder(self, customer: str) -> str:
        """Who holds the customer's open time and cards: the customer itself, or whom the operator merged it into."""
        while customer in self.merged_customers:
            customer = self.merged_customers[customer]
        return customer

    def ticket_that_stays(self, ticket: str) -> str:
        while ticket in self.merged_tickets:
            ticket = self.merged_tickets[ticket]
        return ticket

    def customer_of(self, entry: Entry) -> str | None:
        """Whose time it is by link and ticket; `None` when it is nobody's."""
        if entry.deleted or entry.standing != "counts" or entry.ticket is None:
            return None
        return self.tickets.get(self.ticket_that_stays(entry.ticket))

    def route_of(self, entry: Entry) -> str:
        """Undecided is undetermined: pending (I4)."""
        if entry.ticket is None:
            return "pending"
        return self.routes.get((self.ticket_that_stays(entry.ticket), entry.activity), "pending")

    def verdict_on(self, entry: Entry) -> Verdict | None:
        """The newest verdict on the entry at the customer and ticket where it is now (D)."""
        customer = self.customer_of(entry)
        if customer is None or entry.ticket is None:
            return None
        place = (self.holder(customer), self.ticket_that_stays(entry.ticket))
        for verdict in reversed(self.verdicts.get(entry.key, [])):
            if (self.holder(verdict.customer), self.ticket_that_stays(verdict.ticket)) == place:
                return verdict
        return None

    # Guards

    def accepted_now(self, entry: Entry) -> bool:
        return self.accepted.get(entry.key) == entry.accepted_as

    def held_because(self, entry: Entry, *, settled: bool) -> str | None:
        """Why the entry counts for nobody until it is accepted (E), or `None`."""
        if entry.deleted or self.accepted_now(entry):
            return None
        if (reason := self._held_by_itself(entry)) is not None:
            return reason
        if not settled and month_of(entry.day) <= self.closed_through:
            return "dated before the first open month"
        if self._overfills_its_day(entry):
            return "more than 24 h of one person on one day"
        return None

    def _held_by_itself(self, entry: Entry) -> str | None:
        if entry.seconds > LONGEST_ENTRY:
            return "over 16 h"
        if entry.day > self.today + timedelta(days=1):
            return "more than a day ahead"
        equal = (other for other in self._counting() if other.accepted_as == entry.accepted_as)
        if any(other.key < entry.key for other in equal):
            return "equal to another entry"
        return None

    def _overfills_its_day(self, entry: Entry) -> bool:
        same_day = [
            other
            for other in self._counting()
            if (other.person, other.day) == (entry.person, entry.day)
            and (self.accepted_now(other) or self._held_by_itself(other) is None)
        ]
        before = (other for other in same_day if (other.start, other.key) < (entry.start, entry.key))
        return sum(other.seconds for other in before) + entry.seconds > LONGEST_DAY

    def _counting(self) -> Iterator[Entry]:
        return (entry for entry in self.entries.values() if not entry.deleted and entry.standing == "counts")

    # Agreements and rates

    def agreed_on(self, customer: str, term: str, day: date) -> int:
        values = self.agreed.get((customer, term), {})
        return max(((since, value) for since, value in values.items() if since <= day), default=(day, 0))[1]

    def most_agreed_in(self, customer: str, term: str, month: str) -> int:
        first = date.fromisoformat(month + "-01")
        days = [first, *(day for day in self.agreed.get((customer, term), {}) if month_of(day) == month)]
        return max(self.agreed_on(customer, term, day) for day in days)

    def rate_of(self, day: date) -> Decimal | None:
        return rate_in(self.rates, day)

    # Cards

    def due_days(self, card: Card, through: date) -> list[date]:
        """When the card falls due for recalculation (H4), up to a day, the earliest first."""
        if card.bought_on < date(2024, 1, 1) or card.void:
            return []
        most = 100 if self.settings["recalculate_yearly"] else 1
        days = (years_later(card.bought_on, years) for years in range(1, most + 1))
        return [day for day in days if day <= through]

    def cards_for(self, customer: str, day: date) -> list[Card]:
        """The cards that may pay this customer's work of a day, the oldest purchase first (H2)."""
        cards = (
            card
            for card in self.cards.values()
            if not card.void and self.holder(card.customer) == self.holder(customer) and card.bought_on <= day
        )
        return sorted(cards, key=lambda card: (card.bought_on, card.number))

    def change_card(self, number: int, **changes: object) -> None:
        self.cards[number] = replace(self.cards[number], **changes)  # type: ignore[arg-type]


def rate_in(rates: dict[date, Decimal], day: date) -> Decimal | None:
    days = [first for first in rates if first.year == day.year and first <= day]
    return rates[max(days)] if days else None
