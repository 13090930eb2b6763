"""The settings of a Harvest account.

Terms
    personal access token   of an **administrator** (id.getharvest.com/developers):
                            managers see their team, others themselves
    account id              the number shown beside the token
    contact                 an address that Harvest can write to about our requests; its API demands one
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AnyHttpUrl, Field

from connectors.product_settings import Credential, NetworkSettings
from connectors.tracker_settings import ColleaguesSettings


class HarvestSettings(NetworkSettings, ColleaguesSettings):
    """One account, seen whole with one administrator's token. ``page_size`` is at most 2000 (more is refused)."""

    account_id: Annotated[int, Field(gt=0)]
    access_token: Credential
    contact: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    base_url: AnyHttpUrl = AnyHttpUrl("https://api.harvestapp.com/v2")
    page_size: Annotated[int, Field(ge=1, le=2000)] = 2000

    @property
    def account_name(self) -> str:
        """The account's number."""
        return str(self.account_id)
