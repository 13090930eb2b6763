"""A recalculation is worked out in the order of work until the month of its due day closes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns. What was decided before stays as it was decided; what is open is worked out anew."""
    op.add_column("recalculations", sa.Column("approved", sa.Integer()))
    op.add_column("recalculations", sa.Column("approved_change", sa.BigInteger()))
    op.add_column("recalculations", sa.Column("said", TEXT, nullable=False, server_default=""))
    op.add_column("recalculations", sa.Column("kept", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE recalculations SET kept = 1 WHERE state IN ('applied', 'declined', 'settled')")
    op.execute(
        "UPDATE recalculations SET approved = 1, approved_change = left_after - left_before, said = reason "
        "WHERE state = 'applied'"
    )
    op.execute("UPDATE recalculations SET approved = 0, said = reason, reason = '' WHERE state = 'declined'")
    op.execute("UPDATE recalculations SET reason = '' WHERE state = 'applied'")
    with op.batch_alter_table("recalculations") as batch:
        batch.drop_column("left_then")
