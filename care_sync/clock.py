"""Time, as everything else gets it: handed in, never reached for.

``SystemClock`` is the one place that reads the wall clock and sleeps. ``ManualClock`` stands still until it
is moved; its sleep moves it. The demo and the tests live by it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


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


class ManualClock:
    """A clock that somebody else moves."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The instant it was last moved to."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Move on by ``seconds`` without waiting."""
        self.advance(timedelta(seconds=seconds))

    def advance(self, by: timedelta) -> None:
        """Move on."""
        self._now += by

    def move_to(self, instant: datetime) -> None:
        """Move to an instant, which must not lie in the past."""
        if instant.astimezone(UTC) < self._now:
            raise ValueError("a clock does not run backwards")
        self._now = instant.astimezone(UTC)
