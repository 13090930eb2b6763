"""When the daemon does what, and that each due run happens once.

Terms
    job        something that is done again and again: ``poll``, ``push``, ``nightly``, ``prune``
    due        the instant at which a run of a job was to begin, the same on every machine
    claim      the row by which one daemon takes a due run; the others see it and pass on
    spacing    seconds that must lie between two runs of a job, when a product's quota asks for it
    wake       a run out of turn, because a webhook told of work

Promise: a due run happens once, however many daemons share the store. What fell due while no daemon was up
happens once, at the start. A job never runs over itself. A run whose daemon died is made up after its lease.
A run that fails is logged and told in the store; the next one comes at its time. A run that is cut short by a stop is
given back and done at the next start.

APScheduler only wakes us; whether a run is due is answered by the store and the clock, so that a wake too many
does no harm.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from care_sync.clock import Clock
from care_sync.errors import IntegrityError, UserError
from care_sync.logs import bound, logger
from care_sync.store import Store
from connectors.errors import ConnectorError

CHECK_EVERY = timedelta(minutes=10)
"""How often each job is looked at besides its due times: after sleep, clock changes, a daemon that died."""

LEASE = timedelta(hours=1)
"""After this long a run that never ended counts as abandoned."""

WAKE = "wake"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Stopped(BaseException):
    """The daemon is stopping: work that sleeps is abandoned where it is, and nothing may swallow that."""


class StoppableClock:
    """A clock whose sleepers are woken by :meth:`stop`, with :class:`Stopped`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stopping = threading.Event()

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        """Wait; raises :class:`Stopped` when there is no more time to wait."""
        if self._stopping.wait(seconds):
            raise Stopped

    def stop(self) -> None:
        """Wake all who sleep, now and from now on."""
        self._stopping.set()


class Due(Protocol):
    """The due times of a job."""

    def previous(self, now: datetime) -> datetime:
        """The newest due time that is not after ``now``."""

    def next(self, after: datetime) -> datetime:
        """The first due time after ``after``."""


@dataclass(frozen=True, slots=True)
class Every:
    """Due at the whole multiples of an interval since 1970: the same instants on every machine."""

    interval: timedelta

    def previous(self, now: datetime) -> datetime:
        """The newest multiple that is not after ``now``."""
        return _EPOCH + (now - _EPOCH) // self.interval * self.interval

    def next(self, after: datetime) -> datetime:
        """The first multiple after ``after``."""
        return self.previous(after) + self.interval


