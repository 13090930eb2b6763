"""Everything that a store holds, to be compared with what it held before."""

from __future__ import annotations

from typing import Any

from care_sync.store import Store
from care_sync.store.schema import metadata

HOW_IT_RAN = frozenset({"passes", "budgets", "job_runs"})
"""Tables that tell how CareSync itself ran, and what products still allow."""


def dump(store: Store, *, but: frozenset[str] = HOW_IT_RAN) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, but of those named."""
    with store.engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(table.select())), key=repr)
            for table in metadata.sorted_tables
            if table.name not in but
        }
