"""What a closed month settled is kept, judgements have a history, and the database itself guards both."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

FROZEN = ("cards", "verdicts")
"""Tables that become history: never changed, never taken away."""

LAST_CLOSED = "(SELECT max(period) FROM periods)"


def upgrade() -> None:
    """Add the columns and tables, carry over what is there, and lay the triggers."""
    op.add_column("entry_standing", sa.Column("work_date", sa.Date(), nullable=False, server_default="1970-01-01"))
    op.add_column("entry_standing", sa.Column("started_at", sa.BigInteger()))
    op.execute(
        "UPDATE entry_standing SET work_date = (SELECT transactions.work_date FROM transactions "
        "WHERE transactions.transaction_id = entry_standing.transaction_id), started_at = "
        "(SELECT time_entries.started_at FROM time_entries WHERE time_entries.entry_key = entry_standing.entry_key)"
    )
    _rewrite_bases()
    op.create_table(
        "corrected_standing",
        sa.Column("entry_key", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("ticket_id", TEXT, nullable=True),
        sa.Column("period", TEXT, nullable=False),
        sa.Column("basis", TEXT, nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("shares", TEXT, nullable=False),
        sa.Column("transaction_id", sa.Integer(), nullable=False),
        sa.Column("work_date", sa.Date(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("corrected_in", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["transaction_id"], ["transactions.transaction_id"]),
        sa.PrimaryKeyConstraint("entry_key"),
    )
    op.add_column("periods", sa.Column("transaction_id", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("periods", sa.Column("hash", TEXT, nullable=False, server_default=""))
    _tell_where_the_chain_was()
    _keep_every_verdict()
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgresql()
    else:
        _guard_on_sqlite()


def _rewrite_bases() -> None:
    """``organization|ticket|route|seconds|charged#rules#clauses`` becomes the JSON of ``care_sync.ledger.basis``."""
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT entry_key, basis, work_date FROM entry_standing")).all()
    for row in rows:
        money, rules, clauses = row.basis.split("#")
        organization_id, ticket_id, route, seconds, charged = money.split("|")
        chargeable = route in ("hour_card", "invoice")
        judged = [int(seconds), int(charged)] if charged and route in ("fair_use", "review") else None
        basis: list[Any] = [
            [organization_id, ticket_id, "hour_card" if chargeable else route, int(seconds), judged],
            [str(row.work_date), rules.split(",") if rules else [], clauses.split(",") if clauses else []],
        ]
        connection.execute(
            sa.text("UPDATE entry_standing SET basis = :basis WHERE entry_key = :key"),
            {"basis": json.dumps(basis, separators=(",", ":")), "key": row.entry_key},
        )


def _tell_where_the_chain_was() -> None:
    """The end of the chain when each month closed: the last transaction that was booked by then."""
    closed = op.get_bind().execute(sa.text("SELECT count(*) FROM periods")).scalar_one()
    if not closed:
        return
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    op.execute(
        "ALTER TABLE periods DISABLE TRIGGER periods_frozen" if on_postgresql else "DROP TRIGGER periods_frozen_update"
    )
    op.execute(
        "UPDATE periods SET transaction_id = COALESCE((SELECT max(transactions.transaction_id) FROM transactions "
        "WHERE transactions.booked_at <= periods.closed_at), 0)"
    )
    op.execute(
        "UPDATE periods SET hash = COALESCE((SELECT transactions.hash FROM transactions "
        "WHERE transactions.transaction_id = periods.transaction_id), '')"
    )
    op.execute(
        "ALTER TABLE periods ENABLE TRIGGER periods_frozen"
        if on_postgresql
        else "CREATE TRIGGER periods_frozen_update BEFORE UPDATE ON periods "
        "BEGIN SELECT RAISE(ABORT, 'periods is append-only'); END"
    )


def _keep_every_verdict() -> None:
    """One row a judgement instead of one an entry; a judgement from before is taken to be of all of the time."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT entry_key, charged_seconds, reason, actor, decided_at, COALESCE((SELECT seconds "
            "FROM entry_standing WHERE entry_standing.entry_key = verdicts.entry_key), charged_seconds) "
            "AS judged_seconds FROM verdicts ORDER BY decided_at, entry_key"
        )
    ).all()
    op.drop_table("verdicts")
    table = op.create_table(
        "verdicts",
        sa.Column("verdict_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("entry_key", TEXT, nullable=False),
        sa.Column("judged_seconds", sa.BigInteger(), nullable=False),
        sa.Column("charged_seconds", sa.BigInteger(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("verdict_id"),
    )
    op.create_index("verdicts_entry", "verdicts", ["entry_key", "verdict_id"], unique=False)
    if rows:
        op.bulk_insert(table, [dict(row._mapping) for row in rows])


def _guard_on_postgresql() -> None:
    for table in FROZEN:
        op.execute(
            f"CREATE TRIGGER {table}_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        "CREATE FUNCTION refuse_closed_period() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF NEW.period <= {LAST_CLOSED} THEN "
        "RAISE EXCEPTION '% is append-only: the month % is closed', TG_TABLE_NAME, NEW.period; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE FUNCTION refuse_closed_account() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN IF split_part(NEW.account, ':', 1) IN ('invoice', 'fair_use') "
        f"AND split_part(NEW.account, ':', 2) COLLATE \"C\" <= {LAST_CLOSED} THEN "
        "RAISE EXCEPTION '% is append-only: % belongs to a closed month', TG_TABLE_NAME, NEW.account; END IF; "
        "RETURN NEW; END $$"
    )
    for table in ("transactions", "periods"):
        op.execute(
            f"CREATE TRIGGER {table}_open BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_closed_period()"
        )
    op.execute(
        "CREATE TRIGGER postings_open BEFORE INSERT ON postings FOR EACH ROW EXECUTE FUNCTION refuse_closed_account()"
    )
    op.execute(
        "CREATE TRIGGER balances_open BEFORE INSERT OR UPDATE ON balances "
        "FOR EACH ROW EXECUTE FUNCTION refuse_closed_account()"
    )


def _guard_on_sqlite() -> None:
    for table in FROZEN:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_frozen_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    for table in ("transactions", "periods"):
        op.execute(
            f"CREATE TRIGGER {table}_open BEFORE INSERT ON {table} WHEN NEW.period <= {LAST_CLOSED} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: the month is closed'); END"
        )
    closed = (
        "WHEN (NEW.account LIKE 'invoice:%' OR NEW.account LIKE 'fair_use:%') "
        f"AND substr(NEW.account, instr(NEW.account, ':') + 1) <= {LAST_CLOSED}"
    )
    for table, change in (("postings", "INSERT"), ("balances", "INSERT"), ("balances", "UPDATE")):
        op.execute(
            f"CREATE TRIGGER {table}_open_{change.lower()} BEFORE {change} ON {table} {closed} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: the account belongs to a closed month'); END"
        )
