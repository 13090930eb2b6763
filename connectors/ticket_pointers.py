"""What people write into a tracker's field for the helpdesk's ticket: its address, or the number that they see."""

from __future__ import annotations

import re
from collections.abc import Iterable

from connectors.records import TicketReference

_SHOWN_NUMBER = re.compile(r"\[?(?:ticket)?[ #]*(?P<number>[^\s#\[\]]+)\]?", re.IGNORECASE)
"""A number with what helpdesks show around it: ``#1052``, ``[#1052]``, ``[Ticket#1052]``."""


def pointers_in_field(via: str, values: Iterable[str]) -> tuple[TicketReference, ...]:
    """The pointers in a field's values; empty ones point nowhere. A number is the visible one, never an internal id."""
    return tuple(_pointer(via, value.strip()) for value in values if value.strip())


def _pointer(via: str, value: str) -> TicketReference:
    if value.startswith(("http://", "https://")):
        return TicketReference(via, url=value)
    shown = _SHOWN_NUMBER.fullmatch(value)
    return TicketReference(via, ticket_number=shown["number"] if shown else value)
