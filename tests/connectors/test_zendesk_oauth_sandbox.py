"""OAuth in the sandbox's Zendesk: grants, scopes, ends, rotation and revocation, and answers that get lost."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from connectors.conformance.helpdesk_bed import TOKEN
from connectors.sandbox.oauth import OauthClient
from connectors.sandbox.server import FaultKind
from tests.conformance.zendesk_bed import ZendeskBed

BACK = "http://127.0.0.1:8765/callback"
SCOPES = "tickets:read tickets:write users:read organizations:read"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def bed() -> Iterator[ZendeskBed]:
    with ZendeskBed.open() as bed:
        yield bed


@pytest.fixture
def client(bed: ZendeskBed) -> OauthClient:
    return bed.server.oauth.register("care-sync", bed.anna, redirect_uris=(BACK,))


def ask_token(bed: ZendeskBed, client: OauthClient, **more: Any) -> requests.Response:
    body = {"client_id": client.identifier, "client_secret": client.secret, **more}
    given = {name: value for name, value in body.items() if value is not None}
    return requests.post(f"{bed.server.base_url}/oauth/tokens", json=given, timeout=10)


def call(bed: ZendeskBed, token: str, path: str = "users/me.json", method: str = "GET", **more: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.request(method, f"{bed.server.base_url}/api/v2/{path}", headers=headers, timeout=10, **more)


def consent(bed: ZendeskBed, **changes: str | None) -> dict[str, str]:
    """What comes back to the client's own address; ``error`` among it where nobody consented."""
    asked = {"response_type": "code", "client_id": "care-sync", "redirect_uri": BACK, "scope": SCOPES, "state": "xyz"}
    asked |= {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    given = {name: value for name, value in {**asked, **changes}.items() if value is not None}
    url = f"{bed.server.base_url}/oauth/authorizations/new"
    answer = requests.get(url, params=given, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"].startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def by_code(bed: ZendeskBed, client: OauthClient) -> dict[str, Any]:
    """A pair of tokens that a person consented to."""
    bed.server.oauth.person = bed.anna
    grant = {"grant_type": "authorization_code", "code": consent(bed)["code"], "redirect_uri": BACK}
    answer = ask_token(bed, client, **grant, code_verifier=VERIFIER)
    assert answer.status_code == 200, answer.text
    pair: dict[str, Any] = answer.json()
    return pair


# ---- client credentials ----------------------------------------------------------------------------


@pytest.mark.parametrize("form", [False, True])
def test_credentials_of_a_client_give_a_token_that_acts_as_its_owner(
    bed: ZendeskBed, client: OauthClient, form: bool
) -> None:
    body = {"grant_type": "client_credentials", "client_id": client.identifier, "client_secret": client.secret}
    body["scope"] = SCOPES
    url = f"{bed.server.base_url}/oauth/tokens"

    answer = requests.post(url, data=body, timeout=10) if form else requests.post(url, json=body, timeout=10)

    token = answer.json()
    assert (answer.status_code, token["token_type"], token["expires_in"]) == (200, "bearer", 1800)
    assert token["scope"].split() == sorted(SCOPES.split())
    assert "refresh_token" not in token
    assert call(bed, token["access_token"]).json()["user"]["id"] == bed.anna


def test_a_token_ends_when_it_says_and_is_401_afterwards(bed: ZendeskBed, client: OauthClient) -> None:
    token = ask_token(bed, client, grant_type="client_credentials", expires_in=3600).json()
    assert token["expires_in"] == 3600

    bed.later(timedelta(seconds=3599))
    assert call(bed, token["access_token"]).status_code == 200
    bed.later(timedelta(seconds=1))
    answer = call(bed, token["access_token"])

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


@pytest.mark.parametrize("seconds", [300, 172_800, 0, "soon"])
def test_a_life_out_of_bounds_is_refused(bed: ZendeskBed, client: OauthClient, seconds: Any) -> None:
    answer = ask_token(bed, client, grant_type="client_credentials", expires_in=seconds)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": None}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": None}, 400, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "wrong"}, 400, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "wrong"}, 400, "invalid_grant"),
    ],
)
def test_what_is_not_proven_is_refused(
    bed: ZendeskBed, client: OauthClient, changes: dict[str, Any], status: int, error: str
) -> None:
    answer = ask_token(bed, client, **{"grant_type": "client_credentials", **changes})

    assert (answer.status_code, answer.json()["error"]) == (status, error)


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b"null"])
def test_a_body_that_says_nothing_is_refused(bed: ZendeskBed, body: bytes) -> None:
    answer = requests.post(f"{bed.server.base_url}/oauth/tokens", data=body, timeout=10)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_client_that_was_deleted_takes_its_tokens_along(bed: ZendeskBed, client: OauthClient) -> None:
    token = ask_token(bed, client, grant_type="client_credentials").json()["access_token"]

    bed.server.oauth.delete_client("care-sync")

    assert call(bed, token).status_code == 401
    assert ask_token(bed, client, grant_type="client_credentials").status_code == 401


