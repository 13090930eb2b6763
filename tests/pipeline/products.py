"""A helpdesk and a time tracker in memory, which keep the protocols and break on request.

``breaks_after`` pages of the next reading, they raise what ``breaks_with`` says: a crash between two pages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from connectors.errors import ConnectorError, Invalid, PermissionMissing
from connectors.protocols import BudgetState
from connectors.records import (
    ChangeResult,
    CheckResult,
    EntryKind,
    EntryPage,
    EntryState,
    Organization,
    Person,
    Ticket,
    TicketChange,
    TicketPage,
    TicketStatus,
    TimeEntry,
    WebhookCall,
)

START = datetime(2026, 10, 1, tzinfo=UTC)
FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)


class Crash(Exception):
    """The process died here."""


def a_ticket(identity: str, **changes: object) -> Ticket:
    base = Ticket(identity, identity, "Formulier stuk", TicketStatus.OPEN, START, START, organization_id="5")
    return replace(base, **changes)  # type: ignore[arg-type]


def an_entry(identity: str, **changes: object) -> TimeEntry:
    base = TimeEntry(
        "fake", "1", identity, EntryState.STOPPED, EntryKind.WORK, 1800, date(2026, 10, 12), description="#12 werk"
    )
    return replace(base, **changes)  # type: ignore[arg-type]


@dataclass
class _Pages:
    page_size: int = 2
    breaks_after: int | None = None
    breaks_with: Exception = field(default_factory=Crash)
    calls: Counter[str] = field(default_factory=Counter)

    def step(self) -> None:
        """Called before every page."""
        if self.breaks_after is None:
            return
        if self.breaks_after == 0:
            self.breaks_after = None
            raise self.breaks_with
        self.breaks_after -= 1


@dataclass
class FakeHelpdesk(_Pages):
    """Tickets with a log of changes; the cursor is a place in the log."""

    held: dict[str, Ticket] = field(default_factory=dict)
    customers: dict[str, Organization] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    oldest_cursor: int = 0

    @property
    def product(self) -> str:
        return "fake"

    @property
    def account(self) -> str:
        return "acme"

    def put(self, *tickets: Ticket) -> None:
        for ticket in tickets:
            self.held[ticket.id] = ticket
            self.log.append(ticket.id)

    def put_organization(self, *organizations: Organization) -> None:
        self.customers.update({one.id: one for one in organizations})

    def changed_tickets(self, cursor: str | None, since: datetime) -> Iterator[TicketPage]:
        self.calls["changed_tickets"] += 1
        place = 0 if cursor is None else int(cursor)
        if cursor is not None and place < self.oldest_cursor:
            raise Invalid("fake", "the cursor is too old")
        while True:
            self.step()
            end = min(place + self.page_size, len(self.log))
            yield self._page(self.log[place:end], str(end), last=end == len(self.log))
            place = end
            if end == len(self.log):
                return

    def tickets(self, ticket_ids: Sequence[str]) -> TicketPage:
        self.calls["tickets"] += 1
        self.step()
        return self._page(ticket_ids, None, last=True)

    def organizations(self) -> Iterator[Sequence[Organization]]:
        self.calls["organizations"] += 1
        held = list(self.customers.values())
        for start in range(0, len(held), self.page_size):
            self.step()
            yield held[start : start + self.page_size]

    def _page(self, ticket_ids: Sequence[str], cursor: str | None, *, last: bool) -> TicketPage:
        found = tuple(self.held[key] for key in dict.fromkeys(ticket_ids) if key in self.held)
        owners = {one.organization_id for one in found}
        beside = tuple(one for one in self.customers.values() if one.id in owners)
        return TicketPage(found, beside, (Person("90", "Jan"),), cursor, last)

    def apply(self, changes: Sequence[TicketChange]) -> Iterator[ChangeResult]:
        raise NotImplementedError

    def applied_references(self, ticket_id: str, references: frozenset[str]) -> frozenset[str]:
        raise NotImplementedError

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        raise NotImplementedError

    def ticket_url(self, ticket_id: str) -> str:
        return f"https://acme.example.org/tickets/{ticket_id}"

    def check(self) -> Sequence[CheckResult]:
        return ()


@dataclass
class FakeTracker(_Pages):
    """Entries with a leaky log of changes: only what was logged comes by the fast lane."""

    held: dict[str, TimeEntry] = field(default_factory=dict)
    log: list[TimeEntry] = field(default_factory=list)
    oldest_cursor: int = 0
    is_allowed: bool = True
    unreadable: dict[str, ConnectorError] = field(default_factory=dict)
    limited_after: int | None = None
    limit: Exception = field(default_factory=Crash)

    @property
    def product(self) -> str:
        return "fake"

    @property
    def account(self) -> str:
        return "1"

    def put(self, *entries: TimeEntry, logged: bool = True) -> None:
        for entry in entries:
            self.held[entry.id] = entry
            if logged:
                self.log.append(entry)

    def delete(self, *entry_ids: str, logged: bool = False) -> None:
        for entry_id in entry_ids:
            entry = self.held.pop(entry_id)
            if logged:
                self.log.append(replace(entry, state=EntryState.DELETED))

    def changed_entries(self, cursor: str | None, since: datetime) -> Iterator[EntryPage]:
        self.calls["changed_entries"] += 1
        place = 0 if cursor is None else int(cursor)
        if cursor is not None and place < self.oldest_cursor:
            raise Invalid("fake", "the cursor is too old")
        while True:
            self.step()
            end = min(place + self.page_size, len(self.log))
            yield EntryPage(tuple(self.log[place:end]), str(end), last=end == len(self.log))
            place = end
            if end == len(self.log):
                return

    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        self.calls["entries_between"] += 1
        found = [one for one in self.held.values() if first <= one.work_date <= last]
        starts = range(0, max(len(found), 1), self.page_size)
        for start in starts:
            self.step()
            yield EntryPage(tuple(found[start : start + self.page_size]), None, last=start == starts[-1])

    def entry(self, entry_id: str) -> TimeEntry | None:
        self.calls["entry"] += 1
        if self.limited_after is not None and self.calls["entry"] > self.limited_after:
            raise self.limit
        if not self.is_allowed:
            raise PermissionMissing("fake", "you may not see this entry")
        if entry_id in self.unreadable:
            raise self.unreadable[entry_id]
        return self.held.get(entry_id)

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        raise NotImplementedError

    def budget(self) -> BudgetState | None:
        return None

    def check(self) -> Sequence[CheckResult]:
        return ()
