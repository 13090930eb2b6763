"""What was agreed with customers, and from when; what is known so far counts as always agreed."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KNOWN = ("sla", "covered_services")
ALWAYS = 0


def upgrade() -> None:
    """Add the table with what is known, and the triggers that keep it as it was."""
    op.create_table(
        "agreed",
        sa.Column("agreed_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("agreed_id"),
    )
    op.create_index("agreed_organization", "agreed", ["organization_id", "agreed_id"], unique=False)
    _keep_what_is_known()
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER agreed_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON agreed "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER agreed_frozen_{change.lower()} BEFORE {change} ON agreed "
            "BEGIN SELECT RAISE(ABORT, 'agreed is append-only'); END"
        )


def _keep_what_is_known() -> None:
    """An organization's value as it is now, from its first day on."""
    connection = op.get_bind()
    known = connection.execute(sa.text("SELECT organization_id, fields, seen_at FROM organizations"))
    rows = [
        {
            "organization_id": record.organization_id,
            "name": name,
            "value": json.dumps(value),
            "since": ALWAYS,
            "at": record.seen_at,
        }
        for record in known.all()
        for name, value in json.loads(record.fields).items()
        if name in KNOWN
    ]
    statement = sa.text(
        "INSERT INTO agreed (organization_id, name, value, since, kind, recorded_at, actor, reason) "
        "VALUES (:organization_id, :name, :value, :since, 'read', :at, 'care-sync', '')"
    )
    for row in rows:
        connection.execute(statement, row)
