"""How anything goes out to another system: one set of states, one lease, one back-off.

Planned writes to the helpdesk, e-mail, and drafts in the bookkeeping all follow it.

Terms
    planned     nobody has begun; it may be begun when it is due
    sending     somebody has claimed it, for as long as the lease lasts
    uncertain   it was begun and nobody knows whether it took effect
    done        it took effect; ``refused`` and ``failed``: it did not and is not tried again by itself
    token       names one claim; whoever writes down how it ended shows it, so that a slow sender whose lease ran out
                cannot undo what somebody else has done since
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=3)
"""What fails for so long is given up, and put on the list of attention."""


class SendState(StrEnum):
    """Where something that goes out stands."""

    PLANNED = "planned"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


UNFINISHED = (SendState.PLANNED, SendState.SENDING, SendState.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class Lease:
    """A claim: its token, and when others may take over."""

    token: str
    until: datetime

    @classmethod
    def of(cls, now: datetime, duration: timedelta) -> Lease:
        """A new claim that lasts so long."""
        return cls(uuid.uuid4().hex, now + duration)


def wait_after(attempts: int, *, first: timedelta = FIRST_WAIT) -> timedelta:
    """How long to wait after so many attempts: twice as long each time, up to :data:`LONGEST_WAIT`."""
    doublings = min(max(attempts, 1) - 1, 20)
    return min(max(first, LONGEST_WAIT), first * (1 << doublings))
