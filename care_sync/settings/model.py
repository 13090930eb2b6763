"""The settings of one site, section by section. ``config.example.yaml`` shows them all with their comments.

Terms
    section     a part of the file: ``company``, ``store``, ``helpdesk`` …
    connection  a product that CareSync talks to; its keys are those of the product's own settings class

Promise: settings that exist are valid and never change. Durations say their unit in the name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale, UnknownLocaleError
from pydantic import AfterValidator, AnyHttpUrl, BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from care_sync.model.prices import Prices, rate_on
from care_sync.settings.agreements import AlertsSection, EstimatesSection, FairUseSection, HourCardSection
from care_sync.settings.facts import FactsSection
from care_sync.settings.invoice import InvoiceSection
from care_sync.settings.linking import LinkSettings
from care_sync.settings.mail import MailSection
from care_sync.settings.statement import StatementSection
from connectors.oauth_settings import OauthSettings
from connectors.product_settings import WebhookSecret

SHORTEST_TOKEN_KEY = 32
PREFIX = "CARE_SYNC_"
"""What the names of our environment variables begin with."""


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is no time zone; write one of the IANA names, such as Europe/Amsterdam")
    return name


def _locale(name: str) -> str:
    try:
        Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        raise ValueError("is not a locale; write nl, en, nl-BE, en-US …") from None
    return name


class Section(BaseModel):
    """What all sections share: unknown keys are refused, nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class CompanySection(Section):
    """Who we are: the name under replies, the zone of policy dates, and the language of notes."""

    name: str = Field(min_length=1)
    time_zone: Annotated[str, AfterValidator(_zone)] = "Europe/Amsterdam"
    locale: Annotated[str, AfterValidator(_locale)] = "nl"

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which a day begins and ends for the policy."""
        return ZoneInfo(self.time_zone)


def _token_key(secret: SecretStr) -> SecretStr:
    characters = len(secret.get_secret_value())
    if characters < SHORTEST_TOKEN_KEY:
        raise ValueError(f"has {characters} characters; it must have at least {SHORTEST_TOKEN_KEY}")
    return secret


TokenKey = Annotated[WebhookSecret, AfterValidator(_token_key)]


class StoreSection(Section):
    """Where the ledger lives. The URL can hold a password and is therefore a secret.

    ``token_key``           encrypts the tokens that OAuth gives; without one, they live as long as the process
    ``previous_token_key``  opens what it encrypted, while it is replaced by the other
    """

    url: SecretStr = SecretStr("sqlite:///care-sync.sqlite")
    token_key: TokenKey | None = None
    previous_token_key: TokenKey | None = None

    @model_validator(mode="after")
    def _replaces_another(self) -> Self:
        if self.previous_token_key is not None and self.token_key is None:
            raise ValueError("give token_key too: previous_token_key alone encrypts nothing new")
        return self

    @property
    def token_keys(self) -> tuple[SecretStr, ...]:
        """Those that count, the present one first."""
        return tuple(key for key in (self.token_key, self.previous_token_key) if key is not None)


class RulesSection(Section):
    """Which rules decide; without ``path`` those that come with CareSync."""

    path: Path | None = None


class MessagesSection(Section):
    """Where a site keeps its own message templates."""

    templates: Path | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """A product and the settings of its connector.

    ``name`` is the site's own word for it; ``options`` is an instance of the product's settings class.
    """

    name: str
    product: str
    options: BaseModel


class LedgerSection(Section):
    """How hours are counted and cards behave."""

    hour_card: HourCardSection = HourCardSection()
    fair_use: FairUseSection = FairUseSection()
    invoice: InvoiceSection = InvoiceSection()
    statement: StatementSection = StatementSection()

    @property
    def prices(self) -> Prices:
        """The rates and the tax that are configured now: those of open months, kept when a month closes."""
        of_cards = {day: rate for day, rate in self.hour_card.rates.items() if rate_on(self.invoice.rates, day) is None}
        return Prices({**of_cards, **self.invoice.rates}, self.invoice.vat_percent)


class WriteBackSection(Section):
    """What a ticket shows of us; see *What a ticket shows* in the architecture."""

    tag_prefix: Annotated[str, Field(pattern=r"^[a-z0-9_]*$", max_length=30)] = ""
    notes: bool = True
    replies: bool = True
    quiet_minutes: Annotated[int, Field(ge=0, le=1440)] = 15


class ScheduleSection(Section):
    """When the daemon works. ``nightly`` is a local time of the company's zone."""

    poll_minutes: Annotated[int, Field(ge=1, le=1440)] = 5
    push_minutes: Annotated[int, Field(ge=1, le=1440)] = 1
    nightly: time = time(2, 30)
    window_days: Annotated[int, Field(ge=1, le=366)] = 45


