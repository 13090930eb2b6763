"""``care-sync entries``: time entries that count for nobody: those without a ticket, and copies of others."""

from __future__ import annotations

from typing import Annotated

import typer

from care_sync.cli.session import Session
from care_sync.model.duration import rounded_clock
from care_sync.model.time_entry import StoredEntry
from care_sync.terminal import print_json, print_table, say

REMEDIES = {
    "unlinked": "write the ticket's number in it, as in #123, and no other",
    "unknown_ticket": "check the number; the helpdesk has no such ticket",
    "other_customer": "move it to the ticket's customer, or correct the number",
}


def unlinked(
    context: typer.Context,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """List time entries that found no ticket, newest work first, each with why and what to do.

    They count for nobody until they are linked: correct them in the time tracker and the next pass takes them up.

    ```
    care-sync entries unlinked
    care-sync entries unlinked --json | jq 'map(.seconds) | add'
    ```
    """
    with Session.of(context).store() as (_settings, store), store.read() as work:
        entries = work.entries.unlinked(limit)
    if as_json:
        print_json([_as_json(record) for record in entries])
    elif not entries:
        say("Every time entry has its ticket.")
    else:
        total = sum(record.entry.seconds for record in entries)
        print_table(
            f"{len(entries)} time entries without a ticket, {rounded_clock(total)} hours",
            ("date", "hours", "who", "client", "description", "why", "what to do"),
            (
                (
                    record.entry.work_date,
                    rounded_clock(record.entry.seconds),
                    record.entry.person_name or record.entry.person_id or "",
                    record.entry.client_name or "",
                    record.entry.description,
                    record.link.reason or record.link.state.value,
                    REMEDIES.get(record.link.state.value, ""),
                )
                for record in entries
            ),
            right=("hours",),
        )


def copies(
    context: typer.Context,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """List time entries that are left out because another time tracker holds the same work, newest first.

    Where both were worked, give one of them a text of its own, and the next pass counts it.
    With `linking.copies: count` in the settings nothing is taken for a copy.

    ```
    care-sync entries copies
    care-sync entries copies --json | jq 'map(.seconds) | add'
    ```
    """
    with Session.of(context).store() as (_settings, store), store.read() as work:
        entries = work.entries.copies(limit)
    if as_json:
        print_json([_as_json(record) for record in entries])
    elif not entries:
        say("No time entry is a copy of another.")
    else:
        total = sum(record.entry.seconds for record in entries)
        print_table(
            f"{len(entries)} time entries that another time tracker holds as well, {rounded_clock(total)} hours",
            ("date", "hours", "who", "tracker", "description", "why"),
            (
                (
                    record.entry.work_date,
                    rounded_clock(record.entry.seconds),
                    record.entry.person_name or record.entry.person_id or "",
                    record.entry.tracker,
                    record.entry.description,
                    record.link.reason,
                )
                for record in entries
            ),
            right=("hours",),
        )


def _as_json(stored: StoredEntry) -> dict[str, object]:
    entry = stored.entry
    return {
        "entry_key": entry.key,
        "work_date": entry.work_date.isoformat(),
        "seconds": entry.seconds,
        "person": entry.person_name,
        "client": entry.client_name,
        "project": entry.project_name,
        "description": entry.description,
        "tags": list(entry.tags),
        "state": stored.link.state.value,
        "reason": stored.link.reason,
        "wanted_ticket": stored.link.wanted_ticket,
    }
