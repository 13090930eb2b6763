"""Reading the tickets that changed, page by page, without missing one and without ever asking for a deep page.

Some products list what changed since an instant, in pages by number. While we read, a ticket that changes leaves its
place and goes to the end; everything behind it moves up, and what stood first on the next page has gone by unseen. Deep
pages are slow besides, and Freshdesk has none behind the three hundredth. So instead of the next page we ask for the
*first* page since the last change that we saw, a little earlier even, and drop what we had.

Terms
    position    since when we ask; what changed before has been yielded
    standstill  more tickets of one moment (a bulk edit) than a page holds: the position cannot move, and pages must be
                turned. They are read again until two readings agree: whoever slipped by the first is then seen
    settled     what happened so long ago that every part of the product shows it; a change of this moment may become
                visible behind a later one

Promise: every change that is settled when a page is made, and stands before the page's position, has been yielded by
then. Nothing rests on our own clock. A row whose time of change cannot be read stops nobody: it counts as changed with
the row before it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from connectors.errors import Malformed
from connectors.http import Response, server_time
from connectors.value_reader import Object, ValueReader

OVERLAP = timedelta(seconds=1)
"""Some give times to the second, and do not say whether a filter holds its own second."""
SETTLES_IN = timedelta(seconds=30)
READINGS = 6
"""How often a standstill is read that does not stand still."""

Ask = Callable[[datetime, int], tuple[Sequence[Object], Response]]
"""Gives a page of what changed since, by number from 1."""
_TicketChange = tuple[str, datetime]
"""A ticket, and when it changed."""


@dataclass(frozen=True, slots=True)
class ChangedRows:
    """A page: what is new on it, since when to go on after a crash, and whether it was the last."""

    rows: Sequence[Object]
    position: datetime
    is_last: bool


def read_changes(ask: Ask, since: datetime, page_size: int, read: ValueReader) -> Iterator[ChangedRows]:
    """Yield what changed since, each change once. Rows have ``id`` and ``updated_at``, which ``read`` reads.

    Raises :class:`Malformed` when the list never stands still.
    """
    return _ChangeReader(ask, since, page_size, read).pages()


class _ChangeReader:
    def __init__(self, ask: Ask, since: datetime, page_size: int, read: ValueReader) -> None:
        self._ask = ask
        self._since = since
        self._page_size = page_size
        self._read = read
        self._position = since
        self._yielded: set[_TicketChange] = set()
        self._unsettled: datetime | None = None

    def pages(self) -> Iterator[ChangedRows]:
        is_end = False
        while not is_end:
            is_end = yield from self._from_here()

    def _from_here(self) -> Generator[ChangedRows, None, bool]:
        """Read on until the position can move; returns whether that was the end. Turned pages are read twice."""
        before: set[_TicketChange] | None = None
        for _ in range(READINGS):
            met: set[_TicketChange] = set()
            for page in count(1):
                rows, answer = self._ask(self._position, page)
                changes = self._changes(rows)
                newest = changes[-1][1] if changes else self._position
                is_end, can_move = len(rows) < self._page_size, newest - OVERLAP > self._position
                self._note_settled(answer, newest, is_end)
                fresh = [row for row, change in zip(rows, changes, strict=True) if change not in self._yielded]
                self._yielded.update(changes)
                met.update(changes)
                if not (is_end or can_move):
                    yield ChangedRows(fresh, self._safe(), is_last=False)
                    continue
                if page > 1 and met != before:
                    yield ChangedRows(fresh, self._safe(), is_last=False)
                    break
                self._position = max(self._position, newest - OVERLAP)
                yield ChangedRows(fresh, (self._unsettled or self._since) if is_end else self._safe(), is_last=is_end)
                return is_end
            before = met
        raise Malformed(self._read.product, "the tickets kept moving while they were read")

    def _note_settled(self, answer: Response, newest: datetime, is_end: bool) -> None:
        """Keep the first moment from which on something may have been out of sight when we passed by."""
        served_at = server_time(answer)
        settled = self._since if served_at is None else max(self._since, served_at - SETTLES_IN)
        if self._unsettled is None and (is_end or newest > settled):
            self._unsettled = settled

    def _safe(self) -> datetime:
        return self._position if self._unsettled is None else min(self._position, self._unsettled)

    def _changes(self, rows: Sequence[Object]) -> list[_TicketChange]:
        changes: list[_TicketChange] = []
        changed_at = self._position
        times = []
        for row in rows:
            try:
                identity = self._read.identity(row.get("id"), "ticket.id")
                changed_at = self._read.instant(row.get("updated_at"), "ticket.updated_at")
                times.append(changed_at)
            except Malformed:
                identity = json.dumps(row, sort_keys=True)
            changes.append((identity, changed_at))
        if times != sorted(times):
            raise Malformed(self._read.product, "the list of tickets is not in the order of their changes")
        return changes
