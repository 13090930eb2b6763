"""Reckon: a customer's decisions and postings, brought to agree with each other.

Whether a card has time left is a fact that decisions rest on (``hour_card``), and it follows from postings, which rest
on decisions. Where that time goes is not moved by it: cards decide (H2). So what was decided and posted from the facts
before is taken back where these turn out to be others, and done again from the facts after: a ticket is told once, and
nothing is posted twice.

Terms
    marked     tickets of which something changed: they are decided anew
    outdated   tickets that were decided by other facts than the ledger tells when everything is posted
    moved      tickets of the customer that only a posting changed: what they show can be another
    insisted   tickets that a card pays for by the facts, because it paid for them in an earlier attempt

Rules of a site can make a circle: *with* a card this work goes elsewhere, and *without* one the card pays for it. Then
no decision agrees with its own posting. After two attempts a card counts for each ticket that it paid for in any of
them, so that the same input comes to the same outcome, and another pass changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from care_sync.ledger.posting import PostingReport
from care_sync.model.decision import WHOLE_TICKET, as_decision
from care_sync.pipeline.customer import Customer, read_customer
from care_sync.pipeline.decide import Decided, decide_tickets, is_outdated
from care_sync.pipeline.post import CustomerTime, gather_time, post_time, report_settled
from care_sync.pipeline.site import Site
from care_sync.store import UnitOfWork
from connectors.records import Organization, Ticket

MOST_ATTEMPTS = 8
"""That come to nothing new; two are enough unless a site's own rules send time elsewhere when a card runs out."""
FREE_ATTEMPTS = 2
"""Attempts before a card counts for what it paid for in an earlier one."""
CIRCLE = "rules_in_a_circle"
"""The kind of attention for a customer whose decisions and postings cannot agree; its subject is its id."""


@dataclass(frozen=True, slots=True)
class DecidedAndPosted:
    """What was decided and posted. ``customer`` is as it is afterwards.

    ``tickets`` were decided, ``moved`` are those beside them whose time moved.
    """

    customer: Customer
    decided: Decided
    posted: PostingReport
    tickets: Mapping[str, Ticket]
    moved: Mapping[str, Ticket]


def decide_and_post(
    work: UnitOfWork,
    site: Site,
    organization: Organization,
    marked: Collection[str],
    leaving: Collection[str],
    *,
    everything: bool,
    pass_id: str,
    now: datetime,
) -> DecidedAndPosted:
    """Decide the ``marked`` tickets and post the customer's time.

    ``leaving`` are tickets of other customers whose time still stands with this one. ``everything`` says that something
    of the customer itself changed, so that each of its tickets is looked at. The ledger's head must have been locked.
    """
    customer = read_customer(work, site.settings, organization)
    wanted = set(marked)
    paid: set[str] = set()
    attempts = idle = 0
    while True:
        attempts += 1
        # A decision rests on whether a card has time left, and posting it changes that: both are tried together and
        # taken back together, so that a ticket is never shown, or its customer told, what stood only for a moment.
        with work.attempt() as attempt:
            time = gather_time(work, organization.id, {*marked, *leaving})
            tickets, decided = _decide(work, site, customer, wanted, time, pass_id, now)
            posted = post_time(work, site, customer, time, decided, now)
            report_settled(work, customer, time, now)
            after = read_customer(work, site.settings, organization)
            idle += after.drawn.keys() <= paid
            paid.update(after.drawn)
            # Rules can make a circle (with a card the work goes elsewhere, without one the card pays): a card that has
            # paid once counts from here on, so that the attempts come to an end.
            if attempts >= FREE_ATTEMPTS:
                after = replace(after, insisted=frozenset(paid))
            moved = _moved(work, organization, posted, tickets)
            looked_at = {*tickets, *moved}
            if everything or customer.has_time_left != after.has_time_left:
                looked_at.update(work.tickets.of_organization(organization.id), _activities(time))
            outdated = _outdated(work, looked_at, after)
            is_last = not outdated or idle >= MOST_ATTEMPTS
            if not is_last:
                attempt.take_back()
        if is_last:
            break
        customer, wanted = after, wanted | outdated
    if outdated or everything:
        _tell(work, organization, outdated, now)
    for subject, stored in work.decisions.current(moved).items():
        decided.standing.setdefault(subject, as_decision(stored))
    return DecidedAndPosted(after, decided, posted, tickets, moved)


def _decide(
    work: UnitOfWork,
    site: Site,
    customer: Customer,
    wanted: Iterable[str],
    time: CustomerTime,
    pass_id: str,
    now: datetime,
) -> tuple[dict[str, Ticket], Decided]:
    """Decide the wanted tickets, and those with a kind of work that never was decided; of all others take what stands.

    Returns the customer's tickets that were decided: what they show can be another.
    """
    activities = _activities(time)
    standing = work.decisions.current(activities)
    lacking = {key for key, kinds in activities.items() if any((key, kind) not in standing for kind in kinds)}
    found = work.tickets.get_many(sorted({*wanted, *lacking}))
    tickets = _of_customer(found, customer.organization.id)
    decidable = {**{key: found[key] for key in lacking if key in found}, **tickets}
    decided = decide_tickets(work, site, decidable.values(), activities, customer, pass_id, now)
    for subject, stored in standing.items():
        decided.standing.setdefault(subject, as_decision(stored))
    return tickets, decided


def _tell(work: UnitOfWork, organization: Organization, outdated: Iterable[str], now: datetime) -> None:
    tickets = ", ".join(sorted(outdated))
    if not tickets:
        work.attention.resolve(CIRCLE, [organization.id])
        return
    message = (
        f"{organization.name}: whether a card pays for {tickets} rests on a decision that rests on whether it pays. "
        "What was decided last stands. Let the rules send such time to one place, with a card or without."
    )
    work.attention.raise_(CIRCLE, organization.id, message, now)


def _moved(
    work: UnitOfWork, organization: Organization, posted: PostingReport, tickets: Mapping[str, Ticket]
) -> dict[str, Ticket]:
    ids = {change.ticket_id for change in posted.changes if change.ticket_id} - tickets.keys()
    return _of_customer(work.tickets.get_many(sorted(ids)), organization.id)


def _outdated(work: UnitOfWork, ticket_ids: Iterable[str], customer: Customer) -> set[str]:
    return {
        ticket_id
        for (ticket_id, activity), stored in work.decisions.current(ticket_ids).items()
        if activity == WHOLE_TICKET and is_outdated(stored, customer)
    }


def _activities(time: CustomerTime) -> dict[str, set[str]]:
    activities: dict[str, set[str]] = {}
    for entry in time.entries:
        activities.setdefault(entry.ticket_id, set()).add(entry.activity)
    return activities


def _of_customer(tickets: Mapping[str, Ticket], organization_id: str) -> dict[str, Ticket]:
    return {key: ticket for key, ticket in tickets.items() if ticket.organization_id == organization_id}
