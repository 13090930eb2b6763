"""A planned write to the helpdesk, and what a ticket was last made to show.

Its states are those of :mod:`care_sync.model.lease`. An ``uncertain`` one is settled by reading the ticket before
anything is written again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from care_sync.model.lease import SendState
from connectors.records import TicketChange


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One planned write; the lease is set while somebody has claimed it."""

    outbox_id: int
    change: TicketChange
    cause: str
    state: SendState
    attempts: int
    due_at: datetime
    last_error: str
    created_at: datetime
    lease_token: str | None = None
    leased_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What a ticket was last made to show. ``notices`` were given to the customer and are not given again.

    ``waits_until`` is when the quiet time is over after which the customer is told; ``None`` when nothing waits.
    """

    ticket_id: str
    explanation_hash: str = ""
    notices: tuple[str, ...] = ()
    sequence: int = 0
    waits_until: datetime | None = None
