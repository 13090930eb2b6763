"""What a closed month was decided from is kept: the kind of work of a posting, and the ticket as it was then."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the column and the table, and keep of closed months what their tickets say now.

    A ticket that waits to be decided anew is left out: nobody knows whether its money follows what it says.
    """
    for table in ("entry_standing", "corrected_standing"):
        op.add_column(table, sa.Column("activity", TEXT))
    op.create_table(
        "settled_tickets",
        sa.Column("ticket_id", TEXT, nullable=False),
        sa.Column("facts_of", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("tags", TEXT, nullable=False),
        sa.Column("fields", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id"),
    )
    op.execute(
        "INSERT INTO settled_tickets (ticket_id, facts_of, channel, tags, fields, created_at) "
        "SELECT ticket_id, ticket_id, channel, tags, fields, created_at FROM tickets WHERE ticket_id IN "
        "(SELECT ticket_id FROM entry_standing WHERE period <= (SELECT max(period) FROM periods)) "
        "AND ticket_id NOT IN (SELECT key FROM dirty WHERE kind = 'ticket')"
    )
