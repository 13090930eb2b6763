"""How the machine itself runs: passes, due jobs, webhook deliveries, request budgets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from care_sync.model.operation import JobRun, PassRow
from care_sync.store.schema import budgets, deliveries, job_runs, passes
from care_sync.store.tables import insert_new, upsert
from connectors.protocols import BudgetState


class PassRepository:
    """Passes, so that people can see what happened when."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def start(self, pass_id: str, kind: str, now: datetime) -> None:
        """A pass begins."""
        self._connection.execute(
            passes.insert().values(pass_id=pass_id, kind=kind, started_at=now, finished_at=None, counts={}, error="")
        )

    def finish(self, pass_id: str, now: datetime, counts: Mapping[str, int], error: str = "") -> None:
        """A pass ended; ``error`` is empty when it did all it was to do."""
        self._connection.execute(
            update(passes).where(passes.c.pass_id == pass_id).values(finished_at=now, counts=dict(counts), error=error)
        )

    def recent(self, limit: int = 10) -> list[PassRow]:
        """The newest passes first."""
        query = select(passes).order_by(passes.c.started_at.desc(), passes.c.pass_id).limit(limit)
        return [_pass(row) for row in self._connection.execute(query)]

    def has_gone_well_since(self, kind: str, moment: datetime) -> bool:
        """Whether a pass of this kind that began at ``moment`` or later did all it was to do."""
        query = select(passes.c.pass_id).where(
            passes.c.kind == kind,
            passes.c.started_at >= moment,
            passes.c.finished_at.is_not(None),
            passes.c.error == "",
        )
        return self._connection.execute(query.limit(1)).first() is not None

    def last_good(self) -> PassRow | None:
        """The newest pass that did all it was to do."""
        query = (
            select(passes)
            .where(passes.c.finished_at.is_not(None), passes.c.error == "")
            .order_by(passes.c.started_at.desc(), passes.c.pass_id)
            .limit(1)
        )
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _pass(row)


class JobRepository:
    """Due runs: each happens once, however many daemons are up."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def claim(self, job: str, due_at: datetime, now: datetime, *, abandoned_before: datetime | None = None) -> bool:
        """Take a due run; ``False`` when somebody else has it.

        A run that began before ``abandoned_before`` and never ended is taken over: whoever had it died.
        """
        row = {"job": job, "due_at": due_at, "started_at": now, "finished_at": None, "outcome": ""}
        if insert_new(self._connection, job_runs, row):
            return True
        if abandoned_before is None:
            return False
        taken = self._connection.execute(
            update(job_runs)
            .where(
                job_runs.c.job == job,
                job_runs.c.due_at == due_at,
                job_runs.c.finished_at.is_(None),
                job_runs.c.started_at < abandoned_before,
            )
            .values(started_at=now)
        )
        return taken.rowcount == 1

    def finish(self, job: str, due_at: datetime, now: datetime, outcome: str) -> None:
        """The run ended, with ``done`` or what went wrong."""
        self._connection.execute(
            update(job_runs)
            .where(job_runs.c.job == job, job_runs.c.due_at == due_at)
            .values(finished_at=now, outcome=outcome)
        )

    def release(self, job: str, due_at: datetime) -> None:
        """Give a claimed run back, undone: whoever looks next may take it."""
        self._connection.execute(
            delete(job_runs).where(job_runs.c.job == job, job_runs.c.due_at == due_at, job_runs.c.finished_at.is_(None))
        )

    def last(self, job: str) -> JobRun | None:
        """The newest run of a job."""
        query = select(job_runs).where(job_runs.c.job == job).order_by(job_runs.c.due_at.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        return JobRun(row.job, row.due_at, row.started_at, row.finished_at, row.outcome)

    def prune(self, before: datetime) -> None:
        """Drop runs from before an instant."""
        self._connection.execute(job_runs.delete().where(job_runs.c.due_at < before))


class DeliveryRepository:
    """Webhook deliveries that were taken, so that a replay is refused."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, source: str, delivery_id: str, now: datetime) -> bool:
        """Note a delivery; ``False`` when it was here before."""
        row = {"source": source, "delivery_id": delivery_id, "received_at": now}
        return insert_new(self._connection, deliveries, row)

    def prune(self, before: datetime) -> None:
        """Forget deliveries older than any signature that is still accepted."""
        self._connection.execute(deliveries.delete().where(deliveries.c.received_at < before))


class BudgetRepository:
    """Requests left per account."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, account: str) -> BudgetState | None:
        """What was last saved for ``account``."""
        row = self._connection.execute(select(budgets).where(budgets.c.account == account)).one_or_none()
        return None if row is None else BudgetState(row.remaining, row.resets_at)

    def save(self, account: str, state: BudgetState) -> None:
        """Keep ``state``."""
        row = {"account": account, "remaining": state.remaining, "resets_at": state.resets_at}
        upsert(self._connection, budgets, [row])

    def all(self) -> dict[str, BudgetState]:
        """Every account's budget."""
        rows = self._connection.execute(select(budgets).order_by(budgets.c.account))
        return {row.account: BudgetState(row.remaining, row.resets_at) for row in rows}


def _pass(row: Row[Any]) -> PassRow:
    return PassRow(row.pass_id, row.kind, row.started_at, row.finished_at, row.counts, row.error)
