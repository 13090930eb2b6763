"""Following the jobs in which Zendesk does writes, and taking what each tells of its tickets.

Terms
    job       a write in the background: ``queued``, ``working``, then ``completed``, ``failed`` or ``killed``
    batch     the changes of one call, which queues one job

Promise: a job that was lost, or that tells nothing of a ticket, leaves that change ``uncertain``; what it tells of a
ticket decides for that ticket alone (Zendesk's page "Job Statuses").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import ConnectorError
from connectors.records import ChangeOutcome, ChangeResult, TicketChange
from connectors.zendesk.client import Object, ZendeskClient

POLL_SECONDS = (1.0, 1.0, 2.0, 3.0, 5.0)
"""Between two questions after jobs; the last goes on."""
LONGEST_JOB_SECONDS = 600.0
FINAL_STATES = frozenset({"completed", "failed", "killed"})
IS_FINAL = ("closed prevents", "recordnotfound", "ticketnotfound")
"""In an error of a single ticket: it is closed, or gone."""
MAY_PASS = ("conflict", "timeout", "try again", "temporarily", "lock")
"""In an error of a single ticket: it did not happen, and may another time."""


@dataclass(slots=True)
class Batch:
    """``sent`` are the changes of the call in their order; ``broken`` is what kept the call from being answered."""

    changes: tuple[TicketChange, ...]
    sent: tuple[TicketChange, ...] = ()
    job_id: str | None = None
    broken: ConnectorError | None = None
    results: dict[str, ChangeResult] = field(default_factory=dict)

    def settle(self, change: TicketChange, outcome: ChangeOutcome, message: str = "") -> None:
        self.results[change.ticket_id] = ChangeResult(change.ticket_id, change.reference, outcome, message)

    def settle_rest(self, outcome: ChangeOutcome, message: str) -> None:
        for change in self.changes:
            if change.ticket_id not in self.results:
                self.settle(change, outcome, message)


def is_under_way(job: Mapping[str, Any]) -> bool:
    """Whether a job has not ended."""
    return str(job.get("status")) not in FINAL_STATES


def follow(batches: Sequence[Batch], client: ZendeskClient, sleep: Callable[[float], None]) -> None:
    """Ask after all jobs together until each has ended or is lost."""
    waiting = {batch.job_id: batch for batch in batches if batch.job_id is not None}
    waited, round_ = 0.0, 0
    while waiting and waited < LONGEST_JOB_SECONDS:
        pause = POLL_SECONDS[min(round_, len(POLL_SECONDS) - 1)]
        sleep(pause)
        waited, round_ = waited + pause, round_ + 1
        try:
            answered = {str(job.get("id")): job for job in client.jobs(list(waiting))}
        except ConnectorError as error:
            for batch in waiting.values():
                batch.settle_rest(ChangeOutcome.UNCERTAIN, f"the job could not be followed: {error}")
            return
        for job_id, batch in list(waiting.items()):
            job = answered.get(job_id)
            if job is None:
                batch.settle_rest(ChangeOutcome.UNCERTAIN, "the job disappeared")
            elif is_under_way(job):
                continue
            else:
                _take_results(batch, job)
            del waiting[job_id]
    for batch in waiting.values():
        batch.settle_rest(ChangeOutcome.UNCERTAIN, "the job did not end in time")


def _take_results(batch: Batch, job: Object) -> None:
    """What the job tells of each ticket, by its id or else by its place in the batch."""
    by_ticket: dict[str, Object] = {}
    results = job.get("results")
    for result in results if isinstance(results, list) else []:
        if not isinstance(result, dict):
            continue
        index = result.get("index")
        if result.get("id") is not None:
            by_ticket[str(result["id"])] = result
        elif isinstance(index, int) and 0 <= index < len(batch.sent):
            by_ticket[batch.sent[index].ticket_id] = result
    for change in batch.sent:
        if (result := by_ticket.get(change.ticket_id)) is None:
            continue
        if result.get("success", not (result.get("error") or result.get("errors"))) is True:
            batch.settle(change, ChangeOutcome.APPLIED)
        else:
            words = " ".join(text_of(result[name]) for name in ("error", "errors", "details") if result.get(name))
            batch.settle(change, _failure(words), words)
    message = f"the job ended as {text_of(job.get('status'))} and does not tell of this ticket"
    batch.settle_rest(ChangeOutcome.UNCERTAIN, message)


def _failure(words: str) -> ChangeOutcome:
    lowered = words.lower()
    if any(word in lowered for word in IS_FINAL):
        return ChangeOutcome.REFUSED_CLOSED
    return ChangeOutcome.FAILED if any(word in lowered for word in MAY_PASS) else ChangeOutcome.REFUSED


def text_of(value: Any) -> str:
    """A word of the product in a message: text as it is, cut short; anything else by its JSON words."""
    return "" if value is None else str(value)[:200]
