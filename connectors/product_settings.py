"""What the settings of products share, whatever kind of product it is.

Terms
    credential       what proves to a product who we are: a token, a key
    webhook secret   what proves to us that a call is the product's. While one is replaced by another, two count
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

SHORTEST_SECRET = 16
"""A shorter one could be found out from a single call that somebody saw."""
FEWEST_DIFFERENT = 5
_FILLERS = re.compile(
    "changeme|change|please|replace|placeholder|example|insert|default|webhook|password|passphrase|signing|secret|token|"
    "value|todo|setme|none|null|test|demo|dummy|sample|123456789|12345678|1234567|123456|abcdef|xxx+|your|here|"
    r"this|that|with|some|long|the|set|key|me|my|to|be|it|an|api|[\W_]",
    re.IGNORECASE,
)
"""What placeholders are made of."""
MOST_OF_A_PLACEHOLDER = 4
"""Characters that are left of one without them."""

Name = Annotated[str, Field(min_length=1)]


def _sendable(secret: SecretStr) -> SecretStr:
    """A credential that a header can carry."""
    value = secret.get_secret_value()
    if not value:
        raise ValueError("is empty; leave the setting out, or write the value that the product shows")
    if value != value.strip():
        raise ValueError("has blanks around it; remove them")
    if not (value.isascii() and value.isprintable()):
        raise ValueError("has characters that no product's key has; copy it again")
    return secret


def _strong(secret: SecretStr) -> SecretStr:
    """A secret that nobody guesses."""
    value = _sendable(secret).get_secret_value()
    if len(value) < SHORTEST_SECRET:
        raise ValueError(f"has {len(value)} characters; it must have at least {SHORTEST_SECRET}")
    if len(_FILLERS.sub("", value)) <= MOST_OF_A_PLACEHOLDER or len(set(value)) < FEWEST_DIFFERENT:
        raise ValueError("is a placeholder; write a secret of your own (openssl rand -hex 32)")
    return secret


def _proxy(secret: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(_sendable(secret).get_secret_value())
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_address = False
    if not is_address:
        raise ValueError("is not the address of a proxy; write one such as http://proxy.example:3128")
    return secret


Credential = Annotated[SecretStr, AfterValidator(_sendable)]
WebhookSecret = Annotated[SecretStr, AfterValidator(_strong)]
ProxyAddress = Annotated[SecretStr, AfterValidator(_proxy)]
"""May hold a password, and is therefore shown to nobody."""


class ProductSettings(BaseModel):
    """The section of one product: unknown settings are refused, and nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class NetworkSettings(ProductSettings):
    """How a product behind HTTP is reached.

    ``ca_file``  certificates (PEM) of the authority that signed the product's own, where that is not a public one
    ``proxy``    the proxy through which its requests go: ``http://proxy.example:3128``
    """

    ca_file: Path | None = None
    proxy: ProxyAddress | None = None


def network_of(settings: ProductSettings) -> NetworkSettings | None:
    """How the product of these settings is reached, where they say so."""
    return settings if isinstance(settings, NetworkSettings) else None


class WebhookSettings(ProductSettings):
    """The secret of a product's webhook calls.

    ``webhook_secret``           proves calls; without one they are refused
    ``previous_webhook_secret``  proves calls too, while the product is moved from one secret to the other
    """

    webhook_secret: WebhookSecret | None = None
    previous_webhook_secret: WebhookSecret | None = None

    @model_validator(mode="after")
    def _replaces_another(self) -> Self:
        if self.previous_webhook_secret is not None and self.webhook_secret is None:
            raise ValueError("give webhook_secret too: previous_webhook_secret alone proves no new calls")
        return self

    @property
    def webhook_secrets(self) -> tuple[SecretStr, ...]:
        """Those that count, the present one first."""
        return tuple(secret for secret in (self.webhook_secret, self.previous_webhook_secret) if secret is not None)
