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
from zoneinfo import ZoneInfo

from pydantic import AnyHttpUrl, Field, SecretStr

from connectors.tracker_settings import TimeTrackerSettings, TimeZoneName


class ClockifySettings(TimeTrackerSettings):
    """One workspace, seen whole with one administrator's key.

    ``time_zone``         the zone whose calendar gives an entry its work date
    ``webhook_tokens``    the token of each webhook; without any webhook calls are refused
    ``report_page_size``  rows asked for per page of the detailed report
    """

    workspace_id: Annotated[str, Field(pattern=r"^[0-9a-f]{24}$")]
    api_key: Annotated[SecretStr, Field(min_length=1)]
    base_url: AnyHttpUrl = AnyHttpUrl("https://api.clockify.me/api/v1")
    reports_url: AnyHttpUrl = AnyHttpUrl("https://reports.api.clockify.me/v1")
    time_zone: TimeZoneName = "Europe/Amsterdam"
    webhook_tokens: tuple[SecretStr, ...] = ()
    report_page_size: Annotated[int, Field(ge=1, le=1000)] = 200

    @property
    def zone(self) -> ZoneInfo:
        """The time zone itself."""
        return ZoneInfo(self.time_zone)

    @property
    def account_name(self) -> str:
        """The workspace's id."""
        return self.workspace_id
