"""A Freshdesk account behind real HTTP on 127.0.0.1: ``with SandboxFreshdesk(account) as server: …``.

People act through :class:`connectors.sandbox.freshdesk_state.FreshdeskAccount` or through the API, connectors and other
clients through ``server.base_url``; ``server.webhooks`` sends the calls that wait.
"""

from __future__ import annotations

from connectors.sandbox.freshdesk_api import FreshdeskApi
from connectors.sandbox.freshdesk_state import FreshdeskAccount
from connectors.sandbox.freshdesk_webhooks import FreshdeskWebhooks
from connectors.sandbox.minute_budget import MinuteBudget
from connectors.sandbox.server import Answer, Faults, Request, SandboxServer

REQUESTS_A_MINUTE = 200
MOST_PAGES = 300


class SandboxFreshdesk(SandboxServer):
    """API v2 and automation webhooks of one account.

    ``requests_a_minute`` is what the plan allows; ``most_pages`` how deep a list of tickets goes.
    """

    def __init__(
        self,
        account: FreshdeskAccount,
        *,
        requests_a_minute: int = REQUESTS_A_MINUTE,
        most_pages: int = MOST_PAGES,
        faults: Faults | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(account.now, faults, port)
        self.account = account
        self.api = FreshdeskApi(account, self.base_url, MinuteBudget(requests_a_minute, account.now), most_pages)
        self.webhooks = FreshdeskWebhooks(account)

    def answer(self, request: Request) -> Answer:
        """What Freshdesk answers."""
        return self.api.answer(request)
