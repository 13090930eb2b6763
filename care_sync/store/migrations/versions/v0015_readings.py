"""When the reading began that showed an organization, so that an older one is not taken for a newer one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. What is stored counts as read long ago."""
    op.add_column("organizations", sa.Column("read_at", sa.BigInteger(), nullable=False, server_default="0"))
