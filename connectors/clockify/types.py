"""What kind of entry a row of the report is: work, a break or leave, as the core API says.

Rows have no type in the vendor's description of the report, and breaks stand among them. So before a row counts, the
core's list of that person's entries is read for the days in question, once; an entry's type is remembered. A row that
is not in the list is asked for by itself: it may just have been deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.clockify.client import ClockifyClient
from connectors.clockify.translate import READ, WORK, kind_of, row_id
from connectors.errors import Malformed
from connectors.value_reader import Object

MOST_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class RowTypes:
    """The types of a page's rows by their ids; ``gone`` are those that the workspace no longer has."""

    by_id: Mapping[str, str]
    gone: frozenset[str] = field(default_factory=frozenset)

    def type_of(self, row: Any) -> str:
        """The type of one row. Raises :class:`Malformed` where nothing tells it."""
        item = READ.an_object(row, "a row of the report")
        kind = kind_of(item) or self.by_id.get(row_id(item) or "")
        if kind is None:
            raise Malformed(READ.product, "nothing tells whether the entry is work or a break")
        return kind


class EntryTypes:
    """Finds types, and remembers them."""

    def __init__(self, client: ClockifyClient) -> None:
        self._client = client
        self._known: dict[str, str] = {}

    def forget(self) -> None:
        """Ask again: somebody may have made a break of an entry."""
        self._known.clear()

    def of(self, rows: list[Any]) -> RowTypes:
        """The types of ``rows``, with as few requests as possible: none for rows that say theirs."""
        unknown = {
            identity: row
            for row in rows
            if isinstance(row, dict) and row.get("type") is None and (identity := row_id(row)) is not None
        }
        gone: set[str] = set()
        wanted = {identity: row for identity, row in unknown.items() if identity not in self._known}
        if len(self._known) + len(wanted) > MOST_REMEMBERED:
            self._known.clear()
            wanted = unknown
        for user_id, (first, last) in _spans(wanted).items():
            for entry in self._client.entries_of(user_id, first, last):
                identity = entry.get("id")
                if isinstance(identity, str):
                    self._known[identity] = kind_of(entry) or WORK
        for identity in wanted.keys() - self._known.keys():
            existing = self._client.entry(identity)
            if existing is None:
                gone.add(identity)
            else:
                self._known[identity] = kind_of(existing) or WORK
        return RowTypes(
            {identity: self._known[identity] for identity in unknown if identity in self._known}, frozenset(gone)
        )


def _spans(rows: Mapping[str, Object]) -> dict[str, tuple[datetime, datetime]]:
    """From when to when each person's rows began. A row that does not say so is asked for by itself."""
    spans: dict[str, tuple[datetime, datetime]] = {}
    for row in rows.values():
        try:
            user_id = READ.text(row.get("userId"), "userId")
            began = READ.instant(READ.an_object(row.get("timeInterval"), "timeInterval").get("start"), "start")
        except Malformed:
            continue
        if user_id:
            first, last = spans.get(user_id, (began, began))
            spans[user_id] = (min(first, began), max(last, began))
    return spans
