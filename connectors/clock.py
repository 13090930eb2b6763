"""A clock that stands still until it is moved; its sleep moves it. Sandboxes, suites and the demo live by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


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
