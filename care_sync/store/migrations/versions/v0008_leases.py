"""One recipe for everything that goes out: claims have a token, and mails a lease."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns. Claims from before have no token: they are free when their lease has run out."""
    for table in ("outbox", "mails", "invoice_drafts"):
        op.add_column(table, sa.Column("lease_token", TEXT))
    op.add_column("mails", sa.Column("leased_until", sa.BigInteger()))
    op.add_column("invoice_drafts", sa.Column("due_at", sa.BigInteger()))
    op.execute("UPDATE mails SET state = 'done' WHERE state = 'sent'")
    op.execute("UPDATE invoice_drafts SET due_at = leased_until, leased_until = NULL WHERE state = 'uncertain'")
