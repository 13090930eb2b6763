"""``care-sync audit``: proves the ledger, and that everything agrees with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated

import typer

from care_sync.application import Application, connect_bookkeeping, environment_of
from care_sync.audit.books import audit_books
from care_sync.audit.discrepancy import Compared, Discrepancy
from care_sync.audit.products import audit_bookkeeping, audit_helpdesk, audit_tracker
from care_sync.cli.session import Session
from care_sync.terminal import print_json, print_table, say


def audit(
    context: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="The store alone; no product is asked.")] = False,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Compare time entries from this day on. Default: every open month."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Prove the hash chain and the invariants, and that ledger, helpdesk, time trackers and bookkeeping agree.

    Nothing is written. Each difference is named with the command that repairs it; then it ends with 1. At the end
    stands what was compared, by product and days.

    ```
    care-sync audit
    care-sync audit --offline --json
    ```
    """
    session, compared = Session.of(context), Compared()
    if offline:
        with session.store() as (settings, store), store.read() as work:
            found = list(audit_books(work, settings, compared))
    else:
        with session.application() as application:
            found = list(_audit(application, since, compared))
    if as_json:
        print_json({"differences": [record.as_json() for record in found], "compared": compared.as_json()})
    elif not found:
        say("Everything agrees: the store with itself." if offline else "Everything agrees that was compared.")
    else:
        print_table(
            f"{len(found)} differences",
            ("where", "what", "how it differs", "repair"),
            ((record.where, record.subject, record.message, record.repair) for record in found),
        )
    if not as_json:
        for line in compared.lines():
            say(f"  {line}")
    if found:
        raise typer.Exit(1)


def _audit(application: Application, since: datetime | None, compared: Compared) -> Iterator[Discrepancy]:
    site = application.site
    last = site.today() + timedelta(days=1)
    window = site.today() - timedelta(days=site.settings.schedule.window_days)
    bookkeeping = connect_bookkeeping(site.settings, environment_of(site.settings, site.clock, application.store))
    with application.store.read() as work:
        yield from audit_books(work, site.settings, compared)
        yield from audit_helpdesk(work, site.helpdesk, site.settings.write_back.tag_prefix, compared)
        first_open = work.periods.months().first_open_day
        for name, tracker in site.trackers.items():
            oldest = work.entries.first_live_day(tracker.product, tracker.account, first_open)
            first = since.date() if since else min(window, oldest or window)
            yield from audit_tracker(work, name, tracker, first, last, compared)
        if bookkeeping is not None:
            yield from audit_bookkeeping(work, bookkeeping, compared)
