"""``care-sync attention``: what a person must look at."""

from __future__ import annotations

from typing import Annotated

import typer

from care_sync.cli.output import local, print_json, print_table, say
from care_sync.cli.session import Session, command_group

group = command_group("What a person must look at.")


@group.command("list")
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
        found = work.attention.all(kind)
    if as_json:
        print_json(
            [
                {
                    "kind": one.kind,
                    "subject": one.subject,
                    "message": one.message,
                    "since": one.since.isoformat(),
                    "last_seen_at": one.last_seen_at.isoformat(),
                }
                for one in found
            ]
        )
    elif not found:
        say("Nothing needs attention.")
    else:
        zone = settings.company.zone
        print_table(
            "Needs attention",
            ("since", "what", "about", "message"),
            ((local(one.since, zone), one.kind, one.subject, one.message) for one in found),
        )
