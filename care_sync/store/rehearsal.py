"""A rehearsal: a store on which everything can be done, and of which nothing stays.

On SQLite it is a copy of the file, so that nobody who writes has to wait for it. On PostgreSQL it is one long
transaction that is taken back; others wait for it only where they post at the same moment.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection

from care_sync.store.engine import connect, transaction
from care_sync.store.store import Store, UnitOfWork


class _OneTransaction(Store):
    """A store whose units of work all stand in one transaction, each in a savepoint."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection.engine)
        self._connection = connection

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        """A unit of work in a savepoint."""
        with self._connection.begin_nested():
            yield UnitOfWork(self._connection)

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """The same: what was rehearsed so far is seen."""
        with self.begin() as work:
            yield work


class _Undone(Exception):
    """Ends the long transaction."""


@contextmanager
def rehearsal(store: Store) -> Iterator[Store]:
    """A store that begins as ``store`` is, and whose changes are gone at the end of the block."""
    engine = store.engine
    if engine.url.get_backend_name() == "sqlite":
        with TemporaryDirectory(prefix="care-sync-") as folder:
            path = Path(folder) / "rehearsal.sqlite"
            with closing(sqlite3.connect(str(engine.url.database))) as source, closing(sqlite3.connect(path)) as copy:
                source.backup(copy)
            copied = Store(connect(f"sqlite:///{path}"))
            try:
                yield copied
            finally:
                copied.close()
        return
    try:
        with transaction(engine) as connection:
            yield _OneTransaction(connection)
            raise _Undone
    except _Undone:
        pass
