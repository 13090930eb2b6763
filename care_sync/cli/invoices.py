"""``care-sync invoices``: what customers are invoiced for a month."""

from __future__ import annotations

import getpass
import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from care_sync.application import connect_bookkeeping, environment_of
from care_sync.billing.amounts import hours_of
from care_sync.billing.invoice import Invoice, WaitingInvoice, invoiced_periods, read_invoice, read_invoices
from care_sync.billing.issue import issue_all, require_final
from care_sync.billing.push import Pushed, push_invoices
from care_sync.billing.tables import invoice_as_json, invoices_as_csv
from care_sync.billing.ubl import Issued, ubl_of
from care_sync.cli.files import file_name, month_of, write_file, write_output
from care_sync.cli.session import Session
from care_sync.errors import UserError
from care_sync.lookup import find_organization
from care_sync.model.duration import clock
from care_sync.model.month import Month
from care_sync.settings import Settings
from care_sync.store import UnitOfWork
from care_sync.terminal import complain, print_json, print_table, say

Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]
Period = Annotated[str, typer.Argument(metavar="MONTH", help="The month, such as 2026-10.")]
Customer = Annotated[str | None, typer.Argument(help="Only this organization (name or id).", show_default=False)]


class Format(StrEnum):
    """What an invoice is written as."""

    CSV = "csv"
    JSON = "json"
    UBL = "ubl"