@dataclass(frozen=True, slots=True)
class Daily:
    """Due once each local day at ``at``.

    A time that the clock skips in spring is due as much later as it skips; one that comes twice in autumn is due
    the first time.
    """

    at: time
    zone: ZoneInfo

    def previous(self, now: datetime) -> datetime:
        """The newest due time that is not after ``now``."""
        return max(due for due in self._around(now) if due <= now)

    def next(self, after: datetime) -> datetime:
        """The first due time after ``after``."""
        return min(due for due in self._around(after) if due > after)

    def _around(self, instant: datetime) -> Iterator[datetime]:
        today = instant.astimezone(self.zone).date()
        for days in (-2, -1, 0, 1, 2):
            yield datetime.combine(today + timedelta(days=days), self.at, self.zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Job:
    """A job: when it is due, what it does, and how far apart its runs must lie.

    ``run`` returns what it did in a few words. Jobs of one ``lane`` never run at the same time.
    """

    name: str
    due: Due
    run: Callable[[], str]
    lane: str = "passes"
    spacing: Callable[[datetime], timedelta] = lambda _now: timedelta(0)


class Scheduler:
    """Runs jobs at their due times in threads, until it is stopped."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        jobs: Sequence[Job],
        *,
        wake: Callable[[], str],
        on_broken: Callable[[IntegrityError], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._jobs = tuple(jobs)
        self._wake = wake
        self._on_broken = on_broken
        self._stopping = threading.Event()
        self._wake_wanted = threading.Event()
        self._idle = threading.Condition()
        self._running = 0
        lanes = {job.lane for job in jobs} | {"passes"}
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={lane: ThreadPoolExecutor(1) for lane in lanes},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Make up what fell due while nobody was there, then go on by the clock."""
        for job in self._jobs:
            self._scheduler.add_job(
                self._attempt,
                _DueTrigger(job.due),
                args=[job],
                id=job.name,
                executor=job.lane,
                next_run_time=self._clock.now(),
            )
        # One runs, one may wait behind it: a wake that comes while a pass runs must not be lost.
        self._scheduler.add_job(
            self._attempt_wake, _DueTrigger(Every(CHECK_EVERY)), id=WAKE, executor="passes", max_instances=2
        )
        self._scheduler.start()

    def wake(self) -> None:
        """Ask for a run out of turn; asking again before it began changes nothing."""
        if not self._wake_wanted.is_set() and not self._stopping.is_set():
            self._wake_wanted.set()
            self._scheduler.modify_job(WAKE, next_run_time=self._clock.now())

    def stop(self, grace_seconds: float) -> bool:
        """Begin nothing more and wait for what runs; ``False`` when it still ran after ``grace_seconds``."""
        self._stopping.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        with self._idle:
            return self._idle.wait_for(lambda: self._running == 0, timeout=grace_seconds)

    def run_if_due(self, job: Job) -> bool:
        """Run ``job`` if a run of it is due and nobody has taken it; tell whether it ran."""
        now = self._clock.now()
        due_at = job.due.previous(now)
        with self._store.begin() as work:
            last = work.jobs.last(job.name)
            if last and last.due_at < due_at < last.due_at + job.spacing(now):
                return False
            if not work.jobs.claim(job.name, due_at, now, abandoned_before=now - LEASE):
                return False
        try:
            outcome = self._guarded(job.name, job.run)
        except Stopped:
            with self._store.begin() as work:
                work.jobs.release(job.name, due_at)
            logger(__name__).info("job abandoned, to be done at the next start", job=job.name)
            return False
        with self._store.begin() as work:
            work.jobs.finish(job.name, due_at, self._clock.now(), outcome)
        return True

    def _attempt(self, job: Job) -> None:
        with self._busy() as may_begin:
            if may_begin:
                self._logged(job.name, lambda: self.run_if_due(job))

    def _attempt_wake(self) -> None:
        with self._busy() as may_begin:
            if may_begin and self._wake_wanted.is_set():
                self._wake_wanted.clear()
                with suppress(Stopped):
                    self._guarded(WAKE, self._wake)

    @contextmanager
    def _busy(self) -> Iterator[bool]:
        with self._idle:
            self._running += 1
        try:
            yield not self._stopping.is_set()
        finally:
            with self._idle:
                self._running -= 1
                self._idle.notify_all()

    def _logged(self, name: str, attempt: Callable[[], bool]) -> None:
        """Claiming itself can fail, when the database is away: the next look at the job tries again."""
        try:
            attempt()
        except Exception:
            logger(__name__).exception("job could not be claimed", job=name)

    def _guarded(self, name: str, run: Callable[[], str]) -> str:
        """Do it and return its outcome; what goes wrong is logged, and stops the daemon only if it must."""
        log = logger(__name__)
        with bound(job=name):
            try:
                outcome = run()
            except IntegrityError as error:
                log.critical("an invariant broke", error=str(error))
                self._on_broken(error)
                return f"broken: {error}"
            except (UserError, ConnectorError) as error:
                log.error("job failed", error=str(error))
                return f"failed: {error}"
            except Exception as error:
                log.exception("job crashed")
                return f"crashed: {type(error).__name__}"
            log.info("job done", outcome=outcome)
            return outcome


class _DueTrigger(BaseTrigger):  # type: ignore[misc]
    """Wakes us at the due times, and now and then between them."""

    def __init__(self, due: Due) -> None:
        self._due = due

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> Any:
        return min(self._due.next(now), now + CHECK_EVERY)


def budget_spacing(
    base: timedelta, remaining: int | None, resets_at: datetime | None, requests_per_run: int, now: datetime
) -> timedelta:
    """How far apart runs must lie so that they use at most half of what a product still allows.

    The other half is for the nightly window and confirming reads. Without a known quota it is ``base``.
    """
    if remaining is None or resets_at is None or resets_at <= now:
        return base
    affordable = remaining // 2 // max(1, requests_per_run)
    until_reset = resets_at - now
    return max(base, until_reset / affordable if affordable else until_reset)
