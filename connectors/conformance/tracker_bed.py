"""A product with people in it: what a tracker's suite runs on, and the words in which its tests are told.

Terms
    bed       a product with people in it, a clock that the test moves, and connectors for it
    trait     what a product can and cannot do (:class:`TrackerTraits`); a test about a thing that a
              product does not have is skipped, and says so
    fault     what goes wrong with the product's next answers (:class:`Fault`)
    people    do what they do in the product itself, past our connector: Anna and her colleague Bert work there

How to write a bed stands in ``docs/writing-a-connector.md``.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import pytest

from connectors.clock import ManualClock
from connectors.conformance.forms import check_form
from connectors.conformance.traits import trait
from connectors.errors import ConnectorError
from connectors.protocols import TimeTracker
from connectors.records import EntryKind, EntryPage, EntryState, TimeEntry

ZONE = ZoneInfo("Europe/Amsterdam")
"""Connectors of a bed are configured with this zone."""
TODAY = date(2026, 10, 26)
"""Beds begin at noon, local time, on this Monday: the day after summer time ended."""
START = datetime(2026, 10, 26, 12, 0, tzinfo=ZONE)
TOKEN = "a-secret-that-is-never-shown-001"  # noqa: S105
"""The credential that a bed's connector uses: it must turn up in no error and no log line."""
A_WEEK_AGO = START - timedelta(days=7)


class Fault(StrEnum):
    """What goes wrong with every answer until the bed is mended."""

    DOWN = "down"
    LIMITED = "limited"
    CUT_OFF = "cut_off"
    MALFORMED = "malformed"
    WRONG_SHAPE = "wrong_shape"


@dataclass(frozen=True, slots=True)
class TrackerTraits:
    """What a product has; each says what there is without it.

    ``grain_seconds``        the finest duration that it keeps
    ``longest_description``  characters that an entry's text can have
    ``has_projects``         work is for a project; a helpdesk's own time is for a ticket instead
    ``has_clients``          work is for a client, whom the project or the ticket tells
    ``has_descriptions``     an entry has text of its own
    ``has_tags``             an entry can have any tags
    ``has_clock_times``      it is known when work began and ended, and not only for how long and on which day
    ``has_timers``           an entry can be running
    ``has_locks``            an entry can be approved, invoiced or locked otherwise
    ``sets_time_zone``       the connector is told whose calendar the day of an entry is on
    ``moves_days``           the day of an entry can be changed afterwards
    ``lists_changes``        the fast lane tells edits and new entries
    ``has_credentials``      the product knows who asks
    ``tells_forbidden_from_gone``  what a credential may not see is refused, or its rights can be asked
    ``has_webhooks``         the product calls us, and its calls can be proven genuine
    ``signs_body``           the proof covers the body of the call
    ``has_faults``           answers can be made to fail
    ``has_limits``           it can be asked too often
    """

    grain_seconds: int = 1
    longest_description: int = 3000
    has_projects: bool = trait("work is for no project")
    has_clients: bool = trait("the product knows no clients")
    has_descriptions: bool = trait("entries have no text")
    has_tags: bool = trait("entries have no tags")
    has_clock_times: bool = trait("the product keeps no clock times")
    has_timers: bool = trait("the product has no timers")
    has_locks: bool = trait("the product locks no entries")
    sets_time_zone: bool = trait("the product itself says on which day an entry is")
    moves_days: bool = trait("the day of an entry is never changed")
    lists_changes: bool = trait("the product lists no changes")
    has_credentials: bool = trait("the product knows nobody")
    tells_forbidden_from_gone: bool = trait("the product does not tell forbidden from gone")
    has_webhooks: bool = trait("the product has no webhooks")
    signs_body: bool = trait("the product does not sign the body of its calls")
    has_faults: bool = trait("the product does not fail on demand")
    has_limits: bool = trait("the product limits nobody")


