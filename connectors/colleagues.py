"""Whether a time tracker's credential sees every colleague: asked before anything is read.

A credential that sees its owner alone gets shorter lists, and no word about it. So reading with one is refused, unless
the settings say that one person's time is all that is meant (``sees_only: own``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from connectors.errors import PermissionMissing
from connectors.records import CheckResult
from connectors.self_check import check_that

BELIEVED_FOR = timedelta(hours=12)
"""Of the fast lane, to spare requests; the window, which decides what is gone, asks again."""
SUBJECT = "sees every colleague"
OR_ONE_PERSON = "If one person's time is all that is meant, set sees_only: own."


class Colleagues:
    """``hidden`` asks what the credential does not see: it gives what to do about it, and nothing where it sees all."""

    def __init__(
        self,
        product: str,
        sees_only: Literal["own"] | None,
        hidden: Callable[[], str],
        now: Callable[[], datetime],
    ) -> None:
        self._product = product
        self._sees_only = sees_only
        self._hidden = hidden
        self._now = now
        self._seen_at: datetime | None = None

    def require(self, *, anew: bool = False) -> None:
        """Raise :class:`PermissionMissing` unless the credential sees as much as is meant."""
        now = self._now()
        if not anew and self._seen_at is not None and now - self._seen_at < BELIEVED_FOR:
            return
        self._seen_at = None
        self._require("does not show the credential every colleague's time")
        self._seen_at = now

    def require_gone(self, entry_id: str) -> None:
        """Raise :class:`PermissionMissing` where an entry that is absent may be out of sight instead of gone."""
        self._require(f"cannot tell whether entry {entry_id} is gone or out of sight")

    def check(self) -> CheckResult:
        """The line of the self-check. Raises :class:`connectors.errors.ConnectorError`."""
        if self._sees_only == "own":
            return CheckResult("sees its own time, as sees_only says", passed=True)
        hidden = self._hidden()
        return check_that(SUBJECT, not hidden, f"{hidden} {OR_ONE_PERSON}")

    def _require(self, problem: str) -> None:
        if self._sees_only != "own" and (hidden := self._hidden()):
            raise PermissionMissing(self._product, problem, remedy=f"{hidden} {OR_ONE_PERSON}")
