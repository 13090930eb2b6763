"""Decide, post and plan for every customer of whom something changed: one transaction for each.

Terms
    mark      a note in the store that a ticket or a customer must be looked at again
    group     one customer's marked tickets, or those without a customer
    round     one go through all groups; what postings change can mark more, so that a few rounds may follow

Promise: decisions, postings, planned writes and the marks that they answer are written together or not at all. A mark
made meanwhile stays. The ledger's head is locked first, so that daemons settle customers one after the other and each
sees what the one before it posted. What goes wrong with one customer stops nobody else. When nothing is marked, nothing
is read but the marks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from care_sync.errors import CareSyncError, IntegrityError, StoreError
from care_sync.ledger.posting import PostingReport
from care_sync.ledger.review import take_rulings
from care_sync.logs import logger
from care_sync.model.mark import DirtyKind
from care_sync.pipeline.agreements import write_down
from care_sync.pipeline.decide import Decided, decide_tickets
from care_sync.pipeline.decide_and_post import decide_and_post
from care_sync.pipeline.estimates import tell_estimates
from care_sync.pipeline.plan import Planned, plan_tickets
from care_sync.pipeline.site import Site
from care_sync.store import Store, UnitOfWork
from connectors.records import Ticket

NO_CUSTOMER = "no_customer"
"""The kind of attention for a ticket with time and without an organization; its subject is the ticket's id."""

NOT_SETTLED = "customer_not_settled"
"""The kind of attention for a customer that cannot be worked off; its subject is the organization's id."""

MOST_ROUNDS = 5
"""What one customer's postings take from another marks that one for the next round: two are usual."""

TICKETS_AT_ONCE = 200
"""Tickets without a customer in one transaction."""


@dataclass(slots=True)
class CustomersReport:
    """What was done: ``tickets`` looked at, ``decisions`` stored, ``transactions`` posted, ``writes`` planned.

    ``failures`` tell which customers could not be worked off, and why.
    """

    tickets: int = 0
    decisions: int = 0
    transactions: int = 0
    writes: int = 0
    agreements: int = 0
    skipped: set[str] = field(default_factory=set)
    customers: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)

    def add(self, tickets: int, decided: Decided, posted: PostingReport | None, planned: Planned) -> None:
        """Count what one transaction did."""
        self.tickets += tickets
        self.decisions += decided.new
        self.writes += len(planned.changes)
        self.skipped.update(planned.skipped)
        if posted is not None:
            self.transactions += len(posted.transactions)
            if posted.transactions:
                self.customers.add(posted.organization_id)


def update_customers(
    store: Store,
    site: Site,
    pass_id: str,
    *,
    only: Collection[str] | None = None,
    progress: Callable[[int], None] = lambda _count: None,
) -> CustomersReport:
    """Work off the marks; with ``only``, just these tickets'.

    What goes wrong with one customer is put on the list of a person, and the others are worked off. Raises
    :class:`care_sync.errors.IntegrityError` when an invariant broke and :class:`care_sync.errors.StoreError` when the
    store is not there: then nobody is worked off any more.
    """
    report = CustomersReport()
    failed: set[str | None] = set()
    for _ in range(MOST_ROUNDS):
        groups = {key: group for key, group in _groups(store, only).items() if key not in failed}
        if not groups:
            break
        for organization_id, group in groups.items():
            try:
                _settle(store, site, organization_id, group, pass_id, report)
            except (IntegrityError, StoreError):
                raise
            except Exception as error:
                failed.add(organization_id)
                report.failures.append(_tell_of_failure(store, site, organization_id, error))
            progress(max(1, len(group.tickets)))
    return report


def _tell_of_failure(store: Store, site: Site, organization_id: str | None, error: Exception) -> str:
    """Put a customer that cannot be worked off on the list; return what is told."""
    if isinstance(error, CareSyncError):
        why = str(error)
        logger(__name__).error("customer not worked off", organization=organization_id, error=why)
    else:
        why = f"{type(error).__name__}, which is a mistake of CareSync's; the log holds the details"
        logger(__name__).error("customer not worked off", organization=organization_id, exc_info=error)
    with store.begin() as work:
        organization = work.organizations.get(organization_id) if organization_id is not None else None
        name = organization.name if organization is not None else organization_id or "Tickets without a customer"
        message = f"{name}: nothing could be decided or posted: {why}"
        work.attention.raise_(
            NOT_SETTLED, organization_id or "", f"{message} Other customers go on; each pass tries again.", site.now()
        )
    return message


