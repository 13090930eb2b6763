"""Giving an invoice its number and its date, once and for ever.

Promise: numbers of a year follow each other without holes (the law wants an unbroken series), a month gets its number
when it is first asked for and keeps it, and an invoice that would no longer come to what it came to then is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from care_sync.billing.invoice import Invoice
from care_sync.billing.parties import Party, buyer, buyer_reference, seller
from care_sync.billing.texts import language_of
from care_sync.billing.ubl import Issued
from care_sync.errors import UserError
from care_sync.model.invoice import InvoiceNumber
from care_sync.model.lease import SendState
from care_sync.settings import Settings
from care_sync.store import UnitOfWork


def issue(
    work: UnitOfWork, invoice: Invoice, settings: Settings, *, today: date, actor: str, corrects: Sequence[str] = ()
) -> Issued:
    """Make a month's invoice final; asking again gives the same.

    ``corrects`` are numbers of invoices that a credit note gives back on, where CareSync did not number them itself.
    Raises :class:`UserError` with everything that is missing; then no number is used up.
    """
    require_final(invoice)
    work.invoice_numbers.lock()
    _require_not_drafted(work, invoice)
    parties = _parties(invoice, settings)
    corrected = _corrected_numbers(work, invoice, corrects)
    section = settings.ledger.invoice
    given = work.invoice_numbers.give(
        invoice.organization.id,
        invoice.period,
        prefix=section.number_prefix,
        issued_on=today,
        issued_by=actor,
        net=invoice.net,
        total=invoice.total,
    )
    _require_unchanged(invoice, given)
    return Issued(
        invoice=invoice,
        number=given.number,
        issued_on=given.issued_on,
        seller=parties[0],
        buyer=parties[1],
        iban=section.seller.iban,
        payment_days=section.payment_days,
        language=language_of(invoice, settings.company.locale),
        buyer_reference=buyer_reference(invoice.organization),
        corrects=corrected,
    )


def issue_all(
    work: UnitOfWork,
    invoices: Iterable[Invoice],
    settings: Settings,
    *,
    today: date,
    actor: str,
    corrects: Sequence[str] = (),
) -> list[Issued]:
    """Make invoices final, all or none. Raises :class:`UserError` with what is missing of all of them."""
    issued: list[Issued] = []
    problems: dict[str, None] = {}
    for invoice in invoices:
        try:
            issued.append(issue(work, invoice, settings, today=today, actor=actor, corrects=corrects))
        except UserError as error:
            problems.update(dict.fromkeys([error.message, *error.problems] if error.problems else [error.message]))
    if problems:
        told = list(problems)
        raise UserError(told[0], told[1:])
    return issued


def require_final(invoice: Invoice) -> None:
    """Raise :class:`UserError` unless the month is closed and there is something on it."""
    who = f"{invoice.organization.name}, {invoice.period}"
    if not invoice.is_closed:
        raise UserError(
            f"{who}: the month is not closed, so what is on its invoice can still change",
            [f"close it with `care-sync period close {invoice.period}`, then ask again"],
        )
    if not invoice.lines:
        raise UserError(f"{who}: there is nothing to invoice")


def _require_not_drafted(work: UnitOfWork, invoice: Invoice) -> None:
    """One time, one invoice number: what the bookkeeping holds as a draft is numbered there."""
    draft = work.invoice_drafts.get(invoice.organization.id, invoice.period)
    if draft is not None and draft.state is not SendState.FAILED:
        raise UserError(
            f"{invoice.organization.name}, {invoice.period}: it is a draft in the bookkeeping, which will number it",
            ["send it from there; an e-invoice of it comes from there too"],
        )


def changed_since(invoice: Invoice, given: InvoiceNumber) -> str:
    """What differs from when the number was given; empty when nothing does."""
    if (invoice.net, invoice.total) == (given.net, given.total):
        return ""
    return f"it came to {given.total} euro when it was numbered and would come to {invoice.total} now"


def _require_unchanged(invoice: Invoice, given: InvoiceNumber) -> None:
    if told := changed_since(invoice, given):
        raise UserError(
            f"invoice {given.number} of {invoice.organization.name} cannot be made again: {told}",
            ["a rate or the tax was changed in the settings: set ledger.invoice back to what was charged"],
        )


def _parties(invoice: Invoice, settings: Settings) -> tuple[Party, Party]:
    """Both parties, or everything that is missing of both at once."""
    problems: list[str] = []
    ours = theirs = None
    try:
        ours = seller(settings)
    except UserError as error:
        problems += error.problems
    try:
        theirs = buyer(invoice.organization)
    except UserError as error:
        problems += [f"{invoice.organization.name}: {problem}" for problem in error.problems]
    if ours is None or theirs is None:
        raise UserError("an e-invoice cannot be made yet", problems)
    return ours, theirs


def _corrected_numbers(work: UnitOfWork, invoice: Invoice, named: Sequence[str]) -> tuple[str, ...]:
    """The invoices that a credit note gives back on (NL-R-001); an invoice names those that it corrects, too."""
    periods = sorted({line.corrects for line in invoice.lines if line.corrects is not None})
    known = [work.invoice_numbers.get(invoice.organization.id, period) for period in periods]
    numbers = tuple(dict.fromkeys([*(record.number for record in known if record is not None), *named]))
    if invoice.is_credit and not numbers:
        raise UserError(
            f"the credit note to {invoice.organization.name} must name the invoice that it gives back on (NL-R-001)",
            ["CareSync did not number that invoice: give its number with --corrects"],
        )
    return numbers
