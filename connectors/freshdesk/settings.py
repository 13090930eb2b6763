"""The settings of a Freshdesk account, as a helpdesk and as a time tracker.

Terms
    domain    the account's name: what stands before ``.freshdesk.com``
    API key   of an agent with global access ("Profile settings"): others see only some tickets, without a word
    field     our name → the field's name in Freshdesk's API (``cf_cause``), or its label
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, AnyHttpUrl, Field

from connectors.helpdesk_settings import HelpdeskSettings
from connectors.product_settings import Credential, Name, NetworkSettings
from connectors.tracker_settings import ZonedSettings

MOST_ROWS_A_PAGE = 100
MERGE_NOTES = ("merged into ticket {number}",)
"""What Freshdesk writes into a ticket that goes, where the agent leaves its words as they are."""


def _with_number(template: str) -> str:
    if template.count("{number}") != 1:
        raise ValueError("write {number} once, where the number of the other ticket stands")
    return template


class FreshdeskAccess(NetworkSettings):
    """Where an account is, and the way in.

    ``base_url``          where the account is when that is not ``https://<domain>.freshdesk.com``
    ``page_size``         rows asked for per page
    ``reserved_requests`` requests of each minute's limit that are never used, for people and other programs
    """

    domain: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    base_url: AnyHttpUrl | None = None
    api_key: Credential
    page_size: Annotated[int, Field(ge=2, le=MOST_ROWS_A_PAGE)] = MOST_ROWS_A_PAGE
    reserved_requests: Annotated[int, Field(ge=0)] = 5

    @property
    def address(self) -> str:
        """Where the account is, without a slash at the end."""
        return str(self.base_url or f"https://{self.domain}.freshdesk.com").rstrip("/")


class FreshdeskSettings(FreshdeskAccess, HelpdeskSettings):
    """One account as a helpdesk. ``webhook_secret`` is what the automation rules send in ``X-CareSync-Secret``.

    ``merge_notes``  how a ticket that was merged says so; ``{number}`` stands for the other ticket. Freshdesk tells
                     merges by this note alone, which costs a request per closed ticket; without any, merges are not
                     followed
    """

    merge_notes: tuple[Annotated[Name, AfterValidator(_with_number)], ...] = MERGE_NOTES


class FreshdeskTimeSettings(FreshdeskAccess, ZonedSettings):
    """One account as a time tracker; ``time_zone`` is the account's, in which time is booked on days."""

    @property
    def account_name(self) -> str:
        """The domain."""
        return self.domain
