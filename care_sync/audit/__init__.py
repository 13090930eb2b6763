"""The audit: proves the ledger from its own rows, and that ledger, helpdesk, time trackers and bookkeeping agree.

``books`` needs the store alone; ``products`` reads the products. Neither writes anything.
"""
