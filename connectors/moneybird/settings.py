"""The settings of a Moneybird administration.

Terms
    administration   one company's books; its number stands in the address of every page of it
    access token     a personal API token with the scope ``sales_invoices`` (developer.moneybird.com, "Authentication")
    connected        without an access token: ``care-sync connect moneybird`` has laid one into the store
    tax rate         the rate of value added tax that lines get, by its number ("Tax rates" of the API)
    ledger account   the category of revenue that lines are booked on; without one Moneybird takes its own default
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AnyHttpUrl, ConfigDict, Field

from connectors.oauth_settings import OauthService, OauthSettings
from connectors.product_settings import Credential, NetworkSettings

PRODUCT = "moneybird"
Number = Annotated[str, Field(pattern=r"^\d+$")]


class MoneybirdSettings(NetworkSettings, OauthSettings):
    """One administration. Numbers are text: they are longer than some programs can count."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    administration_id: Number
    access_token: Credential | None = None
    tax_rate_id: Number
    ledger_account_id: Number | None = None
    workflow_id: Number | None = None
    document_style_id: Number | None = None
    base_url: AnyHttpUrl = AnyHttpUrl("https://moneybird.com/api/v2")
    site_url: AnyHttpUrl = AnyHttpUrl("https://moneybird.com")
    reserved_requests: Annotated[int, Field(ge=0, lt=150)] = 10

    @property
    def oauth(self) -> OauthService:
        """Moneybird's own authorization server."""
        address = str(self.site_url).rstrip("/")
        return OauthService(
            PRODUCT,
            self.administration_id,
            f"{address}/oauth/token",
            f"{address}/oauth/authorize",
            "moneybird.com/user/applications/new, external application",
            frozenset({"sales_invoices"}),
        )

    @property
    def is_connected(self) -> bool:
        """Whether no token is given."""
        return self.access_token is None
