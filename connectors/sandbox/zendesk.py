"""A Zendesk Support account behind real HTTP on 127.0.0.1: ``with SandboxZendesk(account) as server: …``.

People act through :class:`connectors.sandbox.zendesk_state.ZendeskAccount` or through the API, connectors and other
clients through ``server.base_url``; ``server.webhooks`` sends the events that wait.
"""

from __future__ import annotations

from connectors.sandbox.minute_budget import MinuteBudget
from connectors.sandbox.oauth import OauthServer
from connectors.sandbox.server import Answer, Faults, Request, SandboxServer
from connectors.sandbox.zendesk_api import ZendeskApi
from connectors.sandbox.zendesk_limits import ZendeskLimits
from connectors.sandbox.zendesk_state import ZendeskAccount
from connectors.sandbox.zendesk_webhooks import ZendeskWebhooks

REQUESTS_A_MINUTE = 700
EXPORTS_A_MINUTE = 10


class SandboxZendesk(SandboxServer):
    """Support API v2, OAuth (:mod:`connectors.sandbox.zendesk_oauth`) and webhooks of one account.

    ``requests_a_minute`` is what the plan allows, ``exports_a_minute`` what the incremental exports do.
    """

    def __init__(
        self,
        account: ZendeskAccount,
        *,
        requests_a_minute: int = REQUESTS_A_MINUTE,
        exports_a_minute: int = EXPORTS_A_MINUTE,
        faults: Faults | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(account.now, faults, port)
        self.account = account
        limits = ZendeskLimits(
            MinuteBudget(requests_a_minute, account.now), MinuteBudget(exports_a_minute, account.now)
        )
        self.oauth = OauthServer(account.records.oauth, account.now)
        self.api = ZendeskApi(account, self.base_url, limits, self.oauth)
        self.webhooks = ZendeskWebhooks(account)

    def answer(self, request: Request) -> Answer:
        """What Zendesk answers."""
        return self.api.answer(request)
