"""Invoice numbers, given once for ever, and drafts in the bookkeeping."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create both tables; a number that was given is never changed and never taken away."""
    op.create_table(
        "invoice_numbers",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("period", TEXT, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_by", TEXT, nullable=False),
        sa.Column("net", TEXT, nullable=False),
        sa.Column("total", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "period"),
        sa.UniqueConstraint("year", "sequence", name="invoice_numbers_sequence"),
        sa.UniqueConstraint("number", name="invoice_numbers_number"),
    )
    op.create_table(
        "invoice_drafts",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("period", TEXT, nullable=False),
        sa.Column("reference", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("external_id", TEXT, nullable=True),
        sa.Column("url", TEXT, nullable=True),
        sa.Column("total", TEXT, nullable=False),
        sa.Column("last_error", TEXT, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "period"),
        sa.UniqueConstraint("reference", name="invoice_drafts_reference"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER invoice_numbers_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON invoice_numbers "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER invoice_numbers_frozen_{change.lower()} BEFORE {change} ON invoice_numbers "
            "BEGIN SELECT RAISE(ABORT, 'invoice_numbers is append-only'); END"
        )
