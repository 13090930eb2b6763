"""What a person must look at: the list that operations work through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Attention:
    """Something that a person must look at, with what to do in its message."""

    kind: str
    subject: str
    message: str
    since: datetime
    last_seen_at: datetime
