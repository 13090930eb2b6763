"""The settings of a Zammad site, as a helpdesk and as a time tracker.

Terms
    access token   of an agent who has access to every group ("Profile", "Token Access")
    group          where a ticket is; an agent sees the tickets of the groups that he has access to, and no word about
                   others
    field          our name → the object attribute's name in Zammad (``cause``), or how it is displayed
    unit           what the site counts time in; Zammad tells it to nobody but its administrators
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, SecretStr

from connectors.addresses import site_name
from connectors.tracker_settings import TimeTrackerSettings, TimeZoneName

MOST_ROWS_A_PAGE = 200
SHORTEST_SECRET = 16
"""A shorter one could be found out from a single call that somebody saw."""

Name = Annotated[str, Field(min_length=1)]
Token = Annotated[SecretStr, Field(min_length=1)]


class ZammadSettings(BaseModel):
    """One site as a helpdesk.

    ``account``         the name under which its tickets are kept, by default the site's address
    ``webhook_secret``  the signature token of the webhook, long; without one webhook calls are refused
    ``ignored_groups``  groups that CareSync is to see nothing of; access to every other one is demanded
    ``page_size``       tickets asked for per page
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: AnyHttpUrl
    api_token: Token
    account: Name | None = None
    webhook_secret: Annotated[SecretStr, Field(min_length=SHORTEST_SECRET)] | None = None
    fields: Mapping[Name, Name] = {}
    organization_fields: Mapping[Name, Name] = {}
    ignored_groups: tuple[Name, ...] = ()
    page_size: Annotated[int, Field(ge=2, le=MOST_ROWS_A_PAGE)] = 100

    @property
    def address(self) -> str:
        """Where the site is, without a slash at the end."""
        return str(self.base_url).rstrip("/")

    @property
    def account_name(self) -> str:
        """``account``, or the address without its scheme."""
        return self.account or site_name(self.base_url)


class ZammadTimeSettings(TimeTrackerSettings):
    """One site as a time tracker.

    ``unit_minutes``   the minutes of one unit: 1 where the site counts minutes, 15 for quarters, 60 for hours. It has
                       no default, for a wrong one would charge customers many times over
    ``time_zone``      in which an entry's work date is the day on which it was entered
    """

    base_url: AnyHttpUrl
    api_token: Token
    account: Name | None = None
    unit_minutes: Annotated[Decimal, Field(gt=0, le=24 * 60)]
    time_zone: TimeZoneName = "Europe/Amsterdam"
    ignored_groups: tuple[Name, ...] = ()
    page_size: Annotated[int, Field(ge=2, le=MOST_ROWS_A_PAGE)] = 100

    @property
    def address(self) -> str:
        """Where the site is, without a slash at the end."""
        return str(self.base_url).rstrip("/")

    @property
    def account_name(self) -> str:
        """``account``, or the address without its scheme."""
        return self.account or site_name(self.base_url)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone itself."""
        return ZoneInfo(self.time_zone)
