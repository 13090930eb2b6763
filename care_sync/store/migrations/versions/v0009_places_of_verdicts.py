"""A judgement holds at the customer and ticket for which it was given."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

IN_A_CLOSED_MONTH = sa.text(
    "SELECT organization_id, ticket_id FROM entry_standing WHERE entry_key = :entry_key "
    "AND ticket_id IS NOT NULL AND period <= (SELECT max(period) FROM periods)"
)
WHEN_JUDGED = sa.text(
    "SELECT organization_id, ticket_id FROM transactions WHERE entry_key = :entry_key AND kind = 'entry' "
    "AND ticket_id IS NOT NULL ORDER BY CASE WHEN booked_at <= :decided_at THEN 0 ELSE 1 END, "
    "CASE WHEN booked_at <= :decided_at THEN -transaction_id ELSE transaction_id END LIMIT 1"
)


def upgrade() -> None:
    """Add the columns, and find where each entry was when it was judged."""
    op.add_column("verdicts", sa.Column("organization_id", TEXT, nullable=False, server_default=""))
    op.add_column("verdicts", sa.Column("ticket_id", TEXT, nullable=False, server_default=""))
    connection = op.get_bind()
    rows = connection.execute(
        sa.text("SELECT verdict_id, entry_key, decided_at FROM verdicts ORDER BY verdict_id")
    ).all()
    newest = {row.entry_key: row.verdict_id for row in rows}
    places = []
    for row in rows:
        place = _place(connection, row, is_newest=newest[row.entry_key] == row.verdict_id)
        if place is not None:
            places.append({"id": row.verdict_id, "organization_id": place[0], "ticket_id": place[1]})
    if places:
        _thaw()
        update = "UPDATE verdicts SET organization_id = :organization_id, ticket_id = :ticket_id WHERE verdict_id = :id"
        connection.execute(sa.text(update), places)
        _freeze()


def _place(connection: sa.Connection, row: Any, *, is_newest: bool) -> tuple[str, str] | None:
    """Where the entry was posted when it was judged.

    What a closed month settled by the newest verdict stays settled, wherever it was given: an upgrade moves no money.
    """
    settled = connection.execute(IN_A_CLOSED_MONTH, {"entry_key": row.entry_key}).one_or_none() if is_newest else None
    if settled is None:
        judged = {"entry_key": row.entry_key, "decided_at": row.decided_at}
        settled = connection.execute(WHEN_JUDGED, judged).one_or_none()
    return None if settled is None else (settled.organization_id, settled.ticket_id)


def _thaw() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE verdicts DISABLE TRIGGER verdicts_frozen")
    else:
        op.execute("DROP TRIGGER verdicts_frozen_update")


def _freeze() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE verdicts ENABLE TRIGGER verdicts_frozen")
    else:
        op.execute(
            "CREATE TRIGGER verdicts_frozen_update BEFORE UPDATE ON verdicts "
            "BEGIN SELECT RAISE(ABORT, 'verdicts is append-only'); END"
        )
