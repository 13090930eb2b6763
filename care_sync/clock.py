"""Time, as everything else gets it: handed in, never reached for.

``SystemClock`` is the one place that reads the wall clock and sleeps. ``ManualClock``, which stands still until it is
moved, comes from the connectors, whose sandboxes and suites live by it; so do the demo and the tests.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

from connectors.clock import ManualClock

__all__ = ["Clock", "ManualClock", "SystemClock"]


class Clock(Protocol):
    """Where now comes from."""

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait for real."""
        time.sleep(seconds)
