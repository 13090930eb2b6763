"""What Freshdesk's headers tell about requests that are left.

The limit holds per minute, for everybody in the account together. ``X-RateLimit-Remaining`` tells what is left of it
and nothing tells when the minute ends, so a budget that is used up is left alone for a whole one.

Source: "Rate limit" in the API reference.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.http import Left
from connectors.value_reader import decimal_of

REMAINING_HEADER = "x-ratelimit-remaining"
WINDOW_SECONDS = 60.0


def left_of_account(headers: Mapping[str, str]) -> Left | None:
    """Requests that the account has left this minute."""
    remaining = decimal_of(headers.get(REMAINING_HEADER, ""))
    return None if remaining is None else Left(float(remaining), WINDOW_SECONDS)
