"""Which days of time entries a full pass compares as a whole: the recent window, and what is older and still open.

Trackers do not tell of what was deleted, so that days are read whole and compared. The recent days are, in every full
pass. Older days of open months are too, in slices of the same length and some of them in a pass, so that a long open
time neither exhausts a product's limits nor stays unread: what was deleted there is found within a few nights.

Terms
    window   the last days, as many as ``schedule.window_days`` says
    slice    so many older days; a pass reads :data:`MOST_SLICES` of them and the next goes on where it ended
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

MOST_SLICES = 3
"""Older slices in one pass: with the window half a year a night at the usual length of 45 days."""


@dataclass(frozen=True, slots=True)
class Days:
    """From ``first`` to ``last``, both among them."""

    first: date
    last: date


def older_slices(today: date, length: int, oldest: date | None, read_before: date | None) -> Sequence[Days]:
    """The older days that this pass reads, the newest first.

    ``oldest`` is the first day of open months of which time is known, ``None`` when there is none before the window.
    ``read_before`` is the first day of the slice that was read last; the slices begin anew behind the oldest.
    """
    newest = today - timedelta(days=length + 1)
    if oldest is None or oldest > newest:
        return []
    slices = [
        Days(max(oldest, last - timedelta(days=length - 1)), last)
        for last in (newest - timedelta(days=length * number) for number in range((newest - oldest).days // length + 1))
    ]
    if read_before is not None:
        later = [days for days in slices if days.last < read_before]
        slices = [*later, *(days for days in slices if days.last >= read_before)]
    return slices[:MOST_SLICES]
