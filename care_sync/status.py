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
        return next((one.message for one in self.attention if one.kind == RULES_REFUSED), "")

    def as_json(self) -> dict[str, Any]:
        """Return plain values for JSON; instants in ISO 8601, UTC."""
        return {
            "now": self.now.isoformat(),
            "lag_seconds": self.lag_seconds,
            "rules_refused": self.rules_refused,
            "passes": [
                {
                    "pass_id": one.pass_id,
                    "kind": one.kind,
                    "started_at": one.started_at.isoformat(),
                    "finished_at": _text(one.finished_at),
                    "counts": dict(one.counts),
                    "error": one.error,
                }
                for one in self.passes
            ],
            "jobs": [
                {
                    "job": one.job,
                    "due_at": one.due_at.isoformat(),
                    "started_at": one.started_at.isoformat(),
                    "finished_at": _text(one.finished_at),
                    "outcome": one.outcome,
                }
                for one in self.jobs
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
                    "kind": one.kind,
                    "subject": one.subject,
                    "message": one.message,
                    "since": one.since.isoformat(),
                }
                for one in self.attention
            ],
            "failures": [
                {
                    "ticket_id": one.change.ticket_id,
                    "reference": one.change.reference,
                    "cause": one.cause,
                    "state": one.state.value,
                    "attempts": one.attempts,
                    "error": one.last_error,
                }
                for one in self.failures
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