@dataclass(slots=True)
class _Group:
    """Marked tickets of a customer, and marked ones that left it while their time still stands with it."""

    tickets: list[str] = field(default_factory=list)
    leaving: list[str] = field(default_factory=list)


def _groups(store: Store, only: Collection[str] | None) -> dict[str | None, _Group]:
    """What is marked by customer; those customers first that a ticket is leaving, so that it is given back there."""
    groups: dict[str | None, _Group] = {}
    with store.read() as work:
        marked = [key for key in work.dirty.take(DirtyKind.TICKET) if only is None or key in only]
        owners = {key: ticket.organization_id for key, ticket in work.tickets.get_many(marked).items()}
        for ticket_id, many in sorted(work.ledger.posted_of_tickets(marked).items()):
            for organization_id in sorted({standing.organization_id for standing in many}):
                if organization_id != owners.get(ticket_id):
                    groups.setdefault(organization_id, _Group()).leaving.append(ticket_id)
        for key in marked:
            groups.setdefault(owners.get(key), _Group()).tickets.append(key)
        if only is None:
            for organization_id in work.dirty.take(DirtyKind.ORGANIZATION):
                groups.setdefault(organization_id, _Group())
    return groups


def _settle(
    store: Store, site: Site, organization_id: str | None, group: _Group, pass_id: str, report: CustomersReport
) -> None:
    if organization_id is None:
        for start in range(0, len(group.tickets), TICKETS_AT_ONCE):
            with store.begin() as work:
                _settle_without_customer(work, site, group.tickets[start : start + TICKETS_AT_ONCE], pass_id, report)
        return
    with store.begin() as work:
        work.ledger.lock_head()
        # Marks before what they are about: what another process reads meanwhile makes them anew, and they stay.
        organization_marks = work.dirty.versions(DirtyKind.ORGANIZATION, [organization_id])
        ticket_marks = work.dirty.versions(DirtyKind.TICKET, group.tickets)
        organization = work.organizations.get(organization_id)
        if organization is None:
            _settle_without_customer(work, site, group.tickets, pass_id, report)
            work.dirty.clear(DirtyKind.ORGANIZATION, organization_marks)
            return
        now = site.now()
        agreements = write_down(work, site, organization)
        done = decide_and_post(
            work,
            site,
            organization,
            ticket_marks,
            group.leaving,
            everything=bool(organization_marks),
            pass_id=pass_id,
            now=now,
        )
        shown = [*done.tickets.values(), *done.moved.values()]
        planned = plan_tickets(work, site, shown, done.decided, done.customer, now)
        notes = tell_estimates(work, site, shown, organization.name, now)
        work.attention.resolve(NO_CUSTOMER, list(ticket_marks))
        work.attention.resolve(NOT_SETTLED, [organization_id])
        settled = {key: version for key, version in ticket_marks.items() if key in done.tickets}
        work.dirty.clear(DirtyKind.TICKET, settled)
        work.dirty.clear(DirtyKind.ORGANIZATION, organization_marks)
        take_rulings(work, shown, now)
    report.add(len(done.tickets), done.decided, done.posted, planned)
    report.writes += notes
    report.agreements += agreements


def _settle_without_customer(
    work: UnitOfWork, site: Site, ticket_ids: Sequence[str], pass_id: str, report: CustomersReport
) -> None:
    """Decide and show tickets that belong to nobody; their time cannot be posted, and a person is told."""
    now = site.now()
    marks = work.dirty.versions(DirtyKind.TICKET, ticket_ids)
    tickets = work.tickets.get_many(marks)
    entries = work.entries.of_tickets(tickets)
    decided = decide_tickets(work, site, tickets.values(), {}, None, pass_id, now)
    planned = plan_tickets(work, site, list(tickets.values()), decided, None, now)
    for ticket in tickets.values():
        seconds = sum(entry.entry.seconds for entry in entries.get(ticket.id, ()) if entry.counts)
        if seconds:
            work.attention.raise_(
                NO_CUSTOMER,
                ticket.id,
                f"#{ticket.number} has {seconds // 60} minutes of work and no organization{_unknown(ticket)}, so "
                "nobody is charged but for what closed months settled. Give it an organization in the helpdesk.",
                now,
            )
        else:
            work.attention.resolve(NO_CUSTOMER, [ticket.id])
    work.attention.resolve(NOT_SETTLED, [""])
    work.dirty.clear(DirtyKind.TICKET, marks)
    report.add(len(marks), decided, None, planned)


def _unknown(ticket: Ticket) -> str:
    return f" that we know ({ticket.organization_id} was not read)" if ticket.organization_id else ""
