"""The domain: its records, value types and pure functions.

The ground floor of ``care_sync``. Nothing here knows a store, settings, messages, a clock or I/O; it imports the
standard library, ``rules`` and ``connectors.records`` alone, so that everything about money can be read, and tried, by
itself. ``store`` maps rows to these records, ``ledger`` and ``pipeline`` orchestrate.
"""
