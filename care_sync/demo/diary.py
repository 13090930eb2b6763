"""Who is busy when: so that nobody of the demo's agency works on two things at once, or at night."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENS, SHUTS = time(8, 30), time(17, 30)


def workdays(first: date, last: date) -> list[date]:
    """Mondays to Fridays from ``first`` to ``last``, both included."""
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    return [day for day in days if day.weekday() < 5]


class Diaries:
    """The office hours of a month, person by person."""

    def __init__(self, people: Iterable[str], last_day: date, zone: ZoneInfo) -> None:
        self._busy: dict[str, list[tuple[datetime, datetime]]] = {person: [] for person in people}
        self._last_day = last_day
        self._zone = zone

    def take(self, person: str, start: datetime, seconds: int) -> datetime:
        """Enter an appointment, whatever else there is; gives its start."""
        insort(self._busy[person], (start, start + timedelta(seconds=seconds)))
        return start

    def book(self, person: str, earliest: datetime, seconds: int) -> datetime | None:
        """Enter ``seconds`` of work at the first free time from ``earliest``; ``None`` when the month is full."""
        length = timedelta(seconds=seconds)
        start = self._in_hours(earliest, length)
        for begin, end in self._busy[person]:
            if start + length <= begin:
                break
            if end > start:
                start = self._in_hours(end, length)
        if start.date() > self._last_day:
            return None
        return self.take(person, start, seconds)

    def _in_hours(self, moment: datetime, length: timedelta) -> datetime:
        """The first moment from ``moment`` from which ``length`` fits into a working day."""
        day = moment.date()
        if moment.time() < OPENS:
            moment = datetime.combine(day, OPENS, self._zone)
        while moment.weekday() >= 5 or moment + length > datetime.combine(moment.date(), SHUTS, self._zone):
            day = moment.date() + timedelta(days=1)
            moment = datetime.combine(day, OPENS, self._zone)
        return moment
