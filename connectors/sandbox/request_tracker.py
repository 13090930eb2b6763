"""Request Tracker behind real HTTP on 127.0.0.1: ``with SandboxRequestTracker(site) as server: server.base_url``."""

from __future__ import annotations

import hashlib
import hmac
import json

from connectors.sandbox.request_tracker_api import RequestTrackerApi
from connectors.sandbox.request_tracker_state import RequestTrackerSite
from connectors.sandbox.server import Answer, Faults, Request, SandboxServer


class SandboxRequestTracker(SandboxServer):
    """Serves one site's REST 2."""

    def __init__(self, site: RequestTrackerSite, *, faults: Faults | None = None, port: int = 0) -> None:
        super().__init__(site.now, faults, port)
        self.site = site
        self.api = RequestTrackerApi(site, lambda: self.base_url)

    def answer(self, request: Request) -> Answer:
        """What Request Tracker answers."""
        return self.api.answer(request)

    def webhook_call(self, ticket_id: int, secret: str) -> tuple[dict[str, str], bytes]:
        """The headers (names in lower case) and body with which the scrip tells of a ticket's last change, now."""
        newest = max(
            (transaction for transaction in self.site.transactions.values() if transaction.ticket_id == ticket_id),
            key=lambda transaction: transaction.id,
        )
        worked = [newest.id] if newest.minutes else []
        told = {"ticket": ticket_id, "transactions": [newest.id], "worked": worked}
        body = json.dumps(told, separators=(",", ":"), sort_keys=True).encode()
        return signed(str(int(self.site.now().timestamp())), body, secret), body


def signed(stamp: str, body: bytes, secret: str) -> dict[str, str]:
    """The headers (names in lower case) with which the scrip sends a body."""
    signature = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {
        "content-type": "application/json",
        "x-caresync-timestamp": stamp,
        "x-caresync-signature": f"sha256={signature}",
    }
