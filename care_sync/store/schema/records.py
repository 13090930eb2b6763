"""The tables of what was read: organizations, people, tickets, time entries, and what was agreed with customers."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Index,
    Integer,
    Table,
)

from care_sync.store.columns import Instant, Json, Words
from care_sync.store.schema.metadata import metadata

organizations = Table(
    "organizations",
    metadata,
    Column("organization_id", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("folded_name", Words, nullable=False, index=True),
    Column("fields", Json, nullable=False),
    Column("locale", Words),
    Column("deleted", Integer, nullable=False),
    Column("read_at", Instant, nullable=False, server_default="0"),
    Column("seen_at", Instant, nullable=False),
)

customer_names = Table(
    "customer_names",
    metadata,
    Column("helpdesk", Words, primary_key=True),
    Column("place", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("organization_id", Words, nullable=False),
    Column("resolved_at", Instant, nullable=False),
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
    Column("changed_at", Instant, nullable=False, server_default="0"),
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
