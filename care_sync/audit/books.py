"""What the store proves by itself: the chain, the invariants, that every entry is booked as it stands, and invoices.

Terms
    booked   the seconds, customer and ticket that an entry stands for in the ledger
    counts   an entry whose seconds must be booked: linked work that has stopped, of a ticket with a customer

Promise: reads everything in pages; nothing is found in a store that one pass has just left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from care_sync.audit.discrepancy import RESTORE, Compared, Discrepancy
from care_sync.billing.invoice import read_invoice
from care_sync.billing.issue import changed_since
from care_sync.errors import CareSyncError, UserError
from care_sync.ledger import audit
from care_sync.model.duration import clock
from care_sync.model.lease import SendState
from care_sync.model.months import Months
from care_sync.model.posted_entry import PostedEntry
from care_sync.model.time_entry import StoredEntry
from care_sync.pipeline.post import chargeable_customers, is_nobodys, settled_in_closed_months
from care_sync.settings import Settings
from care_sync.store import UnitOfWork
from connectors.records import Organization, Ticket


def audit_books(work: UnitOfWork, settings: Settings, compared: Compared | None = None) -> Iterator[Discrepancy]:
    """Yield everything in the store that does not agree with itself."""
    if compared is not None:
        compared.add("ledger", "transactions: the chain of hashes, the sums and the balances", work.ledger.count())
        compared.add("entries", "time entries against what is booked for them", work.entries.count())
        numbers, drafts = len(work.invoice_numbers.all()), len(work.invoice_drafts.all())
        compared.add("invoices", "numbered and drafted invoices against the ledger", numbers + drafts)
    overdraft = settings.ledger.hour_card.overdraft_seconds
    for finding in audit.verify(work, overdraft_seconds=overdraft):
        yield Discrepancy("ledger", finding.subject, finding.message, RESTORE)
    yield from _entries(work)
    yield from _invoices(work, settings)


def _entries(work: UnitOfWork) -> Iterator[Discrepancy]:
    """Every entry that counts is booked as it is, and nothing else is booked."""
    months = work.periods.months()
    for page in work.entries.each():
        keys = [stored.entry.key for stored in page]
        standing = work.ledger.posted(keys)
        wanted = {*(entry.link.ticket_id for entry in page), *(posted.ticket_id for posted in standing.values())}
        tickets = work.tickets.get_many(key for key in wanted if key is not None)
        settled = settled_in_closed_months(work, standing, months)
        chargeable = chargeable_customers(work, (entry.link.organization_id for entry in page))
        for stored in page:
            if stored.key in settled and is_nobodys(stored, chargeable):
                continue  # what a closed month settled of nobody's time stays
            message = _differing(stored, standing.get(stored.entry.key), tickets, months)
            if message:
                ticket_id = stored.link.ticket_id or _ticket_of(standing.get(stored.entry.key))
                yield Discrepancy("entries", stored.entry.key, message, _sync(work, ticket_id))
    for standings in work.ledger.each_posted():
        known = work.entries.get_many(posted.entry_key for posted in standings)
        for posted in standings:
            if posted.entry_key not in known:
                message = f"{clock(posted.seconds)} is booked for an entry that the store does not know"
                yield Discrepancy("entries", posted.entry_key, message, _sync(work, posted.ticket_id))


def _differing(stored: StoredEntry, standing: PostedEntry | None, tickets: Mapping[str, Ticket], months: Months) -> str:
    """How what is booked for an entry differs from the entry; empty when it does not.

    What a closed month settled stays when its ticket is merged into another one.
    """
    ticket = tickets.get(stored.link.ticket_id or "")
    organization_id = ticket.organization_id if ticket is not None else None
    must_be_booked = stored.counts and organization_id is not None and stored.entry.seconds > 0
    if not must_be_booked:
        if standing is None:
            return ""
        state = stored.entry.state.value if not stored.counts else "without a customer"
        why = state if stored.link.ticket_id else stored.link.state.value
        return f"{clock(standing.seconds)} is booked, but the entry does not count ({why})"
    if standing is None:
        return f"it lasts {clock(stored.entry.seconds)} and nothing is booked"
    if standing.seconds != stored.entry.seconds:
        return f"it lasts {clock(stored.entry.seconds)} and {clock(standing.seconds)} is booked"
    was_merged = months.is_closed(standing.period) and _was_merged(standing.ticket_id, stored.link.ticket_id, tickets)
    booked_for = (standing.ticket_id, standing.organization_id)
    if booked_for != (stored.link.ticket_id, organization_id) and not was_merged:
        booked = f"customer {standing.organization_id}, ticket {standing.ticket_id}"
        return f"it is of customer {organization_id}, ticket {stored.link.ticket_id}, and is booked for {booked}"
    return ""


def _was_merged(ticket_id: str, into: str | None, tickets: Mapping[str, Ticket]) -> bool:
    """Whether the ticket that time was booked for lives on in another one."""
    ticket = tickets.get(ticket_id)
    return ticket is not None and ticket.merged_into is not None and ticket.merged_into == into


def _ticket_of(standing: PostedEntry | None) -> str | None:
    return standing.ticket_id if standing is not None else None


def _sync(work: UnitOfWork, ticket_id: str | None) -> str:
    ticket = work.tickets.get(ticket_id) if ticket_id is not None else None
    return f"care-sync sync --ticket {ticket.number}" if ticket is not None else "care-sync sync"


def _invoices(work: UnitOfWork, settings: Settings) -> Iterator[Discrepancy]:
    """What was numbered or drafted still comes to what it came to; what was begun is finished."""
    for given in work.invoice_numbers.all():
        organization = work.organizations.get(given.organization_id) or Organization(given.organization_id, "?")
        try:
            message = changed_since(read_invoice(work, organization, given.period, settings), given)
        except CareSyncError as error:
            message = _told(error)
        if message:
            yield Discrepancy("invoices", given.number, message, "set ledger.invoice back to what was charged")
    for draft in work.invoice_drafts.all():
        organization = work.organizations.get(draft.organization_id) or Organization(draft.organization_id, "?")
        repair = f'care-sync invoices push {draft.period} "{organization.name}"'
        if draft.state is not SendState.DONE:
            why = f": {draft.last_error}" if draft.last_error else ""
            yield Discrepancy("invoices", draft.reference, f"its draft is {draft.state}{why}", repair)
            continue
        try:
            total = read_invoice(work, organization, draft.period, settings).total
        except CareSyncError as error:
            yield Discrepancy("invoices", draft.reference, _told(error), "set ledger.invoice back to what was charged")
            continue
        if total != draft.total:
            message = f"it came to {draft.total} euro when its draft was made and comes to {total} now"
            yield Discrepancy("invoices", draft.reference, message, "set ledger.invoice back to what was charged")


def _told(error: CareSyncError) -> str:
    return "; ".join((error.message, *error.problems)) if isinstance(error, UserError) else str(error)