def test_a_client_gives_no_more_than_its_own_scopes(bed: ZendeskBed) -> None:
    client = bed.server.oauth.register("reader", bed.anna, scopes=frozenset({"tickets:read"}))

    granted = ask_token(bed, client, grant_type="client_credentials").json()
    refused = ask_token(bed, client, grant_type="client_credentials", scope="tickets:write")

    assert granted["scope"] == "tickets:read"
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_scope")


# ---- scopes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scopes", "method", "path", "status"),
    [
        ("tickets:read", "GET", "tickets.json", 200),
        ("tickets:read", "GET", "incremental/tickets/cursor.json?start_time=0", 200),
        ("tickets:read", "GET", "users/me.json", 200),
        ("tickets:read", "GET", "organizations.json", 403),
        ("tickets:read", "POST", "tickets.json", 403),
        ("tickets:read", "GET", "ticket_fields.json", 403),
        ("read", "GET", "ticket_fields.json", 200),
        ("read", "GET", "organizations.json", 200),
        ("read", "POST", "tickets.json", 403),
        ("write", "GET", "tickets.json", 403),
        ("tickets:write", "POST", "tickets.json", 422),
    ],
)
def test_a_token_reaches_what_its_scopes_name(
    bed: ZendeskBed, client: OauthClient, scopes: str, method: str, path: str, status: int
) -> None:
    token = ask_token(bed, client, grant_type="client_credentials", scope=scopes).json()["access_token"]

    answer = call(bed, token, path, method, json={"ticket": {}} if method == "POST" else None)

    assert answer.status_code == status
    if status == 403:
        assert "required scopes" in answer.json()["description"]


# ---- a person's consent ----------------------------------------------------------------------------


def test_a_person_who_consents_gives_a_pair(bed: ZendeskBed, client: OauthClient) -> None:
    pair = by_code(bed, client)

    assert (pair["expires_in"], pair["refresh_token_expires_in"]) == (1800, 2_592_000)
    assert pair["scope"].split() == sorted(SCOPES.split())
    assert call(bed, pair["access_token"]).json()["user"]["id"] == bed.anna


def test_the_state_comes_back_also_when_the_person_says_no(bed: ZendeskBed, client: OauthClient) -> None:
    assert consent(bed) == {"error": "access_denied", "state": "xyz"}
    bed.server.oauth.person = bed.anna
    assert consent(bed)["state"] == "xyz"


def test_a_code_is_good_once_and_for_two_minutes(bed: ZendeskBed, client: OauthClient) -> None:
    bed.server.oauth.person = bed.anna
    grant = {"grant_type": "authorization_code", "redirect_uri": BACK, "code_verifier": VERIFIER}
    first, second = consent(bed)["code"], consent(bed)["code"]

    assert ask_token(bed, client, code=first, **grant).status_code == 200
    assert ask_token(bed, client, code=first, **grant).json()["error"] == "invalid_grant"
    bed.later(timedelta(seconds=120))
    assert ask_token(bed, client, code=second, **grant).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "changes", [{"code_verifier": "another"}, {"code_verifier": None}, {"redirect_uri": "http://elsewhere.example/"}]
)
def test_a_code_in_the_wrong_hands_is_worth_nothing(
    bed: ZendeskBed, client: OauthClient, changes: dict[str, str | None]
) -> None:
    bed.server.oauth.person = bed.anna
    grant = {"grant_type": "authorization_code", "code": consent(bed)["code"], "redirect_uri": BACK}

    answer = ask_token(bed, client, **{**grant, "code_verifier": VERIFIER, **changes})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_public_client_proves_itself_by_its_verifier_alone(bed: ZendeskBed) -> None:
    client = bed.server.oauth.register("care-sync", bed.anna, redirect_uris=(BACK,), is_public=True)
    bed.server.oauth.person = bed.anna

    assert consent(bed, code_challenge=None, code_challenge_method=None)["error"] == "invalid_request"
    assert by_code(bed, client)["access_token"]
    assert ask_token(bed, client, grant_type="client_credentials").json()["error"] == "unauthorized_client"


@pytest.mark.parametrize("changes", [{"redirect_uri": "http://elsewhere.example/"}, {"client_id": "nobody"}])
def test_nobody_is_sent_to_an_address_that_is_not_registered(
    bed: ZendeskBed, client: OauthClient, changes: dict[str, str]
) -> None:
    asked = {"response_type": "code", "client_id": "care-sync", "redirect_uri": BACK, **changes}
    url = f"{bed.server.base_url}/oauth/authorizations/new"

    answer = requests.get(url, params=asked, allow_redirects=False, timeout=10)

    assert (answer.status_code, "Location" in answer.headers) == (400, False)


