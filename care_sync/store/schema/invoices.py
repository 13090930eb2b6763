"""The tables of invoices: the numbers that were given, and the drafts in the bookkeeping."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Date,
    Integer,
    Table,
    UniqueConstraint,
)

from care_sync.store.columns import Instant, Words
from care_sync.store.schema.metadata import metadata

invoice_numbers = Table(
    "invoice_numbers",
    metadata,
    Column("organization_id", Words, primary_key=True),
    Column("period", Words, primary_key=True),
    Column("year", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("number", Words, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("issued_by", Words, nullable=False),
    Column("net", Words, nullable=False),
    Column("total", Words, nullable=False),
    UniqueConstraint("year", "sequence", name="invoice_numbers_sequence"),
    UniqueConstraint("number", name="invoice_numbers_number"),
)

invoice_drafts = Table(
    "invoice_drafts",
    metadata,
    Column("organization_id", Words, primary_key=True),
    Column("period", Words, primary_key=True),
    Column("reference", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("due_at", Instant),
    Column("lease_token", Words),
    Column("leased_until", Instant),
    Column("attempts", Integer, nullable=False),
    Column("external_id", Words),
    Column("url", Words),
    Column("total", Words, nullable=False),
    Column("last_error", Words, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("reference", name="invoice_drafts_reference"),
)
