"""Planned writes to the helpdesk, and what we last caused each ticket to show.

A row is ``planned``, is claimed (``sending``, with a lease), and ends ``done``, ``refused`` or ``failed``.
When a claim's lease runs out nobody knows whether the write took effect: the row is ``uncertain`` and the
ticket is read before anything is written again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select, update

from care_sync.model.outbox import UNFINISHED, OutboxRow, OutboxState, Shown
from care_sync.store.schema import outbox, shown
from care_sync.store.tables import chunks, insert_new, locks_rows, upsert
from connectors.records import Comment, CommentKind, TicketChange


class OutboxRepository:
    """Planned writes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def plan(self, change: TicketChange, cause: str, now: datetime) -> bool:
        """Plan a write. The same reference twice is one write; tells whether it was new."""
        row = {
            "ticket_id": change.ticket_id,
            "reference": change.reference,
            "change": _encode(change),
            "cause": cause,
            "state": OutboxState.PLANNED.value,
            "attempts": 0,
            "due_at": now,
            "last_error": "",
            "created_at": now,
        }
        return insert_new(self._connection, outbox, row)

    def supersede(self, ticket_ids: Iterable[str]) -> frozenset[str]:
        """Withdraw writes of these tickets that nobody has begun: a newer plan takes their place.

        Gives the tickets of which a note was withdrawn: it told how things stand, and the newer plan tells it anew.
        Replies to customers stay: each tells something that happened.
        """
        told_anew: set[str] = set()
        for keys in chunks(ticket_ids):
            query = select(outbox).where(
                outbox.c.ticket_id.in_(keys),
                outbox.c.state == OutboxState.PLANNED.value,
                outbox.c.attempts == 0,
            )
            rows = [row for row in self._connection.execute(query) if _kind(row.change) != CommentKind.REPLY]
            told_anew.update(row.ticket_id for row in rows if _kind(row.change) is not None)
            for some in chunks([row.outbox_id for row in rows]):
                self._connection.execute(outbox.delete().where(outbox.c.outbox_id.in_(some)))
        return frozenset(told_anew)

    def last_notes(self, ticket_ids: Iterable[str]) -> dict[str, str]:
        """The newest note of each of these tickets that was written or is under way; older ones may be forgotten."""
        found: dict[str, str] = {}
        given_up = [OutboxState.REFUSED.value, OutboxState.FAILED.value]
        for keys in chunks(ticket_ids):
            query = select(outbox).where(outbox.c.ticket_id.in_(keys), outbox.c.state.not_in(given_up))
            for row in self._connection.execute(query.order_by(outbox.c.outbox_id)):
                if _kind(row.change) == CommentKind.NOTE:
                    found[row.ticket_id] = row.change["comment"][1]
        return found

    def claim(
        self, now: datetime, lease_until: datetime, limit: int = 100, only: Collection[str] | None = None
    ) -> list[OutboxRow]:
        """Take rows to send: the oldest unfinished one of each ticket, if it is due; of all tickets, or ``only`` some.

        Rows whose lease ran out come back as ``uncertain``. Other daemons skip what is taken here.
        """
        self._connection.execute(
            update(outbox)
            .where(outbox.c.state == OutboxState.SENDING.value, outbox.c.leased_until <= now)
            .values(state=OutboxState.UNCERTAIN.value)
        )
        earlier = outbox.alias("earlier")
        blocked = (
            select(earlier.c.outbox_id)
            .where(
                earlier.c.ticket_id == outbox.c.ticket_id,
                earlier.c.outbox_id < outbox.c.outbox_id,
                earlier.c.state.in_([state.value for state in UNFINISHED]),
            )
            .exists()
        )
        query = (
            select(outbox)
            .where(
                or_(
                    outbox.c.state == OutboxState.PLANNED.value,
                    and_(
                        outbox.c.state == OutboxState.UNCERTAIN.value,
                        or_(outbox.c.leased_until.is_(None), outbox.c.leased_until <= now),
                    ),
                ),
                outbox.c.due_at <= now,
                ~blocked,
            )
            .order_by(outbox.c.outbox_id)
            .limit(limit)
        )
        if only is not None:
            query = query.where(outbox.c.ticket_id.in_(sorted(only)))
        if locks_rows(self._connection):
            query = query.with_for_update(skip_locked=True, of=outbox)
        rows = self._connection.execute(query).all()
        for keys in chunks(row.outbox_id for row in rows if row.state == OutboxState.PLANNED.value):
            self._connection.execute(
                update(outbox)
                .where(outbox.c.outbox_id.in_(keys))
                .values(state=OutboxState.SENDING.value, leased_until=lease_until, attempts=outbox.c.attempts + 1)
            )
        for keys in chunks(row.outbox_id for row in rows if row.state == OutboxState.UNCERTAIN.value):
            self._connection.execute(
                update(outbox).where(outbox.c.outbox_id.in_(keys)).values(leased_until=lease_until)
            )
        return [replace(_row(row), leased_until=lease_until) for row in rows]

    def finish(self, row: OutboxRow, state: OutboxState, *, error: str = "", due_at: datetime | None = None) -> bool:
        """Write down how a claimed row ended; ``planned`` with ``due_at`` means: once more, then.

        Tells ``False``, and writes nothing, when the claim ran out and somebody else has taken the row since.
        """
        values: dict[str, Any] = {"state": state.value, "last_error": error, "leased_until": None}
        if due_at is not None:
            values["due_at"] = due_at
        claimed = (outbox.c.outbox_id == row.outbox_id) & (outbox.c.leased_until == row.leased_until)
        return self._connection.execute(update(outbox).where(claimed).values(values)).rowcount == 1

    def unfinished(self, ticket_ids: Iterable[str]) -> dict[str, list[OutboxRow]]:
        """Writes of these tickets that have not ended, in order."""
        found: dict[str, list[OutboxRow]] = {}
        for keys in chunks(ticket_ids):
            query = (
                select(outbox)
                .where(outbox.c.ticket_id.in_(keys), outbox.c.state.in_([state.value for state in UNFINISHED]))
                .order_by(outbox.c.outbox_id)
            )
            for row in self._connection.execute(query):
                found.setdefault(row.ticket_id, []).append(_row(row))
        return found

    def all_unfinished(self) -> dict[str, list[OutboxRow]]:
        """Every write that has not ended, by ticket, in order."""
        found: dict[str, list[OutboxRow]] = {}
        unfinished = outbox.c.state.in_([state.value for state in UNFINISHED])
        for row in self._connection.execute(select(outbox).where(unfinished).order_by(outbox.c.outbox_id)):
            found.setdefault(row.ticket_id, []).append(_row(row))
        return found

    def due_count(self, now: datetime) -> int:
        """How many unfinished writes are due."""
        query = (
            select(func.count())
            .select_from(outbox)
            .where(outbox.c.state.in_([state.value for state in UNFINISHED]), outbox.c.due_at <= now)
        )
        return self._connection.execute(query).scalar_one()

    def counts(self) -> dict[str, int]:
        """Rows by state."""
        query = select(outbox.c.state, func.count()).group_by(outbox.c.state)
        return {name: value for name, value in self._connection.execute(query)}

    def failures(self, limit: int = 50) -> list[OutboxRow]:
        """Writes that were given up or refused, newest first."""
        query = (
            select(outbox)
            .where(outbox.c.state.in_([OutboxState.FAILED.value, OutboxState.REFUSED.value]))
            .order_by(outbox.c.outbox_id.desc())
            .limit(limit)
        )
        return [_row(row) for row in self._connection.execute(query)]

    def prune(self, before: datetime) -> int:
        """Drop finished rows from before an instant; the references live on in the helpdesk."""
        result = self._connection.execute(
            outbox.delete().where(outbox.c.state == OutboxState.DONE.value, outbox.c.created_at < before)
        )
        return result.rowcount


