"""The settings of a Harvest account.

Terms
    personal access token   of an **administrator** (id.getharvest.com/developers):
                            managers see their team, others themselves
    connected               without an access token: ``care-sync connect harvest`` has laid one into the store, of an
                            administrator who consented; it lasts two weeks and is renewed (API v2, "Authentication")
    account id              the number shown beside the token
    contact                 an address that Harvest can write to about our requests; its API demands one
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AnyHttpUrl, Field

from connectors.oauth_settings import OauthService, OauthSettings
from connectors.product_settings import Credential, NetworkSettings
from connectors.tracker_settings import ColleaguesSettings

PRODUCT = "harvest"


class HarvestSettings(NetworkSettings, OauthSettings, ColleaguesSettings):
    """One account, seen whole with one administrator's token. ``page_size`` is at most 2000 (more is refused).

    ``id_url``  where people log in and consent
    """

    account_id: Annotated[int, Field(gt=0)]
    access_token: Credential | None = None
    contact: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    base_url: AnyHttpUrl = AnyHttpUrl("https://api.harvestapp.com/v2")
    id_url: AnyHttpUrl = AnyHttpUrl("https://id.getharvest.com")
    page_size: Annotated[int, Field(ge=1, le=2000)] = 2000

    @property
    def oauth(self) -> OauthService:
        """Harvest ID."""
        address = str(self.id_url).rstrip("/")
        return OauthService(
            PRODUCT,
            self.account_name,
            f"{address}/api/v2/oauth2/token",
            f"{address}/oauth2/authorize",
            "id.getharvest.com/developers, Create new OAuth2 application",
        )

    @property
    def is_connected(self) -> bool:
        """Whether no token is given."""
        return self.access_token is None

    @property
    def account_name(self) -> str:
        """The account's number."""
        return str(self.account_id)
