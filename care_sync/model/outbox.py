"""A planned write to the helpdesk, and what a ticket was last made to show.

A write is ``planned``, is claimed (``sending``, with a lease), and ends ``done``, ``refused`` or ``failed``. When a
claim's lease runs out nobody knows whether the write took effect: it is ``uncertain``, and the ticket is read before
anything is written again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connectors.records import TicketChange


class OutboxState(StrEnum):
    """Where a planned write stands."""

    PLANNED = "planned"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


UNFINISHED = (OutboxState.PLANNED, OutboxState.SENDING, OutboxState.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One planned write; ``leased_until`` is set while somebody has claimed it."""

    outbox_id: int
    change: TicketChange
    cause: str
    state: OutboxState
    attempts: int
    due_at: datetime
    last_error: str
    created_at: datetime
    leased_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What a ticket was last made to show. ``notices`` were given to the customer and are not given again."""

    ticket_id: str
    explanation_hash: str = ""
    notices: tuple[str, ...] = ()
    sequence: int = 0
