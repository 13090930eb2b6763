"""The demo's time: told by the script at first, running by itself when the demo stays."""

from __future__ import annotations

from datetime import datetime, timedelta

from care_sync.clock import Clock, ManualClock


class StoryClock(ManualClock):
    """A clock that the script moves, until :meth:`run_by` lets it go by the machine's."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self._machine: Clock | None = None
        self._ahead = timedelta()

    def run_by(self, machine: Clock) -> None:
        """Go on at the machine's pace: by its own time, or ahead of it where the story is."""
        self._ahead = max(timedelta(), super().now() - machine.now())
        self._machine = machine

    def now(self) -> datetime:
        """The instant of the story."""
        return super().now() if self._machine is None else self._machine.now() + self._ahead

    def sleep(self, seconds: float) -> None:
        """Move the story on; once it runs by itself, wait."""
        if self._machine is None:
            super().sleep(seconds)
        else:
            self._machine.sleep(seconds)
