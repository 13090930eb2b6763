"""The settings of a Zendesk Support account.

Terms
    subdomain      the account's name: what stands before ``.zendesk.com``
    client         an OAuth client (Admin Center, "APIs", "OAuth clients"); its tokens act as its owner, who must be an
                   administrator: others may not use the incremental export
    connected      neither ``auth`` nor a token is given: ``care-sync connect zendesk`` has laid one into the store
    API token      the old way in, with ``email``: none can be made since 27 October 2026, and all stop on 30 April 2027
                   ("Migrating from API tokens to OAuth access tokens", developer.zendesk.com)
    OAuth token    a fixed one, made by hand
    field          our name → the ticket field's title in Zendesk, or its number
    key            how Zendesk names an organization field in its API ("Field key" in Admin Center)
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AnyHttpUrl, Field, model_validator

from connectors.helpdesk_settings import HelpdeskSettings
from connectors.oauth_settings import ClientSettings, OauthService, OauthSettings
from connectors.product_settings import Credential, Name, NetworkSettings
from connectors.tracker_settings import ZonedSettings

PRODUCT = "zendesk"
HELPDESK_SCOPES = frozenset({"read", "tickets:write"})
"""``read`` as a whole: ticket fields, organization fields and job statuses have no scope of their own."""
TIME_SCOPES = frozenset({"read"})
SETUP_SCOPES = frozenset({"read", "write"})
"""Fields and views have no scope of their own either."""
MOST_TICKETS_A_PAGE = 1000
MOST_CHANGES_A_CALL = 100


class ZendeskAccess(NetworkSettings, OauthSettings):
    """Where an account is, and the way in.

    ``auth``             the client that asks for tokens by its own credentials
    ``base_url``         where the account is when that is not ``https://<subdomain>.zendesk.com``
    ``export_page_size`` tickets asked for per page of the incremental export
    ``reserved_requests`` requests of each minute's limit that are never used, for people and other programs
    """

    subdomain: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    base_url: AnyHttpUrl | None = None
    auth: ClientSettings | None = None
    email: Name | None = None
    api_token: Credential | None = None
    oauth_token: Credential | None = None
    export_page_size: Annotated[int, Field(ge=1, le=MOST_TICKETS_A_PAGE)] = MOST_TICKETS_A_PAGE
    reserved_requests: Annotated[int, Field(ge=0)] = 20

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        given = [name for name in ("auth", "api_token", "oauth_token") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"give one of {' and '.join(given)}, not both")
        if (self.api_token is None) != (self.email is None):
            raise ValueError("email and api_token belong together; a new site gives neither, and auth instead")
        return self

    @property
    def address(self) -> str:
        """Where the account is, without a slash at the end."""
        return str(self.base_url or f"https://{self.subdomain}.zendesk.com").rstrip("/")

    @property
    def oauth(self) -> OauthService:
        """The account's authorization server ("OAuth Tokens for Grant Types", developer.zendesk.com)."""
        return OauthService(
            PRODUCT,
            self.subdomain,
            f"{self.address}/oauth/tokens",
            f"{self.address}/oauth/authorizations/new",
            "Admin Center, Apps and integrations, APIs, OAuth clients",
            HELPDESK_SCOPES,
            SETUP_SCOPES,
            takes_json=True,
            gives_to_clients=True,
        )

    @property
    def is_connected(self) -> bool:
        """Whether neither ``auth`` nor a token is given."""
        return self.auth is None and self.api_token is None and self.oauth_token is None


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
