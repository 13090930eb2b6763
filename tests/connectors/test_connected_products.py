"""Harvest and Moneybird by a token that a person connected: renewed for months, with what else each product wants."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from care_sync.clock import ManualClock
from connectors.conformance.environment import Budgets
from connectors.credentials import ForgottenTokens, OauthClient, Token
from connectors.errors import WrongCredentials
from connectors.harvest.connector import HarvestTimeTracker
from connectors.harvest.settings import HarvestSettings
from connectors.moneybird.connector import MoneybirdBookkeeping
from connectors.moneybird.settings import MoneybirdSettings
from connectors.protocols import Environment
from connectors.sandbox.moneybird import SandboxMoneybird
from connectors.sandbox.moneybird_state import MoneybirdAdministration
from connectors.sandbox.oauth import OauthServer
from connectors.sandbox.server import FaultKind
from tests.conformance.harvest_bed import HarvestBed
from tests.conftest import NOW

WEEK = timedelta(weeks=1)


def connect(oauth: OauthServer, user_id: int, clock: ManualClock, name: str, lives: timedelta) -> ForgottenTokens:
    """Tokens that hold a pair that the product gave."""
    client = oauth.register("care-sync", user_id)
    pair = oauth.issue(user_id, "first-access", scopes=frozenset({"x"}), expires_at=clock.now() + lives)
    pair.client_id, pair.refresh_token = client.identifier, "first-refresh"
    tokens = ForgottenTokens()
    kept = OauthClient(client.identifier, SecretStr(client.secret or ""))
    access, refresh = SecretStr("first-access"), SecretStr("first-refresh")
    token = Token(access, clock.now(), pair.expires_at, frozenset(), refresh, None, kept)
    assert tokens.save(name, 0, token, clock.now())
    return tokens


@pytest.fixture
def bed() -> Iterator[HarvestBed]:
    with HarvestBed.open() as bed:
        yield bed


def harvest(bed: HarvestBed, tokens: ForgottenTokens) -> HarvestTimeTracker:
    settings: dict[str, Any] = {
        "account_id": bed.harvest.account_id,
        "contact": "operations@example.com",
        "base_url": bed.server.api_url,
        "id_url": bed.server.base_url,
    }
    environment = Environment(bed.clock.now, bed.clock.sleep, Budgets(), tokens)
    return HarvestTimeTracker(HarvestSettings.model_validate(settings), environment)


def connected_harvest(bed: HarvestBed) -> HarvestTimeTracker:
    name = f"harvest:{bed.harvest.account_id}"
    tokens = connect(bed.server.oauth, bed.person("Anna").id, bed.clock, name, timedelta(weeks=2))
    return harvest(bed, tokens)


def test_harvest_is_read_for_months_by_a_token_of_two_weeks(bed: HarvestBed) -> None:
    tracker = connected_harvest(bed)

    for _ in range(10):
        bed.clock.advance(WEEK)
        assert all(result.passed for result in tracker.check())

    renewals = [request for request in bed.server.requests if request.path == "/api/v2/oauth2/token"]
    assert len(renewals) == 5
    assert {request.status for request in bed.server.requests} == {200}


def test_a_lost_answer_of_a_product_whose_refresh_tokens_stay_good_costs_nothing(bed: HarvestBed) -> None:
    tracker = connected_harvest(bed)
    bed.server.faults.add(FaultKind.LOST_AFTER, route="POST /api/v2/oauth2/token", times=1)
    bed.clock.advance(3 * WEEK)

    assert all(result.passed for result in tracker.check())


def test_harvest_that_is_not_connected_says_how(bed: HarvestBed) -> None:
    with pytest.raises(WrongCredentials, match="care-sync connect harvest"):
        list(harvest(bed, ForgottenTokens()).changed_entries(None, bed.clock.now()))


def test_moneybird_is_asked_for_months_by_a_connected_token() -> None:
    clock = ManualClock(NOW)
    administration = MoneybirdAdministration(clock.now)
    with SandboxMoneybird(administration) as server:
        tokens = connect(server.oauth, 1, clock, "moneybird:123", timedelta(hours=1))
        values = {
            "administration_id": 123,
            "tax_rate_id": "21",
            "base_url": server.api_url,
            "site_url": server.base_url,
        }
        environment = Environment(clock.now, clock.sleep, Budgets(), tokens)
        bookkeeping = MoneybirdBookkeeping(MoneybirdSettings.model_validate(values), environment)

        for _ in range(5):
            clock.advance(WEEK)
            assert bookkeeping.invoice("CS-2026-10-5") is None


def test_an_empty_token_is_no_connection() -> None:
    with pytest.raises(ValidationError):
        HarvestSettings.model_validate({"account_id": 1, "contact": "a@b.example", "access_token": ""})
