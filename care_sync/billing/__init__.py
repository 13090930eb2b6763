"""What the ledger is turned into for people and for other programs: invoices, statements, a journal."""