# ---- refreshing ------------------------------------------------------------------------------------


def test_a_refresh_gives_a_new_pair_and_kills_the_old_one(bed: ZendeskBed, client: OauthClient) -> None:
    old = by_code(bed, client)

    new = ask_token(bed, client, grant_type="refresh_token", refresh_token=old["refresh_token"]).json()

    assert call(bed, new["access_token"]).status_code == 200
    assert call(bed, old["access_token"]).status_code == 401
    again = ask_token(bed, client, grant_type="refresh_token", refresh_token=old["refresh_token"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert {*new} == {*old}
    assert new["refresh_token"] != old["refresh_token"]


def test_a_refresh_token_outlives_its_access_token_and_ends_after_thirty_days(
    bed: ZendeskBed, client: OauthClient
) -> None:
    pair = by_code(bed, client)
    bed.later(timedelta(days=29))
    assert call(bed, pair["access_token"]).status_code == 401
    pair = ask_token(bed, client, grant_type="refresh_token", refresh_token=pair["refresh_token"]).json()

    bed.later(timedelta(days=30))
    answer = ask_token(bed, client, grant_type="refresh_token", refresh_token=pair["refresh_token"])

    assert answer.json()["error"] == "invalid_grant"


def test_a_refresh_asks_for_no_more_than_was_consented_to(bed: ZendeskBed, client: OauthClient) -> None:
    pair = by_code(bed, client)
    grant = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}

    assert ask_token(bed, client, **grant, scope="write").json()["error"] == "invalid_scope"
    assert ask_token(bed, client, **grant, scope="tickets:read").json()["scope"] == "tickets:read"


def test_a_refresh_whose_answer_is_lost_has_killed_the_old_pair(bed: ZendeskBed, client: OauthClient) -> None:
    pair = by_code(bed, client)
    grant = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
    bed.server.faults.add(FaultKind.LOST_AFTER, route="POST /oauth/tokens", times=1)

    with pytest.raises(requests.ConnectionError):
        ask_token(bed, client, **grant)

    assert ask_token(bed, client, **grant).json()["error"] == "invalid_grant"


def test_a_refresh_that_never_arrived_can_be_repeated(bed: ZendeskBed, client: OauthClient) -> None:
    pair = by_code(bed, client)
    grant = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
    bed.server.faults.add(FaultKind.LOST_BEFORE, route="POST /oauth/tokens", times=1)

    with pytest.raises(requests.ConnectionError):
        ask_token(bed, client, **grant)

    assert ask_token(bed, client, **grant).status_code == 200


# ---- looking and revoking --------------------------------------------------------------------------


def test_a_token_tells_its_scopes_and_its_end(bed: ZendeskBed, client: OauthClient) -> None:
    pair = by_code(bed, client)

    told = call(bed, pair["access_token"], "oauth/tokens/current.json").json()["token"]

    assert told["scopes"] == sorted(SCOPES.split())
    assert told["expires_at"] == (bed.now() + timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert told["token"] == pair["access_token"][:10]
    listed = call(bed, pair["access_token"], "oauth/tokens.json").json()["tokens"]
    assert [token["id"] for token in listed] == [told["id"]]


def test_a_revoked_token_opens_nothing_and_refreshes_nothing(bed: ZendeskBed, client: OauthClient) -> None:
    pair = by_code(bed, client)
    token_id = call(bed, pair["access_token"], "oauth/tokens/current.json").json()["token"]["id"]

    assert call(bed, pair["access_token"], f"oauth/tokens/{token_id}.json", "DELETE").status_code == 204

    assert call(bed, pair["access_token"]).status_code == 401
    refreshed = ask_token(bed, client, grant_type="refresh_token", refresh_token=pair["refresh_token"])
    assert refreshed.json()["error"] == "invalid_grant"


def test_an_api_token_ends_when_it_is_said_to_and_on_the_day_when_all_do(bed: ZendeskBed) -> None:
    who, url = ("anna@example.com/token", TOKEN), f"{bed.server.base_url}/api/v2/users/me.json"
    records = bed.account.records

    assert requests.get(url, auth=who, timeout=10).status_code == 200
    records.api_token_ends[TOKEN] = bed.now()
    assert requests.get(url, auth=who, timeout=10).status_code == 401
    records.api_token_ends.clear()
    bed.later(records.api_tokens_stop - bed.now())
    assert requests.get(url, auth=who, timeout=10).status_code == 401


def test_everything_about_oauth_is_kept_with_the_account(bed: ZendeskBed, client: OauthClient, tmp_path: Any) -> None:
    from connectors.sandbox.zendesk_records import read_file, write_file

    by_code(bed, client)
    write_file(bed.account.records, tmp_path / "zendesk.json")

    assert read_file(tmp_path / "zendesk.json").oauth == bed.account.records.oauth
