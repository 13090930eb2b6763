"""A day of changes at the agency: who does what when, chosen from what stands in the store after the first night.

Terms
    change    something that a person does in Zendesk or Toggl, and the ticket on which it shows
    candidate a ticket of the month that a change can be told of: known to the store, not closed, not chosen before
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal

from care_sync.application import Application
from care_sync.demo.agency import PEOPLE, ZONE, Agency, FiledTicket, Worked
from care_sync.demo.customers import RATES
from care_sync.demo.site import BOOKKEEPER
from care_sync.demo.stage import DAY
from care_sync.demo.workplace import Workplace
from care_sync.ledger import cards
from care_sync.lookup import find_organization
from care_sync.model.duration import clock
from care_sync.model.mark import DirtyKind
from care_sync.model.posted_entry import PostedEntry
from care_sync.model.time_entry import LinkState, StoredEntry


@dataclass(frozen=True, slots=True)
class Change:
    """``told`` says what happens and ``why`` what is to be seen; ``number`` is the ticket on which it shows.

    ``is_brief``: the note to colleagues is cut short. ``is_lost``: the webhook that should tell of it never arrives.
    """

    at: datetime
    told: str
    why: str
    number: int
    do: Callable[[], None]
    is_brief: bool = False
    is_lost: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ticket with what the store knows of it."""

    ticket: FiledTicket
    entries: tuple[StoredEntry, ...]
    standing: Mapping[str, PostedEntry]

    @property
    def customer(self) -> str:
        """Its customer."""
        return str(self.ticket.customer)

    def seconds_on(self, kind: str) -> int:
        """Its time on a kind of account, such as ``card``."""
        return sum(
            leg.seconds
            for standing in self.standing.values()
            for leg in standing.shares
            if leg.account.partition(":")[0] == kind
        )

    def longest(self, kind: str) -> StoredEntry | None:
        """Its longest entry that stands wholly on one account of a kind."""
        entries = [entry for entry in self.entries if self._kinds(entry.entry.key) == [kind]]
        return max(entries, key=lambda record: record.entry.seconds, default=None)

    def _kinds(self, entry_key: str) -> list[str]:
        standing = self.standing.get(entry_key)
        return [leg.account.partition(":")[0] for leg in standing.shares] if standing else []


