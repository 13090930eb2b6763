"""The settings of a Request Tracker site: as a helpdesk, and as a time tracker.

Terms
    token         made under "Settings", "Auth Tokens", by the user as whom CareSync works; it names that user
    queue         where tickets are; named as people see it
    field         our name → the custom field's name in Request Tracker
    customer      an asset in the catalog of customers. Request Tracker has no organizations; assets have what one
                  needs: a number that stays, a name, custom fields, rights and a history

How to make a site ready stands in ``docs/connectors/request-tracker.md``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, AnyHttpUrl, Field, SecretStr, model_validator

from connectors.addresses import site_name
from connectors.helpdesk_settings import HelpdeskSettings
from connectors.product_settings import Credential, Name, NetworkSettings, ProductSettings, WebhookSettings
from connectors.records import TicketStatus
from connectors.tracker_settings import ZonedSettings

MOST_A_PAGE = 100
_TOKEN = re.compile(r"\d+-(\d+)-.+")

QueryName = Annotated[str, Field(min_length=1, pattern=r"""^[^{}'"\\]+$""")]
"""A name that stands in a query."""


def _names_its_user(token: SecretStr) -> SecretStr:
    if _TOKEN.fullmatch(token.get_secret_value()) is None:
        raise ValueError("is no token of Request Tracker; they look like 1-14-b3c5…")
    return token


Token = Annotated[Credential, AfterValidator(_names_its_user)]


class SiteSettings(NetworkSettings, WebhookSettings):
    """What both sections say of the site. ``webhook_secret`` is shared with the scrip that tells of changes.

    ``base_url``        the address at which people open Request Tracker, without ``/REST/2.0``
    ``queues``          those that count; none named: all that the token's user sees
    ``page_size``       rows asked for at a time; Request Tracker gives at most 100
    """

    base_url: AnyHttpUrl
    token: Token
    queues: tuple[Name, ...] = ()
    page_size: Annotated[int, Field(ge=2, le=MOST_A_PAGE)] = MOST_A_PAGE

    @property
    def address(self) -> str:
        """Where the site is, without a slash at the end."""
        return str(self.base_url).rstrip("/")

    @property
    def user_id(self) -> str:
        """The number of the user whose token it is."""
        matched = _TOKEN.fullmatch(self.token.get_secret_value())
        return matched[1] if matched else ""


class CustomersSettings(ProductSettings):
    """How a ticket's customer is found.

    ``catalog``       the catalog of assets in which every customer is an asset
    ``key_field``     the custom field of those assets by which tickets and people name a customer; without one they
                      name it by the asset's name, and renaming a customer takes its people along only when each is
                      changed too
    ``ticket_field``  the ticket's custom field that names its customer; where it is filled it decides
    ``by_requestor``  whether otherwise the attribute "Organization" of the ticket's requestors does
    """

    catalog: Name = "Customers"
    key_field: Name | None = None
    ticket_field: Name | None = None
    by_requestor: bool = True

    @model_validator(mode="after")
    def _a_way_to_find_them(self) -> Self:
        if self.ticket_field is None and not self.by_requestor:
            raise ValueError("name a ticket_field, or let by_requestor be true: otherwise no ticket has a customer")
        return self


class RequestTrackerSettings(SiteSettings, HelpdeskSettings):
    """A site as the helpdesk.

    ``tags_field``           the ticket's custom field for tags ("Enter multiple values"); Request Tracker has none
    ``organization_fields``  our name → the custom field of the customers' assets
    ``statuses``             words of other life cycles than the default one → the word that helpdesks share; a word
                             that is not known counts as open
    """

    fields: Mapping[Name, Name] = {}
    tags_field: Name = "Tags"
    customers: CustomersSettings = CustomersSettings()
    statuses: Mapping[Name, TicketStatus] = {}


class RequestTrackerTimeSettings(SiteSettings, ZonedSettings):
    """The time that people book on tickets.

    ``account``          the name under which entries are kept, by default the site's address. Whoever moves the site
                         writes the old one here: otherwise every entry would be a new one
    ``work_date_field``  the transactions' custom field (a date) that says on which day was worked; without one, or
                         where it is empty, it is the day on which the time was booked
    ``tags_field``       the transactions' custom field that says what kind of work it was
    """

    account: Name | None = None
    work_date_field: QueryName | None = None
    tags_field: Name | None = None

    @property
    def account_name(self) -> str:
        """``account``, or the address without its scheme: ``rt.example.com``."""
        return self.account or site_name(self.base_url)
