"""The settings of a Zendesk Support account.

Terms
    subdomain      the account's name: what stands before ``.zendesk.com``
    API token      made in Admin Center, "Zendesk API"; it acts as the person of ``email``, who must be an
                   administrator: others may not use the incremental export
    OAuth token    the other way in; then neither ``email`` nor ``api_token`` is given
    field          our name → the ticket field's title in Zendesk, or its number
    key            how Zendesk names an organization field in its API ("Field key" in Admin Center)
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AnyHttpUrl, Field, model_validator

from connectors.helpdesk_settings import HelpdeskSettings
from connectors.product_settings import Credential, Name, NetworkSettings
from connectors.tracker_settings import ZonedSettings

MOST_TICKETS_A_PAGE = 1000
MOST_CHANGES_A_CALL = 100


class ZendeskAccess(NetworkSettings):
    """Where an account is, and the way in.

    ``base_url``         where the account is when that is not ``https://<subdomain>.zendesk.com``
    ``export_page_size`` tickets asked for per page of the incremental export
    ``reserved_requests`` requests of each minute's limit that are never used, for people and other programs
    """

    subdomain: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    base_url: AnyHttpUrl | None = None
    email: Name | None = None
    api_token: Credential | None = None
    oauth_token: Credential | None = None
    export_page_size: Annotated[int, Field(ge=1, le=MOST_TICKETS_A_PAGE)] = MOST_TICKETS_A_PAGE
    reserved_requests: Annotated[int, Field(ge=0)] = 20

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if self.oauth_token is not None and self.api_token is not None:
            raise ValueError("give either api_token with email or oauth_token, not both")
        if self.oauth_token is None and (self.api_token is None or self.email is None):
            raise ValueError("give email and api_token (Admin Center, Zendesk API), or oauth_token")
        return self

    @property
    def address(self) -> str:
        """Where the account is, without a slash at the end."""
        return str(self.base_url or f"https://{self.subdomain}.zendesk.com").rstrip("/")


class ZendeskSettings(ZendeskAccess, HelpdeskSettings):
    """One account as a helpdesk. ``webhook_secret`` is the signing secret of the webhook.

    ``changes_a_call``   tickets written with one call
    """

    changes_a_call: Annotated[int, Field(ge=1, le=MOST_CHANGES_A_CALL)] = MOST_CHANGES_A_CALL


class ZendeskTimeSettings(ZendeskAccess, ZonedSettings):
    """The Time Tracking app of one account as a time tracker.

    ``total_field``        the app's ticket field of all seconds that were spent: its title, or its number
    ``last_update_field``  its field of the seconds of the last update alike
    """

    total_field: Name | int = "Total time spent (sec)"
    last_update_field: Name | int = "Time spent last update (sec)"

    @property
    def account_name(self) -> str:
        """The subdomain."""
        return self.subdomain
