"""``care-sync status``: last passes, lag, queue, limits, failures, and what a person must look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from care_sync.cli.session import Session
from care_sync.settings import Settings
from care_sync.status import Status, read_status
from care_sync.terminal import age, local, print_json, print_table, say


def status(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    passes: Annotated[int, typer.Option(min=1, max=1000, help="How many passes to show.")] = 5,
) -> None:
    """Tell how things are: last passes, lag, queue, limits left, failures, attention.

    Needs no product and may run beside the daemon.

    ```
    care-sync status
    care-sync status --json | jq .lag_seconds
    ```
    """
    session = Session.of(context)
    with session.store() as (settings, store):
        found = read_status(store, session.clock.now(), passes=passes)
    if as_json:
        print_json(found.as_json())
    else:
        _show(found, settings)


def _show(status: Status, settings: Settings) -> None:
    zone = settings.company.zone
    lag = "no pass has ended well yet" if status.lag_seconds is None else f"{age(status.lag_seconds)} behind"
    say(f"CareSync is {lag}." if status.lag_seconds is not None else f"CareSync: {lag}.")
    if status.rules_refused:
        say(status.rules_refused)
    _show_passes(status, zone)
    _show_queue(status, zone)
    _show_troubles(status, zone)


def _show_passes(status: Status, zone: ZoneInfo) -> None:
    _table(
        "\nPasses",
        ("started", "kind", "took", "did", "error"),
        (
            (
                local(pass_.started_at, zone),
                pass_.kind,
                age(int((pass_.finished_at - pass_.started_at).total_seconds())) if pass_.finished_at else "not ended",
                ", ".join(f"{name} {count}" for name, count in sorted(pass_.counts.items()) if count) or "nothing new",
                pass_.error,
            )
            for pass_ in status.passes
        ),
    )
    _table(
        "\nJobs",
        ("job", "due", "ended", "outcome"),
        ((job.job, local(job.due_at, zone), local(job.finished_at, zone), job.outcome) for job in status.jobs),
    )


def _show_queue(status: Status, zone: ZoneInfo) -> None:
    waiting = [
        *status.outbox.items(),
        *((f"mail {state}", count) for state, count in status.mails.items()),
        *((f"{kind} to do", count) for kind, count in status.dirty.items()),
    ]
    _table("\nQueue", ("what", "count"), sorted(waiting), right=("count",))
    _table(
        "\nLimits",
        ("account", "requests left", "resets"),
        (
            (account, "unknown" if budget.remaining is None else budget.remaining, local(budget.resets_at, zone))
            for account, budget in status.budgets.items()
        ),
        right=("requests left",),
    )


def _show_troubles(status: Status, zone: ZoneInfo) -> None:
    _table(
        "\nWrites that failed",
        ("ticket", "reference", "state", "attempts", "error"),
        (
            (
                failure.change.ticket_id,
                failure.change.reference,
                failure.state.value,
                failure.attempts,
                failure.last_error,
            )
            for failure in status.failures
        ),
        right=("attempts",),
    )
    _table(
        "\nNeeds attention",
        ("since", "what", "about", "message"),
        ((local(item.since, zone), item.kind, item.subject, item.message) for item in status.attention),
    )


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()) -> None:
    """A table, unless there is nothing to tell."""
    if shown := list(rows):
        print_table(title, columns, shown, right=right)
