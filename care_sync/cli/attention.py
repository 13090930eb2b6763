"""``care-sync attention``: what a person must look at."""

from __future__ import annotations

from typing import Annotated

import typer

from care_sync.cli.session import Session
from care_sync.errors import UserError
from care_sync.pipeline.tell import NOT_TOLD, was_told_by_person
from care_sync.terminal import local, print_json, print_table, say


def list_attention(
    context: typer.Context,
    kind: Annotated[str | None, typer.Option(help="Only this kind.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """List what a person must look at, oldest first; each tells what to do.

    It leaves the list by itself when it is mended.

    ```
    care-sync attention list
    care-sync attention list --json
    ```
    """
    with Session.of(context).store() as (settings, store), store.read() as work:
        attention = work.attention.all(kind)
    if as_json:
        print_json(
            [
                {
                    "kind": record.kind,
                    "subject": record.subject,
                    "message": record.message,
                    "since": record.since.isoformat(),
                    "last_seen_at": record.last_seen_at.isoformat(),
                }
                for record in attention
            ]
        )
    elif not attention:
        say("Nothing needs attention.")
    else:
        zone = settings.company.zone
        print_table(
            "Needs attention",
            ("since", "what", "about", "message"),
            ((local(record.since, zone), record.kind, record.subject, record.message) for record in attention),
        )


def settle(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="What it is, as `attention list` shows it.")],
    subject: Annotated[str, typer.Argument(help="What it is about, as `attention list` shows it.")],
) -> None:
    """Take something off the list that you have seen to in another way.

    What is not mended comes back at the next pass. `customer_not_told` means that you have told the customer.

    ```
    care-sync attention settle customer_not_told 1042:turned_outside
    ```
    """
    with Session.of(context).store() as (_, store), store.begin() as work:
        if subject not in {attention.subject for attention in work.attention.all(kind)}:
            raise UserError(f"{kind} {subject} is not on the list", ["`care-sync attention list` shows what is"])
        work.attention.resolve(kind, [subject])
        if kind == NOT_TOLD:
            was_told_by_person(work, subject)
    say("Taken off the list.")
