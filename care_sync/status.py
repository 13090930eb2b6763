"""How CareSync is doing, read from the store alone: for ``care-sync status`` and for the health check.

Terms
    lag      seconds since the newest pass that did all it was to do began; what changed later is not seen yet
    queue    planned writes and mails by state, and marks of work to do by kind

Promise: reading it never waits for a pass that is writing, needs no product, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from care_sync.model.attention import Attention
from care_sync.model.operation import JobRun, PassRow
from care_sync.model.outbox import OutboxRow
from care_sync.rules_in_force import RULES_REFUSED
from care_sync.store import Store
from connectors.protocols import BudgetState

JOBS = ("poll", "push", "nightly", "prune")


@dataclass(frozen=True, slots=True)
class Status:
    """Everything ``care-sync status`` tells."""

    now: datetime
    passes: tuple[PassRow, ...]
    jobs: tuple[JobRun, ...]
    outbox: Mapping[str, int]
    due_writes: int
    mails: Mapping[str, int]
    dirty: Mapping[str, int]
    budgets: Mapping[str, BudgetState]
    attention: tuple[Attention, ...]
    failures: tuple[OutboxRow, ...]
    last_good_pass: PassRow | None

    @property
    def lag_seconds(self) -> int | None:
        """Seconds since the last good pass began; ``None`` when there was none."""
        last = self.last_good_pass
        return None if last is None else max(0, int((self.now - last.started_at).total_seconds()))

    @property
    def rules_refused(self) -> str:
        """Why a changed rules file was rejected; empty when the file is in force."""
        return next((item.message for item in self.attention if item.kind == RULES_REFUSED), "")

    def as_json(self) -> dict[str, Any]:
        """Return plain values for JSON; instants in ISO 8601, UTC."""
        return {
            "now": self.now.isoformat(),
            "lag_seconds": self.lag_seconds,
            "rules_refused": self.rules_refused,
            "passes": [
                {
                    "pass_id": pass_.pass_id,
                    "kind": pass_.kind,
                    "started_at": pass_.started_at.isoformat(),
                    "finished_at": _text(pass_.finished_at),
                    "counts": dict(pass_.counts),
                    "error": pass_.error,
                }
                for pass_ in self.passes
            ],
            "jobs": [
                {
                    "job": job.job,
                    "due_at": job.due_at.isoformat(),
                    "started_at": job.started_at.isoformat(),
                    "finished_at": _text(job.finished_at),
                    "outcome": job.outcome,
                }
                for job in self.jobs
            ],
            "outbox": dict(self.outbox),
            "due_writes": self.due_writes,
            "mails": dict(self.mails),
            "dirty": dict(self.dirty),
            "budgets": {
                account: {"remaining": state.remaining, "resets_at": _text(state.resets_at)}
                for account, state in self.budgets.items()
            },
            "attention": [
                {
                    "kind": item.kind,
                    "subject": item.subject,
                    "message": item.message,
                    "since": item.since.isoformat(),
                }
                for item in self.attention
            ],
            "failures": [
                {
                    "ticket_id": failure.change.ticket_id,
                    "reference": failure.change.reference,
                    "cause": failure.cause,
                    "state": failure.state.value,
                    "attempts": failure.attempts,
                    "error": failure.last_error,
                }
                for failure in self.failures
            ],
        }


def read_status(store: Store, now: datetime, *, passes: int = 10) -> Status:
    """Read the status as of ``now``, with the newest ``passes`` passes."""
    with store.read() as work:
        return Status(
            now=now,
            passes=tuple(work.passes.recent(passes)),
            jobs=tuple(run for job in JOBS if (run := work.jobs.last(job))),
            outbox=work.outbox.counts(),
            due_writes=work.outbox.due_count(now),
            mails=work.mails.counts(),
            dirty=work.dirty.count(),
            budgets=work.budgets.all(),
            attention=tuple(work.attention.all()),
            failures=tuple(work.outbox.failures()),
            last_good_pass=work.passes.last_good(),
        )


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
