"""What people change of a card (void, move, correct) is kept beside the purchase, which stays as it was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the table, and let nobody change what stands in it."""
    op.create_table(
        "card_changes",
        sa.Column("change_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("bought_on", sa.Date(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("voided", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["cards.card_id"]),
        sa.PrimaryKeyConstraint("change_id"),
    )
    op.create_index("ix_card_changes_card_id", "card_changes", ["card_id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER card_changes_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON card_changes "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    else:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER card_changes_frozen_{change.lower()} BEFORE {change} ON card_changes "
                "BEGIN SELECT RAISE(ABORT, 'card_changes is append-only'); END"
            )
