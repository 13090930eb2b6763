"""What the token's user must see before a reading means anything.

Request Tracker leaves out what a user may not see and says nothing of it, and reads a query's times in the user's own
time zone. Both would make a reading silently smaller, so both are looked at first.
"""

from __future__ import annotations

from collections.abc import Sequence

from connectors.errors import PermissionMissing
from connectors.http import Response
from connectors.request_tracker.client import RequestTrackerClient, body_of
from connectors.request_tracker.value_reader import PRODUCT, READ

UTC_NAMES = frozenset({"utc", "etc/utc", "gmt", "etc/gmt"})
NO_QUEUES = "Give the user the rights SeeQueue and ShowTicket for the queues that count, or correct helpdesk.queues."


def require_utc(me: Response) -> None:
    """Raise :class:`PermissionMissing` unless the user's own time zone is UTC."""
    user = body_of(me)
    READ.identity(user.get("id"), "user.id")
    zone = READ.text(user.get("Timezone"), "user.Timezone")
    if zone.casefold() not in UTC_NAMES:
        raise PermissionMissing(
            PRODUCT,
            f"reads times in the configured user's time zone, which is {zone or 'not set'}",
            remedy="Set the time zone of that user to UTC (Settings, About me).",
        )


def queue_ids(client: RequestTrackerClient, names: Sequence[str]) -> list[str]:
    """The numbers of these queues; of none named, of every queue that is seen.

    Raises :class:`PermissionMissing` when one of them, or any queue at all, is out of sight.
    """
    seen = client.queues()
    missing = [name for name in names if name not in seen]
    if missing or not seen:
        what = f'the queue "{missing[0]}"' if missing else "any queue"
        raise PermissionMissing(PRODUCT, f"does not show {what} to the configured user", remedy=NO_QUEUES)
    return [seen[name] for name in names or sorted(seen)]
