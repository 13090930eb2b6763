"""A record of the helpdesk whose content differs from what was stored."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.records import Organization, Ticket


@dataclass(frozen=True, slots=True)
class TicketMoved:
    """A ticket whose content differs from what was stored; ``before`` is ``None`` for a new one."""

    before: Ticket | None
    after: Ticket


@dataclass(frozen=True, slots=True)
class OrganizationMoved:
    """An organization whose content differs from what was stored."""

    before: Organization | None
    after: Organization
