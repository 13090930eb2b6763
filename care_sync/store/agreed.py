"""What customers agreed, and from which day: kept, because a helpdesk only shows what is agreed today.

Terms
    agreed    a field of an organization that says what its agreement is: ``sla``, ``covered_services``
    since     the first day on which a value counts; ``date.min``: it always did
    restated  a value that counts from another day than first written down; what is written down later holds from its
              day on, whatever was written down before

Promise: nothing is changed or taken away, only added, with who and why.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from care_sync.store.schema_agreed import agreed
from care_sync.store.tables import chunks
from connectors.records import FieldValue

ALWAYS = date.min


@dataclass(frozen=True, slots=True)
class Agreed:
    """One thing that was written down."""

    organization_id: str
    name: str
    value: FieldValue
    since: date
    recorded_at: datetime
    actor: str
    reason: str = ""


class AgreedRepository:
    """What was agreed with whom, since when."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, records: Iterable[Agreed]) -> None:
        """Write down."""
        rows = [
            {
                "organization_id": one.organization_id,
                "name": one.name,
                "value": one.value,
                "since": one.since,
                "recorded_at": one.recorded_at,
                "actor": one.actor,
                "reason": one.reason,
            }
            for one in records
        ]
        if rows:
            self._connection.execute(agreed.insert(), rows)

    def of_organizations(self, organization_ids: Iterable[str]) -> dict[str, list[Agreed]]:
        """Everything that was written down of these customers, oldest first; the others are absent."""
        found: dict[str, list[Agreed]] = {}
        for keys in chunks(organization_ids):
            query = select(agreed).where(agreed.c.organization_id.in_(keys)).order_by(agreed.c.agreed_id)
            for row in self._connection.execute(query):
                found.setdefault(row.organization_id, []).append(_agreed(row))
        return found


def _agreed(row: Row[Any]) -> Agreed:
    return Agreed(row.organization_id, row.name, row.value, row.since, row.recorded_at, row.actor, row.reason)
