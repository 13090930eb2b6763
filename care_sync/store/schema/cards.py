"""The tables of hour cards, their recalculations, and what people judged of reviewed time."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Table,
)

from care_sync.store.columns import Instant, Words
from care_sync.store.schema.metadata import metadata

cards = Table(
    "cards",
    metadata,
    Column("card_id", Integer, primary_key=True, autoincrement=True),
    Column("organization_id", Words, nullable=False, index=True),
    Column("bought_on", Date, nullable=False),
    Column("seconds", BigInteger, nullable=False),
    Column("rate", Words, nullable=False),
    Column("reference", Words, nullable=False),
    Column("taken_over_on", Date),
)

card_changes = Table(
    "card_changes",
    metadata,
    Column("change_id", Integer, primary_key=True, autoincrement=True),
    Column("card_id", Integer, ForeignKey("cards.card_id"), nullable=False, index=True),
    Column("kind", Words, nullable=False),
    Column("organization_id", Words, nullable=False),
    Column("bought_on", Date, nullable=False),
    Column("seconds", BigInteger, nullable=False),
    Column("voided", Integer, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("actor", Words, nullable=False),
    Column("reason", Words, nullable=False),
)

recalculations = Table(
    "recalculations",
    metadata,
    Column("card_id", Integer, ForeignKey("cards.card_id"), primary_key=True),
    Column("due_on", Date, primary_key=True),
    Column("state", Words, nullable=False),
    Column("left_before", BigInteger, nullable=False),
    Column("left_after", BigInteger, nullable=False),
    Column("old_rate", Words, nullable=False),
    Column("new_rate", Words),
    Column("reason", Words, nullable=False),
    Column("found_at", Instant, nullable=False),
    Column("approved", Integer),
    Column("approved_change", BigInteger),
    Column("actor", Words, nullable=False),
    Column("said", Words, nullable=False, server_default=""),
    Column("decided_at", Instant),
    Column("transaction_id", Integer, ForeignKey("transactions.transaction_id")),
    Column("kept", Integer, nullable=False, server_default="0"),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("verdict_id", Integer, primary_key=True, autoincrement=True),
    Column("entry_key", Words, nullable=False),
    Column("organization_id", Words, nullable=False),
    Column("ticket_id", Words, nullable=False),
    Column("judged_seconds", BigInteger, nullable=False),
    Column("charged_seconds", BigInteger, nullable=False),
    Column("reason", Words, nullable=False),
    Column("actor", Words, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Index("verdicts_entry", "entry_key", "verdict_id"),
)

rulings = Table(
    "rulings",
    metadata,
    Column("ticket_id", Words, primary_key=True),
    Column("said", Words, nullable=False),
    Column("taken_at", Instant, nullable=False),
)
