"""Pages of a product, each with the moment at which its reading began.

A page that was read before a newer one and is stored after it must not turn anything back; what it says is as old as
the beginning of its request.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

from care_sync.clock import Clock

P = TypeVar("P")


def timed_pages(pages: Iterator[P], clock: Clock) -> Iterator[tuple[datetime, P]]:
    """Each page with the moment before it was asked for."""
    while True:
        began = clock.now()
        try:
            page = next(pages)
        except StopIteration:
            return
        yield began, page