class Day:
    """Chooses what happens on the day after the month."""

    def __init__(self, application: Application, agency: Agency, workplace: Workplace) -> None:
        self._application = application
        self._agency = agency
        self._workplace = workplace
        self._taken: set[str] = set()
        with application.store.read() as work:
            ids = [str(ticket.number) for ticket in agency.tickets]
            entries = work.entries.of_tickets(ids)
            standing = work.ledger.posted_of_tickets(ids)
            known = work.tickets.get_many(ids)
            self._left = {
                organization.name: sum(state.left for state in cards.states(work, organization.id))
                for organization in work.organizations.all()
            }
            self._unlinked = [entry for entry in work.entries.unlinked() if entry.link.state is LinkState.UNLINKED]
        self._candidates = [
            Candidate(
                ticket,
                tuple(entries.get(str(ticket.number), ())),
                {item.entry_key: item for item in standing.get(str(ticket.number), ())},
            )
            for ticket in agency.tickets
            if ticket.customer is not None
            and str(ticket.number) in known
            and known[str(ticket.number)].status.is_writable
        ]

    def changes(self) -> Iterator[Change]:
        """The changes of the day, in order of time. Each must be let happen before the next is asked for."""
        yield self._forgotten_timer()
        yield self._cause_with_a_third_party()
        yield self._cause_with_us()
        yield self._entry_shortened()
        yield self._entry_linked()
        yield self._ticket_handed_over()
        yield from self._card_runs_out()
        yield self._change_approved()
        yield self._telephone_call()
        yield self._time_reviewed()
        yield self._entry_deleted()

    # ---- one by one ----------------------------------------------------------------------------------

    def _forgotten_timer(self) -> Change:
        running = next(entry for entry in self._agency.worked if entry.is_running)
        ticket = self._filed(running)

        def do() -> None:
            entry_id = self._workplace.running_timer(running.person)
            self._workplace.toggl.workspace.stop_timer(entry_id)
            self._workplace.edit_entry(entry_id, duration=25 * 60)

        text = (
            f"{_first(running.person)} stops the timer on #{ticket.number} that ran all night, and makes it 25 minutes"
        )
        return Change(_at(9, 4), text, "A running timer counts nothing; it counts when it stops.", ticket.number, do)

    def _cause_with_a_third_party(self) -> Change:
        candidate = self._find(
            lambda candidate: (
                candidate.ticket.story == "cause_still_unknown"
                and candidate.ticket.locale == "nl"
                and candidate.seconds_on("pending") > 1800
                and self._left[candidate.customer] > 4 * candidate.seconds_on("pending")
            )
        )
        return Change(
            _at(9, 20),
            f"{_first(candidate.ticket.assignee)} finds the cause of #{candidate.ticket.number}: a third party",
            "Outside the SLA (I3a): what was held goes to the hour card, and the customer is told at once (I4).",
            candidate.ticket.number,
            lambda: self._workplace.fill_in(candidate.ticket.number, candidate.ticket.assignee, cause="third_party"),
        )

    def _cause_with_us(self) -> Change:
        candidate = self._find(
            lambda candidate: (
                candidate.ticket.story == "cause_still_unknown"
                and candidate.ticket.locale == "en"
                and candidate.seconds_on("pending") > 1800
            )
        )
        return Change(
            _at(9, 55),
            f"{_first(candidate.ticket.assignee)} finds the cause of #{candidate.ticket.number}: CARE itself",
            "Inside the SLA (I2, W2): what was held is free.",
            candidate.ticket.number,
            lambda: self._workplace.fill_in(candidate.ticket.number, candidate.ticket.assignee, cause="care"),
            is_brief=True,
        )

    def _entry_shortened(self) -> Change:
        candidate = self._find(
            lambda candidate: (entry := candidate.longest("card")) is not None and entry.entry.seconds > 4500
        )
        entry = _longest(candidate)
        shorter = entry.entry.seconds // 120 * 60
        who = _first(entry.entry.person_name or "")
        return Change(
            _at(10, 30),
            f"{who} corrects an entry on #{candidate.ticket.number}: "
            f"{clock(entry.entry.seconds)} becomes {clock(shorter)}",
            "Reversed and posted again, never changed: the card gets its minutes back.",
            candidate.ticket.number,
            lambda: self._workplace.edit_entry(int(entry.entry.id), duration=shorter),
        )

    def _entry_linked(self) -> Change:
        worked = {entry.description: entry for entry in self._agency.worked if entry.ticket_number is not None}
        stored, forgotten = next(
            (stored, forgotten)
            for stored in self._unlinked
            if (forgotten := worked.get(stored.entry.description)) is not None
            and forgotten.person == stored.entry.person_name
            and forgotten.seconds == stored.entry.seconds
            and self._is_free(self._filed(forgotten))
        )
        ticket = self._filed(forgotten)
        self._taken.add(str(ticket.customer))
        text = f"#{ticket.number} {stored.entry.description}"
        return Change(
            _at(11, 10),
            f"{_first(forgotten.person)} adds the number that was missing: #{ticket.number}",
            f"{clock(stored.entry.seconds)} hours that counted for nobody count now.",
            ticket.number,
            lambda: self._workplace.edit_entry(int(stored.entry.id), description=text),
        )

    def _ticket_handed_over(self) -> Change:
        candidate = self._find(
            lambda candidate: (
                candidate.seconds_on("card") > 1800
                and candidate.ticket.story in ("small_clear_change", "larger_change_agreed")
                and len(candidate.entries) <= 4
            )
        )
        new = next(
            customer
            for customer in self._agency.customers
            if customer.name not in self._taken
            and customer.locale == candidate.ticket.locale
            and self._left[customer.name] > 5 * 3600
        )
        self._taken.add(new.name)
        who = candidate.ticket.assignee

        def do() -> None:
            self._workplace.hand_over(candidate.ticket.number, who, new.name, new.people[0], new.locale)
            for entry in candidate.entries:
                self._workplace.move_entry(int(entry.entry.id), new.name)

        return Change(
            _at(11, 45),
            f"{_first(who)} sees that #{candidate.ticket.number} is not of {candidate.customer} but of {new.name}, "
            "and moves the ticket and its time",
            "The old customer gets every second back, the new one pays; each by its own SLA and cards.",
            candidate.ticket.number,
            do,
        )

    def _card_runs_out(self) -> Iterator[Change]:
        """The last time on a card is used, and the customer buys another."""

        def left(candidate: Candidate) -> int:
            return self._left[candidate.customer]

        candidate = self._find(
            lambda candidate: (
                left(candidate) > 0 and candidate.ticket.story in ("small_clear_change", "larger_change_agreed")
            ),
            by=left,
        )
        minutes = left(candidate) // 60 + 50
        yield Change(
            _at(13, 40),
            f"{_first(candidate.ticket.assignee)} writes down {clock(minutes * 60)} on #{candidate.ticket.number}, "
            f"and {candidate.customer} has {clock(left(candidate))} left on its card",
            "One entry is split: the card to its last second, the rest to the invoice (H2).",
            candidate.ticket.number,
            lambda: self._write(candidate, minutes),
            is_brief=True,
        )
        yield Change(
            _at(13, 55),
            f"{candidate.customer} buys another card of 50 hours, and the bookkeeper enters it",
            "What was worked since the day of purchase moves from the invoice to the card.",
            candidate.ticket.number,
            lambda: self._buy_card(candidate.customer),
            is_brief=True,
        )

    def _change_approved(self) -> Change:
        candidate = self._find(lambda candidate: candidate.ticket.story == "small_change_on_acceptance")
        return Change(
            _at(14, 25),
            f"{candidate.ticket.requester} approves #{candidate.ticket.number} on acceptance",
            "The next step becomes delivery (M2). The same time is booked again, under the clauses that now hold.",
            candidate.ticket.number,
            lambda: self._workplace.fill_in(candidate.ticket.number, candidate.ticket.assignee, acceptance="approved"),
            is_brief=True,
        )

    def _telephone_call(self) -> Change:
        caller = next(
            customer
            for customer in self._agency.customers
            if customer.locale == "nl" and customer.name not in self._taken
        )
        self._taken.add(caller.name)
        number = self._agency.tickets[-1].number + 1
        who = PEOPLE[4]

        def do() -> None:
            subject = "Gebeld: afrekenen werkt niet meer"
            self._workplace.call_in(number, who, caller.people[0], caller.name, caller.locale, subject)
            self._workplace.work(number, who, caller.name, 6, subject, activity="intake")

        return Change(
            _at(15, 30),
            f"{caller.people[0]} rings; {_first(who)} enters #{number} and 6 minutes of intake",
            "The intake is free (W1); for the rest the note asks what is missing. A suggestion decides nothing.",
            number,
            do,
        )

    def _time_reviewed(self) -> Change:
        candidate = self._find(
            lambda candidate: candidate.ticket.story == "quote_declined" and candidate.seconds_on("review") > 1800
        )
        half = candidate.seconds_on("review") // 120
        return Change(
            _at(16, 10),
            f"{_first(candidate.ticket.assignee)} decides on the time of #{candidate.ticket.number}, "
            "whose quote was declined",
            f"A person judges such time (O4), in a field of the ticket: {half} minutes are charged, the rest is not.",
            candidate.ticket.number,
            lambda: self._workplace.fill_in(
                candidate.ticket.number,
                candidate.ticket.assignee,
                care_review=str(half),
                care_review_reason="half of the preparation, as agreed by telephone",
            ),
        )

    def _entry_deleted(self) -> Change:
        candidate = self._find(
            lambda candidate: (
                (entry := candidate.longest("card")) is not None
                and entry.entry.seconds > 1500
                and self._left[candidate.customer] > 5 * 3600
            )
        )
        entry = _longest(candidate)
        return Change(
            _at(16, 50),
            f"{_first(entry.entry.person_name or '')} deletes an entry of {clock(entry.entry.seconds)} "
            f"on #{candidate.ticket.number}, and the webhook is lost",
            "Toggl's reports do not tell of deletions: only the nightly comparison of the whole window can find it.",
            candidate.ticket.number,
            lambda: self._workplace.delete_entry(int(entry.entry.id)),
            is_lost=True,
        )

    # ---- choosing ------------------------------------------------------------------------------------

    def _find(self, fits: Callable[[Candidate], bool], *, by: Callable[[Candidate], int] = lambda _one: 0) -> Candidate:
        """The first candidate that fits, the smallest by ``by``; its customer is chosen no more."""
        candidates = [
            candidate for candidate in self._candidates if self._is_free(candidate.ticket) and fits(candidate)
        ]
        candidate = min(candidates, key=lambda record: (by(record), record.ticket.number))
        self._taken.add(candidate.customer)
        return candidate

    def _is_free(self, ticket: FiledTicket) -> bool:
        return ticket.customer is not None and ticket.customer not in self._taken

    def _filed(self, worked: Worked) -> FiledTicket:
        return self._agency.ticket(worked.ticket_number or 0)

    def _buy_card(self, customer: str) -> None:
        site = self._application.site
        with self._application.store.begin() as work:
            organization = find_organization(work, customer)
            cards.buy(
                work,
                organization.id,
                hours=Decimal(50),
                rate=RATES[site.today().year],
                bought_on=site.today(),
                reference="F2026-118",
                now=site.now(),
                actor=BOOKKEEPER,
            )
            work.dirty.mark(DirtyKind.ORGANIZATION, [organization.id], "hour card bought", site.now())

    def _write(self, candidate: Candidate, minutes: int) -> None:
        ticket = candidate.ticket
        self._workplace.work(ticket.number, ticket.assignee, candidate.customer, minutes, ticket.subject)


def _longest(candidate: Candidate) -> StoredEntry:
    entry = candidate.longest("card")
    assert entry is not None
    return entry


def _first(person: str) -> str:
    return person.split(maxsplit=1)[0]


def _at(hour: int, minute: int) -> datetime:
    return datetime.combine(DAY, time(hour, minute), ZONE)
