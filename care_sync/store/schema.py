"""The tables. One row of each is described in ``docs/architecture.md``.

Instants are whole microseconds since 1970 in UTC: exact, ordered and the same on both databases. Structured
values are JSON text with sorted keys, so that equal values are equal text. Ledger rows and decisions are
append-only: the migration lays triggers that refuse any change.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Refuse instants without a zone: they would mean something else on another machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant without a time zone cannot be stored: {value!r}")
        return (value - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        return None if value is None else EPOCH + timedelta(microseconds=value)


def encode(value: Any) -> str:
    """JSON with sorted keys; dates keep their type, sets are sorted."""
    return json.dumps(value, default=_plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return {"$date": value.isoformat()}
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be stored")


def decode(text: str) -> Any:
    """The inverse of :func:`encode`; lists come back as tuples, so that records compare equal."""
    return _revive(json.loads(text))


def _revive(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"$date"}:
            return date.fromisoformat(value["$date"])
        return {name: _revive(one) for name, one in value.items()}
    if isinstance(value, list):
        return tuple(_revive(one) for one in value)
    return value


class Json(TypeDecorator[Any]):
    """A structured value as JSON text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Encode."""
        return None if value is None else encode(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Decode."""
        return None if value is None else decode(value)


metadata = MetaData()

organizations = Table(
    "organizations",
    metadata,
    Column("organization_id", Text, primary_key=True),
    Column("name", Text, nullable=False, index=True),
    Column("fields", Json, nullable=False),
    Column("locale", Text),
    Column("deleted", Integer, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("person_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("locale", Text),
    Column("organization_id", Text),
)

tickets = Table(
    "tickets",
    metadata,
    Column("ticket_id", Text, primary_key=True),
    Column("number", Text, nullable=False, index=True),
    Column("subject", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("organization_id", Text, index=True),
    Column("requester_id", Text),
    Column("assignee_id", Text),
    Column("tags", Json, nullable=False),
    Column("fields", Json, nullable=False),
    Column("url", Text),
    Column("merged_into", Text),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

time_entries = Table(
    "time_entries",
    metadata,
    Column("entry_key", Text, primary_key=True),
    Column("tracker", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("seconds", BigInteger, nullable=False),
    Column("work_date", Date, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("description", Text, nullable=False),
    Column("details", Json, nullable=False),
    Column("source_updated_at", Instant),
    Column("fingerprint", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("link_state", Text, nullable=False),
    Column("link_via", Text, nullable=False),
    Column("link_reason", Text, nullable=False),
    Column("wanted_ticket", Text, index=True),
    Column("ticket_id", Text, index=True),
    Column("organization_id", Text),
    Column("activity", Text),
    Column("missing_since", Instant),
    Column("seen_at", Instant, nullable=False),
    Index("time_entries_window", "tracker", "account", "work_date"),
    Index("time_entries_organization", "organization_id", "work_date"),
    Index("time_entries_link_state", "link_state"),
)

dirty = Table(
    "dirty",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("marked_at", Instant, nullable=False),
    Column("version", Integer, nullable=False),
)

rule_versions = Table(
    "rule_versions",
    metadata,
    Column("rules_hash", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("first_used_at", Instant, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("decision_id", Integer, primary_key=True, autoincrement=True),
    Column("ticket_id", Text, nullable=False),
    Column("activity", Text, nullable=False),
    Column("facts", Json, nullable=False),
    Column("sources", Json, nullable=False),
    Column("rules_hash", Text, ForeignKey("rule_versions.rules_hash"), nullable=False),
    Column("outcome", Json, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("pass_id", Text, nullable=False),
    Index("decisions_subject", "ticket_id", "activity", "decision_id"),
)

transactions = Table(
    "transactions",
    metadata,
    Column("transaction_id", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("organization_id", Text, nullable=False),
    Column("entry_key", Text),
    Column("entry_revision", Integer),
    Column("ticket_id", Text),
    Column("rules", Json, nullable=False),
    Column("clauses", Json, nullable=False),
    Column("period", Text, nullable=False),
    Column("work_date", Date, nullable=False),
    Column("booked_at", Instant, nullable=False),
    Column("reverses", Integer, ForeignKey("transactions.transaction_id"), unique=True),
    Column("corrects", Integer, ForeignKey("transactions.transaction_id")),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
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
    Column("account", Text, nullable=False, index=True),
    Column("seconds", BigInteger, nullable=False),
)

balances = Table(
    "balances",
    metadata,
    Column("organization_id", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("seconds", BigInteger, nullable=False),
)

ledger_head = Table(
    "ledger_head",
    metadata,
    Column("singleton", Integer, primary_key=True, autoincrement=False),
    Column("transaction_id", Integer, nullable=False),
    Column("hash", Text, nullable=False),
)

entry_standing = Table(
    "entry_standing",
    metadata,
    Column("entry_key", Text, primary_key=True),
    Column("organization_id", Text, nullable=False),
    Column("ticket_id", Text, index=True),
    Column("period", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("seconds", BigInteger, nullable=False),
    Column("shares", Json, nullable=False),
    Column("transaction_id", Integer, ForeignKey("transactions.transaction_id"), nullable=False),
    Index("entry_standing_organization", "organization_id", "period"),
)

cards = Table(
    "cards",
    metadata,
    Column("card_id", Integer, primary_key=True, autoincrement=True),
    Column("organization_id", Text, nullable=False, index=True),
    Column("bought_on", Date, nullable=False),
    Column("seconds", BigInteger, nullable=False),
    Column("rate", Text, nullable=False),
    Column("reference", Text, nullable=False),
)

periods = Table(
    "periods",
    metadata,
    Column("period", Text, primary_key=True),
    Column("closed_at", Instant, nullable=False),
    Column("closed_by", Text, nullable=False),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("entry_key", Text, primary_key=True),
    Column("charged_seconds", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("decided_at", Instant, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("outbox_id", Integer, primary_key=True, autoincrement=True),
    Column("ticket_id", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("change", Json, nullable=False),
    Column("cause", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("leased_until", Instant),
    Column("last_error", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("reference", name="outbox_reference"),
    Index("outbox_work", "state", "due_at"),
    Index("outbox_ticket", "ticket_id", "outbox_id"),
)

shown = Table(
    "shown",
    metadata,
    Column("ticket_id", Text, primary_key=True),
    Column("explanation_hash", Text, nullable=False),
    Column("notices", Json, nullable=False),
    Column("sequence", Integer, nullable=False),
)

cursors = Table(
    "cursors",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

budgets = Table(
    "budgets",
    metadata,
    Column("account", Text, primary_key=True),
    Column("remaining", Integer),
    Column("resets_at", Instant),
)

job_runs = Table(
    "job_runs",
    metadata,
    Column("job", Text, primary_key=True),
    Column("due_at", Instant, primary_key=True),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("outcome", Text, nullable=False),
)

passes = Table(
    "passes",
    metadata,
    Column("pass_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("started_at", Instant, nullable=False, index=True),
    Column("finished_at", Instant),
    Column("counts", Json, nullable=False),
    Column("error", Text, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("source", Text, primary_key=True),
    Column("delivery_id", Text, primary_key=True),
    Column("received_at", Instant, nullable=False, index=True),
)

attention = Table(
    "attention",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("message", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
)
