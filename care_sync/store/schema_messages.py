"""The tables of what people are told outside a ticket's own explanation; see :mod:`care_sync.store.schema`."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, UniqueConstraint

from care_sync.store.columns import Instant, Words
from care_sync.store.schema import metadata

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
    Column("last_error", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("message_id", name="mails_message_id"),
    Index("mails_work", "state", "due_at"),
)
