"""Post: a customer's time, as it was decided, into the ledger.

Terms
    touched   tickets of which something changed: their entries are looked at whatever month they stand in
    open      entries that are or should be booked in a month that is not closed: all of them are laid down anew

Promise: see :mod:`care_sync.ledger.posting`, which does the work. Here is gathered what it needs and nothing more: work
grows with what changed and with the customer's open months, never with history. Time that becomes nobody's (no ticket,
a ticket without a customer or of a deleted one, another customer's, ignored, a copy) is taken back in open months. What
a closed month settled stays, because nobody else pays for it, and is reported: an invoice is not credited because
somebody deleted an organization or mistyped a number. It moves when it is somebody's again, and goes when the entry is
deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from care_sync.ledger.posting import PostingReport, post_customer
from care_sync.model.decided_time import DecidedTime
from care_sync.model.duration import clock
from care_sync.model.months import Months
from care_sync.model.posted_entry import PostedEntry
from care_sync.model.time_entry import LinkState, StoredEntry
from care_sync.pipeline.customer import Customer
from care_sync.pipeline.decide import Decided
from care_sync.pipeline.settled_facts import routes_as_settled
from care_sync.pipeline.site import Site
from care_sync.store import UnitOfWork
from connectors.records import EntryState, Ticket
from rules.model.decision import Decision
from rules.model.words import Route

CLOSED_TIME_STAYS = "closed_time_stays"
"""The kind of attention for an entry that a closed month settled and that is nobody's now; its subject is its key."""


@dataclass(frozen=True, slots=True)
class CustomerTime:
    """A customer's entries that count and must be laid down, and the keys of those that no longer count.

    ``nobodys`` are those that no customer can be charged for now: what a closed month settled for them stays. Of all
    that were looked at, ``settled`` have something that a closed month settled.
    """

    entries: tuple[StoredEntry, ...]
    gone: frozenset[str]
    nobodys: frozenset[str]
    settled: Mapping[str, PostedEntry]


def gather_time(work: UnitOfWork, organization_id: str, touched: Collection[str]) -> CustomerTime:
    """Read what of a customer's time is open, and what of it changed."""
    months = work.periods.months()
    first = months.first_open
    first_day = date.fromisoformat(f"{first}-01") if first else date.min
    standing = work.ledger.posted_of_organization(organization_id, first)
    of_touched = work.ledger.posted_of_tickets(touched)
    touched_standing = {record.entry_key: record for many in of_touched.values() for record in many}
    entries = {entry.entry.key: entry for entry in work.entries.of_organization_since(organization_id, first_day)}
    entries.update({record.entry.key: record for many in work.entries.of_tickets(touched).values() for record in many})
    corrected = work.ledger.corrected_of_organization(organization_id, first)
    unread = (standing.keys() | touched_standing.keys() | corrected.keys()) - entries.keys()
    entries.update(work.entries.get_many(sorted(unread)))
    counting = _counting(work, organization_id, entries.values(), months)
    keys = {entry.entry.key for entry in counting}
    # Whatever an open month holds: what a closed one had settled of it stays when the time is nobody's now.
    stands_here = {
        key: stands
        for key, stands in {**corrected, **standing, **touched_standing}.items()
        if stands.organization_id == organization_id
    }
    not_here = {key: entries.get(key) for key in stands_here if key not in keys}
    owners = {stored.link.organization_id for stored in not_here.values() if stored is not None}
    chargeable = chargeable_customers(work, owners)
    nobodys = frozenset(key for key, stored in not_here.items() if is_nobodys(stored, chargeable))
    tickets = work.tickets.get_many(stands_here[key].ticket_id for key in not_here)
    gone = frozenset(
        key
        for key, stored in not_here.items()
        if key not in nobodys
        and not _went_by_a_merge(stored, stands_here[key], tickets.get(stands_here[key].ticket_id))
    )
    settled = settled_in_closed_months(work, stands_here, months)
    return CustomerTime(counting, gone, nobodys, {key: stands_here[key] for key in settled})


def _counting(
    work: UnitOfWork, organization_id: str, entries: Iterable[StoredEntry], months: Months
) -> tuple[StoredEntry, ...]:
    """Entries that must be laid down at a customer; at a deleted one nothing that others settled."""
    counting = tuple(entry for entry in entries if entry.counts and entry.link.organization_id == organization_id)
    if organization_id in chargeable_customers(work, [organization_id]):
        return counting
    elsewhere = {
        key: stands
        for key, stands in work.ledger.posted(entry.key for entry in counting).items()
        if stands.organization_id != organization_id
    }
    settled = settled_in_closed_months(work, elsewhere, months)
    return tuple(entry for entry in counting if entry.key not in settled)


def settled_in_closed_months(work: UnitOfWork, standing: Mapping[str, PostedEntry], months: Months) -> frozenset[str]:
    """Entries for which a closed month settled something, also where an open month corrects it."""
    if months.first_open is None:
        return frozenset()
    closed = {key for key, stands in standing.items() if months.is_closed(stands.period)}
    return frozenset(closed | work.ledger.corrected(standing, months.first_open).keys())


def chargeable_customers(work: UnitOfWork, organization_ids: Iterable[str | None]) -> frozenset[str]:
    """Those of these customers to whom something can be charged: known, and not deleted."""
    known = work.organizations.get_many({key for key in organization_ids if key is not None})
    return frozenset(key for key, organization in known.items() if not organization.deleted)


def is_nobodys(stored: StoredEntry | None, chargeable: Collection[str]) -> bool:
    """Whether an entry is there and counts for no customer in ``chargeable``. One that was deleted is just gone."""
    if stored is None or stored.entry.state is EntryState.DELETED:
        return False
    return not (stored.counts and stored.link.organization_id in chargeable)


def _went_by_a_merge(stored: StoredEntry | None, stands: PostedEntry, ticket: Ticket | None) -> bool:
    """Whether an entry is another customer's now because its ticket was merged into one of theirs, and for no other
    reason."""
    was_merged = ticket is not None and ticket.merged_into is not None
    return was_merged and stored is not None and stored.counts and stored.entry.seconds == stands.seconds


def report_settled(work: UnitOfWork, customer: Customer, time: CustomerTime, now: datetime) -> None:
    """Report closed time that stays although it is nobody's now; what is somebody's again leaves the list."""
    nobodys = time.settled.keys() & time.nobodys
    for key, stored in work.entries.get_many(nobodys).items():
        stands, link = time.settled[key], stored.link
        why = link.reason or ("its ticket has no customer" if link.state is LinkState.LINKED else link.state.value)
        message = (
            f"{customer.organization.name}: {clock(stands.seconds)} hours of {stands.work_date} were settled in a "
            f"month that is closed and stay there, although the time entry is nobody's now ({why}). Give the entry its "
            "ticket, or the ticket its customer; delete the entry in the time tracker to give the time back."
        )
        work.attention.raise_(CLOSED_TIME_STAYS, key, message, now)
    work.attention.resolve(CLOSED_TIME_STAYS, sorted(time.settled.keys() - nobodys))


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
