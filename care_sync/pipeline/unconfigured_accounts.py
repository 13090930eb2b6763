"""Strays: time that counts and that no configured tracker brings any more, beside another account of the same product.

A site that its owner moved to another address, or a workspace that was replaced, is another account to us. Entries that
both hold would count twice as soon as one of them is edited, so a person is told while there is recent time of the old
one. A product that is gone altogether is no stray: what was worked there stays counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from care_sync.clock import Clock
from care_sync.store import Store
from connectors.protocols import TimeTracker

UNCONFIGURED_ACCOUNT = "unconfigured_account"
"""The kind of attention; its subject is ``<product>:<account>``."""


def report_unconfigured_accounts(store: Store, trackers: Iterable[TimeTracker], clock: Clock, first: date) -> int:
    """Ask for attention for each account with live entries since ``first`` that strayed; return how many did."""
    configured = {(tracker.product, tracker.account) for tracker in trackers}
    successors: dict[str, list[str]] = {}
    for product, account in sorted(configured):
        successors.setdefault(product, []).append(account)
    with store.begin() as work:
        strays = {
            f"{product}:{account}": _told(product, account, successors[product], count, first)
            for (product, account), count in work.entries.live_by_account(first).items()
            if (product, account) not in configured and product in successors
        }
        for subject, told in strays.items():
            work.attention.raise_(UNCONFIGURED_ACCOUNT, subject, told, clock.now())
        mended = [
            attention.subject
            for attention in work.attention.all(UNCONFIGURED_ACCOUNT)
            if attention.subject not in strays
        ]
        work.attention.resolve(UNCONFIGURED_ACCOUNT, mended)
    return len(strays)


def _told(product: str, account: str, successors: list[str], count: int, first: date) -> str:
    return (
        f"{count} time entries since {first} are of {product} {account}, which is not configured any more, while "
        f"{', '.join(successors)} is. They still count. If it is the same site at another address, write "
        f"`account: {account}` in its settings; if it was replaced, `care-sync entries copies` shows what both hold."
    )
