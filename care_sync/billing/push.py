"""Monthly invoices into the bookkeeping, as drafts, each exactly once.

Terms
    reference   ``CS-<month>-<customer>``: stands on the draft, and is the same however often it is asked for
    uncertain   a draft was asked for and nobody knows whether it was made: an answer was lost, or the process died
    settling    the time that an uncertain request is given to take effect or not, before anybody looks

Promise: for each customer and month there is at most one draft of ours, whoever pushes, from however many daemons, and
wherever the process dies. It is written down that a draft is being asked for before it is asked for; only who wrote
that down asks; and the bookkeeping is searched for the reference before every request. What a person deleted is not
made again by itself. A month that got an invoice number here is not numbered there as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from care_sync.billing.invoice import Invoice
from care_sync.billing.issue import require_final
from care_sync.billing.texts import language_of, name_of, work_of
from care_sync.clock import Clock
from care_sync.model.invoice import InvoiceDraft
from care_sync.model.lease import SendState, wait_after
from care_sync.settings import Settings
from care_sync.store import Store
from connectors.errors import ConnectorError, Invalid, NotFound
from connectors.protocols import Bookkeeping
from connectors.records import BookedInvoice, DraftInvoice, DraftLine

LEASE = timedelta(minutes=30)
"""Longer than making a draft can take: three requests, each tried four times with its waits and time-outs."""
SETTLING = timedelta(minutes=5)
"""How long an uncertain request is given, at first; the wait grows as that of every other try."""
DIFFERS = "invoice_differs"
"""The kind of attention for a draft that does not come to what the ledger says."""


class Outcome(StrEnum):
    """What became of one invoice.

    ``made``       the draft was made now
    ``found``      it was there already: an earlier attempt had made it
    ``done``       it had been made, and is not made again
    ``waiting``    somebody else is at it, or an uncertain attempt is settling
    ``uncertain``  it may have been made; the next push looks
    ``failed``     it was not made
    """

    MADE = "made"
    FOUND = "found"
    DONE = "done"
    WAITING = "waiting"
    UNCERTAIN = "uncertain"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of one invoice, and what a person must know of it."""

    invoice: Invoice
    outcome: Outcome
    url: str | None = None
    message: str = ""

    @property
    def needs_attention(self) -> bool:
        """Whether it is not, or not as it should be, in the bookkeeping."""
        return self.outcome in (Outcome.UNCERTAIN, Outcome.FAILED) or bool(self.message)


def push_invoices(
    store: Store,
    bookkeeping: Bookkeeping,
    invoices: Iterable[Invoice],
    settings: Settings,
    clock: Clock,
    *,
    again: bool = False,
) -> list[Pushed]:
    """Make a draft of each invoice that has none yet.

    An unreachable bookkeeping ends it, and is reported for all the others, too. ``again`` makes once more what a person
    deleted in the bookkeeping. Raises :class:`care_sync.errors.UserError` for a month that is not closed, before
    anything is asked for.
    """
    chosen = list(invoices)
    for invoice in chosen:
        require_final(invoice)
    pushed: list[Pushed] = []
    unreachable = ""
    for invoice in chosen:
        if unreachable:
            pushed.append(Pushed(invoice, Outcome.FAILED, message=unreachable))
            continue
        try:
            pushed.append(_push(store, bookkeeping, invoice, settings, clock, again=again))
        except ConnectorError as error:
            outcome = Outcome.UNCERTAIN if error.uncertain else Outcome.FAILED
            pushed.append(Pushed(invoice, outcome, message=str(error)))
            concerns_one = error.uncertain or isinstance(error, (Invalid, NotFound))
            unreachable = "" if concerns_one else str(error)
    return pushed


