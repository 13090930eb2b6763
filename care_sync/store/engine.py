"""Opening a database, and the two kinds of transaction that exist.

SQLite runs in WAL mode with ``synchronous=FULL``: after a commit that returned, a power cut loses nothing;
that is the price of customers' hours. Writing transactions begin with ``BEGIN IMMEDIATE``, so that two
processes queue instead of failing half-way. PostgreSQL runs at its own default isolation (read committed)
with explicit row locks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.pool import NullPool

from care_sync.errors import UserError

BUSY_SECONDS = 30


def parse_url(text: str) -> URL:
    """Read a database URL. Raises :class:`UserError` for anything but SQLite and PostgreSQL."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise UserError(
            "store.url is not a database URL",
            ["write sqlite:///care-sync.sqlite or postgresql://user@host/database"],
        ) from None
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername in ("sqlite", "postgresql+psycopg"):
        return url
    raise UserError(
        f"store.url names {url.drivername!r}, which CareSync does not speak",
        ["use sqlite:///… or postgresql://…"],
    )


def connect(text: str) -> Engine:
    """An engine with the settings that the promises of the store rest on."""
    url = parse_url(text)
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(url, pool_pre_ping=True)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("care_sync_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def transaction(engine: Engine, *, reading: bool = False) -> Iterator[Connection]:
    """One transaction: committed when the block ends, rolled back when it raises."""
    try:
        connection = engine.connect()
    except OperationalError as error:
        raise UserError(
            f"the database {engine.url.render_as_string(hide_password=True)} cannot be opened",
            [
                str(error.orig).strip().splitlines()[0],
                "check store.url, and that the server or folder exists",
            ],
        ) from error
    with connection:
        if reading:
            connection = connection.execution_options(care_sync_reading=True)
        with connection.begin():
            yield connection
