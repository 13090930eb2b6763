"""Claiming rows by lease: the one recipe of everything that goes out (:mod:`care_sync.model.lease`).

A table that follows it has the columns ``state``, ``attempts``, ``due_at``, ``lease_token``, ``leased_until`` and
``last_error``.

Promise: of several daemons one gets a row; a row whose lease ran out is free again; and what a claim says of its row is
written only while nobody else has claimed it since. State and token are part of every change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, and_, or_, select, tuple_, update

from care_sync.model.lease import Lease, SendState
from care_sync.store.tables import chunks, locks_rows

CLAIMED = (SendState.SENDING.value, SendState.UNCERTAIN.value)


class LeasedTable:
    """One table whose rows are claimed by lease."""

    def __init__(self, connection: Connection, table: Table) -> None:
        self._connection = connection
        self._table = table
        self._keys = list(table.primary_key.columns)

    def free(self, now: datetime) -> ColumnElement[bool]:
        """The condition of rows that may be claimed: due, planned or uncertain, and under nobody's lease."""
        columns = self._table.c
        ran_out = or_(columns.leased_until.is_(None), columns.leased_until <= now)
        return and_(
            or_(columns.state == SendState.PLANNED.value, and_(columns.state.in_(CLAIMED), ran_out)),
            or_(columns.due_at.is_(None), columns.due_at <= now),
        )

    def lock(self, query: Select[Any]) -> Sequence[Row[Any]]:
        """Read rows that nobody else gets until this transaction ends; on PostgreSQL, locked ones are passed by."""
        if locks_rows(self._connection):
            query = query.with_for_update(skip_locked=True, of=self._table)
        return self._connection.execute(query).all()

    def take(self, rows: Sequence[Row[Any]], lease: Lease) -> None:
        """Claim locked rows. What is begun now counts an attempt; what was begun before is, or becomes, uncertain."""
        claim = {"lease_token": lease.token, "leased_until": lease.until}
        planned = [row for row in rows if row.state == SendState.PLANNED.value]
        begun = [row for row in rows if row.state != SendState.PLANNED.value]
        attempts = self._table.c.attempts + 1
        for chunk in chunks(planned):
            self._update(self._these(chunk), {**claim, "state": SendState.SENDING.value, "attempts": attempts})
        for chunk in chunks(begun):
            self._update(self._these(chunk), {**claim, "state": SendState.UNCERTAIN.value})

    def change(self, key: Sequence[object], token: str | None, values: Mapping[str, Any]) -> bool:
        """Change a claimed row; ``False``, and nothing is written, when somebody else has claimed it since."""
        if token is None:
            return False
        columns = self._table.c
        held = and_(self._is(key), columns.lease_token == token, columns.state.in_(CLAIMED))
        return self._update(held, values) == 1

    def finish(
        self,
        key: Sequence[object],
        token: str | None,
        state: SendState,
        *,
        error: str = "",
        due_at: datetime | None = None,
        **values: Any,
    ) -> bool:
        """Write down how a claim ended, and give it up; with ``due_at`` an unfinished one is taken up again then."""
        ended: dict[str, Any] = {
            "state": state.value,
            "last_error": error,
            "lease_token": None,
            "leased_until": None,
            **values,
        }
        if due_at is not None:
            ended["due_at"] = due_at
        return self.change(key, token, ended)

    def count_due(self, now: datetime) -> Select[Any]:
        """A query of the keys that may be claimed."""
        return select(*self._keys).where(self.free(now))

    def _is(self, key: Sequence[object]) -> ColumnElement[bool]:
        return and_(*(column == value for column, value in zip(self._keys, key, strict=True)))

    def _these(self, rows: Sequence[Row[Any]]) -> ColumnElement[bool]:
        names = [column.name for column in self._keys]
        return tuple_(*self._keys).in_([tuple(getattr(row, name) for name in names) for row in rows])

    def _update(self, condition: ColumnElement[bool], values: Mapping[str, Any]) -> int:
        return self._connection.execute(update(self._table).where(condition).values(dict(values))).rowcount
