"""Tokens in the store: three daemons on one database, deaths at every step of a renewal, and keys that change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from care_sync.errors import StoreError
from care_sync.model.attention import Attention
from care_sync.store import open_store
from care_sync.store.engine import transaction
from care_sync.store.schema import tokens as table
from care_sync.store.seal import Seal
from care_sync.store.tokens import CREDENTIALS_REFUSED, StoreTokens
from connectors.conformance.environment import Budgets
from connectors.credentials import RENEWAL_LASTS, Claim, OauthClient, Token
from connectors.errors import Unavailable, WrongCredentials
from connectors.oauth import OauthCredentials
from connectors.protocols import Environment
from connectors.sandbox.server import FaultKind
from connectors.zendesk.settings import HELPDESK_SCOPES, ZendeskSettings
from tests.conformance.zendesk_bed import ZendeskBed

TOKENS = "POST /oauth/tokens"
NAME = "zendesk:care"
KEY, OTHER_KEY = SecretStr("k" + "3f9a2c71" * 4), SecretStr("k" + "b5d0e864" * 4)
CLIENT = OauthClient("care-sync", SecretStr("secret-of-care-sync"))
ROUNDS = 2 * 24 * 2


class Killed(BaseException):
    """The process dies here."""


class Daemon:
    """One process: its own handle on the store, and credentials on it."""

    def __init__(self, bed: ZendeskBed, url: str, sleep: Callable[[float], None] | None = None) -> None:
        self.bed = bed
        self.store = open_store(url)
        self.tokens = self.storage()
        self.sleep = sleep or bed.clock.sleep
        self.credentials = self.opened()

    def storage(self, *keys: SecretStr) -> StoreTokens:
        return self.store.tokens(Seal(keys or (KEY,)), self.bed.clock.sleep)

    def opened(self, tokens: StoreTokens | None = None, client: OauthClient | None = None) -> OauthCredentials:
        settings = ZendeskSettings.model_validate({"subdomain": "care", "base_url": self.bed.server.base_url})
        environment = Environment(self.bed.now, self.sleep, Budgets(), tokens or self.tokens)
        return OauthCredentials(settings.oauth, environment, client=client, scopes=HELPDESK_SCOPES)

    def connect(self) -> None:
        """A person connected: the store holds a pair."""
        pair = self.bed.server.oauth.issue(
            self.bed.anna, "first-access", scopes=HELPDESK_SCOPES, expires_at=self.bed.now() + timedelta(minutes=30)
        )
        pair.client_id, pair.refresh_token = "care-sync", "first-refresh"
        pair.refresh_expires_at = self.bed.now() + timedelta(days=30)
        access, refresh = SecretStr("first-access"), SecretStr("first-refresh")
        token = Token(
            access, self.bed.now(), pair.expires_at, HELPDESK_SCOPES, refresh, pair.refresh_expires_at, CLIENT
        )
        assert self.tokens.save(NAME, 0, token, self.bed.now())

    def is_let_in(self) -> bool:
        """Whether the product takes the token that the credentials give now."""
        header = self.credentials.headers()["Authorization"].get_secret_value()
        return self.bed.server.oauth.living(header.removeprefix("Bearer ")) is not None

    def attention(self) -> list[Attention]:
        with self.store.read() as work:
            return work.attention.all(CREDENTIALS_REFUSED)


@pytest.fixture
def bed() -> Iterator[ZendeskBed]:
    with ZendeskBed.open() as bed:
        bed.server.oauth.register("care-sync", bed.anna)
        yield bed


@pytest.fixture
def daemons(bed: ZendeskBed, store_url: str) -> Iterator[list[Daemon]]:
    opened = [Daemon(bed, store_url) for _ in range(3)]
    opened[0].connect()
    yield opened
    for daemon in opened:
        daemon.store.close()


def renewals(bed: ZendeskBed) -> int:
    return sum(1 for request in bed.server.requests if f"{request.method} {request.path}" == TOKENS)


# ---- three daemons -----------------------------------------------------------------------------------


def test_three_daemons_share_one_token_for_days(bed: ZendeskBed, daemons: list[Daemon]) -> None:
    for number in range(ROUNDS):
        bed.later(timedelta(minutes=28))
        assert daemons[number % 3].is_let_in()
        assert all(daemon.is_let_in() for daemon in daemons)

    assert renewals(bed) == ROUNDS
    assert daemons[0].attention() == []


def test_of_three_daemons_at_the_same_moment_one_renews_and_the_others_wait(bed: ZendeskBed, store_url: str) -> None:
    answered = threading.Event()
    asked = threading.Barrier(3)
    token_door = bed.server.oauth.token

    def wait(_seconds: float) -> None:
        asked.wait(30)  # both others wait while the first is being answered
        answered.wait(30)

    def token(parameters):  # type: ignore[no-untyped-def]
        asked.wait(30)
        return token_door(parameters)

    daemons = [Daemon(bed, store_url, wait) for _ in range(3)]
    daemons[0].connect()
    save = StoreTokens.save

    def saved(self: StoreTokens, *given):  # type: ignore[no-untyped-def]
        kept = save(self, *given)
        answered.set()
        return kept

    bed.later(timedelta(minutes=31))
    with pytest.MonkeyPatch.context() as patched, ThreadPoolExecutor(3) as pool:
        patched.setattr(bed.server.oauth, "token", token)
        patched.setattr(StoreTokens, "save", saved)
        let_in = list(pool.map(Daemon.is_let_in, daemons))

    assert let_in == [True, True, True]
    assert renewals(bed) == 1
    for daemon in daemons:
        daemon.store.close()


def test_while_one_renews_ahead_the_others_go_on_with_what_they_have(bed: ZendeskBed, daemons: list[Daemon]) -> None:
    bed.later(timedelta(minutes=25))
    assert daemons[0].tokens.claim(NAME, 1, bed.now()) is not None

    assert daemons[1].is_let_in()
    assert daemons[2].is_let_in()

    assert renewals(bed) == 0


def test_a_claim_is_had_by_one(daemons: list[Daemon], bed: ZendeskBed) -> None:
    assert [daemon.tokens.claim(NAME, 1, bed.now()) is not None for daemon in daemons] == [True, False, False]


# ---- deaths ------------------------------------------------------------------------------------------


def dies_at(daemon: Daemon, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a daemon renew, and die at a step."""
    real = getattr(daemon.tokens, step) if step in ("claim", "save") else None
    if step == "claim":  # it has the claim, and has not asked
        monkeypatch.setattr(daemon.tokens, "claim", lambda *given: (real(*given), _die())[0] if real else None)
    elif step == "answer":  # it has the answer, and has not begun to save it
        monkeypatch.setattr(daemon.tokens, "save", lambda *given: _die())
    else:  # the answer is saved
        monkeypatch.setattr(daemon.tokens, "save", lambda *given: (real(*given), _die())[0] if real else None)
    with pytest.raises(Killed):
        daemon.credentials.headers()