def _push(
    store: Store, bookkeeping: Bookkeeping, invoice: Invoice, settings: Settings, clock: Clock, *, again: bool
) -> Pushed:
    if again:
        _forget_deleted(store, bookkeeping, invoice)
    draft = _claim(store, invoice, clock)
    if draft is None:
        return _not_ours(store, invoice)
    try:
        found = bookkeeping.invoice(invoice.reference)
        held = draft if found is not None else _renew(store, draft, clock)
        if held is None:
            return Pushed(invoice, Outcome.WAITING)
        draft = held
        booked = found or bookkeeping.create_draft(draft_of(invoice, settings))
    except ConnectorError as error:
        _settle(store, draft, clock, error)
        raise
    message = differing(invoice, booked)
    with store.begin() as work:
        now = clock.now()
        work.invoice_drafts.finish(draft, SendState.DONE, now, external_id=booked.id, url=booked.url)
        if message:
            work.attention.raise_(DIFFERS, invoice.reference, message, now)
        else:
            work.attention.resolve(DIFFERS, [invoice.reference])
    return Pushed(invoice, Outcome.FOUND if found else Outcome.MADE, booked.url, message)


def draft_of(invoice: Invoice, settings: Settings) -> DraftInvoice:
    """What the bookkeeping is asked for, in the customer's language."""
    language = language_of(invoice, settings.company.locale)
    return DraftInvoice(
        reference=invoice.reference,
        customer_id=invoice.organization.id,
        customer_name=invoice.organization.name,
        lines=tuple(
            DraftLine(f"{name_of(line, language)}\n{work_of(line, language)}", line.amount) for line in invoice.lines
        ),
        payment_days=settings.ledger.invoice.payment_days,
    )


def differing(invoice: Invoice, booked: BookedInvoice) -> str:
    """How an invoice in the bookkeeping differs from the ledger's; empty when it does not."""
    if (booked.net, booked.total) == (invoice.net, invoice.total):
        return ""
    return (
        f"{invoice.reference} comes to {booked.net} euro and {booked.total} with tax in the bookkeeping, "
        f"and to {invoice.net} and {invoice.total} by the ledger; compare its lines and the tax rate before it is sent"
    )


def _claim(store: Store, invoice: Invoice, clock: Clock) -> InvoiceDraft | None:
    """Take the draft to make; nobody gets it while another has it, and not when the month is numbered here."""
    now = clock.now()
    with store.begin() as work:
        work.invoice_numbers.lock()
        if work.invoice_numbers.get(invoice.organization.id, invoice.period) is not None:
            return None
        return work.invoice_drafts.claim(
            invoice.organization.id,
            invoice.period,
            reference=invoice.reference,
            total=invoice.total,
            now=now,
            lease_until=now + LEASE,
        )


def _renew(store: Store, draft: InvoiceDraft, clock: Clock) -> InvoiceDraft | None:
    """Looking can have taken long: only whose claim still stands asks for the draft."""
    now = clock.now()
    with store.begin() as work:
        return work.invoice_drafts.renew(draft, now, now + LEASE)


def _not_ours(store: Store, invoice: Invoice) -> Pushed:
    with store.read() as work:
        known = work.invoice_drafts.get(invoice.organization.id, invoice.period)
        numbered = work.invoice_numbers.get(invoice.organization.id, invoice.period)
    if numbered is not None:
        text = f"it is invoice {numbered.number} already; the bookkeeping would number it a second time"
        return Pushed(invoice, Outcome.FAILED, message=text)
    if known is None or known.state is not SendState.DONE:
        return Pushed(invoice, Outcome.WAITING)
    changed = known.total != invoice.total
    message = f"{invoice.reference} was {known.total} euro when its draft was made and is {invoice.total} now"
    return Pushed(invoice, Outcome.DONE, known.url, message if changed else "")


def _settle(store: Store, draft: InvoiceDraft, clock: Clock, error: ConnectorError) -> None:
    """Write down how the attempt failed. An uncertain one is given time to take effect, or not."""
    now = clock.now()
    with store.begin() as work:
        work.invoice_drafts.finish(
            draft,
            SendState.UNCERTAIN if error.uncertain else SendState.FAILED,
            now,
            error=str(error),
            not_before=now + wait_after(draft.attempts, first=SETTLING) if error.uncertain else None,
        )


def _forget_deleted(store: Store, bookkeeping: Bookkeeping, invoice: Invoice) -> None:
    with store.read() as work:
        known = work.invoice_drafts.get(invoice.organization.id, invoice.period)
    if known is None or known.state is not SendState.DONE or bookkeeping.invoice(invoice.reference) is not None:
        return
    with store.begin() as work:
        work.invoice_drafts.forget(invoice.organization.id, invoice.period)
