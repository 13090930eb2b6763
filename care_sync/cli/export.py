"""``care-sync export``: the ledger as a plain-text journal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from care_sync.billing.journal import Tool, journal
from care_sync.cli.session import Session
from care_sync.errors import UserError
from care_sync.lookup import find_organization
from care_sync.terminal import say, write


def export(
    context: typer.Context,
    tool: Annotated[Tool, typer.Option("--format", help="The tool that is to read it.")] = Tool.HLEDGER,
    customer: Annotated[
        str | None, typer.Option(help="Only this organization (name or id).", show_default=False)
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="File to write. Default: standard output.", show_default=False)
    ] = None,
) -> None:
    """Write the whole ledger as a journal that hledger or Beancount reads, in whole seconds.

    It ends with what every account must come to, so that the tool itself proves it.

    ```
    care-sync export --output care.journal && hledger -f care.journal balance
    care-sync export --format beancount --output care.beancount && bean-check care.beancount
    ```
    """
    with Session.of(context).store() as (_settings, store), store.read() as work:
        chosen = find_organization(work, customer).id if customer else None
        lines = (f"{line}\n" for line in journal(work, tool, chosen))
        if output is None:
            for line in lines:
                write(line)
            return
        try:
            with output.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(lines)
        except OSError as error:
            raise UserError(f"{output} cannot be written: {error.strerror or error}") from error
    say(f"{output} is written.")