class ShownRepository:
    """What tickets were last made to show."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get_many(self, ticket_ids: Sequence[str]) -> dict[str, Shown]:
        """By ticket; those that never showed anything are absent."""
        found = {}
        for keys in chunks(ticket_ids):
            for row in self._connection.execute(select(shown).where(shown.c.ticket_id.in_(keys))):
                found[row.ticket_id] = Shown(row.ticket_id, row.explanation_hash, tuple(row.notices), row.sequence)
        return found

    def forget_explanation(self, ticket_id: str) -> None:
        """The ticket does not show what it was to explain: the next plan writes a note again."""
        self._connection.execute(update(shown).where(shown.c.ticket_id == ticket_id).values(explanation_hash=""))

    def put(self, rows: Iterable[Shown]) -> None:
        """Store."""
        upsert(
            self._connection,
            shown,
            [
                {
                    "ticket_id": row.ticket_id,
                    "explanation_hash": row.explanation_hash,
                    "notices": list(row.notices),
                    "sequence": row.sequence,
                }
                for row in rows
            ],
        )


def _encode(change: TicketChange) -> Mapping[str, Any]:
    comment = change.comment
    return {
        "add_tags": sorted(change.add_tags),
        "remove_tags": sorted(change.remove_tags),
        "fields": dict(change.fields),
        "comment": None if comment is None else [comment.kind.value, comment.body],
    }


def _kind(change: Mapping[str, Any]) -> CommentKind | None:
    """The kind of comment that a planned write carries, if any."""
    comment = change["comment"]
    return None if comment is None else CommentKind(comment[0])


def _row(row: Row[Any]) -> OutboxRow:
    comment = row.change["comment"]
    change = TicketChange(
        row.ticket_id,
        row.reference,
        frozenset(row.change["add_tags"]),
        frozenset(row.change["remove_tags"]),
        row.change["fields"],
        None if comment is None else Comment(CommentKind(comment[0]), comment[1]),
    )
    return OutboxRow(
        row.outbox_id,
        change,
        row.cause,
        OutboxState(row.state),
        row.attempts,
        row.due_at,
        row.last_error,
        row.created_at,
        row.leased_until,
    )
