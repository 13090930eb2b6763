"""Moneybird, through its API v2: a bookkeeping in which monthly invoices are made as drafts."""
