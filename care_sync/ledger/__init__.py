"""The ledger: append-only, double entry, whole seconds. See ``docs/architecture.md``."""
