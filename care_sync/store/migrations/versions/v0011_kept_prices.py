"""The rates and the tax of a month are kept when it closes, and nobody changes them afterwards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the table. Months that are closed already have no kept prices: the settings go on to price them."""
    op.create_table(
        "period_prices",
        sa.Column("period", TEXT, nullable=False),
        sa.Column("vat_percent", TEXT, nullable=False),
        sa.Column("rates", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["period"], ["periods.period"]),
        sa.PrimaryKeyConstraint("period"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER period_prices_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON period_prices "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    else:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER period_prices_frozen_{change.lower()} BEFORE {change} ON period_prices "
                "BEGIN SELECT RAISE(ABORT, 'period_prices is append-only'); END"
            )
