"""A time entry as it was last read, with the ticket that it was found to belong to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connectors.records import EntryKind, EntryState, TimeEntry
from rules.model.words import Activity


class LinkState(StrEnum):
    """What became of the search for an entry's ticket.

    ``linked``          it belongs to ``ticket_id``, a ticket of the same customer
    ``unlinked``        nothing in the entry points at a ticket
    ``unknown_ticket``  it points at a ticket that the helpdesk does not have (yet)
    ``other_customer``  the ticket is of another customer than the entry's client or project
    ``ignored``         it never counts: breaks, leave, and what the configuration leaves out
    ``copy``            it belongs to ``ticket_id`` and is the copy of another tracker's entry, which counts instead
    """

    LINKED = "linked"
    UNLINKED = "unlinked"
    UNKNOWN_TICKET = "unknown_ticket"
    OTHER_CUSTOMER = "other_customer"
    IGNORED = "ignored"
    COPY = "copy"


@dataclass(frozen=True, slots=True)
class Link:
    """Where an entry belongs, by what (``via``), and why not (``reason``).

    ``wanted_ticket`` is what the entry points at, kept so that the entry is tried again when it arrives.
    """

    state: LinkState
    ticket_id: str | None = None
    organization_id: str | None = None
    activity: str | None = None
    via: str = ""
    reason: str = ""
    wanted_ticket: str | None = None


UNSEARCHED = Link(LinkState.UNLINKED, reason="not searched yet")


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """A time entry with our own knowledge of it. ``revision`` counts its contents from 1."""

    entry: TimeEntry
    revision: int
    link: Link
    missing_since: datetime | None = None

    @property
    def key(self) -> str:
        """The entry's key, unique among all trackers."""
        return self.entry.key

    @property
    def ticket_id(self) -> str:
        """The ticket of an entry that counts. Raises :class:`ValueError` for an entry that belongs to no ticket."""
        if self.link.ticket_id is None:
            raise ValueError(f"time entry {self.entry.key} belongs to no ticket ({self.link.state})")
        return self.link.ticket_id

    @property
    def activity(self) -> str:
        """The kind of work, as the rules know it."""
        return self.link.activity or Activity.WORK

    @property
    def counts(self) -> bool:
        """Whether its seconds stand on an account: linked work that has stopped and was not deleted."""
        return (
            self.link.state is LinkState.LINKED
            and self.entry.state is EntryState.STOPPED
            and self.entry.kind is EntryKind.WORK
        )
