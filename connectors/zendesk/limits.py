"""What Zendesk's headers tell about requests that are left.

Two budgets hold at once: the account's, per minute and for everybody (200 to 2,500 by plan), and that of the
incremental exports (ten a minute).

Sources: "Rate limits" and "Incremental exports" in the API reference. The account's headers are documented as
``ratelimit-remaining`` and ``ratelimit-reset`` for lists; other answers of the live service were recorded with
``rate-limit-remaining`` and ``rate-limit-reset``. An endpoint's own budget is one header,
``zendesk-ratelimit-incremental-exports…: total=10; remaining=9; resets=41``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from connectors.http import Left

ACCOUNT_HEADERS = (("ratelimit-remaining", "ratelimit-reset"), ("rate-limit-remaining", "rate-limit-reset"))
EXPORTS_HEADER = re.compile(r"zendesk-rate-?limit-incremental-", re.IGNORECASE)
ENDPOINT_BUDGET = re.compile(r"remaining=(\d{1,9})\b.*?resets=(\d{1,9})\b")


def left_of_account(headers: Mapping[str, str]) -> Left | None:
    """Requests that the account has left this minute."""
    for remaining, reset in ACCOUNT_HEADERS:
        words = headers.get(remaining, ""), headers.get(reset, "")
        if all(word.isdecimal() and len(word) < 10 for word in words):
            return Left(int(words[0]), int(words[1]))
    return None


def left_of_exports(headers: Mapping[str, str]) -> Left | None:
    """Export requests that are left this minute: the tightest of the budgets that the answer tells."""
    budgets = [
        Left(int(matched[1]), int(matched[2]))
        for name, value in headers.items()
        if EXPORTS_HEADER.match(name) and (matched := ENDPOINT_BUDGET.search(value))
    ]
    return min(budgets, key=lambda left: left.requests, default=None)
