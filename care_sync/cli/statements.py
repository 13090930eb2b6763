"""``care-sync cards statement``: what happened to a customer's hour cards in a month."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from care_sync.billing.statement import Statement, read_statement, read_statements
from care_sync.billing.statement_document import statement_as_csv, statement_as_pdf
from care_sync.cli.files import file_name, month_of, write_file, write_output
from care_sync.cli.session import Session
from care_sync.errors import UserError
from care_sync.lookup import find_organization
from care_sync.messages import Language
from care_sync.settings import Settings
from care_sync.terminal import say


class Form(StrEnum):
    """What a statement is written as."""

    PDF = "pdf"
    CSV = "csv"


class Tongue(StrEnum):
    """The languages that statements are written in."""

    DUTCH = "nl"
    ENGLISH = "en"


def statement(
    context: typer.Context,
    period: Annotated[str, typer.Argument(metavar="MONTH", help="The month, such as 2026-10.")],
    customer: Annotated[
        str | None,
        typer.Argument(help="Only this organization (name or id). Default: all of them.", show_default=False),
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="For people, or for a spreadsheet.")] = Form.PDF,
    output: Annotated[
        Path | None,
        typer.Option(help="A file; a folder for several customers. Else standard output.", show_default=False),
    ] = None,
    language: Annotated[
        Tongue | None, typer.Option(help="Else the customer's, by the helpdesk.", show_default=False)
    ] = None,
) -> None:
    """Write a month's hour card statement: balances, each deduction, corrections, and a chart of what is left.

    Of a month that is not closed it is provisional, and says so.

    ```
    care-sync cards statement 2026-10 "Bakkerij Van Dam" --output statement.pdf
    care-sync cards statement 2026-10 --output statements/
    care-sync cards statement 2026-10 360001 --format csv --language en
    ```
    """
    month = month_of(period, "MONTH")
    if form is Form.PDF and output is None and sys.stdout.isatty():
        raise UserError("a PDF is nothing to read on a terminal", ["name a file with --output, or use --format csv"])
    with Session.of(context).store() as (settings, store), store.read() as work:
        if customer is not None:
            statements = [read_statement(work, find_organization(work, customer), month)]
        elif output is None:
            raise UserError("several statements are several files", ["name a folder for them with --output"])
        else:
            statements = read_statements(work, month)
    for document in statements:
        content = _written(document, form, language, settings)
        if output is None:
            write_output(content)
            return
        name = f"{file_name(month, document.organization.name, document.organization.id)}.{form}"
        path = output if customer is not None else output / name
        write_file(path, content)
        say(f"{path} is written.")
    if not statements:
        say(f"Nobody had an hour card or any time in {month}.")


def _written(document: Statement, form: Form, language: Tongue | None, settings: Settings) -> bytes:
    reader = Language.of(language or document.organization.locale, settings.company.locale)
    if form is Form.CSV:
        return statement_as_csv(document, reader).encode()
    return statement_as_pdf(document, reader, settings.company.name, settings.ledger.statement.fonts)
