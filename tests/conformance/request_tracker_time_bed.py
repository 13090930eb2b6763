"""A Request Tracker whose agents book their time, on loopback: the sandbox's or a real one.

Time is for a ticket and stays with it: each piece of work here has a ticket of its own. The day of work stands in a
custom field of the booking; what was booked is put right by writing a lower total into the ticket's "Time Worked".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from care_sync.clock import SystemClock
from connectors.clock import ManualClock
from connectors.conformance.environment import environment
from connectors.conformance.tracker_bed import START, ZONE, Fault, TrackerBed, TrackerTraits
from connectors.request_tracker.settings import RequestTrackerTimeSettings
from connectors.request_tracker.time_tracker import RequestTrackerTimeTracker
from tests.conformance.request_tracker_bed import ACTIVITY, WORKED_ON, Place, RequestTrackerBed, sandbox
from tests.real_servers.request_tracker import RealRequestTracker


class RequestTrackerTimeBed(TrackerBed):
    """A bed of time over the bed of tickets."""

    def __init__(self, clock: ManualClock, tickets: RequestTrackerBed, page_size: int) -> None:
        self.clock = clock
        self.tickets = tickets
        is_real = not tickets.traits.has_faults
        self.traits = TrackerTraits(
            grain_seconds=60,
            has_projects=False,
            has_clients=False,
            has_descriptions=False,
            has_clock_times=False,
            has_timers=False,
            has_locks=False,
            sets_time_zone=False,
            moves_days=False,
            has_faults=not is_real,
        )
        self._page_size = page_size
        self._booked: dict[str, tuple[str, str, int]] = {}

    @classmethod
    @contextmanager
    def open(cls, *, page_size: int = 5) -> Iterator[RequestTrackerTimeBed]:
        """Start the sandbox."""
        clock = ManualClock(START)
        with sandbox(clock) as (server, place):
            yield cls(clock, RequestTrackerBed(place, clock, server=server), page_size)

    @classmethod
    @contextmanager
    def on(cls, real: RealRequestTracker, *, page_size: int = 5) -> Iterator[RequestTrackerTimeBed]:
        """A queue of its own on a real server, whose clock is the machine's."""
        with RequestTrackerBed.on(real) as tickets:
            yield cls(ManualClock(SystemClock().now()), tickets, page_size)

    def tracker(self, *, clock_ahead: timedelta = timedelta(), **changes: object) -> RequestTrackerTimeTracker:
        place: Place = self.tickets.place
        settings: dict[str, Any] = {
            "base_url": place.url,
            "token": place.token,
            "queues": [self.tickets.queue],
            "work_date_field": WORKED_ON,
            "tags_field": ACTIVITY,
            "time_zone": ZONE.key,
            "webhook_secret": place.webhook_secret,
            "page_size": self._page_size,
            **changes,
        }
        return RequestTrackerTimeTracker(
            RequestTrackerTimeSettings.model_validate(settings), environment(self.clock, ahead=clock_ahead)
        )

    def tracker_with_wrong_credentials(self) -> RequestTrackerTimeTracker:
        return self.tracker(token=f"1-{self.tickets.place.user_id}-nobodys")

    def write_down(
        self,
        start: datetime,
        seconds: int,
        description: str = "",
        *,
        person: str = "Anna",
        project: str | None = None,
        tags: tuple[str, ...] = (),
    ) -> str:
        ticket_id = self.tickets.file_ticket(description or "Menu broken")
        day = start.astimezone(ZONE).date()
        by, minutes = person.lower(), seconds // 60
        entry_id = self.tickets.book(ticket_id, minutes, by=by, worked_on=day, activities=tags)
        self._booked[entry_id] = (ticket_id, by, minutes)
        return entry_id

    def edit(
        self,
        entry_id: str,
        *,
        start: datetime | None = None,
        seconds: int | None = None,
        description: str | None = None,
    ) -> None:
        assert seconds is not None, "only the length of an entry can be changed"
        ticket_id, by, minutes = self._booked[entry_id]
        assert seconds // 60 <= minutes, "more time is an entry of its own"
        self.tickets.set_time_worked(ticket_id, seconds // 60, by=by)

    def delete(self, entry_id: str) -> None:
        self.edit(entry_id, seconds=0)

    def absent_id(self) -> str:
        return "999999999"

    def page_size(self) -> int:
        return self._page_size

    def take_permission_away(self) -> None:
        self.tickets.take_permission_away()

    def break_down(self, fault: Fault) -> None:
        self.tickets.server.faults.add(fault.value)

    def misread(self, written: str, read: str) -> None:
        self.tickets.misread(written, read)

    def mend(self) -> None:
        self.tickets.mend()

    def webhook_call(self, entry_id: str) -> tuple[Mapping[str, str], bytes]:
        return self.tickets.place.calls(self._booked[entry_id][0], entry_id)
