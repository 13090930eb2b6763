"""``care-sync store``: the database."""

from __future__ import annotations

import typer

from care_sync.cli.session import Session
from care_sync.store import migrate
from care_sync.terminal import say


def migrate_store(context: typer.Context) -> None:
    """Make the tables, or bring those of an older version up to date. Doing it twice does no harm.

    SQLite needs nothing but a folder; for PostgreSQL make an empty database first and set store.url.

    ```
    care-sync store migrate
    CARE_SYNC_STORE__URL=postgresql://care@db/care_sync care-sync store migrate
    ```
    """
    settings = Session.of(context).settings()
    migrate(settings.store.url.get_secret_value())
    say("The store is up to date.")
