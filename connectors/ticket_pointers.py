"""What people write into a tracker's field for the helpdesk's ticket: its address, or the number that they see."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.records import TicketReference


def pointers_in_field(via: str, values: Iterable[str]) -> tuple[TicketReference, ...]:
    """The pointers in a field's values; empty ones point nowhere. A number is the visible one, never an internal id."""
    return tuple(_pointer(via, value.strip()) for value in values if value.strip())


def _pointer(via: str, value: str) -> TicketReference:
    if value.startswith(("http://", "https://")):
        return TicketReference(via, url=value)
    return TicketReference(via, ticket_number=value.lstrip("#").strip())
