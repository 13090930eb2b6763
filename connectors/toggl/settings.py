"""The settings of a Toggl Track workspace.

Terms
    workspace    where a company's people track time; its number stands in the address of its settings page
    API token    of a workspace **administrator** (Profile settings, "API token"): others do not see colleagues
    reserve      requests that are left alone in every hour, for people and for other programs
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AnyHttpUrl, Field

from connectors.product_settings import Credential, NetworkSettings, WebhookSettings
from connectors.tracker_settings import ColleaguesSettings, ZonedSettings

MOST_ROWS_A_PAGE = 1000


class TogglSettings(NetworkSettings, WebhookSettings, ColleaguesSettings, ZonedSettings):
    """One workspace, seen whole with one administrator's token. ``webhook_secret`` is that of the subscription.

    ``report_page_size``  rows asked for per page of the detailed report; Toggl may give fewer
    ``reserved_requests`` requests of the hourly quota that are never used
    """

    workspace_id: Annotated[int, Field(gt=0)]
    api_token: Credential
    base_url: AnyHttpUrl = AnyHttpUrl("https://api.track.toggl.com")
    report_page_size: Annotated[int, Field(ge=1, le=MOST_ROWS_A_PAGE)] = 200
    reserved_requests: Annotated[int, Field(ge=0)] = 3

    @property
    def account_name(self) -> str:
        """The workspace's number."""
        return str(self.workspace_id)
