"""Bringing a database to the tables that this version needs, forward only."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from care_sync.errors import UserError
from care_sync.store.engine import connect, create_file, require_file, transaction

LOCK = 7_261_430_951
"""The PostgreSQL advisory lock that makes two daemons that start together migrate once."""


def migrate(url: str) -> None:
    """Create or upgrade the tables; nothing happens to a database that is current.

    Raises :class:`UserError` when the database belongs to a newer CareSync.
    """
    engine = connect(url)
    create_file(engine)
    try:
        with transaction(engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            configuration = _configuration()
            current = MigrationContext.configure(connection).get_current_revision()
            _refuse_newer(current, configuration)
            configuration.attributes["connection"] = connection
            command.upgrade(configuration, "head")
    finally:
        engine.dispose()


def current_revision(engine: Engine) -> str | None:
    """The revision that the tables are at; ``None`` for an empty database."""
    with transaction(engine, reading=True) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    """The revision that this version of CareSync needs."""
    head = ScriptDirectory.from_config(_configuration()).get_current_head()
    assert head is not None
    return head


def require_current(engine: Engine) -> None:
    """Raise :class:`UserError` unless the tables are what this version needs."""
    require_file(engine)
    current = current_revision(engine)
    if current == newest_revision():
        return
    _refuse_newer(current, _configuration())
    raise UserError(
        "the database has no tables yet" if current is None else "the database is older than this CareSync",
        ["run `care-sync store migrate`"],
    )


def _refuse_newer(current: str | None, configuration: Config) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(configuration).walk_revisions()}
    if current is not None and current not in known:
        raise UserError(
            f"the database is at revision {current}, which this CareSync does not know",
            ["a newer CareSync has used it: install that version, or restore a backup made before"],
        )


def _configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", "care_sync.store:migrations")
    configuration.set_main_option("path_separator", "os")
    return configuration
