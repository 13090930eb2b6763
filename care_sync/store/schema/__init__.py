"""The tables. One row of each is described in ``docs/tables.md``.

How instants, text and structured values lie in a column: :mod:`care_sync.store.columns`. Ledger rows and
decisions are append-only: the migration lays triggers that refuse any change.
"""

from care_sync.store.schema.cards import card_changes, cards, recalculations, rulings, verdicts
from care_sync.store.schema.decisions import decisions, rule_versions
from care_sync.store.schema.invoices import invoice_drafts, invoice_numbers
from care_sync.store.schema.ledger import (
    balances,
    corrected_standing,
    entry_standing,
    ledger_head,
    period_prices,
    periods,
    postings,
    settled_tickets,
    transactions,
)
from care_sync.store.schema.metadata import metadata
from care_sync.store.schema.operation import attention, budgets, cursors, deliveries, dirty, job_runs, passes, tokens
from care_sync.store.schema.records import agreed, customer_names, organizations, people, tickets, time_entries
from care_sync.store.schema.writes import mails, outbox, shown, tellings

__all__ = [
    "agreed",
    "attention",
    "balances",
    "budgets",
    "card_changes",
    "cards",
    "corrected_standing",
    "cursors",
    "customer_names",
    "decisions",
    "deliveries",
    "dirty",
    "entry_standing",
    "invoice_drafts",
    "invoice_numbers",
    "job_runs",
    "ledger_head",
    "mails",
    "metadata",
    "organizations",
    "outbox",
    "passes",
    "people",
    "period_prices",
    "periods",
    "postings",
    "recalculations",
    "rule_versions",
    "rulings",
    "settled_tickets",
    "shown",
    "tellings",
    "tickets",
    "time_entries",
    "tokens",
    "transactions",
    "verdicts",
]
