"""Customers are told by how their tickets stand; what stands when this version comes is not told anew."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

DECISIONS = (
    "SELECT ticket_id, outcome FROM decisions WHERE decision_id IN "
    "(SELECT max(decision_id) FROM decisions WHERE activity = '' GROUP BY ticket_id)"
)
UPSERT = (
    "INSERT INTO shown (ticket_id, explanation_hash, notices, sequence) VALUES (:ticket_id, '', :notices, 0) "
    "ON CONFLICT (ticket_id) DO UPDATE SET notices = excluded.notices"
)


def upgrade() -> None:
    """Add when a ticket was last changed by somebody else, and until when a notice waits."""
    op.add_column("tickets", sa.Column("changed_at", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("UPDATE tickets SET changed_at = updated_at")
    op.add_column("shown", sa.Column("waits_until", sa.BigInteger(), nullable=True))
    op.create_index("ix_shown_waits_until", "shown", ["waits_until"], unique=False)
    _remember_what_is_outside()


def _remember_what_is_outside() -> None:
    connection = op.get_bind()
    decisions = connection.execute(sa.text(DECISIONS)).all()
    given = {row.ticket_id: json.loads(row.notices) for row in connection.execute(sa.text("SELECT * FROM shown"))}
    rows = []
    for row in decisions:
        notices = given.get(row.ticket_id, [])
        if _is_charged_outside(json.loads(row.outcome)) and not _is_told(notices):
            rows.append({"ticket_id": row.ticket_id, "notices": json.dumps([*notices, "outside_before"])})
    if rows:
        connection.execute(sa.text(UPSERT), rows)
    if decisions:
        # Such a store has told customers all along: what is not outside now is told whenever it was last changed.
        connection.execute(
            sa.text("INSERT INTO cursors (name, value, updated_at) VALUES ('began', '1970-01-01T00:00:00+00:00', 0)")
        )


def _is_charged_outside(outcome: dict[str, object]) -> bool:
    clauses = outcome["clauses"]
    is_charged = outcome["scope"] == "not_included" and outcome["route"] in ("hour_card", "invoice")
    return is_charged and isinstance(clauses, list) and "I4" in clauses


def _is_told(notices: list[str]) -> bool:
    return "turned_outside" in " ".join(notices).rpartition("credited_back")[2].split()
