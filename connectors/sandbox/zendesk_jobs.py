"""Background jobs of the sandbox's Zendesk: what they did, and where they are when somebody asks.

A job is told as ``queued``, ``working`` and ``completed`` while the clock passes ``seconds``, takes effect at the end
of them, and is known for a day. On demand the next jobs go wrong: ``forgotten`` (they take effect and nobody knows
them), ``killed`` (they end as ``failed``, without results and without effect) and ``halved`` (they stop in the middle,
with results of those that were done). Source: "Job statuses".
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.sandbox.zendesk_shapes import ZendeskShapes
from connectors.sandbox.zendesk_state import ZendeskAccount

MOST_JOBS = 30
KEPT_FOR = timedelta(days=1)


@dataclass(slots=True)
class Job:
    """One job; ``total`` is how much it had to do."""

    id: str
    total: int
    queued_at: datetime
    done_at: datetime
    has_failed: bool
    results: list[dict[str, Any]] | None = None


@dataclass(slots=True)
class ZendeskJobs:
    """The jobs of one account. ``seconds`` is how long each takes."""

    account: ZendeskAccount
    seconds: float = 1.0
    forgotten: int = 0
    killed: int = 0
    halved: int = 0
    jobs: dict[str, Job] = field(default_factory=dict)

    def are_too_many(self) -> bool:
        """Whether thirty are queued or running already."""
        return sum(job.done_at > self.account.now() for job in self.jobs.values()) >= MOST_JOBS

    def queue(self, tasks: Sequence[Callable[[], Mapping[str, Any]]]) -> Job:
        """Take on ``tasks``, each of which gives its result, as one job."""
        number, now = self.account.records.next_id("job"), self.account.now()
        job_id = f"V3-{hashlib.sha256(str(number).encode()).hexdigest()[:32]}"
        is_killed, is_halved = self._take("killed"), self._take("halved")
        job = Job(job_id, len(tasks), now, now + timedelta(seconds=self.seconds), is_killed or is_halved)
        done = tasks[: len(tasks) // 2] if is_halved else tasks

        def work() -> None:
            job.results = [dict(task()) for task in done]

        if not is_killed:
            self.account.schedule(job.done_at, work)
        if not self._take("forgotten"):
            self.jobs[job_id] = job
        return job

    def known(self) -> list[Job]:
        """Every job of the last day, the newest first."""
        return [job for job in reversed(self.jobs.values()) if self.find(job.id) is not None]

    def find(self, job_id: str) -> Job | None:
        """A job that is still known."""
        job = self.jobs.get(job_id)
        return job if job is not None and self.account.now() < job.queued_at + KEPT_FOR else None

    def told(self, job: Job, shapes: ZendeskShapes) -> dict[str, Any]:
        """A job as it stands now."""
        now = self.account.now()
        is_done = now >= job.done_at
        status = "queued" if now == job.queued_at and not is_done else "working"
        final = "failed" if job.has_failed else "completed"
        return {
            "id": job.id,
            "url": shapes.url(f"job_statuses/{job.id}"),
            "total": job.total,
            "progress": len(job.results or ()) if is_done else None if status == "queued" else 0,
            "status": final if is_done else status,
            "message": f"{final.capitalize()} at {job.done_at:%Y-%m-%d %H:%M:%S %z}" if is_done else None,
            "results": job.results if is_done else None,
        }

    def _take(self, name: str) -> bool:
        left = getattr(self, name)
        setattr(self, name, max(left - 1, 0))
        return bool(left)
