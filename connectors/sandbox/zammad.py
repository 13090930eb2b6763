"""A Zammad site behind real HTTP on 127.0.0.1: ``with SandboxZammad(site) as server: …``.

People act through :class:`connectors.sandbox.zammad_state.ZammadSite` or through the API, connectors and other clients
through ``server.base_url``; ``server.webhooks`` sends the calls that wait.
"""

from __future__ import annotations

from connectors.sandbox.server import Answer, Faults, Request, SandboxServer
from connectors.sandbox.zammad_api import ZammadApi
from connectors.sandbox.zammad_state import ZammadSite
from connectors.sandbox.zammad_webhooks import ZammadWebhooks


class SandboxZammad(SandboxServer):
    """The API and the webhooks of one site."""

    def __init__(self, site: ZammadSite, *, faults: Faults | None = None, port: int = 0) -> None:
        super().__init__(site.now, faults, port)
        self.site = site
        self.api = ZammadApi(site)
        self.webhooks = ZammadWebhooks(site)

    def answer(self, request: Request) -> Answer:
        """What Zammad answers."""
        return self.api.answer(request)
