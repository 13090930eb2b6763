"""Which organization a name of a customer was found to mean, by the place where the name stands."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, select

from care_sync.store.schema import customer_names
from care_sync.store.tables import chunks, upsert


class CustomerNameRepository:
    """Names that meant one organization of a helpdesk when they were looked up. Names are folded by who asks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self, helpdesk: str) -> dict[str, tuple[str, str]]:
        """The name and the organization's id, by place."""
        query = select(customer_names).where(customer_names.c.helpdesk == helpdesk)
        return {row.place: (row.name, row.organization_id) for row in self._connection.execute(query)}

    def remember(self, helpdesk: str, place: str, name: str, organization_id: str, now: datetime) -> None:
        """From now on the name means this organization there."""
        row = {
            "helpdesk": helpdesk,
            "place": place,
            "name": name,
            "organization_id": organization_id,
            "resolved_at": now,
        }
        upsert(self._connection, customer_names, [row])

    def forget(self, helpdesk: str, places: Collection[str]) -> None:
        """What stood at these places stands there no more."""
        for chunk in chunks(sorted(places)):
            self._connection.execute(
                delete(customer_names).where(customer_names.c.helpdesk == helpdesk, customer_names.c.place.in_(chunk))
            )
