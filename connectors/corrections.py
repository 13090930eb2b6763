"""Time that was taken back by booking fewer than no minutes: what is left of the bookings before it. Pure.

Some products have no other way to put booked time right than a negative booking, which their makers recommend. It is no
entry of its own: it makes earlier entries of the same work shorter, those of who took it back before those of others,
the newest first. So what is left adds up to what the product itself shows, and an entry with nothing left is gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Booking:
    """Time of one person on one ticket; below zero where time was taken back. Later bookings have higher numbers."""

    number: int
    ticket_id: str
    person_id: str | None
    seconds: int


@dataclass(slots=True)
class Left:
    """``seconds`` that are left of each booking, by its number; ``beyond`` are corrections, by their numbers, with the
    seconds that they take back beyond everything that was booked before."""

    seconds: dict[int, int] = field(default_factory=dict)
    beyond: dict[int, int] = field(default_factory=dict)


def seconds_left(bookings: Iterable[Booking]) -> Left:
    """What is left of bookings of one ticket, and of those that were merged into it."""
    left = Left()
    earlier: list[Booking] = []
    for booking in sorted(bookings, key=lambda booking: booking.number):
        if booking.seconds >= 0:
            left.seconds[booking.number] = booking.seconds
            earlier.append(booking)
            continue
        owed = -booking.seconds
        for before in sorted(earlier, key=lambda before: _nearness(booking, before)):
            taken = min(owed, left.seconds[before.number])
            left.seconds[before.number] -= taken
            owed -= taken
        if owed:
            left.beyond[booking.number] = owed
    return left


def _nearness(correction: Booking, booking: Booking) -> tuple[bool, bool, int]:
    """How near a booking is to the correction; the least is the nearest."""
    return (
        booking.ticket_id != correction.ticket_id,
        booking.person_id != correction.person_id,
        -booking.number,
    )
