"""Tokens of OAuth: over days, renewed ahead, refused on the way, lost on the way, and ended for good."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.credentials import ForgottenTokens, OauthClient, StoredToken, Token
from connectors.errors import Malformed, Unavailable, WrongCredentials
from connectors.http import HttpClient
from connectors.oauth import OauthCredentials
from connectors.oauth_settings import OauthService
from connectors.protocols import Environment
from connectors.records import CheckResult
from connectors.sandbox.server import Answer, FaultKind, Request
from connectors.self_check import check_token
from connectors.zendesk.connector import ZendeskHelpdesk
from tests.conformance.zendesk_bed import ZendeskBed

TOKENS = "POST /oauth/tokens"
CLIENT = {"client_id": "care-sync", "client_secret": "secret-of-care-sync"}
NAME = "zendesk:care"
LEAST = frozenset({"read", "tickets:write"})


@pytest.fixture
def bed() -> Iterator[ZendeskBed]:
    with ZendeskBed.open(page_size=2) as bed:
        bed.account.records.api_tokens.clear()
        bed.server.oauth.register("care-sync", bed.anna)
        yield bed


def by_client(bed: ZendeskBed) -> ZendeskHelpdesk:
    """A helpdesk that asks for tokens by its client's credentials."""
    return bed.helpdesk(email=None, api_token=None, auth=CLIENT)


def connected(bed: ZendeskBed) -> ZendeskHelpdesk:
    """A helpdesk that a person has connected: the storage holds a pair of tokens."""
    pair = bed.server.oauth.issue(bed.anna, "first-access", scopes=LEAST, expires_at=bed.now() + timedelta(minutes=30))
    pair.client_id, pair.refresh_token = "care-sync", "first-refresh"
    pair.refresh_expires_at = bed.now() + timedelta(days=30)
    client = OauthClient("care-sync", SecretStr("secret-of-care-sync"))
    access, refresh = SecretStr("first-access"), SecretStr("first-refresh")
    token = Token(access, bed.now(), pair.expires_at, LEAST, refresh, pair.refresh_expires_at, client)
    assert bed.tokens.save(NAME, 0, token, bed.now())
    return bed.helpdesk(email=None, api_token=None)


def read(helpdesk: ZendeskHelpdesk, bed: ZendeskBed) -> set[str]:
    bed.settle()
    since = bed.now() - timedelta(days=60)
    return {ticket.id for page in helpdesk.changed_tickets(None, since) for ticket in page.tickets}


def renewals(bed: ZendeskBed) -> int:
    return sum(1 for request in bed.server.requests if f"{request.method} {request.path}" == TOKENS)


def revoke_everything(bed: ZendeskBed) -> None:
    for number in list(bed.server.oauth.records.tokens):
        bed.server.oauth.revoke(number)


# ---- over days ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [by_client, connected])
def test_tokens_of_half_an_hour_are_renewed_for_days_and_none_is_ever_refused(bed: ZendeskBed, way: Any) -> None:
    helpdesk = way(bed)
    filed = {bed.file_ticket(f"Ticket {number}") for number in range(3)}

    for _ in range(3 * 24 * 4):
        bed.later(timedelta(minutes=14))
        assert read(helpdesk, bed) == filed

    assert {request.status for request in bed.server.requests} == {200}
    assert renewals(bed) == pytest.approx(3 * 24 * 2, abs=4)


def test_a_token_is_renewed_when_a_fifth_of_its_life_is_left_and_not_before(bed: ZendeskBed) -> None:
    helpdesk = by_client(bed)
    read(helpdesk, bed)
    bed.later(timedelta(minutes=21))
    read(helpdesk, bed)
    assert renewals(bed) == 1

    bed.later(timedelta(minutes=2))
    read(helpdesk, bed)

    assert renewals(bed) == 2


def test_a_product_that_is_down_for_renewals_stops_nothing_while_the_token_holds(bed: ZendeskBed) -> None:
    helpdesk = by_client(bed)
    read(helpdesk, bed)
    bed.server.faults.add(FaultKind.DOWN, route=TOKENS, times=None)

    bed.later(timedelta(minutes=24))
    assert read(helpdesk, bed) == set()
    bed.later(timedelta(minutes=6))
    with pytest.raises(Unavailable):
        read(helpdesk, bed)


def test_helpdesk_and_time_tracker_use_the_same_connected_token(bed: ZendeskBed) -> None:
    helpdesk, other = connected(bed), bed.helpdesk(email=None, api_token=None)

    bed.later(timedelta(minutes=29))
    read(helpdesk, bed)
    read(other, bed)

    assert renewals(bed) == 1


