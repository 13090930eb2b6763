"""What is left to do: dirty marks, reading cursors, and what a person must look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from care_sync.model.attention import Attention
from care_sync.model.mark import DirtyKind
from care_sync.store.schema import attention, cursors, dirty
from care_sync.store.tables import chunks, insert, upsert


class DirtyRepository:
    """Marks. A mark has a version, so that one made while the work was under way is not lost."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def mark(self, kind: DirtyKind, keys: Iterable[str], reason: str, now: datetime) -> None:
        """Mark ``keys``; marking twice is marking once, with a newer version."""
        rows = [
            {"kind": kind.value, "key": key, "reason": reason, "marked_at": now, "version": 1}
            for key in dict.fromkeys(keys)
        ]
        if not rows:
            return
        statement = insert(self._connection, dirty)
        statement = statement.on_conflict_do_update(
            index_elements=["kind", "key"],
            set_={"version": dirty.c.version + 1, "reason": statement.excluded.reason},
        )
        self._connection.execute(statement, rows)

    def take(self, kind: DirtyKind, limit: int | None = None) -> dict[str, int]:
        """Marked keys with their versions, oldest first. They stay marked until cleared."""
        query = (
            select(dirty.c.key, dirty.c.version)
            .where(dirty.c.kind == kind.value)
            .order_by(dirty.c.marked_at, dirty.c.key)
        )
        if limit is not None:
            query = query.limit(limit)
        return {name: value for name, value in self._connection.execute(query)}

    def versions(self, kind: DirtyKind, keys: Iterable[str]) -> dict[str, int]:
        """Which of ``keys`` are marked now, with their versions, in the order of ``keys``."""
        found: dict[str, int] = {}
        for some in chunks(keys):
            query = select(dirty.c.key, dirty.c.version).where(dirty.c.kind == kind.value, dirty.c.key.in_(some))
            versions = {name: value for name, value in self._connection.execute(query)}
            found.update({key: versions[key] for key in some if key in versions})
        return found

    def clear(self, kind: DirtyKind, done: Mapping[str, int]) -> None:
        """Take marks away, but for those that were made anew since they were taken.

        In the order of their keys, as they are made, so that two transactions rarely wait for each other.
        """
        for key, version in sorted(done.items()):
            self._connection.execute(
                delete(dirty).where(dirty.c.kind == kind.value, dirty.c.key == key, dirty.c.version == version)
            )

    def count(self) -> dict[str, int]:
        """Marks by kind."""
        query = select(dirty.c.kind, func.count()).group_by(dirty.c.kind)
        return {name: value for name, value in self._connection.execute(query)}


class CursorRepository:
    """Where reading goes on, by name."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, name: str) -> str | None:
        """The cursor last stored."""
        return self._connection.execute(select(cursors.c.value).where(cursors.c.name == name)).scalar_one_or_none()

    def set(self, name: str, value: str | None, now: datetime) -> None:
        """Store a cursor; ``None`` forgets it."""
        if value is None:
            self._connection.execute(delete(cursors).where(cursors.c.name == name))
        else:
            upsert(self._connection, cursors, [{"name": name, "value": value, "updated_at": now}])

    def all(self) -> dict[str, datetime]:
        """When each cursor last moved."""
        query = select(cursors.c.name, cursors.c.updated_at)
        return {name: value for name, value in self._connection.execute(query)}


class AttentionRepository:
    """The list that somebody must work through; raising the same twice keeps its first date."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def raise_(self, kind: str, subject: str, message: str, now: datetime) -> None:
        """Put something on the list, or renew it."""
        row = {"kind": kind, "subject": subject, "message": message, "since": now, "last_seen_at": now}
        statement = insert(self._connection, attention)
        statement = statement.on_conflict_do_update(
            index_elements=["kind", "subject"],
            set_={"message": statement.excluded.message, "last_seen_at": statement.excluded.last_seen_at},
        )
        self._connection.execute(statement, [row])

    def resolve(self, kind: str, subjects: Iterable[str]) -> None:
        """Take what is mended off the list."""
        for keys in chunks(subjects):
            self._connection.execute(delete(attention).where(attention.c.kind == kind, attention.c.subject.in_(keys)))

    def all(self, kind: str | None = None) -> list[Attention]:
        """The list, oldest first."""
        query = select(attention).order_by(attention.c.since, attention.c.kind, attention.c.subject)
        if kind is not None:
            query = query.where(attention.c.kind == kind)
        return [
            Attention(row.kind, row.subject, row.message, row.since, row.last_seen_at)
            for row in self._connection.execute(query)
        ]
