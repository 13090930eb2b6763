"""The tables of how the machine itself runs: marks, cursors, jobs, passes, deliveries, budgets, tokens, attention."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Integer,
    Table,
)

from care_sync.store.columns import Instant, Json, Words
from care_sync.store.schema.metadata import metadata

dirty = Table(
    "dirty",
    metadata,
    Column("kind", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("reason", Words, nullable=False),
    Column("marked_at", Instant, nullable=False),
    Column("version", Integer, nullable=False),
)

cursors = Table(
    "cursors",
    metadata,
    Column("name", Words, primary_key=True),
    Column("value", Words, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

budgets = Table(
    "budgets",
    metadata,
    Column("account", Words, primary_key=True),
    Column("remaining", Integer),
    Column("resets_at", Instant),
)

tokens = Table(
    "tokens",
    metadata,
    Column("name", Words, primary_key=True),
    Column("generation", Integer, nullable=False),
    Column("sealed", Words, nullable=False),
    Column("key_name", Words, nullable=False),
    Column("ends_at", Instant),
    Column("refresh_ends_at", Instant),
    Column("saved_at", Instant),
    Column("state", Words, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Instant),
    Column("lease_token", Words),
    Column("leased_until", Instant),
    Column("last_error", Words, nullable=False),
)

job_runs = Table(
    "job_runs",
    metadata,
    Column("job", Words, primary_key=True),
    Column("due_at", Instant, primary_key=True),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("outcome", Words, nullable=False),
)

passes = Table(
    "passes",
    metadata,
    Column("pass_id", Words, primary_key=True),
    Column("kind", Words, nullable=False),
    Column("started_at", Instant, nullable=False, index=True),
    Column("finished_at", Instant),
    Column("counts", Json, nullable=False),
    Column("error", Words, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("source", Words, primary_key=True),
    Column("delivery_id", Words, primary_key=True),
    Column("received_at", Instant, nullable=False, index=True),
)

attention = Table(
    "attention",
    metadata,
    Column("kind", Words, primary_key=True),
    Column("subject", Words, primary_key=True),
    Column("message", Words, nullable=False),
    Column("since", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
)