class GuardSection(Section):
    """When so many entries are missing at once that a person is asked before hours are given back."""

    missing_limit: Annotated[int, Field(ge=0)] = 5
    missing_share: Annotated[float, Field(ge=0, le=1)] = 0.02


class WebSection(Section):
    """Where the daemon listens for webhooks and health checks; behind a proxy that speaks TLS.

    ``public_url`` is where products reach that proxy.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8787
    public_url: AnyHttpUrl | None = None


class LogsSection(Section):
    """How much is logged, and whether for people (``console``) or for machines (``json``)."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "console", "json"] = "auto"


class Settings(BaseSettings):
    """Everything that a site can set. Made by :func:`care_sync.settings.load_settings` alone."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        arbitrary_types_allowed=True,
    )

    company: CompanySection
    helpdesk: Connection
    time_trackers: Mapping[str, Connection] = {}
    bookkeeping: Connection | None = None
    linking: LinkSettings = LinkSettings()
    facts: FactsSection = FactsSection()
    store: StoreSection = StoreSection()
    rules: RulesSection = RulesSection()
    messages: MessagesSection = MessagesSection()
    ledger: LedgerSection = LedgerSection()
    write_back: WriteBackSection = WriteBackSection()
    alerts: AlertsSection = AlertsSection()
    estimates: EstimatesSection = EstimatesSection()
    mail: MailSection = MailSection()
    schedule: ScheduleSection = ScheduleSection()
    guard: GuardSection = GuardSection()
    web: WebSection = WebSection()
    logs: LogsSection = LogsSection()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what the loader has laid together, so that it can say where each value came from."""
        return (init_settings,)

    @property
    def connections(self) -> Mapping[str, Connection]:
        """Every product that is configured, by its place in the settings."""
        trackers = {f"time_trackers.{name}": tracker for name, tracker in self.time_trackers.items()}
        bookkeeping = {"bookkeeping": self.bookkeeping} if self.bookkeeping is not None else {}
        return {"helpdesk": self.helpdesk, **trackers, **bookkeeping}

    @model_validator(mode="after")
    def _can_keep_what_is_connected(self) -> Self:
        for place, connection in self.connections.items():
            options = connection.options
            if isinstance(options, OauthSettings) and options.is_connected and self.store.token_key is None:
                raise ValueError(
                    f"{place} has no way into {connection.product}: give it auth.client_id and auth.client_secret; or "
                    "set store.token_key (openssl rand -hex 32), under which `care-sync connect` keeps a token"
                )
        return self

    def secrets(self) -> frozenset[str]:
        """Every secret in these settings, for the logs to leave out."""
        return frozenset(_secrets_in(self))


def _secrets_in(value: Any) -> Iterator[str]:
    if isinstance(value, SecretStr):
        if len(value.get_secret_value()) > 0:
            yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _secrets_in(getattr(value, name))
    elif isinstance(value, Connection):
        yield from _secrets_in(value.options)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _secrets_in(item)
    elif isinstance(value, (tuple, list, set, frozenset)):
        for item in value:
            yield from _secrets_in(item)
