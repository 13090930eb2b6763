"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Ordered by code point on both databases."""

FROZEN = ("transactions", "postings", "decisions", "rule_versions", "periods")
"""Tables whose rows are history: never changed, never taken away."""

SEALED = ("transactions", "postings")
"""Tables that grow past the chain's head only: no leg is ever added to an old transaction."""


def upgrade() -> None:
    """Create every table, the chain's first link, and the triggers that keep history as it was."""

    op.create_table(
        "attention",
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("message", TEXT, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject"),
    )
    op.create_table(
        "balances",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "account"),
    )
    op.create_table(
        "budgets",
        sa.Column("account", TEXT, nullable=False),
        sa.Column("remaining", sa.Integer(), nullable=True),
        sa.Column("resets_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("account"),
    )
    op.create_table(
        "cards",
        sa.Column("card_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("bought_on", sa.Date(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("rate", TEXT, nullable=False),
        sa.Column("reference", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("card_id"),
    )
    op.create_index(op.f("ix_cards_organization_id"), "cards", ["organization_id"], unique=False)
    op.create_table(
        "cursors",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "deliveries",
        sa.Column("source", TEXT, nullable=False),
        sa.Column("delivery_id", TEXT, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "delivery_id"),
    )
    op.create_index(op.f("ix_deliveries_received_at"), "deliveries", ["received_at"], unique=False)
    op.create_table(
        "dirty",
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("marked_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key"),
    )
    op.create_table(
        "job_runs",
        sa.Column("job", TEXT, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("job", "due_at"),
    )
    op.create_table(
        "ledger_head",
        sa.Column("singleton", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("transaction_id", sa.Integer(), nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("singleton"),
    )
    op.create_table(
        "organizations",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("folded_name", TEXT, nullable=False),
        sa.Column("fields", TEXT, nullable=False),
        sa.Column("locale", TEXT, nullable=True),
        sa.Column("deleted", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id"),
    )
    op.create_index(op.f("ix_organizations_folded_name"), "organizations", ["folded_name"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("outbox_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("ticket_id", TEXT, nullable=False),
        sa.Column("reference", TEXT, nullable=False),
        sa.Column("change", TEXT, nullable=False),
        sa.Column("cause", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.Column("last_error", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("outbox_id"),
        sa.UniqueConstraint("reference", name="outbox_reference"),
        sqlite_autoincrement=True,
    )
    op.create_index("outbox_ticket", "outbox", ["ticket_id", "outbox_id"], unique=False)
    op.create_index("outbox_work", "outbox", ["state", "due_at"], unique=False)
    op.create_table(
        "passes",
        sa.Column("pass_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("counts", TEXT, nullable=False),
        sa.Column("error", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("pass_id"),
    )
    op.create_index(op.f("ix_passes_started_at"), "passes", ["started_at"], unique=False)
    op.create_table(
        "people",
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("email", TEXT, nullable=True),
        sa.Column("locale", TEXT, nullable=True),
        sa.Column("organization_id", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("person_id"),
    )
    op.create_table(
        "periods",
        sa.Column("period", TEXT, nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_by", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("period"),
    )
    op.create_table(
        "rule_versions",
        sa.Column("rules_hash", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("first_used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("rules_hash"),
    )
    op.create_table(
        "shown",
        sa.Column("ticket_id", TEXT, nullable=False),
        sa.Column("explanation_hash", TEXT, nullable=False),
        sa.Column("notices", TEXT, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id"),
    )
    op.create_table(
        "tickets",
        sa.Column("ticket_id", TEXT, nullable=False),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=True),
        sa.Column("requester_id", TEXT, nullable=True),
        sa.Column("assignee_id", TEXT, nullable=True),
        sa.Column("tags", TEXT, nullable=False),
        sa.Column("fields", TEXT, nullable=False),
        sa.Column("url", TEXT, nullable=True),
        sa.Column("merged_into", TEXT, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", TEXT, nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id"),
    )
    op.create_index(op.f("ix_tickets_number"), "tickets", ["number"], unique=False)
    op.create_index(op.f("ix_tickets_organization_id"), "tickets", ["organization_id"], unique=False)
    op.create_table(
        "time_entries",
        sa.Column("entry_key", TEXT, nullable=False),
        sa.Column("tracker", TEXT, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("work_date", sa.Date(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("details", TEXT, nullable=False),
        sa.Column("source_updated_at", sa.BigInteger(), nullable=True),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("link_state", TEXT, nullable=False),
        sa.Column("link_via", TEXT, nullable=False),
        sa.Column("link_reason", TEXT, nullable=False),
        sa.Column("wanted_ticket", TEXT, nullable=True),
        sa.Column("ticket_id", TEXT, nullable=True),
        sa.Column("organization_id", TEXT, nullable=True),
        sa.Column("activity", TEXT, nullable=True),
        sa.Column("missing_since", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entry_key"),
    )
    op.create_index(op.f("ix_time_entries_ticket_id"), "time_entries", ["ticket_id"], unique=False)
    op.create_index(op.f("ix_time_entries_wanted_ticket"), "time_entries", ["wanted_ticket"], unique=False)
    op.create_index("time_entries_link_state", "time_entries", ["link_state"], unique=False)
    op.create_index("time_entries_organization", "time_entries", ["organization_id", "work_date"], unique=False)
    op.create_index(
        "time_entries_window", "time_entries", ["tracker", "account", "work_date", "entry_key"], unique=False
    )
    op.create_index(op.f("ix_time_entries_missing_since"), "time_entries", ["missing_since"], unique=False)
    op.create_table(
        "transactions",
        sa.Column("transaction_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("entry_key", TEXT, nullable=True),
        sa.Column("entry_revision", sa.Integer(), nullable=True),
        sa.Column("ticket_id", TEXT, nullable=True),
        sa.Column("rules", TEXT, nullable=False),
        sa.Column("clauses", TEXT, nullable=False),
        sa.Column("period", TEXT, nullable=False),
        sa.Column("work_date", sa.Date(), nullable=False),
        sa.Column("booked_at", sa.BigInteger(), nullable=False),
        sa.Column("reverses", sa.Integer(), nullable=True),
        sa.Column("corrects", sa.Integer(), nullable=True),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("previous_hash", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["corrects"],
            ["transactions.transaction_id"],
        ),
        sa.ForeignKeyConstraint(
            ["reverses"],
            ["transactions.transaction_id"],
        ),
        sa.PrimaryKeyConstraint("transaction_id"),
        sa.UniqueConstraint("reverses"),
    )
    op.create_index("transactions_entry", "transactions", ["entry_key", "transaction_id"], unique=False)
    op.create_index("transactions_organization", "transactions", ["organization_id", "transaction_id"], unique=False)
    op.create_index("transactions_period", "transactions", ["period", "organization_id"], unique=False)
    op.create_index("transactions_ticket", "transactions", ["ticket_id", "transaction_id"], unique=False)
    op.create_table(
        "verdicts",
        sa.Column("entry_key", TEXT, nullable=False),
        sa.Column("charged_seconds", sa.BigInteger(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entry_key"),
    )
    op.create_table(
        "decisions",
        sa.Column("decision_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("ticket_id", TEXT, nullable=False),
        sa.Column("activity", TEXT, nullable=False),
        sa.Column("facts", TEXT, nullable=False),
        sa.Column("sources", TEXT, nullable=False),
        sa.Column("rules_hash", TEXT, nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("pass_id", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["rules_hash"],
            ["rule_versions.rules_hash"],
        ),
        sa.PrimaryKeyConstraint("decision_id"),
    )
    op.create_index("decisions_time", "decisions", ["decided_at", "decision_id"], unique=False)
    op.create_index("decisions_subject", "decisions", ["ticket_id", "activity", "decision_id"], unique=False)
    op.create_table(
        "entry_standing",
        sa.Column("entry_key", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("ticket_id", TEXT, nullable=True),
        sa.Column("period", TEXT, nullable=False),
        sa.Column("basis", TEXT, nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("shares", TEXT, nullable=False),
        sa.Column("transaction_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["transactions.transaction_id"],
        ),
        sa.PrimaryKeyConstraint("entry_key"),
    )
    op.create_index("entry_standing_organization", "entry_standing", ["organization_id", "period"], unique=False)
    op.create_index(op.f("ix_entry_standing_ticket_id"), "entry_standing", ["ticket_id"], unique=False)
    op.create_table(
        "postings",
        sa.Column("transaction_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["transactions.transaction_id"],
        ),
        sa.PrimaryKeyConstraint("transaction_id", "line"),
    )
    op.create_index(op.f("ix_postings_account"), "postings", ["account"], unique=False)

    op.execute("INSERT INTO ledger_head (singleton, transaction_id, hash) VALUES (1, 0, '')")
    if op.get_bind().dialect.name == "postgresql":
        _freeze_on_postgresql()
    else:
        _freeze_on_sqlite()


def _freeze_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in FROZEN:
        op.execute(
            f"CREATE TRIGGER {table}_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        "CREATE FUNCTION refuse_behind_head() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN "
        "IF NEW.transaction_id <= (SELECT transaction_id FROM ledger_head) THEN "
        "RAISE EXCEPTION '% is append-only: the chain is past this transaction', TG_TABLE_NAME; END IF; "
        "RETURN NEW; END $$"
    )
    for table in SEALED:
        op.execute(
            f"CREATE TRIGGER {table}_sealed BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_behind_head()"
        )
    op.execute(
        "CREATE TRIGGER ledger_head_forward BEFORE UPDATE ON ledger_head "
        "FOR EACH ROW EXECUTE FUNCTION refuse_behind_head()"
    )
    op.execute(
        "CREATE TRIGGER ledger_head_kept BEFORE DELETE OR TRUNCATE ON ledger_head "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _freeze_on_sqlite() -> None:
    behind = "WHEN NEW.transaction_id <= (SELECT transaction_id FROM ledger_head)"
    for table in FROZEN:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_frozen_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    for table in SEALED:
        op.execute(
            f"CREATE TRIGGER {table}_sealed BEFORE INSERT ON {table} {behind} BEGIN "
            f"SELECT RAISE(ABORT, '{table} is append-only: the chain is past this transaction'); END"
        )
    op.execute(
        f"CREATE TRIGGER ledger_head_forward BEFORE UPDATE ON ledger_head {behind} "
        "BEGIN SELECT RAISE(ABORT, 'ledger_head is append-only'); END"
    )
    op.execute(
        "CREATE TRIGGER ledger_head_kept BEFORE DELETE ON ledger_head "
        "BEGIN SELECT RAISE(ABORT, 'ledger_head is append-only'); END"
    )
