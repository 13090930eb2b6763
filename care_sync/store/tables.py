"""What the repositories share: bulk upserts and bounded reading, on both databases alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar
from zlib import crc32

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

from care_sync.store.engine import is_reading

T = TypeVar("T")

QUEUE = 726_143
"""The first half of the PostgreSQL advisory locks of :func:`queue_for`."""

CHUNK = 500
"""Rows or keys a statement: below every database's limit of bound parameters."""


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Lists of at most ``size`` items."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def insert(connection: Connection, table: Table) -> Any:
    """The dialect's own INSERT, which knows ``on_conflict_do_…``."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or replace every column of those whose primary key is there already.

    In the order of their keys, so that two transactions never wait for each other.
    """
    if not rows:
        return
    keys = [column.name for column in table.primary_key.columns]
    statement = insert(connection, table)
    replaced = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    statement = statement.on_conflict_do_update(index_elements=keys, set_=replaced)
    ordered = sorted(rows, key=lambda row: [str(row[key]) for key in keys])
    connection.execute(statement, [dict(row) for row in ordered])


def locks_rows(connection: Connection) -> bool:
    """Whether rows are locked one by one: by a writing transaction on PostgreSQL.

    SQLite queues whole transactions instead, and a reading transaction locks nothing.
    """
    return connection.dialect.name == "postgresql" and not is_reading(connection)


def queue_for(connection: Connection, table: Table) -> None:
    """Wait until no other transaction compares and replaces rows of ``table``.

    What is read before it is replaced would otherwise be replaced twice from the same beginning.
    """
    if locks_rows(connection):
        connection.execute(select(func.pg_advisory_xact_lock(QUEUE, crc32(table.name.encode()) >> 1)))


def insert_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless one like it is there; tells whether it was new."""
    first_key = next(iter(table.primary_key.columns))
    statement = insert(connection, table).on_conflict_do_nothing().values(dict(row)).returning(first_key)
    return connection.execute(statement).first() is not None
