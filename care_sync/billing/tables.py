"""Invoices as CSV and JSON, for spreadsheets and programs.

Promise: a cell that a spreadsheet would take for a formula is written so that it is text (a ticket's subject is a
stranger's words); numbers are plain decimals with a point.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from care_sync.billing.amounts import hours_of
from care_sync.billing.invoice import EntryShare, Invoice, InvoiceLine
from care_sync.billing.texts import one_line

_FORMULA = ("=", "+", "-", "@", "\t", "\r")

LINE_COLUMNS = (
    "period",
    "customer",
    "organization_id",
    "reference",
    "line",
    "corrects",
    "ticket",
    "subject",
    "first_day",
    "last_day",
    "seconds",
    "hours",
    "rate",
    "amount",
    "entries",
    "transactions",
)


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV (RFC 4180) with a line of names above them."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return buffer.getvalue()


def safe_cell(cell: object) -> str:
    """A cell as text that no spreadsheet evaluates; only words of others are marked, numbers stay numbers."""
    if not isinstance(cell, str):
        return "" if cell is None else str(cell)
    text = one_line(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text


def invoices_as_csv(invoices: Iterable[Invoice]) -> str:
    """One row a line, with the time entries and the ledger's transactions behind it."""
    return csv_text(LINE_COLUMNS, (_row(invoice, line) for invoice in invoices for line in invoice.lines))


def invoice_as_json(invoice: Invoice) -> dict[str, Any]:
    """One invoice with everything behind it; amounts are text, so that no program rounds them."""
    return {
        "organization_id": invoice.organization.id,
        "customer": invoice.organization.name,
        "period": invoice.period,
        "reference": invoice.reference,
        "closed": invoice.is_closed,
        "seconds": invoice.seconds,
        "currency": "EUR",
        "net": str(invoice.net),
        "vat_percent": str(invoice.vat_percent),
        "vat": str(invoice.vat),
        "total": str(invoice.total),
        "lines": [_line_as_json(line) for line in invoice.lines],
    }


def _row(invoice: Invoice, line: InvoiceLine) -> tuple[object, ...]:
    return (
        invoice.period,
        invoice.organization.name,
        invoice.organization.id,
        invoice.reference,
        line.number,
        line.corrects,
        line.ticket_number,
        line.subject,
        line.first_day,
        line.last_day,
        line.seconds,
        hours_of(line.seconds),
        line.rate,
        line.amount,
        " ".join(share.entry_key for share in line.shares if share.entry_key is not None),
        " ".join(str(number) for share in line.shares for number in share.transactions),
    )


def _line_as_json(line: InvoiceLine) -> dict[str, Any]:
    return {
        "line": line.number,
        "ticket_id": line.ticket_id,
        "ticket": line.ticket_number,
        "subject": line.subject,
        "corrects": line.corrects,
        "seconds": line.seconds,
        "rate": str(line.rate),
        "amount": str(line.amount),
        "entries": [_share_as_json(share) for share in line.shares],
    }


def _share_as_json(share: EntryShare) -> dict[str, Any]:
    return {
        "entry_key": share.entry_key,
        "work_date": share.work_date.isoformat(),
        "person": share.person,
        "description": share.description,
        "seconds": share.seconds,
        "clauses": list(share.clauses),
        "transactions": list(share.transactions),
    }
