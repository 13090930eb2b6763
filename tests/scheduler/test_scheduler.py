"""Due runs happen once, are made up after downtime, and never run over themselves."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from care_sync.clock import ManualClock, SystemClock
from care_sync.errors import IntegrityError, UserError
from care_sync.scheduler import LEASE, Daily, Every, Job, Scheduler, StoppableClock
from care_sync.store import Store
from connectors.errors import Unavailable

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
WAIT_SECONDS = 300
"""How long a test waits for another thread before it fails; never how long something should take."""


class Counted:
    """A job that counts its runs."""

    def __init__(self, name: str = "nightly", *, fails: Exception | None = None) -> None:
        self.runs = 0
        self.fails = fails
        self.job = Job(name, Daily(time(2, 30), AMSTERDAM), self.run)

    def run(self) -> str:
        self.runs += 1
        if self.fails:
            raise self.fails
        return "done"


def scheduler(
    store: Store, clock: ManualClock | SystemClock, *jobs: Job, **options: Callable[..., object]
) -> Scheduler:
    broken = options.get("on_broken", lambda _error: None)
    return Scheduler(store, clock, jobs, wake=options.get("wake", lambda: "woken"), on_broken=broken)  # type: ignore[arg-type]


def outcome(store: Store, job: str) -> str:
    with store.read() as work:
        last = work.jobs.last(job)
        return last.outcome if last else ""


def test_a_due_run_happens_once(store: Store, clock: ManualClock) -> None:
    counted = Counted()
    nightly = scheduler(store, clock, counted.job)

    assert nightly.run_if_due(counted.job)
    assert not nightly.run_if_due(counted.job)
    assert (counted.runs, outcome(store, "nightly")) == (1, "done")


def test_a_due_run_happens_once_however_many_daemons_are_up(store: Store, clock: ManualClock) -> None:
    counted = Counted()
    daemons = [scheduler(store, clock, counted.job) for _ in range(6)]

    with ThreadPoolExecutor(6) as pool:
        ran = list(pool.map(lambda daemon: daemon.run_if_due(counted.job), daemons))

    assert (sum(ran), counted.runs) == (1, 1)


def test_nights_that_were_missed_are_made_up_by_one_run(store: Store, clock: ManualClock) -> None:
    counted = Counted()
    scheduler(store, clock, counted.job).run_if_due(counted.job)
    clock.advance(timedelta(days=4))

    restarted = scheduler(store, clock, counted.job)

    assert restarted.run_if_due(counted.job)
    assert not restarted.run_if_due(counted.job)
    assert counted.runs == 2


def test_a_run_whose_daemon_died_is_made_up_after_its_lease(store: Store, clock: ManualClock) -> None:
    counted = Counted()
    with store.begin() as work:
        work.jobs.claim("nightly", counted.job.due.previous(clock.now()), clock.now())
    restarted = scheduler(store, clock, counted.job)

    assert not restarted.run_if_due(counted.job)
    clock.advance(LEASE + timedelta(minutes=1))
    assert restarted.run_if_due(counted.job)
    assert counted.runs == 1


def test_a_quota_keeps_runs_apart(store: Store, clock: ManualClock) -> None:
    runs: list[datetime] = []
    poll = Job(
        "poll",
        Every(timedelta(minutes=5)),
        lambda: runs.append(clock.now()) or "done",  # type: ignore[func-returns-value]
        spacing=lambda _now: timedelta(minutes=12),
    )
    polling = scheduler(store, clock, poll)

    for _ in range(13):
        polling.run_if_due(poll)
        clock.advance(timedelta(minutes=5))

    assert [run.minute for run in runs] == [30, 45, 0, 15, 30]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (UserError("the template is broken"), "failed: the template is broken"),
        (Unavailable("toggl", "is down"), "failed: toggl: is down"),
        (ValueError("a secret detail"), "crashed: ValueError"),
        (IntegrityError("legs do not sum to zero"), "broken: legs do not sum to zero"),
    ],
)
def test_a_run_that_fails_is_told_and_the_next_one_comes(
    sqlite_store: Store, clock: ManualClock, error: Exception, told: str
) -> None:
    counted = Counted(fails=error)
    daemon = scheduler(sqlite_store, clock, counted.job)

    assert daemon.run_if_due(counted.job)
    assert outcome(sqlite_store, "nightly").startswith(told)
    clock.advance(timedelta(days=1))
    assert daemon.run_if_due(counted.job)


def test_a_broken_invariant_is_reported_to_the_daemon(sqlite_store: Store, clock: ManualClock) -> None:
    reported: list[IntegrityError] = []
    counted = Counted(fails=IntegrityError("broke"))

    scheduler(sqlite_store, clock, counted.job, on_broken=reported.append).run_if_due(counted.job)

    assert [str(error) for error in reported] == ["broke"]


def test_it_makes_up_what_is_due_at_the_start_and_stops_when_asked(sqlite_store: Store) -> None:
    ran = threading.Event()
    job = Job("nightly", Daily(time(2, 30), AMSTERDAM), lambda: ran.set() or "done")  # type: ignore[func-returns-value]
    running = scheduler(sqlite_store, SystemClock(), job)

    running.start()

    assert ran.wait(WAIT_SECONDS)
    assert running.stop(grace_seconds=WAIT_SECONDS)
    assert outcome(sqlite_store, "nightly") == "done"


def test_being_woken_runs_out_of_turn(sqlite_store: Store) -> None:
    woken = threading.Event()
    running = scheduler(sqlite_store, SystemClock(), wake=lambda: woken.set() or "woken")  # type: ignore[func-returns-value]
    running.start()

    running.wake()

    assert woken.wait(WAIT_SECONDS)
    assert running.stop(grace_seconds=WAIT_SECONDS)


def test_stopping_waits_for_what_runs_and_tells_when_it_did_not_end(sqlite_store: Store) -> None:
    began, may_end = threading.Event(), threading.Event()

    def long_run() -> str:
        began.set()
        may_end.wait(WAIT_SECONDS)
        return "done"

    running = scheduler(sqlite_store, SystemClock(), Job("nightly", Every(timedelta(days=1)), long_run))
    running.start()
    assert began.wait(WAIT_SECONDS)

    assert not running.stop(grace_seconds=0)
    may_end.set()
    assert running.stop(grace_seconds=WAIT_SECONDS)
    assert outcome(sqlite_store, "nightly") == "done"


def test_a_run_that_sleeps_is_abandoned_by_a_stop_and_done_at_the_next_start(sqlite_store: Store) -> None:
    began = threading.Event()
    clock = StoppableClock(SystemClock())

    def waits_for_a_limit() -> str:
        began.set()
        clock.sleep(3600)
        return "done"

    daily = Every(timedelta(days=1))
    running = scheduler(sqlite_store, SystemClock(), Job("nightly", daily, waits_for_a_limit))
    running.start()
    assert began.wait(WAIT_SECONDS)

    clock.stop()

    assert running.stop(grace_seconds=WAIT_SECONDS)
    again = Job("nightly", daily, lambda: "done")
    assert scheduler(sqlite_store, SystemClock(), again).run_if_due(again)


def test_wakes_that_come_while_a_pass_runs_are_one_run_after_it(sqlite_store: Store) -> None:
    began, may_end, woken = threading.Event(), threading.Event(), threading.Event()
    at_once: list[int] = []
    running_now = 0

    def wake() -> str:
        nonlocal running_now
        running_now += 1
        at_once.append(running_now)
        began.set()
        may_end.wait(WAIT_SECONDS)
        running_now -= 1
        if len(at_once) == 2:
            woken.set()
        return "woken"

    running = scheduler(sqlite_store, SystemClock(), wake=wake)
    running.start()
    running.wake()
    assert began.wait(WAIT_SECONDS)

    for _ in range(5):
        running.wake()
    may_end.set()

    assert woken.wait(WAIT_SECONDS)
    assert running.stop(grace_seconds=WAIT_SECONDS)
    assert set(at_once) == {1}


def test_the_first_due_time_lies_in_the_past_for_a_new_site(sqlite_store: Store) -> None:
    early = ManualClock(datetime(2026, 11, 2, 0, 0, tzinfo=UTC))
    counted = Counted()

    assert scheduler(sqlite_store, early, counted.job).run_if_due(counted.job)
