"""The limits of the sandbox's Zendesk: requests per minute of the account, and of the incremental exports.

Sources: "Rate limits" and "Incremental exports"; the headers' names as recorded from the live service (lists say
``ratelimit-…``, other answers ``rate-limit-…``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.sandbox.minute_budget import MinuteBudget
from connectors.sandbox.server import Answer


@dataclass(slots=True)
class ZendeskLimits:
    """Both budgets of an account."""

    account: MinuteBudget
    exports: MinuteBudget

    def take(self, path: str) -> Answer | None:
        """Use up what a request costs; an answer when that is too much."""
        if not self.account.take():
            return self._exceeded("API", self.account, path)
        if self._is_export(path) and not self.exports.take():
            return self._exceeded("incremental ticket export API", self.exports, path)
        return None

    def headers(self, path: str, *, is_list: bool) -> Mapping[str, str]:
        """What every answer tells about what is left."""
        prefix = "ratelimit" if is_list else "rate-limit"
        total, remaining = str(self.account.total), str(self.account.remaining)
        told = {
            "x-rate-limit": total,
            "x-rate-limit-remaining": remaining,
            f"{prefix}{'-limit' if is_list else ''}": total,
            f"{prefix}-remaining": remaining,
            f"{prefix}-reset": str(self.account.resets_in),
        }
        if self._is_export(path):
            left = f"total={self.exports.total}; remaining={self.exports.remaining}; resets={self.exports.resets_in}"
            told["zendesk-ratelimit-incremental-exports"] = left
        return told

    def _exceeded(self, what: str, budget: MinuteBudget, path: str) -> Answer:
        description = f"Number of allowed {what} requests per minute exceeded"
        data = {"error": "APIRateLimitExceeded", "description": description}
        headers = {**self.headers(path, is_list=True), "Retry-After": str(budget.resets_in)}
        return Answer(429, data, headers)

    def _is_export(self, path: str) -> bool:
        return path.startswith("/api/v2/incremental/")
