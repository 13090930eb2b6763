"""``care-sync entries``: time entries that a person should look at.

Those without a ticket, copies of others, and clients of which nobody knows the customer.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated

import typer

from care_sync.cli.session import Session
from care_sync.model.duration import rounded_clock
from care_sync.model.time_entry import StoredEntry
from care_sync.pipeline.unknown_customers import unknown_clients
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


def clients(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """List clients of the time trackers that match no organization, those with most time first.

    Whether such an entry names a ticket of the same customer cannot be checked. With `linking.unknown_clients: link`
    its time counts for that ticket and the client is reported; with `hold` it waits. Only months that are not closed
    are looked at.

    ```
    care-sync entries clients
    care-sync entries clients --json | jq 'map(.needs)'
    ```
    """
    with Session.of(context).application() as application, application.store.read() as work:
        first = work.periods.months().first_open
        day = date.fromisoformat(f"{first}-01") if first else date.min
        listed = unknown_clients(work, application.site.linking, day)
    if as_json:
        print_json([asdict(client) for client in listed])
    elif not listed:
        say("Every client of the time trackers is an organization.")
    else:
        print_table(
            f"{len(listed)} clients that match no organization",
            ("client", "tracker", "entries", "hours", "what it needs"),
            (
                (client.client, client.tracker, client.entries, rounded_clock(client.seconds), client.needs)
                for client in listed
            ),
            right=("entries", "hours"),
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
