"""The table of what was agreed with customers."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table

from care_sync.store.columns import Instant, Json, Words
from care_sync.store.schema import metadata

agreed = Table(
    "agreed",
    metadata,
    Column("agreed_id", Integer, primary_key=True, autoincrement=True),
    Column("organization_id", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("value", Json),
    Column("since", Instant, nullable=False),
    Column("until", Instant),
    Column("kind", Words, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("actor", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Index("agreed_organization", "organization_id", "agreed_id"),
)
