"""Opening a database, and the two kinds of transaction that exist.

Terms
    writing transaction   begins with BEGIN IMMEDIATE on SQLite, so that two processes queue instead of
                          failing half-way; on PostgreSQL read committed, with explicit locks
    reading transaction   one snapshot from beginning to end on both, and any write in it is refused

SQLite runs in WAL mode with ``synchronous=FULL``: after a commit that returned, a power cut loses nothing; that
is the price of customers' hours. Nobody waits longer than :data:`PATIENCE_SECONDS` for somebody else's lock.

Promise: of what a database can do wrong, only :mod:`care_sync.errors` crosses this border, without the values
of any statement in its message.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy import exc as database
from sqlalchemy.engine import URL, make_url

from care_sync.errors import CareSyncError, IntegrityError, StoreError, UserError

PATIENCE_SECONDS = 30
CONNECT_SECONDS = 10
IDLE_SECONDS = 900
"""PostgreSQL ends a transaction in which a daemon has been silent this long, so that others can go on."""

READING = "care_sync_reading"


def parse_url(text: str) -> URL:
    """Read a database URL. Raises :class:`UserError` for anything but SQLite in a file and PostgreSQL."""
    try:
        url = make_url(text)
    except database.ArgumentError:
        raise UserError(
            "store.url is not a database URL",
            ["write sqlite:///care-sync.sqlite or postgresql://user@host/database"],
        ) from None
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername == "postgresql+psycopg" or (url.drivername == "sqlite" and _file(url) is not None):
        return url
    if url.drivername == "sqlite":
        raise UserError("store.url names no file, and a store in memory forgets", ["write sqlite:///care-sync.sqlite"])
    raise UserError(
        f"store.url names {url.drivername!r}, which CareSync does not speak",
        ["use sqlite:///… or postgresql://…"],
    )


def connect(text: str) -> Engine:
    """An engine with the settings that the promises of the store rest on."""
    url = parse_url(text)
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": PATIENCE_SECONDS}, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        return create_engine(
            url,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "application_name": "care-sync",
                "options": f"-c lock_timeout={PATIENCE_SECONDS}s "
                f"-c idle_in_transaction_session_timeout={IDLE_SECONDS}s",
            },
        )
    except ModuleNotFoundError:
        raise UserError(
            "store.url names PostgreSQL, and its driver is not installed",
            ["install it with: pip install 'care-sync[postgres]'"],
        ) from None


def create_file(engine: Engine) -> None:
    """Make the empty file of a SQLite database that is not there yet, for its owner's eyes alone."""
    path = _file(engine.url)
    if path is not None and path.parent.is_dir():
        path.touch(mode=0o600)


def require_file(engine: Engine) -> None:
    """Raise :class:`UserError` when a SQLite database has no file, instead of leaving an empty one behind."""
    path = _file(engine.url)
    if path is not None and not path.exists():
        raise UserError(f"there is no database at {path}", ["run `care-sync store migrate`"])


def _file(url: URL) -> Path | None:
    """The file of a SQLite database; ``None`` for one in memory, and for PostgreSQL."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA recursive_triggers=ON")  # so that REPLACE cannot pass the append-only triggers
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if is_reading(connection) else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if is_reading(connection) else "BEGIN IMMEDIATE")


def is_reading(connection: Connection) -> bool:
    """Whether the transaction is one that only reads."""
    return bool(connection.get_execution_options().get(READING, False))


@contextmanager
def transaction(engine: Engine, *, reading: bool = False) -> Iterator[Connection]:
    """One transaction: committed when the block ends, rolled back when it raises.

    Raises :class:`IntegrityError` for what a constraint refused and :class:`StoreError` for a database that is
    not there, busy, full or broken.
    """
    try:
        with engine.connect() as connection:
            if reading:
                connection.execution_options(**_reading_options(connection))
            with connection.begin():
                yield connection
    except (database.DBAPIError, sqlite3.DatabaseError) as error:
        raised = _in_our_words(engine, error)
        if raised is None:
            raise
        raise raised from error


def _reading_options(connection: Connection) -> dict[str, Any]:
    if connection.dialect.name == "sqlite":
        return {READING: True}
    return {READING: True, "isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def _in_our_words(engine: Engine, error: Exception) -> CareSyncError | None:
    """What a person can do about it; ``None`` for mistakes of our own, which keep their traceback."""
    cause = error.orig if isinstance(error, database.DBAPIError) else error
    said = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
    if isinstance(error, database.IntegrityError) or "append-only" in said:
        return IntegrityError(f"the database refused the change: {said}")
    if isinstance(error, (database.ProgrammingError, database.DataError, database.NotSupportedError)):
        return None
    name = engine.url.render_as_string(hide_password=True)
    if "locked" in said or "lock timeout" in said or "deadlock" in said:
        remedy = "another process is using it: this is tried again at the next pass"
    elif "not a database" in said or "malformed" in said:
        remedy = "store.url points at something else, or the file is damaged: restore a backup"
    elif "full" in said or "No space" in said:
        remedy = "make room on its disk"
    else:
        remedy = "check store.url, and that its server or folder is there and may be written"
    return StoreError(f"the database {name} did not answer as it should", [said, remedy])