# ---- refused on the way ------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [by_client, connected])
def test_a_token_that_ends_in_the_middle_of_a_listing_is_renewed_and_every_ticket_is_read(
    bed: ZendeskBed, way: Any
) -> None:
    filed = {bed.file_ticket(f"Ticket {number}") for number in range(5)}
    helpdesk = way(bed)
    bed.settle()
    pages = helpdesk.changed_tickets(None, bed.now() - timedelta(days=1))
    first = next(pages)

    for token in bed.server.oauth.records.tokens.values():
        token.expires_at = bed.now()  # earlier than it said
    rest = [ticket.id for page in pages for ticket in page.tickets]

    assert {*rest, *(ticket.id for ticket in first.tickets)} == filed
    assert [request.status for request in bed.server.requests].count(401) == 1


def test_a_write_that_meets_the_end_of_a_token_is_uncertain_and_not_repeated(bed: ZendeskBed) -> None:
    credentials = OauthCredentials(
        bed.helpdesk(email=None, api_token=None)._settings.oauth,
        Environment(bed.now, bed.clock.sleep, bed.budgets, bed.tokens),
        client=OauthClient("care-sync", SecretStr("secret-of-care-sync")),
        scopes=frozenset({"write"}),
    )
    environment = Environment(bed.now, bed.clock.sleep, bed.budgets, bed.tokens)
    http = HttpClient("zendesk", bed.server.base_url, credentials, environment)
    credentials.headers()
    revoke_everything(bed)

    with pytest.raises(Unavailable) as raised:
        http.request("PUT", "/api/v2/tickets/update_many.json", json={"tickets": [{"id": 1}]})

    assert raised.value.uncertain
    assert sum(request.method == "PUT" for request in bed.server.requests) == 1
    assert renewals(bed) == 2


def test_a_revoked_client_is_reported_with_what_to_do_and_no_secret(bed: ZendeskBed) -> None:
    helpdesk = by_client(bed)
    read(helpdesk, bed)
    bed.server.oauth.delete_client("care-sync")

    with pytest.raises(WrongCredentials, match="invalid_client") as raised:
        read(helpdesk, bed)

    assert "Correct the client's id and secret" in str(raised.value)
    assert "secret-of-care-sync" not in str(raised.value)
    bed.server.oauth.register("care-sync", bed.anna)
    assert read(helpdesk, bed) == set()


def test_a_product_that_refuses_every_token_is_asked_twice_and_no_more(bed: ZendeskBed) -> None:
    helpdesk = by_client(bed)
    bed.server.answer = lambda request: Answer(401)  # type: ignore[method-assign]

    with pytest.raises(WrongCredentials):
        helpdesk.tickets(["1"])

    assert len(bed.server.requests) <= 3


# ---- lost on the way ---------------------------------------------------------------------------------


def test_a_renewal_that_never_arrived_is_asked_for_again(bed: ZendeskBed) -> None:
    helpdesk = connected(bed)
    bed.server.faults.add(FaultKind.LOST_BEFORE, route=TOKENS, times=1)

    bed.later(timedelta(minutes=31))

    assert read(helpdesk, bed) == set()
    assert renewals(bed) == 2


@pytest.mark.parametrize("fault", [FaultKind.LOST_AFTER, FaultKind.CUT_OFF, FaultKind.MALFORMED, FaultKind.WRONG_SHAPE])
def test_a_refresh_token_that_rotated_in_a_lost_answer_is_reported_at_once_with_the_remedy(
    bed: ZendeskBed, fault: FaultKind
) -> None:
    helpdesk = connected(bed)
    bed.server.faults.add(fault, route=TOKENS, times=1)
    bed.later(timedelta(minutes=31))

    with pytest.raises(WrongCredentials, match="answer to a renewal got lost") as raised:
        read(helpdesk, bed)

    assert "care-sync connect zendesk" in str(raised.value)
    assert bed.tokens.load(NAME).is_lost  # type: ignore[union-attr]
    asked = renewals(bed)
    with pytest.raises(WrongCredentials, match="care-sync connect zendesk"):
        read(helpdesk, bed)
    assert renewals(bed) == asked


@pytest.mark.parametrize("fault", [FaultKind.LOST_AFTER, FaultKind.CUT_OFF, FaultKind.LOST_BEFORE])
def test_a_lost_answer_does_a_client_no_harm(bed: ZendeskBed, fault: FaultKind) -> None:
    helpdesk = by_client(bed)
    bed.server.faults.add(fault, route=TOKENS, times=1)

    assert read(helpdesk, bed) == set()


def test_a_site_that_slept_longer_than_its_refresh_token_needs_a_person(bed: ZendeskBed) -> None:
    helpdesk = connected(bed)
    bed.later(timedelta(days=31))

    with pytest.raises(WrongCredentials, match="has ended or was revoked"):
        read(helpdesk, bed)


def test_what_is_not_connected_says_how_to_connect_it(bed: ZendeskBed) -> None:
    with pytest.raises(WrongCredentials, match="care-sync connect zendesk"):
        read(bed.helpdesk(email=None, api_token=None), bed)


def test_an_answer_that_is_late_replaces_nothing_newer() -> None:
    tokens, now = ForgottenTokens(), datetime(2026, 12, 1, tzinfo=UTC)
    newer, late = (Token(SecretStr(text), now, None) for text in ("newer", "late"))

    assert tokens.save("x", 0, newer, now)
    assert not tokens.save("x", 0, late, now)

    assert tokens.load("x") == StoredToken(newer, 1)


