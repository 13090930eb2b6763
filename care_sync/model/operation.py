"""How the machine itself ran: one pass, one run of a scheduled job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PassRow:
    """One pass; ``finished_at`` is ``None`` while it runs, or for ever when it died."""

    pass_id: str
    kind: str
    started_at: datetime
    finished_at: datetime | None
    counts: Mapping[str, int]
    error: str


@dataclass(frozen=True, slots=True)
class JobRun:
    """A due run of a job."""

    job: str
    due_at: datetime
    started_at: datetime
    finished_at: datetime | None
    outcome: str
