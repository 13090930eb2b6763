"""Post: a customer's time, as it was decided, into the ledger.

Terms
    touched   tickets of which something changed: their entries are looked at whatever month they stand in
    open      entries that are or should be booked in a month that is not closed: all of them are laid down anew

Promise: see :mod:`care_sync.ledger.posting`, which does the work. Here is gathered what it needs and nothing more: work
grows with what changed and with the customer's open months, never with history. Time whose ticket lost its customer is
taken back in open months; what a closed month settled stays, because nobody else pays for it: an invoice is not
credited because somebody deleted an organization. It moves when the ticket has a customer again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from care_sync.ledger.posting import PostingReport, post_customer
from care_sync.model.decided_time import DecidedTime
from care_sync.model.posted_entry import PostedEntry
from care_sync.model.time_entry import StoredEntry
from care_sync.pipeline.customer import Customer
from care_sync.pipeline.decide import Decided
from care_sync.pipeline.settled_facts import routes_as_settled
from care_sync.pipeline.site import Site
from care_sync.store import UnitOfWork
from connectors.records import EntryKind, EntryState, Ticket
from rules.model.decision import Decision
from rules.model.words import Route


@dataclass(frozen=True, slots=True)
class CustomerTime:
    """A customer's entries that count and must be laid down, and the keys of those that no longer count.

    ``nobodys`` are those that no customer can be charged for now: what a closed month settled for them stays.
    """

    entries: tuple[StoredEntry, ...]
    gone: frozenset[str]
    nobodys: frozenset[str]


def gather_time(work: UnitOfWork, organization_id: str, touched: Collection[str]) -> CustomerTime:
    """Read what of a customer's time is open, and what of it changed."""
    first = work.periods.months().first_open
    first_day = date.fromisoformat(f"{first}-01") if first else date.min
    standing = work.ledger.posted_of_organization(organization_id, first)
    of_touched = work.ledger.posted_of_tickets(touched)
    touched_standing = {record.entry_key: record for many in of_touched.values() for record in many}
    entries = {entry.entry.key: entry for entry in work.entries.of_organization_since(organization_id, first_day)}
    entries.update({record.entry.key: record for many in work.entries.of_tickets(touched).values() for record in many})
    corrected = work.ledger.corrected_of_organization(organization_id, first)
    unread = (standing.keys() | touched_standing.keys() | corrected.keys()) - entries.keys()
    entries.update(work.entries.get_many(sorted(unread)))
    counting = tuple(
        entry for entry in entries.values() if entry.counts and entry.link.organization_id == organization_id
    )
    keys = {entry.entry.key for entry in counting}
    # Whatever an open month holds: what a closed one had settled of it stays when the time is nobody's now.
    stands_here = {**corrected, **standing, **touched_standing}
    tickets = work.tickets.get_many({*touched, *(stands.ticket_id for stands in stands_here.values())})
    not_here = {
        key: (entries.get(key), tickets.get(stands.ticket_id))
        for key, stands in stands_here.items()
        if stands.organization_id == organization_id and key not in keys
    }
    nobodys = frozenset(key for key, (stored, ticket) in not_here.items() if has_lost_its_customer(stored, ticket))
    gone = frozenset(
        key
        for key, (stored, ticket) in not_here.items()
        if key not in nobodys and not _went_by_a_merge(stored, stands_here[key], ticket)
    )
    return CustomerTime(counting, gone, nobodys)


def _went_by_a_merge(stored: StoredEntry | None, stands: PostedEntry, ticket: Ticket | None) -> bool:
    """Whether an entry is another customer's now because its ticket was merged into one of theirs, and for no other
    reason."""
    was_merged = ticket is not None and ticket.merged_into is not None
    return was_merged and stored is not None and stored.counts and stored.entry.seconds == stands.seconds


def has_lost_its_customer(stored: StoredEntry | None, ticket: Ticket | None) -> bool:
    """Whether an entry is nobody's now, because the ticket that it was booked for has no customer any more."""
    return (
        ticket is not None
        and ticket.organization_id is None
        and stored is not None
        and (stored.entry.state, stored.entry.kind) == (EntryState.STOPPED, EntryKind.WORK)
        and ticket.id in (stored.link.ticket_id, stored.link.wanted_ticket)
    )


def post_time(
    work: UnitOfWork, site: Site, customer: Customer, time: CustomerTime, decided: Decided, now: datetime
) -> PostingReport:
    """Make the customer's ledger say what was decided; return what changed."""
    settled = routes_as_settled(work, site, customer, time.entries, decided)
    return post_customer(
        work,
        customer.organization.id,
        [decided_time(stored, decided.of_entry(stored), settled.get(stored.entry.key)) for stored in time.entries],
        terms=customer.terms,
        now=now,
        gone=time.gone,
        nobodys=time.nobodys,
    )


def decided_time(stored: StoredEntry, decision: Decision, route_as_settled: Route | None = None) -> DecidedTime:
    """An entry's time as the ledger takes it in; see :mod:`care_sync.pipeline.settled_facts` of what was settled."""
    return DecidedTime(
        entry_key=stored.entry.key,
        seconds=stored.entry.seconds,
        route=Route(decision.route),
        work_date=stored.entry.work_date,
        ticket_id=stored.ticket_id,
        revision=stored.revision,
        started_at=stored.entry.started_at,
        rules=decision.rules,
        clauses=decision.clauses,
        reason=decision.reason.get("en", ""),
        activity=stored.activity,
        route_as_settled=route_as_settled,
    )