# ---- answers that are none -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"access_token": "a"},
        {"access_token": "a", "token_type": "mac"},
        {"access_token": "", "token_type": "bearer"},
        {"access_token": "a b", "token_type": "bearer"},
        {"access_token": "a\r\nX: y", "token_type": "bearer"},
        {"access_token": 5, "token_type": "bearer"},
        {"access_token": "a", "token_type": "bearer", "expires_in": "soon"},
        {"access_token": "a", "token_type": "bearer", "expires_in": -1},
        {"access_token": "a", "token_type": "bearer", "expires_in": 1e300},
        {"access_token": "a", "token_type": "bearer", "refresh_token": ["r"]},
    ],
    ids=str,
)
def test_an_answer_that_holds_no_token_is_refused_without_being_shown(bed: ZendeskBed, data: dict[str, Any]) -> None:
    helpdesk = by_client(bed)

    def answer(request: Request) -> Answer:
        request.json.ignore(*request.json)
        return Answer(data=data)

    bed.server.answer = answer  # type: ignore[method-assign]

    with pytest.raises(Malformed, match="a request for a token"):
        helpdesk.tickets(["1"])


# ---- what a check says -----------------------------------------------------------------------------------


def test_the_check_of_a_client_names_the_least_scopes_and_passes(bed: ZendeskBed) -> None:
    results = {result.subject: result for result in by_client(bed).check()}

    assert results["scopes (read tickets:write)"] == CheckResult("scopes (read tickets:write)", passed=True)
    assert all(result.passed for result in results.values()), results


@pytest.mark.parametrize(
    ("scopes", "passed", "said"),
    [
        ("read tickets:write", True, ""),
        ("read write", True, "may do more"),
        ("read", False, "lacks tickets:write"),
        ("tickets:read tickets:write", False, "lacks read"),
    ],
)
def test_a_check_compares_scopes_with_the_least(scopes: str, passed: bool, said: str) -> None:
    now = datetime(2026, 12, 1, tzinfo=UTC)
    token = Token(SecretStr("a"), now, None, frozenset(scopes.split()))

    (result,) = check_token(StoredToken(token, 1), now, LEAST, "Connect.", has_client=True)

    assert result.passed is passed
    assert said in result.remedy


def test_a_check_warns_two_weeks_before_a_refresh_token_ends(bed: ZendeskBed) -> None:
    helpdesk = connected(bed)
    stored = bed.tokens.load(NAME)
    assert stored is not None
    assert stored.token is not None
    assert stored.token.refresh_ends_at is not None
    end = stored.token.refresh_ends_at

    def failing(now: datetime) -> list[str]:
        return [result.subject for result in check_token(stored, now, LEAST, "Connect.") if not result.passed]

    assert failing(end - timedelta(days=14, seconds=1)) == []
    assert failing(end - timedelta(days=14)) == [f"refresh token (ends on {end:%Y-%m-%d}, in 14 days)"]
    assert all(result.passed for result in helpdesk.check())


def test_an_api_token_is_warned_of_with_the_days_that_it_has_left(bed: ZendeskBed) -> None:
    bed.account.records.api_tokens.add("desk-token-5e1f8a")
    helpdesk = bed.helpdesk(api_token="desk-token-5e1f8a")
    bed.clock.move_to(datetime(2026, 12, 1, 12, tzinfo=UTC))
    (warning,) = [result for result in helpdesk.check() if result.subject.startswith("API token")]
    assert (warning.passed, "stop on 30 April 2027, in 149 days" in warning.remedy) == (True, True)

    bed.clock.move_to(datetime(2027, 4, 20, tzinfo=UTC))
    (warning,) = [result for result in helpdesk.check() if result.subject.startswith("API token")]
    assert (warning.passed, "in 10 days" in warning.remedy) == (False, True)


@pytest.mark.parametrize(("days", "passed"), [(15, True), (13, False), (None, True)])
def test_a_fixed_oauth_token_is_checked_for_its_end(bed: ZendeskBed, days: int | None, passed: bool) -> None:
    end = None if days is None else bed.now() + timedelta(days=days)
    bed.server.oauth.issue(bed.anna, "fixed", scopes=LEAST, expires_at=end)

    results = bed.helpdesk(email=None, api_token=None, oauth_token="fixed").check()

    (result,) = [result for result in results if result.subject.startswith("token")]
    assert result.passed is passed


def test_what_holds_tokens_shows_none_of_them() -> None:
    token = Token(SecretStr("a-secret-access"), datetime(2026, 12, 1, tzinfo=UTC), None, refresh=SecretStr("a-secret"))
    service = OauthService("x", "y", "https://x.example/t", "", "")

    assert "a-secret" not in repr((token, StoredToken(token, 1), OauthClient("c", SecretStr("a-secret")), service))
