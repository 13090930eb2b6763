"""``care-sync sync``: one pass, by hand; and its rehearsal, which only shows what would happen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from care_sync.application import Application
from care_sync.cli.session import Session
from care_sync.errors import UserError
from care_sync.pipeline.dry_run import Difference, differences
from care_sync.pipeline.run import PassKind, PassReport, Scope
from care_sync.progress import watching
from care_sync.store.rehearsal import rehearsal
from care_sync.terminal import complain, print_json, say


def sync(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and write nothing.")] = False,
    ticket: Annotated[
        list[str] | None, typer.Option(help="Only this ticket: its number or id. Can be given again.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="Read again everything that changed since this day.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Do it once: read both tools, decide, post, and write what follows into the helpdesk.

    Running it twice changes nothing. It may run beside the daemon. Exit code 1 when a product failed or a
    question is open; what could be done was done.

    ```
    care-sync sync --dry-run               what would happen
    care-sync sync                         everything, as each night
    care-sync sync --ticket 1042           one ticket
    care-sync sync --since 2026-10-01      read again what changed since
    ```
    """
    session = Session.of(context)
    with session.application() as application:
        zone = application.settings.company.zone
        if since is not None and since.date() > application.site.today():
            raise UserError(f"--since {since.date()} lies in the future", ["give today or an earlier day"])
        scope = Scope(
            PassKind.FULL,
            tickets=_ids(application, ticket or ()),
            since=since.replace(tzinfo=zone).astimezone(UTC) if since else None,
        )
        if dry_run:
            report, found = _rehearse(application, scope)
        else:
            with watching() as bars:
                report, found = application.run(scope, bars), None
    if as_json:
        print_json(as_document(report, found))
    else:
        _show(report, found)
    if report.failures:
        raise typer.Exit(1)


def _rehearse(application: Application, scope: Scope) -> tuple[PassReport, list[Difference]]:
    with rehearsal(application.store) as store:
        with store.read() as work:
            before = work.ledger.lock_head().transaction_id
            planned_before = {row.outbox_id for many in work.outbox.all_unfinished().values() for row in many}
        with watching() as bars:
            report = application.rehearse(store, scope, bars)
        with store.read() as work:
            found = differences(work, application.site, after_transaction=before, not_planned=planned_before)
    return report, found


def _ids(application: Application, wanted: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """The ids of tickets that a person named by number; what is not known by number is taken for an id."""
    with application.store.read() as work:
        found = {item: work.tickets.by_number(item.removeprefix("#")) for item in wanted}
    return tuple(ticket.id if ticket else name.removeprefix("#") for name, ticket in found.items())


def as_document(report: PassReport, found: list[Difference] | None) -> dict[str, object]:
    """The report as plain values for JSON."""
    document: dict[str, object] = {
        "pass_id": report.pass_id,
        "kind": report.kind.value,
        "counts": report.counts,
        "failures": report.failures,
    }
    if found is not None:
        document["differences"] = [record.as_json() for record in found]
    return document


def _show(report: PassReport, found: list[Difference] | None) -> None:
    if found is not None:
        for difference in found:
            for line in difference.lines():
                say(line)
        say(f"{len(found)} tickets would change. Nothing was written." if found else "Nothing would change.")
    else:
        counted = {name: count for name, count in report.counts.items() if count}
        for name, count in counted.items():
            say(f"{name.replace('_', ' '):22}{count}")
        if not counted:
            say("Nothing new; nothing was written.")
    for failure in report.failures:
        complain("Failed", failure)
