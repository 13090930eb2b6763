"""The settings of a Freshdesk account, as a helpdesk and as a time tracker.

Terms
    domain    the account's name: what stands before ``.freshdesk.com``
    API key   of an agent with global access ("Profile settings"): others see only some tickets, without a word
    field     our name → the field's name in Freshdesk's API (``cf_cause``), or its label
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AnyHttpUrl, BaseModel, ConfigDict, Field, SecretStr

from connectors.tracker_settings import TimeTrackerSettings, TimeZoneName

MOST_ROWS_A_PAGE = 100
SHORTEST_SECRET = 16
"""The secret of webhook calls is all that proves them genuine."""
MERGE_NOTES = ("merged into ticket {number}",)
"""What Freshdesk writes into a ticket that goes, where the agent leaves its words as they are."""

Name = Annotated[str, Field(min_length=1)]
Domain = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


def _with_number(template: str) -> str:
    if template.count("{number}") != 1:
        raise ValueError("write {number} once, where the number of the other ticket stands")
    return template


def address_of(base_url: AnyHttpUrl | None, domain: str) -> str:
    """Where an account is, without a slash at the end."""
    return str(base_url or f"https://{domain}.freshdesk.com").rstrip("/")


class FreshdeskSettings(BaseModel):
    """One account as a helpdesk.

    ``base_url``          where the account is when that is not ``https://<domain>.freshdesk.com``
    ``webhook_secret``    what the automation rules send in the header ``X-CareSync-Secret``; without one webhook calls
                          are refused
    ``merge_notes``       how a ticket that was merged says so; ``{number}`` stands for the other ticket. Freshdesk
                          tells merges by this note alone, which costs a request per closed ticket; without any, merges
                          are not followed
    ``page_size``         rows asked for per page
    ``reserved_requests`` requests of each minute's limit that are never used, for people and other programs
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: Domain
    base_url: AnyHttpUrl | None = None
    api_key: Annotated[SecretStr, Field(min_length=1)]
    webhook_secret: Annotated[SecretStr, Field(min_length=SHORTEST_SECRET)] | None = None
    fields: Mapping[Name, Name] = {}
    organization_fields: Mapping[Name, Name] = {}
    merge_notes: tuple[Annotated[Name, AfterValidator(_with_number)], ...] = MERGE_NOTES
    page_size: Annotated[int, Field(ge=2, le=MOST_ROWS_A_PAGE)] = MOST_ROWS_A_PAGE
    reserved_requests: Annotated[int, Field(ge=0)] = 5

    @property
    def address(self) -> str:
        """Where the account is, without a slash at the end."""
        return address_of(self.base_url, self.domain)


class FreshdeskTimeSettings(TimeTrackerSettings):
    """One account as a time tracker; ``time_zone`` is the account's, in which time is booked on days."""

    domain: Domain
    base_url: AnyHttpUrl | None = None
    api_key: Annotated[SecretStr, Field(min_length=1)]
    time_zone: TimeZoneName = "Europe/Amsterdam"
    page_size: Annotated[int, Field(ge=2, le=MOST_ROWS_A_PAGE)] = MOST_ROWS_A_PAGE
    reserved_requests: Annotated[int, Field(ge=0)] = 5

    @property
    def account_name(self) -> str:
        """The domain."""
        return self.domain

    @property
    def zone(self) -> ZoneInfo:
        """The time zone itself."""
        return ZoneInfo(self.time_zone)

    @property
    def address(self) -> str:
        """Where the account is, without a slash at the end."""
        return address_of(self.base_url, self.domain)
