"""What tickets with time in closed months said when those months closed.

A closed month moves because a fact changed, and never because rules or settings did. Which of the two it was, is told
by what the settled facts would come to today.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from care_sync.model.mark import DirtyKind
from care_sync.model.month import Month
from care_sync.store.schema import dirty, entry_standing, settled_tickets, tickets
from care_sync.store.tables import chunks, upsert
from connectors.records import Channel, Ticket, TicketStatus


@dataclass(frozen=True, slots=True)
class SettledTicket:
    """A ticket as it was; ``facts_of`` is the id of the ticket whose facts these are.

    That is another one where it was merged after its month closed: a merge changes nothing in closed months.
    """

    ticket_id: str
    facts_of: str
    ticket: Ticket


class SettledTicketRepository:
    """Tickets as closed months settled them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep_of(self, period: Month) -> None:
        """Keep what the tickets say that have time in a month that closes.

        A ticket that waits to be decided anew is forgotten instead: its money does not follow what it says yet.
        """
        worked = select(entry_standing.c.ticket_id).where(entry_standing.c.period == period)
        ids = [key for key in self._connection.execute(worked.distinct()).scalars() if key is not None]
        waiting = set(
            self._connection.execute(select(dirty.c.key).where(dirty.c.kind == DirtyKind.TICKET.value)).scalars()
        )
        for keys in chunks(sorted(ids)):
            self._connection.execute(settled_tickets.delete().where(settled_tickets.c.ticket_id.in_(keys)))
            rows = self._connection.execute(select(tickets).where(tickets.c.ticket_id.in_(keys)))
            self._put(row for row in rows if row.ticket_id not in waiting)

    def keep(self, ticket_id: str, ticket: Ticket) -> None:
        """Keep the facts of the ticket that another one was merged into."""
        row = {
            "ticket_id": ticket_id,
            "facts_of": ticket.id,
            "channel": ticket.channel.value,
            "tags": sorted(ticket.tags),
            "fields": dict(ticket.fields),
            "created_at": ticket.created_at,
        }
        upsert(self._connection, settled_tickets, [row])

    def get_many(self, ticket_ids: Iterable[str]) -> dict[str, SettledTicket]:
        """Tickets as they were, by id; absent where nothing was kept."""
        by_key = {}
        for keys in chunks(ticket_ids):
            query = select(settled_tickets).where(settled_tickets.c.ticket_id.in_(keys))
            by_key.update({row.ticket_id: _settled(row) for row in self._connection.execute(query)})
        return by_key

    def _put(self, rows: Iterable[Row[Any]]) -> None:
        kept = [
            {
                "ticket_id": row.ticket_id,
                "facts_of": row.ticket_id,
                "channel": row.channel,
                "tags": row.tags,
                "fields": row.fields,
                "created_at": row.created_at,
            }
            for row in rows
        ]
        upsert(self._connection, settled_tickets, kept)


def _settled(row: Row[Any]) -> SettledTicket:
    ticket = Ticket(
        id=row.facts_of,
        number="",
        subject="",
        status=TicketStatus.CLOSED,
        created_at=row.created_at,
        updated_at=row.created_at,
        channel=Channel(row.channel),
        tags=frozenset(row.tags),
        fields=dict(row.fields),
    )
    return SettledTicket(row.ticket_id, row.facts_of, ticket)
