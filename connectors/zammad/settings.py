"""The settings of a Zammad site, as a helpdesk and as a time tracker.

Terms
    access token   of an agent who has access to every group ("Profile", "Token Access")
    group          where a ticket is; an agent sees the tickets of the groups that he has access to, and no word about
                   others
    field          our name → the object attribute's name in Zammad (``cause``), or how it is displayed
    unit           what the site counts time in; Zammad tells it to nobody but its administrators
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import AnyHttpUrl, Field

from connectors.addresses import site_name
from connectors.helpdesk_settings import HelpdeskSettings
from connectors.product_settings import Credential, Name, NetworkSettings
from connectors.tracker_settings import ZonedSettings

MOST_ROWS_A_PAGE = 200


class ZammadAccess(NetworkSettings):
    """Where a site is, and the way in.

    ``account``         the name under which what is read there is kept, by default the site's address
    ``ignored_groups``  groups that CareSync is to see nothing of; access to every other one is demanded
    ``page_size``       tickets asked for per page
    """

    base_url: AnyHttpUrl
    api_token: Credential
    account: Name | None = None
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


class ZammadSettings(ZammadAccess, HelpdeskSettings):
    """One site as a helpdesk. ``webhook_secret`` is the signature token of the webhook."""


class ZammadTimeSettings(ZammadAccess, ZonedSettings):
    """One site as a time tracker; an entry's work date is the day on which it was entered.

    ``unit_minutes``   the minutes of one unit: 1 where the site counts minutes, 15 for quarters, 60 for hours. It has
                       no default, for a wrong one would charge customers many times over
    """

    unit_minutes: Annotated[Decimal, Field(gt=0, le=24 * 60)]
