"""The ways into a Zendesk account, and what is known of their ends.

Sources: "OAuth Tokens for Grant Types", "OAuth Tokens" and "Migrating from API tokens to OAuth access tokens"
(developer.zendesk.com, read on 1 December 2026).
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from pydantic import SecretStr

from connectors import self_check
from connectors.credentials import Credentials, FixedCredentials, OauthClient
from connectors.errors import ConnectorError
from connectors.oauth import OauthCredentials, bearer, check_connected, check_connected_end
from connectors.protocols import Environment
from connectors.records import CheckResult
from connectors.zendesk.client import ZendeskClient
from connectors.zendesk.settings import ZendeskAccess
from connectors.zendesk.value_reader import READ

LAST_DAY_OF_API_TOKENS = date(2027, 4, 30)
API_TOKENS_STOP = datetime(2027, 4, 30, tzinfo=UTC)
"""The first instant of that day: nobody may count on the day itself."""
INSTEAD = "Register an OAuth client and run `care-sync connect zendesk` (docs/connectors/zendesk.md)."
WRONG_CREDENTIALS = "Correct email and api_token in the settings, or move to OAuth: `care-sync connect zendesk`."
NOT_ADMINISTRATOR = (
    "Use a token that acts as an administrator (a client's is its owner): others may not use the incremental export."
)


def credentials_of(settings: ZendeskAccess, environment: Environment, scopes: frozenset[str]) -> Credentials:
    """The way in that is configured; tokens of a client are asked for with ``scopes``."""
    if settings.oauth_token is not None:
        return FixedCredentials({"Authorization": bearer(settings.oauth_token)})
    if settings.api_token is not None:
        pair = f"{settings.email}/token:{settings.api_token.get_secret_value()}"
        return FixedCredentials({"Authorization": SecretStr(f"Basic {base64.b64encode(pair.encode()).decode()}")})
    auth = settings.auth
    client = OauthClient(auth.client_id, auth.client_secret) if auth is not None else None
    return OauthCredentials(settings.oauth, environment, client=client, scopes=scopes, network=settings)


def check_access(
    settings: ZendeskAccess, credentials: Credentials, client: ZendeskClient, now: datetime, needed: frozenset[str]
) -> Iterator[CheckResult]:
    """When the way in ends, and whether its scopes are those that are ``needed``."""
    yield from check_connected(credentials, now, needed)
    yield from _end_of_api_token(settings, now)
    if settings.oauth_token is not None:
        try:
            token = READ.an_object(client.current_token().get("token"), "token")
            ends_at = READ.instant(token["expires_at"], "token.expires_at") if token.get("expires_at") else None
        except ConnectorError as error:
            yield CheckResult("token", passed=False, remedy=str(error))
        else:
            yield self_check.check_end("token", ends_at, now, f"It cannot be renewed. {INSTEAD}")


def check_end(settings: ZendeskAccess, credentials: Credentials, now: datetime) -> Iterator[CheckResult]:
    """When the way in ends, as far as is known without asking Zendesk."""
    yield from check_connected_end(credentials, now)
    yield from _end_of_api_token(settings, now)


def _end_of_api_token(settings: ZendeskAccess, now: datetime) -> Iterator[CheckResult]:
    if settings.api_token is not None:
        days = max(0, (API_TOKENS_STOP - now) // timedelta(days=1))
        stop = f"API tokens stop on {LAST_DAY_OF_API_TOKENS:%-d %B %Y}, in {days} days"
        yield self_check.check_end("API token", API_TOKENS_STOP, now, f"{stop}. {INSTEAD}", always=True)
