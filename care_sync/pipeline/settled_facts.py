"""Where today's rules and settings would send time of closed months by the facts with which those months closed.

Rules, settings and merges of tickets never touch a closed month. Where a decision differs from what was settled, the
settled facts are decided anew: when they come to the same as the facts of today, no fact has changed, and nothing
moves.

Terms
    settled    what a ticket said when the month of its time closed
    activity   the kind of work of an entry: a fact when its person changed it, a setting when a word was mapped anew
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from care_sync.model.correction import pays_alike
from care_sync.model.months import ClosedMonth
from care_sync.model.posted_entry import PostedEntry
from care_sync.model.time_entry import StoredEntry
from care_sync.pipeline.agreements import agreements_known_at
from care_sync.pipeline.customer import Customer
from care_sync.pipeline.decide import Decided, decide_as
from care_sync.pipeline.site import Site
from care_sync.store import UnitOfWork
from rules.model.words import Route


def routes_as_settled(
    work: UnitOfWork, site: Site, customer: Customer, entries: Iterable[StoredEntry], decided: Decided
) -> dict[str, Route]:
    """The route of each entry by its settled facts, by entry; only of those that are decided otherwise now."""
    by_key = {stored.entry.key: stored for stored in entries}
    differing = {
        key: closed
        for key, closed in _closed(work, customer.organization.id, by_key).items()
        if not pays_alike(closed.basis.route, Route(decided.of_entry(by_key[key]).route))
    }
    if not differing:
        return {}
    closed_months = {month.period: month for month in work.periods.closed()}
    posted = work.ledger.many({closed.transaction_id for closed in differing.values()})
    routes: dict[str, Route] = {}
    for key, closed in differing.items():
        stored = by_key[key]
        month = closed_months.get(closed.period)
        was_edited = posted[closed.transaction_id].entry_revision != stored.revision
        activity = closed.activity if closed.activity is not None and was_edited else stored.activity
        route = _route(work, site, customer, closed, stored.ticket_id, activity, month)
        if route is not None:
            routes[key] = route
    return routes


def _closed(work: UnitOfWork, organization_id: str, entries: Mapping[str, StoredEntry]) -> dict[str, PostedEntry]:
    """What closed months had settled for these entries as this customer's, corrected meanwhile or not."""
    months = work.periods.months()
    if months.first_open is None:
        return {}
    closed = work.ledger.corrected(entries, months.first_open)
    closed.update(
        {key: posted for key, posted in work.ledger.posted(entries).items() if months.is_closed(posted.period)}
    )
    return {key: posted for key, posted in closed.items() if posted.organization_id == organization_id}


def _route(
    work: UnitOfWork,
    site: Site,
    customer: Customer,
    closed: PostedEntry,
    ticket_id: str,
    activity: str,
    month: ClosedMonth | None,
) -> Route | None:
    """``None`` where nobody knows what was settled."""
    settled = work.settled_tickets.get_many([closed.ticket_id]).get(closed.ticket_id)
    if settled is None or month is None:
        return None
    was_merged = ticket_id != closed.ticket_id and _is_merged(work, closed.ticket_id, ticket_id)
    if was_merged and settled.facts_of != ticket_id:
        # The first look at it since the merge: what the ticket that stays says now is what the merge made of it.
        stays = work.tickets.get(ticket_id)
        if stays is None:
            return None
        work.settled_tickets.keep(closed.ticket_id, stays)
        settled = work.settled_tickets.get_many([closed.ticket_id])[closed.ticket_id]
    agreements = customer.agreements
    if not was_merged:
        agreements = agreements_known_at(work, site.settings, customer.organization.id, month.closed_at)
    organization = agreements.at(customer.organization, settled.ticket.created_at)
    return Route(decide_as(site, settled.ticket, organization, customer, activity).route)


def _is_merged(work: UnitOfWork, ticket_id: str, into: str) -> bool:
    ticket = work.tickets.get(ticket_id)
    seen: set[str] = set()
    while ticket is not None and ticket.merged_into is not None and ticket.id not in seen:
        seen.add(ticket.id)
        if ticket.merged_into == into:
            return True
        ticket = work.tickets.get(ticket.merged_into)
    return False