def list_invoices(
    context: typer.Context,
    period: Annotated[
        str | None, typer.Argument(metavar="MONTH", help="Only this month, such as 2026-10.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """List what is invoiced, by month and customer: of one month, or of the last closed one and those after it.

    What stands on an open month can still change.

    ```
    care-sync invoices list
    care-sync invoices list 2026-10 --json
    ```
    """
    with Session.of(context).store() as (settings, store), store.read() as work:
        periods = [month_of(period, "MONTH")] if period else invoiced_periods(work)
        months = [read_invoices(work, period, settings) for period in periods]
        found = [(invoice, _state(work, invoice)) for month in months for invoice in month.invoices]
    waiting = [invoice for month in months for invoice in month.waiting]
    if as_json:
        print_json([{**invoice_as_json(invoice), "state": state} for invoice, state in found])
    elif not found and not waiting:
        say("Nothing is invoiced.")
    else:
        print_table(
            "Invoices",
            ("month", "customer", "lines", "hours", "net", "VAT", "total", "state"),
            (
                (
                    invoice.period,
                    invoice.organization.name,
                    len(invoice.lines),
                    clock(invoice.seconds),
                    invoice.net,
                    invoice.vat,
                    invoice.total,
                    state,
                )
                for invoice, state in found
            ),
            right=("lines", "hours", "net", "VAT", "total"),
        )
    _report(waiting)


def show(
    context: typer.Context,
    period: Period,
    customer: Annotated[str, typer.Argument(help="The organization's name or id in the helpdesk.")],
    as_json: Json = False,
) -> None:
    """Show one invoice: its lines, and the time entries that each line is made of.

    ```
    care-sync invoices show 2026-10 "Bakkerij Van Dam"
    care-sync invoices show 2026-10 360001 --json
    ```
    """
    month = month_of(period, "MONTH")
    with Session.of(context).store() as (settings, store), store.read() as work:
        invoice = read_invoice(work, find_organization(work, customer), month, settings)
        state = _state(work, invoice)
    if as_json:
        print_json({**invoice_as_json(invoice), "state": state})
        return
    say(f"{invoice.organization.name}, {invoice.period}: {state}")
    rows: list[tuple[object, ...]] = []
    for line in invoice.lines:
        what = f"correction of {line.corrects}: {line.subject}" if line.corrects else line.subject
        rows.append((line.number, line.ticket_number, what, "", clock(line.seconds), line.rate, line.amount))
        rows += [
            ("", share.work_date, share.description, share.person, clock(share.seconds), "", share.entry_key or "")
            for share in line.shares
        ]
    print_table(
        "",
        ("line", "ticket / day", "what", "who", "hours", "rate", "amount / entry"),
        rows,
        right=("line", "hours", "rate", "amount / entry"),
    )
    say(f"Net {invoice.net}, VAT {invoice.vat_percent} % {invoice.vat}, total {invoice.total} euro.")


def export(
    context: typer.Context,
    period: Period,
    customer: Customer = None,
    form: Annotated[Format, typer.Option("--format", help="csv and json hold all; ubl is an e-invoice.")] = Format.CSV,
    output: Annotated[
        Path | None,
        typer.Option(help="A file; for ubl of several customers a folder. Else standard output.", show_default=False),
    ] = None,
    corrects: Annotated[
        list[str] | None,
        typer.Option(help="For a credit note: the number of the invoice it gives back on.", show_default=False),
    ] = None,
) -> None:
    """Write a month's invoices as CSV, JSON, or UBL 2.1 (Peppol BIS 3 or NLCIUS) e-invoices.

    UBL is for a closed month. An invoice gets its number and date when it is first written, and keeps them.

    ```
    care-sync invoices export 2026-10 --format csv --output 2026-10.csv
    care-sync invoices export 2026-10 --format ubl --output invoices/
    care-sync invoices export 2026-10 "Bakkerij Van Dam" --format ubl > invoice.xml
    ```
    """
    month, session = month_of(period, "MONTH"), Session.of(context)
    if corrects and customer is None:
        raise typer.BadParameter(
            "an invoice that is corrected is one customer's; name the customer", param_hint="--corrects"
        )
    with session.store() as (settings, store):
        if form is Format.UBL:
            if customer is None and output is None:
                raise UserError("several e-invoices are several files", ["name a folder for them with --output"])
            today = session.clock.now().astimezone(settings.company.zone).date()
            with store.begin() as work:
                chosen, waiting = _chosen(work, month, customer, settings)
                issued = issue_all(
                    work, chosen, settings, today=today, actor=getpass.getuser(), corrects=corrects or ()
                )
            _write_documents(issued, settings.ledger.invoice.profile, output, is_one=customer is not None)
        else:
            with store.read() as work:
                chosen, waiting = _chosen(work, month, customer, settings)
            _write_table(chosen, form, output)
    _report(waiting)


def _write_table(invoices: Sequence[Invoice], form: Format, output: Path | None) -> None:
    """Write invoices as CSV or JSON, to a file or to standard output."""
    if form is Format.JSON:
        text = json.dumps([invoice_as_json(invoice) for invoice in invoices], ensure_ascii=False, indent=2) + "\n"
    else:
        text = invoices_as_csv(invoices)
    if output is None:
        write_output(text.encode())
    else:
        write_file(output, text.encode())
        say(f"{output}: {len(invoices)} invoices, {sum(hours_of(invoice.seconds) for invoice in invoices):f} hours.")


def push(
    context: typer.Context,
    period: Period,
    customer: Customer = None,
    again: Annotated[
        bool, typer.Option("--again", help="Make the drafts again that somebody deleted in the bookkeeping.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be made; nothing is asked for.")] = False,
    as_json: Json = False,
) -> None:
    """Make a closed month's invoices as drafts in the bookkeeping; a person sends them from there.

    Each is made once, however often this runs and wherever it was interrupted. Ends with 1 when one needs attention.

    ```
    care-sync invoices push 2026-10 --dry-run
    care-sync invoices push 2026-10
    ```
    """
    month, session = month_of(period, "MONTH"), Session.of(context)
    with session.store() as (settings, store):
        bookkeeping = connect_bookkeeping(settings, environment_of(settings, session.clock, store))
        if bookkeeping is None:
            raise UserError("no bookkeeping is configured", ["add a section `bookkeeping` with `product: moneybird`"])
        with store.read() as work:
            found, waiting = _chosen(work, month, customer, settings)
            states = [_state(work, invoice) for invoice in found]
        if dry_run:
            for invoice in found:
                require_final(invoice)
            pushed = []
        else:
            pushed = push_invoices(store, bookkeeping, found, settings, session.clock, again=again)
    if dry_run:
        _show_planned(found, states, as_json=as_json)
    else:
        _show_pushed(pushed, as_json=as_json)
    _report(waiting)
    if any(result.needs_attention for result in pushed):
        raise typer.Exit(1)


def _show_planned(invoices: Sequence[Invoice], states: list[str], *, as_json: bool) -> None:
    """What would be made as drafts."""
    if as_json:
        print_json([invoice_as_json(invoice) for invoice in invoices])
        return
    for invoice, state in zip(invoices, states, strict=True):
        summary = f"{invoice.organization.name}, {len(invoice.lines)} lines, {invoice.total} euro ({state})"
        say(f"{invoice.reference}: {summary}")


def _show_pushed(pushed: list[Pushed], *, as_json: bool) -> None:
    """What became of each draft."""
    if as_json:
        print_json([_pushed_as_json(result) for result in pushed])
    else:
        print_table(
            "Drafts",
            ("reference", "customer", "total", "outcome", "where", "message"),
            (
                (
                    result.invoice.reference,
                    result.invoice.organization.name,
                    result.invoice.total,
                    result.outcome,
                    result.url or "",
                    result.message,
                )
                for result in pushed
            ),
            right=("total",),
        )


def _pushed_as_json(pushed: Pushed) -> dict[str, object]:
    return {
        "reference": pushed.invoice.reference,
        "organization_id": pushed.invoice.organization.id,
        "customer": pushed.invoice.organization.name,
        "total": str(pushed.invoice.total),
        "outcome": pushed.outcome.value,
        "url": pushed.url,
        "message": pushed.message,
    }


def _chosen(
    work: UnitOfWork, period: Month, customer: str | None, settings: Settings
) -> tuple[Sequence[Invoice], Sequence[WaitingInvoice]]:
    """What was asked for, and of a whole month what cannot be priced yet."""
    if customer is not None:
        return [read_invoice(work, find_organization(work, customer), period, settings)], ()
    month = read_invoices(work, period, settings)
    return month.invoices, month.waiting


def _report(waiting: Sequence[WaitingInvoice]) -> None:
    """Name the customers whose invoice waits for a rate; ends with 1 when there are any."""
    for invoice in waiting:
        what = (
            f"{invoice.organization.name}: {clock(invoice.seconds)} hours of {invoice.period} wait for an hourly rate"
        )
        complain("Waits", what, invoice.remedies)
    if waiting:
        raise typer.Exit(1)


def _write_documents(issued: Sequence[Issued], profile: str, output: Path | None, *, is_one: bool) -> None:
    if output is None:
        write_output(ubl_of(issued[0], profile))
        return
    for invoice in issued:
        name = f"{file_name(invoice.number, invoice.invoice.organization.name)}.xml"
        path = output if is_one else output / name
        write_file(path, ubl_of(invoice, profile))
        say(f"{path} is written.")
    if not issued:
        say("Nothing is invoiced.")


def _state(work: UnitOfWork, invoice: Invoice) -> str:
    """Where an invoice stands, in words."""
    if not invoice.is_closed:
        return "open"
    given = work.invoice_numbers.get(invoice.organization.id, invoice.period)
    draft = work.invoice_drafts.get(invoice.organization.id, invoice.period)
    told = [f"number {given.number}"] if given is not None else []
    told += [f"draft {draft.state}"] if draft is not None else []
    return ", ".join(told) or "closed"
