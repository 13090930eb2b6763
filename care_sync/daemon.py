"""``care-sync run``: the process that stays.

It runs the scheduler and the web server until SIGTERM or SIGINT. A stop is clean: no new work begins, webhooks that
were taken are answered, work that waits for a limit is abandoned, work that is under way gets ``GRACE_SECONDS`` to
end. What still runs then dies with the process, which is safe: every transaction is whole or absent, and a write
whose answer was never seen is looked for before it is tried again.

Exit codes: 0 stopped as asked · 1 an invariant of the ledger broke, and nothing should go on without a person.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from types import FrameType

from care_sync.application import Application
from care_sync.errors import IntegrityError
from care_sync.logs import logger
from care_sync.scheduler import Daily, Every, Job, Scheduler, StoppableClock, budget_spacing
from care_sync.web import WebContext, WebServer, create_app

GRACE_SECONDS = 20
LATE_AFTER_POLLS = 3
"""So many polls may fail to end well before the health check says that we are late."""

FIRST_COST = 3
"""Requests that a poll is taken to cost a tracker until one was seen."""

KEEP_DELIVERIES = timedelta(days=2)
"""Longer than any product accepts or repeats a signed call."""

KEEP_RUNS = timedelta(days=90)
KEEP_WRITES = timedelta(days=90)


class QuotaPacing:
    """How far apart polls must lie, by what each tracker still allows and what a poll was seen to cost."""

    def __init__(self, application: Application, base: timedelta) -> None:
        self._trackers = application.site.trackers
        self._base = base
        self._cost: dict[str, int] = {}

    def spacing(self, now: datetime) -> timedelta:
        """The longest that any tracker asks for."""
        results = [self._base]
        for name, tracker in self._trackers.items():
            if budget := tracker.budget():
                cost = self._cost.get(name, FIRST_COST)
                results.append(budget_spacing(self._base, budget.remaining, budget.resets_at, cost, now))
        return max(results)

    def measured(self, poll: Callable[[], str]) -> str:
        """Run ``poll`` and remember what it cost each tracker."""
        before = {name: tracker.budget() for name, tracker in self._trackers.items()}
        outcome = poll()
        for name, tracker in self._trackers.items():
            had, has = before[name], tracker.budget()
            if had is None or has is None or had.remaining is None or has.remaining is None:
                continue
            if had.resets_at == has.resets_at:
                self._cost[name] = max(1, had.remaining - has.remaining)
        return outcome


def run_daemon(application: Application, clock: StoppableClock, announce: Callable[[str], None]) -> int:
    """Work until SIGTERM or SIGINT, or until an invariant breaks; return the exit code.

    ``clock`` is the one that the application's connectors sleep by. ``announce`` is told where we listen, once
    webhooks are taken.
    """
    ended = threading.Event()
    broken: list[IntegrityError] = []

    def on_broken(error: IntegrityError) -> None:
        broken.append(error)
        ended.set()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        logger(__name__).info("stopping", signal=signal.Signals(number).name)
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    scheduler = Scheduler(
        application.store,
        application.site.clock,
        _jobs(application),
        wake=application.wake,
        on_broken=on_broken,
    )
    web = WebServer(create_app(_web_context(application, scheduler)), *_address(application))
    web.start()
    scheduler.start()
    logger(__name__).info("started", address=web.address)
    announce(web.address)
    ended.wait()
    web.stop()
    clock.stop()
    if not scheduler.stop(GRACE_SECONDS):
        logger(__name__).warning("work under way was abandoned; the next start goes on with it")
        application.store.close()
        logging.shutdown()
        os._exit(1 if broken else 0)
    logger(__name__).info("stopped")
    return 1 if broken else 0


def _jobs(application: Application) -> list[Job]:
    schedule = application.settings.schedule
    poll_interval = timedelta(minutes=schedule.poll_minutes)
    pacing = QuotaPacing(application, poll_interval)
    return [
        Job("poll", Every(poll_interval), lambda: pacing.measured(application.poll), spacing=pacing.spacing),
        Job("push", Every(timedelta(minutes=schedule.push_minutes)), application.push, lane="push"),
        Job("nightly", Daily(schedule.nightly, application.settings.company.zone), application.nightly),
        Job("prune", Every(timedelta(days=1)), lambda: prune(application)),
    ]


def _web_context(application: Application, scheduler: Scheduler) -> WebContext:
    return WebContext(
        store=application.store,
        clock=application.site.clock,
        helpdesk=application.site.helpdesk,
        trackers=application.site.trackers,
        wake=scheduler.wake,
        late_after_seconds=LATE_AFTER_POLLS * application.settings.schedule.poll_minutes * 60,
    )


def _address(application: Application) -> tuple[str, int]:
    return application.settings.web.host, application.settings.web.port


def prune(application: Application) -> str:
    """Forget what nobody needs any more: deliveries, runs of jobs, writes that were made."""
    now = application.site.clock.now()
    with application.store.begin() as work:
        work.deliveries.prune(now - KEEP_DELIVERIES)
        work.jobs.prune(now - KEEP_RUNS)
        writes = work.outbox.prune(now - KEEP_WRITES)
        work.mails.prune(now - KEEP_WRITES)
    return f"writes forgotten {writes}"
