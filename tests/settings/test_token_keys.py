"""What the settings ask for where a product is reached by OAuth: a client, or a key under which a token is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from care_sync.application import site_settings
from care_sync.errors import UserError
from care_sync.settings import Settings, shown_settings

KEY = "k" + "3f9a2c71" * 4
WITHOUT_WAY_IN = """\
company: {name: CARE}
helpdesk: {product: zendesk, subdomain: care}
"""


def settings_of(tmp_path: Path, text: str) -> Settings:
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    return site_settings(tmp_path / "config.yaml")


def problems_of(tmp_path: Path, text: str) -> str:
    with pytest.raises(UserError) as raised:
        settings_of(tmp_path, text)
    return str(raised.value)


def test_a_product_without_any_way_in_is_refused_with_both_remedies(tmp_path: Path) -> None:
    told = problems_of(tmp_path, WITHOUT_WAY_IN)

    assert "helpdesk has no way into zendesk: give it auth.client_id and auth.client_secret" in told
    assert "store.token_key" in told


def test_with_a_key_a_connected_token_is_a_way_in(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, f"{WITHOUT_WAY_IN}store: {{token_key: {KEY}}}\n")

    assert [key.get_secret_value() for key in settings.store.token_keys] == [KEY]
    assert KEY in settings.secrets()
    assert KEY not in str(shown_settings(settings))


@pytest.mark.parametrize(
    ("store", "told"),
    [
        ("{token_key: short-5e1f8a2b9c}", "it must have at least 32"),
        ("{token_key: change-me-change-me-change-me-change-me}", "is a placeholder"),
        (f"{{previous_token_key: {KEY}}}", "give token_key too"),
    ],
)
def test_a_key_that_protects_nothing_is_refused(tmp_path: Path, store: str, told: str) -> None:
    assert told in problems_of(tmp_path, f"{WITHOUT_WAY_IN}store: {store}\n")


def test_a_clients_secret_can_come_from_a_file_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "helpdesk__auth__client_secret").write_text("hush-client-7d2e\n")
    monkeypatch.setenv("CARE_SYNC_SECRETS_DIRECTORY", str(secrets))
    text = "company: {name: CARE}\nhelpdesk: {product: zendesk, subdomain: care, auth: {client_id: care-sync}}\n"

    settings = settings_of(tmp_path, text)

    assert "hush-client-7d2e" in settings.secrets()
    assert "hush-client-7d2e" not in str(shown_settings(settings))
