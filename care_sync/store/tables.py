"""What the repositories share: bulk upserts and bounded reading, on both databases alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

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
    """Insert rows, or replace every column of those whose primary key is there already."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key.columns]
    statement = insert(connection, table)
    replaced = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    statement = statement.on_conflict_do_update(index_elements=keys, set_=replaced)
    connection.execute(statement, [dict(row) for row in rows])


def locks_rows(connection: Connection) -> bool:
    """Whether the database locks single rows (PostgreSQL) or queues whole transactions (SQLite)."""
    return connection.dialect.name == "postgresql"


def insert_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless one like it is there; tells whether it was new."""
    first_key = next(iter(table.primary_key.columns))
    statement = insert(connection, table).on_conflict_do_nothing().values(dict(row)).returning(first_key)
    return connection.execute(statement).first() is not None
