"""What was agreed with customers, and from when: kept, because a helpdesk only shows what is agreed now.

Terms
    agreed   a field of an organization that says what its agreement is: ``sla``, ``covered_services``
    since    the first moment at which a value counts; ``ALWAYS``: it always did
    until    the first moment at which it no longer does; ``None``: it still does
    read     written down because the helpdesk showed it
    answered what the settings say of a field that is empty; ``None`` when they no longer say it
    stated   written down because somebody said so, with who and why

Promise: nothing is changed or taken away, only added. What was written down last holds for the time that it speaks of,
whatever was written down before; what somebody stated holds whatever the helpdesk showed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, select

from care_sync.model.agreement import Agreed, AgreedKind
from care_sync.store.schema import agreed
from care_sync.store.tables import chunks


class AgreedRepository:
    """What was agreed with whom, since when."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, records: Iterable[Agreed]) -> None:
        """Write down."""
        rows = [
            {
                "organization_id": record.organization_id,
                "name": record.name,
                "value": record.value,
                "since": record.since,
                "until": record.until,
                "kind": record.kind.value,
                "recorded_at": record.recorded_at,
                "actor": record.actor,
                "reason": record.reason,
            }
            for record in records
        ]
        if rows:
            self._connection.execute(agreed.insert(), rows)

    def of_organizations(self, organization_ids: Iterable[str]) -> dict[str, list[Agreed]]:
        """Everything that was written down of these customers, oldest first; the others are absent."""
        of_organizations: dict[str, list[Agreed]] = {}
        for keys in chunks(organization_ids):
            query = select(agreed).where(agreed.c.organization_id.in_(keys)).order_by(agreed.c.agreed_id)
            for row in self._connection.execute(query):
                of_organizations.setdefault(row.organization_id, []).append(_agreed(row))
        return of_organizations


def _agreed(row: Row[Any]) -> Agreed:
    return Agreed(
        organization_id=row.organization_id,
        name=row.name,
        value=row.value,
        since=row.since,
        until=row.until,
        kind=AgreedKind(row.kind),
        recorded_at=row.recorded_at,
        actor=row.actor,
        reason=row.reason,
    )
