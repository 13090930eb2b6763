"""The tables of decisions and of the rules files that made them; both are append-only."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
)

from care_sync.store.columns import Instant, Json, Words
from care_sync.store.schema.metadata import metadata

rule_versions = Table(
    "rule_versions",
    metadata,
    Column("rules_hash", Words, primary_key=True),
    Column("text", Words, nullable=False),
    Column("first_used_at", Instant, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("decision_id", Integer, primary_key=True, autoincrement=True),
    Column("ticket_id", Words, nullable=False),
    Column("activity", Words, nullable=False),
    Column("facts", Json, nullable=False),
    Column("sources", Json, nullable=False),
    Column("rules_hash", Words, ForeignKey("rule_versions.rules_hash"), nullable=False),
    Column("outcome", Json, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("pass_id", Words, nullable=False),
    Index("decisions_subject", "ticket_id", "activity", "decision_id"),
    Index("decisions_time", "decided_at", "decision_id"),
)
