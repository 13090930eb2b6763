"""Secrets and addresses in the settings of products: what nobody could use, or everybody could guess, is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from connectors.clockify.settings import ClockifySettings
from connectors.helpdesk_settings import HelpdeskSettings
from connectors.product_settings import NetworkSettings, WebhookSettings
from connectors.registry import BOOKKEEPINGS, HELPDESKS, TIME_TRACKERS

GOOD = "5e21b7c49d3f0a11f6e8"
WEAK = [
    "",
    " ",
    "secret",
    "changeme",
    "fifteen letters",
    f" {GOOD}",
    f"{GOOD}\n",
    "changemechangeme",
    "change-me-please",
    "your-webhook-secret",
    "YOUR_WEBHOOK_SECRET_HERE",
    "replace this with a secret",
    "secret-secret-secret-123",
    "1234567890123456",
    "xxxxxxxxxxxxxxxxxxxx",
    "aaaaaaaaaaaaaaaaaaaa",
    "………………………………………………",
    "abababababababababab",
    "pässwort-mit-umlaut-0001",
]
STRONG = [
    GOOD,
    "a-secret-that-is-never-shown-001",
    "correct horse battery staple",
    "kZ8/+aQ3vL0pN1xY==",
    "9" * 8 + "abcdefgh1",
]


@pytest.mark.parametrize("secret", WEAK)
def test_a_webhook_secret_that_proves_nothing_is_refused(secret: str) -> None:
    with pytest.raises(ValidationError):
        WebhookSettings.model_validate({"webhook_secret": secret})


@pytest.mark.parametrize("secret", STRONG)
def test_a_secret_that_nobody_guesses_is_taken(secret: str) -> None:
    assert WebhookSettings.model_validate({"webhook_secret": secret}).webhook_secrets[0].get_secret_value() == secret


def test_two_secrets_count_while_one_is_replaced() -> None:
    settings = WebhookSettings.model_validate({"webhook_secret": GOOD, "previous_webhook_secret": STRONG[1]})

    assert [secret.get_secret_value() for secret in settings.webhook_secrets] == [GOOD, STRONG[1]]


def test_the_previous_secret_alone_is_refused() -> None:
    with pytest.raises(ValidationError, match="give webhook_secret too"):
        WebhookSettings.model_validate({"previous_webhook_secret": GOOD})


def test_clockifys_tokens_are_secrets_like_the_others() -> None:
    with pytest.raises(ValidationError):
        ClockifySettings.model_validate({"workspace_id": "0" * 24, "api_key": GOOD, "webhook_tokens": [""]})


@pytest.mark.parametrize(
    "proxy", ["proxy.example:3128", "socks5://proxy.example", "http://", "http://[x", "http://x:y"]
)
def test_what_is_no_address_of_a_proxy_is_refused(proxy: str) -> None:
    with pytest.raises(ValidationError, match="not the address of a proxy"):
        NetworkSettings.model_validate({"proxy": proxy})


def products() -> list[tuple[str, type[BaseModel]]]:
    return [
        (f"{group.group}:{name}", group.shipped[name].settings)
        for group in (HELPDESKS, TIME_TRACKERS, BOOKKEEPINGS)
        for name in group.shipped
    ]


@pytest.mark.parametrize(("name", "settings"), products(), ids=[name for name, _ in products()])
def test_every_product_has_what_products_share(name: str, settings: type[Any]) -> None:
    assert issubclass(settings, NetworkSettings)
    if "helpdesk" in name:
        assert issubclass(settings, HelpdeskSettings)
    if "webhook_secret" in settings.model_fields:
        assert issubclass(settings, WebhookSettings)
