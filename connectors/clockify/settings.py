"""The settings of a Clockify workspace.

Terms
    workspace      where a company's people track time; its id stands in the address of its settings page
    API key        of a workspace administrator (Preferences, "Advanced"): others do not see colleagues
    region         workspaces kept in a region have addresses of their own (``https://euc1.clockify.me/api/v1``
                   and ``https://euc1.clockify.me/report/v1`` for the EU); a key holds in its own region only
    webhook token  what Clockify shows beside each webhook and sends along with every call of it
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AnyHttpUrl, Field

from connectors.product_settings import Credential, NetworkSettings, WebhookSecret
from connectors.tracker_settings import ColleaguesSettings, ZonedSettings

MOST_ROWS_A_PAGE = 200


class ClockifySettings(NetworkSettings, ColleaguesSettings, ZonedSettings):
    """One workspace, seen whole with one administrator's key.

    ``webhook_tokens``     the token of each webhook; without any webhook calls are refused
    ``report_page_size``   rows asked for per page of the detailed report; Clockify gives at most 200
    ``requests_an_hour``   what the plan allows (30 on a free one), which Clockify tells nobody; without it the requests
                           are not counted
    ``reserved_requests``  of those, how many are never used
    """

    workspace_id: Annotated[str, Field(pattern=r"^[0-9a-f]{24}$")]
    api_key: Credential
    base_url: AnyHttpUrl = AnyHttpUrl("https://api.clockify.me/api/v1")
    reports_url: AnyHttpUrl = AnyHttpUrl("https://reports.api.clockify.me/v1")
    webhook_tokens: tuple[WebhookSecret, ...] = ()
    report_page_size: Annotated[int, Field(ge=1, le=MOST_ROWS_A_PAGE)] = MOST_ROWS_A_PAGE
    requests_an_hour: Annotated[int, Field(ge=10)] | None = None
    reserved_requests: Annotated[int, Field(ge=0)] = 3

    @property
    def account_name(self) -> str:
        """The workspace's id."""
        return self.workspace_id
