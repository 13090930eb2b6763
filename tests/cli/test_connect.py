"""``care-sync connect`` leads a person into a product by OAuth; what it gives works afterwards, and shows nowhere."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from socket import socket
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from care_sync.cli.main import app
from care_sync.cli.session import Session
from care_sync.errors import UserError
from care_sync.store import Store, open_store
from care_sync.store.tokens import CREDENTIALS_REFUSED
from connectors.sandbox.oauth import OauthTerms
from tests.conformance.harvest_bed import HarvestBed
from tests.conformance.zendesk_bed import ZendeskBed

KEY = "k" + "3f9a2c71" * 4
OTHER_KEY = "k" + "b5d0e864" * 4
SECRET = "secret-of-care-sync"
CONFIG = """\
company: {{name: CARE}}
helpdesk: {{product: zendesk, subdomain: care, base_url: "{url}"{more}}}
store: {{url: "{store}", token_key: {key}{former}}}
"""


@dataclass
class Person:
    """Somebody at the terminal, with a browser."""

    answers: list[str]
    visited: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def prompt(self, text: str, *, hide_input: bool = False, **_more: Any) -> str:
        if hide_input:
            self.hidden.append(text)
        return self.answers.pop(0)

    def open(self, address: str) -> bool:
        """Open the browser, which goes where it is sent."""
        self.visited.append(address)
        self.threads.append(threading.Thread(target=requests.get, args=(address,), kwargs={"timeout": 30}))
        self.threads[-1].start()
        return True


@pytest.fixture
def bed() -> Iterator[ZendeskBed]:
    with ZendeskBed.open() as bed:
        bed.account.records.api_tokens.clear()
        bed.server.oauth.person = bed.anna
        bed.server.oauth.register("care-sync", bed.anna)
        yield bed


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    person = Person(["care-sync", SECRET])
    monkeypatch.setattr("care_sync.cli.connect.typer.prompt", person.prompt)
    monkeypatch.setattr("care_sync.cli.connect.webbrowser.open", person.open)
    yield person
    for thread in person.threads:
        thread.join(30)


@pytest.fixture
def store(sqlite_store_url: str) -> Iterator[Store]:
    opened = open_store(sqlite_store_url)
    yield opened
    opened.close()


Care = Callable[..., tuple[int, str]]


@pytest.fixture
def care(bed: ZendeskBed, tmp_path: Path, sqlite_store_url: str, capfd: pytest.CaptureFixture[str]) -> Care:
    def command(*arguments: str, more: str = "", key: str = KEY, former: str = "") -> tuple[int, str]:
        config = tmp_path / "config.yaml"
        former = f", previous_token_key: {former}" if former else ""
        url = bed.server.base_url
        written = CONFIG.format(url=url, store=sqlite_store_url, key=key, former=former, more=more)
        config.write_text(written, encoding="utf-8")
        code = 0
        try:
            app(list(arguments), prog_name="care-sync", obj=Session(config, verbose=True, clock=bed.clock))
        except SystemExit as ended:
            code = int(ended.code or 0)
        captured = capfd.readouterr()
        return code, captured.out + captured.err

    return command


def registered_at(bed: ZendeskBed, redirect: str) -> None:
    del bed.server.oauth.records.clients["care-sync"]
    bed.server.oauth.register("care-sync", bed.anna, redirect_uris=(redirect,))


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_clients_id_and_secret_are_pasted_and_the_check_passes_for_days(
    bed: ZendeskBed, care: Care, person: Person
) -> None:
    code, output = care("connect", "zendesk")
    assert code == 0
    assert "zendesk:care is connected." in output
    assert "Scopes: read tickets:write." in output
    assert person.hidden == ["Client secret (empty: a public client)"]

    for _ in range(3):
        bed.later(timedelta(days=1))
        _, output = care("check")
        assert "✓ zendesk: credentials" in output
        assert "✓ zendesk: scopes (read tickets:write)" in output


def test_a_person_consents_in_the_browser_with_pkce(bed: ZendeskBed, care: Care, person: Person) -> None:
    port = free_port()
    registered_at(bed, f"http://127.0.0.1:{port}/callback")

    code, output = care("connect", "zendesk", "--consent", "--port", str(port))

    assert code == 0, output
    sent = parse_qs(urlsplit(person.visited[0]).query)
    assert sent["code_challenge_method"] == ["S256"]
    assert sent["scope"] == ["read tickets:write"]
    assert "after a pause beyond" in output
    bed.later(timedelta(hours=2))
    assert "✓ zendesk: credentials" in care("check")[1]


def test_another_product_is_connected_by_the_same_way(
    bed: ZendeskBed, tmp_path: Path, sqlite_store_url: str, care: Care, person: Person
) -> None:
    port = free_port()
    with HarvestBed.open() as harvest:
        anna = harvest.person("Anna").id
        harvest.server.oauth.person = anna
        harvest.server.oauth.register("care-sync", anna, redirect_uris=(f"http://127.0.0.1:{port}/callback",))
        tracker = (
            f"}}\ntime_trackers: {{harvest: {{account_id: {harvest.harvest.account_id}, contact: ops@care.example, "
            f'base_url: "{harvest.server.api_url}", id_url: "{harvest.server.base_url}"}}'
        )

        code, output = care("connect", "harvest", "--port", str(port), more=tracker)
        assert code == 0, output
        assert f"harvest:{harvest.harvest.account_id} is connected." in output

        assert "✓ harvest: access token" in care("check", more=tracker)[1]


def test_the_browser_can_be_on_another_machine(
    bed: ZendeskBed, care: Care, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered_at(bed, "http://127.0.0.1:8765/callback")
    answers = person.prompt

    def prompt(text: str, **more: Any) -> str:
        if not text.startswith("The address"):
            return answers(text, **more)
        assert more["hide_input"]
        address = next(line for line in said if line.startswith("http") and "authorizations" in line)
        return requests.get(address, allow_redirects=False, timeout=30).headers["Location"]

    said: list[str] = []
    monkeypatch.setattr("care_sync.cli.connect.say", said.append)
    monkeypatch.setattr("care_sync.cli.connect.typer.prompt", prompt)

    assert care("connect", "zendesk", "--consent", "--paste")[0] == 0
    assert "✓ zendesk: credentials" in care("check")[1]


def test_no_secret_is_shown_or_logged(
    bed: ZendeskBed, care: Care, person: Person, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    port = free_port()
    registered_at(bed, f"http://127.0.0.1:{port}/callback")

    _, output = care("connect", "zendesk", "--consent", "--port", str(port))

    tokens = bed.server.oauth.records.tokens.values()
    secrets = {SECRET, *(token.access_token for token in tokens), *(token.refresh_token or "-" for token in tokens)}
    assert [secret for secret in secrets if secret != "-" and secret in output + caplog.text] == []
    with store.read() as work:
        (row,) = work.tokens.all()
    assert [secret for secret in secrets if secret in str(row)] == []


def test_a_person_who_refuses_is_told_so(bed: ZendeskBed, care: Care, person: Person, store: Store) -> None:
    bed.server.oauth.person = None
    port = free_port()
    registered_at(bed, f"http://127.0.0.1:{port}/callback")

    with pytest.raises(UserError, match=r"gave no consent \(access_denied\)"):
        care("connect", "zendesk", "--consent", "--port", str(port))

    with store.read() as work:
        assert work.tokens.all() == []


def test_an_answer_to_another_request_is_refused(
    bed: ZendeskBed, care: Care, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.answers.append("http://127.0.0.1:8765/callback?code=stolen&state=another")

    with pytest.raises(UserError, match="does not belong to this request"):
        care("connect", "zendesk", "--consent", "--paste")


def test_a_wrong_secret_keeps_nothing_and_says_what_to_do(care: Care, person: Person, store: Store) -> None:
    person.answers[1] = "wrong"

    with pytest.raises(UserError, match="Correct the client's id and secret"):
        care("connect", "zendesk")

    with store.read() as work:
        assert work.tokens.all() == []


def test_connecting_again_mends_what_was_lost(bed: ZendeskBed, care: Care, person: Person, store: Store) -> None:
    port = free_port()
    registered_at(bed, f"http://127.0.0.1:{port}/callback")
    person.answers += ["care-sync", SECRET]
    care("connect", "zendesk", "--consent", "--port", str(port))
    bed.later(timedelta(days=31))
    code, output = care("check")
    assert code == 1
    assert "✗ zendesk: credentials" in output
    assert "care-sync connect zendesk" in output
    with store.read() as work:
        assert [item.subject for item in work.attention.all(CREDENTIALS_REFUSED)] == ["zendesk:care"]

    care("connect", "zendesk", "--consent", "--port", str(port))

    assert "✓ zendesk: credentials" in care("check")[1]
    with store.read() as work:
        assert work.attention.all(CREDENTIALS_REFUSED) == []


def test_a_check_warns_before_a_refresh_token_ends(bed: ZendeskBed, care: Care, person: Person) -> None:
    bed.server.oauth._terms = OauthTerms(refresh_seconds=10 * 86_400)
    port = free_port()
    registered_at(bed, f"http://127.0.0.1:{port}/callback")
    care("connect", "zendesk", "--consent", "--port", str(port))

    code, output = care("check")

    assert code == 1
    assert "✗ zendesk: refresh token (ends on" in output


def test_a_connection_can_be_forgotten(care: Care, person: Person, store: Store) -> None:
    care("connect", "zendesk")

    assert "zendesk:care is forgotten." in care("connect", "zendesk", "--forget")[1]
    assert "zendesk:care was not connected." in care("connect", "zendesk", "--forget")[1]

    with store.read() as work:
        assert work.tokens.all() == []
    assert "care-sync connect zendesk" in care("check")[1]


def test_what_setup_needs_is_asked_for_by_name_and_a_check_names_the_least(care: Care, person: Person) -> None:
    assert "Scopes: read write." in care("connect", "zendesk", "--for-setup")[1]

    assert "! zendesk: scopes (read tickets:write): The token may do more" in care("check")[1]


def test_a_client_whose_scopes_are_too_few_for_setup_is_told_which(bed: ZendeskBed, care: Care, person: Person) -> None:
    del bed.server.oauth.records.clients["care-sync"]
    bed.server.oauth.register("care-sync", bed.anna, scopes=frozenset({"read", "tickets:write"}))

    with pytest.raises(UserError, match="Allow the client the scopes read write"):
        care("connect", "zendesk", "--for-setup")


def test_the_check_says_when_a_former_key_is_no_longer_needed(bed: ZendeskBed, care: Care, person: Person) -> None:
    care("connect", "zendesk")
    assert "token keys" not in care("check")[1]

    before = care("check", key=OTHER_KEY, former=KEY)[1]
    assert "! token keys: store.previous_token_key still opens zendesk:care" in before
    bed.later(timedelta(minutes=28))
    care("check", key=OTHER_KEY, former=KEY)
    assert "take it out of the settings" in care("check", key=OTHER_KEY, former=KEY)[1]

    code, output = care("check", key=KEY)
    assert code == 1
    assert "✗ token keys: No key of these settings opens zendesk:care" in output


def test_another_way_in_the_settings_is_pointed_out(care: Care, person: Person) -> None:
    _, output = care("connect", "zendesk", more=', oauth_token: "fixed-5e1f8a"')

    assert "The settings hold another way into zendesk, which comes first" in output


@pytest.mark.parametrize(("product", "told"), [("harbour", "there are zendesk"), ("", "there are zendesk")])
def test_a_product_that_is_not_there_is_named_with_those_that_are(care: Care, product: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        care("connect", product)


def test_without_a_key_nothing_is_connected(
    bed: ZendeskBed, tmp_path: Path, sqlite_store_url: str, person: Person
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        f"company: {{name: CARE}}\nstore: {{url: '{sqlite_store_url}'}}\n"
        "helpdesk: {product: zendesk, subdomain: care, oauth_token: fixed-5e1f8a}\n",
        encoding="utf-8",
    )

    with pytest.raises(UserError, match=r"store\.token_key is not set"):
        app(["connect", "zendesk"], prog_name="care-sync", obj=Session(config, verbose=False, clock=bed.clock))


def test_a_port_that_is_in_use_is_named(care: Care, person: Person) -> None:
    with socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(UserError, match="is in use"):
            care("connect", "zendesk", "--consent", "--port", str(other.getsockname()[1]))
