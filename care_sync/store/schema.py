"""The tables. One row of each is described in ``docs/architecture.md``.

How instants, text and structured values lie in a column: :mod:`care_sync.store.columns`. Ledger rows and
decisions are append-only: the migration lays triggers that refuse any change.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
)

from care_sync.store.columns import Instant, Json, Words
from care_sync.store.columns import encode as encode  # noqa: PLC0414

metadata = MetaData()

organizations = Table(
    "organizations",
    metadata,
    Column("organization_id", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("folded_name", Words, nullable=False, index=True),
    Column("fields", Json, nullable=False),
    Column("locale", Words),
    Column("deleted", Integer, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("person_id", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("email", Words),
    Column("locale", Words),
    Column("organization_id", Words),
)

tickets = Table(
    "tickets",
    metadata,
    Column("ticket_id", Words, primary_key=True),
    Column("number", Words, nullable=False, index=True),
    Column("subject", Words, nullable=False),
    Column("description", Words, nullable=False),
    Column("status", Words, nullable=False),
    Column("channel", Words, nullable=False),
    Column("organization_id", Words, index=True),
    Column("requester_id", Words),
    Column("assignee_id", Words),
    Column("tags", Json, nullable=False),
    Column("fields", Json, nullable=False),
    Column("url", Words),
    Column("merged_into", Words),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("content_hash", Words, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

time_entries = Table(
    "time_entries",
    metadata,
    Column("entry_key", Words, primary_key=True),
    Column("tracker", Words, nullable=False),
    Column("account", Words, nullable=False),
    Column("id", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("seconds", BigInteger, nullable=False),
    Column("work_date", Date, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("description", Words, nullable=False),
    Column("details", Json, nullable=False),
    Column("source_updated_at", Instant),
    Column("fingerprint", Words, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("link_state", Words, nullable=False),
    Column("link_via", Words, nullable=False),
    Column("link_reason", Words, nullable=False),
    Column("wanted_ticket", Words, index=True),
    Column("ticket_id", Words, index=True),
    Column("organization_id", Words),
    Column("activity", Words),
    Column("missing_since", Instant, index=True),
    Column("seen_at", Instant, nullable=False),
    Index("time_entries_window", "tracker", "account", "work_date", "entry_key"),
    Index("time_entries_organization", "organization_id", "work_date"),
    Index("time_entries_link_state", "link_state"),
)

dirty = Table(
    "dirty",
    metadata,
    Column("kind", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("reason", Words, nullable=False),
    Column("marked_at", Instant, nullable=False),
    Column("version", Integer, nullable=False),
)

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

periods = Table(
    "periods",
    metadata,
    Column("period", Words, primary_key=True),
    Column("closed_at", Instant, nullable=False),
    Column("closed_by", Words, nullable=False),
    Column("transaction_id", Integer, nullable=False),
    Column("hash", Words, nullable=False),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("verdict_id", Integer, primary_key=True, autoincrement=True),
    Column("entry_key", Words, nullable=False),
    Column("judged_seconds", BigInteger, nullable=False),
    Column("charged_seconds", BigInteger, nullable=False),
    Column("reason", Words, nullable=False),
    Column("actor", Words, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Index("verdicts_entry", "entry_key", "verdict_id"),
)

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
    Column("leased_until", Instant),
    Column("attempts", Integer, nullable=False),
    Column("external_id", Words),
    Column("url", Words),
    Column("total", Words, nullable=False),
    Column("last_error", Words, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("reference", name="invoice_drafts_reference"),
)

rulings = Table(
    "rulings",
    metadata,
    Column("ticket_id", Words, primary_key=True),
    Column("said", Words, nullable=False),
    Column("taken_at", Instant, nullable=False),
)

recalculations = Table(
    "recalculations",
    metadata,
    Column("card_id", Integer, ForeignKey("cards.card_id"), primary_key=True),
    Column("due_on", Date, primary_key=True),
    Column("state", Words, nullable=False),
    Column("left_then", BigInteger, nullable=False),
    Column("left_before", BigInteger, nullable=False),
    Column("left_after", BigInteger, nullable=False),
    Column("old_rate", Words, nullable=False),
    Column("new_rate", Words),
    Column("reason", Words, nullable=False),
    Column("found_at", Instant, nullable=False),
    Column("actor", Words, nullable=False),
    Column("decided_at", Instant),
    Column("transaction_id", Integer, ForeignKey("transactions.transaction_id")),
)

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
