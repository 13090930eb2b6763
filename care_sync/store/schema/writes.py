"""The tables of what goes out: planned writes to tickets, what tickets show, e-mail, and what was told once."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Index,
    Integer,
    Table,
    UniqueConstraint,
)

from care_sync.store.columns import Instant, Json, Words
from care_sync.store.schema.metadata import metadata

outbox = Table(
    "outbox",
    metadata,
    Column("outbox_id", Integer, primary_key=True, autoincrement=True),
    Column("ticket_id", Words, nullable=False),
    Column("reference", Words, nullable=False),
    Column("change", Json, nullable=False),
    Column("cause", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("lease_token", Words),
    Column("leased_until", Instant),
    Column("last_error", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("reference", name="outbox_reference"),
    Index("outbox_work", "state", "due_at"),
    Index("outbox_ticket", "ticket_id", "outbox_id"),
    sqlite_autoincrement=True,
)

shown = Table(
    "shown",
    metadata,
    Column("ticket_id", Words, primary_key=True),
    Column("explanation_hash", Words, nullable=False),
    Column("notices", Json, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("waits_until", Instant, index=True),
)

tellings = Table(
    "tellings",
    metadata,
    Column("kind", Words, primary_key=True),
    Column("subject", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("told_at", Instant, nullable=False),
)

mails = Table(
    "mails",
    metadata,
    Column("mail_id", Integer, primary_key=True, autoincrement=True),
    Column("message_id", Words, nullable=False),
    Column("recipient", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("body", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("lease_token", Words),
    Column("leased_until", Instant),
    Column("last_error", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("message_id", name="mails_message_id"),
    Index("mails_work", "state", "due_at"),
)
