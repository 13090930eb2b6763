"""``care-sync run``: the daemon."""

from __future__ import annotations

import typer

from care_sync.application import open_application
from care_sync.cli.session import Session
from care_sync.daemon import run_daemon
from care_sync.scheduler import StoppableClock
from care_sync.terminal import errors


def run(context: typer.Context) -> None:
    """Keep doing it: poll, take webhooks, push, and do everything once a night, until SIGTERM.

    What fell due while it was down is made up once at the start. Stopping it at any moment is safe.

    ```
    care-sync run
    care-sync --config /etc/care-sync/config.yaml run
    ```
    """
    session = Session.of(context)
    settings = session.settings(for_daemon=True)
    clock = StoppableClock(session.clock)
    with open_application(settings, clock) as application:
        code = run_daemon(application, clock, lambda address: errors().print(f"CareSync listens on {address}"))
    raise typer.Exit(code)
