"""Planned writes to the helpdesk, and what we last caused each ticket to show.

The recipe of claims is :mod:`care_sync.store.leases`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, update

from care_sync.model.lease import UNFINISHED, Lease, SendState
from care_sync.model.outbox import OutboxRow, Shown
from care_sync.store.leases import LeasedTable
from care_sync.store.schema import outbox, shown
from care_sync.store.tables import chunks, insert_new, upsert
from connectors.records import Comment, CommentKind, TicketChange


class OutboxRepository:
    """Planned writes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._leases = LeasedTable(connection, outbox)

    def plan(self, change: TicketChange, cause: str, now: datetime) -> bool:
        """Plan a write. The same reference twice is one write; tells whether it was new."""
        row = {
            "ticket_id": change.ticket_id,
            "reference": change.reference,
            "change": _encode(change),
            "cause": cause,
            "state": SendState.PLANNED.value,
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
        with_note: set[str] = set()
        for keys in chunks(ticket_ids):
            query = select(outbox.c.outbox_id, outbox.c.change).where(outbox.c.ticket_id.in_(keys), _is_untouched())
            withdrawn = [
                row.outbox_id for row in self._connection.execute(query) if _kind(row.change) != CommentKind.REPLY
            ]
            for ids in chunks(withdrawn):
                # A daemon can have claimed a row since it was read: what it sends now is not withdrawn any more.
                gone = (
                    outbox.delete()
                    .where(outbox.c.outbox_id.in_(ids), _is_untouched())
                    .returning(outbox.c.ticket_id, outbox.c.change)
                )
                with_note.update(
                    row.ticket_id for row in self._connection.execute(gone) if _kind(row.change) is not None
                )
        return frozenset(with_note)

    def last_notes(self, ticket_ids: Iterable[str]) -> dict[str, str]:
        """The newest note of each of these tickets that was written or is under way; older ones may be forgotten."""
        last_notes: dict[str, str] = {}
        given_up = [SendState.REFUSED.value, SendState.FAILED.value]
        for keys in chunks(ticket_ids):
            query = select(outbox).where(outbox.c.ticket_id.in_(keys), outbox.c.state.not_in(given_up))
            for row in self._connection.execute(query.order_by(outbox.c.outbox_id)):
                if _kind(row.change) == CommentKind.NOTE:
                    last_notes[row.ticket_id] = row.change["comment"][1]
        return last_notes

    def claim(
        self, now: datetime, lease_until: datetime, limit: int = 100, only: Collection[str] | None = None
    ) -> list[OutboxRow]:
        """Take rows to send: the oldest unfinished one of each ticket, if it is due; of all tickets, or ``only`` some.

        Rows whose lease ran out come back as ``uncertain``. Other daemons skip what is taken here.
        """
        lease = Lease.of(now, lease_until - now)
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
        query = select(outbox).where(self._leases.free(now), ~blocked).order_by(outbox.c.outbox_id).limit(limit)
        if only is not None:
            query = query.where(outbox.c.ticket_id.in_(sorted(only)))
        rows = self._leases.lock(query)
        self._leases.take(rows, lease)
        return [_claimed(row, lease) for row in rows]

    def finish(self, row: OutboxRow, state: SendState, *, error: str = "", due_at: datetime | None = None) -> bool:
        """Write down how a claimed row ended; ``planned`` with ``due_at`` means: once more, then.

        Tells ``False``, and writes nothing, when the claim ran out and somebody else has taken the row since.
        """
        return self._leases.finish((row.outbox_id,), row.lease_token, state, error=error, due_at=due_at)

    def unfinished(self, ticket_ids: Iterable[str]) -> dict[str, list[OutboxRow]]:
        """Writes of these tickets that have not ended, in order."""
        by_key: dict[str, list[OutboxRow]] = {}
        for keys in chunks(ticket_ids):
            query = (
                select(outbox)
                .where(outbox.c.ticket_id.in_(keys), outbox.c.state.in_([state.value for state in UNFINISHED]))
                .order_by(outbox.c.outbox_id)
            )
            for row in self._connection.execute(query):
                by_key.setdefault(row.ticket_id, []).append(_row(row))
        return by_key

    def all_unfinished(self) -> dict[str, list[OutboxRow]]:
        """Every write that has not ended, by ticket, in order."""
        by_key: dict[str, list[OutboxRow]] = {}
        unfinished = outbox.c.state.in_([state.value for state in UNFINISHED])
        for row in self._connection.execute(select(outbox).where(unfinished).order_by(outbox.c.outbox_id)):
            by_key.setdefault(row.ticket_id, []).append(_row(row))
        return by_key

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
            .where(outbox.c.state.in_([SendState.FAILED.value, SendState.REFUSED.value]))
            .order_by(outbox.c.outbox_id.desc())
            .limit(limit)
        )
        return [_row(row) for row in self._connection.execute(query)]

    def prune(self, before: datetime) -> int:
        """Drop finished rows from before an instant; the references live on in the helpdesk."""
        result = self._connection.execute(
            outbox.delete().where(outbox.c.state == SendState.DONE.value, outbox.c.created_at < before)
        )
        return result.rowcount


class ShownRepository:
    """What tickets were last made to show."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get_many(self, ticket_ids: Sequence[str]) -> dict[str, Shown]:
        """By ticket; those that never showed anything are absent."""
        by_key = {}
        for keys in chunks(ticket_ids):
            for row in self._connection.execute(select(shown).where(shown.c.ticket_id.in_(keys))):
                by_key[row.ticket_id] = Shown(
                    row.ticket_id, row.explanation_hash, tuple(row.notices), row.sequence, row.waits_until
                )
        return by_key

    def waiting_until(self, now: datetime) -> list[str]:
        """Tickets whose quiet time is over by ``now``, and whose customers have not been told yet."""
        query = select(shown.c.ticket_id).where(shown.c.waits_until <= now).order_by(shown.c.ticket_id)
        return list(self._connection.execute(query).scalars())

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
                    "waits_until": row.waits_until,
                }
                for row in rows
            ],
        )


def _is_untouched() -> ColumnElement[bool]:
    """The condition of writes that nobody has begun."""
    return and_(outbox.c.state == SendState.PLANNED.value, outbox.c.attempts == 0, outbox.c.lease_token.is_(None))


def _claimed(row: Row[Any], lease: Lease) -> OutboxRow:
    """A row as it was when it was claimed, with its lease; one that was being sent is uncertain."""
    claimed = replace(_row(row), lease_token=lease.token, leased_until=lease.until)
    return replace(claimed, state=SendState.UNCERTAIN) if claimed.state is SendState.SENDING else claimed


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
        SendState(row.state),
        row.attempts,
        row.due_at,
        row.last_error,
        row.created_at,
        row.lease_token,
        row.leased_until,
    )