def _die() -> None:
    raise Killed


@pytest.mark.parametrize("step", ["claim", "save"])
def test_a_death_before_the_request_or_after_the_commit_costs_nothing(
    bed: ZendeskBed, daemons: list[Daemon], step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bed.later(timedelta(minutes=31))
    dies_at(daemons[0], step, monkeypatch)

    assert daemons[1].is_let_in()
    assert daemons[2].is_let_in()

    assert renewals(bed) == 1
    assert daemons[1].attention() == []


def test_a_death_between_answer_and_commit_is_reported_with_the_remedy(
    bed: ZendeskBed, daemons: list[Daemon], monkeypatch: pytest.MonkeyPatch
) -> None:
    bed.later(timedelta(minutes=31))
    dies_at(daemons[0], "answer", monkeypatch)

    with pytest.raises(WrongCredentials, match="answer to a renewal got lost"):
        daemons[1].credentials.headers()

    (attention,) = daemons[2].attention()
    assert attention.subject == NAME
    assert "care-sync connect zendesk" in attention.message
    with pytest.raises(WrongCredentials, match="care-sync connect zendesk"):
        daemons[2].credentials.headers()


def test_a_death_between_answer_and_commit_does_a_client_no_harm(
    bed: ZendeskBed, daemons: list[Daemon], monkeypatch: pytest.MonkeyPatch
) -> None:
    for daemon in daemons:
        daemon.credentials = daemon.opened(client=CLIENT)
    dies_at(daemons[0], "answer", monkeypatch)

    assert daemons[1].is_let_in()
    assert daemons[2].is_let_in()

    assert renewals(bed) == 2
    assert daemons[1].attention() == []


@pytest.mark.parametrize("fault", [FaultKind.LOST_AFTER, FaultKind.CUT_OFF])
def test_a_lost_answer_is_reported_at_once(bed: ZendeskBed, daemons: list[Daemon], fault: FaultKind) -> None:
    bed.server.faults.add(fault, route=TOKENS, times=1)
    bed.later(timedelta(minutes=31))

    with pytest.raises(WrongCredentials, match="answer to a renewal got lost"):
        daemons[0].credentials.headers()

    assert len(daemons[1].attention()) == 1


def test_a_lost_answer_of_a_product_that_then_is_down_is_reported_when_it_is_back(
    bed: ZendeskBed, daemons: list[Daemon]
) -> None:
    bed.server.faults.add(FaultKind.LOST_AFTER, route=TOKENS, times=1)
    bed.server.faults.add(FaultKind.DOWN, route=TOKENS, times=1)
    bed.later(timedelta(minutes=31))
    with pytest.raises(Unavailable):
        daemons[0].credentials.headers()
    assert daemons[0].attention() == []

    with pytest.raises(WrongCredentials, match="answer to a renewal got lost"):
        daemons[1].credentials.headers()

    assert len(daemons[1].attention()) == 1


def test_an_answer_that_comes_after_its_lease_is_kept_all_the_same(
    bed: ZendeskBed, daemons: list[Daemon], monkeypatch: pytest.MonkeyPatch
) -> None:
    save = daemons[0].tokens.save

    def late(*given):  # type: ignore[no-untyped-def]
        bed.later(RENEWAL_LASTS)
        with pytest.raises(WrongCredentials):
            daemons[1].credentials.headers()
        assert len(daemons[1].attention()) == 1
        return save(*given)

    bed.later(timedelta(minutes=31))
    monkeypatch.setattr(daemons[0].tokens, "save", late)

    assert daemons[0].is_let_in()
    assert daemons[1].is_let_in()
    assert daemons[1].attention() == []


def test_a_person_who_connects_during_a_renewal_wins(bed: ZendeskBed, daemons: list[Daemon]) -> None:
    claim = daemons[0].tokens.claim(NAME, 1, bed.now())
    assert claim is not None
    newer = Token(SecretStr("connected"), bed.now(), None)

    assert daemons[1].tokens.save(NAME, 1, newer, bed.now())
    assert not daemons[0].tokens.save(NAME, 1, Token(SecretStr("late"), bed.now(), None), bed.now())

    assert daemons[2].credentials.stored().token == newer


def test_a_store_that_is_busy_is_asked_again_to_keep_an_answer(bed: ZendeskBed, daemons: list[Daemon]) -> None:
    daemon, fails = daemons[0], [True, True, False, False]
    tokens = daemon.storage()
    begin = daemon.store.begin

    def sometimes():  # type: ignore[no-untyped-def]
        if renewals(bed) > 0 and fails.pop(0):
            raise StoreError("busy")
        return begin()

    tokens._begin = sometimes
    daemon.credentials = daemon.opened(tokens)
    bed.later(timedelta(minutes=31))

    assert daemon.is_let_in()
    assert daemons[1].is_let_in()


# ---- what a person must mend -------------------------------------------------------------------------


def test_a_deleted_client_is_reported_and_leaves_the_list_when_it_is_back(
    bed: ZendeskBed, daemons: list[Daemon]
) -> None:
    daemon = daemons[0]
    daemon.credentials = daemon.opened(client=CLIENT)
    assert daemon.is_let_in()
    bed.server.oauth.delete_client("care-sync")

    with pytest.raises(WrongCredentials, match="invalid_client"):
        daemon.credentials.replace(daemon.credentials.headers())
    (attention,) = daemon.attention()
    assert "Correct the client's id and secret" in attention.message

    bed.server.oauth.register("care-sync", bed.anna)
    assert daemon.credentials.replace(daemon.credentials.headers())
    assert daemon.attention() == []


# ---- keys --------------------------------------------------------------------------------------------


def test_no_secret_lies_in_the_store_in_plain_text(daemons: list[Daemon]) -> None:
    with transaction(daemons[0].store.engine, reading=True) as connection:
        rows = str(connection.execute(select(table)).all())

    for secret in ("first-access", "first-refresh", "secret-of-care-sync"):
        assert secret not in rows


def test_a_key_is_replaced_while_both_count(bed: ZendeskBed, daemons: list[Daemon]) -> None:
    daemon = daemons[0]
    both = daemon.storage(OTHER_KEY, KEY)
    daemon.credentials = daemon.opened(both)
    assert daemon.is_let_in()

    bed.later(timedelta(minutes=28))
    assert daemon.is_let_in()

    daemon.credentials = daemon.opened(daemon.storage(OTHER_KEY))
    assert daemon.is_let_in()
    assert renewals(bed) == 1


def test_another_key_makes_a_connected_token_unreadable_until_the_key_is_back(
    bed: ZendeskBed, daemons: list[Daemon]
) -> None:
    daemon = daemons[0]
    daemon.credentials = daemon.opened(daemon.storage(OTHER_KEY))
    with pytest.raises(WrongCredentials, match="sealed by another key"):
        daemon.credentials.headers()
    assert len(daemon.attention()) == 1

    assert daemons[1].is_let_in()


def test_another_key_does_a_client_no_harm(bed: ZendeskBed, daemons: list[Daemon]) -> None:
    daemon = daemons[0]
    daemon.credentials = daemon.opened(client=CLIENT)
    assert daemon.is_let_in()

    daemon.credentials = daemon.opened(daemon.storage(OTHER_KEY), CLIENT)

    assert daemon.is_let_in()


def test_a_sealed_token_that_was_moved_to_another_row_is_not_taken(bed: ZendeskBed, daemons: list[Daemon]) -> None:
    daemon = daemons[0]
    assert daemon.tokens.save("zendesk:other", 0, Token(SecretStr("x"), bed.now(), None), bed.now())
    with transaction(daemon.store.engine) as connection:
        sealed = connection.execute(select(table.c.sealed).where(table.c.name == NAME)).scalar_one()
        connection.execute(update(table).where(table.c.name == "zendesk:other").values(sealed=sealed))

    stored = daemon.tokens.load("zendesk:other")

    assert stored is not None
    assert stored.token is None


def test_a_token_comes_back_as_it_was_kept(bed: ZendeskBed, daemons: list[Daemon]) -> None:
    end = bed.now() + timedelta(days=3, microseconds=5)
    public = replace(CLIENT, secret=None)
    token = Token(SecretStr("a"), bed.now(), end, frozenset({"read", "b:c"}), SecretStr("r"), None, public)

    assert daemons[0].tokens.save("x", 0, token, bed.now())

    stored = daemons[1].tokens.load("x")
    assert stored is not None
    assert (stored.token, stored.generation, stored.problem) == (token, 1, "")
    claim = daemons[2].tokens.claim("x", 1, bed.now())
    assert isinstance(claim, Claim)
    assert claim.token == token
