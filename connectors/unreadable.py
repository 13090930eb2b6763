"""Setting aside single records that cannot be read, so that the rest of a page goes on.

Promise: one odd record stops nobody else's, and is named. Where every one of several records is odd, the product's
answers have changed their shape: that is an error, for an empty page would look like an empty product. An answer that
came cut off is an error too, whoever asked for it: the record itself may be as it should.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from connectors.errors import Malformed
from connectors.records import UnreadableRecord
from connectors.value_reader import LONGEST_IDENTITY

Row = TypeVar("Row")
Record = TypeVar("Record")
FEWEST_ALIKE = 5
"""Records that are odd together, and none that is not: then it is the shape."""
TICKET, TIME_ENTRY, ORGANIZATION, PERSON = "ticket", "time entry", "organization", "person"


class ReadRecords(list[Record]):
    """The records that could be read, and those that were set aside."""

    def __init__(self, records: Iterable[Record] = (), unreadable: Iterable[UnreadableRecord] = ()) -> None:
        super().__init__(records)
        self.unreadable = tuple(unreadable)


def id_of_row(row: Any) -> str | None:
    """The id of an object, as far as it has one that can be read."""
    identity = row.get("id") if isinstance(row, dict) else None
    if isinstance(identity, bool) or not isinstance(identity, (int, str)) or not identity:
        return None
    return str(identity)[:LONGEST_IDENTITY]


def row_key(row: Any) -> str:
    """What tells a row from others while pages are turned: its id, or otherwise its content."""
    return id_of_row(row) or json.dumps(row, sort_keys=True)


def read_records(
    kind: str,
    rows: Sequence[Row],
    read: Callable[[Row], Record],
    id_of: Callable[[Row], str | None] = id_of_row,
) -> ReadRecords[Record]:
    """Read each of ``rows``; those that hold what nobody can read are set aside.

    Raises :class:`Malformed` when several rows are there and none can be read.
    """
    records: list[Record] = []
    unreadable: list[UnreadableRecord] = []
    first: Malformed | None = None
    for row in rows:
        try:
            records.append(read(row))
        except Malformed as error:
            if error.request:
                raise
            first = first or error
            unreadable.append(UnreadableRecord(kind, id_of(row), error.message))
    if first is not None and not records and len(unreadable) >= FEWEST_ALIKE:
        raise first
    return ReadRecords(records, unreadable)
