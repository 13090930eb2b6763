"""Redmine behind real HTTP on 127.0.0.1: ``with SandboxRedmine(site) as server: server.base_url``."""

from __future__ import annotations

import hashlib
import hmac
import json

from connectors.sandbox import redmine_shapes as shapes
from connectors.sandbox.redmine_api import RedmineApi
from connectors.sandbox.redmine_state import RedmineSite
from connectors.sandbox.server import Answer, Faults, Request, SandboxServer

SIGNATURE_HEADER = "x-redmine-signature-256"


class SandboxRedmine(SandboxServer):
    """Serves one site's API."""

    def __init__(self, site: RedmineSite, *, faults: Faults | None = None, port: int = 0) -> None:
        super().__init__(site.now, faults, port)
        self.site = site
        self._api = RedmineApi(site, lambda: self.base_url)

    def answer(self, request: Request) -> Answer:
        """What Redmine answers."""
        return self._api.answer(request)

    def webhook_call(self, entry_id: int, secret: str) -> tuple[dict[str, str], bytes]:
        """The headers (names in lower case) and body with which Redmine 7 tells of a change; 5.0 tells of none."""
        entry = self.site.entries[entry_id]
        event = {
            "type": "time_entry.updated",
            "timestamp": shapes.instant(entry.updated_on),
            "data": {"time_entry": shapes.time_entry(self.site, entry)},
        }
        body = json.dumps(event).encode()
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return {"content-type": "application/json", SIGNATURE_HEADER: f"sha256={signature}"}, body