class TrackerBed(ABC):
    """People in a product, and connectors that read it. Entry ids are the product's, as text.

    A bed has a ``clock`` and states its ``traits``. What the traits say that the product does not have is never asked
    for, and need not be written.
    """

    clock: ManualClock
    traits: TrackerTraits

    @abstractmethod
    def tracker(self, *, clock_ahead: timedelta = timedelta()) -> TimeTracker:
        """A new connector with the right credential, as after a restart; its clock differs by ``clock_ahead``."""

    @abstractmethod
    def tracker_with_wrong_credentials(self) -> TimeTracker:
        """A connector that the product does not know; without credentials, one that finds nothing to read."""

    @abstractmethod
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
        """Enter time that was worked, and give its id. A project named ``Site`` belongs to client ``Site BV``.

        Without projects the work is for that client alone: for a ticket of theirs.
        """

    @abstractmethod
    def edit(
        self,
        entry_id: str,
        *,
        start: datetime | None = None,
        seconds: int | None = None,
        description: str | None = None,
    ) -> None:
        """Change what is given."""

    @abstractmethod
    def delete(self, entry_id: str) -> None:
        """Delete an entry."""

    @abstractmethod
    def absent_id(self) -> str:
        """An id of the product's own form that no entry ever had."""

    def page_size(self) -> int:
        """How many entries the product gives per page to this bed's connectors; any number where it has no pages."""
        return 5

    def tracker_in(self, zone: str) -> TimeTracker:
        """A connector that is configured with another time zone."""
        raise NotImplementedError("sets_time_zone")

    def move(self, entry_id: str, project: str) -> None:
        """Move an entry to another project; without projects, its ticket to that project's client."""
        raise NotImplementedError("has_projects, or has_clients")

    def start_timer(self, description: str, *, person: str = "Anna") -> str:
        """Start a timer now, and give the entry's id."""
        raise NotImplementedError("has_timers")

    def stop_timer(self, entry_id: str) -> None:
        """Stop it now."""
        raise NotImplementedError("has_timers")

    def lock(self, entry_id: str) -> None:
        """Approve, invoice or lock an entry: whatever keeps people from changing it."""
        raise NotImplementedError("has_locks")

    def take_permission_away(self) -> None:
        """From now on the connector's credential does not see colleagues."""
        raise NotImplementedError("tells_forbidden_from_gone")

    def break_down(self, fault: Fault) -> None:
        """From now on every answer fails in this way."""
        raise NotImplementedError("has_faults")

    def misread(self, written: str, read: str) -> None:
        """From now on ``written`` stands in every answer as ``read``."""
        raise NotImplementedError("has_faults")

    def mend(self) -> None:
        """Everything answers again, and as it is."""
        raise NotImplementedError("has_faults")

    def webhook_call(self, entry_id: str) -> tuple[Mapping[str, str], bytes]:
        """The headers (names in lower case) and body of a genuine call about an entry."""
        raise NotImplementedError("has_webhooks")


def at(hour: int, *, minute: int = 0, day: date = TODAY) -> datetime:
    """A local time, as an instant in UTC."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE).astimezone(UTC)


@contextmanager
def machine_zone(monkeypatch: pytest.MonkeyPatch, zone: str) -> Iterator[None]:
    """Within, this machine is in another time zone (where the system can be told so: not on Windows)."""
    if not hasattr(time, "tzset"):
        pytest.skip("this system's time zone cannot be changed for one process")
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        yield
    time.tzset()


def faults_of(bed: TrackerBed) -> list[Fault]:
    """The faults that the product has."""
    return [fault for fault in Fault if bed.traits.has_limits or fault is not Fault.LIMITED]


def tags(bed: TrackerBed, *names: str) -> tuple[str, ...]:
    return names if bed.traits.has_tags else ()


def window(tracker: TimeTracker, first: date = TODAY - timedelta(days=7), last: date = TODAY) -> list[TimeEntry]:
    """Every entry of the window, after the pages' own promises were seen to hold."""
    pages = list(tracker.entries_between(first, last))
    _check_pages(pages)
    return [entry for page in pages for entry in page.entries]


def drain(
    tracker: TimeTracker, cursor: str | None, *, since: datetime = A_WEEK_AGO
) -> tuple[list[TimeEntry], str | None]:
    """Read the fast lane to its end, as the daemon does: the cursor of the last page is kept."""
    pages = list(tracker.changed_entries(cursor, since))
    _check_pages(pages)
    return [entry for page in pages for entry in page.entries], pages[-1].cursor


def rest_of(pages: Iterator[EntryPage], *allowed: type[ConnectorError]) -> list[str] | None:
    """The ids on the pages that are left; ``None`` when a retryable error, or one that is ``allowed``, ends them."""
    try:
        return [entry.id for page in pages for entry in page.entries]
    except ConnectorError as error:
        if error.retryable or isinstance(error, allowed):
            return None
        raise


def counted(entries: Iterable[TimeEntry]) -> list[TimeEntry]:
    return [entry for entry in entries if entry.state is EntryState.STOPPED and entry.kind is EntryKind.WORK]


def by_id(entries: Iterable[TimeEntry]) -> dict[str, TimeEntry]:
    """Entries by id; the one read last stands."""
    return {entry.id: entry for entry in entries}


def fingerprints(entries: Iterable[TimeEntry]) -> dict[str, str]:
    return {entry.key: entry.fingerprint for entry in entries}


def only(entries: list[TimeEntry]) -> TimeEntry:
    assert len(entries) == 1
    return entries[0]


def _check_pages(pages: list[EntryPage]) -> None:
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
    for page in pages:
        for entry in page.entries:
            check_form(entry)
