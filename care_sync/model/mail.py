"""An e-mail that waits to be sent, to one recipient; its ``Message-ID`` stays the same however often it is tried."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. ``attempts`` counts the claims, this one included."""

    mail_id: int
    message_id: str
    recipient: str
    subject: str
    body: str
    attempts: int
    last_error: str
    created_at: datetime
    lease_token: str | None = None
