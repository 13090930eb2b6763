"""The settings of a Kimai site.

Terms
    API token   of a **super administrator** (user menu, "API access"): others see themselves and the teams they lead
    meta field  a custom field of timesheets, which some plugins add; here named by its internal name
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AnyHttpUrl, Field

from connectors.addresses import site_name
from connectors.product_settings import Credential, Name, NetworkSettings
from connectors.tracker_settings import ColleaguesSettings


class KimaiSettings(NetworkSettings, ColleaguesSettings):
    """One site.

    ``base_url``      the site's address, without ``/api``
    ``account``       the name under which its entries are kept, by default the site's address. Whoever moves the
                      site to another address writes the old one here: otherwise every entry would be a new one
    ``ticket_field``  the meta field that holds the helpdesk's ticket: the number that people see, or its address
    ``page_size``     timesheets asked for at a time; Kimai gives at most 500
    """

    base_url: AnyHttpUrl
    api_token: Credential
    account: Name | None = None
    ticket_field: Name | None = None
    page_size: Annotated[int, Field(ge=1, le=500)] = 500

    @property
    def account_name(self) -> str:
        """``account``, or the address without its scheme: ``time.example.com``."""
        return self.account or site_name(self.base_url)
