"""The tables of the ledger: transactions and postings are append-only, and triggers refuse rows of closed months."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Table,
)

from care_sync.store.columns import Instant, Json, Words
from care_sync.store.schema.metadata import metadata

transactions = Table(
    "transactions",
    metadata,
    Column("transaction_id", Integer, primary_key=True, autoincrement=False),
    Column("kind", Words, nullable=False),
    Column("organization_id", Words, nullable=False),
    Column("entry_key", Words),
    Column("entry_revision", Integer),
    Column("ticket_id", Words),
    Column("rules", Json, nullable=False),
    Column("clauses", Json, nullable=False),
    Column("period", Words, nullable=False),
    Column("work_date", Date, nullable=False),
    Column("booked_at", Instant, nullable=False),
    Column("reverses", Integer, ForeignKey("transactions.transaction_id"), unique=True),
    Column("corrects", Integer, ForeignKey("transactions.transaction_id")),
    Column("actor", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("previous_hash", Words, nullable=False),
    Column("hash", Words, nullable=False),
    Index("transactions_organization", "organization_id", "transaction_id"),
    Index("transactions_entry", "entry_key", "transaction_id"),
    Index("transactions_ticket", "ticket_id", "transaction_id"),
    Index("transactions_period", "period", "organization_id"),
)

postings = Table(
    "postings",
    metadata,
    Column("transaction_id", Integer, ForeignKey("transactions.transaction_id"), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("account", Words, nullable=False, index=True),
    Column("seconds", BigInteger, nullable=False),
)

balances = Table(
    "balances",
    metadata,
    Column("organization_id", Words, primary_key=True),
    Column("account", Words, primary_key=True),
    Column("seconds", BigInteger, nullable=False),
)

ledger_head = Table(
    "ledger_head",
    metadata,
    Column("singleton", Integer, primary_key=True, autoincrement=False),
    Column("transaction_id", Integer, nullable=False),
    Column("hash", Words, nullable=False),
)


def _standing_columns() -> list[Column[Any]]:
    return [
        Column("entry_key", Words, primary_key=True),
        Column("organization_id", Words, nullable=False),
        Column("ticket_id", Words),
        Column("period", Words, nullable=False),
        Column("basis", Words, nullable=False),
        Column("seconds", BigInteger, nullable=False),
        Column("shares", Json, nullable=False),
        Column("transaction_id", Integer, ForeignKey("transactions.transaction_id"), nullable=False),
        Column("work_date", Date, nullable=False),
        Column("started_at", Instant),
        Column("activity", Words),
    ]


entry_standing = Table(
    "entry_standing",
    metadata,
    *_standing_columns(),
    Index("entry_standing_organization", "organization_id", "period"),
    Index("ix_entry_standing_ticket_id", "ticket_id"),
)

corrected_standing = Table(
    "corrected_standing",
    metadata,
    *_standing_columns(),
    Column("corrected_in", Words, nullable=False),
)

periods = Table(
    "periods",
    metadata,
    Column("period", Words, primary_key=True),
    Column("closed_at", Instant, nullable=False),
    Column("closed_by", Words, nullable=False),
    Column("transaction_id", Integer, nullable=False),
    Column("hash", Words, nullable=False),
)

settled_tickets = Table(
    "settled_tickets",
    metadata,
    Column("ticket_id", Words, primary_key=True),
    Column("facts_of", Words, nullable=False),
    Column("channel", Words, nullable=False),
    Column("tags", Json, nullable=False),
    Column("fields", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
)

period_prices = Table(
    "period_prices",
    metadata,
    Column("period", Words, ForeignKey("periods.period"), primary_key=True),
    Column("vat_percent", Words, nullable=False),
    Column("rates", Json, nullable=False),
)
