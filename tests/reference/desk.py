"""A short way to tell an office a story: each verb is an event, at a day that only moves on."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from tests.reference import events as heard
from tests.reference.office import Office
from tests.reference.world import last_day

HOUR = 3600
MINUTE = 60


def day(text: str) -> date:
    return date.fromisoformat(text)


class Desk:
    """An office whose rate is 92.50, with a customer `acme` and a ticket `t` of theirs."""

    def __init__(self, now: str = "2026-09-01 09:00") -> None:
        self.office = Office()
        self.now = datetime.fromisoformat(now)
        for year in range(2023, 2028):
            self.rate("92.50", f"{year}-01-01")
        self.customer("acme")
        self.ticket("t", "acme")

    def hear(self, event: heard.Event) -> None:
        self.office.hear(self.now, event)

    def on(self, moment: str) -> None:
        self.now = max(self.now, datetime.fromisoformat(moment))

    def later(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    def customer(self, name: str) -> None:
        self.hear(heard.CustomerAppeared(name, name))

    def ticket(self, ticket: str, customer: str | None, route: str = "hour_card") -> None:
        self.hear(heard.TicketPlaced(ticket, customer))
        self.hear(heard.Decided(ticket, route))

    def rate(self, euros: str, first_day: str) -> None:
        self.hear(heard.RateSet(day(first_day), Decimal(euros)))

    def setting(self, name: str, value: object) -> None:
        self.hear(heard.SettingChanged(name, value))  # type: ignore[arg-type]

    def card(
        self, number: int, on: str, hours: int = 50, *, customer: str = "acme", rate: str = "92.50", again: bool = False
    ) -> None:
        self.hear(heard.CardBought(number, customer, day(on), hours * HOUR, Decimal(rate), again=again))

    def work(self, key: str, minutes: int, on: str, ticket: str | None = "t", **other: object) -> None:
        """A time entry appears, or is now so, not before its day. Of several people, unless `person` says whose."""
        self.on(f"{on} 18:00")
        known = self.office.world.entries.get(key)
        version = known.version + 1 if known else 1
        values = {"person": f"person of {key}", **other}
        self.hear(heard.EntryRecorded(key, version, ticket, minutes * MINUTE, day(on), **values))  # type: ignore[arg-type]

    def much_work(self, key: str, hours: int, on: str, ticket: str = "t") -> None:
        """So many hours of one day, ten a person, as no guard minds."""
        for index, start in enumerate(range(0, hours, 10)):
            self.work(f"{key}.{index}", min(10, hours - start) * 60, on, ticket)

    def delete(self, key: str) -> None:
        self.hear(heard.EntryDeleted(key, self.office.world.entries[key].version + 1))

    def decide(self, ticket: str, route: str, because: str = "facts", *, tell: bool = False) -> None:
        self.hear(heard.Decided(ticket, route, because=because, tell=tell))  # type: ignore[arg-type]

    def night(self, on: str) -> None:
        """The nightly full pass, at half past two."""
        self.on(f"{on} 02:30")
        self.hear(heard.PassMade())

    def poll(self) -> None:
        self.hear(heard.PassMade(full=False))

    def close(self, month: str) -> None:
        morning = last_day(month) + timedelta(days=1)
        self.night(str(morning))
        self.on(f"{morning} 09:00")
        self.hear(heard.MonthClosed(month))

    def balances(self, customer: str = "acme") -> dict[str, float]:
        """Minutes on each account."""
        return {account: seconds / MINUTE for account, seconds in self.office.balances(customer).items()}

    def stands(self, key: str, customer: str = "acme") -> dict[str, float]:
        """Where an entry's minutes stand; it has nothing at anybody else."""
        accounts = self.office.entry(key)
        assert {holder for holder, _ in accounts} <= {customer}
        return {account: seconds / MINUTE for (_, account), seconds in accounts.items()}

    def left(self, card: int) -> float:
        """Hours left on a card."""
        return self.office.card_left(card) / HOUR

    def euros(self, month: str, customer: str = "acme") -> float | None:
        euros = self.office.invoice(customer, month).euros
        return None if euros is None else float(euros)
