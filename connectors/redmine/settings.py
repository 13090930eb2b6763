"""The settings of a Redmine site.

Terms
    API key        of a user who sees everybody's time in every project that counts: an administrator, or a member
                   with a role that has "View spent time" for all time entries ("My account", "API access key")
    custom field   what a Redmine administrator adds to issues or time entries; here named as people see it
    webhook        Redmine 7 and newer tell of changes; older ones do not
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AnyHttpUrl, Field

from connectors.addresses import site_name
from connectors.product_settings import Credential, Name, NetworkSettings, WebhookSettings
from connectors.tracker_settings import ColleaguesSettings


class RedmineSettings(NetworkSettings, WebhookSettings, ColleaguesSettings):
    """One site.

    ``account``         the name under which its entries are kept, by default the site's address. Whoever moves the
                        site to another address writes the old one here: otherwise every entry would be a new one
    ``ticket_field``    the custom field that holds the helpdesk's ticket, of the time entry or else of its issue:
                        the number that people see, or its address
    ``billable_field``  the custom field (yes or no) of time entries that says whether they are billable
    ``page_size``       entries asked for at a time; Redmine gives at most 100
    """

    base_url: AnyHttpUrl
    api_key: Credential
    account: Name | None = None
    ticket_field: Name | None = None
    billable_field: Name | None = None
    page_size: Annotated[int, Field(ge=2, le=100)] = 100

    @property
    def account_name(self) -> str:
        """``account``, or the address without its scheme: ``redmine.example.com/tracker``."""
        return self.account or site_name(self.base_url)
