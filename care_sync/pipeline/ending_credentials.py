"""Credentials that end soon: a person gets a report while there is time, also where nobody runs ``care-sync check``."""

from __future__ import annotations

from collections.abc import Iterable

from care_sync.clock import Clock
from care_sync.store import Store
from connectors.protocols import Ending, Helpdesk, TimeTracker

CREDENTIALS_END = "credentials_end"
"""The kind of attention; its subject is ``<product>:<account>``."""


def report_ending_credentials(store: Store, connectors: Iterable[Helpdesk | TimeTracker], clock: Clock) -> int:
    """Ask for attention for each account whose credentials end soon; return how many do."""
    ending: dict[str, list[str]] = {}
    for connector in connectors:
        if isinstance(connector, Ending):
            subject = f"{connector.product}:{connector.account}"
            for result in connector.check_end():
                if not result.passed:
                    ending.setdefault(subject, []).append(f"{result.subject}. {result.remedy}")
    with store.begin() as work:
        for subject, reasons in ending.items():
            work.attention.raise_(CREDENTIALS_END, subject, " ".join(dict.fromkeys(reasons)), clock.now())
        renewed = [item.subject for item in work.attention.all(CREDENTIALS_END) if item.subject not in ending]
        work.attention.resolve(CREDENTIALS_END, renewed)
    return len(ending)
